import { execFile, execFileSync } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseSshConfig } from "../../../extension/nodes/library.ts";
import type { SshSettings } from "../../../extension/nodes/settings.ts";
import { parseSshHost } from "../../../extension/nodes/ssh/ssh-host.ts";
import { TargetResolver, type SshTarget } from "../../../extension/nodes/ssh/target.ts";
import { defaultSettings, makeHome, type Home } from "../../support/ssh-nodes.ts";

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const run = promisify(execFile);
const hasSsh = (() => {
  try {
    execFileSync("ssh", ["-V"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

let home: Home;

beforeAll(async () => {
  home = await makeHome({ SSH_AUTH_SOCK: "/run/agent", KEYS: "/keys" });
});

afterAll(async () => {
  await home[Symbol.asyncDispose]();
});

function resolve(host: string, settings: Partial<SshSettings> = {}, port?: number): Promise<SshTarget> {
  const resolver = new TargetResolver(
    { ...defaultSettings, ...settings },
    home.machine,
    parseSshConfig,
    quiet,
  );
  return resolver.resolve("the-node", { host, port });
}

const config = `
# A bastion, several fleets and the rest.
Host bastion
  HostName bastion.example.com
  User jumper
  Port 2200
Host worker-* !worker-9
  HostName %h.internal.example.com
  ProxyJump bastion
  IdentityFile ~/.ssh/%r-%n
  IdentityFile \${KEYS}/fleet
Host worker-9 WORKER-1
  HostKeyAlias Fleet
  IdentitiesOnly yes
Match originalhost db-*,worker-9 user core
  Port 2022
Match host *.internal.example.com
  UserKnownHostsFile ~/.ssh/fleet_hosts /etc/fleet
  StrictHostKeyChecking yes
Host 10.0.*.?
  User = "core"
  HashKnownHosts yes
Host db-1
  ProxyJump none
Host db-*
  ProxyJump a@one.example.com,two.example.com:2222
  User core
Host *
  IdentityFile "~/.ssh/with space"
  User nobody
`;

describe.skipIf(!hasSsh)("reads an ssh config as ssh itself does (needs ssh -G)", () => {
  const hosts = [
    "bastion",
    "worker-1",
    "worker-9",
    "10.0.1.5",
    "10.0.1.55",
    "db-1",
    "db-2",
    "elsewhere.example.com",
  ];

  it.each(hosts)("for %s", async (host) => {
    const file = await home.write("config", config);
    const { stdout } = await run("ssh", ["-G", "-F", file, host], { env: { ...process.env, KEYS: "/keys" } });
    const theirs = new Map<string, string[]>();
    for (const line of stdout.split("\n")) {
      const [keyword = "", ...rest] = line.split(" ");
      theirs.set(keyword, [...(theirs.get(keyword) ?? []), rest.join(" ")]);
    }
    const ours = await resolve(host, { configFile: file });
    const one = (keyword: string): string | undefined => theirs.get(keyword)?.[0];
    expect(ours.host).toBe(one("hostname"));
    expect(ours.user).toBe(one("user"));
    expect(String(ours.port)).toBe(one("port"));
    // ssh -G prints identity files before it replaces anything in them.
    expect(ours.auth.identityFiles).toHaveLength(theirs.get("identityfile")?.length ?? 0);
    expect(ours.auth.identitiesOnly).toBe(one("identitiesonly") === "yes");
    expect(ours.hostKey.hashed).toBe(one("hashknownhosts") === "yes");
    expect(ours.hostKey.ask).toBe(one("stricthostkeychecking") !== "true");
    const alias = one("hostkeyalias");
    if (alias !== undefined) expect(ours.hostKey.name).toBe(alias.toLowerCase());
    const jumps: string[] = [];
    for (let via = ours.via; via !== undefined; via = via.via) jumps.unshift(via.host);
    const theirJumps =
      one("proxyjump")
        ?.split(",")
        .map((jump) => jump.replace(/^.*@/, "").replace(/:\d+$/, "")) ?? [];
    expect(jumps).toEqual(theirJumps.map((jump) => (jump === "bastion" ? "bastion.example.com" : jump)));
  });
});

describe("resolving a target", () => {
  it("fills in what the config leaves open", async () => {
    expect(await resolve("10.0.0.5")).toMatchObject({
      node: "the-node",
      host: "10.0.0.5",
      port: 22,
      user: home.machine.user,
      via: undefined,
      hostKey: {
        name: "10.0.0.5",
        userFiles: [home.knownHosts, home.path(".ssh/known_hosts2")],
        systemFiles: [home.path("etc/ssh/ssh_known_hosts"), home.path("etc/ssh/ssh_known_hosts2")],
        ask: true,
        hashed: false,
      },
      auth: {
        identityFiles: ["id_rsa", "id_ecdsa", "id_ed25519"].map((name) => ({
          path: home.path(join(".ssh", name)),
          required: false,
        })),
        agent: "/run/agent",
        publicKey: true,
        password: true,
        keyboardInteractive: true,
      },
    });
  });

  it("lets settings win over the config, for the node and not for its jump hosts", async () => {
    const configFile = await home.write("config", config);
    const settings = {
      configFile,
      user: "me",
      port: 7,
      identityFile: "~/mine",
      knownHostsFile: "~/hosts",
      agent: "none",
    };
    const target = await resolve("worker-1", settings, 9);
    expect(target).toMatchObject({ user: "me", port: 7, host: "worker-1.internal.example.com" });
    expect(target.auth.identityFiles[0]).toEqual({ path: home.path("mine"), required: true });
    expect(target.auth.identityFiles[1]).toEqual({ path: home.path(".ssh/me-worker-1"), required: false });
    expect(target.auth.agent).toBeUndefined();
    expect(target.hostKey.userFiles[0]).toBe(home.path("hosts"));
    expect(target.via).toMatchObject({
      user: "jumper",
      port: 2200,
      host: "bastion.example.com",
      node: "bastion",
    });
    expect(target.via?.auth.identityFiles.map((file) => file.path)).toEqual([home.path(".ssh/with space")]);
    expect(target.via?.hostKey.userFiles[0]).toBe(home.path("hosts"));
  });

  it("goes to a host of the user's as ssh would, without the user and port that are set for nodes", async () => {
    const configFile = await home.write("config", config);
    const resolver = new TargetResolver(
      { ...defaultSettings, configFile, user: "me", port: 7, identityFile: "~/mine" },
      home.machine,
      parseSshConfig,
      quiet,
    );
    const go = async (text: string): Promise<SshTarget> => {
      const host = parseSshHost(text);
      if (host === undefined) throw new Error(`${text} is no host`);
      return resolver.resolveHost(host);
    };
    const alias = await go("bastion");
    expect(alias).toMatchObject({
      node: "bastion",
      host: "bastion.example.com",
      user: "jumper",
      port: 2200,
    });
    expect(alias.auth.identityFiles[0]).toEqual({ path: home.path("mine"), required: true });
    expect(await go("root@bastion:2222")).toMatchObject({
      node: "root@bastion:2222",
      user: "root",
      port: 2222,
      host: "bastion.example.com",
    });
    expect(await go("worker-1")).toMatchObject({ user: "nobody", port: 22, via: { user: "jumper" } });
  });

  it("takes the port of the address before the config's", async () => {
    const configFile = await home.write("config", "Port 5\n");
    expect((await resolve("a", { configFile }, 9)).port).toBe(9);
    expect((await resolve("a", { configFile })).port).toBe(5);
  });

  it("reads the system's config after the user's, and Include relative to each", async () => {
    await using own = await makeHome();
    await own.write(".ssh/config", "Include mine/*\n");
    await own.write(".ssh/mine/b", "User b\n");
    await own.write(".ssh/mine/a", "User a\n");
    await own.write(".ssh/mine/.hidden", "User hidden\n");
    await own.write("etc/ssh/ssh_config", "Include more.d/*.conf\nUser system\n");
    await own.write("etc/ssh/more.d/x.conf", "Port 77\n");
    const resolver = new TargetResolver(defaultSettings, own.machine, parseSshConfig, quiet);
    expect(await resolver.resolve("n", { host: "h", port: undefined })).toMatchObject({
      user: "a",
      port: 77,
    });
  });

  it.each([
    ["ProxyCommand nc %h %p", "ssh-unsupported"],
    ["RevokedHostKeys /etc/ssh/revoked", "ssh-unsupported"],
    ["HostName -oProxyCommand=id", "ssh-config-invalid"],
    ["Port http", "ssh-config-invalid"],
    ["ProxyJump -bad", "ssh-config-invalid"],
    ["Host n\n ProxyJump m\nHost m\n ProxyJump n", "ssh-config-invalid"],
    ["IdentityFile ${NOT_SET}/x", "ssh-config-invalid"],
  ])("refuses %j", async (text, reason) => {
    const configFile = await home.write("config", `${text}\n`);
    await expect(resolve("n", { configFile })).rejects.toMatchObject({ reason });
  });

  it("says when the configured file is not there", async () => {
    const configFile = home.path("missing");
    await expect(resolve("n", { configFile })).rejects.toMatchObject({
      reason: "ssh-config-invalid",
      facts: { file: configFile },
    });
  });

  it("shares a connection only where user, host, port and way are the same", async () => {
    const configFile = await home.write("config", "Host via\n ProxyJump b\n HostName h\nHost b\n");
    const keys = await Promise.all([
      resolve("h", { configFile }),
      resolve("H", { configFile }),
      resolve("h", { configFile, user: "other" }),
      resolve("h", { configFile }, 23),
      resolve("via", { configFile }),
    ]);
    expect(new Set(keys.map((target) => target.key)).size).toBe(4);
  });
});
