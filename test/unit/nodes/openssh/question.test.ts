import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseQuestion } from "../../../../extension/nodes/openssh/question.ts";

const hostKey = (name: string, more = ""): string =>
  `The authenticity of host '${name}' can't be established.\n` +
  `ED25519 key fingerprint is SHA256:Ok+/yvKZE.\n${more}` +
  "Are you sure you want to continue connecting (yes/no/[fingerprint])? ";

describe("a question of ssh", () => {
  it.each([
    ["[10.0.0.5]:2222 ([10.0.0.5]:2222)", "10.0.0.5", 2222],
    ["node.example.com (10.0.0.5)", "node.example.com", 22],
    ["node (<no hostip for proxy command>)", "node", 22],
    ["[fd00::5]:2222 ([fd00::5]:2222)", "fd00::5", 2222],
  ])("about the host key of %s", (name, host, port) => {
    expect(parseQuestion(hostKey(name), "")).toEqual({
      kind: "host-key",
      host,
      port,
      keyName: "ED25519",
      fingerprint: "SHA256:Ok+/yvKZE",
      knownAs: [],
    });
  });

  it("tells under which other names a host key is known", () => {
    const more =
      "This host key is known by the following other names/addresses:\n" +
      "    ~/.ssh/known_hosts:3: old.example.com\n    ~/.ssh/known_hosts:14: [hashed name]\n";
    expect(parseQuestion(hostKey("a (10.0.0.5)", more), "")).toMatchObject({
      knownAs: ["old.example.com", "(hashed)"],
    });
  });

  it.each([
    [
      "Enter passphrase for key '/home/me/.ssh/id_ed25519': ",
      { kind: "passphrase", keyFile: "/home/me/.ssh/id_ed25519" },
    ],
    ["Enter passphrase for key '/home/o'brien/id': ", { kind: "passphrase", keyFile: "/home/o'brien/id" }],
    ["me@10.0.0.5's password: ", { kind: "password", user: "me", host: "10.0.0.5" }],
    [
      "me@corp.example@10.0.0.5's password: ",
      { kind: "password", user: "me@corp.example", host: "10.0.0.5" },
    ],
    ["(me@10.0.0.5) Password: ", { kind: "secret", prompt: "Password:", user: "me", host: "10.0.0.5" }],
    ["(me@h) One\ntime code: ", { kind: "secret", prompt: "One time code:", user: "me", host: "h" }],
    [
      "Verification code: ",
      { kind: "secret", prompt: "Verification code:", user: undefined, host: undefined },
    ],
    [
      "Enter PIN for ED25519-SK key /home/me/sk: ",
      { kind: "secret", prompt: "Enter PIN for ED25519-SK key /home/me/sk:" },
    ],
    ["Accept updated hostkeys? (yes/no): ", { kind: "consent" }],
    ["Please type 'yes', 'no' or the fingerprint: ", { kind: "consent" }],
  ])("%j", (prompt, expected) => {
    expect(parseQuestion(prompt, "")).toMatchObject(expected);
  });

  it("is none where ssh only tells something, and never a consent of ours", () => {
    const touch = "Confirm user presence for key ED25519-SK SHA256:abc";
    expect(parseQuestion(touch, "none")).toEqual({ kind: "notice", text: touch });
    expect(parseQuestion("Allow shared connection to h? ", "confirm").kind).toBe("consent");
  });

  it("is understood somehow, whatever it holds, in linear time", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.constantFrom("", "none", "confirm"), (prompt, hint) => {
        expect(parseQuestion(prompt, hint).kind).toBeTypeOf("string");
      }),
    );
    const start = performance.now();
    for (const unit of [
      "(",
      "a@",
      "'",
      "\n    :1: ",
      "The authenticity of host 'a'",
      "is:",
      "Enter passphrase for key '",
    ]) {
      parseQuestion(hostKey("a").slice(0, 60) + unit.repeat(1_000_000), "");
      parseQuestion(unit.repeat(1_000_000), "");
    }
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});
