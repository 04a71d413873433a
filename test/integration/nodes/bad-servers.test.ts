import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createConnection, createServer } from "node:net";
import type { AuthContext } from "ssh2";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SshSettings } from "../../../extension/nodes/settings.ts";
import {
  startBadServer,
  startDeafPort,
  startTcp,
  type BadServer,
  type Behaviour,
} from "../../support/bad-server.ts";
import { freePort, makeKey } from "../../support/sshd.ts";
import {
  makeBench,
  makeHome,
  memoryVault,
  type Answers,
  type Bench,
  type BenchOptions,
  type Home,
} from "../../support/ssh-nodes.ts";

let home: Home;

beforeAll(async () => {
  home = await makeHome();
});

afterAll(async () => {
  await home[Symbol.asyncDispose]();
});

/** A user who knows the server. */
async function knowing(
  server: BadServer,
  settings: Partial<SshSettings> = {},
  answers: Answers = {},
  more: BenchOptions = {},
): Promise<Bench> {
  await home.write(".ssh/known_hosts", `${server.knownHostsLine}\n`);
  return makeBench(home, settings, answers, more);
}

const never = (): void => {};

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

describe("every step has a timeout and can be cancelled", () => {
  const steps: Record<
    string,
    { start: () => Promise<AsyncDisposable & { port: number }>; timedOut: object }
  > = {
    connect: {
      start: startDeafPort,
      timedOut: { reason: "ssh-timeout", facts: { step: "connect", seconds: "0.3" } },
    },
    handshake: {
      start: () => startTcp(never),
      timedOut: { reason: "ssh-timeout", facts: { step: "handshake" } },
    },
    authentication: {
      start: () => startKnown({ onAuth: never }),
      timedOut: { reason: "ssh-timeout", facts: { step: "authentication" } },
    },
    channel: {
      start: () => startKnown({ onSession: never }),
      timedOut: { reason: "ssh-timeout", facts: { step: "channel" } },
    },
    exec: {
      start: () => startKnown({ onExec: never }),
      timedOut: { reason: "ssh-timeout", facts: { step: "channel" } },
    },
    command: {
      start: () => startKnown({ onExec: (start) => void start().write("half") }),
      timedOut: { reason: "probe-timeout", facts: { seconds: "1.5" } },
    },
  };

  async function startKnown(behaviour: Behaviour): Promise<BadServer> {
    const server = await startBadServer(behaviour);
    await home.write(".ssh/known_hosts", `${server.knownHostsLine}\n`);
    return server;
  }

  it.each(Object.keys(steps))("times out in: %s", async (name) => {
    const step = steps[name];
    if (step === undefined) throw new Error(name);
    await using server = await step.start();
    await using bench = makeBench(home, { connectTimeoutMs: 300 });
    await expect(bench.run(server.port, ["true"], { timeoutMs: 1_500 })).rejects.toMatchObject(step.timedOut);
  });

  it.each(Object.keys(steps))("is cancelled in: %s", async (name) => {
    const step = steps[name];
    if (step === undefined) throw new Error(name);
    await using server = await step.start();
    await using bench = makeBench(home, { connectTimeoutMs: 60_000 });
    const cancel = new AbortController();
    const run = bench.run(server.port, ["true"], { timeoutMs: 60_000, signal: cancel.signal });
    run.catch(never);
    // Far enough on loopback for each of the servers to be where it hangs.
    setTimeout(() => cancel.abort(), 150);
    await expect(run).rejects.toMatchObject({ reason: "cancelled" });
  });

  it("is cancelled before it began, and while it waits for its turn", async () => {
    await using server = await startKnown({ onExec: never });
    await using bench = makeBench(home, { maxConnections: 1, connectTimeoutMs: 60_000 });
    const cancel = new AbortController();
    const first = bench.run(server.port, ["true"], { signal: cancel.signal });
    first.catch(never);
    await expect.poll(() => bench.nodes.sessions()).toBe(1);
    const waiting = bench.run(server.port, ["true"], { signal: cancel.signal, host: "localhost" });
    waiting.catch(never);
    setImmediate(() => cancel.abort());
    await expect(first).rejects.toMatchObject({ reason: "cancelled" });
    await expect(waiting).rejects.toMatchObject({ reason: "cancelled" });
    await expect(bench.run(server.port, ["true"], { signal: cancel.signal })).rejects.toMatchObject({
      reason: "cancelled",
    });
    expect(server.connections()).toBe(1);
  });

  it("does not count the time in which the user is asked", async () => {
    await using server = await startBadServer();
    await home.write(".ssh/known_hosts", "");
    await using bench = makeBench(
      home,
      { connectTimeoutMs: 300 },
      { hostKey: () => new Promise((resolve) => setTimeout(() => resolve(true), 700)) },
    );
    expect((await bench.run(server.port, ["true"], { timeoutMs: 600 })).stdout).toBe("fine\n");
  });

  it("takes the question away when the request is cancelled", async () => {
    await using server = await startBadServer();
    await home.write(".ssh/known_hosts", "");
    const cancel = new AbortController();
    let gone = false;
    await using bench = makeBench(
      home,
      {},
      {
        hostKey: (_question, signal) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener("abort", () => {
              gone = true;
              reject(new Error("the question is closed"));
            });
            cancel.abort();
          }),
      },
    );
    await expect(bench.run(server.port, ["true"], { signal: cancel.signal })).rejects.toMatchObject({
      reason: "cancelled",
    });
    expect(gone).toBe(true);
    expect(await readFile(home.knownHosts, "utf8")).toBe("");
  });
});

