import { describe, expect, test, vi } from "vitest";
import { checkAccess, type CheckAccessDeps } from "../../../extension/app/check-access.ts";
import type { AccessCheckStep, AccessFinding, AccessReport } from "../../../extension/core/access-check.ts";
import { type ErrorReason, SandboxError } from "../../../extension/core/errors.ts";
import type { ClusterNode } from "../../../extension/core/pod.ts";
import { bySsh, type Way } from "../../../extension/nodes/access.ts";
import type { AccessStep, AccessTrace } from "../../../extension/nodes/transport.ts";
import { noTerminal } from "../../support/fake-destination.ts";
import { fakeNode } from "../../support/fake-pod.ts";
import { FakeCluster } from "./fake-cluster.ts";

const bootId = "e92930af-e3db-4542-869c-4544d5e5f880";
const local: Way = { kind: "local", become: undefined };

/** What an ordinary node answers. */
const whole = [
  ...["#access", "now 1000000", "uid 0", `boot ${bootId}`, "hostname node-a", "seen 2", "second kthreadd"],
  ...["cat", "cut", "date", "find", "grep", "head", "id", "ls", "readlink", "sed", "sort", "stat"].map(
    (tool) => `tool ${tool}`,
  ),
  ...["tail", "tr", "uniq", "xargs", "timeout", "lsns", "crictl", "getconf"].map((tool) => `tool ${tool}`),
  ...["#links", "1 4026531836", "2 4026531836", "#end", ""],
].join("\n");

interface Given {
  readonly way?: Way;
  readonly node?: Partial<ClusterNode>;
  /** What happens on the way: steps that are passed, then an error, or else an answer. */
  readonly passed?: readonly (readonly [AccessStep, string])[];
  readonly error?: unknown;
  readonly answer?: string;
  readonly getNode?: () => Promise<ClusterNode>;
}

function setUp(given: Given): { deps: CheckAccessDeps; closed: ReturnType<typeof vi.fn> } {
  const { way = bySsh, passed = [], error, answer = whole } = given;
  const closed = vi.fn<() => Promise<void>>(async () => {});
  const cluster = new FakeCluster("prod");
  cluster.getNode = given.getNode ?? (async () => fakeNode({ bootId, ...given.node }));
  const run = async (trace: AccessTrace | undefined) => {
    for (const [step, detail] of passed) trace?.(step, detail);
    if (error !== undefined) throw error;
    return { stdout: answer, stderr: "", exitCode: 0 };
  };
  const deps: CheckAccessDeps = {
    openCluster: async () => cluster,
    openWays: async () => ({
      transport: () => ({ run: async (_request, { trace }) => run(trace), terminal: noTerminal }),
      close: closed,
    }),
    wayOf: () => way,
    become: { kind: "auto" },
    timeoutMs: 1000,
    now: () => new Date(1_000_000_000),
  };
  return { deps, closed };
}

const place = { context: "prod", node: "node-a" };
const signal = new AbortController().signal;

async function checked(given: Given): Promise<AccessReport> {
  const { deps, closed } = setUp(given);
  const report = await checkAccess(deps, place, { signal });
  expect(closed.mock.calls.length).toBeLessThanOrEqual(1);
  return report;
}

function outcomes({ findings }: AccessReport): string {
  return findings.map(({ outcome }) => outcome.slice(0, 1)).join("");
}

function found({ findings }: AccessReport, step: AccessCheckStep): AccessFinding | undefined {
  return findings.find((finding) => finding.step === step);
}

const upToLogin: readonly (readonly [AccessStep, string])[] = [
  ["address", "node-a is 10.0.0.5"],
  ["connect", "10.0.0.5, port 22"],
  ["host-key", "ssh-ed25519 SHA256:abc, known"],
  ["login", "root by publickey"],
];

