import { execFile, execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isListedAs, isOnlyCertified, parseKnownHosts } from "../../../extension/nodes/ssh/known-hosts.ts";

const run = promisify(execFile);
const hasKeygen = (() => {
  try {
    execFileSync("ssh", ["-V"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

/** Random files in one run; more with KNOWN_HOSTS_RUNS. */
const runs = Number(process.env["KNOWN_HOSTS_RUNS"] ?? 150);

let folder: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "known-hosts-"));
  file = join(folder, "known_hosts");
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Lines that `ssh-keygen -F` finds for a name, with their markers. */
async function askKeygen(name: string): Promise<string[]> {
  // It ends with 1 where it finds nothing.
  const { stdout } = await run("ssh-keygen", ["-F", name, "-f", file]).catch((error: unknown) => {
    if (error instanceof Error && "stdout" in error && "code" in error && error.code === 1)
      return { stdout: String(error.stdout) };
    throw error;
  });
  return [...stdout.matchAll(/^# Host .* found: line (\d+) ?(\w*)/gm)].map(
    ([, line, marker]) => `${line} ${marker === "CA" ? "cert-authority" : (marker ?? "").toLowerCase()}`,
  );
}

function askUs(text: string, name: string): string[] {
  return parseKnownHosts(text, file)
    .entries.filter((entry) => isListedAs(entry, name))
    .map(({ line, marker = "" }) => `${line} ${marker}`);
}

const keys = [
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl",
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIbF9+JTFYuAC8c7Uw+xRuNRrtwNqcVWIpzNqJW0uhx2",
  "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBEmKSENjQEezOmxkZMy7opKgwFB9nkt5YRrYMjNuG5N87uRgg6CLrbo5wAdT/y6v0mKV0U2w0WZ2YB/++Tpockg=",
];

const name = fc.constantFrom("web1", "web2", "db.example.com", "10.0.0.7", "fd00::7");
const place = fc.oneof(
  name,
  fc.tuple(name, fc.constantFrom(22, 2222)).map(([host, port]) => `[${host}]:${port}`),
);
const pattern = fc.oneof(
  place,
  fc.constantFrom("*", "web?", "!web1", "*.example.com", "[*]:2222", "10.0.*", "!*", "WEB1", ""),
);
const hosts = fc.array(pattern, { minLength: 1, maxLength: 4 }).map((list) => list.join(","));
const blank = fc.constantFrom(" ", " ", "\t", "  ");
const entry = fc
  .tuple(
    fc.constantFrom("", "", "", " ", "\t"),
    fc.constantFrom("", "", "", "@revoked", "@cert-authority", "@nonsense"),
    blank,
    hosts,
    // Only whole keys: ssh-keygen -F does not look at them.
    fc.constantFrom(...keys),
    fc.constantFrom("", "", " me@here", "\tx # y", "\r"),
  )
  // ssh-keygen takes only a blank behind a marker; a tab there must not make us miss a revoked key.
  .map(
    ([indent, marker, between, list, key, end]) =>
      `${indent}${marker}${marker === "" ? "" : " "}${list}${between}${key}${end}`,
  );
const line = fc.oneof(entry, entry, entry, fc.constantFrom("", "# comment", "  ", "nonsense", "@revoked"));

describe.skipIf(!hasKeygen)("known_hosts is read as ssh-keygen -F reads it (needs OpenSSH)", () => {
  it(`in ${runs} random files`, { timeout: 60_000 + runs * 100 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 8 }), place, async (lines, asked) => {
        const text = `${lines.join("\n")}\n`;
        await writeFile(file, text);
        expect(askUs(text, asked)).toEqual(await askKeygen(asked));
      }),
      { numRuns: runs, seed: 42 },
    );
  });

  it("with names that ssh-keygen hashed", { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(place, { minLength: 1, maxLength: 4 }), place, async (names, asked) => {
        await writeFile(file, `${names.map((one) => `${one} ${keys[0]}`).join("\n")}\n`);
        await run("ssh-keygen", ["-q", "-H", "-f", file]);
        const text = await readFile(file, "utf8");
        expect(text).toContain("|1|");
        expect(askUs(text, asked)).toEqual(await askKeygen(asked));
        expect(askUs(text, asked).length > 0).toBe(names.includes(asked));
      }),
      { numRuns: 30, seed: 43 },
    );
  });

  it("knows an authority from a key of the host", () => {
    const names = { name: "web1", nameWithoutPort: "web1" };
    expect(isOnlyCertified(`@cert-authority *,!db ${keys[0]}\n`, names)).toBe(true);
    expect(isOnlyCertified(`@cert-authority * ${keys[0]}\nweb1 ${keys[1]}\n`, names)).toBe(false);
  });
});
