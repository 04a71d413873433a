import { lstat, mkdir, readFile, symlink } from "node:fs/promises";
import { dirname } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Asking } from "../../../extension/nodes/asking.ts";
import { Clock } from "../../../extension/nodes/clock.ts";
import type { HostKeyQuestion } from "../../../extension/nodes/prompts.ts";
import { HostKeys } from "../../../extension/nodes/ssh/host-keys.ts";
import { knownHostLine } from "../../../extension/nodes/ssh/known-hosts.ts";
import type { SshTarget } from "../../../extension/nodes/ssh/target.ts";
import { TargetResolver } from "../../../extension/nodes/ssh/target-resolver.ts";
import { defaultSettings, makeHome, type Home } from "../../support/ssh-nodes.ts";

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const never = new AbortController().signal;

function makeKey(body: string): Buffer {
  const type = Buffer.from("ssh-ed25519");
  const length = Buffer.alloc(4);
  length.writeUInt32BE(type.length);
  return Buffer.concat([length, type, Buffer.from(body)]);
}

const key = makeKey("one");
const other = makeKey("two");

let home: Home;
let questions: HostKeyQuestion[];
let hostKeys: HostKeys;

beforeEach(async () => {
  home = await makeHome();
  questions = [];
  const refuse = (): Promise<never> => Promise.reject(new Error("not to be asked"));
  hostKeys = new HostKeys(
    {
      confirmHostKey: (question) => {
        questions.push(question);
        return Promise.resolve(true);
      },
      passphrase: refuse,
      password: refuse,
    },
    quiet,
  );
});

afterEach(async () => {
  await home[Symbol.asyncDispose]();
});

async function target(config: string, host = "web1"): Promise<SshTarget> {
  const configFile = await home.write("config", config);
  const resolver = new TargetResolver({ ...defaultSettings, configFile }, home.machine, quiet);
  return resolver.resolve("node", { host, port: undefined }, never);
}

async function verify(config: string, shown = key, host?: string): Promise<void> {
  await hostKeys.verify(await target(config, host), shown, new Asking(new Clock(), never));
}

const saved = (): Promise<string> => readFile(home.knownHosts, "utf8").catch(() => "");

describe("an unknown host key", () => {
  it.each(["accept-new", "no", "off"])(
    "is saved unasked with StrictHostKeyChecking %s, once",
    async (value) => {
      await Promise.all([1, 2, 3].map(() => verify(`StrictHostKeyChecking ${value}\n`)));
      await verify(`StrictHostKeyChecking ${value}\n`);
      expect(questions).toEqual([]);
      expect(await saved()).toBe(`${knownHostLine("web1", key, false)}\n`);
    },
  );

  it("is the user's decision with ask, and remembered where there is no file", async () => {
    await verify("UserKnownHostsFile none\n");
    await verify("UserKnownHostsFile none\n");
    expect(questions).toHaveLength(1);
    expect(await saved()).toBe("");
  });

  it("is taken each time where the file keeps nothing", async () => {
    await verify("StrictHostKeyChecking no\nUserKnownHostsFile /dev/null\n");
    await verify("StrictHostKeyChecking no\nUserKnownHostsFile /dev/null\n", other);
    expect(questions).toEqual([]);
  });

  it.each(["StrictHostKeyChecking yes\n", "BatchMode yes\n"])("is refused with %j", async (config) => {
    await expect(verify(config)).rejects.toMatchObject({ reason: "ssh-host-key-unknown" });
    expect(questions).toEqual([]);
    expect(await saved()).toBe("");
  });

  it("is hashed where the config says so", async () => {
    await verify("HashKnownHosts yes\nStrictHostKeyChecking accept-new\n");
    expect(await saved()).toMatch(/^\|1\|\S+ ssh-ed25519 \S+\n$/);
    await verify("StrictHostKeyChecking yes\n");
  });
});

