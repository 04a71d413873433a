import * as vscode from "vscode";
import type { Log } from "../core/log.ts";

/** The output channel, as the other rooms know it. */
export interface LogChannel extends Log, vscode.Disposable {
  show(): void;
}

export function createLog(): LogChannel {
  const channel = vscode.window.createOutputChannel("Pod Sandbox Explorer", { log: true });
  return {
    debug: (message) => channel.debug(plain(message)),
    info: (message) => channel.info(plain(message)),
    warn: (message) => channel.warn(plain(message)),
    error: (message) => channel.error(plain(message)),
    show: () => channel.show(),
    dispose: () => channel.dispose(),
  };
}

/** Names in messages are somebody else's text: one must not be able to write a line of its own into the log. */
function plain(message: string): string {
  return message.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, " ");
}