describe("an answer that is not whole is no answer", () => {
  it("without an exit status", async () => {
    await using server = await startBadServer({
      onExec: (start) => {
        const channel = start();
        channel.write("half");
        channel.end();
      },
    });
    await using bench = await knowing(server);
    await expect(bench.run(server.port, ["true"])).rejects.toMatchObject({
      reason: "ssh-connection-lost",
      facts: { step: "command" },
    });
  });

  it.each(["before", "after"])("when the line is cut %s the exit status", async (when) => {
    await using server = await startBadServer({
      onExec: (start, connection) => {
        const channel = start();
        channel.write("half");
        if (when === "after") channel.exit(0);
        setImmediate(() => connection.end());
      },
    });
    await using bench = await knowing(server);
    await expect(bench.run(server.port, ["true"])).rejects.toMatchObject({ reason: "ssh-connection-lost" });
  });

  it("when keepalives go unanswered", async () => {
    await using server = await startBadServer({ onExec: (start) => void start().write("half") });
    // A relay that stops to carry anything: the line looks open and is dead.
    await using relay = await startTcp((socket) => {
      const onward = createConnection(server.port, "127.0.0.1");
      socket.pipe(onward).pipe(socket);
      onward.on("error", never).once("close", () => socket.destroy());
      setTimeout(() => {
        socket.unpipe(onward);
        onward.unpipe(socket);
      }, 300);
    });
    await home.write(
      ".ssh/known_hosts",
      server.knownHostsLine.replace(String(server.port), String(relay.port)) + "\n",
    );
    await using bench = makeBench(home, { keepaliveMs: 100 });
    await expect(bench.run(relay.port, ["true"])).rejects.toMatchObject({ reason: "ssh-connection-lost" });
  });
});

