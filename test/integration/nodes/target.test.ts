import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SshSettings } from "../../../extension/nodes/settings.ts";
import { parseSshHost } from "../../../extension/nodes/ssh/ssh-host.ts";
import type { SshTarget } from "../../../extension/nodes/ssh/target.ts";
import { TargetResolver } from "../../../extension/nodes/ssh/target-resolver.ts";
import { defaultSettings, makeHome, type Home } from "../../support/ssh-nodes.ts";

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const never = new AbortController().signal;

let home: Home;

beforeAll(async () => {
  home = await makeHome({
    SSH_AUTH_SOCK: "/run/agent",
    KEYS: "/keys",
    SHELL: "/bin/sh",
    PATH: process.env["PATH"] ?? "",
  });
});

afterAll(async () => {
  await home[Symbol.asyncDispose]();
});

function resolve(host: string, settings: Partial<SshSettings> = {}, port?: number): Promise<SshTarget> {
  const resolver = new TargetResolver({ ...defaultSettings, ...settings }, home.machine, quiet);
  return resolver.resolve("the-node", { host, port }, never);
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
        unknown: "ask",
        hashed: false,
        algorithms: [
          "ssh-ed25519",
          "ecdsa-sha2-nistp256",
          "ecdsa-sha2-nistp384",
          "ecdsa-sha2-nistp521",
          "rsa-sha2-512",
          "rsa-sha2-256",
        ],
      },
      auth: {
        identityFiles: ["id_rsa", "id_ecdsa", "id_ed25519"].map((name) => ({
          path: home.path(join(".ssh", name)),
          required: false,
        })),
        agent: "/run/agent",
        methods: ["publickey", "keyboard-interactive", "password"],
        passwordPrompts: 3,
        batch: false,
      },
      alias: "10.0.0.5",
      proxyCommand: undefined,
      needs: [],
      addressFamily: 0,
      localAddress: undefined,
      connectTimeoutMs: defaultSettings.connectTimeoutMs,
      connectionAttempts: 1,
      keepaliveMs: defaultSettings.keepaliveMs,
      keepaliveCount: 3,
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
      quiet,
    );
    const go = async (text: string): Promise<SshTarget> => {
      const host = parseSshHost(text);
      if (host === undefined) throw new Error(`${text} is no host`);
      return resolver.resolveHost(host, never);
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
    const resolver = new TargetResolver(defaultSettings, own.machine, quiet);
    expect(await resolver.resolve("n", { host: "h", port: undefined }, never)).toMatchObject({
      user: "a",
      port: 77,
    });
  });

  it.each([
    ["ProxyCommand nc %q", "ssh-config-invalid"],
    ["ProxyCommand -", "ssh-config-invalid"],
    ["User a;id\nProxyCommand nc %r", "ssh-config-invalid"],
    ["IdentityFile ~nobody/x", "ssh-config-invalid"],
    ['Match exec "kill -9 $$"\n User x', "ssh-config-invalid"],
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

  it("hands out what the config says of the connection", async () => {
    const configFile = await home.write(
      "config",
      `HostName H.example.com
       User me
       ProxyCommand tunnel --to %n '%h' %p %r%%
       ConnectTimeout 1m
       ConnectionAttempts 0
       ServerAliveInterval 20
       ServerAliveCountMax 2
       AddressFamily inet6
       BindAddress ::1
       PreferredAuthentications gssapi-with-mic,password,publickey
       PasswordAuthentication no
       BatchMode yes`,
    );
    expect(await resolve("n", { configFile })).toMatchObject({
      alias: "n",
      host: "h.example.com",
      proxyCommand: "tunnel --to n 'h.example.com' 22 me%",
      via: undefined,
      connectTimeoutMs: 60_000,
      connectionAttempts: 1,
      keepaliveMs: 20_000,
      keepaliveCount: 2,
      addressFamily: 6,
      localAddress: "::1",
      auth: { methods: ["publickey"], batch: true },
    });
  });

  it.each([
    ["yes", "refuse"],
    ["ask", "ask"],
    ["accept-new", "accept"],
    ["no", "accept"],
    ["off", "accept"],
  ])("with StrictHostKeyChecking %s: an unknown key is dealt with by %s", async (value, unknown) => {
    const configFile = await home.write("config", `StrictHostKeyChecking ${value}\n`);
    expect((await resolve("n", { configFile })).hostKey.unknown).toBe(unknown);
  });

  it.each([
    ["ProxyCommand nc %h %p", "ProxyCommand"],
    ["Match exec true\n User me", "Match exec"],
    ["KnownHostsCommand keys %H", "KnownHostsCommand"],
    ["Host n\n ProxyJump j\nHost j\n ProxyCommand nc", "ProxyCommand"],
  ])("runs no program of an untrusted workspace: %j", async (text, feature) => {
    const configFile = await home.write("config", `Host n j\n${text}\n`);
    await expect(resolve("n", { configFile, runPrograms: false })).rejects.toMatchObject({
      reason: "ssh-untrusted",
      facts: { feature },
    });
    await expect(
      resolve("other", {
        configFile: await home.write("config", "Match host x exec true\n"),
        runPrograms: false,
      }),
    ).resolves.toMatchObject({ user: home.machine.user });
  });

  it("asks a program by Match exec, and stops waiting for it when nobody waits any more", async () => {
    const configFile = await home.write(
      "config",
      'Match exec "test %n = yes"\n User me\nMatch exec "sleep 4711.5"\n',
    );
    const stop = new AbortController();
    const resolver = new TargetResolver({ ...defaultSettings, configFile }, home.machine, quiet);
    const resolved = resolver.resolve("n", { host: "no", port: undefined }, stop.signal);
    stop.abort();
    await expect(resolved).rejects.toMatchObject({ reason: "cancelled" });
    await home.write("config", 'Match exec "test %n = yes"\n User me\n');
    expect((await resolve("yes", { configFile })).user).toBe("me");
    expect((await resolve("no", { configFile })).user).toBe(home.machine.user);
  });

  it.each([
    ["CertificateFile ~/x-cert.pub", "user certificates"],
    ["IdentityFile ~/certified", "user certificates"],
    ["IdentityFile ~/fido", "FIDO keys"],
    ["PKCS11Provider /lib/p11.so", "PKCS11Provider"],
    ["GSSAPIAuthentication yes", "GSSAPIAuthentication"],
    ["HostbasedAuthentication yes", "HostbasedAuthentication"],
    ["UserKnownHostsFile ~/authorities", "@cert-authority"],
    ["HostKeyAlgorithms ssh-ed25519-cert-v01@openssh.com", "HostKeyAlgorithms"],
    ["RevokedHostKeys /etc/ssh/revoked", "RevokedHostKeys"],
    ["KnownHostsCommand keys", "KnownHostsCommand"],
    ["VerifyHostKeyDNS ask", "VerifyHostKeyDNS"],
    ["IdentityFile ~/fido.pub", "FIDO keys"],
    ["BindInterface eth0", "BindInterface"],
    ["BindAddress desk.example.com", "BindAddress"],
    ["ProxyCommand pass\nProxyUseFdpass yes", "a socket from a program"],
    ["CanonicalizeHostname yes\nCanonicalDomains example.com", "CanonicalizeHostname"],
  ])("says that only the installed ssh can do %s", async (text, words) => {
    await home.write("certified-cert.pub", "ssh-ed25519-cert-v01@openssh.com AAAA\n");
    await home.write("fido.pub", "sk-ssh-ed25519@openssh.com AAAA\n");
    const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
    await home.write("authorities", `@cert-authority n* ${key}\n`);
    const configFile = await home.write("config", `${text}\n`);
    const { needs } = await resolve("n1", { configFile });
    expect(needs).toHaveLength(1);
    expect(needs[0]).toContain(words);
  });

  it.each(["ProxyUseFdpass yes", "ProxyUseFdpass yes\nHost n1\n ProxyJump j", "BindAddress 127.0.0.1"])(
    "needs the installed ssh for nothing in %j",
    async (text) => {
      const configFile = await home.write("config", `${text}\n`);
      expect((await resolve("n1", { configFile })).needs).toEqual([]);
    },
  );

  it("takes no limit as the setting's, and no time for longer than a timer runs", async () => {
    const configFile = await home.write("config", "ConnectTimeout 0\nServerAliveInterval 52w\n");
    expect(await resolve("n", { configFile })).toMatchObject({
      connectTimeoutMs: defaultSettings.connectTimeoutMs,
      keepaliveMs: 2_147_483_647,
    });
  });

  it("does not take what distributions switch on for everybody as the user's wish", async () => {
    await using own = await makeHome();
    await own.write(
      "etc/ssh/ssh_config",
      "Host *\n GSSAPIAuthentication yes\n HashKnownHosts yes\n SendEnv LANG LC_*\n",
    );
    const resolver = new TargetResolver(defaultSettings, own.machine, quiet);
    const target = await resolver.resolve("n", { host: "h", port: undefined }, never);
    expect(target.needs).toEqual([]);
    expect(target.hostKey.hashed).toBe(true);
  });

  it("does not wait for a pipe, nor for the end of what has none", async () => {
    const endless = await home.write("config", "Include /dev/zero\n");
    await expect(resolve("n", { configFile: endless })).rejects.toMatchObject({
      reason: "ssh-config-invalid",
    });
    const fifo = home.path("fifo");
    await promisify(execFile)("mkfifo", ["-m", "600", fifo]);
    const configFile = await home.write("config", `Include ${fifo}\n`);
    await expect(resolve("n", { configFile })).rejects.toMatchObject({ reason: "ssh-config-invalid" });
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
