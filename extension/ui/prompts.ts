import * as vscode from "vscode";
import type { HostKeyQuestion, PassphraseQuestion, PasswordQuestion, SshPrompts } from "../nodes/prompts.ts";
import { oneLine } from "./text.ts";

/** Asks in VS Code's own dialogs. Answers are handed on and never written down. */
export function createPrompts(): SshPrompts {
  return { confirmHostKey, passphrase, password };
}

async function confirmHostKey(question: HostKeyQuestion, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false;
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
    l10n.t("Compare it with what the node itself prints for:"),
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

async function passphrase(question: PassphraseQuestion, signal: AbortSignal): Promise<string | undefined> {
  const { l10n } = vscode;
  return ask(signal, {
    title: l10n.t("SSH key"),
    prompt: withAttempt(
      l10n.t(
        "Passphrase of {0}. It is kept in memory until the connections are closed, and never written down.",
        oneLine(question.keyFile),
      ),
      question.attempt,
    ),
    password: true,
  });
}

async function password(question: PasswordQuestion, signal: AbortSignal): Promise<string | undefined> {
  const { l10n } = vscode;
  const who = l10n.t("{0} on {1}", oneLine(question.user), oneLine(question.host));
  const what =
    question.prompt === undefined
      ? l10n.t(
          "Password of {0}. It is kept in memory until the connections are closed, and never written down.",
          who,
        )
      : l10n.t("{0} asks: {1}", who, oneLine(question.prompt));
  return ask(signal, {
    title: l10n.t("SSH"),
    prompt: withAttempt(what, question.attempt),
    password: !question.echo,
  });
}

function withAttempt(prompt: string, attempt: number): string {
  return attempt <= 1 ? prompt : vscode.l10n.t("That was not right. {0} (attempt {1} of 3)", prompt, attempt);
}

async function ask(signal: AbortSignal, options: vscode.InputBoxOptions): Promise<string | undefined> {
  if (signal.aborted) return undefined;
  const source = new vscode.CancellationTokenSource();
  const cancel = (): void => source.cancel();
  signal.addEventListener("abort", cancel, { once: true });
  try {
    return await vscode.window.showInputBox({ ...options, ignoreFocusOut: true }, source.token);
  } finally {
    signal.removeEventListener("abort", cancel);
    source.dispose();
  }
}

function address(host: string, port: number): string {
  return port === 22 ? oneLine(host) : vscode.l10n.t("{0}, port {1}", oneLine(host), port);
}
