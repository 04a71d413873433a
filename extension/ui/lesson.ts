import * as vscode from "vscode";
import { type LessonPlace, type LessonReadingPorts, readLesson } from "../app/lesson-reading.ts";
import type { NodeList } from "../app/node-list.ts";
import type { PodStore } from "../app/store.ts";
import type { ChosenWays } from "../app/ways.ts";
import { checkLesson, type LessonResult, type LessonStep } from "../core/lesson.ts";
import { lessonCommands } from "../core/lesson-commands.ts";
import { parseLessonPlace, parseMemory, parseStep, parseStepAndTool } from "./lesson-schema.ts";
import { pickLessonPlace } from "./lesson-place.ts";
import { withProgress } from "./progress.ts";
import { copyText } from "./report-files.ts";
import { oneLine, oneParagraph } from "./text.ts";

const memoryKey = "lesson.memory";
const placeKey = "lesson.place";

export interface LessonPorts extends LessonReadingPorts {
  /** Of the workspace. What it holds may be anything. */
  readonly state: vscode.Memento;
  readonly store: PodStore;
  readonly list: NodeList;
  readonly ways: ChosenWays;
}

/** The lesson "What is the pause container?": the reader types, and a check reads the node and says what is there. */
export class Lesson {
  readonly #ports: LessonPorts;

  constructor(ports: LessonPorts) {
    this.#ports = ports;
  }

  /** "Check this step". Gives undefined where the reader went away. Throws SandboxError as a reading does. */
  async check(argument: unknown): Promise<Pick<LessonResult, "done" | "sentence"> | undefined> {
    const { l10n } = vscode;
    const step = parseStep(argument);
    const place = this.#place() ?? (await this.choosePlace());
    if (place === undefined) return undefined;
    const answer = await askAnswer(step);
    if (answer === undefined) return undefined;
    const reading = await withProgress(l10n.t("Checking on {0}", placeWords(place)), async (options) =>
      readLesson(this.#ports, place, options),
    );
    const { state } = this.#ports;
    const { done, sentence, memory } = checkLesson(step, reading, parseMemory(state.get(memoryKey)), answer);
    await state.update(memoryKey, memory);
    if (done) await vscode.commands.executeCommand("setContext", `podSandbox.lesson.${step}`, true);
    void this.#tell(sentence);
    return { done, sentence };
  }

  /** Asks where the lesson is taken, and keeps it; undefined where nothing was chosen. */
  async choosePlace(): Promise<LessonPlace | undefined> {
    const place = await pickLessonPlace(this.#ports);
    if (place !== undefined) await this.#ports.state.update(placeKey, place);
    return place;
  }

  #place(): LessonPlace | undefined {
    return parseLessonPlace(this.#ports.state.get(placeKey));
  }

  async #tell(sentence: string): Promise<void> {
    const elsewhere = vscode.l10n.t("Check elsewhere…");
    const answer = await vscode.window.showInformationMessage(oneParagraph(sentence), elsewhere);
    if (answer === elsewhere) await this.choosePlace();
  }
}

/** Copies what to type for a step. Throws SandboxError `bad-argument`. */
export async function copyLessonCommands(argument: unknown): Promise<void> {
  const { step, tool } = parseStepAndTool(argument);
  await copyText(lessonCommands(step, tool).join("\n"));
}

/** What the reader has found, for the steps that ask for it; nothing for the others, undefined where they gave up. */
async function askAnswer(step: LessonStep): Promise<readonly string[] | undefined> {
  const { l10n } = vscode;
  if (step !== "find" && step !== "compare") return [];
  const text = await vscode.window.showInputBox({
    title: step === "find" ? l10n.t("Which two PIDs did you find?") : l10n.t("What do the two links say?"),
    prompt:
      step === "find"
        ? l10n.t("Two numbers, in any order.")
        : l10n.t("What readlink printed, such as net:[4026532834]."),
    ignoreFocusOut: true,
    validateInput: (value) => (/\d/.test(value) ? undefined : l10n.t("There is no number in it.")),
  });
  // Of "/proc/812/ns/net: net:[4026532834]" the inode counts, of "812 840" each number.
  return text?.match(/(?<=\[)\d+(?=\])/g) ?? text?.match(/\d+/g) ?? undefined;
}

function placeWords(place: LessonPlace): string {
  return place.kind === "node" ? oneLine(place.node) : oneLine(`${place.context}/${place.namespace}`);
}
