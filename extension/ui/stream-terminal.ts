import * as vscode from "vscode";
import type { Exit, TerminalStream } from "../nodes/session.ts";

/** Shows a command that runs on a node, and hands on what is typed. Closing it ends the command there. */
export class StreamTerminal implements vscode.Pseudoterminal {
  readonly onDidWrite: vscode.Event<string>;
  readonly onDidClose: vscode.Event<void>;
  readonly #written = new vscode.EventEmitter<string>();
  readonly #closed = new vscode.EventEmitter<void>();
  readonly #stream: TerminalStream;
  /** What it printed before VS Code was ready for it; undefined from then on. */
  #early: string[] | undefined;
  #ended = false;
  /** It ended, and there is nothing to say about that. */
  #done = false;

  /** @param intro - shown first, one line. */
  constructor(stream: TerminalStream, intro: string) {
    this.#stream = stream;
    this.onDidWrite = this.#written.event;
    this.onDidClose = this.#closed.event;
    this.#early = [`${intro}\r\n`];
    // Both: why a command could not be started comes as its stderr.
    for (const output of [stream.stdout, stream.stderr]) {
      output.setEncoding("utf8").on("data", (text: string) => this.#show(text));
    }
    for (const each of [stream.stdin, stream.stdout, stream.stderr]) each.on("error", () => {});
    void stream.exit.then((exit) => this.#end(exit));
  }

  open(size: vscode.TerminalDimensions | undefined): void {
    if (size !== undefined) this.setDimensions(size);
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const text of early) this.#written.fire(text);
    if (this.#done) this.#closed.fire();
  }

  setDimensions({ columns, rows }: vscode.TerminalDimensions): void {
    if (!this.#ended) this.#stream.resize({ columns, rows });
  }

  handleInput(text: string): void {
    if (this.#ended) this.#closed.fire();
    else this.#stream.stdin.write(text);
  }

  close(): void {
    this.#ended = true;
    this.#stream.stop();
    this.#written.dispose();
    this.#closed.dispose();
  }

  #show(text: string): void {
    if (this.#early === undefined) this.#written.fire(text);
    else this.#early.push(text);
  }

  /** What it printed last stays until it was read, where something may have gone wrong. */
  #end(exit: Exit | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#done = exit?.code === 0;
    if (!this.#done) this.#show(`\r\n${lastWords(exit)}\r\n`);
    // VS Code does not listen before it is open.
    else if (this.#early === undefined) this.#closed.fire();
  }
}

function lastWords(exit: Exit | undefined): string {
  const { l10n } = vscode;
  if (exit === undefined) return l10n.t("The connection to the node has ended. Press any key to close.");
  if (exit.code === null) return l10n.t("Ended by a signal. Press any key to close.");
  return l10n.t("Ended with exit status {0}. Press any key to close.", exit.code);
}
