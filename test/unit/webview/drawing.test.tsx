// @vitest-environment happy-dom
import axe from "axe-core";
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isDrawingSvg } from "../../../extension/core/drawing/check-svg.ts";
import type { WebviewMessage } from "../../../extension/protocol/messages.ts";
import { DrawingSection } from "../../../webview/components/drawing-section.tsx";
import { DrawingView } from "../../../webview/drawing/drawing-view.tsx";
import { hostileText, samples } from "../../fixtures/reports/samples.ts";

let root: HTMLElement;
let posted: WebviewMessage[];

beforeEach(() => {
  document.documentElement.lang = "en";
  document.title = "Sandbox";
  root = document.createElement("main");
  document.body.replaceChildren(root);
  posted = [];
});

afterEach(() => {
  render(null, root);
});

function showView(report: (typeof samples)[keyof typeof samples]): void {
  void act(() => {
    render(<DrawingView report={report} post={(message) => posted.push(message)} />, root);
  });
}

function click(text: string): void {
  const found = [...root.querySelectorAll<HTMLElement>("button, label")].find(
    (one) => one.textContent.trim() === text,
  );
  void act(() => {
    (found?.querySelector("input") ?? found)?.click();
  });
}

test("nothing is there until it is opened", () => {
  void act(() => {
    render(<DrawingSection report={samples.plain} post={() => undefined} />, root);
  });
  expect(root.querySelector("details")?.open).toBe(false);
  expect(root.querySelector("svg")).toBeNull();
  expect(document.querySelector("script")).toBeNull();
});

test("is one picture with a name and a description, without an axe violation", async () => {
  showView(samples.ephemeral);
  const svg = root.querySelector("svg");
  expect(svg?.getAttribute("role")).toBe("img");
  expect(root.querySelector("svg > title")?.textContent).toBe("Linux namespaces of web in default");
  expect(root.querySelector("svg > desc")?.textContent).toContain("should be nginx's");
  const { violations } = await axe.run(root, { rules: { "color-contrast": { enabled: false } } });
  expect(violations.map(({ id }) => id)).toEqual([]);
});

test("is saved as it is shown, in print colours when these are chosen", () => {
  showView(samples.plain);
  click("For print");
  click("Save as SVG…");
  const [message] = posted;
  if (message?.type !== "saveDrawing") throw new Error("nothing was to be saved");
  expect(message.format).toBe("svg");
  expect(isDrawingSvg(message.data)).toBe(true);
  expect(message.data).toContain('fill="#ffffff"');
  expect(root.querySelector("svg > rect")?.getAttribute("fill")).toBe("#ffffff");
});

test("names from the cluster are text", () => {
  showView(samples.hostile);
  expect(root.querySelector("img, script, a")).toBeNull();
  click("Save as SVG…");
  const [message] = posted;
  expect(message?.type === "saveDrawing" && message.data.includes(hostileText)).toBe(false);
  expect(message?.type === "saveDrawing" && isDrawingSvg(message.data)).toBe(true);
});
