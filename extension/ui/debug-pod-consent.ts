import * as vscode from "vscode";
import type { DebugPodQuestion } from "../nodes/debug-pod/ports.ts";
import { consentWords } from "./debug-pod-words.ts";
import { oneLine } from "./text.ts";
import type { TextDocuments } from "./text-documents.ts";

/** Asks whether a debug pod may be made, one question at a time. A question that is closed is answered with no. */
export class DebugPodConsent {
  readonly #documents: TextDocuments;
  /** What was agreed to for every node until the window closes. */
  readonly #agreed = new Set<string>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(documents: TextDocuments) {
    this.#documents = documents;
  }

  async agree(question: DebugPodQuestion, signal: AbortSignal): Promise<boolean> {
    const answer = this.#last.then(async () => this.#ask(question, signal));
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  async #ask(question: DebugPodQuestion, signal: AbortSignal): Promise<boolean> {
    // Another image or Kubernetes namespace is another question.
    const all = JSON.stringify([question.context, question.namespace, question.image]);
    if (signal.aborted) return false;
    if (this.#agreed.has(all)) return true;
    const { l10n } = vscode;
    const one = l10n.t("Create debug pod");
    const every = l10n.t("Create for every node of this cluster until this window closes");
    const read = l10n.t("Read the manifest first");
    const words = consentWords(question);
    const name = l10n.t("Debug pod for {0}", oneLine(question.node));
    const manifest = await this.#documents.show(
      `${name}.yaml`,
      question.manifestYaml,
      vscode.ViewColumn.Beside,
    );
    try {
      const { question: title, detail } = words;
      // The first one is what Enter presses: it makes nothing yet.
      let answer = await vscode.window.showWarningMessage(title, { modal: true, detail }, read, one, every);
      if (answer === read) {
        // A dialog stands in front of what is to be read; this does not.
        const short = l10n.t("Create for every node");
        const chosen = await vscode.window.showWarningMessage(
          l10n.t("{0} Or for every node of this cluster, until this window closes?", title),
          one,
          short,
        );
        answer = chosen === short ? every : chosen;
      }
      if ((answer !== one && answer !== every) || signal.aborted) return false;
      if (answer === every) this.#agreed.add(all);
      return true;
    } finally {
      await manifest.close();
    }
  }
}
