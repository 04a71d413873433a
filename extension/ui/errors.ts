import * as vscode from "vscode";
import { errorText } from "../core/error-text.ts";
import { asSandboxError, type SandboxError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import { oneLine } from "./text.ts";

/** What a person may do about an error, beside what its text says. */
export interface ErrorActions {
  showLog(): void;
  openSettings(setting?: string): void | Promise<void>;
  readonly access: AccessOffers;
}

/** What may be done about an error of the way onto a node. */
export interface AccessOffers {
  /** In the order in which they are shown; none where it is not the way that has failed. */
  offers(error: SandboxError): readonly AccessOffer[];
  /** Lets the user choose another way; gives whether they did. */
  chooseAfter(error: SandboxError): Promise<boolean>;
  checkAfter(error: SandboxError): Promise<void>;
}

export type AccessOffer = "chooseWay" | "checkAccess";

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
      void guarded(name, { log, actions }, async () => {
        if (await show(error, actions)) await guarded(name, { log, actions }, run);
      });
    }
    return undefined;
  }
}

/** Shows an error with what to do about it; gives whether what failed is to be tried again. */
async function show(error: SandboxError, actions: ErrorActions): Promise<boolean> {
  const { l10n } = vscode;
  const buttonsOf = {
    chooseWay: l10n.t("Reach it another way…"),
    checkAccess: l10n.t("Check node access"),
    openSettings: l10n.t("Open settings"),
    showLog: l10n.t("Show log"),
  };
  const offers = actions.access.offers(error);
  const buttons = [
    ...offers.map((offer) => buttonsOf[offer]),
    // More than three do not fit into a notification.
    ...(isAboutSettings(error) && offers.length < 2 ? [buttonsOf.openSettings] : []),
    buttonsOf.showLog,
  ];
  switch (await vscode.window.showErrorMessage(words(error), ...buttons)) {
    case buttonsOf.chooseWay:
      return actions.access.chooseAfter(error);
    case buttonsOf.checkAccess:
      await actions.access.checkAfter(error);
      return false;
    case buttonsOf.openSettings:
      await actions.openSettings(error.facts["setting"]);
      return false;
    case buttonsOf.showLog:
      actions.showLog();
      return false;
    default:
      return false;
  }
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
