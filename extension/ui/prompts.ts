import * as vscode from "vscode";
import type { HostKeyQuestion, SshPrompts } from "../nodes/prompts.ts";
import { OneQuestion } from "./one-question.ts";
import { passphraseWords, passwordWords } from "./prompt-words.ts";
import { askSecret } from "./secret-input.ts";
import { oneLine } from "./text.ts";

/** Asks in VS Code's own dialogs, one at a time. Answers are handed on; where one is kept is not decided here. */
export function createPrompts(): SshPrompts {
  const one = new OneQuestion();
  return {
    confirmHostKey: async (question, signal) =>
      one.ask(false, signal, async () => confirmHostKey(question, signal)),
    passphrase: async (question, signal) =>
      one.ask(undefined, signal, async () => askSecret(passphraseWords(question), { echo: false }, signal)),
    password: async (question, signal) =>
      one.ask(undefined, signal, async () => askSecret(passwordWords(question), question, signal)),
    notice,
  };
}

/** A message with progress: unlike others it can be taken back, once the user has done it. */
function notice(text: string, signal: AbortSignal): void {
  const title = vscode.l10n.t("SSH: {0}", oneLine(text));
  void vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title }, () => {
    return new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener("abort", () => resolve(), { once: true });
    });
  });
}

async function confirmHostKey(question: HostKeyQuestion, signal: AbortSignal): Promise<boolean> {
  const { l10n } = vscode;
  const trust = question.file === undefined ? l10n.t("Trust") : l10n.t("Trust and save");
  const answer = await vscode.window.showWarningMessage(
    l10n.t("Is {0} really the host that you mean to reach?", address(question.host, question.port)),
    { modal: true, detail: hostKeyDetail(question) },
    trust,
  );
  // VS Code cannot take a dialog back; an answer that nobody waits for any more must not change known_hosts.
  return answer === trust && !signal.aborted;
}

function hostKeyDetail({ keyType, fingerprint, knownAs, file }: HostKeyQuestion): string {
  const { l10n } = vscode;
  const lines = [
    l10n.t("Nothing has been sent to it yet. It shows a host key that is not known:"),
    "",
    oneLine(keyType),
    oneLine(fingerprint),
    "",
    l10n.t("Compare it with what that host itself prints for:"),
    `ssh-keygen -lf /etc/ssh/ssh_host_${keyFileName(keyType)}_key.pub`,
    "",
  ];
  if (knownAs.length > 0) {
    lines.push(l10n.t("The same key is known for: {0}", knownAs.map((name) => oneLine(name)).join(", ")));
  }
  lines.push(
    file === undefined
      ? l10n.t("If you trust it, it is remembered until this window closes.")
      : l10n.t("If you trust it, it is saved in {0}", oneLine(file)),
  );
  return lines.join("\n");
}

/** As sshd_config(5) names the host keys. */
function keyFileName(keyType: string): string {
  if (keyType.startsWith("ecdsa-")) return "ecdsa";
  return keyType.includes("rsa") ? "rsa" : "ed25519";
}

function address(host: string, port: number): string {
  return port === 22 ? oneLine(host) : vscode.l10n.t("{0}, port {1}", oneLine(host), port);
}