describe("the names of a host", () => {
  it("are asked about one by one, and the question tells where the key is known already", async () => {
    await verify("");
    await verify("", key, "10.0.0.7");
    expect(questions.map(({ host, knownAs }) => [host, knownAs])).toEqual([
      ["web1", []],
      ["10.0.0.7", ["web1"]],
    ]);
    await verify("", key, "WEB1");
    await verify("Host other\n HostName web1\n", key, "other");
    expect(questions).toHaveLength(2);
    await expect(verify("", other, "10.0.0.7")).rejects.toMatchObject({ reason: "ssh-host-key-changed" });
  });

  it("have their port in them unless it is 22, and without it they are known at any port, as to ssh", async () => {
    await verify("Port 2222\n");
    expect(await saved()).toBe(`${knownHostLine("[web1]:2222", key, false)}\n`);
    await verify("");
    expect(questions).toHaveLength(2);
    await verify("Port 2223\n");
    expect(questions).toHaveLength(2);
    await verify("Port 2223\n", other);
    expect(questions).toHaveLength(3);
    await expect(verify("Port 2222\n", other)).rejects.toMatchObject({ reason: "ssh-host-key-changed" });
  });

  it("are the alias, at any port, where there is one", async () => {
    await verify("HostKeyAlias Fleet\nPort 2222\n");
    await verify("HostKeyAlias fleet\n", key, "web2");
    expect(questions).toHaveLength(1);
    expect(await saved()).toBe(`${knownHostLine("fleet", key, false)}\n`);
  });

  it("are asked about once where several connections see them first", async () => {
    await Promise.all([1, 2, 3, 4].map(() => verify("")));
    expect(questions).toHaveLength(1);
    expect(await saved()).toBe(`${knownHostLine("web1", key, false)}\n`);
  });
});

describe("the file of known hosts", () => {
  const accepting = "StrictHostKeyChecking accept-new\n";

  it("gets a line of its own behind a last one without newline", async () => {
    const before = knownHostLine("web2", other, false);
    await home.write(".ssh/known_hosts", before);
    await verify(accepting);
    expect(await saved()).toBe(`${before}\n${knownHostLine("web1", key, false)}\n`);
  });

  it("is made, with its folder, for the user alone", async () => {
    await verify(accepting);
    expect((await lstat(home.knownHosts)).mode & 0o777).toBe(0o600);
    expect((await lstat(dirname(home.knownHosts))).mode & 0o777).toBe(0o700);
  });

  it("may be a link, to a file that is not there yet", async () => {
    await mkdir(dirname(home.knownHosts));
    await symlink(home.path("elsewhere"), home.knownHosts);
    await verify(accepting);
    expect((await lstat(home.knownHosts)).isSymbolicLink()).toBe(true);
    expect(await readFile(home.path("elsewhere"), "utf8")).toBe(`${knownHostLine("web1", key, false)}\n`);
  });

  it("is left where it cannot be written to: the answer holds for the session", async () => {
    // Nobody can write there, root neither.
    await verify("UserKnownHostsFile /proc/no-such-folder/known_hosts\n");
    await verify("UserKnownHostsFile /proc/no-such-folder/known_hosts\n");
    expect(questions).toHaveLength(1);
  });

  it("is not taken as empty where it cannot be read", async () => {
    await mkdir(home.knownHosts, { recursive: true });
    const refused = {
      reason: "ssh-config-invalid",
      facts: { file: home.knownHosts, detail: expect.stringContaining("is no file") },
    };
    await expect(verify(accepting)).rejects.toMatchObject(refused);
    await expect(hostKeys.algorithms(await target(accepting))).rejects.toMatchObject(refused);
  });

  it("may be as long as a fleet's", async () => {
    const line = `${knownHostLine("other", other, false)} ${"x".repeat(4_000)}\n`;
    const text = `${line.repeat(2_000)}${knownHostLine("web1", key, false)}\n`;
    expect(text.length).toBeGreaterThan(8_000_000);
    await home.write(".ssh/known_hosts", text);
    await verify("StrictHostKeyChecking yes\n");
  });
});

describe("a changed or revoked host key", () => {
  it.each(["yes", "ask", "accept-new", "no", "off"])(
    "is refused with StrictHostKeyChecking %s",
    async (value) => {
      const config = `StrictHostKeyChecking ${value}\n`;
      await home.write(".ssh/known_hosts", `${knownHostLine("web1", other, false)}\n`);
      await expect(verify(config)).rejects.toMatchObject({
        reason: "ssh-host-key-changed",
        facts: { line: "1" },
      });
      await home.write(".ssh/known_hosts", `@revoked * ${knownHostLine("x", key, false).slice(2)}\n`);
      await expect(verify(config)).rejects.toMatchObject({ reason: "ssh-host-key-revoked" });
      expect(questions).toEqual([]);
    },
  );
});

describe("the algorithms asked for", () => {
  it("are those that the config allows, known types first", async () => {
    await home.write(".ssh/known_hosts", `${knownHostLine("web1", key, false)}\n`);
    expect(await hostKeys.algorithms(await target("HostKeyAlgorithms rsa-sha2-512,ssh-ed25519\n"))).toEqual([
      "ssh-ed25519",
      "rsa-sha2-512",
    ]);
  });

  it("are not the usual ones where the config leaves none of them", async () => {
    const certified = await target("HostKeyAlgorithms ssh-ed25519-cert-v01@openssh.com\n");
    await expect(hostKeys.algorithms(certified)).rejects.toMatchObject({ reason: "ssh-unsupported" });
  });
});
