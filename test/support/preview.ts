/**
 * Pictures of the panel with the sample reports, in the themes and widths that matter, checked with axe on the way.
 * `node test/support/preview.ts [sample[,sample]] [theme[,theme]] [width[,width]] [forced]`
 * writes into test/output/panel/.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { asIs } from "../../extension/core/arrange.ts";
import type { AnyReport } from "../../extension/core/report.ts";
import type { PanelState, PanelSubject } from "../../extension/protocol/messages.ts";
import { insideSamples } from "../fixtures/reports/inside-samples.ts";
import { otherSamples } from "../fixtures/reports/other-samples.ts";
import { samples } from "../fixtures/reports/samples.ts";
import { bundlePanel, connectPanel, panelPage } from "./panel-page.ts";
import { themes, type ThemeName } from "./themes.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const output = join(root, "test/output/panel");

const error: NonNullable<PanelState["error"]> = {
  title: "node-a did not answer in 15 s.",
  next: "Check that the node is up and that its SSH port is reachable from here, then read again.",
  detail: "ssh-timeout: connect 10.0.0.7:22",
  offers: ["chooseWay", "checkAccess"],
};

function stateOf(report: AnyReport | null, more: Partial<PanelState> = {}): PanelState {
  const shown = report === null ? null : { ...report, takenAt: new Date(Date.now() - 4_500).toISOString() };
  return {
    subject: subjectOf(report ?? samples.plain),
    reading: false,
    error: null,
    report: shown,
    source: { kind: "live" },
    arrangement: asIs,
    asked: null,
    ...more,
  };
}

function subjectOf(report: AnyReport): PanelSubject {
  return "pod" in report ? { ...report.pod, kind: "pod" } : { ...report.other, kind: "other", context: null };
}

const reports: Record<string, AnyReport> = { ...samples, ...insideSamples, ...otherSamples };

const states: Record<string, PanelState> = {
  ...Object.fromEntries(Object.entries(reports).map(([name, report]) => [name, stateOf(report)])),
  loading: stateOf(null, { reading: true }),
  failed: stateOf(null, { error }),
  stale: stateOf(samples.plain, { error }),
};

function chosen<T extends string>(argument: string | undefined, all: readonly T[]): readonly T[] {
  if (argument === undefined || argument === "all") return all;
  return all.filter((name) => argument.split(",").includes(name));
}

const bundle = await bundlePanel();
console.log(
  `webview.js ${String(bundle.script.length)} bytes, webview.css ${String(bundle.css.length)} bytes`,
);

await mkdir(output, { recursive: true });
const axe = await readFile(join(root, "node_modules/axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
  ],
});
let problems = 0;
try {
  const tab = await browser.newPage();
  tab.on("console", (line) => {
    if (line.type() !== "error") return;
    problems += 1;
    console.log(`  console: ${line.text()}`);
  });
  tab.on("pageerror", (thrown) => {
    problems += 1;
    console.log(`  page error: ${thrown.message}`);
  });
  const panel = await connectPanel(tab, stateOf(samples.plain));
  // Not a theme of VS Code but the system's own colours: what Windows' contrast themes do. axe does not see them.
  const forced = process.argv[5] === "forced";
  await tab.emulateMedia({ forcedColors: forced ? "active" : "none" });
  for (const name of chosen(process.argv[2], Object.keys(states))) {
    const state = states[name];
    if (state === undefined) continue;
    for (const theme of chosen(process.argv[3], Object.keys(themes) as ThemeName[])) {
      for (const width of chosen(process.argv[4], ["1100", "500", "400"])) {
        const file = join(output, `${name}-${theme}-${width}`);
        await writeFile(`${file}.html`, panelPage(theme, bundle));
        await tab.setViewportSize({ width: Number(width), height: 900 });
        await tab.goto(`file://${file}.html`);
        await panel.show(state);
        await tab.locator("main h1").waitFor();
        if (name === "ephemeral") await tab.getByText("What is this?").click();
        if (name === "twelve") await tab.evaluate("document.querySelector('.scroll').scrollTo(5000, 0)");
        await tab.screenshot({ path: `${file}.png`, fullPage: true });
        const violations = await tab.evaluate<string[]>(
          `(() => { ${axe}; return axe.run(document, { rules: { "color-contrast": { enabled: ${String(!forced)} } } }).then(({ violations, incomplete }) => [
            ...violations.flatMap((v) => v.nodes.map((n) => v.id + " " + n.target + " " + n.failureSummary)),
            ...incomplete.map((v) => "(unsure) " + v.id + " x" + v.nodes.length + " " + v.nodes[0].target + " " + v.nodes[0].any.map((a) => a.message))]); })()`,
        );
        problems += violations.filter((one) => !one.startsWith("(unsure)")).length;
        console.log([`${name} ${theme} ${width}`, ...violations].join("\n  "));
      }
    }
  }
} finally {
  await browser.close();
}
process.exitCode = problems === 0 ? 0 : 1;
