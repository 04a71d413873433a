// @vitest-environment happy-dom
import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { asIs } from "../../../extension/core/arrange.ts";
import type { PanelState, ShownState } from "../../../extension/protocol/messages.ts";
import { shownState } from "../../../extension/protocol/shown-state.ts";
import { insideSamples } from "../../fixtures/reports/inside-samples.ts";
import { hostileText, samples } from "../../fixtures/reports/samples.ts";

/** The part of main.tsx that a message goes through, in a page of its own. */
async function start(): Promise<HTMLElement> {
  const root = document.createElement("div");
  root.id = "root";
  document.body.replaceChildren(root);
  vi.resetModules();
  await import("../../../webview/main.tsx");
  return root;
}

const asked = { container: 1, type: "net" } as const;

function stateOf(report: PanelState["report"]): ShownState {
  const subject = { kind: "pod", context: "lab", namespace: "default", name: "web" } as const;
  const rest = { reading: false, error: null, source: { kind: "live" }, arrangement: asIs, asked } as const;
  return shownState({ subject, report, ...rest });
}

let root: HTMLElement;
let thrown: unknown[];
let revision = 0;
const onError = (event: ErrorEvent): void => {
  thrown.push(event.error);
};

beforeEach(async () => {
  vi.stubGlobal("acquireVsCodeApi", () => ({
    postMessage: () => undefined,
    getState: () => undefined,
    setState: () => undefined,
  }));
  thrown = [];
  revision = 0;
  window.addEventListener("error", onError);
  root = await start();
});

afterEach(() => {
  window.removeEventListener("error", onError);
  document.body.replaceChildren();
  vi.unstubAllGlobals();
});

function send(data: unknown): void {
  window.dispatchEvent(new MessageEvent("message", { data }));
}

async function sendState(state: unknown): Promise<void> {
  revision += 1;
  send({ type: "state", revision, state });
  await Promise.resolve();
}

/** Paths to every value in a JSON value. */
function paths(value: unknown, at: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([key, part]) => paths(part, [...at, key]))];
}

function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy: unknown = Array.isArray(value) ? [...value] : { ...(value as object) };
  (copy as Record<string, unknown>)[key] = replaced((value as Record<string, unknown>)[key], rest, by);
  return copy;
}

const odd = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(undefined, null, -1, Number.NaN, "", hostileText, [], {}, [null], { type: "script" }),
);

test("whatever is sent, nothing throws and the next good message is shown", async () => {
  await fc.assert(
    fc.asyncProperty(fc.anything(), async (data) => {
      send(data);
      await sendState(data);
      expect(thrown).toEqual([]);
    }),
    { numRuns: 200 },
  );
  await sendState(stateOf(samples.plain));
  expect(root.querySelectorAll("table.matrix")).toHaveLength(1);
});

test("a good message with one odd value in it neither throws nor becomes markup, and does not stay", async () => {
  const good = stateOf(insideSamples.inside);
  const places = paths(good);
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...places), odd, async (path, by) => {
      await sendState(replaced(good, path, by));
      expect(thrown).toEqual([]);
      expect(root.querySelectorAll("script, img, iframe, a, b")).toHaveLength(0);
    }),
    { numRuns: 300 },
  );
  await sendState(good);
  expect(root.querySelector("[role=alert]")).toBeNull();
  expect(root.querySelectorAll("table.matrix")).toHaveLength(1);
}, 60_000);
