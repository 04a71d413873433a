import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ApiStatusError } from "../../../extension/cluster/api-errors.ts";
import { DebugPods } from "../../../extension/cluster/debug-pods.ts";
import { parseExecStatus } from "../../../extension/cluster/exec-status.ts";
import { podStart } from "../../../extension/cluster/pod-start.ts";
import { systemTiming } from "../../../extension/cluster/timing.ts";
import { ScriptedApi, server } from "./scripted-api.ts";

const { signal } = new AbortController();

class NoSockets extends ScriptedApi {
  socket(): Promise<never> {
    return Promise.reject(new Error("no sockets here"));
  }
}

describe("creating a pod", () => {
  // The servers' own words: kubernetes staging/src/k8s.io/pod-security-admission/admission, the webhook dispatcher, RBAC.
  test.each([
    {
      status: 403,
      said: 'pods "x" is forbidden: violates PodSecurity "restricted:latest": host namespaces (hostNetwork=true, hostPID=true), privileged (container "debug" must not set securityContext.privileged=true)',
      reason: "debug-pod-refused",
      detail: /^violates PodSecurity "restricted:latest": host namespaces/,
    },
    {
      status: 400,
      said: 'admission webhook "validate.kyverno.svc-fail" denied the request: \n\nresource Pod was blocked',
      reason: "debug-pod-refused",
      detail: /denied the request: resource Pod was blocked$/,
    },
    {
      status: 500,
      said: 'Internal error occurred: failed calling webhook "x": connection refused',
      reason: "debug-pod-refused",
      detail: /^Internal error/,
    },
    {
      status: 403,
      said: 'pods is forbidden: User "u" cannot create resource "pods" in API group "" in the namespace "default"',
      reason: "forbidden",
      detail: /^$/,
    },
    { status: 401, said: "Unauthorized", reason: "unauthorized", detail: /^$/ },
    { status: 500, said: "etcdserver: request timed out", reason: "api-error", detail: /^$/ },
  ])("fails as $reason: $said", async ({ status, said, reason, detail }) => {
    const api = new NoSockets();
    const creating = new DebugPods(api, systemTiming, 1).createPod("default", {}, signal);
    const pending = await api.next();
    pending.fail(new ApiStatusError(status, said, { server, question: pending.request }));
    const error: unknown = await creating.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ reason });
    expect((error as ApiStatusError).facts["detail"] ?? "").toMatch(detail);
  });
});

test("a conflict with others about a quota is no pod of ours", async () => {
  const api = new NoSockets();
  const manifest = { metadata: { name: "x" } };
  const creating = new DebugPods(api, systemTiming, 1).createPod("default", manifest, signal);
  for (const [status, said] of [
    [409, "Operation cannot be fulfilled on resourcequotas: the object has been modified"],
    [404, 'pods "x" not found'],
  ] as const) {
    const pending = await api.next();
    pending.fail(new ApiStatusError(status, said, { server, question: pending.request }));
  }
  await expect(creating).rejects.toMatchObject({ status: 409, facts: { verb: "create" } });
});

describe("an exec's status", () => {
  test.each([
    ['{"metadata":{},"status":"Success"}', { kind: "ended", code: 0 }],
    [
      '{"status":"Failure","message":"command terminated with non-zero exit code","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"127"}]}}',
      { kind: "ended", code: 127 },
    ],
    [
      '{"status":"Failure","message":"container not found","code":500}',
      { kind: "failed", message: "container not found" },
    ],
    ["", { kind: "failed", message: "the status is not understood" }],
  ])("%s", (text, status) => expect(parseExecStatus(text)).toEqual(status));

  test("is read whatever it is", () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void parseExecStatus(text)));
  });
});

describe("a pod that is to start", () => {
  const waiting = (reason: string, message = ""): unknown => ({
    status: { phase: "Pending", containerStatuses: [{ state: { waiting: { reason, message } } }] },
  });
  test.each([
    [{}, { kind: "waiting", reason: "" }],
    [waiting("ContainerCreating"), { kind: "waiting", reason: "ContainerCreating" }],
    [waiting("ErrImagePull", "not found"), { kind: "failed", detail: "ErrImagePull: not found" }],
    [waiting("CrashLoopBackOff"), { kind: "failed", detail: "CrashLoopBackOff" }],
    [{ status: { containerStatuses: [{ state: { running: {} } }] } }, { kind: "running" }],
    [
      { status: { containerStatuses: [{ state: { terminated: { reason: "Error", exitCode: 2 } } }] } },
      { kind: "failed", detail: "Error: exit status 2" },
    ],
    [
      { status: { phase: "Failed", reason: "OutOfpods", message: "Node didn't have enough resource" } },
      { kind: "failed", detail: "OutOfpods: Node didn't have enough resource" },
    ],
    [{ metadata: { deletionTimestamp: "x" } }, { kind: "failed", detail: "it is being deleted" }],
  ])("%j", (pod, start) => expect(podStart(pod)).toEqual(start));

  test("is read whatever it is", () => {
    fc.assert(fc.property(fc.jsonValue(), (pod) => void podStart(pod)));
  });
});
