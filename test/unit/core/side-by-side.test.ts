import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AnyReport } from "../../../extension/core/report.ts";
import {
  compareReports,
  compareWithNode,
  type SideBySide,
  type SideRow,
  swapSides,
} from "../../../extension/core/side-by-side.ts";
import { sideBySideMarkdown } from "../../../extension/core/side-by-side-markdown.ts";
import { anyComparison } from "../../fixtures/reports/arbitrary.ts";
import { container, report, samples, read, readings } from "../../fixtures/reports/samples.ts";

function rowsOf({ groups }: SideBySide, title: string): readonly SideRow[] {
  return groups.find((group) => group.title === title)?.rows ?? [];
}

function differing(shown: SideBySide): string[] {
  return shown.groups.flatMap(({ title, rows }) =>
    rows.filter(({ differs }) => differs).map(({ label }) => `${title}: ${label}`),
  );
}

const elsewhere = (of: AnyReport, bootId: string): AnyReport => ({ ...of, node: { ...of.node, bootId } });

test("nothing differs from itself", () => {
  fc.assert(
    fc.property(anyComparison, (one) => {
      // Of several containers of one name the first is compared with the first.
      expect(differing(compareReports(one, one))).toEqual([]);
    }),
  );
});

test("with the sides changed over it says the same", () => {
  const sorted = ({ groups, ...more }: SideBySide): unknown => ({
    ...more,
    rows: groups.flatMap(({ title, rows }) => rows.map((row) => JSON.stringify([title, row]))).toSorted(),
  });
  fc.assert(
    fc.property(anyComparison, anyComparison, (one, other) => {
      const unique = (of: AnyReport): AnyReport => ({
        ...of,
        containers: of.containers.filter(
          ({ name }, at) => of.containers.findIndex((first) => first.name === name) === at,
        ),
      });
      const [left, right] = [unique(one), unique(other)];
      expect(sorted(swapSides(compareReports(left, right)))).toEqual(sorted(compareReports(right, left)));
    }),
  );
});

describe("two moments of a pod on one boot", () => {
  const before = report([container("pause", 100, { kind: "infra" }), container("app", 101)]);
  const moved = { ...readings(2), net: read("4026539999") };
  const after = report([
    container("pause", 100, { kind: "infra" }),
    container("app", 102, { namespaces: moved, image: "registry.example/app:2" }),
  ]);
  const shown = compareReports(before, after);

  test("tell which Linux namespace is the same, and which is another", () => {
    const rows = rowsOf(shown, "Container app");
    expect(rows.find(({ label }) => label.startsWith("net"))).toEqual({
      label: "net (interfaces, ports)",
      left: "shared with pause [4026532334]; expected: the pod's",
      right: "its own [4026539999]; expected: the pod's",
      differs: true,
      note: "another Linux namespace",
    });
    expect(rows.find(({ label }) => label.startsWith("ipc"))?.note).toBe("the same inode");
  });

  test("differ in what has changed", () => {
    expect(differing(shown)).toEqual([
      "Container pause: net (interfaces, ports)",
      "Container app: Image",
      "Container app: PID on the node",
      "Container app: net (interfaces, ports)",
      "Container app: pid (processes)",
      "Container app: mnt (files)",
    ]);
  });

  test("on another boot no inode and no PID is told", () => {
    const other = compareReports(before, elsewhere(after, "another"));
    expect(JSON.stringify(other.groups)).not.toMatch(/40265\d{5}|PID|"the same Linux/);
    expect(rowsOf(other, "Container app").find(({ label }) => label.startsWith("pid"))?.differs).toBe(false);
  });
});

test("a container that only one has is said not to be there on the other side", () => {
  const left = report([container("pause", 100, { kind: "infra" })]);
  const right = report([container("k8s_POD", 100, { kind: "infra" }), container("app", 101)]);
  const shown = compareReports(left, right);
  expect(rowsOf(shown, "Container app")[0]).toMatchObject({
    left: "not there",
    right: "app container",
    differs: true,
  });
  expect(rowsOf(shown, "Container pause")[0]?.differs).toBe(false);
});

test("a container beside its node differs where it is isolated", () => {
  const shown = compareWithNode(samples.plain, 0);
  const differs = new Map(
    rowsOf(shown, "Linux namespaces").map(({ label, differs: does }) => [label.split(" ")[0], does]),
  );
  expect(Object.fromEntries(differs)).toMatchObject({ net: true, user: false, time: false });
  expect(compareWithNode(samples.plain, 99).groups).toEqual([]);
});

test("a runtime with a kernel of its own is not taken for the node's neighbour", () => {
  const virtual = Object.values(samples).find(({ sandbox }) => sandbox.holder.kind === "virtualised");
  if (virtual === undefined) throw new Error("no such sample");
  for (const { note, differs } of rowsOf(compareWithNode(virtual, 0), "Linux namespaces").slice(0, 8)) {
    expect({ note, differs }).toEqual({ note: "", differs: true });
  }
});

test("as Markdown it holds no markup but its own", () => {
  const hostile = report([container("<img>|x", 5, { image: "[a](http://b)" })]);
  const text = sideBySideMarkdown(compareReports(hostile, samples.plain));
  expect(text).not.toMatch(/(?<!\\)<|[^\\]\[a\]/);
  expect(text).toContain("≠");
});

test("of two containers of one name each can stand beside the node", () => {
  const nodes = { ...readings(1), net: read("4026531840") };
  const first = container("twin", 100, { namespaces: { ...nodes, net: read("4026532999") } });
  const second = container("twin", 101, { namespaces: nodes });
  const both = report([first, second], [], { node: { namespaces: nodes } });
  const notes = (index: number): string[] =>
    (compareWithNode(both, index).groups[0]?.rows ?? []).slice(0, 1).map(({ note }) => note);
  expect(notes(0)).toEqual(["another Linux namespace"]);
  expect(notes(1)).toEqual(["the same Linux namespace"]);
});
