import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { podProbe } from "../../../extension/core/probe/pod-probe.ts";
import { asSandboxError } from "../../../extension/core/errors.ts";
import { errorText } from "../../../extension/core/error-text.ts";
import { leftovers, takeSnapshot, type Places, type Snapshot } from "../../support/leftovers.ts";
import { makeNet, type Net, type NetHost } from "../../support/netns.ts";
import { readNode } from "../../support/oracle-node.ts";
import { because, whyNotRoot } from "../../support/skipped.ts";
import { startSlowLink, type SlowLink } from "../../support/slow-link.ts";
import {
  makeBench,
  makeHome,
  type Answers,
  type Bench,
  type BenchOptions,
  type Home,
} from "../../support/ssh-nodes.ts";
import {
  makeKey,
  startSshd,
  whyNoSshd,
  type KeyPair,
  type Sshd,
  type SshdOptions,
} from "../../support/sshd.ts";
import { PrivateMachine } from "./private-machine.ts";

// Each way by SSH to real servers on machines that only their neighbours reach, by both clients, against the clock, and
// with nothing left over.

const why = whyNoSshd ?? whyNotRoot;

const run = promisify(execFile);

/** A user of the nodes without any rights of root's but by this password. */
const keeper = { name: "keeper", password: "correct horse 1" };

/** For a pod that is nowhere: all that it costs is the way. */
const probe = podProbe({ uid: "00000000-0000-4000-8000-000000000000", containerIds: [] });

const patiently = { timeout: 10_000 };

