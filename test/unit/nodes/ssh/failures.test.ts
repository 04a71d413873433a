import { describe, expect, it } from "vitest";
import { SandboxError } from "../../../../extension/core/errors.ts";
import { fromSshError, timedOut } from "../../../../extension/nodes/ssh/failures.ts";

const place = { node: "worker-1", host: "10.0.0.5", port: 22, user: "root" };
const coded = (code: string): Error => Object.assign(new Error(code), { code });
const levelled = (level: string, message: string): Error => Object.assign(new Error(message), { level });

describe("errors of the network and of ssh2", () => {
  it.each([
    [coded("ECONNREFUSED"), "ssh-refused"],
    [coded("ENOTFOUND"), "ssh-unresolved"],
    [coded("EAI_AGAIN"), "ssh-unresolved"],
    [coded("EHOSTUNREACH"), "ssh-unreachable"],
    [coded("ENETUNREACH"), "ssh-unreachable"],
    [coded("ETIMEDOUT"), "ssh-timeout"],
    [coded("ECONNRESET"), "ssh-connection-lost"],
    [new AggregateError([coded("EHOSTUNREACH"), coded("ECONNREFUSED")]), "ssh-unreachable"],
    [levelled("handshake", "no matching key exchange algorithm"), "ssh-unsupported"],
    [levelled("protocol", "Connection lost before handshake"), "ssh-connection-lost"],
    [levelled("protocol", "Invalid identification string"), "ssh-unsupported"],
    [levelled("client-timeout", "Keepalive timeout"), "ssh-connection-lost"],
    [levelled("client-authentication", "All failed"), "ssh-auth-failed"],
    [new Error("anything"), "ssh-connection-lost"],
    ["a string", "ssh-connection-lost"],
  ])("%s is %s", (error, reason) => {
    expect(fromSshError(error, place, "connect")).toMatchObject({
      reason,
      facts: { node: "worker-1", host: "10.0.0.5", port: "22", user: "root", step: "connect" },
    });
  });

  it("are left alone when they are ours", () => {
    const ours = new SandboxError("cancelled", "x");
    expect(fromSshError(ours, place, "connect")).toBe(ours);
  });

  it("tell the step and the time that a limit was", () => {
    expect(timedOut(place, "handshake", 2_500)).toMatchObject({
      facts: { step: "handshake", seconds: "2.5" },
    });
  });
});
