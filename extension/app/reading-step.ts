import * as l10n from "@vscode/l10n";

/** What is done next while something is read; its kind is for the log, which stays English. */
export interface ReadingStep {
  readonly kind: "asking-api" | "reading-sandbox" | "reading-node" | "looking-for-holder" | "reading-again";
  /** The pod that the API is asked for, or the node. */
  readonly of: string;
}

/** The same in words for the person who waits. */
export function stepWords({ kind, of }: ReadingStep): string {
  switch (kind) {
    case "asking-api":
      return l10n.t("Asking the API for {0}", of);
    case "reading-sandbox":
      return l10n.t("Reading the sandbox on {0}", of);
    case "reading-node":
      return l10n.t("Reading all of {0}", of);
    case "looking-for-holder":
      return l10n.t("Looking on all of {0} for what holds the sandbox", of);
    case "reading-again":
      return l10n.t("Reading once more to be sure");
  }
}