describe.skipIf(why !== undefined)(`on the proving ground${because(why)}`, () => {
  let machine: PrivateMachine;
  let net: Net;
  let jump1: NetHost;
  let jump2: NetHost;
  let deep: NetHost;
  let near: NetHost;
  /** Keys and servers of all tests. */
  let keys: Home;
  let user: KeyPair;
  let hostKey: KeyPair;
  /** On jump1, jump2, deep and near. */
  const sshds = new Map<NetHost, Sshd>();

  const machineOf = (host: NetHost): readonly string[] => [...host.through, ...machine.through()];

  /** A server on one of the machines. */
  async function serve(host: NetHost, options: Partial<SshdOptions> = {}): Promise<Sshd> {
    return startSshd({
      authorizedKeys: [user.publicKey],
      hostKeys: [hostKey],
      listenAddress: host.address,
      through: machineOf(host),
      ...options,
    });
  }

  const places: Places = {
    processes: async () =>
      (await Promise.all([jump1, jump2, deep, near].map((host) => host.processes()))).flat(),
    files: async () => {
      const entries = await readdir(machine.folder, { recursive: true });
      const ours = entries.filter((entry) => !entry.startsWith("etc/"));
      const users = await readdir("/root/.ssh").catch(() => []);
      return [...machine.run("find", "/tmp", "/var/tmp").split("\n"), ...ours, ...users].map(
        (file) => `file ${file}`,
      );
    },
  };

  beforeAll(async () => {
    machine = await PrivateMachine.start();
    machine.addUser(keeper.name, "/bin/sh", keeper.password);
    machine.configure("sudoers", `Defaults !lecture\n${keeper.name} ALL=(ALL) ALL\n`);
    // Seen from the nodes as well, which have a /tmp of their own.
    const temporary = join(machine.folder, "bench");
    await mkdir(temporary);
    vi.stubEnv("TMPDIR", temporary);
    net = await makeNet("pswy");
    jump1 = await net.host("jump1");
    jump2 = await net.host("jump2", { behind: jump1 });
    deep = await net.host("deep", { behind: jump2 });
    near = await net.host("near", { aliases: 10 });
    keys = await makeHome();
    user = await makeKey(keys.path("user"));
    hostKey = await makeKey(keys.path("host"));
    const ofKeeper = join(machine.folder, keeper.name, "authorized_keys");
    await writeFile(ofKeeper, `${user.publicKey}\n`);
    const everywhere = [
      "ListenAddress 0.0.0.0:22",
      "MaxSessions 30",
      `Match User ${keeper.name}`,
      `AuthorizedKeysFile ${ofKeeper}`,
    ];
    for (const host of [jump1, jump2, deep, near])
      sshds.set(host, await serve(host, { port: 22, config: everywhere }));
  });

  afterAll(async () => {
    for (const sshd of sshds.values()) await sshd.stop();
    await keys?.[Symbol.asyncDispose]();
    await net?.[Symbol.asyncDispose]();
    vi.unstubAllEnvs();
    await machine?.stop();
  });

  it("what is left over is seen: a process on a node, one of ours, a socket, a file", async () => {
    const before = await takeSnapshot(places);
    const [file, ...args] = [...machineOf(near), "sh", "-c"];
    // Its parent ends first, as that of what a login has left behind.
    await run(file, [...args, "sleep 86407 >/dev/null 2>&1 & touch /tmp/left"]);
    const ours = spawn("sleep", ["86408"]);
    const socket = await hold(near.address, 22);
    expect((await leftovers(before, places)).map((line) => line.replaceAll(/\d{2,}/g, "N"))).toEqual(
      expect.arrayContaining([
        "file /tmp/left",
        "process N since N (S): sleep N",
        "process N since N (S): sleep N",
        "socket:[N]",
      ]),
    );
    socket.destroy();
    ours.kill();
    const orphan = [...readNode().processes.values()].find(({ command }) => command === "sleep 86407");
    if (orphan === undefined) throw new Error("the process on the node is not there");
    process.kill(orphan.pid);
    machine.run("rm", "/tmp/left");
    await expect.poll(() => leftovers(before, places), patiently).toEqual([]);
  });

  describe.each(["builtin", "openssh"] as const)("%s", (client) => {
    let before: Snapshot;
    const undo: (() => Promise<unknown>)[] = [];
    let home: Home;

    beforeEach(async () => {
      before = await takeSnapshot(places);
      home = keep(await makeHome({ PATH: process.env["PATH"] ?? "" }));
    });

    afterEach(async () => {
      for (const step of undo.splice(0).toReversed()) await step();
      await expect.poll(() => leftovers(before, places), patiently).toEqual([]);
    });

    /** What is to end with the test. */
    function keep<T extends AsyncDisposable>(resource: T): T {
      undo.push(async () => resource[Symbol.asyncDispose]());
      return resource;
    }

    interface Setup extends Omit<BenchOptions, "vault"> {
      /** Of ~/.ssh/config, before what all have. */
      readonly config?: string;
      /** By default the host key of all servers here. */
      readonly knownHosts?: string;
      readonly answers?: Answers;
      readonly settings?: Parameters<typeof makeBench>[1];
      readonly env?: Readonly<Record<string, string>>;
    }

    /** A user with a config, who begins. */
    async function begin({
      config = "",
      knownHosts,
      answers,
      settings,
      env,
      ...options
    }: Setup = {}): Promise<Bench> {
      const known = await home.write(".ssh/known_hosts", knownHosts ?? `* ${hostKey.publicKey}\n`);
      const configFile = await home.write(
        ".ssh/config",
        `${config}\nHost *\n UserKnownHostsFile ${known}\n GlobalKnownHostsFile none\n`,
      );
      const place = { ...home, machine: { ...home.machine, env: { ...home.machine.env, ...env } } };
      return keep(
        makeBench(place, { client, configFile, identityFile: user.path, ...settings }, answers, options),
      );
    }

    /** A server of this test. */
    async function extra(options: Partial<SshdOptions> = {}, host = near): Promise<Sshd> {
      const sshd = await serve(host, { port: 2200, ...options });
      undo.push(() => sshd.stop());
      return sshd;
    }

    async function link(host: NetHost, port: number, delayMs = 0): Promise<SlowLink> {
      return keep(await startSlowLink({ host: host.address, port }, delayMs));
    }

    /** The reason of what fails, with what it says to the user; it must come in time. */
    async function failure(work: Promise<unknown>, withinMs: number): Promise<string> {
      const begun = performance.now();
      const error = asSandboxError(
        await work.then(
          () => undefined,
          (thrown: unknown) => thrown,
        ),
      );
      expect(performance.now() - begun).toBeLessThan(withinMs);
      const { title, next } = errorText(error);
      return `${error.reason}: ${title} ${next}`;
    }

    const throughBoth = (): string =>
      `Host ${deep.address}\n ProxyJump root@${jump1.address},root@${jump2.address}\n`;

    it("through two jump hosts, and not without", async () => {
      const bench = await begin({
        config: `${throughBoth()}Host *\n IdentityFile ${user.path}\n`,
      });
      expect(await bench.run(22, ["echo", "deep"], { host: deep.address })).toMatchObject({
        stdout: "deep\n",
      });
      for (const host of [jump1, jump2, deep]) expect(sshds.get(host)?.log()).toContain("Accepted publickey");
      const direct = await begin();
      expect(await failure(direct.run(22, ["true"], { host: deep.address }), 5_000)).toMatch(
        /^ssh-unreachable: /,
      );
    });

    it("through a ProxyCommand", async () => {
      const known = home.knownHosts;
      const tunnel = `ssh -F none -i ${user.path} -o BatchMode=yes -o UserKnownHostsFile=${known} -W %h:%p root@${jump1.address}`;
      const bench = await begin({ config: `Host ${jump2.address}\n ProxyCommand ${tunnel}\n` });
      expect(await bench.run(22, ["echo", "tunnel"], { host: jump2.address })).toMatchObject({
        stdout: "tunnel\n",
      });
      const broken = await begin({
        config: `Host ${jump2.address}\n ProxyCommand sh -c 'echo no tunnel today >&2; exit 1'\n`,
      });
      expect(await failure(broken.run(22, ["true"], { host: jump2.address }), 5_000)).toMatch(
        /no tunnel today/,
      );
    });

    it("with a hashed host key, and not with a changed one", async () => {
      const file = await home.write("hashed", `${near.address} ${hostKey.publicKey}\n`);
      await run("ssh-keygen", ["-q", "-H", "-f", file]);
      const hashed = await readFile(file, "utf8");
      expect(hashed).not.toContain(near.address);
      const bench = await begin({ knownHosts: hashed });
      expect(await bench.run(22, ["echo", "known"], { host: near.address })).toMatchObject({
        stdout: "known\n",
      });
      const other = await makeKey(home.path("other"));
      const changed = await begin({ knownHosts: `${near.address} ${other.publicKey}\n` });
      const said = await failure(changed.run(22, ["true"], { host: near.address }), 5_000);
      expect(said).toMatch(/^ssh-host-key-changed: /);
      for (const fingerprint of [other.fingerprint, hostKey.fingerprint]) expect(said).toContain(fingerprint);
    });

    it("to a host key that a CA has signed", async () => {
      const ca = await makeKey(home.path("ca"));
      const own = await makeKey(home.path("signed"));
      await run("ssh-keygen", [
        "-q",
        "-s",
        ca.path,
        "-I",
        "node",
        "-h",
        "-n",
        near.address,
        `${own.path}.pub`,
      ]);
      await extra({ hostKeys: [own], config: [`HostCertificate ${own.path}-cert.pub`] });
      const knownHosts = `@cert-authority * ${ca.publicKey}\n`;
      const bench = await begin({ knownHosts });
      const work = bench.run(2200, ["echo", "signed"], { host: near.address });
      if (client === "openssh") {
        expect(await work).toMatchObject({ stdout: "signed\n" });
      } else {
        expect(await failure(work, 5_000)).toMatch(/^ssh-unsupported: .*certificate/);
        const either = await begin({ knownHosts, settings: { client: "auto" } });
        expect(await either.run(2200, ["echo", "auto"], { host: near.address })).toMatchObject({
          stdout: "auto\n",
        });
      }
    });

    it("with an encrypted key", async () => {
      const locked = await makeKey(home.path("locked"), "ed25519", "open sesame");
      await extra({ authorizedKeys: [locked.publicKey] });
      const said = ["wrong one", "open sesame"];
      const bench = await begin({
        settings: { identityFile: locked.path },
        answers: { passphrase: () => said.shift() },
      });
      expect(await bench.run(2200, ["echo", "open"], { host: near.address })).toMatchObject({
        stdout: "open\n",
      });
      expect(bench.passphraseQuestions.map(({ keyFile }) => keyFile)).toEqual([locked.path, locked.path]);
      expect(bench.log()).not.toMatch(/wrong one|open sesame/);
    });

    it("with a key of an agent", async () => {
      const held = await makeKey(home.path("held"));
      await extra({ authorizedKeys: [held.publicKey] });
      const socket = home.path("agent");
      const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: ["ignore", "pipe", "ignore"] });
      undo.push(async () => {
        agent.kill();
        await once(agent, "exit");
      });
      await once(agent.stdout, "data");
      await run("ssh-add", ["-q", held.path], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
      await rm(held.path);
      await rm(`${held.path}.pub`);
      const bench = await begin({ settings: { identityFile: "" }, env: { SSH_AUTH_SOCK: socket } });
      expect(await bench.run(2200, ["echo", "agent"], { host: near.address })).toMatchObject({
        stdout: "agent\n",
      });
    });

    it.each([
      ["keyboard-interactive of PAM", ["UsePAM yes", "KbdInteractiveAuthentication yes"]],
      ["a password, wrong and then right", ["PasswordAuthentication yes"]],
    ])("by %s", async (_name, config) => {
      await extra({ authorizedKeys: [], config });
      const said = ["wrong horse", keeper.password];
      const bench = await begin({
        settings: { user: keeper.name, identityFile: "" },
        answers: { password: () => said.shift() },
      });
      const { stdout } = await bench.run(2200, ["id", "-un"], { host: near.address });
      expect(stdout).toBe(`${keeper.name}\n`);
      expect(bench.passwordQuestions).toMatchObject([
        { purpose: "login", user: keeper.name, attempt: 1 },
        { purpose: "login", user: keeper.name, attempt: 2 },
      ]);
      expect(bench.log()).not.toMatch(/horse/);
    });

    it("as root by sudo with a password, asked for once", async () => {
      const said = ["wrong horse", keeper.password];
      const bench = await begin({
        settings: { user: keeper.name },
        become: { kind: "sudo" },
        answers: { password: () => said.shift() },
      });
      const who = { host: near.address, stdin: 'id -u; echo "$1"' };
      expect(await bench.run(22, ["sh", "-s", "--", "a b"], who)).toMatchObject({
        stdout: "0\na b\n",
        exitCode: 0,
      });
      expect(await bench.run(22, ["sh", "-s", "--", "c"], who)).toMatchObject({ stdout: "0\nc\n" });
      expect(bench.passwordQuestions.map(({ purpose }) => purpose)).toEqual(["root", "root"]);
      expect(bench.log()).not.toMatch(/horse/);
    });

    it("twenty commands where the server takes one at a time", async () => {
      const sshd = await extra({ config: ["MaxSessions 1"] });
      const bench = await begin();
      const numbers = Array.from({ length: 20 }, (_, index) => `${index}\n`);
      const results = await Promise.all(
        numbers.map(async (stdin) => bench.run(2200, ["cat"], { host: near.address, stdin })),
      );
      expect(results.map(({ stdout }) => stdout)).toEqual(numbers);
      // A server that frees a place a moment after it said that the command ended may be logged in to once more.
      expect(sshd.accepted()).toBeLessThanOrEqual(3);
    });

    it("where the server takes no more logins, and once it does", async () => {
      const sshd = await extra({ config: ["MaxStartups 1:100:1", "LoginGraceTime 60"] });
      const stalled = await hold(near.address, 2200);
      undo.push(async () => stalled.destroy());
      const bench = await begin({ settings: { connectTimeoutMs: 4_000 } });
      const said = await failure(bench.run(2200, ["true"], { host: near.address, timeoutMs: 6_000 }), 7_000);
      expect(said).toMatch(/^ssh-connection-lost: /);
      expect(sshd.log()).toMatch(/MaxStartups|drop connection|refusing/i);
      const patient = bench.run(2200, ["echo", "in"], { host: near.address });
      setTimeout(() => stalled.destroy(), 300);
      expect(await patient).toMatchObject({ stdout: "in\n" });
    });

    it("over a link of 300 ms, with one exec and three round trips for each inspection", async () => {
      const slow = await link(near, 22, 150);
      const bench = await begin();
      const inspect = async (): Promise<void> => {
        const { stdout } = await bench.run(slow.port, probe.argv, { stdin: probe.stdin });
        probe.parse(stdout);
      };
      await inspect();
      const sessions = startedSessions(sshds.get(near));
      const turns = slow.turns();
      // Greeting, key exchange, user, key, and the command, each by itself, as the protocol has it: nine. What both sides
      // happen to send at once may add to that.
      expect(turns).toBeLessThanOrEqual(11);
      const begun = performance.now();
      await inspect();
      expect(performance.now() - begun).toBeGreaterThan(300);
      expect(startedSessions(sshds.get(near)) - sessions).toBe(1);
      // To open the channel, to start the shell, and for the script and its answer (RFC 4254).
      expect(slow.turns() - turns).toBeLessThanOrEqual(3);
      expect(slow.open).toBe(1);
    });

    it("over a link that is cut in the middle of an answer", async () => {
      const fragile = await link(near, 22);
      const bench = await begin();
      await bench.run(fragile.port, ["true"]);
      fragile.cutAfter(50_000);
      const work = bench.run(fragile.port, ["sh", "-c", "while :; do echo yyyyyyyyyyyyyyyyyyyy; done"], {
        maxBytes: 10_000_000,
      });
      expect(await failure(work, 5_000)).toMatch(/^ssh-connection-lost: /);
    });

    it("over a link that is unplugged in the middle of an answer, so that nobody is told", async () => {
      const bench = await begin({ settings: { keepaliveMs: 400 } });
      const begun = startedSessions(sshds.get(near));
      const drip = ["sh", "-c", "while echo y; do sleep 0.1; done"];
      const said = failure(bench.run(22, drip, { host: near.address }), 8_000);
      await expect.poll(() => startedSessions(sshds.get(near)), patiently).toBe(begun + 1);
      undo.push(() => near.plugIn());
      await near.unplug();
      expect(await said).toMatch(/^ssh-connection-lost: /);
    });

    it("over a link that swallows answers, within the time limit", async () => {
      const half = await link(near, 22);
      const bench = await begin();
      await bench.run(half.port, ["true"]);
      half.swallowAnswers();
      const timeoutMs = 1_000;
      expect(await failure(bench.run(half.port, ["true"], { timeoutMs }), 3_000)).toMatch(/^probe-timeout: /);
    });

    it("where an answer never ends", async () => {
      const bench = await begin();
      const host = near.address;
      const endless = ["sh", "-c", "while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done"];
      const large = bench.run(22, endless, { host, maxBytes: 300_000 });
      expect(await failure(large, 5_000)).toMatch(/^probe-too-large: /);
      const drip = ["sh", "-c", "while echo y; do sleep 0.1; done"];
      expect(await failure(bench.run(22, drip, { host, timeoutMs: 1_000 }), 3_000)).toMatch(
        /^probe-timeout: /,
      );
      expect(await bench.run(22, ["echo", "still fine"], { host })).toMatchObject({ stdout: "still fine\n" });
    });

    it("a hundred inspections of ten nodes at once", async () => {
      const bench = await begin();
      const accepted = sshds.get(near)?.accepted() ?? 0;
      const answers = await Promise.all(
        Array.from({ length: 100 }, async (_, index) => {
          const host = near.aliases[index % near.aliases.length] ?? "";
          const { stdout } = await bench.run(22, probe.argv, { stdin: probe.stdin, host });
          return probe.parse(stdout).bootId;
        }),
      );
      expect(new Set(answers).size).toBe(1);
      expect((sshds.get(near)?.accepted() ?? 0) - accepted).toBe(10);
      expect(bench.nodes.sessions()).toBe(10);
    });

    it("where the server vanishes", async () => {
      const sshd = await extra();
      const bench = await begin();
      const host = near.address;
      const stopped = bench.run(2200, ["sh", "-c", "while echo y; do sleep 0.05; done"], { host });
      await expect.poll(() => startedSessions(sshd), patiently).toBe(1);
      const said = failure(stopped, 5_000);
      await sshd.stop();
      expect(await said).toMatch(/^ssh-connection-lost: /);
      expect(await failure(bench.run(2200, ["true"], { host }), 5_000)).toMatch(/^ssh-refused: /);
    });
  });
});

function startedSessions(sshd: Sshd | undefined): number {
  return sshd?.log().match(/^Starting session: command/gm)?.length ?? 0;
}

/** A connection that says nothing, once the server has begun to wait for what it says. */
async function hold(host: string, port: number): Promise<Socket> {
  const socket = connect(port, host);
  await once(socket, "data");
  return socket;
}
