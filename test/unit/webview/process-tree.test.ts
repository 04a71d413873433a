import fc from "fast-check";
import { expect, test } from "vitest";
import { commandOf, processTree } from "../../../webview/process-tree.ts";
import { process } from "../../fixtures/reports/samples.ts";

test("children follow their parent, one level deeper", () => {
  const tree = processTree([
    process(10, 1, "init", { ppid: 1 }),
    process(11, 2, "a", { ppid: 10 }),
    process(12, 3, "b", { ppid: 10 }),
    process(13, 4, "a1", { ppid: 11 }),
    process(20, 5, "exec", { ppid: 1 }),
  ]);
  expect(tree.map(({ process: { pid }, depth }) => [pid, depth])).toEqual([
    [10, 0],
    [11, 1],
    [13, 2],
    [12, 1],
    [20, 0],
  ]);
});

test("whatever the parents, even in a circle, each process comes exactly once", () => {
  const pids = fc.integer({ min: 1, max: 12 });
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(pids, pids), { selector: ([pid]) => pid }), (pairs) => {
      const tree = processTree(pairs.map(([pid, ppid]) => process(pid, null, "x", { ppid })));
      expect(tree.map((row) => row.process.pid).toSorted((a, b) => a - b)).toEqual(
        pairs.map(([pid]) => pid).toSorted((a, b) => a - b),
      );
      for (const { depth } of tree) expect(depth).toBeLessThan(pairs.length);
    }),
  );
});

test("a process without a command line shows the kernel's name", () => {
  expect(commandOf(process(30402, 41, "", { comm: "sh", state: "Z" }))).toBe("[sh]");
  expect(commandOf(process(1, 1, "nginx -g x"))).toBe("nginx -g x");
});
