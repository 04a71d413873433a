import * as vscode from "vscode";
import type { SecretAnswer } from "../nodes/prompts.ts";
import { keepButtonWords, type SecretWords } from "./prompt-words.ts";

/** Asks for a secret, with a button that has it kept; undefined when the user gave up or nobody waits any more. */
export async function askSecret(
  words: SecretWords,
  { echo }: { readonly echo: boolean },
  signal: AbortSignal,
): Promise<SecretAnswer | undefined> {
  const box = vscode.window.createInputBox();
  let keep = false;
  const draw = (): void => {
    box.prompt = words.prompt(keep);
    box.buttons = words.mayKeep
      ? [
          {
            iconPath: new vscode.ThemeIcon(keep ? "pass-filled" : "circle-large-outline"),
            tooltip: keepButtonWords(keep),
          },
        ]
      : [];
  };
  box.title = words.title;
  box.password = !echo;
  box.ignoreFocusOut = true;
  draw();
  const hide = (): void => box.hide();
  signal.addEventListener("abort", hide, { once: true });
  try {
    return await new Promise<SecretAnswer | undefined>((resolve) => {
      box.onDidTriggerButton(() => {
        keep = !keep;
        draw();
      });
      box.onDidAccept(() => {
        resolve({ secret: box.value, keep });
        box.hide();
      });
      box.onDidHide(() => resolve(undefined));
      box.show();
    });
  } finally {
    signal.removeEventListener("abort", hide);
    box.dispose();
  }
}
