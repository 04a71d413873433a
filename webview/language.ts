import * as l10n from "@vscode/l10n";

/**
 * From now on all texts are in the language of the page's data block (extension/ui/page-language.ts); English where it
 * has none. To be called before anything is rendered.
 */
export function useLanguageOf(page: Document): void {
  const block = page.getElementById("l10n")?.textContent ?? "";
  if (block !== "") l10n.config({ contents: block });
}
