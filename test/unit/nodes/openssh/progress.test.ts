import { describe, expect, it } from "vitest";
import { Progress } from "../../../../extension/nodes/openssh/progress.ts";

function steps(lines: readonly string[], cut = 7): string[] {
  const told: string[] = [];
  const progress = new Progress((step, detail) => void told.push(`${step}: ${detail}`));
  const text = `${lines.join("\r\n")}\r\n`;
  for (let at = 0; at < text.length; at += cut) progress.hear(text.slice(at, at + cut));
  expect(progress.text).toBe(text);
  return told;
}

function hop(host: string): string[] {
  return [
    `debug1: Authenticating to ${host}:22 as 'me'`,
    "debug1: Server host key: ssh-ed25519 SHA256:abc",
    `debug1: Host '${host}' is known and matches the ED25519 host key.`,
    `Authenticated to ${host} ([10.0.0.5]:22) using "publickey".`,
  ];
}

const told = (host: string): string[] => [
  `connect: ${host}:22 as 'me'`,
  `host-key: Host '${host}' is known and matches the ED25519 host key.`,
  "login: publickey",
];

describe("the progress of a login", () => {
  it("is told step by step, wherever the text is cut", () => {
    expect(steps(hop("node"))).toEqual(told("node"));
  });

  it("is that of the last host, behind however many jump hosts", () => {
    const jumps = ["far", "second"].map(
      (via) => `debug1: Executing proxy command: exec ssh -F x -v -W '[${via}]:22' jump`,
    );
    expect(steps([...jumps, ...hop("first"), ...hop("second"), ...hop("far")])).toEqual(told("far"));
    expect(steps([...jumps, ...hop("first"), ...hop("second")])).toEqual([]);
  });

  it("is that of the host itself behind a program that says nothing", () => {
    expect(steps(["debug1: Executing proxy command: exec nc node 22", ...hop("node")])).toEqual(told("node"));
  });

  it("remembers the type of each key by its fingerprint, that of a certificate without its suffix", () => {
    const progress = new Progress(() => {});
    progress.hear("debug1: Server host key: ecdsa-sha2-nistp256 SHA256:one\r\n");
    progress.hear("debug1: Server host key: ssh-ed25519-cert-v01@openssh.com SHA256:two\n");
    expect(["SHA256:one", "SHA256:two", "SHA256:three"].map((key) => progress.keyType(key))).toEqual([
      "ecdsa-sha2-nistp256",
      "ssh-ed25519",
      undefined,
    ]);
  });
});
