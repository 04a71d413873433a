import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { proxyFromEnvironment } from "../../../extension/cluster/proxy-environment.ts";

const HTTPS_PROXY = "http://proxy.example.org:3128";

describe("proxyFromEnvironment", () => {
  test.each([
    ["HTTPS_PROXY for https", "https://api.example.org", { HTTPS_PROXY }, HTTPS_PROXY],
    ["small letters", "https://api.example.org", { https_proxy: HTTPS_PROXY }, HTTPS_PROXY],
    [
      "a proxy without a scheme",
      "https://api.example.org",
      { HTTPS_PROXY: "proxy:3128" },
      "http://proxy:3128",
    ],
    ["not HTTP_PROXY for https", "https://api.example.org", { HTTP_PROXY: HTTPS_PROXY }, undefined],
    ["HTTP_PROXY for http", "http://api.example.org", { HTTP_PROXY: HTTPS_PROXY }, HTTPS_PROXY],
    ["an empty one as none", "https://api.example.org", { HTTPS_PROXY: "" }, undefined],
    ["no proxy to 127.0.0.1", "https://127.0.0.1:6443", { HTTPS_PROXY }, undefined],
    ["no proxy to ::1", "https://[::1]:6443", { HTTPS_PROXY }, undefined],
    ["no proxy to localhost", "https://localhost:6443", { HTTPS_PROXY }, undefined],
  ])("takes %s", (_, server, env, proxy) => {
    expect(proxyFromEnvironment(new URL(server), env)).toBe(proxy);
  });

  test.each([
    ["*", "https://api.example.org", true],
    ["api.example.org", "https://api.example.org", true],
    ["example.org", "https://api.example.org", true],
    [".example.org", "https://api.example.org", true],
    ["*.example.org", "https://api.example.org", true],
    [".example.org", "https://example.org", false],
    ["ample.org", "https://api.example.org", false],
    ["other.org, api.example.org", "https://API.example.org", true],
    ["api.example.org:6443", "https://api.example.org:6443", true],
    ["api.example.org:6443", "https://api.example.org", false],
    ["192.0.2.7", "https://192.0.2.7:6443", true],
    ["192.0.2.0/24", "https://192.0.2.7", true],
    ["192.0.2.0/24", "https://198.51.100.7", false],
    ["2001:db8::/32", "https://[2001:db8::1]:6443", true],
    ["192.0.2.0/99", "https://192.0.2.7", false],
    [",", "https://api.example.org", false],
  ])("NO_PROXY %j and %s: %j", (NO_PROXY, server, direct) => {
    const proxy = proxyFromEnvironment(new URL(server), { HTTPS_PROXY, NO_PROXY });
    expect(proxy === undefined).toBe(direct);
  });

  test("never throws, whatever NO_PROXY holds", () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.constantFrom("192.0.2.7", "[2001:db8::1]", "api.example.org"),
        (NO_PROXY, host) => {
          proxyFromEnvironment(new URL(`https://${host}`), { HTTPS_PROXY, NO_PROXY });
        },
      ),
    );
  });
});
