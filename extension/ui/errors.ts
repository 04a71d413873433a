import * as vscode from "vscode";
import { errorText } from "../core/error-text.ts";
import { asSandboxError, type SandboxError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import { oneLine } from "./text.ts";

/** What a person may do about an error, beside what its text says. */
export interface ErrorActions {
  showLog(): void;
  openSettings(setting?: string): void | Promise<void>;
}

/**
 * Runs what a command does, and tells a person of its failure in words; the log has the details. Being cancelled is no
 * failure. Gives undefined in both cases.
 */
export async function guarded<T>(
  name: string,
  { log, actions }: { log: Log; actions: ErrorActions },
  run: () => Promise<T> | T,
): Promise<T | undefined> {
  try {
    return await run();
  } catch (thrown) {
    const error = asSandboxError(thrown);
    if (error.reason === "cancelled") {
      log.info(`${name}: cancelled`);
      return undefined;
    }
    const line = `${name}: ${error.reason}: ${error.message}`;
    // Not awaited: the command has ended, however long the message stays on the screen.
    if (isAnswer(error)) {
      log.info(line);
      void vscode.window.showInformationMessage(words(error));
    } else {
      log.error(line);
      void show(error, actions);
    }
    return undefined;
  }
}

/** Shows an error with what to do about it. */
async function show(error: SandboxError, actions: ErrorActions): Promise<void> {
  const { l10n } = vscode;
  const showLog = l10n.t("Show log");
  const openSettings = l10n.t("Open settings");
  const buttons = isAboutSettings(error) ? [openSettings, showLog] : [showLog];
  const chosen = await vscode.window.showErrorMessage(words(error), ...buttons);
  if (chosen === showLog) actions.showLog();
  if (chosen === openSettings) await actions.openSettings(error.facts["setting"]);
}

function words(error: SandboxError): string {
  const { title, next } = errorText(error);
  return `${oneLine(title)} ${oneLine(next)}`;
}

/** Nothing has failed: it was asked for a sandbox where there can be none. */
function isAnswer({ reason }: SandboxError): boolean {
  return (
    reason === "pod-finished" ||
    reason === "pod-not-scheduled" ||
    reason === "pod-windows" ||
    reason === "node-windows" ||
    reason === "node-virtual"
  );
}

function isAboutSettings({ reason }: SandboxError): boolean {
  return (
    reason === "setting-invalid" ||
    reason === "node-no-address" ||
    reason.startsWith("ssh-") ||
    reason.startsWith("kubeconfig-")
  );
}
