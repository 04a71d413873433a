import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { access, mkdir, readdir, readFile } from "node:fs/promises";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { promisify } from "node:util";
import ssh2 from "ssh2";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { SandboxError } from "../../../extension/core/errors.ts";
import { Asking } from "../../../extension/nodes/asking.ts";
import { Clock } from "../../../extension/nodes/clock.ts";
import { runCommand } from "../../../extension/nodes/command.ts";
import {
  openSshDestination,
  type OpenSshDeps,
  type OpenSshTarget,
} from "../../../extension/nodes/openssh/destination.ts";
import type { HostKeyQuestion, SshPrompts } from "../../../extension/nodes/prompts.ts";
import { Secrets } from "../../../extension/nodes/secrets.ts";
import { Busy, Refused, type Session } from "../../../extension/nodes/session.ts";
import type { SshSettings } from "../../../extension/nodes/settings.ts";
import type { RunResult } from "../../../extension/nodes/transport.ts";
import { because, whyNotRoot } from "../../support/skipped.ts";
import { defaultSettings, makeHome, type Home } from "../../support/ssh-nodes.ts";
import { makeKey, startSshd, whyNoSshd, type KeyPair, type Sshd } from "../../support/sshd.ts";

const run = promisify(execFile);

/** Others may keep the machine busy. */
const patiently = { timeout: 20_000 };

