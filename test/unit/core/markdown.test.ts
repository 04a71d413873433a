import fc from "fast-check";
import { expect, test } from "vitest";
import { toMarkdown } from "../../../extension/core/markdown.ts";
import { anyReport } from "../../fixtures/reports/arbitrary.ts";
import { report, container, pause, samples } from "../../fixtures/reports/samples.ts";

test("a table that reads well", () => {
  const lines = toMarkdown(samples.ephemeral).split("\n");
  expect(lines[0]).toBe("### Sandbox of web in default");
  expect(lines[2]).toContain("All 3 containers share **network, IPC and hostname** through pause.");
  expect(lines).toContain(
    "| **pid** (processes) | **●** 4026531836<br>the node's | 4026532508<br>its own | 4026532540<br>its own | 4026532570<br>its own | 4026532522<br>its own<br>⚠ should be its target's |",
  );
  expect(lines.some((line) => line.startsWith("- ⚠ **debugger** was to join"))).toBe(true);
});

test("holds no command line: arguments may be secrets", () => {
  expect(toMarkdown(samples.ephemeral)).not.toContain("daemon off");
});

test("whatever the names, the table keeps its columns and there is no HTML, code, link or mention but ours", () => {
  fc.assert(
    fc.property(anyReport, (any) => {
      const text = toMarkdown(any);
      const table = text.split("\n").filter((line) => line.startsWith("| "));
      expect(table).toHaveLength(10);
      for (const line of table) {
        expect(line.match(/(?<!\\)(?:\\\\)*\|/g)).toHaveLength(any.containers.length + 3);
      }
      const foreign = text.replaceAll("<br>", "").replaceAll(/\\[\\`*_[\]<>|~$&#]/g, "");
      expect(foreign).not.toMatch(/[<>`[\]]|:\/\/|@(?!\u200B)/);
      expect(foreign).not.toMatch(/[\u202A-\u202E\u2066-\u2069]/);
    }),
  );
});

test("a name cannot begin a block of its own", () => {
  const text = toMarkdown(report([pause, container("a\n\n# Heading\n```", 30240)]));
  expect(text).not.toMatch(/^# Heading/m);
  expect(text).toContain(String.raw`a\\n\\n\# Heading\\n\`\`\``);
});
