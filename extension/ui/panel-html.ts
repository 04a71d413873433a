import * as l10n from "@vscode/l10n";
import { languageBlock } from "./page-language.ts";

/** What the page needs from VS Code: URIs that the webview may load, and where scripts and styles may come from. */
export interface PageParts {
  readonly script: string;
  readonly style: string;
  /** Webview.cspSource. */
  readonly source: string;
  /** Fresh for each page; letters and digits only. */
  readonly nonce: string;
  readonly language: string;
  /** Of that language, where there is one; vscode.l10n.bundle. */
  readonly translations: Readonly<Record<string, string>> | undefined;
}

/** The page around the view. It holds no data but the translations: the rest comes in messages. */
export function panelHtml({ script, style, source, nonce, language, translations }: PageParts): string {
  const policy = [
    "default-src 'none'",
    `style-src ${source}`,
    `font-src ${source}`,
    // The drawing on its way to becoming a PNG.
    "img-src blob:",
    `script-src 'nonce-${nonce}'`,
  ].join("; ");
  return `<!doctype html>
<html lang="${attribute(language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${attribute(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${attribute(l10n.t("Pod sandbox"))}</title>
<link rel="stylesheet" href="${attribute(style)}">
</head>
<body>
<div id="root"></div>
${languageBlock(translations)}<script nonce="${nonce}" src="${attribute(script)}"></script>
</body>
</html>
`;
}

/** As text between tags too. */
function attribute(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}
