// @vitest-environment happy-dom
import axe from "axe-core";
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { buildMatrix, cellText } from "../../../extension/core/matrix.ts";
import type { SandboxReport } from "../../../extension/core/report.ts";
import type { PanelState, WebviewMessage } from "../../../extension/protocol/messages.ts";
import { App } from "../../../webview/app.tsx";
import { hostileText, samples } from "../../fixtures/reports/samples.ts";

let root: HTMLElement;
let posted: WebviewMessage[];

beforeEach(() => {
  document.documentElement.lang = "en";
  document.title = "Sandbox";
  root = document.createElement("div");
  document.body.replaceChildren(root);
  posted = [];
});

afterEach(() => {
  render(null, root);
  vi.useRealTimers();
});

function show(report: SandboxReport | null, more: Partial<PanelState> = {}): void {
  const { context, namespace, name } = report?.pod ?? samples.plain.pod;
  const state: PanelState = {
    pod: { context, namespace, name },
    reading: false,
    report,
    error: null,
    ...more,
  };
  void act(() => {
    render(<App state={state} post={(message) => posted.push(message)} />, root);
  });
}

function text(selector: string): string {
  return (root.querySelector(selector)?.textContent ?? "").replaceAll(/\s+/g, " ").trim();
}

function click(label: string | RegExp, within: ParentNode = root): void {
  const button = [...within.querySelectorAll("button")].find((one) => {
    const name = one.getAttribute("aria-label") ?? one.textContent;
    return typeof label === "string" ? name === label : label.test(name);
  });
  if (button === undefined) throw new Error(`no button ${String(label)}`);
  void act(() => {
    button.click();
  });
}

const error = { title: "node-a did not answer.", next: "Read again.", detail: "ssh-timeout" };

const states: [string, PanelState["report"], Partial<PanelState>][] = [
  ...Object.entries(samples).map(([name, report]): [string, SandboxReport, Partial<PanelState>] => [
    name,
    report,
    {},
  ]),
  ["loading", null, { reading: true }],
  ["failed", null, { error }],
  ["failed again", samples.plain, { error }],
];

// One of each kind of content: axe takes its time.
const examined = new Set(["ephemeral", "crashing", "broken", "hostile", "loading", "failed", "failed again"]);

test.each(states.filter(([name]) => examined.has(name)))(
  "%s has no axe violation",
  async (_name, report, more) => {
    show(report, more);
    // Colours need a browser that lays out: test/support/preview.ts looks at them.
    const { violations } = await axe.run(document, { rules: { "color-contrast": { enabled: false } } });
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
  },
);

describe.each(states)("%s", (_name, report, more) => {
  test("needs no inline style, script or handler, which the CSP would refuse", () => {
    show(report, more);
    for (const element of root.querySelectorAll("*")) {
      const names = element.getAttributeNames();
      expect(names.filter((name) => name.startsWith("on"))).toEqual([]);
      // Set through the CSSOM by a ref, which the CSP allows; markup never holds it.
      if (!element.matches("table")) expect(names).not.toContain("style");
    }
    expect(root.querySelectorAll("script, style, img, iframe, a")).toHaveLength(0);
  });
});

describe("the table", () => {
  test("is a real one, and every cell holds its own inode and verdict", () => {
    show(samples.ephemeral);
    const { columns, rows } = buildMatrix(samples.ephemeral);
    expect(root.querySelectorAll("table")).toHaveLength(1);
    expect(text("caption")).toContain("Linux namespaces");
    const headers = [...root.querySelectorAll("thead th")];
    expect(
      headers.map((one) => [one.getAttribute("scope"), one.querySelector(".name")?.textContent]),
    ).toEqual(columns.map(({ name }) => ["col", name]));
    const lines = [...root.querySelectorAll("tbody tr")];
    expect(lines).toHaveLength(rows.length);
    for (const [index, row] of rows.entries()) {
      const line = lines[index];
      expect(line?.querySelector("th")?.getAttribute("scope")).toBe("row");
      expect(line?.querySelector("th")?.textContent).toContain(row.type);
      const cells = [...(line?.querySelectorAll("td") ?? [])];
      expect(cells).toHaveLength(columns.length);
      for (const [at, cell] of row.cells.entries()) {
        for (const part of cellText(cell).split(", ")) expect(cells[at]?.textContent).toContain(part);
      }
    }
  });

  test("scrolls on its own and by keyboard", () => {
    show(samples.twelve);
    const region = root.querySelector("[role=region]:has(table)");
    expect(region?.getAttribute("tabindex")).toBe("0");
    expect(region?.getAttribute("aria-label")).toBeTruthy();
  });

  test("draws the line of a broken band behind each stranger", () => {
    show(samples.broken);
    expect(root.querySelectorAll(".behind.hue-host")).not.toHaveLength(0);
  });
});

