import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  chooseAlgorithms,
  type HostKeyAlgorithm,
} from "../../../../extension/nodes/ssh/host-key-algorithms.ts";
import {
  checkHostKey,
  fingerprint,
  hostKeyAlgorithms,
  isListedAs,
  isOnlyCertified,
  keyTypeOf,
  knownHostLine,
  knownHostName,
  otherNames,
  parseKnownHosts,
} from "../../../../extension/nodes/ssh/known-hosts.ts";
import { excessOf } from "../../../support/linear.ts";

/** A key as the wire has it: its type, then `body`. */
function makeKey(type: string, body: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(type.length);
  return Buffer.concat([length, Buffer.from(type), Buffer.from(body)]);
}

const ed1 = makeKey("ssh-ed25519", "one");
const ed2 = makeKey("ssh-ed25519", "two");
const rsa = makeKey("ssh-rsa", "three");
const dsa = makeKey("ssh-dss", "four");

const line = (hosts: string, key: Buffer, marker = ""): string =>
  `${marker}${hosts} ${keyTypeOf(key)} ${key.toString("base64")}`;

const entriesOf = (...lines: string[]) => parseKnownHosts(lines.join("\n"), "known_hosts").entries;
const usual = chooseAlgorithms(undefined);
const host = { name: "[node]:2222", nameWithoutPort: "node" };
const plain = { name: "node", nameWithoutPort: "node" };

describe("parsing known_hosts", () => {
  it("takes names, markers and comments, and skips what is no entry", () => {
    const text = [
      "# comment",
      "",
      line("a,b", ed1) + " a comment of its own",
      `\t${line("c", rsa)}\r`,
      line("*", ed2, "@revoked "),
      line("*.example.com", ed2, "@cert-authority\t"),
      line("d", ed1, "@unknown "),
      "nonsense",
      "host ssh-rsa not*base64",
      `host ssh-rsa ${ed1.toString("base64")}`,
      "host 1024 35 123456789",
    ].join("\n");
    const { entries, broken } = parseKnownHosts(text, "file");
    expect(entries.map((entry) => [entry.line, entry.marker, entry.hosts, entry.keyType])).toEqual([
      [3, undefined, "a,b", "ssh-ed25519"],
      [4, undefined, "c", "ssh-rsa"],
      [5, "revoked", "*", "ssh-ed25519"],
      [6, "cert-authority", "*.example.com", "ssh-ed25519"],
    ]);
    expect(broken).toEqual([7, 8, 9, 10, 11]);
  });

  it("never throws, and counts every line once", () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom("@revoked", "|1|", "|1|a|b", "ssh-rsa", rsa.toString("base64"), " ", "\t", "#"),
    );
    fc.assert(
      fc.property(fc.array(fc.array(word).map((words) => words.join(" "))), (lines) => {
        const text = lines.join("\n");
        const { entries, broken } = parseKnownHosts(text, "file");
        const numbers = [...entries.map((entry) => entry.line), ...broken];
        expect(new Set(numbers).size).toBe(numbers.length);
        checkHostKey(entries, host, ed1, usual);
        hostKeyAlgorithms(entries, "node", usual);
      }),
    );
  });

  it("reads back every line it writes, hashed or not", () => {
    fc.assert(
      fc.property(fc.domain(), fc.integer({ min: 1, max: 65_535 }), fc.boolean(), (domain, port, hashed) => {
        const name = knownHostName(domain, port);
        const [entry, ...rest] = entriesOf(knownHostLine(name, ed1, hashed));
        expect(rest).toEqual([]);
        expect(entry !== undefined && isListedAs(entry, name)).toBe(true);
        expect(entry !== undefined && isListedAs(entry, `x${name}`)).toBe(false);
        expect(entry?.hosts.includes(domain)).toBe(!hashed);
      }),
    );
  });

  it("knows a name that OpenSSH hashed", () => {
    // ssh-keygen -H on "node.example.com ssh-ed25519 ..."
    const hosts = "|1|Bf1Ty2yPZ0y/kn2ONwg2htdd34k=|ETC2Q3sTH9YFTew7wJhPI5x+GU8=";
    const [entry] = entriesOf(line(hosts, ed1));
    expect(entry && isListedAs(entry, "node.example.com")).toBe(true);
    expect(entry && isListedAs(entry, "node.example.org")).toBe(false);
  });

  it("takes no key type that could break a line", () => {
    expect(keyTypeOf(makeKey("ssh-rsa\nevil", "x"))).toBeUndefined();
    expect(keyTypeOf(makeKey("", "x"))).toBeUndefined();
    expect(keyTypeOf(Buffer.from([0, 0, 0, 200, 65]))).toBeUndefined();
    expect(keyTypeOf(Buffer.alloc(3))).toBeUndefined();
  });
});

