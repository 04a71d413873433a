/**
 * How long the panel takes to show a large pod, from the moment the host's message arrives until it is painted, in a
 * real Chromium with the code as users get it: `node test/bench/panel.ts`.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asIs } from "../../extension/core/arrange.ts";
import type { SandboxReport } from "../../extension/core/report.ts";
import type { PanelState } from "../../extension/protocol/messages.ts";
import { shownState } from "../../extension/protocol/shown-state.ts";
import { container, process, readings, samples } from "../fixtures/reports/samples.ts";
import { bundlePanel, panelPage } from "../support/panel-page.ts";
import { launchChromium } from "../support/vscode/browser.ts";

const runs = 15;

/** So many containers beside pause, each with some processes; every third has an IPC Linux namespace of its own. */
function largePod(containers: number): SandboxReport {
  const { plain } = samples;
  const more = Array.from({ length: containers }, (_, index) =>
    container(`worker-${String(index)}`, 32_000 + index, {
      namespaces: readings(100 + index, index % 3 === 2 ? { ipc: String(4_026_540_000 + index) } : {}),
      processes: [0, 1, 2, 3].map((at) => process(32_000 + index * 10 + at, at + 1, "/bin/worker --serve")),
    }),
  );
  return { ...plain, containers: [...plain.containers.slice(0, 1), ...more] };
}

export interface PanelTime {
  /** Medians over all runs, in milliseconds: making the message ready, and from the message to the painted table. */
  readonly host: number;
  readonly painted: number;
  /** Of the panel's script, minified. */
  readonly bytes: number;
}

/** @throws when there is no Chromium on the PATH. */
export async function measurePanel(containers: number): Promise<PanelTime> {
  const state: PanelState = {
    subject: { kind: "pod", context: "lab", namespace: "default", name: "web" },
    reading: false,
    report: largePod(containers),
    error: null,
    source: { kind: "live" },
    arrangement: asIs,
    asked: null,
  };
  const bundle = await bundlePanel();
  const folder = await mkdtemp(join(tmpdir(), "panel-"));
  const browser = await launchChromium();
  try {
    const file = join(folder, "panel.html");
    await writeFile(file, panelPage("dark", bundle));
    const tab = await browser.newPage({ viewport: { width: 1100, height: 900 } });
    await tab.exposeFunction("toHost", () => undefined);
    const host: number[] = [];
    const painted: number[] = [];
    for (let run = 0; run < runs; run += 1) {
      await tab.goto(`file://${file}`);
      const started = performance.now();
      const message = JSON.stringify({ type: "state", revision: 1, state: shownState(state) });
      host.push(performance.now() - started);
      painted.push(await tab.evaluate<number>(timeToPaint(message, containers + 2)));
    }
    return { host: median(host), painted: median(painted), bytes: Buffer.byteLength(bundle.script) };
  } finally {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The task after a frame's callbacks runs when that frame has been laid out and painted. */
function timeToPaint(message: string, columns: number): string {
  return `new Promise((resolve, reject) => {
    const started = performance.now();
    window.addEventListener("message", () => requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        const shown = document.querySelectorAll(".matrix thead th").length;
        if (shown === ${String(columns)}) resolve(performance.now() - started);
        else reject(new Error("columns: " + shown));
      };
      channel.port2.postMessage(null);
    }), { once: true });
    window.postMessage(${message}, "*");
  })`;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

if (import.meta.main) {
  for (const containers of [1, 20]) {
    const { host, painted, bytes } = await measurePanel(containers);
    console.log(
      `${String(containers)} containers: ${host.toFixed(1)} ms in the host, ${painted.toFixed(1)} ms from message to paint; ${String(bytes)} bytes`,
    );
  }
}
