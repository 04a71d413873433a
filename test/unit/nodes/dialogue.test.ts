import { once } from "node:events";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SandboxError } from "../../../extension/core/errors.ts";
import { runCommand } from "../../../extension/nodes/command.ts";
import type { Dialogue } from "../../../extension/nodes/dialogue.ts";
import type { Exit, RunningCommand } from "../../../extension/nodes/session.ts";
import type { RunResult } from "../../../extension/nodes/transport.ts";

const texts = { begun: "begun 0123", prompt: "password 0123: ", ready: "ready 0123\n" };
const script = "echo the script\n";

/** A command whose other end is held here. */
class Held implements RunningCommand {
  readonly stdin = new PassThrough();
  readonly stdout = new PassThrough();
  readonly stderr = new PassThrough();
  readonly exit: Promise<Exit | undefined>;
  readonly gone: Promise<void>;
  stopped = false;
  readonly #exited: (exit: Exit | undefined) => void;

  constructor() {
    ({ promise: this.exit, resolve: this.#exited } = Promise.withResolvers<Exit | undefined>());
    this.gone = this.exit.then(() => {});
  }

  /** Everything that it is told, when it has ended. */
  readonly told = text(this.stdin);

  async end(exit: Exit | undefined): Promise<void> {
    const ends = [this.stdout, this.stderr].map((stream) => once(stream, "end"));
    this.stdout.end();
    this.stderr.end();
    await Promise.all(ends);
    this.#exited(exit);
    this.stdin.end();
  }

  stop(): void {
    this.stopped = true;
    this.stdin.end();
    this.#exited(undefined);
  }
}

interface Talk {
  readonly command: Held;
  readonly answer: Promise<RunResult>;
  /** What the user was asked, and what became of the answers. */
  readonly log: string[];
  readonly abort: AbortController;
}

function talk(
  password: Dialogue["password"] = async (attempt) => `secret${attempt}`,
  prompt: string | undefined = texts.prompt,
): Talk {
  const command = new Held();
  const log: string[] = [];
  const abort = new AbortController();
  const dialogue: Dialogue = {
    ...texts,
    prompt,
    password: async (attempt, signal) => {
      log.push(`asked ${attempt}`);
      return password(attempt, signal);
    },
    judged: (accepted) => void log.push(accepted ? "accepted" : "refused"),
    failed: ({ reason }) => void log.push(reason),
  };
  const answer = runCommand(
    command,
    { stdin: script, dialogue },
    { signal: abort.signal, maxBytes: 10_000 },
    { node: "n1", user: "u" },
  );
  return { command, answer, log, abort };
}

/** Waits until a stream has been told this. */
async function toldNow(command: Held): Promise<void> {
  await once(command.stdin, "data");
}

const exited = { code: 0 };

describe("becoming root in a conversation", () => {
  test("without a question: the script goes out once it is ready, and only the answer comes back", async () => {
    const { command, answer, log } = talk();
    command.stdout.write("Welcome!\nno newline");
    command.stdout.write(`${texts.begun}\n`);
    command.stdout.write(`${texts.ready}the answer\n`);
    await toldNow(command);
    await command.end(exited);
    expect(await answer).toEqual({ stdout: "the answer\n", stderr: "", exitCode: 0 });
    expect(await command.told).toBe(script);
    expect(log).toEqual([]);
  });

  test("with a password: it is written when it is asked for, the script behind the ready line", async () => {
    const { command, answer, log } = talk();
    command.stderr.write(`a lecture\n${texts.prompt}`);
    await toldNow(command);
    command.stdout.write(`${texts.begun}\n${texts.ready}`);
    await toldNow(command);
    await command.end(exited);
    await answer;
    expect(await command.told).toBe(`secret1\n${script}`);
    expect(log).toEqual(["asked 1", "accepted"]);
  });

  test("however its texts are cut into pieces, each is heard once", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 60 }), { maxLength: 10 }), fc.string(), async (cuts, noise) => {
        const { command, answer, log } = talk();
        const errors = pieces(`${noise}${texts.prompt}`, cuts);
        for (const piece of errors) command.stderr.write(piece);
        await toldNow(command);
        for (const piece of pieces(`${noise}${texts.begun}\n${texts.ready}\nfine\0`, cuts)) {
          command.stdout.write(piece);
        }
        await command.end(exited);
        expect((await answer).stdout).toBe("\nfine\0");
        expect(await command.told).toBe(`secret1\n${script}`);
        expect(log).toEqual(["asked 1", "accepted"]);
      }),
      { numRuns: 100 },
    );
  });

  test("a refused password is forgotten and asked for again, three times at most", async () => {
    const { command, answer, log } = talk();
    command.stdout.write(`${texts.begun}\n`);
    for (let attempt = 1; attempt <= 3; attempt++) {
      command.stderr.write(`Sorry, try again.\n${texts.prompt}`);
      await toldNow(command);
    }
    command.stderr.write(texts.prompt);
    await expect(answer).rejects.toMatchObject({
      reason: "become-password",
      facts: { node: "n1", user: "u" },
    });
    expect(command.stopped).toBe(true);
    expect(log).toEqual([
      "asked 1",
      "refused",
      "asked 2",
      "refused",
      "asked 3",
      "refused",
      "become-password",
    ]);
    expect(await command.told).toBe("secret1\nsecret2\nsecret3\n");
  });

  test.each([
    ["sudo: 1 incorrect password attempt", "become-password"],
    ["u is not in the sudoers file.", "become-failed"],
  ])("what ends behind a password with %j", async (said, reason) => {
    const { command, answer, log } = talk();
    command.stdout.write(`${texts.begun}\n`);
    command.stderr.write(texts.prompt);
    await toldNow(command);
    command.stderr.write(`\nwarning\n${said}\n`);
    await command.end({ code: 1 });
    await expect(answer).rejects.toMatchObject({ reason, facts: { detail: said } });
    expect(log).toEqual(["asked 1", "refused", reason]);
    expect(await command.told).toBe("secret1\n");
  });

  test("a program that will not: what it said last is told, and the script was never sent", async () => {
    const { command, answer } = talk();
    command.stdout.write(`${texts.begun}\n`);
    command.stderr.write("banner\nsudo: sorry, you must have a tty to run sudo\n");
    await command.end({ code: 1 });
    await expect(answer).rejects.toMatchObject({
      reason: "become-failed",
      facts: { detail: "sudo: sorry, you must have a tty to run sudo" },
    });
    expect(await command.told).toBe("");
  });

  test("doas that wants a password", async () => {
    const { command, answer } = talk(undefined, undefined);
    command.stdout.write(`${texts.begun}\n`);
    command.stderr.write("doas: Authentication required\n");
    await command.end({ code: 1 });
    await expect(answer).rejects.toMatchObject({
      reason: "become-failed",
      facts: { detail: expect.stringContaining("nopass") },
    });
  });

  test("what ran no shell of ours is told as it ended", async () => {
    const { command, answer } = talk();
    command.stdout.write("This account is currently not available.\n");
    await command.end({ code: 1 });
    expect(await answer).toMatchObject({
      stdout: "This account is currently not available.\n",
      exitCode: 1,
    });
    expect(await command.told).toBe("");
  });

  test("ready while the user is still being asked: the question goes away, and no answer to it is sent", async () => {
    const late = Promise.withResolvers<string>();
    const asked = Promise.withResolvers<AbortSignal>();
    const { command, answer, log } = talk(async (_attempt, signal) => {
      asked.resolve(signal);
      return late.promise;
    });
    command.stderr.write(texts.prompt);
    const signal = await asked.promise;
    command.stdout.write(`${texts.begun}\n${texts.ready}`);
    await toldNow(command);
    expect(signal.aborted).toBe(true);
    late.resolve("late");
    await command.end(exited);
    await answer;
    expect(await command.told).toBe(script);
    expect(log).toEqual(["asked 1"]);
  });

  test("a prompt behind the ready line is no prompt", async () => {
    const { command, answer, log } = talk();
    command.stdout.write(`${texts.begun}\n${texts.ready}`);
    await toldNow(command);
    command.stderr.write(texts.prompt);
    await command.end(exited);
    await answer;
    expect(log).toEqual([]);
  });

  test.each([
    ["the user gives up", new SandboxError("cancelled", "no password"), "cancelled"],
    ["the question fails", new Error("broken"), "internal"],
  ])("%s", async (_name, error, reason) => {
    const { command, answer } = talk(async () => Promise.reject(error));
    command.stderr.write(texts.prompt);
    await expect(answer).rejects.toMatchObject({ reason });
    expect(command.stopped).toBe(true);
    expect(await command.told).toBe("");
  });

  test("given up while the user is asked", async () => {
    const asked = Promise.withResolvers<AbortSignal>();
    const { command, answer, abort } = talk(async (_attempt, signal) => {
      asked.resolve(signal);
      return new Promise<string>(() => {});
    });
    command.stderr.write(texts.prompt);
    const signal = await asked.promise;
    abort.abort(new SandboxError("probe-timeout", "too long"));
    expect(signal.aborted).toBe(true);
    await expect(answer).rejects.toMatchObject({ reason: "probe-timeout" });
    expect(command.stopped).toBe(true);
  });

  test("of a password with a line break only its first line is sent", async () => {
    const { command, answer } = talk(async () => "first\nsecond");
    command.stderr.write(texts.prompt);
    await toldNow(command);
    command.stdout.write(`${texts.begun}\n${texts.ready}`);
    await toldNow(command);
    await command.end(exited);
    await answer;
    expect(await command.told).toBe(`first\n${script}`);
  });

  test("a program that prints the password does not make it part of a message", async () => {
    const { command, answer } = talk(async () => "hunter2");
    command.stdout.write(`${texts.begun}\n`);
    command.stderr.write(texts.prompt);
    await toldNow(command);
    command.stderr.write("no user of mine: hunter2\n");
    await command.end({ code: 1 });
    const error: unknown = await answer.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ reason: "become-failed" });
    expect(JSON.stringify(error, ["message", "facts", "detail", "reason"])).not.toContain("hunter2");
  });

  test("endless noise before the ready line is cut", async () => {
    const { command, answer } = talk();
    command.stderr.write("x".repeat(9000));
    command.stdout.write("y".repeat(9000));
    await expect(answer).rejects.toMatchObject({ reason: "probe-too-large" });
    expect(command.stopped).toBe(true);
  });
});