describe("a server that is not what we look for", () => {
  it("refuses", async () => {
    const port = await freePort();
    await using bench = makeBench(home);
    await expect(bench.run(port, ["true"])).rejects.toMatchObject({
      reason: "ssh-refused",
      facts: {
        host: "127.0.0.1",
        port: String(port),
        user: home.machine.user,
        node: `node-${port}`,
        step: "connect",
      },
    });
  });

  it("has a name that does not resolve", async () => {
    await using bench = makeBench(home);
    await expect(bench.run(22, ["true"], { host: "no-such-host.invalid" })).rejects.toMatchObject({
      reason: "ssh-unresolved",
      facts: { host: "no-such-host.invalid" },
    });
  });

  it("speaks another protocol", async () => {
    await using old = await startTcp((socket) => socket.write("SSH-1.5-old\r\n"));
    await using bench = makeBench(home);
    await expect(bench.run(old.port, ["true"])).rejects.toMatchObject({ reason: "ssh-unsupported" });
    await using http = await startTcp((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    await expect(bench.run(http.port, ["true"])).rejects.toMatchObject({ reason: "ssh-connection-lost" });
  });

  it("hangs up at once", async () => {
    await using server = await startTcp((socket) => socket.destroy());
    await using bench = makeBench(home);
    await expect(bench.run(server.port, ["true"])).rejects.toMatchObject({ reason: "ssh-connection-lost" });
  });

  it("opens no session", async () => {
    await using server = await startBadServer({ onSession: (_accept, reject) => reject() });
    await using bench = await knowing(server);
    await expect(bench.run(server.port, ["true"])).rejects.toMatchObject({
      reason: "ssh-unsupported",
      facts: { feature: "session channel" },
    });
  });

  it("runs no commands", async () => {
    await using server = await startBadServer({ onExec: (_accept, _connection, reject) => reject() });
    await using bench = await knowing(server);
    await expect(bench.run(server.port, ["true"])).rejects.toMatchObject({
      reason: "ssh-unsupported",
      facts: { feature: "the server runs no commands" },
    });
  });

  it("has another host key than the one saved a moment ago", async () => {
    const first = await makeKey(home.path("first-key"));
    const second = await makeKey(home.path("second-key"));
    const keys = await Promise.all([first, second].map((key) => readFile(key.path, "utf8")));
    await using server = await startBadServer({ hostKeys: keys.slice(0, 1) });
    await using impostor = await startBadServer({ hostKeys: keys.slice(1) });
    await home.write(
      ".ssh/known_hosts",
      `${server.knownHostsLine.replace(String(server.port), String(impostor.port))}\n`,
    );
    let logins = 0;
    await using bench = makeBench(home, {}, { password: () => String(logins++) });
    await expect(bench.run(impostor.port, ["true"])).rejects.toMatchObject({
      reason: "ssh-host-key-changed",
      facts: { expected: first.fingerprint, actual: second.fingerprint },
    });
    expect(logins).toBe(0);
  });
});

describe("secrets", () => {
  const wants =
    (method: "password" | "keyboard-interactive", secret: string) =>
    (attempt: AuthContext): void => {
      if (attempt.method !== method) attempt.reject([method]);
      else if (attempt.method === "password" && attempt.password === secret) attempt.accept();
      else if (attempt.method === "keyboard-interactive") {
        attempt.prompt([{ prompt: "Password:\u001b[2J ", echo: false }], "", "", (answers) => {
          if (answers[0] === secret) attempt.accept();
          else attempt.reject([method]);
        });
      } else attempt.reject([method]);
    };

  it("takes the password, remembers it for the session and does not log it", async () => {
    await using server = await startBadServer({ onAuth: wants("password", "right") });
    await using bench = await knowing(
      server,
      {},
      { password: ({ attempt }) => (attempt === 1 ? "not it" : "right") },
    );
    expect((await bench.run(server.port, ["true"])).stdout).toBe("fine\n");
    server.cut();
    await expect.poll(() => bench.nodes.sessions()).toBe(0);
    expect((await bench.run(server.port, ["true"])).stdout).toBe("fine\n");
    const question = {
      purpose: "login",
      user: home.machine.user,
      host: "127.0.0.1",
      prompt: undefined,
      echo: false,
    };
    expect(bench.passwordQuestions).toEqual([
      { ...question, attempt: 1 },
      { ...question, attempt: 2 },
    ]);
    expect(bench.log()).not.toMatch(/right|not it/);
  });

  it("keeps a password in the vault where the user says so, once the server has taken it", async () => {
    await using server = await startBadServer({ onAuth: wants("password", "right") });
    const vault = memoryVault();
    {
      await using bench = await knowing(
        server,
        {},
        { password: ({ attempt }) => ({ secret: attempt === 1 ? "not it" : "right", keep: true }) },
        { vault },
      );
      await bench.run(server.port, ["true"]);
    }
    expect([...vault.secrets.values()]).toEqual(["right"]);
    expect([...vault.secrets.keys()]).toEqual([expect.stringMatching(/^password:.*127\.0\.0\.1/)]);
    {
      await using bench = await knowing(server, {}, {}, { vault });
      expect((await bench.run(server.port, ["true"])).stdout).toBe("fine\n");
      expect(bench.passwordQuestions).toEqual([]);
    }
    // It is changed on the server.
    for (const key of vault.secrets.keys()) vault.secrets.set(key, "old");
    await using bench = await knowing(server, {}, { password: () => "right" }, { vault });
    expect((await bench.run(server.port, ["true"])).stdout).toBe("fine\n");
    expect(bench.passwordQuestions).toHaveLength(1);
    expect([...vault.secrets]).toEqual([]);
  });

  it("gives up after three wrong passwords and names what was tried", async () => {
    await using server = await startBadServer({ onAuth: wants("password", "right") });
    await using bench = await knowing(server, {}, { password: () => "hunter2" });
    const run = bench.run(server.port, ["true"]);
    await expect(run).rejects.toMatchObject({
      reason: "ssh-auth-failed",
      facts: { tried: "password", methods: "password", user: home.machine.user },
    });
    await expect(run).rejects.not.toMatchObject({ message: expect.stringContaining("hunter2") });
    expect(bench.passwordQuestions).toHaveLength(3);
  });

  it("says that a password has expired", async () => {
    await using server = await startBadServer({
      onAuth: (attempt) => {
        if (attempt.method === "password") attempt.requestChange("Change it now", never);
        else attempt.reject(["password"]);
      },
    });
    await using bench = await knowing(server, {}, { password: () => "old" });
    await expect(bench.run(server.port, ["true"])).rejects.toMatchObject({
      reason: "ssh-auth-failed",
      facts: { detail: expect.stringContaining("expired") },
    });
  });

  it("is cancelled when the user gives no password", async () => {
    await using server = await startBadServer({ onAuth: wants("password", "right") });
    await using bench = await knowing(server, {}, { password: () => undefined });
    await expect(bench.run(server.port, ["true"])).rejects.toMatchObject({ reason: "cancelled" });
    expect(bench.passwordQuestions).toHaveLength(1);
  });

  it("answers keyboard-interactive with the server's question, made harmless", async () => {
    await using server = await startBadServer({ onAuth: wants("keyboard-interactive", "right") });
    await using bench = await knowing(
      server,
      {},
      { password: ({ attempt }) => (attempt === 1 ? "not it" : "right") },
    );
    expect((await bench.run(server.port, ["true"])).stdout).toBe("fine\n");
    expect(bench.passwordQuestions.map((question) => question.prompt)).toEqual([
      "Password: [2J",
      "Password: [2J",
    ]);
  });

  /** Asks as PAM does for a password and a code: in one round, or in one after the other. */
  const wantsBoth =
    (rounds: "one round" | "two rounds", secret: string, seen: string[][] = []) =>
    (attempt: AuthContext): void => {
      if (attempt.method !== "keyboard-interactive") {
        attempt.reject(["keyboard-interactive"]);
        return;
      }
      const judge = (answers: string[]): void => {
        seen.push(answers);
        if (answers.join() === `${secret},123456`) attempt.accept();
        else attempt.reject(["keyboard-interactive"]);
      };
      const [password, code] = [
        { prompt: "Password: ", echo: false },
        { prompt: "Verification code: ", echo: true },
      ];
      if (rounds === "one round") attempt.prompt([password, code], "", "", judge);
      else {
        attempt.prompt([password], "", "", (first) =>
          attempt.prompt([code], "", "", (second) => judge([...first, ...second])),
        );
      }
    };

  it.each(["one round", "two rounds"] as const)("takes a password and a code in %s", async (rounds) => {
    const seen: string[][] = [];
    await using server = await startBadServer({ onAuth: wantsBoth(rounds, "right", seen) });
    const vault = memoryVault();
    const passwords = ["not it", "right"];
    await using bench = await knowing(
      server,
      {},
      {
        password: ({ prompt }) => ({
          secret: prompt === "Password:" ? (passwords.shift() ?? "no more") : "123456",
          keep: true,
        }),
      },
      { vault },
    );
    expect((await bench.run(server.port, ["true"])).stdout).toBe("fine\n");
    expect(seen).toEqual([
      ["not it", "123456"],
      ["right", "123456"],
    ]);
    expect(bench.passwordQuestions.map(({ prompt, attempt, echo }) => [prompt, attempt, echo])).toEqual([
      ["Password:", 1, false],
      ["Verification code:", 1, true],
      ["Password:", 2, false],
      ["Verification code:", 2, true],
    ]);
    // Codes are good for nothing later, and which of two answers is the password is told by the rounds alone.
    expect([...vault.secrets.values()]).toEqual(rounds === "two rounds" ? ["right"] : []);
    expect(bench.log()).not.toMatch(/right|not it|123456/);
  });

  it("logs in by a key and a password on top", async () => {
    const first = await makeKey(home.path("refused-key"));
    const key = await makeKey(home.path("mfa-key"), "rsa");
    const [, blob] = key.publicKey.split(" ");
    let passedKey = false;
    await using server = await startBadServer({
      onAuth: (attempt) => {
        const left = passedKey ? "keyboard-interactive" : "publickey";
        if (attempt.method !== left) attempt.reject([left]);
        else if (attempt.method === "keyboard-interactive") {
          attempt.prompt([{ prompt: "Password: ", echo: false }], "", "", ([answer]) => {
            if (answer === "right") attempt.accept();
            else attempt.reject([left]);
          });
        } else if (attempt.method === "publickey") {
          if (attempt.key.data.toString("base64") !== blob) attempt.reject([left]);
          else if (attempt.signature === undefined) attempt.accept();
          else {
            passedKey = true;
            attempt.reject(["keyboard-interactive"], true);
          }
        }
      },
    });
    const third = await makeKey(home.path("third-key"));
    const configFile = await home.write(
      "mfa-config",
      [first, key, third].map(({ path }) => `IdentityFile ${path}\n`).join(""),
    );
    await using bench = await knowing(server, { configFile }, { password: () => "right" });
    expect((await bench.run(server.port, ["true"])).stdout).toBe("fine\n");
  });

  it("changes no password that has expired, and says that it has", async () => {
    const answered: string[][] = [];
    await using server = await startBadServer({
      onAuth: (attempt) => {
        if (attempt.method !== "keyboard-interactive") attempt.reject(["keyboard-interactive"]);
        else {
          attempt.prompt([{ prompt: "Password: ", echo: false }], "", "", () =>
            attempt.prompt([{ prompt: "New password: ", echo: false }], "", "", (answers) => {
              answered.push(answers);
              attempt.reject(["keyboard-interactive"]);
            }),
          );
        }
      },
    });
    await using bench = await knowing(server, {}, { password: () => "old" });
    await expect(bench.run(server.port, ["true"])).rejects.toMatchObject({
      reason: "ssh-auth-failed",
      facts: { detail: "the password has expired" },
    });
    expect(answered).toEqual([]);
    expect(bench.passwordQuestions).toHaveLength(1);
  });

  it.each(["says nothing", "dies when it is to sign"])("goes on without an agent that %s", async (how) => {
    const key = await makeKey(home.path(`key-${how}`));
    const held = await makeKey(home.path(`held-${how}`));
    const blob = Buffer.from(held.publicKey.split(" ")[1] ?? "", "base64");
    let open = 0;
    const agent = createServer((socket) => {
      open++;
      socket.on("error", never).on("close", () => open--);
      socket.on("data", (request) => {
        if (how === "says nothing") return;
        // SSH_AGENTC_REQUEST_IDENTITIES is 11, SSH_AGENT_IDENTITIES_ANSWER 12, draft-ietf-sshm-ssh-agent.
        if (request[4] !== 11) socket.destroy();
        else {
          const answer = Buffer.concat([Buffer.from([12]), u32(1), u32(blob.length), blob, u32(0)]);
          socket.write(Buffer.concat([u32(answer.length), answer]));
        }
      });
    });
    const socket = home.path(`agent-${how === "says nothing" ? 1 : 2}`);
    agent.listen(socket);
    await once(agent, "listening");
    try {
      await using server = await startBadServer({
        onAuth: (attempt) => {
          if (attempt.method !== "publickey") attempt.reject(["publickey"]);
          else attempt.accept();
        },
      });
      await using bench = await knowing(server, {
        agent: socket,
        identityFile: key.path,
        connectTimeoutMs: 2_000,
      });
      expect((await bench.run(server.port, ["true"])).stdout).toBe("fine\n");
      expect(bench.log()).toMatch(how === "says nothing" ? /does not answer/ : /agent key SHA256:\S+: \w/);
      await expect.poll(() => open).toBe(0);
      await using alone = await knowing(server, { agent: socket, connectTimeoutMs: 2_000 });
      await expect(alone.run(server.port, ["true"])).rejects.toMatchObject({
        reason: "ssh-auth-failed",
        facts: { tried: expect.stringContaining("agent") },
      });
    } finally {
      agent.close();
    }
  });

  it("says when there is nothing to offer", async () => {
    await using server = await startBadServer({
      onAuth: (attempt) => attempt.reject(["publickey", "hostbased"]),
    });
    await using bench = await knowing(server);
    await expect(bench.run(server.port, ["true"])).rejects.toMatchObject({
      reason: "ssh-auth-failed",
      facts: { tried: expect.stringContaining("nothing"), methods: "publickey, hostbased" },
    });
  });

  it("connects again when the server hangs up while the user is asked", async () => {
    await using server = await startBadServer();
    await home.write(".ssh/known_hosts", "");
    await using bench = makeBench(
      home,
      {},
      {
        hostKey: async () => {
          server.cut();
          await new Promise((resolve) => setTimeout(resolve, 100));
          return true;
        },
      },
    );
    expect((await bench.run(server.port, ["true"])).stdout).toBe("fine\n");
    expect(bench.hostKeyQuestions).toHaveLength(1);
    expect(server.connections()).toBe(2);
  });
});

describe("a server that lets sessions pile up", () => {
  it("is left for a new connection when cancelled commands go on", async () => {
    let stuck = 0;
    await using server = await startBadServer({
      onExec: (start) => {
        const channel = start();
        // Ours are cancelled and never closed by the server, as with a command that ignores its end.
        if (stuck++ < 8) channel.close = never;
        else {
          channel.exit(0);
          channel.end();
        }
      },
    });
    await using bench = await knowing(server, { connectTimeoutMs: 60_000 });
    const cancel = new AbortController();
    const runs = Array.from({ length: 8 }, () => bench.run(server.port, ["hang"], { signal: cancel.signal }));
    const ends = Promise.allSettled(runs);
    await expect.poll(() => stuck).toBe(8);
    cancel.abort();
    expect(new Set((await ends).map((end) => end.status))).toEqual(new Set(["rejected"]));
    expect((await bench.run(server.port, ["true"])).exitCode).toBe(0);
    expect(server.connections()).toBe(2);
  });
});
