import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inspectKeyFile, parsePublicKey } from "../../../../extension/nodes/ssh/key-file.ts";
import { generateSshKey } from "../../../support/ssh-key.ts";

const plain = generateSshKey();
const locked = generateSshKey({ passphrase: "x" });

function openSsh(...strings: (Buffer | string)[]): string {
  const parts = strings.map((value) => {
    const bytes = Buffer.from(value);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  });
  const [cipher, kdf, options, ...keys] = parts;
  const blob = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    ...[cipher, kdf, options].filter((part) => part !== undefined),
    Buffer.from([0, 0, 0, 1]),
    ...keys,
  ]);
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${blob.toString("base64")}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

describe("private key files", () => {
  it("tells the public key of OpenSSH's format without a passphrase", () => {
    expect(inspectKeyFile(plain.private)).toEqual({
      kind: "key",
      encrypted: false,
      publicKey: parsePublicKey(plain.public),
    });
    expect(inspectKeyFile(locked.private)).toEqual({
      kind: "key",
      encrypted: true,
      publicKey: parsePublicKey(locked.public),
    });
  });

  it.each([
    ["PuTTY-User-Key-File-3: ssh-ed25519\n", "PuTTY"],
    ["PuTTY-User-Key-File-2: ssh-rsa\n", "PuTTY"],
    ["-----BEGIN DSA PRIVATE KEY-----\nAAAA\n-----END DSA PRIVATE KEY-----\n", "DSA"],
    ["-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "PKCS#8"],
    ["-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n", "damaged"],
    [openSsh("none", "none", "", "\0\0\0\u001ask-ssh-ed25519@openssh.comxx"), "FIDO"],
    ["hello", "no private key"],
    ["", "no private key"],
  ])("says why it cannot use %j", (text, why) => {
    expect(inspectKeyFile(text)).toEqual({ kind: "unusable", why: expect.stringContaining(why) });
  });

  it("tells an encrypted PEM key", () => {
    const pem = (more: string): string =>
      `-----BEGIN RSA PRIVATE KEY-----\n${more}AAAA\n-----END RSA PRIVATE KEY-----\n`;
    expect(inspectKeyFile(pem(""))).toEqual({ kind: "key", encrypted: false, publicKey: undefined });
    expect(inspectKeyFile(pem("Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n"))).toMatchObject({
      encrypted: true,
    });
  });

  it("never throws", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.string(), (bytes, text) => {
        const blob = Buffer.concat([Buffer.from("openssh-key-v1\0"), bytes]).toString("base64");
        inspectKeyFile(`-----BEGIN OPENSSH PRIVATE KEY-----\n${blob}\n-----END OPENSSH PRIVATE KEY-----`);
        inspectKeyFile(text);
        parsePublicKey(text);
      }),
    );
  });
});
