import { readFileSync } from "node:fs";
import * as l10n from "@vscode/l10n";
import { afterEach, describe, expect, test } from "vitest";
import { SandboxError } from "../../../extension/core/errors.ts";
import {
  containerLook,
  groupLook,
  podLook,
  type RowLook,
  sandboxLook,
  statusLook,
} from "../../../extension/ui/row-look.ts";
import type { Status } from "../../../extension/ui/rows.ts";
import { container, pause, report } from "../../fixtures/reports/samples.ts";
import { fakeContainer, fakePod } from "../../support/fake-pod.ts";

const id = "a".repeat(64);
const nginx = fakeContainer({
  name: "nginx",
  id,
  ready: true,
  state: { kind: "running", startedAt: undefined },
});
const pod = fakePod({ containers: [nginx] });

afterEach(() => l10n.config({ contents: {} }));

test("rows are in the language of the bundle, but for a pod's state, which is the API's word", () => {
  const russian = new URL("../../../l10n/bundle.l10n.ru.json", import.meta.url);
  l10n.config({ contents: readFileSync(russian, "utf8") });
  expect(podLook(pod, "namespace").spoken).toBe(
    "Под web, Running, контейнеров готово: 1 из 1, на узле node-a",
  );
  const sandbox = sandboxLook(pod, report([pause]));
  for (const [name, value] of sandbox.details) expect(`${name} ${value}`).not.toMatch(/held|certain/i);
  const debug = containerLook(fakeContainer({ name: "debug", kind: "ephemeral" }), undefined);
  expect(debug.description).toMatch(/^эфемерный · /);
});

describe("a pod's row", () => {
  test("tells state, containers and what its group does not", () => {
    expect(podLook(pod, "namespace")).toMatchObject({
      label: "web",
      description: "Running · 1/1 · node-a",
      spoken: "Pod web, Running, 1 of 1 containers ready, on node node-a",
      tone: "good",
    });
    expect(podLook(pod, "node").description).toBe("Running · 1/1 · default");
  });

  test("tells what the spec asks for beyond the usual", () => {
    const sharing = { hostPID: true, hostUsers: false };
    const { details } = podLook(fakePod({ sharing }), "namespace");
    expect(details).toContainEqual(["Asks for", "hostPID, hostUsers: false"]);
  });

  test("hostile names stay on their line", () => {
    const hostile = "web\n$(bug) [x](command:evil)\u202E<img src=x>";
    const look = podLook(
      fakePod({ name: hostile, nodeName: hostile, runtimeClassName: hostile }),
      "namespace",
    );
    for (const text of textsOf(look)) expect(text).not.toMatch(/[\p{Cc}\p{Cf}]|\]\(/u);
  });
});

describe("the sandbox's row", () => {
  test("says that it was not looked at, then what was found", () => {
    expect(sandboxLook(pod, undefined)).toMatchObject({
      label: "Sandbox",
      description: "not inspected yet",
    });
    const seen = report([pause]);
    const look = sandboxLook(pod, seen);
    expect(look.label).toBe("pause");
    expect(look.description).toContain(`PID ${String(seen.sandbox.holder.pid)}`);
    expect(look.description).toContain(seen.sandbox.id?.slice(0, 8));
    expect(look.spoken).toContain("held by the pause process");
  });

  test("of a pod that has ended, what was found before is not told", () => {
    const ended = fakePod({ phase: "Succeeded" });
    expect(sandboxLook(ended, report([pause]))).toMatchObject({
      label: "Sandbox",
      description: "none: the pod has finished",
    });
  });

  test("without a pause process it tells what holds it", () => {
    const holder = { kind: "pinned" as const, pid: null, paths: ["/var/run/netns/x"] };
    const pinned = report([], [], { sandbox: { holder } });
    expect(sandboxLook(pod, pinned)).toMatchObject({ label: "Sandbox" });
    expect(sandboxLook(pod, pinned).description).toContain("held by bind mounts");
  });

  test.each([
    [{ os: "windows" }, "none: a Windows pod"],
    [{ nodeName: undefined, phase: "Pending" }, "none yet: on no node"],
    [{ phase: "Succeeded" }, "none: the pod has finished"],
  ])("of %j there is none", (changes, description) => {
    expect(sandboxLook(fakePod(changes), undefined).description).toBe(description);
  });
});

describe("a container's row", () => {
  test.each([
    [{ kind: "app" }, "running"],
    [{ kind: "sidecar" }, "sidecar · running"],
    [{ kind: "ephemeral" }, "ephemeral · running"],
    [
      {
        kind: "init",
        state: { kind: "terminated", exitCode: 0, reason: "Completed", finishedAt: undefined },
      },
      "init · ended: Completed (0)",
    ],
    [
      { state: { kind: "waiting", reason: "CrashLoopBackOff", message: "" }, restartCount: 3 },
      "waiting: CrashLoopBackOff · 3 restarts",
    ],
  ] as const)("%j", (changes, description) => {
    expect(containerLook({ ...nginx, ...changes }, undefined).description).toBe(description);
  });

  test("its PID is told of the run that was looked at, and of no later one", () => {
    const seen = report([pause, container("nginx", 30240, { id })]);
    expect(containerLook(nginx, seen).description).toBe("running · PID 30240");
    expect(containerLook({ ...nginx, id: "b".repeat(64) }, seen).description).toBe("running");
    const state = { kind: "waiting", reason: "CrashLoopBackOff", message: "" } as const;
    expect(containerLook({ ...nginx, state }, seen).description).toBe("waiting: CrashLoopBackOff");
  });
});

describe("a group's row", () => {
  test.each([
    ["namespace", "shop", 1, "shop", "1 pod"],
    ["node", "node-a", 2, "node-a", "2 pods"],
    ["node", "", 3, "On no node yet", "3 pods"],
    ["namespace", "shop", undefined, "shop", ""],
  ] as const)("%s %j with %j", (by, name, count, label, description) => {
    expect(groupLook(by, name, count)).toMatchObject({ label, description });
  });
});

describe("a status row", () => {
  const error = new SandboxError("api-unreachable", "detail", { facts: { host: "10.0.0.1" } });
  const all: readonly Status[] = [
    { kind: "connecting" },
    { kind: "loading" },
    { kind: "retrying", error, inMs: 4600, stale: true },
    { kind: "refused", error: new SandboxError("forbidden", "detail") },
    { kind: "by-namespace-instead" },
    { kind: "only-default-namespace", namespace: "team" },
    { kind: "no-pods", by: "namespace" },
    { kind: "no-match", filter: "x" },
    { kind: "more", count: 3 },
    { kind: "restricted" },
  ];

  test("trouble begins with what it is, and says all of it aloud", () => {
    const look = statusLook({ kind: "retrying", error, inMs: 4600, stale: true });
    expect(look.label).toBe("No answer, next try in 5 s");
    expect(look.spoken).toContain("10.0.0.1");
    expect(look.spoken).toContain("may be out of date");
  });

  test.each(all.map((status) => [status.kind, status] as const))(
    "%s names no bare namespace",
    (_kind, status) => {
      for (const text of textsOf(statusLook(status))) {
        expect(text).not.toMatch(/(?<!Linux |Kubernetes )namespace/i);
      }
    },
  );
});

function textsOf({ label, description, spoken, details }: RowLook): readonly string[] {
  return [label, description, spoken, ...details.flat()];
}
