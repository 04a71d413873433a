/** What the page needs from VS Code: URIs that the webview may load, and where scripts and styles may come from. */
export interface PageParts {
  readonly script: string;
  readonly style: string;
  /** Webview.cspSource. */
  readonly source: string;
  /** Fresh for each page; letters and digits only. */
  readonly nonce: string;
  readonly language: string;
}

/** The page around the view. It holds no data: that comes in messages. */
export function panelHtml({ script, style, source, nonce, language }: PageParts): string {
  const policy = [
    "default-src 'none'",
    `style-src ${source}`,
    `font-src ${source}`,
    `script-src 'nonce-${nonce}'`,
  ].join("; ");
  return `<!doctype html>
<html lang="${attribute(language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${attribute(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Pod sandbox</title>
<link rel="stylesheet" href="${attribute(style)}">
</head>
<body>
<div id="root"></div>
<script nonce="${nonce}" src="${attribute(script)}"></script>
</body>
</html>
`;
}

function attribute(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}
