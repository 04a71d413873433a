import fc from "fast-check";
import { expect, test } from "vitest";
import {
  parseComparisonMessage,
  parseSavedComparison,
  parseSnapshotMessage,
} from "../../../extension/protocol/pages.ts";
import { samples } from "../../fixtures/reports/samples.ts";

test("the messages of the small pages pass as they are", () => {
  for (const type of ["ready", "swap", "copyMarkdown"])
    expect(parseComparisonMessage({ type })).toEqual({ type });
  for (const type of ["ready", "openAsText"]) expect(parseSnapshotMessage({ type })).toEqual({ type });
  expect(parseComparisonMessage({ type: "openAsText" })).toBeUndefined();
  expect(parseSnapshotMessage({ type: "ready", more: 1 })).toBeUndefined();
});

test("what a page compared is known again, and nothing else", () => {
  const compared = { kind: "reports", left: samples.plain, right: samples.plain };
  expect(parseSavedComparison({ compared })).toEqual(compared);
  expect(parseSavedComparison({ compared: { ...compared, right: {} } })).toBeUndefined();
  const besideNode = { kind: "node", report: samples.plain, container: 1, nodeFirst: true };
  expect(parseSavedComparison({ compared: besideNode })).toEqual(besideNode);
  expect(parseSavedComparison({ compared: { ...besideNode, container: "nginx" } })).toBeUndefined();
});

test("anything at all gives a message or nothing, never an exception", () => {
  fc.assert(
    fc.property(fc.anything(), (data) => {
      parseComparisonMessage(data);
      parseSnapshotMessage(data);
      parseSavedComparison(data);
      parseSavedComparison({ compared: data });
    }),
  );
});