describe("checking a host key", () => {
  it("is known by an equal key of any matching line", () => {
    expect(checkHostKey(entriesOf(line("node", ed2), line("no*", ed1)), plain, ed1, usual).kind).toBe(
      "known",
    );
    expect(checkHostKey(entriesOf(line("NODE", ed1)), plain, ed1, usual).kind).toBe("known");
    expect(checkHostKey(entriesOf(line("[node]:2222", ed1)), host, ed1, usual).kind).toBe("known");
  });

  it("is unknown where no line is about the host", () => {
    expect(checkHostKey([], plain, ed1, usual).kind).toBe("unknown");
    expect(checkHostKey(entriesOf(line("*,!node", ed1)), plain, ed1, usual).kind).toBe("unknown");
    expect(checkHostKey(entriesOf(line("[node]:2222", ed1)), plain, ed1, usual).kind).toBe("unknown");
    expect(checkHostKey(entriesOf(line("node", ed1, "@cert-authority ")), plain, ed1, usual).kind).toBe(
      "unknown",
    );
  });

  it("has changed where only other keys are known, with the line of the same type", () => {
    const entries = entriesOf(line("node", rsa), line("node", ed2));
    expect(checkHostKey(entries, plain, ed1, usual)).toMatchObject({ kind: "changed", entry: { line: 2 } });
  });

  it("has changed where only a key of another type is known that could have been asked for", () => {
    expect(checkHostKey(entriesOf(line("node", rsa)), plain, ed1, usual)).toMatchObject({ kind: "changed" });
    expect(checkHostKey(entriesOf(line("node", dsa)), plain, ed1, usual).kind).toBe("unknown");
    const onlyEd: readonly HostKeyAlgorithm[] = ["ssh-ed25519"];
    expect(checkHostKey(entriesOf(line("node", rsa)), plain, ed1, onlyEd).kind).toBe("unknown");
  });

  it("takes an entry without the port as OpenSSH does, unless there is one with it", () => {
    expect(checkHostKey(entriesOf(line("node", ed1)), host, ed1, usual).kind).toBe("known");
    expect(checkHostKey(entriesOf(line("node", ed2)), host, ed1, usual).kind).toBe("unknown");
    expect(checkHostKey(entriesOf(line("node", ed1), line("[node]:2222", ed2)), host, ed1, usual).kind).toBe(
      "changed",
    );
  });

  it("is revoked whatever else is said", () => {
    for (const pattern of ["*", "node", "[node]:2222"]) {
      const entries = entriesOf(line("[node]:2222", ed1), line(pattern, ed1, "@revoked "));
      expect(checkHostKey(entries, host, ed1, usual)).toMatchObject({ kind: "revoked", entry: { line: 2 } });
    }
    expect(checkHostKey(entriesOf(line("other", ed1, "@revoked ")), plain, ed1, usual).kind).toBe("unknown");
  });

  it("asks first for the types that are known", () => {
    const all = hostKeyAlgorithms([], "node", usual);
    expect(all[0]).toBe("ssh-ed25519");
    expect(all).not.toContain("ssh-rsa");
    const known = hostKeyAlgorithms(entriesOf(line("node", rsa), line("other", ed1)), "node", usual);
    expect(known.slice(0, 2)).toEqual(["rsa-sha2-512", "rsa-sha2-256"]);
    expect(known.toSorted()).toEqual(all.toSorted());
  });

  it("names other hosts with the same key", () => {
    const hashed = knownHostLine("secret", ed1, true);
    expect(otherNames(entriesOf(line("a,b", ed1), line("c", ed2), hashed), ed1)).toEqual(["a,b", "(hashed)"]);
  });

  it("prints fingerprints without padding", () => {
    expect(fingerprint(Buffer.from("abc"))).toBe("SHA256:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0");
  });

  it("asks for nothing that the config leaves out", () => {
    const entries = entriesOf(line("node", ed1));
    expect(hostKeyAlgorithms(entries, "node", ["rsa-sha2-256"])).toEqual(["rsa-sha2-256"]);
  });

  it("is only certified where an authority speaks for the host and no key of its own is known", () => {
    const authority = line("*.example.com", ed2, "@cert-authority ");
    const names = { name: "[a.example.com]:22222", nameWithoutPort: "a.example.com" };
    expect(isOnlyCertified(authority, names)).toBe(true);
    expect(isOnlyCertified(authority, { name: "b.org", nameWithoutPort: "b.org" })).toBe(false);
    expect(isOnlyCertified(`${authority}\n${line("a.example.com", ed1)}`, names)).toBe(false);
    expect(isOnlyCertified(line("a.example.com", ed1, "@revoked "), names)).toBe(false);
    expect(isOnlyCertified("", names)).toBe(false);
  });
});

describe("a hostile known_hosts file", () => {
  const key = ed1.toString("base64");
  const fillers: Readonly<Record<string, string>> = {
    stars: `${"*".repeat(2000)} ssh-ed25519 ${key}\n`,
    "stars and letters": `${"*a".repeat(500)} ssh-ed25519 ${key}\n`,
    "one endless pattern": "*a",
    "one endless list": "*,",
    "hashed names": `|1|${Buffer.alloc(20).toString("base64")}|${Buffer.alloc(20).toString("base64")} ssh-ed25519 ${key}\n`,
    blanks: " \t",
    "endless base64": "A",
    "empty lines": "\n",
    markers: "@",
    "carriage returns": "\r",
  };

  it.each(Object.keys(fillers))("of %s costs what its length costs", async (name) => {
    const filler = fillers[name] ?? "";
    const end = filler.endsWith("\n") ? "" : ` ssh-ed25519 ${key}\n`;
    const names = { name: "[aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]:22", nameWithoutPort: "a".repeat(250) };
    const read = (length: number): void => {
      const { entries } = parseKnownHosts(filler.repeat(length / filler.length) + end, "file");
      checkHostKey(entries, names, ed2, usual);
      hostKeyAlgorithms(entries, "node", usual);
    };
    expect(await excessOf(read, 50_000)).toBeLessThanOrEqual(0);
  });
});
