import { chmod, writeFile } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { randomUUID } from "node:crypto";
import { quoteWord } from "../quote.ts";

/** What ssh asks; the hint is SSH_ASKPASS_PROMPT. undefined = no answer, ssh gives up the question. */
export type AnswerPrompt = (prompt: string, hint: string, signal: AbortSignal) => Promise<string | undefined>;

/** Longest question taken from the helper, in bytes; an argument of a program is at most 128 KiB (execve(2)). */
const maxQuestion = 512 * 1024;

/**
 * The program that ssh starts with its prompt as argument and whose output is the answer (ssh(1), SSH_ASKPASS). It
 * hands both through to us: the answer is in no argument, variable or file.
 */
const helper = `const [, , path, prompt = ""] = process.argv;
let answer = "";
require("node:net")
  .connect(path, function () {
    this.write(JSON.stringify({ prompt, hint: process.env.SSH_ASKPASS_PROMPT ?? "" }) + "\\n");
  })
  .setEncoding("utf8")
  .on("data", (text) => { answer += text; })
  .on("error", () => {})
  .on("close", () => {
    if (answer === "") process.exitCode = 1;
    else process.stdout.write(JSON.parse(answer) + "\\n");
  });
`;

/** Answers the questions of the ssh processes that are started with `environment`. */
export class Askpass implements AsyncDisposable {
  readonly environment: Readonly<Record<string, string>>;
  readonly #server: Server;
  readonly #sockets: ReadonlySet<Socket>;

  private constructor(program: string, display: string, server: Server, sockets: ReadonlySet<Socket>) {
    this.environment = {
      SSH_ASKPASS: program,
      SSH_ASKPASS_REQUIRE: "force",
      // Before OpenSSH 8.4 it is used where there is a display and no terminal.
      DISPLAY: display,
    };
    this.#server = server;
    this.#sockets = sockets;
  }

  /**
   * @param folder a private one: who can open its files can answer. Removed by the caller.
   * @param display of the user's own, where there is one.
   */
  static async listen(
    folder: string,
    platform: NodeJS.Platform,
    display: string | undefined,
    answer: AnswerPrompt,
  ): Promise<Askpass> {
    const windows = platform === "win32";
    const path = windows ? `\\\\.\\pipe\\pod-sandbox-${randomUUID()}` : join(folder, "q");
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
      serve(socket, answer);
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen(path, resolve);
    });
    const script = join(folder, "askpass.cjs");
    const program = join(folder, windows ? "askpass.cmd" : "askpass");
    await writeFile(script, helper, { mode: 0o600 });
    // The editor's own program is Node.js when it is told so; its other variables are none of the helper's business.
    await writeFile(
      program,
      windows
        ? `@set ELECTRON_RUN_AS_NODE=1\r\n@set NODE_OPTIONS=\r\n@"${process.execPath}" "${script}" "${path}" %*\r\n`
        : `#!/bin/sh\nunset NODE_OPTIONS\nELECTRON_RUN_AS_NODE=1 exec ${[process.execPath, script, path].map(quoteWord).join(" ")} "$@"\n`,
      { mode: 0o600 },
    );
    await chmod(program, 0o700);
    return new Askpass(program, display ?? ":0", server, sockets);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }
}

/** One question: a line of JSON comes, the answer goes as JSON, or nothing at all. */
function serve(socket: Socket, answer: AnswerPrompt): void {
  const gone = new AbortController();
  let text = "";
  const hear = (chunk: string): void => {
    text += chunk;
    if (text.length > maxQuestion) socket.destroy();
    if (!text.includes("\n")) return;
    socket.off("data", hear);
    void reply(text).then((said) => socket.end(said));
  };
  const reply = async (line: string): Promise<string> => {
    try {
      const asked: unknown = JSON.parse(line);
      if (typeof asked !== "object" || asked === null || !("prompt" in asked) || !("hint" in asked))
        return "";
      const said = await answer(String(asked.prompt), String(asked.hint), gone.signal);
      return said === undefined ? "" : JSON.stringify(said);
    } catch {
      // Whoever answers knows why there is none; ssh ends without it.
      return "";
    }
  };
  socket.setEncoding("utf8");
  socket.on("error", () => {});
  socket.on("close", () => gone.abort());
  socket.on("data", hear);
  socket.resume();
}
