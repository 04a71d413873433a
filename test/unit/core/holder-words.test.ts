import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  heldTogether,
  holderSentence,
  holdWords,
  lineageWords,
} from "../../../extension/core/holder-words.ts";
import { holderWords } from "../../../extension/core/words.ts";
import { anyComparison } from "../../fixtures/reports/arbitrary.ts";
import { insideSamples } from "../../fixtures/reports/inside-samples.ts";
import { otherSamples } from "../../fixtures/reports/other-samples.ts";
import { samples } from "../../fixtures/reports/samples.ts";

describe("what the same things hold is told together", () => {
  test("of a pod: once for what is shared, once for each container", () => {
    const groups = heldTogether(samples.plain.sandbox.namespaces);
    expect(groups.map(({ namespaces }) => namespaces.map(({ type }) => type))).toEqual([
      ["net", "ipc", "uts"],
      ["pid"],
      ["pid"],
      ["pid"],
    ]);
  });

  test("nothing is lost, doubled or told of another", () => {
    fc.assert(
      fc.property(anyComparison, ({ sandbox: { namespaces } }) => {
        const groups = heldTogether(namespaces);
        const told = groups.flatMap((group) => group.namespaces);
        expect(told).toHaveLength(namespaces.length);
        expect(new Set(told)).toEqual(new Set(namespaces));
        for (const { namespaces: some, holds } of groups)
          for (const one of some) expect(one.holds).toEqual(holds);
        expect(new Set(groups.map(({ holds }) => JSON.stringify(holds))).size).toBe(groups.length);
      }),
    );
  });
});

test("each hold names what it is", () => {
  const [net] = insideSamples.inside.sandbox.namespaces;
  expect(net?.holds.map(holdWords)).toEqual([
    "pause, PID 30208",
    "supervisor, PID 30520",
    "tcpdump from outside, PID 4711",
    "bind mount /run/netns/cni-0f6f1c53-6a1e-7a3e-b3a5-0d2f3c4b5a69",
    "descriptor 17 of containerd, PID 812",
  ]);
});

test.each([
  [
    samples.plain,
    "pause keeps what it is in, even when every other process ends.",
    "held by pause, PID 30208",
  ],
  [
    samples.pinned,
    "Bind mounts keep what is shared, even when every process ends. There is no pause process.",
    "held by bind mounts, no pause process",
  ],
  [
    insideSamples.held,
    "Nothing but their own processes: each Linux namespace ends with its last process.",
    "held by nothing but its own processes",
  ],
  [
    samples.virtualised,
    "They are inside a kernel of their own, where the node cannot look.",
    "inside a sandboxed runtime",
  ],
  [
    otherSamples.podmanPod,
    "4f1c0d2e9a7b-infra keeps what it is in, even when every other process ends.",
    "held by 4f1c0d2e9a7b-infra, PID 41007",
  ],
])("the holder in a sentence and in few words (%#)", (report, sentence, words) => {
  expect(holderSentence(report)).toBe(sentence);
  expect(holderWords(report)).toBe(words);
});

test("parent and owner are told for pid and user alone, the node's in words", () => {
  const { namespaces } = insideSamples.userNamespace.sandbox;
  const words = namespaces.map((held) => [held.type, lineageWords(held, insideSamples.userNamespace)]);
  expect(words.slice(0, 5)).toEqual([
    ["net", ""],
    ["ipc", ""],
    ["uts", ""],
    ["pid", "parent: the node's, owner: user 4026532910"],
    ["pid", "parent: the node's, owner: user 4026532910"],
  ]);
  expect(words.at(-1)).toEqual(["user", "parent: the node's, owner: the node's"]);
});
