import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { findingCodes } from "../../../extension/core/finding-codes.ts";

const readme = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");
const findings = readme.slice(
  readme.indexOf("\n## Findings\n"),
  readme.indexOf("\n## For other extensions\n"),
);
const pages = new Map(
  findings
    .split("\n### ")
    .slice(1)
    .map((page) => [
      page.slice(0, page.indexOf("\n")),
      page.slice(page.indexOf("\n")).replaceAll(/\s+/g, " "),
    ]),
);

test("every finding has its page in the README, and no page is left of one that is gone", () => {
  expect([...pages.keys()].toSorted()).toEqual([...findingCodes].toSorted());
});

test.each(findingCodes)("the page of %s says why it may be fine or what to do", (code) => {
  expect(pages.get(code)).toMatch(/\*\*(?:Why it may be fine:|What to do:|It is fine|It is as)/);
});
