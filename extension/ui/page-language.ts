/**
 * The translations for a page, as a block of data that runs nothing; "" where there are none and the page stays English.
 * The page reads it with `useLanguageOf(document)` of webview/language.ts.
 */
export function languageBlock(bundle: Readonly<Record<string, string>> | undefined): string {
  if (bundle === undefined) return "";
  // No "<" is left that could end the block, or begin a comment in it.
  const json = JSON.stringify(bundle).replaceAll("<", String.raw`\u003c`);
  return `<script type="application/json" id="l10n">${json}</script>\n`;
}