describe("a node that can be read", () => {
  test("passes every step, each told when it was passed, and what was opened is closed", async () => {
    const { deps, closed } = setUp({ passed: upToLogin });
    const heard: AccessFinding[] = [];
    const report = await checkAccess(deps, place, { signal, onFinding: (finding) => heard.push(finding) });
    expect(outcomes(report)).toBe("yyyyyyyyyyy");
    expect(report).toMatchObject({ ...place, takenAt: "1970-01-12T13:46:40.000Z" });
    expect(heard.map(({ step }) => step)).toEqual(report.findings.map(({ step }) => step));
    expect(found(report, "connect")?.says).toBe("10.0.0.5, port 22");
    expect(closed).toHaveBeenCalledTimes(1);
  });

  test("over jump hosts tells of each hop", async () => {
    const report = await checked({
      passed: [...upToLogin, ["connect", "10.1.0.5 over 10.0.0.5"], ...upToLogin],
    });
    expect(found(report, "connect")?.says).toBe("10.0.0.5, port 22; 10.1.0.5 over 10.0.0.5");
  });

  test("steps that a client does not tell have been passed, and those that a way has not are left out", async () => {
    expect(outcomes(await checked({ passed: [["login", "it is open"]] }))).toBe("yyyyyyyyyyy");
    expect(outcomes(await checked({ way: local, passed: [["connect", "this machine"]] }))).toBe(
      "ysyssyyyyyy",
    );
  });

  test("that is another machine is told apart", async () => {
    const report = await checked({ node: { bootId: "00000000-0000-4000-8000-000000000000" } });
    expect(outcomes(report)).toBe("yyyyyyynyyy");
    expect(found(report, "machine")?.mend).toContain("podSandbox.access");
  });

  test("may be read in part", async () => {
    const report = await checked({ answer: whole.replace("uid 0", "uid 1000") });
    expect(outcomes(report)).toBe("yyyyyypypyy");
  });
});

describe("where it breaks", () => {
  const facts = { host: "10.0.0.5", port: "22", node: "node-a" };
  test.each<[ErrorReason, Readonly<Record<string, string>>, number, string]>([
    ["ssh-unsupported", {}, 0, "nssssssssss"],
    ["node-no-address", {}, 0, "ynsssssssss"],
    ["ssh-refused", {}, 1, "yynssssssss"],
    ["ssh-timeout", { step: "connect" }, 1, "yynssssssss"],
    ["ssh-timeout", { step: "handshake" }, 2, "yyynsssssss"],
    ["ssh-timeout", {}, 3, "yyyynssssss"],
    ["ssh-host-key-changed", { step: "handshake" }, 2, "yyynsssssss"],
    ["ssh-auth-failed", {}, 3, "yyyynssssss"],
    // A client that tells nothing on its way has come as far as its error.
    ["ssh-auth-failed", {}, 0, "yyyynssssss"],
    ["ssh-connection-lost", {}, 4, "yyyyynsssss"],
    ["node-no-shell", {}, 4, "yyyyynsssss"],
    ["become-password", {}, 4, "yyyyyynssss"],
    // Of a jump host more was passed than of the node.
    ["ssh-refused", { step: "connect" }, 4, "yynssssssss"],
  ])("%s %j after %i steps: %s", async (reason, more, count, expected) => {
    const error = new SandboxError(reason, "detail", { facts: { ...facts, ...more } });
    const report = await checked({ passed: upToLogin.slice(0, count), error });
    expect(outcomes(report)).toBe(expected);
    const failed = report.findings.find(({ outcome }) => outcome === "no");
    expect(failed?.says).toMatch(/\.$/);
    expect(failed?.mend).toMatch(/\.$/);
  });

  test("an answer that is none breaks at the command", async () => {
    expect(outcomes(await checked({ passed: upToLogin, answer: "Welcome\n" }))).toBe("yyyyynsssss");
  });

  test("the API that does not know the node, before anything else", async () => {
    const report = await checked({ getNode: () => Promise.reject(new SandboxError("node-gone", "404")) });
    expect(outcomes(report)).toBe("nssssssssss");
  });

  test("an API that forbids to read the node is no obstacle, but proves less", async () => {
    const report = await checked({ getNode: () => Promise.reject(new SandboxError("forbidden", "403")) });
    expect(outcomes(report)).toBe("yyyyyyypyyy");
  });

  test("a container that is gone", async () => {
    const way: Way = { kind: "container", engine: "docker", container: "${name}" };
    const report = await checked({ way, error: new SandboxError("container-gone", "no such container") });
    expect(outcomes(report)).toBe("nssssssssss");
  });

  test("what breaks is closed too, and being cancelled is no finding", async () => {
    const cancelled = new SandboxError("cancelled", "cancelled");
    const { deps, closed } = setUp({ error: cancelled });
    await expect(checkAccess(deps, place, { signal })).rejects.toBe(cancelled);
    expect(closed).toHaveBeenCalledTimes(1);
  });
});

test("a host without a cluster is compared with no node", async () => {
  const { deps } = setUp({ passed: upToLogin });
  const report = await checkAccess(deps, { context: null, node: "root@node-a" }, { signal });
  expect(outcomes(report)).toBe("yyyyyyysyyy");
  const nonsense = await checkAccess(deps, { context: null, node: "-oProxyCommand=x" }, { signal });
  expect(outcomes(nonsense)).toBe("nssssssssss");
});
