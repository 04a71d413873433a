import * as vscode from "vscode";
import type { InspectOptions } from "../app/inspections.ts";
import { withSignal } from "./cancellation.ts";
import { oneLine } from "./text.ts";

/** Runs something that takes a while, with a notification that tells how far it is and can cancel it. */
export async function withProgress<T>(
  title: string,
  run: (options: InspectOptions) => Promise<T>,
): Promise<T> {
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    async (progress, token) =>
      withSignal(token, async (signal) =>
        run({ signal, onProgress: (message) => progress.report({ message: oneLine(message) }) }),
      ),
  );
}
