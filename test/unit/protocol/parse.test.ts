import fc from "fast-check";
import { expect, test } from "vitest";
import type { WebviewMessage } from "../../../extension/protocol/messages.ts";
import { parseWebviewMessage } from "../../../extension/protocol/parse.ts";

const messages: readonly WebviewMessage[] = [
  { type: "ready" },
  { type: "readAgain" },
  { type: "cancel" },
  { type: "copy", what: "markdown" },
  { type: "copy", what: "json" },
  { type: "copyText", text: "sudo lsns -p 1" },
  { type: "saveReport" },
  { type: "explainFinding", code: "zombies" },
  { type: "showLog" },
  { type: "openSettings" },
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
  { type: "copyText", text: "x".repeat(2_001) },
  { type: "explainFinding", code: "x".repeat(101) },
  { type: "ready", more: true },
])("%j is refused", (data) => {
  expect(parseWebviewMessage(data)).toBeUndefined();
});

test("anything at all gives a message or nothing, never an exception", () => {
  fc.assert(
    fc.property(fc.anything(), (data) => {
      expect(() => parseWebviewMessage(data)).not.toThrow();
    }),
  );
});
