import { expect, test } from "vitest";
import { sinceInShort, sinceSentence } from "../../../extension/core/since.ts";
import type { SandboxReport, Since } from "../../../extension/core/report.ts";
import { insideSamples } from "../../fixtures/reports/inside-samples.ts";

function sinceOf({ since }: SandboxReport): Since {
  if (since === null) throw new Error("a first reading");
  return since;
}

test("nothing is compared across nodes and boots, and it says so", () => {
  expect(sinceSentence(sinceOf(insideSamples.moved), "12:03", "node-b")).toBe(
    "The reading at 12:03 was of another node: PIDs and inodes of two nodes cannot be compared.",
  );
  expect(sinceSentence(sinceOf(insideSamples.rebooted), "12:03", "node-a")).toBe(
    "node-a was restarted since the reading at 12:03: PIDs and inodes from before mean nothing now.",
  );
  expect(sinceInShort(insideSamples.moved.since)).toBe("It is on another node than before.");
  expect(sinceInShort(insideSamples.rebooted.since)).toBe("The node was restarted since the reading before.");
});

test("changes are counted for who does not see the list", () => {
  expect(sinceInShort(null)).toBe("");
  expect(sinceInShort(insideSamples.unchanged.since)).toBe("Nothing changed since the reading before.");
  expect(sinceInShort(insideSamples.restarted.since)).toBe("2 changes since the reading before.");
  expect(sinceSentence(sinceOf(insideSamples.unchanged), "12:03", "n")).toBe(
    "Since the reading at 12:03 nothing changed.",
  );
});
