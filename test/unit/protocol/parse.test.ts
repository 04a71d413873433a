import fc from "fast-check";
import { expect, test } from "vitest";
import type { PanelSubject, WebviewMessage } from "../../../extension/protocol/messages.ts";
import { longestDrawing } from "../../../extension/protocol/limits.ts";
import {
  parseSavedArrangements,
  parseSavedSubject,
  parseWebviewMessage,
} from "../../../extension/protocol/parse.ts";

const messages: readonly WebviewMessage[] = [
  { type: "ready" },
  { type: "readAgain" },
  { type: "cancel" },
  { type: "copy", what: "markdown" },
  { type: "copy", what: "json" },
  { type: "copyText", text: "sudo lsns -p 1" },
  { type: "saveSnapshot" },
  { type: "compareWith" },
  { type: "explainFinding", code: "zombies" },
  { type: "showLog" },
  { type: "saveDrawing", format: "svg", data: "<svg/>" },
  { type: "openSettings" },
  { type: "arrange", arrangement: { order: ["b", "a"], pinned: ["a"], hidden: [] } },
  { type: "explainCell", cell: { container: null, type: "net" } },
  { type: "explainCell", cell: { container: 3, type: "net" } },
  { type: "explainCell", cell: null },
  { type: "highlight", namespace: { type: "net", inode: "4026532177" } },
  { type: "highlight", namespace: null },
];

test.each(messages)("$type passes as it is", (message) => {
  expect(parseWebviewMessage(message)).toEqual(message);
});

test.each([
  undefined,
  null,
  "ready",
  {},
  { type: "rm" },
  { type: "copy" },
  { type: "copy", what: "html" },
  { type: "copyText", text: 1 },
  { type: "saveDrawing", format: "exe", data: "x" },
  { type: "saveDrawing", format: "png", data: "" },
  { type: "saveDrawing", format: "svg", data: "x", path: "/etc/passwd" },
  { type: "explainFinding", code: "x".repeat(101) },
  { type: "ready", more: true },
  { type: "arrange", arrangement: { order: [1], pinned: [], hidden: [] } },
  { type: "arrange", arrangement: { order: Array.from({ length: 501 }, String), pinned: [], hidden: [] } },
  { type: "explainCell", cell: { container: 0, type: "disk" } },
  { type: "explainCell", cell: { container: "a", type: "net" } },
  { type: "explainCell", cell: { container: -1, type: "net" } },
  { type: "highlight", namespace: { type: "net", inode: "$(id)" } },
])("%j is refused", (data) => {
  expect(parseWebviewMessage(data)).toBeUndefined();
});

test("the longest command and the largest picture pass, and nothing beyond", () => {
  const refused = [
    { type: "copyText", text: "x".repeat(100_001) },
    { type: "saveDrawing", format: "png", data: "x".repeat(longestDrawing + 1) },
  ].map((data) => parseWebviewMessage(data) === undefined);
  expect(refused).toEqual([true, true]);
  const passes = [
    { type: "copyText", text: "x".repeat(100_000) },
    { type: "saveDrawing", format: "png", data: "x".repeat(longestDrawing) },
  ].map((data) => parseWebviewMessage(data)?.type);
  expect(passes).toEqual(["copyText", "saveDrawing"]);
});

test("anything at all gives a message or nothing, never an exception", () => {
  fc.assert(
    fc.property(fc.anything(), (data) => {
      expect(() => parseWebviewMessage(data)).not.toThrow();
    }),
  );
});

const subjects: readonly PanelSubject[] = [
  { kind: "pod", context: "lab", namespace: "default", name: "web" },
  { kind: "other", context: "lab", node: "node-a", key: "process:1:2", title: "unshare" },
  { kind: "other", context: null, node: "root@box:22", key: `container:${"a".repeat(64)}`, title: "db" },
];

test.each(subjects)("a panel of %j is known again", (subject) => {
  expect(parseSavedSubject({ subject, scrollTop: 7 })).toEqual(subject);
});

test.each([
  undefined,
  { pod: { context: "lab", namespace: "default", name: "web" } },
  { subject: { kind: "pod", context: "lab", namespace: "default", name: "" } },
  { subject: { kind: "other", context: "lab", node: "node-a", title: "unshare" } },
  { subject: { kind: "node", context: "lab", node: "node-a" } },
])("no panel is made of %j", (state) => {
  expect(parseSavedSubject(state)).toBeUndefined();
});

test("anything at all that was saved gives a subject or nothing, never an exception", () => {
  fc.assert(
    fc.property(fc.anything(), (subject) => {
      parseSavedSubject(subject);
      parseSavedSubject({ subject });
    }),
  );
});

test("arrangements that were kept come back, and anything else counts as none", () => {
  const kept = [["key", { order: ["b"], pinned: [], hidden: ["a"] }]];
  expect(parseSavedArrangements(kept)).toEqual(kept);
  for (const odd of [undefined, {}, [["key"]], [["key", { order: "b" }]]])
    expect(parseSavedArrangements(odd)).toEqual([]);
});
