import { createHash, createHmac, randomBytes } from "node:crypto";
import { keyTypeOfAlgorithm, type HostKeyAlgorithm } from "./host-key-algorithms.ts";
import { matchesList } from "./patterns.ts";

/** Of one file: fleets list all their hosts in one, hashed and with several keys each. */
export const maxKnownHostsBytes = 32 * 1024 * 1024;

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
    const line = raw.replace(/^[ \t]+/, "");
    if (line.trim() === "" || line.startsWith("#")) continue;
    const entry = parseLine(line, file, index + 1);
    if (entry === undefined) broken.push(index + 1);
    else entries.push(entry);
  }
  return { entries, broken };
}

function parseLine(line: string, file: string, number: number): KnownHost | undefined {
  // A comment may follow, as long as it likes.
  const words = line.split(/[ \t\r]+/, 4);
  const marker = words[0]?.startsWith("@") === true ? words.shift() : undefined;
  const [hosts, keyType, encoded] = words;
  if (hosts === undefined || keyType === undefined || encoded === undefined) return undefined;
  if (marker !== undefined && marker !== "@revoked" && marker !== "@cert-authority") return undefined;
  if (encoded.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return undefined;
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

/** A hashed name is |1|SALT|HASH in base64, HMAC-SHA1 with 20 bytes of salt (hostfile.c host_hash). */
export function isListedAs(entry: Pick<KnownHost, "hosts">, name: string): boolean {
  if (!entry.hosts.startsWith("|")) return matchesList(entry.hosts.toLowerCase().split(","), name);
  const [, encoded = "", hash] = /^\|1\|([A-Za-z0-9+/=]{28})\|([A-Za-z0-9+/=]{28})$/.exec(entry.hosts) ?? [];
  const salt = Buffer.from(encoded, "base64");
  return salt.length === 20 && hashName(name, salt) === hash;
}

/** Under which names known_hosts may list a server. */
export interface HostNames {
  readonly name: string;
  readonly nameWithoutPort: string;
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
 * type counts as changed and is not merely asked about: `hostKeyAlgorithms` asks the server for the known type first,
 * and a server that has such a key would have shown it. `allowed` = what it was asked for.
 */
export function checkHostKey(
  entries: readonly KnownHost[],
  host: HostNames,
  key: Buffer,
  allowed: readonly HostKeyAlgorithm[],
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
  const types = new Set(allowed.map(keyTypeOfAlgorithm));
  const comparable = listed.filter((entry) => types.has(entry.keyType));
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
 * What to offer in the key exchange, of the algorithms that are `allowed`. Those whose types known_hosts has for this
 * host come first: a server with several keys then shows the one that can be checked. OpenSSH does so too
 * (order_hostkeyalgs), but not where HostKeyAlgorithms gives an order of its own; here the set is kept, not that order.
 */
export function hostKeyAlgorithms(
  entries: readonly KnownHost[],
  name: string,
  allowed: readonly HostKeyAlgorithm[],
): HostKeyAlgorithm[] {
  const listed = new Set(
    entries
      .filter((entry) => entry.marker === undefined && isListedAs(entry, name))
      .map((entry) => entry.keyType),
  );
  const isKnown = (algorithm: HostKeyAlgorithm): boolean => listed.has(keyTypeOfAlgorithm(algorithm));
  return [...allowed.filter(isKnown), ...allowed.filter((algorithm) => !isKnown(algorithm))];
}

/** Whether `text`, of known_hosts, trusts an authority for the host and has no key of its own for it. */
export function isOnlyCertified(text: string, host: HostNames): boolean {
  // Hashing every name of a long file takes its time; few files name an authority.
  if (!text.includes("@cert-authority")) return false;
  const { entries } = parseKnownHosts(text, "");
  const names = [host.name, host.nameWithoutPort];
  const isListed = (entry: KnownHost): boolean => names.some((name) => isListedAs(entry, name));
  return (
    entries.some((entry) => entry.marker === "cert-authority" && isListed(entry)) &&
    !entries.some((entry) => entry.marker === undefined && isListed(entry))
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
