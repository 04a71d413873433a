import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile, stat, writeFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { SandboxError } from "../../../extension/core/errors.ts";
import type { SshSettings } from "../../../extension/nodes/settings.ts";
import { because } from "../../support/skipped.ts";
import { makeKey, startSshd, whyNoSshd, type KeyPair, type Sshd } from "../../support/sshd.ts";
import { makeBench, makeHome, type Answers, type Bench, type Home } from "../../support/ssh-nodes.ts";

/** What the clients say and do differently, where both are right. */
const differences = {
  builtin: {
    /** Missing at the end of a file that something is appended to; ssh before 9.3 spoils both lines then. */
    lastNewline: "",
    revoked: { line: "2" },
    /** ssh goes on without a key that it cannot read, whoever named it. */
    unreadableKey: {
      reason: "ssh-key-unreadable",
      facts: { detail: expect.stringMatching(/no such|PuTTY/) },
    },
    /** Two that log in to one unknown server at once: each ssh asks for itself. */
    questionsOfTwo: 1,
    missingAgent: "/nowhere/agent.sock",
    tooManyKeys: /IdentitiesOnly/,
    /** Of the node, and of the jump hosts on its way, which ssh has for itself. */
    sessionsThroughTwo: 3,
    dropped: /trying again in \d+ ms: .*Exceeded MaxStartups/,
    manyNodes: 50,
    steps: (login: string, hostKey: string) => [
      `address: ${login}`,
      `connect: ${login.replace(/.*@/, "")} through the ProxyCommand`,
      `host-key: ssh-ed25519 ${hostKey} of 127.0.0.1`,
      `login: ${login.replace(/:.*/, "")}, by publickey`,
      `command: ${login}`,
    ],
  },
  openssh: {
    lastNewline: "\n",
    revoked: {},
    unreadableKey: { reason: "ssh-auth-failed" },
    questionsOfTwo: 2,
    missingAgent: "connected to",
    tooManyKeys: /Too many authentication failures/,
    sessionsThroughTwo: 1,
    dropped: /trying again in \d+ ms: .*(?:Exceeded MaxStartups|Connection reset|Connection closed)/,
    // Each login takes processes of its own.
    manyNodes: 15,
    steps: (login: string, _hostKey: string) => [
      expect.stringMatching(/^connect: 127\.0\.0\.1:/),
      expect.stringMatching(/^host-key: .* is known and matches the ED25519 host key\.$/),
      "login: publickey",
      `command: ssh ${login}`,
    ],
  },
};

const clients = ["builtin", "openssh"] as const;

