// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from "vitest";
import { asIs } from "../../../extension/core/arrange.ts";
import type { HostMessage, ShownState } from "../../../extension/protocol/messages.ts";
import { connectHost } from "../../../webview/host.ts";

const state: ShownState = {
  subject: { kind: "pod", context: "lab", namespace: "default", name: "web" },
  reading: true,
  report: null,
  error: null,
  source: { kind: "live" },
  arrangement: asIs,
  asked: null,
  view: null,
};

afterEach(() => {
  vi.unstubAllGlobals();
});

function connect(saved?: unknown): { host: ReturnType<typeof connectHost>; api: Record<string, unknown[]> } {
  const api = { posted: [] as unknown[], kept: [] as unknown[] };
  vi.stubGlobal("acquireVsCodeApi", () => ({
    postMessage: (message: unknown) => api.posted.push(message),
    getState: () => saved,
    setState: (next: unknown) => api.kept.push(next),
  }));
  return { host: connectHost(), api };
}

function receive(data: unknown): void {
  window.dispatchEvent(new MessageEvent("message", { data }));
}

test("older revisions and foreign messages are dropped", () => {
  const { host } = connect();
  const seen: number[] = [];
  host.onState(({ revision }) => seen.push(revision));
  const message = (revision: number): HostMessage => ({ type: "state", revision, state });
  for (const data of [message(2), message(1), message(2), "noise", null, { type: "state" }, message(3)])
    receive(data);
  expect(seen).toEqual([2, 3]);
});

test("a host that counts anew is heard by a panel that was hidden meanwhile", () => {
  const { host } = connect({ scrollTop: 40, revision: 900 });
  const seen: number[] = [];
  host.onState(({ revision }) => seen.push(revision));
  receive({ type: "state", revision: 1, state });
  expect(seen).toEqual([1]);
});

test("what is saved goes to VS Code, and comes from there", () => {
  const { host, api } = connect({ scrollTop: 40 });
  expect(host.saved()).toEqual({ scrollTop: 40 });
  host.save({ subject: state.subject });
  expect(api["kept"]).toEqual([{ subject: state.subject }]);
});
