import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseSshHost } from "../../../../extension/nodes/ssh/ssh-host.ts";

describe("a host as a user writes it", () => {
  it.each([
    ["docker-box", { user: undefined, host: "docker-box", port: undefined }],
    [" root@10.0.0.7 ", { user: "root", host: "10.0.0.7", port: undefined }],
    ["core@box:2222", { user: "core", host: "box", port: 2222 }],
    ["me@example.com@box", { user: "me@example.com", host: "box", port: undefined }],
    [String.raw`CORP\me@box`, { user: String.raw`CORP\me`, host: "box", port: undefined }],
    ["root@[2001:db8::5]:22", { user: "root", host: "2001:db8::5", port: 22 }],
    ["2001:db8::5", { user: undefined, host: "2001:db8::5", port: undefined }],
  ])("is %j", (text, parts) => {
    expect(parseSshHost(text)).toEqual({ name: text.trim(), ...parts });
  });

  it.each([
    "",
    "@box",
    "root@",
    "-oProxyCommand=id",
    "-x@box",
    "a b@box",
    "a\nb@box",
    "box:0",
    "box:65536",
    "box:ssh",
    "ssh://box",
    "$(id)",
    `${"x".repeat(257)}@box`,
  ])("is not %j", (text) => {
    expect(parseSshHost(text)).toBeUndefined();
  });

  it("never throws, and never lets through what could be an option or another line", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (user, rest) => {
        const host = parseSshHost(`${user}@${rest}`);
        if (host === undefined) return;
        expect(host.host).toMatch(/^[^-\s]/u);
        expect(host.user).toMatch(/^[^-\s\p{C}][^\s\p{C}]*$/u);
      }),
    );
  });
});