describe.skipIf(whyNoSshd !== undefined).each(clients)(
  `%s, on a real OpenSSH server${because(whyNoSshd)}`,
  (client) => {
    const expected = differences[client];
    let keys: Home;
    let user: KeyPair;
    let locked: KeyPair;
    let sshd: Sshd;

    beforeAll(async () => {
      keys = await makeHome();
      user = await makeKey(keys.path("user"));
      locked = await makeKey(keys.path("locked"), "ed25519", "open sesame");
      sshd = await startSshd({ authorizedKeys: [user.publicKey, locked.publicKey] });
    });

    afterAll(async () => {
      await sshd.stop();
      await keys[Symbol.asyncDispose]();
    });

    /**
     * A user with this home. The installed ssh takes the home of the one who runs the tests for it, and is told where
     * everything is.
     */
    async function begin(
      home: Home,
      settings: Partial<SshSettings> = {},
      answers: Answers = {},
    ): Promise<Bench> {
      const configFile = await home.write(
        "config",
        `Include ${home.path(".ssh/config")}\nHost *\n UserKnownHostsFile ${home.knownHosts}\n GlobalKnownHostsFile none\n`,
      );
      const env = { PATH: process.env["PATH"] ?? "", ...home.machine.env };
      return makeBench(
        { ...home, machine: { ...home.machine, env } },
        { client, configFile, ...settings },
        answers,
      );
    }

    /** A home that knows the server. */
    async function trustingHome(env: Record<string, string> = {}): Promise<Home> {
      const home = await makeHome(env);
      await home.write(".ssh/known_hosts", `${sshd.knownHostsLine}\n`);
      return home;
    }

    it("runs a command with its stdin, whatever the arguments hold", async () => {
      await using home = await trustingHome();
      await using bench = await begin(home, { identityFile: user.path });
      const hostile = 'a\'b "c" $(id) `id` \\ \n;|&*?~!#\u00e9';
      const script = 'printf "%s|" "$@"; cat; echo err >&2; exit 3';
      const result = await bench.run(sshd.port, ["sh", "-c", script, "sh", hostile, ""], {
        stdin: "from stdin",
      });
      expect(result).toEqual({ stdout: `${hostile}||from stdin`, stderr: "err\n", exitCode: 3 });
    });

    it("tells a signal from an exit code", async () => {
      await using home = await trustingHome();
      await using bench = await begin(home, { identityFile: user.path });
      expect(await bench.run(sshd.port, ["sh", "-c", "kill -9 $$"])).toMatchObject({ exitCode: null });
    });

    it("asks for an unknown host key once, saves it, and is silent the next time", async () => {
      await using home = await makeHome();
      // ssh makes a folder in nobody's home but its user's.
      if (client === "openssh") await home.write(".ssh/known_hosts", "");
      {
        await using bench = await begin(home, { identityFile: user.path }, { hostKey: () => true });
        const results = await Promise.all([1, 2, 3].map((n) => bench.run(sshd.port, ["echo", String(n)])));
        expect(results.map((result) => result.stdout)).toEqual(["1\n", "2\n", "3\n"]);
        expect(bench.hostKeyQuestions).toEqual([
          {
            host: "127.0.0.1",
            port: sshd.port,
            keyType: "ssh-ed25519",
            fingerprint: sshd.hostKeys[0]?.fingerprint,
            knownAs: [],
            file: home.knownHosts,
          },
        ]);
      }
      expect(await readFile(home.knownHosts, "utf8")).toBe(`${sshd.knownHostsLine}\n`);
      expect((await stat(home.knownHosts)).mode & 0o777).toBe(0o600);
      if (client === "builtin") expect((await stat(home.path(".ssh"))).mode & 0o777).toBe(0o700);
      await using again = await begin(home, { identityFile: user.path });
      expect((await again.run(sshd.port, ["true"])).exitCode).toBe(0);
    });

    it("asks once although two users connect to one unknown host at the same time", async () => {
      await using home = await makeHome();
      await home.write(
        ".ssh/config",
        `Host one\n HostName 127.0.0.1\nHost two\n HostName 127.0.0.1\n User nobody-here\n`,
      );
      let answer = (_agreed: boolean): void => {};
      const asked = new Promise<void>((resolve) => {
        answer = () => resolve();
      });
      await using bench = await begin(
        home,
        { identityFile: user.path },
        {
          hostKey: async () => {
            await asked;
            return true;
          },
        },
      );
      const runs = ["one", "two"].map((host) => bench.run(sshd.port, ["true"], { host }));
      const settled = Promise.allSettled(runs);
      await expect.poll(() => sshd.log().match(/Connection from/g)?.length ?? 0).toBeGreaterThan(1);
      answer(true);
      const [one, two] = await settled;
      expect(one?.status).toBe("fulfilled");
      expect(two).toMatchObject({ status: "rejected", reason: { reason: "ssh-auth-failed" } });
      expect(bench.hostKeyQuestions.length).toBeLessThanOrEqual(expected.questionsOfTwo);
    });

    it("appends to a known_hosts file without a last newline, hashed where the config says so", async () => {
      await using home = await makeHome();
      await home.write(".ssh/known_hosts", `other.example.com ssh-ed25519 AAAA${expected.lastNewline}`);
      await home.write(".ssh/config", "HashKnownHosts yes\n");
      await using bench = await begin(home, { identityFile: user.path }, { hostKey: () => true });
      await bench.run(sshd.port, ["true"]);
      const [first, second, ...rest] = (await readFile(home.knownHosts, "utf8")).split("\n");
      expect(first).toBe("other.example.com ssh-ed25519 AAAA");
      expect(second).toMatch(/^\|1\|[^|]+\|[^|]+ ssh-ed25519 /);
      expect(rest).toEqual([""]);
      // OpenSSH itself finds the host in it.
      const { stdout } = await promisify(execFile)("ssh-keygen", [
        "-F",
        `[127.0.0.1]:${sshd.port}`,
        "-f",
        home.knownHosts,
      ]);
      expect(stdout).toContain("found: line 2");
    });

    it("refuses when the user declines, and when StrictHostKeyChecking forbids to ask", async () => {
      await using home = await makeHome();
      await using declining = await begin(home, { identityFile: user.path }, { hostKey: () => false });
      await expect(declining.run(sshd.port, ["true"])).rejects.toMatchObject({
        reason: "ssh-host-key-unknown",
        facts: { actual: sshd.hostKeys[0]?.fingerprint, node: `node-${sshd.port}` },
      });
      await home.write(".ssh/config", "StrictHostKeyChecking yes\n");
      await using strict = await begin(home, { identityFile: user.path });
      await expect(strict.run(sshd.port, ["true"])).rejects.toMatchObject({ reason: "ssh-host-key-unknown" });
    });

    it("refuses a changed host key with both fingerprints, and a revoked one", async () => {
      await using home = await makeHome();
      const other = await makeKey(home.path("other"));
      const name = `[127.0.0.1]:${sshd.port}`;
      await home.write(".ssh/known_hosts", `# comment\n${name} ${other.publicKey}\n`);
      await using changed = await begin(home, { identityFile: user.path });
      await expect(changed.run(sshd.port, ["true"])).rejects.toMatchObject({
        reason: "ssh-host-key-changed",
        facts: {
          expected: other.fingerprint,
          actual: sshd.hostKeys[0]?.fingerprint,
          file: home.knownHosts,
          line: "2",
        },
      });
      await writeFile(home.knownHosts, `${sshd.knownHostsLine}\n@revoked * ${sshd.hostKeys[0]?.publicKey}\n`);
      await using revoked = await begin(home, { identityFile: user.path });
      await expect(revoked.run(sshd.port, ["true"])).rejects.toMatchObject({
        reason: "ssh-host-key-revoked",
        facts: { actual: sshd.hostKeys[0]?.fingerprint, ...expected.revoked },
      });
    });

    it.each([1, 2])("asks a server that is known by another type (%i) for that type", async (index) => {
      await using home = await makeHome();
      await home.write(".ssh/known_hosts", `[127.0.0.1]:${sshd.port} ${sshd.hostKeys[index]?.publicKey}\n`);
      await using bench = await begin(home, { identityFile: user.path });
      expect((await bench.run(sshd.port, ["true"])).exitCode).toBe(0);
    });

    it("asks for the passphrase of an encrypted key, keeps it for the session and does not log it", async () => {
      await using home = await trustingHome();
      await using bench = await begin(
        home,
        { identityFile: locked.path, idleMs: 1 },
        { passphrase: ({ attempt }) => (attempt === 1 ? "wrong one" : "open sesame") },
      );
      expect((await bench.run(sshd.port, ["true"])).exitCode).toBe(0);
      await expect.poll(() => bench.nodes.sessions()).toBe(0);
      expect((await bench.run(sshd.port, ["true"])).exitCode).toBe(0);
      expect(bench.passphraseQuestions).toEqual([
        { keyFile: locked.path, attempt: 1 },
        { keyFile: locked.path, attempt: 2 },
      ]);
      expect(bench.log()).not.toMatch(/wrong one|open sesame/);
    });

    it("asks once for a key that several nodes want at the same time", async () => {
      await using home = await makeHome();
      const second = await startSshd({ authorizedKeys: [locked.publicKey], hostKeys: sshd.hostKeys });
      try {
        await home.write(".ssh/known_hosts", `${sshd.knownHostsLine}\n${second.knownHostsLine}\n`);
        await using bench = await begin(
          home,
          { identityFile: locked.path },
          { passphrase: () => "open sesame" },
        );
        await Promise.all([sshd.port, second.port].map((port) => bench.run(port, ["true"])));
        expect(bench.passphraseQuestions).toHaveLength(1);

        // Nor is a user who gives up asked once more for each node.
        const wanted = (server: Sshd): number => server.log().split("Accepted key").length;
        const before = [sshd, second].map(wanted);
        await using leaving = await begin(
          home,
          { identityFile: locked.path },
          {
            passphrase: async () => {
              await vi.waitFor(() => {
                for (const [index, server] of [sshd, second].entries()) {
                  expect(wanted(server)).toBeGreaterThan(before[index] ?? 0);
                }
              });
              // The other login is told that its key would do, and waits for the passphrase too.
              await new Promise((resolve) => setTimeout(resolve, 200));
              return undefined;
            },
          },
        );
        const given = await Promise.allSettled(
          [sshd.port, second.port].map((port) => leaving.run(port, ["true"])),
        );
        expect(given).toMatchObject([
          { reason: { reason: "cancelled" } },
          { reason: { reason: "cancelled" } },
        ]);
        expect(leaving.passphraseQuestions).toHaveLength(1);
      } finally {
        await second.stop();
      }
    });

    it("gives up after three wrong passphrases, and at once when the user does", async () => {
      await using home = await trustingHome();
      await using wrong = await begin(home, { identityFile: locked.path }, { passphrase: () => "wrong" });
      await expect(wrong.run(sshd.port, ["true"])).rejects.toMatchObject({
        reason: "ssh-auth-failed",
        facts: { tried: `key ${locked.path}`, user: home.machine.user },
      });
      expect(wrong.passphraseQuestions).toHaveLength(3);
      await using leaving = await begin(home, { identityFile: locked.path }, { passphrase: () => undefined });
      await expect(leaving.run(sshd.port, ["true"])).rejects.toMatchObject({ reason: "cancelled" });
      expect(leaving.passphraseQuestions).toHaveLength(1);
    });

    it("does not ask for the passphrase of a key that the server does not want", async () => {
      await using home = await trustingHome();
      const stranger = await makeKey(home.path("stranger"), "ed25519", "secret");
      await home.write(".ssh/config", `IdentityFile ${stranger.path}\nIdentityFile ${user.path}\n`);
      await using bench = await begin(home);
      expect((await bench.run(sshd.port, ["true"])).exitCode).toBe(0);
      expect(bench.passphraseQuestions).toEqual([]);
    });

    it.each(["rsa", "ecdsa"] as const)("logs in with an %s key, in PEM form too", async (type) => {
      await using home = await makeHome();
      const plain = await makeKey(home.path("plain"), type);
      const pem = await makeKey(home.path("pem"), type, "pem secret");
      await promisify(execFile)("ssh-keygen", [
        "-q",
        "-p",
        "-m",
        "PEM",
        "-P",
        "pem secret",
        "-N",
        "pem secret",
        "-f",
        pem.path,
      ]);
      await promisify(execFile)("rm", [`${pem.path}.pub`]);
      const server = await startSshd({
        authorizedKeys: [plain.publicKey, pem.publicKey],
        hostKeys: sshd.hostKeys,
      });
      try {
        await home.write(".ssh/known_hosts", `${server.knownHostsLine}\n`);
        await using first = await begin(home, { identityFile: plain.path });
        expect((await first.run(server.port, ["true"])).exitCode).toBe(0);
        await using second = await begin(
          home,
          { identityFile: pem.path },
          { passphrase: () => "pem secret" },
        );
        expect((await second.run(server.port, ["true"])).exitCode).toBe(0);
      } finally {
        await server.stop();
      }
    });

    it("says which key cannot be read", async () => {
      await using home = await trustingHome();
      const putty = await home.write("key.ppk", "PuTTY-User-Key-File-3: ssh-ed25519\n");
      for (const identityFile of [home.path("missing"), putty]) {
        await using bench = await begin(home, { identityFile });
        await expect(bench.run(sshd.port, ["true"])).rejects.toMatchObject(expected.unreadableKey);
      }
      await home.write(".ssh/config", `IdentityFile ${putty}\n`);
      await using configured = await begin(home);
      await expect(configured.run(sshd.port, ["true"])).rejects.toMatchObject(expected.unreadableKey);
    });

    it("uses an ssh agent, and of its keys only the configured one where IdentitiesOnly says so", async () => {
      await using home = await trustingHome();
      const socket = home.path("agent.sock");
      const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: ["ignore", "pipe", "ignore"] });
      try {
        await once(agent.stdout, "data");
        await promisify(execFile)("ssh-add", ["-q", user.path], {
          env: { ...process.env, SSH_AUTH_SOCK: socket },
        });
        const withAgent = { ...home, machine: { ...home.machine, env: { SSH_AUTH_SOCK: socket } } };
        await using bench = await begin(withAgent);
        expect((await bench.run(sshd.port, ["true"])).exitCode).toBe(0);

        const stranger = await makeKey(home.path("stranger"));
        await home.write(".ssh/config", `IdentitiesOnly yes\nIdentityFile ${stranger.path}\n`);
        await using only = await begin(withAgent);
        await expect(only.run(sshd.port, ["true"])).rejects.toMatchObject({
          reason: "ssh-auth-failed",
          facts: { tried: `key ${stranger.path}`, methods: "publickey" },
        });

        // A public key file names a key of the agent.
        await home.write(
          ".ssh/config",
          `IdentitiesOnly yes\nIdentityFile ${user.path}.pub\nIdentityAgent ${socket}\n`,
        );
        await using named = await begin(home);
        expect((await named.run(sshd.port, ["true"])).exitCode).toBe(0);
      } finally {
        agent.kill();
        await once(agent, "exit");
      }
    });

    it("says what to do about an agent with more keys than the server lets it try", async () => {
      await using home = await trustingHome();
      const socket = home.path("agent.sock");
      const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: ["ignore", "pipe", "ignore"] });
      try {
        await once(agent.stdout, "data");
        const strangers = await Promise.all(
          Array.from({ length: 10 }, (_, index) => makeKey(home.path(`stranger-${index}`))),
        );
        await promisify(execFile)("ssh-add", ["-q", ...strangers.map(({ path }) => path)], {
          env: { ...process.env, SSH_AUTH_SOCK: socket },
        });
        await using bench = await begin(home, { agent: socket });
        await expect(bench.run(sshd.port, ["true"])).rejects.toMatchObject({
          reason: "ssh-auth-failed",
          facts: { detail: expect.stringMatching(expected.tooManyKeys) },
        });
      } finally {
        agent.kill();
        await once(agent, "exit");
      }
    });

    it("goes on without an agent that is not there", async () => {
      await using home = await trustingHome({ SSH_AUTH_SOCK: "/nowhere/agent.sock" });
      await using bench = await begin(home, { identityFile: user.path });
      expect((await bench.run(sshd.port, ["true"])).exitCode).toBe(0);
      expect(bench.log()).toContain(expected.missingAgent);
    });

    it("follows the ssh config: alias, HostName, Port, User, IdentityFile, Include", async () => {
      await using home = await makeHome();
      await home.write(
        ".ssh/config",
        `Include ${home.path(".ssh/conf.d")}/*.conf\nHost *\n  StrictHostKeyChecking yes\n  User nobody-here\n`,
      );
      await home.write(
        ".ssh/conf.d/nodes.conf",
        `Host worker-*\n  HostName 127.0.0.1\n  HostKeyAlias %%fleet\n  Port ${sshd.port}\n  User ${home.machine.user}\n  IdentityFile ${user.path}\n`,
      );
      await home.write(".ssh/known_hosts", `%%fleet ${sshd.hostKeys[0]?.publicKey}\n`);
      await using bench = await begin(home, { addressTemplate: "worker-1" });
      expect((await bench.run(0, ["true"])).exitCode).toBe(0);
    });

    it("shares one connection among concurrent commands and queues what the server does not take", async () => {
      await using home = await trustingHome();
      const server = await startSshd({
        authorizedKeys: [user.publicKey],
        hostKeys: sshd.hostKeys,
        maxSessions: 2,
      });
      try {
        await home.write(".ssh/known_hosts", `${server.knownHostsLine}\n`);
        await using bench = await begin(home, { identityFile: user.path });
        const numbers = Array.from({ length: 20 }, (_, index) => String(index));
        const results = await Promise.all(
          numbers.map((n) => bench.run(server.port, ["sh", "-c", `sleep 0.02; echo ${n}`])),
        );
        expect(results.map((result) => result.stdout.trim())).toEqual(numbers);
        expect(server.accepted()).toBe(1);
        expect(bench.nodes.sessions()).toBe(1);
      } finally {
        await server.stop();
      }
    });

    it("closes an idle connection, and connects again after one was dropped", async () => {
      await using home = await trustingHome();
      const server = await startSshd({ authorizedKeys: [user.publicKey], hostKeys: sshd.hostKeys });
      try {
        await home.write(".ssh/known_hosts", `${server.knownHostsLine}\n`);
        await using brief = await begin(home, { identityFile: user.path, idleMs: 50 });
        await brief.run(server.port, ["true"]);
        await expect.poll(() => brief.nodes.sessions()).toBe(0);

        await using bench = await begin(home, { identityFile: user.path });
        await bench.run(server.port, ["true"]);
        await server.dropConnections();
        expect((await bench.run(server.port, ["echo", "back"])).stdout).toBe("back\n");
        expect(server.accepted()).toBe(3);
        expect(bench.nodes.sessions()).toBe(1);
        await bench.nodes.close();
        expect(bench.nodes.sessions()).toBe(0);
        await expect(bench.run(server.port, ["true"])).rejects.toMatchObject({ reason: "cancelled" });
      } finally {
        await server.stop();
      }
    });

    it("calls an answer lost when the line goes in the middle of it", async () => {
      await using home = await trustingHome();
      const server = await startSshd({ authorizedKeys: [user.publicKey], hostKeys: sshd.hostKeys });
      try {
        await home.write(".ssh/known_hosts", `${server.knownHostsLine}\n`);
        await using bench = await begin(home, { identityFile: user.path });
        const started = home.path("started");
        const run = bench.run(server.port, ["sh", "-c", 'echo half; touch "$1"; sleep 30', "sh", started]);
        run.catch(() => {});
        await expect
          .poll(() =>
            stat(started).then(
              () => true,
              () => false,
            ),
          )
          .toBe(true);
        await server.dropConnections();
        await expect(run).rejects.toMatchObject({ reason: "ssh-connection-lost" });
      } finally {
        await server.stop();
      }
    });

    // sshd passes no signals on to root's commands: one that prints nothing would go on until it ends by itself.
    it("ends a command that is cancelled, takes too long or prints too much, on the node as well", async () => {
      await using home = await trustingHome();
      await using bench = await begin(home, { identityFile: user.path });
      const pidFile = home.path("pid");
      const gone = async (): Promise<void> => {
        const pid = Number(await readFile(pidFile, "utf8"));
        expect(pid).toBeGreaterThan(1);
        await expect
          .poll(() =>
            stat(`/proc/${pid}`).then(
              () => true,
              () => false,
            ),
          )
          .toBe(false);
      };
      const argv = ["sh", "-c", 'echo $$ >"$1"; while :; do echo; sleep 0.05; done', "sh", pidFile];
      const started = (): Promise<unknown> =>
        expect
          .poll(() =>
            readFile(pidFile, "utf8").then(
              (text) => text.endsWith("\n"),
              () => false,
            ),
          )
          .toBe(true);

      const cancel = new AbortController();
      const cancelled = bench.run(sshd.port, argv, { signal: cancel.signal });
      cancelled.catch(() => {});
      await started();
      cancel.abort();
      await expect(cancelled).rejects.toMatchObject({ reason: "cancelled" });
      await gone();

      await expect(bench.run(sshd.port, argv, { timeoutMs: 1_000 })).rejects.toMatchObject({
        reason: "probe-timeout",
      });
      await gone();

      const endless = [
        "sh",
        "-c",
        'echo $$ >"$1"; while :; do echo yyyyyyyyyyyyyyyyyyyyyy; done',
        "sh",
        pidFile,
      ];
      await expect(bench.run(sshd.port, endless, { maxBytes: 100_000 })).rejects.toMatchObject({
        reason: "probe-too-large",
      });
      await gone();
      expect((await bench.run(sshd.port, ["echo", "alive"])).stdout).toBe("alive\n");
    });

    it("carries megabytes both ways", async () => {
      await using home = await trustingHome();
      await using bench = await begin(home, { identityFile: user.path });
      const stdin = "0123456789abcdef".repeat(400_000);
      const result = await bench.run(sshd.port, ["cat"], { stdin, maxBytes: 10_000_000 });
      expect(result.stdout === stdin).toBe(true);
    });

    it("holds no more connections than it may, and closes idle ones for others", async () => {
      await using home = await makeHome();
      const second = await startSshd({ authorizedKeys: [user.publicKey], hostKeys: sshd.hostKeys });
      try {
        await home.write(".ssh/known_hosts", `${sshd.knownHostsLine}\n${second.knownHostsLine}\n`);
        await using bench = await begin(home, { identityFile: user.path, maxConnections: 1 });
        const ports = [sshd.port, second.port, sshd.port, second.port];
        const results = await Promise.all(ports.map((port) => bench.run(port, ["echo", String(port)])));
        expect(results.map((result) => Number(result.stdout))).toEqual(ports);
        expect(bench.nodes.sessions()).toBe(1);
      } finally {
        await second.stop();
      }
    });

    it("answers rightly or not at all while commands are cancelled and a line is cut", async () => {
      await using home = await makeHome();
      const server = await startSshd({
        authorizedKeys: [user.publicKey],
        hostKeys: sshd.hostKeys,
        maxSessions: 3,
      });
      try {
        await home.write(".ssh/known_hosts", `${server.knownHostsLine}\n`);
        await using bench = await begin(home, { identityFile: user.path });
        let answers = 0;
        async function run(index: number): Promise<unknown> {
          const cancel = new AbortController();
          if (index % 3 === 0) setTimeout(() => cancel.abort(), index * 5);
          const text = `${index} `.repeat(2_000);
          try {
            const result = await bench.run(server.port, ["cat"], { stdin: text, signal: cancel.signal });
            // Once: a second cut may hit the login that follows the first, and everybody who waits for it.
            if (++answers === 15) await server.dropConnections();
            return result.exitCode === 0 && result.stdout === text ? "right" : "wrong";
          } catch (error) {
            return error instanceof SandboxError ? error.reason : error;
          }
        }
        const ends = await Promise.all(Array.from({ length: 90 }, (_, index) => run(index)));
        const fair: unknown[] = ["right", "cancelled", "ssh-connection-lost"];
        expect(ends.filter((end) => !fair.includes(end))).toEqual([]);
        // No more than what was running, eight at most, when the line was cut.
        expect(ends.filter((end) => end === "ssh-connection-lost").length).toBeLessThanOrEqual(8);
        expect((await bench.run(server.port, ["echo", "still here"])).stdout).toBe("still here\n");
        await expect.poll(() => bench.nodes.sessions()).toBe(1);
      } finally {
        await server.stop();
      }
    });

    it("goes through jump hosts and checks the key of each", async () => {
      await using home = await makeHome();
      const key = await makeKey(home.path("bastion"));
      const bastion = await startSshd({
        authorizedKeys: [key.publicKey],
        hostKeys: [await makeKey(home.path("bastion_host"))],
      });
      try {
        await home.write(
          ".ssh/config",
          `Host bastion\n HostName 127.0.0.1\n Port ${bastion.port}\n IdentityFile ${key.path}\n` +
            `Match host localhost\n ProxyJump bastion,127.0.0.1:${bastion.port}\n` +
            `Host *\n IdentityFile ${key.path}\n`,
        );
        await using bench = await begin(home, { identityFile: user.path }, { hostKey: () => true });
        const script = 'echo "$SSH_CONNECTION"';
        const result = await bench.run(sshd.port, ["sh", "-c", script], { host: "localhost" });
        expect(result.stdout).toMatch(/^127\.0\.0\.1 /);
        expect(bench.hostKeyQuestions.map((question) => [question.host, question.port])).toEqual([
          ["127.0.0.1", bastion.port],
          ["localhost", sshd.port],
        ]);
        expect(bastion.accepted()).toBe(2);
        expect(bench.nodes.sessions()).toBe(expected.sessionsThroughTwo);

        // The bastion's end takes what it carries along.
        await bastion.dropConnections();
        await expect.poll(() => bench.nodes.sessions()).toBe(0);
        expect((await bench.run(sshd.port, ["true"], { host: "localhost" })).exitCode).toBe(0);
      } finally {
        await bastion.stop();
      }
    });

    it("says so when the server runs no commands", async () => {
      await using home = await makeHome();
      const server = await startSshd({
        authorizedKeys: [user.publicKey],
        hostKeys: sshd.hostKeys,
        maxSessions: 0,
      });
      try {
        await home.write(".ssh/known_hosts", `${server.knownHostsLine}\n`);
        await using bench = await begin(home, { identityFile: user.path });
        await expect(bench.run(server.port, ["true"])).rejects.toMatchObject({
          reason: "ssh-unsupported",
          facts: { feature: "session channel" },
        });
      } finally {
        await server.stop();
      }
    });

    it("says so when a jump host cannot reach the node", async () => {
      await using home = await trustingHome();
      await home.write(
        ".ssh/config",
        `Match host localhost\n ProxyJump 127.0.0.1:${sshd.port}\nHost *\n IdentityFile ${user.path}\n`,
      );
      await using bench = await begin(home);
      await expect(bench.run(1, ["true"], { host: "localhost" })).rejects.toMatchObject({
        reason: "ssh-unreachable",
      });
    });

    it("goes through a ProxyCommand, which ends with the connection", async () => {
      await using home = await trustingHome();
      const carrier = await home.write(
        "carrier.cjs",
        `const { writeFileSync } = require("node:fs");
       const socket = require("node:net").connect(Number(process.argv[3]), process.argv[2]);
       writeFileSync(${JSON.stringify(home.path("pid"))}, String(process.pid));
       process.stdin.pipe(socket).pipe(process.stdout);`,
      );
      await home.write(
        ".ssh/config",
        `Host proxied\n HostName 127.0.0.1\n HostKeyAlias [127.0.0.1]:${sshd.port}\n` +
          ` ProxyCommand ${process.execPath} ${carrier} %h %p\n IdentityFile ${user.path}\n`,
      );
      await using bench = await begin(home);
      const steps: string[] = [];
      const result = await bench.run(sshd.port, ["echo", "carried"], {
        host: "proxied",
        trace: (step, detail) => void steps.push(`${step}: ${detail}`),
      });
      expect(result.stdout).toBe("carried\n");
      const login = `${home.machine.user}@127.0.0.1:${sshd.port}`;
      expect(steps).toEqual(expected.steps(login, sshd.hostKeys[0]?.fingerprint ?? ""));
      const pid = Number(await readFile(home.path("pid"), "utf8"));
      await bench.nodes.close();
      await expect.poll(() => existsSync(`/proc/${pid}`), { timeout: 10_000 }).toBe(false);
    });

    it("says why a ProxyCommand ended", async () => {
      await using home = await trustingHome();
      await home.write(
        ".ssh/config",
        `Host proxied\n ProxyCommand sh -c 'echo no tunnel here >&2; exit 3'\n IdentityFile ${user.path}\n`,
      );
      await using bench = await begin(home);
      await expect(bench.run(sshd.port, ["true"], { host: "proxied" })).rejects.toMatchObject({
        reason: "ssh-connection-lost",
        facts: { detail: expect.stringContaining("no tunnel here") },
      });
    });

    it("runs no program that the ssh config names where it must not", async () => {
      await using home = await trustingHome();
      const proof = home.path("ran");
      await home.write(
        ".ssh/config",
        `Match exec "touch ${proof}"\n  User nobody-here\nHost proxied\n  ProxyCommand touch ${proof}\nHost *\n  IdentityFile ${user.path}\n`,
      );
      await using bench = await begin(home, { runPrograms: false });
      for (const host of ["127.0.0.1", "proxied"]) {
        await expect(bench.run(sshd.port, ["true"], { host })).rejects.toMatchObject({
          reason: "ssh-untrusted",
        });
      }
      await expect(stat(proof)).rejects.toThrow("ENOENT");
    });

    it("comes back to a server that takes nobody just now", async () => {
      await using home = await makeHome();
      const server = await startSshd({
        authorizedKeys: [user.publicKey],
        hostKeys: sshd.hostKeys,
        config: ["MaxStartups 1"],
      });
      const idler = createConnection(server.port, "127.0.0.1");
      try {
        await once(idler, "data");
        await home.write(".ssh/known_hosts", `${server.knownHostsLine}\n`);
        await using bench = await begin(home, { identityFile: user.path });
        const run = bench.run(server.port, ["echo", "in"]);
        run.catch(() => {});
        await expect.poll(() => bench.log()).toMatch(expected.dropped);
        idler.destroy();
        expect((await run).stdout).toBe("in\n");
      } finally {
        idler.destroy();
        await server.stop();
      }
    });

    it("serves a hundred commands at once, on more nodes than it may have connections", async () => {
      await using home = await makeHome();
      const names = Array.from({ length: expected.manyNodes }, (_, index) => `n${index}`);
      await home.write(
        ".ssh/config",
        names.map((name) => `Host ${name}\n HostName 127.0.0.1\n HostKeyAlias ${name}\n`).join(""),
      );
      await home.write(
        ".ssh/known_hosts",
        names.map((name) => `${name} ${sshd.hostKeys[0]?.publicKey}\n`).join(""),
      );
      await using bench = await begin(home, { identityFile: user.path, maxConnections: 5 });
      const results = await Promise.all(
        names.flatMap((host) => [
          bench.run(sshd.port, ["echo", host], { host }),
          bench.run(sshd.port, ["echo", host], { host }),
        ]),
      );
      expect(results.map((result) => result.stdout.trim())).toEqual(names.flatMap((name) => [name, name]));
      expect(bench.nodes.sessions()).toBeLessThanOrEqual(5);
      await bench.nodes.close();
      expect(bench.nodes.sessions()).toBe(0);
    });
  },
);
