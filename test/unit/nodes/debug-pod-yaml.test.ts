import fc from "fast-check";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { debugPodManifest } from "../../../extension/nodes/debug-pod/manifest.ts";
import { toYaml } from "../../../extension/nodes/debug-pod/yaml.ts";

test("what a user reads is what is sent", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string(), (image, node) => {
      const manifest = debugPodManifest({ name: "a", namespace: "b", node, image, owner: "c" });
      expect(parse(toYaml(manifest))).toEqual(manifest);
    }),
  );
});

test("any data comes back as it was", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
      expect(parse(toYaml(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test.each([
  "yes",
  "No",
  "null",
  "~",
  "1",
  "1e3",
  "0x1",
  "a: b",
  "a #b",
  "- a",
  "",
  " a",
  "a\nb",
  "!a",
  "busybox:1.37",
])("the text %j stays a text", (text) => expect(parse(toYaml({ text }))).toEqual({ text }));

test("reads as people write it", () => {
  expect(toYaml({ kind: "Pod", spec: { list: [{ a: 1, b: [] }, "x"], none: {} } })).toBe(
    "kind: Pod\nspec:\n  list:\n    - a: 1\n      b: []\n    - x\n  none: {}\n",
  );
});
