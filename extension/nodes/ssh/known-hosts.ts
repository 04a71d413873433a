import { createHash, createHmac, randomBytes } from "node:crypto";
import { matchesList } from "./patterns.ts";

/** One line of a known_hosts file; format: sshd(8), SSH_KNOWN_HOSTS FILE FORMAT. */
export interface KnownHost {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly marker: "revoked" | "cert-authority" | undefined;
  /** A pattern list with commas, or one hashed name. */
  readonly hosts: string;
  readonly keyType: string;
  /** The key as the wire has it. */
  readonly key: Buffer;
}

export interface ParsedKnownHosts {
  readonly entries: readonly KnownHost[];
  /** Numbers of lines that could not be understood; they are skipped, as OpenSSH does. */
  readonly broken: readonly number[];
}

/** Never throws: what is no entry is a broken line. */
export function parseKnownHosts(text: string, file: string): ParsedKnownHosts {
  const entries: KnownHost[] = [];
  const broken: number[] = [];
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const entry = parseLine(line, file, index + 1);
    if (entry === undefined) broken.push(index + 1);
    else entries.push(entry);
  }
  return { entries, broken };
}

function parseLine(line: string, file: string, number: number): KnownHost | undefined {
  const words = line.split(/[ \t]+/);
  const marker = words[0]?.startsWith("@") === true ? words.shift() : undefined;
  const [hosts, keyType, encoded] = words;
  if (hosts === undefined || keyType === undefined || encoded === undefined) return undefined;
  if (marker !== undefined && marker !== "@revoked" && marker !== "@cert-authority") return undefined;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return undefined;
  const key = Buffer.from(encoded, "base64");
  if (keyTypeOf(key) !== keyType) return undefined;
  return {
    file,
    line: number,
    marker: marker === undefined ? undefined : marker === "@revoked" ? "revoked" : "cert-authority",
    hosts,
    keyType,
    key,
  };
}

/** The type that a public key names itself (its first string, RFC 4253 6.6); undefined when it is no public key. */
export function keyTypeOf(key: Buffer): string | undefined {
  if (key.length < 4) return undefined;
  const length = key.readUInt32BE(0);
  // The longest name in use has 34 characters.
  if (length === 0 || length > 64 || key.length <= 4 + length) return undefined;
  const type = key.toString("latin1", 4, 4 + length);
  // It is printed and written to a file: no blanks, no control characters.
  return /^[!-~]+$/.test(type) ? type : undefined;
}

/** "SHA256:..." as OpenSSH prints it: base64 without padding. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

/** The name under which known_hosts lists a server: with its port in brackets unless that is 22. */
export function knownHostName(host: string, port: number): string {
  const name = host.toLowerCase();
  return port === 22 ? name : `[${name}]:${port}`;
}

export function isListedAs(entry: KnownHost, name: string): boolean {
  if (!entry.hosts.startsWith("|1|")) return matchesList(entry.hosts.toLowerCase().split(","), name);
  const [, , salt = "", hash = ""] = entry.hosts.split("|");
  return hash !== "" && hashName(name, Buffer.from(salt, "base64")) === hash;
}

export type HostKeyStatus =
  | { readonly kind: "known" }
  | { readonly kind: "unknown" }
  | { readonly kind: "changed" | "revoked"; readonly entry: KnownHost };

/**
 * What known_hosts says of the key that a server showed.
 *
 * As OpenSSH: one equal key is enough, a revoked one never is, and a server on another port than 22 may be listed
 * without its port. Stricter than OpenSSH: where only keys of other types are known that we would have accepted, a new
 * type counts as changed and is not merely asked about: `hostKeyAlgorithms` asks the server for the known type first.
 */
export function checkHostKey(
  entries: readonly KnownHost[],
  host: { readonly name: string; readonly nameWithoutPort: string },
  key: Buffer,
): HostKeyStatus {
  const names = [...new Set([host.name, host.nameWithoutPort])];
  const revoked = entries.find(
    (entry) =>
      entry.marker === "revoked" && entry.key.equals(key) && names.some((name) => isListedAs(entry, name)),
  );
  if (revoked !== undefined) return { kind: "revoked", entry: revoked };
  const plain = entries.filter((entry) => entry.marker === undefined);
  const listed = plain.filter((entry) => isListedAs(entry, host.name));
  if (listed.some((entry) => entry.key.equals(key))) return { kind: "known" };
  const comparable = listed.filter((entry) => Object.hasOwn(algorithmsByType, entry.keyType));
  const changed = comparable.find((entry) => entry.keyType === keyTypeOf(key)) ?? comparable[0];
  if (changed !== undefined) return { kind: "changed", entry: changed };
  const known = plain.some((entry) => entry.key.equals(key) && isListedAs(entry, host.nameWithoutPort));
  return { kind: known ? "known" : "unknown" };
}

/** Other names of this very key, for the question; at most three. */
export function otherNames(entries: readonly KnownHost[], key: Buffer): readonly string[] {
  return entries
    .filter((entry) => entry.marker === undefined && entry.key.equals(key))
    .map((entry) => (entry.hosts.startsWith("|") ? "(hashed)" : entry.hosts))
    .slice(0, 3);
}

/**
 * Host key types that we accept, best first, as OpenSSH 9 orders them, with their signature algorithms (RFC 8332 for
 * RSA). No SHA-1, no DSA.
 */
const algorithmsByType = {
  "ssh-ed25519": ["ssh-ed25519"],
  "ecdsa-sha2-nistp256": ["ecdsa-sha2-nistp256"],
  "ecdsa-sha2-nistp384": ["ecdsa-sha2-nistp384"],
  "ecdsa-sha2-nistp521": ["ecdsa-sha2-nistp521"],
  "ssh-rsa": ["rsa-sha2-512", "rsa-sha2-256"],
} as const;

export type HostKeyAlgorithm = (typeof algorithmsByType)[keyof typeof algorithmsByType][number];

/**
 * What to offer in the key exchange. The types that known_hosts has for this host come first: a server with several
 * keys then shows the one that can be checked (as OpenSSH's order_hostkeyalgs does).
 */
export function hostKeyAlgorithms(entries: readonly KnownHost[], name: string): HostKeyAlgorithm[] {
  const listed = entries.filter((entry) => entry.marker === undefined && isListedAs(entry, name));
  const isKnown = (type: string): boolean => listed.some((entry) => entry.keyType === type);
  const types = Object.entries(algorithmsByType);
  return [...types.filter(([type]) => isKnown(type)), ...types.filter(([type]) => !isKnown(type))].flatMap(
    ([, algorithms]) => [...algorithms],
  );
}

/** A line for known_hosts, without newline. */
export function knownHostLine(name: string, key: Buffer, hashed: boolean): string {
  return `${hashed ? hashedName(name) : name} ${keyTypeOf(key) ?? ""} ${key.toString("base64")}`;
}

function hashedName(name: string): string {
  const salt = randomBytes(20);
  return `|1|${salt.toString("base64")}|${hashName(name, salt)}`;
}

function hashName(name: string, salt: Buffer): string {
  return createHmac("sha1", salt).update(name).digest("base64");
}
