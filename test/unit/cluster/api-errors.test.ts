import { describe, expect, test } from "vitest";
import { ApiStatusError, connectionError, statusMessage } from "../../../extension/cluster/api-errors.ts";
import { errorText } from "../../../extension/core/error-text.ts";

const server = { context: "prod", host: "api.example.org", port: "6443" };
const question = { verb: "list", resource: "pods", namespace: "shop" } as const;

describe("ApiStatusError", () => {
  test.each([
    [401, "unauthorized"],
    [403, "forbidden"],
    [410, "api-error"],
    [429, "api-error"],
    [500, "api-error"],
    [504, "api-timeout"],
  ])("HTTP %i is %s", (status, reason) => {
    expect(new ApiStatusError(status, "", { server, question }).reason).toBe(reason);
  });

  test("holds the facts for the sentence", () => {
    const error = new ApiStatusError(403, "", { server, question });
    expect(errorText(error).title).toBe("You are not allowed to list pods in the Kubernetes namespace shop.");
  });

  test.each([
    ["30", 30_000],
    ["0", 0],
    ["-1", undefined],
    ["1e9", undefined],
    ["Wed, 21 Oct 2026 07:28:00 GMT", undefined],
    [undefined, undefined],
  ])("reads Retry-After %j as %j ms", (retryAfter, ms) => {
    expect(new ApiStatusError(429, "", { server, question, retryAfter }).retryAfterMs).toBe(ms);
  });
});

describe("connectionError", () => {
  test.each([
    ["ECONNREFUSED", "api-unreachable"],
    ["ENOTFOUND", "api-unreachable"],
    ["ECONNRESET", "api-unreachable"],
    ["ETIMEDOUT", "api-timeout"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "api-tls"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "api-tls"],
    ["CERT_HAS_EXPIRED", "api-tls"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "api-tls"],
    ["EPROTO", "api-tls"],
  ])("%s is %s", (code, reason) => {
    expect(connectionError(Object.assign(new Error("x"), { code }), server).reason).toBe(reason);
  });

  test("tells what a proxy answered", () => {
    expect(connectionError(new Error("Bad response: 407"), server).message).toContain(
      "the proxy answered 407",
    );
  });

  test("does not pass on what a library says of itself", () => {
    const error = connectionError(new Error("proxy http://me:hunter2@proxy refused"), server);
    expect(`${error.message} ${error.stack ?? ""} ${String(error.cause)}`).not.toContain("hunter2");
  });
});

test.each([
  [{ kind: "Status", message: "pods is forbidden" }, "pods is forbidden"],
  [{ message: 1 }, ""],
  [null, ""],
  ["<html>", ""],
])("statusMessage of %j is %j", (body, message) => {
  expect(statusMessage(body)).toBe(message);
});
