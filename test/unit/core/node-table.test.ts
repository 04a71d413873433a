import fc from "fast-check";
import { expect, test } from "vitest";
import { nodeTable } from "../../../extension/core/node-table.ts";
import { fakeNamespace, fakeNodeView } from "../../support/fake-node-view.ts";

test("the Linux namespaces of a node stand in columns, with what holds them and who uses them", () => {
  const namespaces = [
    fakeNamespace({ inode: "4026531840", host: true, processes: 212, usedBy: ["kube-system/proxy"] }),
    fakeNamespace(),
    fakeNamespace({
      inode: "4026532300",
      processes: 0,
      holds: [
        { kind: "pinned", path: "/run/netns/blue" },
        { kind: "descriptor", pid: 9, fd: 4, comm: "cni" },
      ],
      owner: null,
      usedBy: [],
    }),
    fakeNamespace({ type: "pid", inode: "4026532400", holds: [], parent: "4026531836" }),
  ];
  expect(nodeTable(fakeNodeView({ namespaces }))).toBe(
    [
      "Linux namespaces of node-a, read 2026-01-02T12:00:00.000Z, kernel 6.1.0",
      "",
      "TYPE  INODE       PROCESSES  HELD BY                                 USED BY                      PARENT      OWNER",
      "net   4026531840        212  812 pause                               the node, kube-system/proxy  -           4026531837",
      "net   4026532177          3  812 pause                               default/web                  -           4026531837",
      "net   4026532300          0  /run/netns/blue, descriptor 4 of 9 cni  -                            -           -",
      "pid   4026532400          3  -                                       default/web                  4026531836  4026531837",
      "",
    ].join("\n"),
  );
});

test("of many holders and users the first are named, and the others counted", () => {
  const holds = [1, 2, 3, 4, 5].map((n) => ({ kind: "pinned" as const, path: `/run/netns/${n}` }));
  const usedBy = ["a", "b", "c", "d", "e", "f"];
  const text = nodeTable(fakeNodeView({ namespaces: [fakeNamespace({ holds, usedBy })] }));
  expect(text).toContain(" a, b, c, d, 2 more ");
  expect(text).toContain("/run/netns/1, /run/netns/2, 3 more ");
});

test("of a long path the end is shown", () => {
  const path = `/run/${"x".repeat(100)}/netns/blue`;
  const text = nodeTable(
    fakeNodeView({ namespaces: [fakeNamespace({ holds: [{ kind: "pinned", path }] })] }),
  );
  expect(text).toMatch(/ …x+\/netns\/blue /u);
  expect(text).not.toContain("/run/");
});

test("whatever things on the node are called, each has its line, and the columns hold", () => {
  const name = fc.string({ unit: "binary" });
  fc.assert(
    fc.property(name, name, name, (comm, path, user) => {
      const namespaces = [
        fakeNamespace({
          holds: [
            { kind: "process", pid: 1, comm, container: null },
            { kind: "pinned", path },
          ],
          usedBy: [user],
        }),
        fakeNamespace(),
      ];
      const lines = nodeTable(fakeNodeView({ namespaces })).split("\n");
      expect(lines).toHaveLength(6);
      const [, , heading = "", ...rows] = lines;
      const owner = heading.indexOf("OWNER");
      for (const row of rows.slice(0, 2)) expect(row.slice(owner, owner + 10)).toBe("4026531837");
    }),
  );
});
