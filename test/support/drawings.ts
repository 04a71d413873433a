/**
 * Pictures of the drawings of sample reports, in print colours, and whether the estimated widths hold in real fonts;
 * then the drawing as the panel shows and saves it, in each theme.
 * `node test/support/drawings.ts [sample[,sample]]` writes into test/output/drawing/.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium, type Browser } from "playwright-core";
import { asIs } from "../../extension/core/arrange.ts";
import { layOut } from "../../extension/core/drawing/layout.ts";
import { printColours } from "../../extension/core/drawing/palette.ts";
import { svgOf, svgText } from "../../extension/core/drawing/svg.ts";
import type { AnyReport } from "../../extension/core/report.ts";
import type { WebviewMessage } from "../../extension/protocol/messages.ts";
import { parseWebviewMessage } from "../../extension/protocol/parse.ts";
import { shownState } from "../../extension/protocol/shown-state.ts";
import { drawingBytes } from "../../extension/ui/drawing-bytes.ts";
import { panelHtml } from "../../extension/ui/panel-html.ts";
import { drawingSamples } from "../fixtures/reports/drawing-samples.ts";
import { themeCss, themes, type ThemeName } from "./themes.ts";

const output = fileURLToPath(new URL("../output/drawing", import.meta.url));
const fonts = ["DejaVu Sans", "Liberation Sans", "sans-serif"];

const chosen = process.argv[2]?.split(",");
await mkdir(output, { recursive: true });
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
try {
  const tab = await browser.newPage({ deviceScaleFactor: 1 });
  for (const [name, report] of Object.entries(drawingSamples)) {
    if (chosen !== undefined && !chosen.includes(name)) continue;
    const drawing = layOut(report);
    const text = svgText(svgOf(drawing, printColours));
    const file = join(output, name);
    await writeFile(`${file}.svg`, text);
    await tab.setViewportSize({ width: drawing.width, height: drawing.height });
    await tab.goto(`file://${file}.svg`);
    await tab.screenshot({ path: `${file}.png` });
    // What the labels really take in each font, beside what was counted with.
    for (const font of fonts) {
      const wider = await tab.evaluate<string[]>(
        `(() => { document.documentElement.setAttribute("font-family", ${JSON.stringify(font)});
          const labels = [...document.querySelectorAll("svg > text")];
          const counted = ${JSON.stringify(drawing.labels.map(({ width }) => width))};
          return labels.flatMap((label, index) => label.getComputedTextLength() > counted[index] + 0.5
            ? [label.lastChild.data + ": " + label.getComputedTextLength() + " > " + counted[index]] : []); })()`,
      );
      for (const one of wider) console.log(`${name} ${font}: ${one}`);
      if (wider.length > 0) process.exitCode = 1;
    }
    console.log(`${name} ${String(drawing.width)}x${String(drawing.height)} ${String(text.length)} bytes`);
  }
  for (const [name, report] of Object.entries(drawingSamples)) {
    if (chosen?.includes(name) !== true && name !== "ephemeral") continue;
    for (const theme of Object.keys(themes) as ThemeName[]) await inPanel(browser, name, report, theme);
  }
} finally {
  await browser.close();
}

/** The real page with its real policy, scripts from another origin as in VS Code: opened, looked at, saved. */
async function inPanel(within: Browser, name: string, report: AnyReport, theme: ThemeName): Promise<void> {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: { webview: "webview/main.tsx", drawing: "webview/drawing/entry.tsx" },
    bundle: true,
    minify: true,
    write: false,
    legalComments: "none",
    format: "iife",
    globalName: "sandboxDrawing",
    target: "es2022",
    outdir: output,
    jsx: "automatic",
    jsxImportSource: "preact",
    define: { "process.env.NODE_ENV": '"production"' },
  });
  const files = new Map(outputFiles.map(({ path, text }) => [path.split("/").at(-1) ?? "", text]));
  const html = panelHtml({
    script: "http://files.test/webview.js",
    style: "http://files.test/webview.css",
    source: "http://files.test",
    nonce: "abc",
    language: "en",
    translations: undefined,
  });
  const tab = await within.newPage({ viewport: { width: 1300, height: 1000 } });
  tab.on("console", (line) => {
    if (line.type() === "error") console.log(`  console: ${line.text()}`);
  });
  const posted: WebviewMessage[] = [];
  await tab.exposeFunction("toHost", async (data: unknown) => {
    const message = parseWebviewMessage(data);
    if (message === undefined)
      console.log("  a message that the host does not take", JSON.stringify(data).slice(0, 200));
    else posted.push(message);
    if (message?.type !== "ready") return;
    const state = shownState({
      subject: { kind: "pod", context: "c", namespace: "default", name: "web" },
      reading: false,
      report,
      error: null,
      source: { kind: "live" },
      arrangement: asIs,
      asked: null,
    });
    await tab.evaluate(`window.postMessage(${JSON.stringify({ type: "state", revision: 1, state })}, "*")`);
  });
  await tab.addInitScript(
    "window.acquireVsCodeApi = () => ({ getState() {}, setState() {}, postMessage(m) { toHost(m); } });",
  );
  await tab.route("http://panel.test/", (route) =>
    route.fulfill({
      contentType: "text/html",
      body: html.replace("<body>", `<body class="${themes[theme].bodyClass}">`),
    }),
  );
  await tab.route("http://files.test/*", (route) => {
    const file = route.request().url().split("/").at(-1) ?? "";
    const body = files.get(file) ?? "";
    const css = file.endsWith(".css");
    return route.fulfill({
      contentType: css ? "text/css" : "text/javascript",
      body: css ? `${themeCss(theme)}\n${body}` : body,
    });
  });
  await tab.goto("http://panel.test/");
  await tab.getByText("Drawing for documents and talks").click();
  await tab.locator(".drawing svg").waitFor();
  await tab.getByText("Save as SVG…").click();
  await tab.getByText("Save as PNG…").click();
  await tab.waitForFunction("true");
  for (let turn = 0; turn < 100 && posted.filter(({ type }) => type === "saveDrawing").length < 2; turn++)
    await tab.waitForTimeout(50);
  for (const message of posted) {
    if (message.type !== "saveDrawing") continue;
    const file = join(output, `${name}-${theme}.saved.${message.format}`);
    await writeFile(file, drawingBytes(message.format, message.data));
    console.log(`${file} ${String((await readFile(file)).length)} bytes`);
  }
  await tab.locator(".drawing-section").screenshot({ path: join(output, `${name}-${theme}-panel.png`) });
  const axe = await readFile(join(root, "node_modules/axe-core/axe.min.js"), "utf8");
  const violations = await tab.evaluate<string[]>(
    `(() => { ${axe}; return axe.run(".drawing-section", { preload: false }).then(({ violations }) => violations.flatMap((v) => v.nodes.map((n) => v.id + " " + n.target + " " + n.failureSummary))); })()`,
  );
  for (const one of violations) console.log(`  axe: ${one}`);
  if (violations.length > 0 || posted.filter(({ type }) => type === "saveDrawing").length !== 2)
    process.exitCode = 1;
  for (const [file, text] of files) console.log(`  ${file} ${String(text.length)} bytes`);
  await tab.close();
}