describe("a command without a conversation", () => {
  function run(signal = new AbortController().signal): { command: Held; answer: Promise<RunResult> } {
    const command = new Held();
    return {
      command,
      answer: runCommand(command, { stdin: script }, { signal, maxBytes: 100 }, { node: "n1" }),
    };
  }

  test("is fed and drained at once", async () => {
    const { command, answer } = run();
    expect(await command.told).toBe(script);
    command.stdout.write("out");
    command.stderr.write("err");
    await command.end({ code: 3 });
    expect(await answer).toEqual({ stdout: "out", stderr: "err", exitCode: 3 });
  });

  test("that ended by a signal has no code", async () => {
    const { command, answer } = run();
    await command.end({ code: null });
    expect(await answer).toMatchObject({ exitCode: null });
  });

  test("whose end nobody told may be cut: no answer", async () => {
    const { command, answer } = run();
    command.stdout.write("half");
    await command.end(undefined);
    await expect(answer).rejects.toMatchObject({ reason: "ssh-connection-lost", facts: { node: "n1" } });
  });

  test("that prints too much is stopped", async () => {
    const { command, answer } = run();
    command.stdout.write("x".repeat(60));
    command.stderr.write("x".repeat(60));
    await expect(answer).rejects.toMatchObject({ reason: "probe-too-large" });
    expect(command.stopped).toBe(true);
  });

  test("that nobody wants any more is told nothing", async () => {
    const { command, answer } = run(AbortSignal.abort());
    await expect(answer).rejects.toMatchObject({ reason: "cancelled" });
    expect(command.stopped).toBe(true);
    expect(await command.told).toBe("");
  });
});

/** A text in pieces of these lengths, the rest in one. */
function pieces(whole: string, lengths: readonly number[]): string[] {
  const cut: string[] = [];
  let at = 0;
  for (const length of lengths) {
    cut.push(whole.slice(at, at + length));
    at += length;
  }
  return [...cut, whole.slice(at)].filter((piece) => piece !== "");
}
