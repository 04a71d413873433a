import type * as vscode from "vscode";
import { Recent } from "../app/recent.ts";
import { asIs, isAsIs, type Arrangement } from "../core/arrange.ts";
import type { PanelSubject } from "../protocol/messages.ts";
import { parseSavedArrangements } from "../protocol/parse.ts";
import { subjectKey } from "./subject-key.ts";

const memoryKey = "arrangements";

/** Sandboxes; whose columns were arranged the longest ago is forgotten. */
const limit = 100;

/** How the reader wants the columns of each sandbox: outlives panels and windows. */
export class Arrangements {
  readonly #memory: vscode.Memento;
  readonly #recent = new Recent<Arrangement>(limit);

  /** @param memory - of the workspace, as panels are. What it holds may be anything. */
  constructor(memory: vscode.Memento) {
    this.#memory = memory;
    for (const [key, arrangement] of parseSavedArrangements(memory.get<unknown>(memoryKey)))
      this.#recent.put(key, arrangement);
  }

  of(subject: PanelSubject): Arrangement {
    return this.#recent.get(subjectKey(subject)) ?? asIs;
  }

  async keep(subject: PanelSubject, arrangement: Arrangement): Promise<void> {
    if (isAsIs(arrangement)) this.#recent.delete(subjectKey(subject));
    else this.#recent.put(subjectKey(subject), arrangement);
    await this.#memory.update(memoryKey, [...this.#recent]);
  }
}
