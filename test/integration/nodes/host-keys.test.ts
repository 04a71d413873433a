import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Asking } from "../../../extension/nodes/asking.ts";
import { Clock } from "../../../extension/nodes/clock.ts";
import type { HostKeyQuestion } from "../../../extension/nodes/prompts.ts";
import { HostKeys } from "../../../extension/nodes/ssh/host-keys.ts";
import { knownHostLine } from "../../../extension/nodes/ssh/known-hosts.ts";
import { TargetResolver, type SshTarget } from "../../../extension/nodes/ssh/target.ts";
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

async function target(config: string): Promise<SshTarget> {
  const configFile = await home.write("config", config);
  const resolver = new TargetResolver({ ...defaultSettings, configFile }, home.machine, quiet);
  return resolver.resolve("node", { host: "web1", port: undefined }, never);
}

async function verify(config: string, shown = key): Promise<void> {
  await hostKeys.verify(await target(config), shown, new Asking(new Clock(), never));
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
