import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PodScope, type PodDiff } from "../../../extension/app/pod-scope.ts";
import { FoundPods } from "../../../extension/app/found-pods.ts";
import type { ReadonlyPodIndex } from "../../../extension/app/pod-index.ts";
import type { Pod } from "../../../extension/core/pod.ts";
import { fakePod } from "../../support/fake-pod.ts";
import { FakeCluster } from "./fake-cluster.ts";

const anyPod = fc
  .record({
    uid: fc.constantFrom("a", "b", "c", "d", "e"),
    name: fc.constantFrom("web", "db"),
    namespace: fc.constantFrom("shop", "team"),
    nodeName: fc.constantFrom("one", "two", undefined),
    phase: fc.constantFrom("Running", "Pending"),
  })
  .map((change) => fakePod(change));

const anyPods = fc.uniqueArray(anyPod, { selector: ({ uid }) => uid, maxLength: 5 });

const anySteps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("list" as const), pods: anyPods }),
    fc.record({ kind: fc.constant("page" as const), pods: anyPods }),
    fc.record({ kind: fc.constant("refused" as const) }),
    fc.record({ kind: fc.constant("another watch" as const) }),
  ),
  { maxLength: 8 },
);

/** Everything that an index tells, found by looking through all pods. */
function told(pods: readonly Pod[]): object {
  const of = (by: (pod: Pod) => string): object =>
    Object.fromEntries(
      [...new Set(pods.map(by))]
        .toSorted()
        .map((name) => [name, sorted(pods.filter((pod) => by(pod) === name))]),
    );
  return {
    pods: sorted(pods),
    size: pods.length,
    namespace: of(({ namespace }) => namespace),
    node: of(({ nodeName }) => nodeName ?? ""),
  };
}

function tells(index: ReadonlyPodIndex): object {
  const of = (by: "namespace" | "node"): object =>
    Object.fromEntries(
      [...index.names(by)].toSorted().map((name) => {
        expect(index.count(by, name)).toBe(index.in(by, name).length);
        return [name, index.in(by, name).map(words)];
      }),
    );
  return { pods: index.pods.map(words), size: index.size, namespace: of("namespace"), node: of("node") };
}

function sorted(pods: readonly Pod[]): readonly string[] {
  return pods
    .toSorted((one, other) =>
      one.name === other.name
        ? one.namespace.localeCompare(other.namespace) || 0
        : one.name.localeCompare(other.name),
    )
    .map(words);
}

/** Pods of one name are in any order. */
function words({ name, namespace }: Pod): string {
  return `${namespace}/${name}`;
}

describe("PodScope", () => {
  test("whatever lists, pages, refusals and other watches come: it knows what a whole list would say", () => {
    fc.assert(
      fc.property(anySteps, (steps) => {
        const cluster = new FakeCluster("one");
        /** As whoever hears only the differences has it. */
        const heard = new Map<string, Pod>();
        let found: FoundPods | undefined;
        const listener = {
          onDiff: (diff: PodDiff): void => {
            for (const pod of diff.added) expect(heard.has(pod.uid)).toBe(false);
            for (const { before } of diff.changed) expect(heard.get(before.uid)).toBe(before);
            for (const { uid } of diff.removed) expect(heard.delete(uid)).toBe(true);
            for (const pod of [...diff.added, ...diff.changed.map(({ after }) => after)])
              heard.set(pod.uid, pod);
            found?.take(diff);
          },
          onStatus: () => {},
        };
        let scope = new PodScope(listener);
        scope.open(cluster, undefined);
        let model = new Map<string, Pod>();
        let loaded = false;
        for (const step of steps) {
          if (found?.among !== scope.index) found = new FoundPods(scope.index, "running");
          if (step.kind === "refused") {
            cluster.watch().fail("forbidden");
            model = new Map();
            heard.clear();
            loaded = false;
            found = undefined;
          } else if (step.kind === "another watch") {
            scope.close();
            scope = new PodScope(listener, scope);
            scope.open(cluster, undefined);
          } else {
            if (step.kind === "list") model = new Map();
            for (const pod of step.pods) model.set(pod.uid, pod);
            if (step.kind === "list") cluster.watch().pods(...step.pods);
            else cluster.watch().page(...step.pods);
            loaded ||= step.kind === "list";
          }
          const pods = [...model.values()];
          expect(tells(scope.index)).toEqual(told(pods));
          expect(new Set(heard.values())).toEqual(new Set(pods));
          expect(scope.loaded).toBe(loaded);
          if (found !== undefined) {
            expect(tells(found.index)).toEqual(told(pods.filter(({ phase }) => phase === "Running")));
          }
        }
      }),
    );
  });

  test("says nothing where nothing changed, and that an empty list is complete", () => {
    const cluster = new FakeCluster("one");
    const diffs: PodDiff[] = [];
    const scope = new PodScope({ onDiff: (diff) => diffs.push(diff), onStatus: () => {} });
    scope.open(cluster, "shop");
    cluster.watch("shop").page();
    expect([diffs.length, scope.loaded]).toEqual([0, false]);
    cluster.watch("shop").pods();
    expect([diffs.length, scope.loaded]).toEqual([1, true]);
    const pod = fakePod({ name: "web" });
    cluster.watch("shop").pods(pod);
    cluster.watch("shop").pods({ ...pod });
    expect(diffs).toHaveLength(2);
    expect(scope.pods).toEqual([pod]);
  });
});
