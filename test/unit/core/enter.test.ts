import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { enterables, enterCommand, type Entrance } from "../../../extension/core/enter.ts";
import { anyComparison } from "../../fixtures/reports/arbitrary.ts";
import { samples } from "../../fixtures/reports/samples.ts";

/** Container: what of it can be entered. */
function offered(report: Parameters<typeof enterables>[0]): Record<string, string> {
  return Object.fromEntries(
    enterables(report).map(({ container, entrances }) => [container.name, entrances.join(" ")]),
  );
}

/** The links that the command is to check and to enter. */
function linksOf(container: string, chosen: readonly Entrance[]): string {
  const enterable = enterables(samples.plain).find((one) => one.container.name === container);
  if (enterable === undefined) throw new Error("cannot be entered");
  return enterCommand(enterable, chosen, samples.plain.node).slice(17).join(" ");
}

describe("what can be entered", () => {
  test("each container with a process, by what of it is not the node's", () => {
    const all = "net ipc uts pid all";
    expect(offered(samples.plain)).toEqual({ pause: all, nginx: all, sidecar: all });
    expect(offered(samples.hostNetwork)["nginx"]).not.toContain("net");
  });

  test("nothing without a process, or whose links could not be read", () => {
    const { containers } = samples.plain;
    const unseen = containers.map((container) => ({ ...container, pid: null }));
    expect(enterables({ ...samples.plain, containers: unseen })).toEqual([]);
  });

  test("nothing of a sandbox with a kernel of its own, nor what the node's own is not known for", () => {
    expect(enterables(samples.virtualised)).toEqual([]);
    const { namespaces } = samples.plain.node;
    const net = { status: "denied", reason: "" } as const;
    const node = { ...samples.plain.node, namespaces: { ...namespaces, net } };
    expect(offered({ ...samples.plain, node })["nginx"]).toBe("ipc uts pid all");
  });

  test("never the node's own", () => {
    fc.assert(
      fc.property(anyComparison, (report) => {
        for (const { own, entrances, container } of enterables(report)) {
          expect(entrances.length).toBeGreaterThan(0);
          for (const [type, inode] of Object.entries(own)) {
            const key = type as keyof typeof own;
            expect(container.namespaces[key]).toEqual({ status: "read", inode });
            expect(report.node.namespaces[key]).not.toEqual({ status: "read", inode });
          }
        }
      }),
    );
  });
});

describe("the command", () => {
  test("checks and enters what was chosen and nothing else", () => {
    expect(linksOf("nginx", ["net"])).toBe("30240 net:[4026532334]");
    expect(linksOf("nginx", ["uts", "net", "ipc"])).toBe(
      "30240 net:[4026532334] ipc:[4026532407] uts:[4026532406]",
    );
    expect(linksOf("nginx", ["pid"])).toBe("30240 pid:[4026532540]");
    expect(linksOf("nginx", ["all"])).toBe(
      "30240 net:[4026532334] ipc:[4026532407] uts:[4026532406] pid:[4026532540] mnt:[4026532640]",
    );
  });

  test("is one script of one line, whatever it is about: the rest are arguments", () => {
    const scripts = new Set<string | undefined>();
    fc.assert(
      fc.property(anyComparison, (report) => {
        for (const enterable of enterables(report)) {
          const [sh, flag, script, name, ...words] = enterCommand(
            enterable,
            enterable.entrances,
            report.node,
          );
          expect([sh, flag, name]).toEqual(["sh", "-c", "sh"]);
          expect(words.slice(12, 14)).toEqual([report.node.bootId, String(enterable.pid)]);
          for (const link of words.slice(14)) expect(link).toMatch(/^[a-z]+:\[[^\]]*\]$/);
          scripts.add(script);
        }
      }),
    );
    const [script = ""] = scripts;
    expect(scripts.size).toBe(1);
    expect(script).not.toContain("\n");
    const [enterable] = enterables(samples.plain);
    if (enterable === undefined) throw new Error("cannot be entered");
    for (const word of enterCommand(enterable, ["all"], samples.plain.node)) expect(word).not.toContain("\n");
  });
});
