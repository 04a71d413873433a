import { keyTypeOf } from "./known-hosts.ts";

/** What the outside of a private key file tells, before any passphrase. */
export type KeyFile =
  | {
      readonly kind: "key";
      /** As the wire has it; undefined where only the private part, encrypted, holds it. */
      readonly publicKey: Buffer | undefined;
      readonly encrypted: boolean;
    }
  | {
      readonly kind: "unusable";
      /** Why, in words, without full stop. */
      readonly why: string;
    };

/** "openssh-key-v1\0": PROTOCOL.key of OpenSSH. */
const opensshMagic = Buffer.from("openssh-key-v1\0", "latin1");

/** Looks at a private key file. Never throws. */
export function inspectKeyFile(text: string): KeyFile {
  if (text.startsWith("PuTTY-User-Key-File-")) {
    return unusable("PuTTY's format is not supported: export it as an OpenSSH key (PuTTYgen, Conversions)");
  }
  const [, label, body] =
    /-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----([\s\S]*?)-----END \1-----/.exec(text) ?? [];
  if (label === undefined || body === undefined) return unusable("it holds no private key");
  if (label === "OPENSSH PRIVATE KEY") return inspectOpenSsh(Buffer.from(body, "base64"));
  if (label === "DSA PRIVATE KEY") return unusable("DSA keys are not supported");
  const encrypted = label === "ENCRYPTED PRIVATE KEY" || /^Proc-Type: *4, *ENCRYPTED/m.test(body);
  if (label === "ENCRYPTED PRIVATE KEY" || label === "PRIVATE KEY") {
    return unusable("PKCS#8 is not supported: convert it with ssh-keygen -p -f FILE");
  }
  return { kind: "key", publicKey: undefined, encrypted };
}

function inspectOpenSsh(blob: Buffer): KeyFile {
  if (!blob.subarray(0, opensshMagic.length).equals(opensshMagic)) return unusable("it is damaged");
  let at = opensshMagic.length;
  const readString = (): Buffer | undefined => {
    if (at + 4 > blob.length) return undefined;
    const end = at + 4 + blob.readUInt32BE(at);
    if (end > blob.length) return undefined;
    const value = blob.subarray(at + 4, end);
    at = end;
    return value;
  };
  const cipher = readString();
  readString(); // name of the key derivation
  readString(); // its options
  at += 4; // number of keys: always one
  const publicKey = readString();
  const type = publicKey === undefined ? undefined : keyTypeOf(publicKey);
  if (cipher === undefined || publicKey === undefined || type === undefined) return unusable("it is damaged");
  if (type.startsWith("sk-"))
    return unusable("keys on a FIDO security key are not supported: use another key");
  return { kind: "key", publicKey: Buffer.from(publicKey), encrypted: cipher.toString("latin1") !== "none" };
}

/** The key of a ".pub" file; undefined when there is none. */
export function parsePublicKey(text: string): Buffer | undefined {
  const [type, encoded] = text.trim().split(/\s+/);
  if (type === undefined || encoded === undefined) return undefined;
  const key = Buffer.from(encoded, "base64");
  return keyTypeOf(key) === type ? key : undefined;
}

function unusable(why: string): KeyFile {
  return { kind: "unusable", why };
}
