import { mkdtempSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Frame } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeSnapshot } from "../../extension/core/snapshot/snapshot.ts";
import { drawingSamples } from "../fixtures/reports/drawing-samples.ts";
import type { Workbench } from "../support/vscode/workbench.ts";
import { axeViolations } from "./axe.ts";
import { packageText, type Product, useProduct } from "./product.ts";
import { inspect } from "./steps.ts";

/** VS Code's names of its themes, and the class that it then puts on the body of a webview. */
const THEMES = [
  { name: "dark", theme: "Dark Modern", bodyClass: "vscode-dark" },
  { name: "light", theme: "Light Modern", bodyClass: "vscode-light" },
  { name: "high-contrast", theme: "Default High Contrast", bodyClass: "vscode-high-contrast" },
  {
    name: "high-contrast-light",
    theme: "Default High Contrast Light",
    bodyClass: "vscode-high-contrast-light",
  },
] as const;

/** Pods of the lab, read live. */
const PODS = ["web", "shared-pids", "debugged", "host-network"];

/** States that no pod of the lab is in, opened from snapshots. */
const SNAPSHOTS = [
  "everythingHost",
  "userNamespace",
  "pinned",
  "held",
  "crashing",
  "virtualised",
  "denied",
  "ephemeral",
  "inside",
  "twenty",
  "hostile",
  "podmanPod",
];

/** High enough for the whole table and the findings. */
const HIGH = { width: 1280, height: 1300 };

/** A workspace with a snapshot of each state, for as long as the tests of the calling `describe` run. */
function useSnapshots(): () => string {
  let folder: string | undefined;
  beforeAll(async () => {
    const made = mkdtempSync(join(tmpdir(), "states-"));
    folder = made;
    for (const state of SNAPSHOTS) {
      const report = drawingSamples[state];
      if (report === undefined) throw new Error(`There is no sample ${state}.`);
      const text = writeSnapshot({ kind: "report", report }, new Date(report.takenAt), "a test");
      await writeFile(join(made, `${state}.sandbox.json`), text);
    }
  });
  afterAll(async () => {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });
  return () => {
    if (folder === undefined) throw new Error("The snapshots are there in tests only.");
    return folder;
  };
}

async function openSnapshot(workbench: Workbench, state: string): Promise<Frame> {
  await workbench.openFile(`${state}.sandbox.json`);
  return workbench.webview(`main:has-text("${state}.sandbox.json") table.matrix`);
}

async function openPod(workbench: Workbench, pod: string): Promise<Frame> {
  await inspect(workbench, pod);
  await workbench.tab(`${pod} sandbox`).waitFor();
  return workbench.webview(`main:has(h1:has-text("${pod}")) table.matrix`);
}

/** In pixels: what is wider than the page would be cut off. Only the table may be, in a frame of its own. */
async function overflow(frame: Frame): Promise<number> {
  const root = "document.documentElement";
  return Number(await frame.evaluate(`${root}.scrollWidth - ${root}.clientWidth`));
}

/** Numbers, names of types and marks that do not fit into their own cell. */
async function cutOff(frame: Frame): Promise<unknown> {
  return frame.evaluate(`
    [...document.querySelectorAll(".matrix td .cell, .matrix tbody th")]
      .filter((box) => box.scrollWidth > box.clientWidth + 1)
      .map((box) => box.textContent)
  `);
}

async function faults(frame: Frame): Promise<unknown> {
  return {
    axe: await axeViolations(frame),
    overflow: Math.max(0, await overflow(frame)),
    cut: await cutOff(frame),
  };
}

const NONE = { axe: [], overflow: 0, cut: [] };

/** Looks at what is open in every theme, one after the other, without opening it again. */
async function everyTheme({ lab, server, workbench }: Product, frame: Frame, state: string): Promise<void> {
  const found: Record<string, unknown> = {};
  for (const { name, theme, bodyClass } of THEMES) {
    await server.changeMachineSettings({ ...lab.settings, "workbench.colorTheme": theme });
    await frame.waitForSelector(`body.${bodyClass}`);
    found[name] = await faults(frame);
    await workbench.screenshot(`state-${state}-${name}`);
  }
  expect(found).toEqual(Object.fromEntries(THEMES.map(({ name }) => [name, NONE])));
  await workbench.closeEditors();
}

describe("the panel in all four themes", () => {
  const product = useProduct({}, {}, { workspace: useSnapshots() });
  beforeAll(async () => product().workbench.page.setViewportSize(HIGH));

  test.for(PODS)("has no fault that axe knows, and nothing is cut off: %s", async (pod) => {
    await everyTheme(product(), await openPod(product().workbench, pod), pod);
  });

  test.for(SNAPSHOTS)("has no fault that axe knows, and nothing is cut off: %s", async (state) => {
    await everyTheme(product(), await openSnapshot(product().workbench, state), state);
  });

  describe("in a narrow column", () => {
    // Beside the panel itself is the activity bar. At 200 % a window of 1280 px has 640.
    beforeAll(async () => product().workbench.run("View: Close Primary Side Bar"));

    const SIZES = [
      { size: "400px", width: 452, height: 1300 },
      { size: "200-percent", width: 692, height: 650 },
    ];
    test.for(["ephemeral", "twenty", "crashing", "inside"])("is whole: %s", async (state) => {
      const { workbench } = product();
      const frame = await openSnapshot(workbench, state);
      for (const { size, width, height } of SIZES) {
        await workbench.page.setViewportSize({ width, height });
        await frame.waitForFunction(`innerWidth < ${String(width)}`);
        expect(await faults(frame), size).toEqual(NONE);
        await workbench.screenshot(`state-${state}-${size}`);
      }
      await workbench.closeEditors();
    });
  });
});

describe.for([
  { language: "ru", words: ["узла", "должен"] },
  { language: "zh-cn", words: ["节点", "应"] },
])("in the language $language", ({ language, words }) => {
  const product = useProduct({}, {}, { workspace: useSnapshots(), language });
  beforeAll(async () => product().workbench.page.setViewportSize(HIGH));

  test("the panel speaks it, and nothing is cut off", async () => {
    const { workbench } = product();
    await workbench.run("View: Close Primary Side Bar");
    await inspect(workbench, "debugged", await packageText("command.inspect", language));
    const frame = await workbench.webview(`main:has(h1:has-text("debugged")) table.matrix`);
    const text = await frame.locator("main").innerText();
    for (const word of words) expect(text).toContain(word);
    expect(await faults(frame)).toEqual(NONE);
    await workbench.screenshot(`state-debugged-${language}`);
    await workbench.page.setViewportSize({ width: 452, height: 1300 });
    await frame.waitForFunction("innerWidth < 452");
    expect(await faults(frame)).toEqual(NONE);
    await workbench.screenshot(`state-debugged-${language}-400px`);
  });
});
