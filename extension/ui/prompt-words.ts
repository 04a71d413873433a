import * as l10n from "@vscode/l10n";
import type { PassphraseQuestion, PasswordQuestion } from "../nodes/prompts.ts";
import { oneLine } from "./text.ts";

/** What an input box for a secret says. */
export interface SecretWords {
  readonly title: string;
  /** The same with and without its being kept, which is said in words beside the button. */
  prompt(keep: boolean): string;
  /** Whether it is of any use tomorrow: what a server makes up for one login is not. */
  readonly mayKeep: boolean;
}

export function passphraseWords({ keyFile, attempt }: PassphraseQuestion): SecretWords {
  const what = l10n.t("Passphrase of {0}.", oneLine(keyFile));
  return {
    title: l10n.t("SSH key"),
    prompt: (keep) => withAttempt(`${what} ${keepWords(keep)}`, attempt),
    mayKeep: true,
  };
}

export function passwordWords(question: PasswordQuestion): SecretWords {
  const who = l10n.t("{0} on {1}", oneLine(question.user), oneLine(question.host));
  const mayKeep = isPassword(question);
  const isRoot = question.purpose === "root";
  const what =
    question.prompt !== undefined
      ? l10n.t("{0} asks: {1}", who, oneLine(question.prompt))
      : isRoot
        ? l10n.t("Password to become root, of {0}.", who)
        : l10n.t("Password of {0}.", who);
  return {
    title: isRoot ? l10n.t("Becoming root") : l10n.t("SSH"),
    prompt: (keep) => withAttempt(mayKeep ? `${what} ${keepWords(keep)}` : what, question.attempt),
    mayKeep,
  };
}

/** The button's words; `keep` is how it stands. */
export function keepButtonWords(keep: boolean): string {
  return keep
    ? l10n.t("Kept in VS Code's secret storage: on. Press to turn it off.")
    : l10n.t("Keep it in VS Code's secret storage: off. Press to turn it on.");
}

/** A server asks for passwords in its own words too, and for codes that serve once. */
function isPassword({ prompt, echo }: PasswordQuestion): boolean {
  return prompt === undefined || (!echo && /password/i.test(prompt));
}

function keepWords(keep: boolean): string {
  return keep
    ? l10n.t("Once it has worked it is kept in VS Code's secret storage, until you forget it by command.")
    : l10n.t(
        "It stays in memory until this window closes; the button above has it kept in VS Code's secret storage.",
      );
}

function withAttempt(prompt: string, attempt: number): string {
  return attempt <= 1 ? prompt : l10n.t("That was not right (attempt {0} of 3). {1}", attempt, prompt);
}
