import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Page } from "playwright-core";
import type { PanelState, WebviewMessage } from "../../extension/protocol/messages.ts";
import { shownState } from "../../extension/protocol/shown-state.ts";
import { themeCss, themes, type ThemeName } from "./themes.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface PanelBundle {
  readonly script: string;
  readonly css: string;
}

/** The panel's code as users get it. */
export async function bundlePanel(): Promise<PanelBundle> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ["webview/main.tsx"],
    bundle: true,
    minify: true,
    write: false,
    legalComments: "none",
    format: "iife",
    target: "es2022",
    outdir: join(root, "dist"),
    jsx: "automatic",
    jsxImportSource: "preact",
    define: { "process.env.NODE_ENV": '"production"' },
  });
  const text = (ending: string): string => outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? "";
  return { script: text(".js"), css: text(".css") };
}

/** The panel's page in a theme, with VS Code's API put in its place; for `connectPanel`. */
export function panelPage(theme: ThemeName, { script, css }: PanelBundle): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sandbox</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'nonce-n'; script-src 'nonce-n'">
<style nonce="n">${themeCss(theme)}</style><style nonce="n">${css}</style></head>
<body class="${themes[theme].bodyClass}"><div id="root"></div>
<script nonce="n">window.acquireVsCodeApi = () => ({ getState() {}, setState() {}, postMessage(m) { toHost(m); } });</script>
<script nonce="n">${script.replaceAll("</script", String.raw`<\/script`)}</script></body></html>`;
}

export interface ConnectedPanel {
  /** What the page, or the next one in the same tab, shows. */
  show(state: PanelState): Promise<void>;
  /** All that the panel has said. */
  readonly posted: readonly WebviewMessage[];
}

/** Answers the panel in a tab as the extension does, for as long as the tab lives. */
export async function connectPanel(tab: Page, first: PanelState): Promise<ConnectedPanel> {
  const posted: WebviewMessage[] = [];
  let state = first;
  let revision = 0;
  const send = async (): Promise<void> => {
    revision += 1;
    const message = JSON.stringify({ type: "state", revision, state: shownState(state) });
    await tab.evaluate(`window.postMessage(${message}, "*")`);
  };
  await tab.exposeFunction("toHost", async (message: WebviewMessage) => {
    posted.push(message);
    if (message.type === "arrange") state = { ...state, arrangement: message.arrangement };
    if (message.type === "explainCell") state = { ...state, asked: message.cell };
    if (["ready", "arrange", "explainCell"].includes(message.type)) await send();
  });
  return {
    posted,
    show: async (next) => {
      state = next;
      await send();
    },
  };
}