test("the answer stands in bold where it matters", () => {
  show(samples.plain);
  expect([...root.querySelectorAll(".answer strong")].map((one) => one.textContent)).toEqual([
    "network, IPC and hostname",
    "processes and files",
  ]);
});

test("findings come by severity, each with its subject in bold", () => {
  show(samples.ephemeral);
  const items = [...root.querySelectorAll(".findings li")];
  expect(items.map((item) => [item.className, item.querySelector("strong")?.textContent])).toEqual([
    ["warning", "debugger"],
    ["info", "nginx"],
  ]);
  expect(items[0]?.textContent).toContain("Warning: debugger was to join");
});

test("hostile names stay text", () => {
  show(samples.hostile);
  expect(root.querySelector("h1")?.textContent).toContain(hostileText);
  expect(root.querySelectorAll("img, script, b")).toHaveLength(0);
});

test("each button says to the host what it is for", () => {
  show(samples.ephemeral);
  click("Read again");
  click("Copy as Markdown");
  click("Copy as JSON");
  click("Save report…");
  click(/^Why this happens.*debugger/);
  click("Copy sudo lsns -p 30208");
  expect(posted).toEqual([
    { type: "readAgain" },
    { type: "copy", what: "markdown" },
    { type: "copy", what: "json" },
    { type: "saveReport" },
    { type: "explainFinding", code: "sharing-differs" },
    { type: "copyText", text: "sudo lsns -p 30208" },
  ]);
});

test("the button that started a reading stops it and keeps the focus; a double click does not do both", () => {
  show(samples.plain);
  const button = root.querySelector<HTMLButtonElement>(".sub button");
  button?.focus();
  show(samples.plain, { reading: true });
  expect(document.activeElement).toBe(button);
  expect(button?.textContent).toBe("Cancel reading");
  button?.dispatchEvent(new MouseEvent("click", { detail: 2 }));
  expect(posted).toEqual([]);
  button?.dispatchEvent(new MouseEvent("click", { detail: 1 }));
  expect(posted).toEqual([{ type: "cancel" }]);
});

test("a failure stands above the last report, with what to do", () => {
  show(samples.plain, { error });
  expect(text("[role=alert] .title")).toContain("node-a did not answer.");
  expect(text("[role=alert] p:last-child")).toBe("Read again.");
  expect(root.querySelectorAll("table")).toHaveLength(1);
  click("Show log");
  click("Open settings");
  expect(posted).toEqual([{ type: "showLog" }, { type: "openSettings" }]);
});

test("before the first report one sees that it is being read, and can stop it", () => {
  show(null, { reading: true });
  expect(text("main")).toContain("Reading the Linux namespaces of web from its node…");
  click("Cancel reading");
  expect(posted).toEqual([{ type: "cancel" }]);
});

test("the age grows while one looks on, and is not announced", () => {
  vi.useFakeTimers({ now: Date.parse(samples.plain.takenAt) });
  show(samples.plain);
  expect(text(".sub time")).toBe("just now");
  void act(() => {
    vi.advanceTimersByTime(5_000);
  });
  expect(text(".sub time")).toBe("5 s ago");
  void act(() => {
    vi.advanceTimersByTime(3_600_000);
  });
  expect(text(".sub time")).toBe("1 h ago");
  expect(root.querySelector(".sub time")?.getAttribute("aria-live")).toBe("off");
});

test("a long process list starts closed and says how long it is", () => {
  show(samples.twelve);
  const [first, second] = [...root.querySelectorAll<HTMLDetailsElement>("details.of-container")].slice(1);
  expect(first?.open).toBe(false);
  expect(first?.querySelector("summary")?.textContent).toContain("41 processes");
  expect(second?.open).toBe(true);
});