describe.skipIf(whyNoSshd !== undefined)(`the installed ssh${because(whyNoSshd)}`, () => {
  let home: Home;
  let user: KeyPair;
  let sshd: Sshd;
  const undo: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    home = await makeHome();
    user = await makeKey(home.path("user"));
    sshd = await startSshd({ authorizedKeys: [user.publicKey] });
  });

  afterAll(async () => {
    await sshd.stop();
    await home[Symbol.asyncDispose]();
  });

  afterEach(async () => {
    for (const step of undo.splice(0).toReversed()) await step();
  });

  /** A server that ends with the test. */
  async function serve(options: Partial<Parameters<typeof startSshd>[0]>): Promise<Sshd> {
    const server = await startSshd({ authorizedKeys: [user.publicKey], ...options });
    undo.push(() => server.stop());
    return server;
  }

  interface Bench {
    readonly configFile: string;
    readonly questions: unknown[];
    readonly steps: string[];
    readonly vault: Map<string, string>;
    readonly open: (signal?: AbortSignal) => Promise<Session>;
  }

  interface Setup {
    readonly config?: string;
    readonly knownHosts?: string;
    readonly settings?: Partial<SshSettings>;
    readonly target?: Partial<OpenSshTarget>;
    readonly deps?: Partial<OpenSshDeps>;
    readonly hostKey?: (question: HostKeyQuestion) => boolean;
    /** Answers to what is asked, in order; "keep" is told by "!" before it. */
    readonly secrets?: string[];
  }

  let files = 0;

  async function bench(server: Sshd, setup: Setup = {}): Promise<Bench> {
    const folder = `case-${files++}`;
    const knownHosts = await home.write(
      `${folder}/known_hosts`,
      setup.knownHosts ?? `${server.knownHostsLine}\n`,
    );
    const configFile = await home.write(
      `${folder}/config`,
      `${setup.config ?? ""}\nHost *\n UserKnownHostsFile ${knownHosts}\n GlobalKnownHostsFile none\n`,
    );
    const questions: unknown[] = [];
    const steps: string[] = [];
    const vault = new Map<string, string>();
    const secrets = new Secrets({
      read: async (key) => vault.get(key),
      write: async (key, secret) => void vault.set(key, secret),
      forget: async (key) => void vault.delete(key),
    });
    const answers = [...(setup.secrets ?? [])];
    const next = async (question: unknown): Promise<{ secret: string; keep: boolean } | undefined> => {
      questions.push(question);
      const answer = answers.shift();
      return answer === undefined
        ? undefined
        : { secret: answer.replace(/^!/, ""), keep: answer.startsWith("!") };
    };
    const prompts: SshPrompts = {
      confirmHostKey: async (question) => {
        questions.push(question);
        return setup.hostKey?.(question) ?? false;
      },
      passphrase: next,
      password: next,
    };
    const target: OpenSshTarget = {
      node: "worker-1",
      alias: server.host,
      host: server.host,
      port: server.port,
      user: home.machine.user,
      key: `${server.host}:${server.port}`,
      connectTimeoutMs: 10_000,
      keepaliveMs: 0,
      keepaliveCount: 3,
      hostKey: { userFiles: [knownHosts], unknown: "ask" },
      ...setup.target,
    };
    const write = (): void => {};
    const destination = openSshDestination(target, {
      settings: {
        ...defaultSettings,
        client: "openssh",
        configFile,
        identityFile: user.path,
        agent: "none",
        ...setup.settings,
      },
      machine: home.machine,
      prompts,
      secrets,
      log: { debug: write, info: write, warn: write, error: write },
      temporary: home.path(""),
      ...setup.deps,
    });
    return {
      configFile,
      questions,
      steps,
      vault,
      open: async (signal = new AbortController().signal) => {
        const clock = new Clock();
        const session = await destination.open({
          clock,
          asking: new Asking(clock, signal),
          signal,
          trace: (step) => {
            steps.push(step);
          },
        });
        undo.push(() => closed(session));
        return session;
      },
    };
  }

  async function closed(session: Session): Promise<void> {
    session.close();
    await session.closed;
  }

  async function sh(
    session: Session,
    script: string,
    stdin = "",
    signal = new AbortController().signal,
  ): Promise<RunResult> {
    const command = await session.start(["sh", "-c", script], signal);
    return runCommand(command, { stdin }, { signal, maxBytes: 50_000_000 }, { node: "worker-1" });
  }

  /** Titles of the processes of this machine whose title or command line has this in it. */
  async function processesWith(text: string, program = ""): Promise<string[]> {
    const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
    const lines = await Promise.all(
      pids.map(async (pid) => ({
        pid,
        line: await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => ""),
      })),
    );
    return lines.filter(({ line }) => line.includes(text) && line.startsWith(program)).map(({ pid }) => pid);
  }

  /** Where among the arguments, the environments and our files this can be read. */
  async function openPlacesWith(text: string): Promise<string[]> {
    const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
    const folders = (await privateFolders()).map((name) => home.path(name));
    const inFolders = await Promise.all(
      folders.map(async (folder) => {
        const names = await readdir(folder).catch(() => []);
        return names.map((name) => `${folder}/${name}`);
      }),
    );
    const places = [
      ...pids.flatMap((pid) => [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`]),
      ...inFolders.flat(),
    ];
    const texts = await Promise.all(
      places.map(async (place) => ({ place, said: await readFile(place, "utf8").catch(() => "") })),
    );
    return texts.filter(({ said }) => said.includes(text)).map(({ place }) => place);
  }

  /** The ssh processes in the background that were started here: their title names the socket. */
  async function masters(): Promise<string[]> {
    return processesWith(home.path("pse-"), "ssh");
  }

  /** They, what guards them, and what is on the way to become one. */
  async function leftovers(): Promise<string[]> {
    return processesWith(home.path("pse-"));
  }

  async function privateFolders(): Promise<string[]> {
    return (await readdir(home.path(""))).filter((name) => name.startsWith("pse-"));
  }

  function reject(opened: Promise<unknown>): Promise<SandboxError> {
    return opened.then(
      () => {
        throw new Error("it did not fail");
      },
      (error: unknown) => error as SandboxError,
    );
  }

  describe("its commands", () => {
    it("get their stdin, whatever the arguments hold, over one login", async () => {
      const { open, steps } = await bench(sshd);
      const before = sshd.accepted();
      const session = await open();
      const hostile = 'a\'b "c" $(id) `id` \\ \n;|&*?~!#\u00e9';
      const script = 'printf "%s|" "$@"; cat; echo err >&2; exit 3';
      const command = await session.start(
        ["sh", "-c", script, "sh", hostile, ""],
        new AbortController().signal,
      );
      const limits = { signal: new AbortController().signal, maxBytes: 10_000 };
      const result = await runCommand(command, { stdin: "from stdin" }, limits, { node: "n" });
      expect(result).toEqual({ stdout: `${hostile}||from stdin`, stderr: "err\n", exitCode: 3 });
      expect(await sh(session, "exit 255")).toMatchObject({ exitCode: 255 });
      expect(await sh(session, "kill -9 $$")).toMatchObject({ exitCode: null });
      expect(sshd.accepted() - before).toBe(1);
      expect(steps).toEqual(["connect", "host-key", "login"]);
    });

    it("carry long answers over new keys, and a hundred at once their own", async () => {
      // sshd frees a session a little after it has ended: the pool minds that, not a session by itself.
      const server = await serve({ maxSessions: 200 });
      const session = await (await bench(server, { config: "RekeyLimit 1M" })).open();
      const { stdout } = await sh(session, "yes 0123456789abcde | head -c 20000000");
      expect(stdout === "0123456789abcde\n".repeat(1_250_000)).toBe(true);
      let next = 0;
      const answers: string[] = [];
      const some = async (): Promise<void> => {
        for (let number = next++; number < 100; number = next++) {
          answers[number] = (await sh(session, `cat; echo ${number}`, "in ")).stdout;
        }
      };
      await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(some));
      expect(answers).toEqual(Array.from({ length: 100 }, (_, number) => `in ${number}\n`));
    });

    it("carry more than the windows of both sides, both ways at once, several together", async () => {
      const session = await (await bench(sshd)).open();
      const text = "0123456789abcdef".repeat(400_000);
      const results = await Promise.all([1, 2, 3].map(() => sh(session, "cat", text)));
      expect(results.map(({ stdout }) => stdout === text)).toEqual([true, true, true]);
    });

    it("end on the node when given up, and the session goes on", async () => {
      const session = await (await bench(sshd)).open();
      const stop = new AbortController();
      const command = await session.start(["sh", "-c", "while echo $$; do sleep 0.05; done"], stop.signal);
      const [pid] = (await once(command.stdout, "data")) as [Buffer];
      command.stop();
      await command.gone;
      expect(await command.exit).toBeUndefined();
      await expect
        .poll(
          () =>
            access(`/proc/${parseInt(pid.toString(), 10)}`).then(
              () => true,
              () => false,
            ),
          patiently,
        )
        .toBe(false);
      expect(await sh(session, "echo on")).toMatchObject({ stdout: "on\n" });
    });

    it("are refused above the server's MaxSessions, and taken when another has ended", async () => {
      const session = await (await bench(await serve({ maxSessions: 1 }))).open();
      const signal = new AbortController().signal;
      const first = await session.start(["cat"], signal);
      await expect(session.start(["true"], signal)).rejects.toBeInstanceOf(Refused);
      const answer = runCommand(first, { stdin: "x" }, { signal, maxBytes: 10 }, { node: "n" });
      expect(await answer).toMatchObject({ stdout: "x", exitCode: 0 });
      // sshd frees a session only when it has dealt with all that came with its end.
      await expect
        .poll(() => sh(session, "echo again").catch(() => undefined), patiently)
        .toMatchObject({ stdout: "again\n" });
    });

    it("are not taken for answered when the ssh is killed, or the server hangs up", async () => {
      const server = await serve({});
      for (const end of [
        async () => process.kill(Number((await masters())[0]), "SIGKILL"),
        () => server.dropConnections(),
      ]) {
        const session = await (await bench(server)).open();
        const answer = reject(sh(session, "while echo part; do sleep 0.05; done"));
        await expect.poll(masters, patiently).toHaveLength(1);
        await end();
        expect((await answer).reason).toBe("ssh-connection-lost");
        expect((await session.closed).reason).toBe("ssh-connection-lost");
        expect(session.ending.aborted).toBe(true);
        const late = reject(session.start(["true"], new AbortController().signal));
        expect((await late).reason).toBe("ssh-connection-lost");
      }
    });
  });

  describe("a session", () => {
    it("leaves no process, no socket and no folder behind", async () => {
      const session = await (await bench(sshd)).open();
      expect(await privateFolders()).toEqual([]);
      expect(await masters()).toHaveLength(1);
      await closed(session);
      await expect.poll(leftovers, patiently).toEqual([]);
      expect(session.ending.aborted).toBe(true);
    });

    it("leaves nothing behind when it is given up half-way", async () => {
      const { server, port } = await deaf();
      const stop = new AbortController();
      const opened = reject((await bench({ ...sshd, port })).open(stop.signal));
      await once(server, "connection");
      stop.abort();
      expect((await opened).reason).toBe("cancelled");
      expect(await privateFolders()).toEqual([]);
      await expect.poll(leftovers, patiently).toEqual([]);
    });

    it("ends by itself when this process was killed", async () => {
      const { configFile } = await bench(sshd);
      const script = await home.write("orphan.mjs", orphan(configFile));
      const child = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
      await once(child.stdout, "data");
      expect(await masters()).toHaveLength(1);
      child.kill("SIGKILL");
      await expect.poll(leftovers, patiently).toEqual([]);
    });

    it("ends by itself, and leaves no folder, when this process was killed while ssh logs in", async () => {
      const { server, port } = await deaf();
      const { configFile } = await bench(sshd);
      const script = await home.write("orphan.mjs", orphan(configFile, port));
      const child = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
      await once(server, "connection");
      expect(await leftovers()).not.toEqual([]);
      child.kill("SIGKILL");
      await expect.poll(leftovers, patiently).toEqual([]);
      await expect.poll(privateFolders, patiently).toEqual([]);
    });

    it("is opened where the folder for temporary files has a name with %, spaces and quotes", async () => {
      const temporary = home.path("50% 'of' %C");
      await mkdir(temporary);
      expect(await sh(await (await bench(sshd, { deps: { temporary } })).open(), "echo in")).toMatchObject({
        stdout: "in\n",
      });
    });

    it("is opened where no folder for temporary files can be used, or another's ssh does not answer", async () => {
      const mute = createServer().listen(home.path("mute"));
      undo.push(async () => mute.close());
      await once(mute, "listening");
      const { open } = await bench(sshd, {
        deps: { temporary: "/proc" },
        config: `ControlPath ${home.path("mute")}`,
      });
      expect(await sh(await open(), "echo in")).toMatchObject({ stdout: "in\n" });
    });

    it("times out with a server that says nothing", async () => {
      const { port } = await deaf();
      const { open } = await bench({ ...sshd, port }, { target: { connectTimeoutMs: 1_000 } });
      expect((await reject(open())).reason).toBe("ssh-timeout");
    });
  });

  describe("logs in", () => {
    it("with a key whose passphrase is asked for until it is right, then remembered and kept", async () => {
      const locked = await makeKey(home.path("locked"), "ed25519", "open sesame");
      const server = await serve({ authorizedKeys: [locked.publicKey] });
      const { open, questions, vault } = await bench(server, {
        settings: { identityFile: locked.path },
        secrets: ["!wrong", "!open sesame"],
      });
      const session = await open();
      expect(await sh(session, "echo in")).toMatchObject({ stdout: "in\n" });
      expect(questions).toEqual([
        { keyFile: locked.path, attempt: 1 },
        { keyFile: locked.path, attempt: 2 },
      ]);
      expect([...vault]).toEqual([[`passphrase:${locked.path}`, "open sesame"]]);
      await closed(session);
      await open();
      expect(questions).toHaveLength(2);
    });

    it("asking again at the next login for what was wrong at the last try of this one", async () => {
      const locked = await makeKey(home.path("once"), "ed25519", "open sesame");
      const { open, questions, vault } = await bench(await serve({ authorizedKeys: [locked.publicKey] }), {
        settings: { identityFile: locked.path },
        config: "NumberOfPasswordPrompts 1",
        secrets: ["!wrong", "!open sesame"],
      });
      expect((await reject(open())).reason).toBe("ssh-auth-failed");
      await open();
      expect(questions).toHaveLength(2);
      expect([...vault.values()]).toEqual(["open sesame"]);
    });

    it("not where the user gives no answer", async () => {
      const locked = await makeKey(home.path("unopened"), "ed25519", "open sesame");
      const { open } = await bench(await serve({ authorizedKeys: [locked.publicKey] }), {
        settings: { identityFile: locked.path },
      });
      expect((await reject(open())).reason).toBe("cancelled");
      expect(await privateFolders()).toEqual([]);
      await expect.poll(leftovers, patiently).toEqual([]);
    });

    it.skipIf(whyNotRoot !== undefined)(
      `with a password that is in no argument and no environment${because(whyNotRoot)}`,
      async () => {
        const password = `p-${randomBytes(9).toString("hex")}`;
        const server = await serve({
          config: ["Match User asked", "PasswordAuthentication yes"],
          through: await withUser("asked", password),
        });
        const { open, questions, vault } = await bench(server, {
          target: { user: "asked" },
          settings: { identityFile: "" },
          config: "IdentitiesOnly yes\nIdentityFile none",
          secrets: ["no", `!${password}`],
        });
        // From the first question to the first answer: all that others may look at, again and again.
        const watching = new AbortController();
        let looks = 0;
        const found: string[] = [];
        const watch = async (): Promise<void> => {
          while (!watching.signal.aborted) {
            found.push(...(await openPlacesWith(password)));
            looks++;
          }
        };
        const seen = watch();
        const session = await open();
        expect(await sh(session, "id -un")).toMatchObject({ stdout: "asked\n" });
        const asked = { purpose: "login", user: "asked", host: "127.0.0.1", prompt: undefined, echo: false };
        expect(questions).toEqual([
          { ...asked, attempt: 1 },
          { ...asked, attempt: 2 },
        ]);
        expect([...vault.values()]).toEqual([password]);
        watching.abort();
        await seen;
        expect(looks).toBeGreaterThan(0);
        expect(found).toEqual([]);
      },
    );

    it("with a key of the agent of the settings, at a server of the known_hosts file of the settings", async () => {
      const socket = home.path("agent");
      const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: ["ignore", "pipe", "ignore"] });
      undo.push(async () => {
        const ended = once(agent, "exit");
        agent.kill();
        await ended;
      });
      await once(agent.stdout, "data");
      await run("ssh-add", ["-q", user.path], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
      const knownHosts = await home.write('known "hosts" 100%', `${sshd.knownHostsLine}\n`);
      const { open } = await bench(sshd, {
        knownHosts: "",
        config: "IdentityAgent /nowhere",
        settings: { agent: socket, identityFile: "", knownHostsFile: knownHosts },
        target: { hostKey: { userFiles: [knownHosts], unknown: "ask" } },
      });
      expect(await sh(await open(), "echo in")).toMatchObject({ stdout: "in\n" });
    });

    it("by keyboard-interactive, told what the server asks", async () => {
      const { port } = await interactive(["Verification code: ", "Password: "], ["123456", "hunter2"]);
      const { open, questions } = await bench(sshd, {
        target: { port, user: "me" },
        settings: { identityFile: "" },
        config: "IdentityFile none\nStrictHostKeyChecking no",
        knownHosts: "",
        secrets: ["123456", "hunter2"],
      });
      await open();
      expect(questions).toMatchObject([
        { prompt: "Verification code:", user: "me", host: "127.0.0.1" },
        { prompt: "Password:" },
      ]);
    });

    it("with a user certificate, at a server known by a certificate of its own", async () => {
      const userCa = await makeKey(home.path("user_ca"));
      const hostCa = await makeKey(home.path("host_ca"));
      const host = await makeKey(home.path("certified_host"));
      const certified = await makeKey(home.path("certified"));
      const sign = (...args: string[]): Promise<unknown> => run("ssh-keygen", ["-q", "-s", ...args]);
      await sign(userCa.path, "-I", "me", "-n", home.machine.user, `${certified.path}.pub`);
      await sign(hostCa.path, "-I", "node", "-h", "-n", "127.0.0.1", `${host.path}.pub`);
      const server = await serve({
        authorizedKeys: [`cert-authority ${userCa.publicKey}`],
        hostKeys: [host],
        config: [`HostCertificate ${host.path}-cert.pub`],
      });
      const { open, steps, questions } = await bench(server, {
        knownHosts: `@cert-authority [127.0.0.1]:* ${hostCa.publicKey}\n`,
        settings: { identityFile: certified.path },
      });
      expect(await sh(await open(), "echo in")).toMatchObject({ stdout: "in\n" });
      expect(steps).toEqual(["connect", "host-key", "login"]);
      expect(questions).toEqual([]);
    });

    it("through two jump hosts, and through a ProxyCommand", async () => {
      const jump = await serve({});
      const known = `${[sshd, jump].map((server) => server.knownHostsLine).join("\n")}\n`;
      const hop = (name: string, server: Sshd, more: string): string =>
        `Host ${name}\n HostName 127.0.0.1\n Port ${server.port}\n IdentityFile ${user.path}\n${more}`;
      const config = [
        hop("first", jump, ""),
        hop("second", jump, " ProxyJump first\n"),
        "Host far\n HostName 127.0.0.1\n ProxyJump second",
        `Host piped\n HostName 127.0.0.1\n ProxyCommand ${process.execPath} -e 'process.stdin.pipe(require("net").connect(%p, "%h")).pipe(process.stdout)'`,
      ].join("\n");
      for (const [alias, logins] of [
        ["far", 2],
        ["piped", 0],
      ] as const) {
        const before = jump.accepted();
        const { open, steps } = await bench(sshd, { config, knownHosts: known, target: { alias } });
        const session = await open();
        expect(await sh(session, "echo there")).toMatchObject({ stdout: "there\n" });
        expect(jump.accepted() - before).toBe(logins);
        expect(steps).toEqual(["connect", "host-key", "login"]);
        await closed(session);
      }
      await expect.poll(() => processesWith(` -W `), patiently).toEqual([]);
    });

    it("not at all where the user's own ssh is logged in as ControlMaster, which goes on afterwards", async () => {
      const socket = home.path("own");
      const { configFile, open, steps } = await bench(sshd, { config: `ControlPath ${socket}` });
      const args = ["-F", configFile, "-i", user.path, "-p", String(sshd.port), sshd.host];
      await run("ssh", ["-f", "-N", "-M", "-o", "ControlPersist=yes", ...args]);
      undo.push(() => run("ssh", ["-O", "exit", ...args]));
      const before = sshd.accepted();
      const session = await open();
      expect(await sh(session, "echo shared")).toMatchObject({ stdout: "shared\n" });
      expect(sshd.accepted()).toBe(before);
      expect(steps).toEqual(["login"]);
      await closed(session);
      await run("ssh", ["-O", "check", ...args]);
    });

    it("whatever the config says of people's own sessions", async () => {
      const { open } = await bench(sshd, {
        config: [
          "RequestTTY force",
          "RemoteCommand echo not this",
          `LocalForward ${sshd.port} 127.0.0.1:1`,
          "ExitOnForwardFailure yes",
          "PermitLocalCommand yes",
          `LocalCommand touch ${home.path("touched")}`,
          "ControlMaster auto",
          `ControlPath ${home.path("unused-%C")}`,
          "LogLevel QUIET",
          "ForwardAgent yes",
        ].join("\n"),
      });
      expect(await sh(await open(), "echo ours")).toEqual({ stdout: "ours\n", stderr: "", exitCode: 0 });
      await expect(access(home.path("touched"))).rejects.toThrow("ENOENT");
    });
  });

  describe("a host key", () => {
    it("that is unknown is asked for, and saved by ssh", async () => {
      const { open, questions } = await bench(sshd, { knownHosts: "", hostKey: () => true });
      await closed(await open());
      const [, , key] = sshd.hostKeys;
      expect(questions).toEqual([
        {
          host: "127.0.0.1",
          port: sshd.port,
          keyType: expect.stringMatching(/^(ssh-ed25519|ecdsa-sha2-nistp256)$/),
          fingerprint: expect.stringMatching(/^SHA256:/),
          knownAs: [],
          file: expect.stringContaining("known_hosts"),
        },
      ]);
      expect(key).toBeDefined();
      await open();
      expect(questions).toHaveLength(1);
    });

    it("that is unknown and declined, or not to be asked for, ends the login", async () => {
      for (const config of ["", "StrictHostKeyChecking yes"]) {
        const { open } = await bench(sshd, { knownHosts: "", config });
        const { reason, facts } = await reject(open());
        expect(reason).toBe("ssh-host-key-unknown");
        expect(sshd.hostKeys.map(({ fingerprint }) => fingerprint)).toContain(facts["actual"]);
      }
    });

    it("that has changed is told with both fingerprints and the line; one that is revoked is refused", async () => {
      const other = await makeKey(home.path("other"));
      const name = `[127.0.0.1]:${sshd.port}`;
      const changed = await bench(sshd, { knownHosts: `# first\n${name} ${other.publicKey}\n` });
      expect(await reject(changed.open())).toMatchObject({
        reason: "ssh-host-key-changed",
        facts: {
          expected: other.fingerprint,
          actual: sshd.hostKeys[0]?.fingerprint,
          file: expect.stringMatching(/known_hosts$/),
          line: "2",
          node: "worker-1",
        },
      });
      const lax = await bench(sshd, {
        knownHosts: `${name} ${other.publicKey}\n`,
        config: "StrictHostKeyChecking no",
        target: { hostKey: { userFiles: [], unknown: "accept" } },
      });
      expect((await reject(lax.open())).reason).toBe("ssh-host-key-changed");
      const revoked = await bench(sshd, {
        knownHosts: `${sshd.knownHostsLine}\n${sshd.hostKeys.map(({ publicKey }) => `@revoked ${name} ${publicKey}`).join("\n")}\n`,
      });
      expect((await reject(revoked.open())).reason).toBe("ssh-host-key-revoked");
    });
  });

  describe("says why it did not get there:", () => {
    it.each<[string, Setup, Partial<SandboxError>]>([
      ["no such name", { target: { alias: "nowhere.invalid" } }, { reason: "ssh-unresolved" }],
      ["nobody listens", { target: { port: 1 } }, { reason: "ssh-refused", facts: { port: "1" } }],
      [
        "no login",
        { target: { user: "nobody" } },
        { reason: "ssh-auth-failed", facts: { methods: "publickey", user: "nobody" } },
      ],
      [
        "a wrong line in the config",
        { config: "\nNoSuchOption yes" },
        { reason: "ssh-config-invalid", facts: { line: "2" } },
      ],
      [
        "no config",
        { settings: { configFile: "/nowhere/config" } },
        { reason: "ssh-config-invalid", facts: { file: "/nowhere/config" } },
      ],
      [
        "no common algorithm",
        { config: "Ciphers aes128-cbc" },
        {
          reason: "ssh-unsupported",
          facts: { feature: expect.stringContaining("no matching cipher") as string },
        },
      ],
      [
        "no program",
        { deps: { program: "/nowhere/ssh" } },
        { reason: "ssh-program", facts: { file: "/nowhere/ssh" } },
      ],
      ["an untrusted workspace", { settings: { runPrograms: false } }, { reason: "ssh-untrusted" }],
      [
        "a jump host that refuses",
        { config: "Match host 127.0.0.1\n ProxyJump localhost:1" },
        { reason: "ssh-refused", facts: { port: "1" } },
      ],
      ["a ProxyCommand that fails", { config: "ProxyCommand false" }, { reason: "ssh-connection-lost" }],
    ])("%s", async (_what, setup, expected) => {
      const { open } = await bench(sshd, setup);
      const error = await reject(open());
      expect(error).toBeInstanceOf(SandboxError);
      expect(error).toMatchObject({ ...expected, facts: { ...expected.facts } });
      expect(await privateFolders()).toEqual([]);
      await expect.poll(leftovers, patiently).toEqual([]);
    });

    it("a server that takes no more logins just now", async () => {
      const server = await serve({ config: ["MaxStartups 1", "LoginGraceTime 20"] });
      const first = connect(server.port, server.host);
      undo.push(async () => first.destroy());
      await once(first, "data");
      const { open } = await bench(server);
      expect(await reject(open())).toBeInstanceOf(Busy);
    });
  });

  it("makes a login of each command where connections cannot be shared", async () => {
    const locked = await makeKey(home.path("each"), "ed25519", "open sesame");
    const server = await serve({ authorizedKeys: [locked.publicKey] });
    const { open, questions } = await bench(server, {
      settings: { identityFile: locked.path },
      secrets: ["open sesame"],
      deps: { multiplexed: false },
      config: `RemoteCommand echo not this\nControlMaster auto\nControlPath ${home.path("none-%C")}`,
    });
    const session = await open();
    expect(await sh(session, "cat; echo err >&2; exit 255", "in")).toEqual({
      stdout: "in",
      stderr: "err\n",
      exitCode: 255,
    });
    expect(await sh(session, "kill -9 $$")).toMatchObject({ exitCode: null });
    const cut = reject(sh(session, "while echo part; do sleep 0.05; done"));
    await expect.poll(() => server.accepted(), patiently).toBe(4);
    await server.dropConnections();
    expect((await cut).reason).toBe("ssh-connection-lost");
    expect(questions).toHaveLength(1);
    await closed(session);
    expect(await privateFolders()).toEqual([]);
    await expect.poll(leftovers, patiently).toEqual([]);
  });

  it("gives a terminal where connections cannot be shared: the agent of the settings, and the user's language", async () => {
    const key = await makeKey(home.path("typed"));
    const server = await serve({ authorizedKeys: [key.publicKey] });
    const agent = home.path("agent");
    const settings = { identityFile: key.path, agent };
    const { open } = await bench(server, { settings, deps: { multiplexed: false } });
    const session = await open();
    const { signal } = new AbortController();
    const terminal = await session.terminal(["true"], { columns: 80, rows: 24 }, signal);
    if (terminal.kind !== "program") throw new Error("no program");
    expect(terminal.env).toMatchObject({ SSH_AUTH_SOCK: agent });
    // It would be sent to a node that takes it (SendEnv).
    expect(terminal.env).not.toHaveProperty("LC_ALL");
    terminal.stop();
    await closed(session);
  });

  /** A server that accepts connections and says nothing. */
  async function deaf(): Promise<{ server: Server; port: number }> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => sockets.add(socket.on("error", () => {}))).listen(0, "127.0.0.1");
    await once(server, "listening");
    undo.push(async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    });
    return { server, port: (server.address() as AddressInfo).port };
  }

  /** A server that lets in whoever answers its questions, asked one after another. */
  async function interactive(
    prompts: readonly string[],
    answers: readonly string[],
  ): Promise<{ port: number }> {
    const key = await readFile(sshd.hostKeyPath);
    const server = new ssh2.Server({ hostKeys: [key] }, (connection) => {
      connection.on("error", () => {});
      connection.on("authentication", (context) => {
        if (context.method !== "keyboard-interactive") {
          context.reject(["keyboard-interactive"]);
          return;
        }
        context.prompt(
          prompts.map((prompt) => ({ prompt, echo: false })),
          (given) => {
            if (given.join() === answers.join()) context.accept();
            else context.reject();
          },
        );
      });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    undo.push(async () => server.close());
    return { port: (server.address() as AddressInfo).port };
  }

  /** A command that starts another on this machine with one user more, seen by that alone. */
  async function withUser(name: string, password: string): Promise<string[]> {
    const { stdout } = await run("openssl", ["passwd", "-6", password]);
    const passwd = await home.write(
      "passwd",
      `${await readFile("/etc/passwd", "utf8")}${name}:x:64999:65534::/:/bin/sh\n`,
    );
    const shadow = await home.write(
      "shadow",
      `${await readFile("/etc/shadow", "utf8")}${name}:${stdout.trim()}:20000:0:99999:7:::\n`,
    );
    const mounts = `chmod 644 ${passwd} && mount --bind ${passwd} /etc/passwd && mount --bind ${shadow} /etc/shadow && exec "$@"`;
    return ["unshare", "--mount", "--propagation", "private", "sh", "-c", mounts, "sh"];
  }

  /** A program that opens a session and waits. */
  function orphan(configFile: string, port = sshd.port): string {
    const modules = new URL("../../../extension/nodes/", import.meta.url).pathname;
    return `
      const { openSshDestination } = await import("${modules}openssh/destination.ts");
      const { Asking } = await import("${modules}asking.ts");
      const { Clock } = await import("${modules}clock.ts");
      const { Secrets } = await import("${modules}secrets.ts");
      const none = async () => undefined;
      const write = () => {};
      const destination = openSshDestination(
        ${JSON.stringify({ node: "n", alias: sshd.host, host: sshd.host, port, user: home.machine.user, key: "k", connectTimeoutMs: 10_000, keepaliveMs: 0, keepaliveCount: 3, hostKey: { userFiles: [], unknown: "ask" } })},
        {
          settings: ${JSON.stringify({ ...defaultSettings, configFile, identityFile: user.path, agent: "none" })},
          machine: ${JSON.stringify(home.machine)},
          temporary: ${JSON.stringify(home.path(""))},
          prompts: {}, secrets: new Secrets({ read: none, write: none, forget: none }),
          log: { debug: write, info: write, warn: write, error: write },
        },
      );
      const clock = new Clock();
      const { signal } = new AbortController();
      const session = await destination.open({ clock, asking: new Asking(clock, signal), signal, trace: write });
      await session.start(["sh", "-c", "while echo part; do sleep 0.05; done"], signal);
      console.log("open");
      await new Promise(() => setInterval(write, 1000));
    `;
  }
});
