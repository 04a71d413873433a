import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SandboxError } from "../../../../extension/core/errors.ts";
import { buildMatrix } from "../../../../extension/core/matrix.ts";
import {
  parseSnapshot,
  type SnapshotContent,
  writeSnapshot,
} from "../../../../extension/core/snapshot/snapshot.ts";
import { insideSamples } from "../../../fixtures/reports/inside-samples.ts";
import { otherSamples } from "../../../fixtures/reports/other-samples.ts";
import { samples } from "../../../fixtures/reports/samples.ts";
import { fakeNamespace, fakeNodeView, fakeOther } from "../../../support/fake-node-view.ts";
import { excessOf } from "../../../support/linear.ts";
import { savedSnapshotSchema, snapshotSchemaText } from "../../../support/snapshot-schema.ts";

const savedAt = new Date("2026-11-23T12:00:00Z");
const sampleText = readFileSync(
  join(import.meta.dirname, "../../../../media/sample-pod.sandbox.json"),
  "utf8",
);

const contents: readonly SnapshotContent[] = [
  ...Object.values({ ...samples, ...insideSamples, ...otherSamples }).map((report): SnapshotContent => ({
    kind: "report",
    report,
  })),
  {
    kind: "node",
    view: fakeNodeView({
      namespaces: [fakeNamespace()],
      others: [fakeOther()],
      pods: [{ uid: "u", namespace: null, name: null, processes: 1, startedAt: "2026-01-02T09:00:00.000Z" }],
      leaks: [{ code: "unused-pin", title: "/run/x", since: null, message: "m", toBeSure: "s" }],
    }),
  },
];

/** Parses, and holds that nothing but the parser's own error is ever thrown. */
function outcomeOf(text: string): string {
  try {
    return parseSnapshot(text).content.kind;
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(SandboxError);
    expect((thrown as SandboxError).reason).toBe("snapshot-invalid");
    return (thrown as SandboxError).facts["detail"] ?? "";
  }
}

test("lists that are long together are refused before the schema tells of each entry what is wrong", () => {
  const list = Array.from({ length: 20_000 }, () => 0);
  const text = JSON.stringify({ schemaVersion: 1, lists: Array.from({ length: 60 }, () => list) });
  expect(outcomeOf(text)).toBe("it is too large");
});

test("what was written is read as it was", () => {
  expect(contents.length).toBeGreaterThan(15);
  for (const content of contents) {
    expect(parseSnapshot(writeSnapshot(content, savedAt, "test 1"))).toEqual({
      kind: "pod-sandbox-snapshot",
      version: 1,
      savedAt: savedAt.toISOString(),
      savedBy: "test 1",
      content,
    });
  }
});

test("a report alone, as it is copied, is a snapshot too", () => {
  const report = samples.plain;
  expect(parseSnapshot(`\uFEFF${JSON.stringify(report)}`)).toMatchObject({
    content: { kind: "report", report },
  });
});

describe("what is none says why", () => {
  const good = writeSnapshot({ kind: "report", report: samples.plain }, savedAt, "test 1");
  test.each([
    ["", "it is not valid JSON"],
    ['{\n  "a": 1,\n}', "line 3 is not valid JSON"],
    ["[]", "it is JSON of another kind"],
    ['{"apiVersion":"v1"}', "it is JSON of another kind"],
    [good.replace('"version": 1', '"version": 2'), "it was saved by a newer version of the extension"],
    [good.replace('"savedBy"', '"by"'), "savedBy is not as expected"],
    [good.replace(/"inode": "\d+"/, '"inode": "x"'), /^content\.report\.node\.namespaces\.net\.inode is not/],
    [
      good.replace('"kind": "infra"', '"kind": "boss"'),
      "content.report.containers.0.kind is not as expected",
    ],
    ["x".repeat(50_000_001), "it is too large"],
    [`{ "schemaVersion": 1, "containers": [${"0,".repeat(5_000_000)}0] }`, "it is too large"],
  ])("%.40s", (text, detail) => {
    expect(outcomeOf(text)).toEqual(expect.stringMatching(detail) as string);
  });
});

test("any text gives a snapshot or its own error", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void outcomeOf(text)));
});

test("a sample with any one value changed gives a snapshot or its own error", () => {
  const whole: unknown = JSON.parse(sampleText);
  const values = /(?<=": )("[^"\n]*"|-?\d+|null|true|false|\[\]|\{\})/g;
  const places = [...JSON.stringify(whole, undefined, 1).matchAll(values)];
  const text = JSON.stringify(whole, undefined, 1);
  fc.assert(
    fc.property(fc.nat(places.length - 1), fc.jsonValue(), (at, value) => {
      const { index = 0, 0: old = "" } = places[at] ?? {};
      outcomeOf(text.slice(0, index) + JSON.stringify(value) + text.slice(index + old.length));
    }),
  );
});

test("a sample with any piece cut out gives a snapshot or its own error", () => {
  fc.assert(
    fc.property(fc.nat(sampleText.length), fc.nat(50), (from, length) => {
      outcomeOf(sampleText.slice(0, from) + sampleText.slice(from + length));
    }),
  );
});

test("a megabyte costs ten times what a tenth of it costs", async () => {
  const report = samples.plain;
  const [process] = report.containers[1]?.processes ?? [];
  if (process === undefined) throw new Error("the sample has no process");
  const text = (length: number): string => {
    const argv = Array.from({ length: length / 10 }, () => "x".repeat(7));
    const containers = report.containers.map((one) => ({ ...one, processes: [{ ...process, argv }] }));
    return JSON.stringify({ ...report, containers });
  };
  const texts = new Map([10_000, 100_000].map((length) => [length, text(length)]));
  expect(texts.get(100_000)?.length).toBeGreaterThan(100_000);
  const work = (length: number): unknown => parseSnapshot(texts.get(length) ?? "");
  expect(await excessOf(work, 10_000)).toBeLessThanOrEqual(0);
  const garbage = (length: number): unknown => outcomeOf(`{"kind":${"[".repeat(length)}`);
  expect(await excessOf(garbage, 100_000)).toBeLessThanOrEqual(0);
});

test("media/snapshot.schema.json is made from the schema that reads (node test/support/snapshot-schema.ts)", async () => {
  expect(await savedSnapshotSchema()).toBe(snapshotSchemaText());
});

test("the sample shows bands, a debugger and findings", () => {
  const { content } = parseSnapshot(sampleText);
  if (content.kind !== "report") throw new Error("not a report");
  const { report } = content;
  expect(report.containers.map(({ name }) => name)).toEqual(["pause", "nginx", "proxy", "debugger"]);
  expect(report.findings.map(({ code }) => code)).toEqual(
    expect.arrayContaining(["process-elsewhere", "zombies"]) as string[],
  );
  const { rows } = buildMatrix(report);
  const shared = rows.filter(({ cells }) => cells.some(({ verdict }) => verdict === "shared"));
  expect(shared.map(({ type }) => type)).toEqual(["net", "ipc", "uts", "pid"]);
});
