import { describe, expect, test } from "vitest";
import { Inspections } from "../../../extension/app/inspections.ts";
import { SandboxError } from "../../../extension/core/errors.ts";
import type { SandboxReport } from "../../../extension/core/report.ts";
import { report as sample, samples } from "../../fixtures/reports/samples.ts";
import { fakeStore, silent } from "./fake-cluster.ts";

type Given = SandboxReport | SandboxError;

async function started(given: readonly Given[]): Promise<() => Promise<SandboxReport>> {
  const { store } = fakeStore();
  await store.start();
  let next = 0;
  const inspections = new Inspections({
    store,
    log: silent,
    inspectPod: async () => {
      const one = given[next++];
      if (one === undefined || one instanceof SandboxError) throw one ?? new Error("nothing given");
      return one;
    },
  });
  const ref = { context: "one", namespace: "default", name: "web" };
  return async () => inspections.inspect(ref, { signal: new AbortController().signal });
}

const base = Object.values(samples)[0] ?? sample([]);
const reading = (at: number, pod: Partial<SandboxReport["pod"]> = {}): SandboxReport => ({
  ...base,
  since: null,
  takenAt: new Date(at).toISOString(),
  pod: { ...base.pod, context: "one", ...pod },
});

describe("a reading of a pod", () => {
  test("is compared with the last one of the same pod", async () => {
    const inspect = await started([reading(1), reading(2), reading(3)]);
    expect((await inspect()).since).toBeNull();
    expect((await inspect()).since).toEqual({
      takenAt: reading(1).takenAt,
      comparable: "yes",
      changes: [],
    });
    expect((await inspect()).since?.takenAt).toBe(reading(2).takenAt);
  });

  test("is a first one where the pod was made anew under its name", async () => {
    const inspect = await started([reading(1), reading(2, { uid: "another" })]);
    await inspect();
    expect((await inspect()).since).toBeNull();
  });

  test("is a first one where the same UID is of another cluster, restored from a copy of this one", async () => {
    const inspect = await started([reading(1), reading(2, { context: "two" })]);
    await inspect();
    expect((await inspect()).since).toBeNull();
  });

  test("that failed is passed over", async () => {
    const failed = new SandboxError("probe-timeout", "too long");
    const inspect = await started([reading(1), failed, reading(3)]);
    await inspect();
    await expect(inspect()).rejects.toBe(failed);
    expect((await inspect()).since?.takenAt).toBe(reading(1).takenAt);
  });
});
