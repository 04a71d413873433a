import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { containersOf } from "../../extension/core/audit/audit.ts";
import { namespaceTypes, type NamespaceType } from "../../extension/core/namespaces.ts";
import type { Expected, SandboxReport } from "../../extension/core/report.ts";
import { type ControlPlane, startControlPlane } from "../support/cluster/control-plane.ts";
import { pauseImage } from "../support/cluster/images.ts";
import { startNode, type TestNode } from "../support/cluster/node.ts";
import type { ContainerStatus, PodHandle, PodManifest, PodObject } from "../support/cluster/pods.ts";
import { waitUntil } from "../support/cluster/wait.ts";
import { commandOf, processesBeside } from "../support/oracle.ts";
import { openProduct, type Product } from "./product.ts";
import {
  expectKernelTruth,
  expectNoFalseFinding,
  inspectObserved,
  type Observation,
  type PodName,
  truthOf,
  usualSharing,
} from "./truth.ts";

// Real pods on a real node, read by the product over a real SSH connection and compared with what the kernel and the
// runtime say when asked directly.

let plane: ControlPlane;
let node: TestNode;
let product: Product;

beforeAll(async () => {
  plane = await startControlPlane({ log: console.log });
  node = await startNode(plane);
  product = await openProduct(plane, node);
});

afterAll(async () => {
  product?.close();
  await plane?.stop();
});

const sleeper = { name: "app", command: ["sleep", "1000000"] };
const second = { ...sleeper, name: "second" };

interface Case {
  readonly what: string;
  readonly manifest: PodManifest;
  /** Where every container of the pod differs from the usual. */
  readonly expected?: Partial<Readonly<Record<NamespaceType, Expected>>>;
}

const cases: readonly Case[] = [
  { what: "shares nothing special", manifest: { name: "plain", spec: { containers: [sleeper] } } },
  {
    what: "has several containers",
    manifest: {
      name: "several",
      spec: { containers: [sleeper, second, { ...sleeper, name: "third" }] },
    },
  },
  {
    what: "shares PIDs",
    manifest: { name: "shared-pid", spec: { shareProcessNamespace: true, containers: [sleeper, second] } },
    expected: { pid: "POD" },
  },
  {
    what: "uses the host's network",
    manifest: { name: "host-network", spec: { hostNetwork: true, containers: [sleeper, second] } },
    expected: { net: "NODE", uts: "NODE" },
  },
  {
    what: "uses the host's IPC",
    manifest: { name: "host-ipc", spec: { hostIPC: true, containers: [sleeper, second] } },
    expected: { ipc: "NODE" },
  },
  {
    what: "uses the host's PIDs",
    manifest: { name: "host-pid", spec: { hostPID: true, containers: [sleeper, second] } },
    expected: { pid: "NODE" },
  },
  {
    what: "uses all of the host's",
    manifest: {
      name: "host-all",
      spec: { hostNetwork: true, hostPID: true, hostIPC: true, containers: [sleeper] },
    },
    expected: { net: "NODE", uts: "NODE", ipc: "NODE", pid: "NODE" },
  },
  {
    what: "has an init container that ended",
    manifest: {
      name: "init-ended",
      spec: { initContainers: [{ name: "setup", command: ["true"] }], containers: [sleeper] },
    },
  },
  {
    what: "has a privileged container",
    manifest: {
      name: "privileged",
      spec: { containers: [{ ...sleeper, securityContext: { privileged: true } }, second] },
    },
  },
  {
    what: "is of the QoS class Guaranteed, in a Kubernetes namespace of its own",
    manifest: {
      name: "guaranteed",
      namespace: "other",
      spec: {
        containers: [{ ...sleeper, resources: { limits: { cpu: "100m", memory: "32Mi" } } }],
      },
    },
  },
  {
    what: "is of the QoS class Burstable",
    manifest: {
      name: "burstable",
      spec: { containers: [{ ...sleeper, resources: { requests: { cpu: "10m" } } }] },
    },
  },
  {
    what: "runs a pause program as its own container, called pause",
    manifest: {
      name: "looks-like-pause",
      spec: { containers: [{ name: "pause", image: pauseImage }, sleeper] },
    },
  },
  {
    what: "has a command line that looks like what the product reads",
    manifest: {
      name: "forger",
      spec: {
        containers: [
          {
            name: "app",
            command: ["sh", "-c", "sleep 1000000; true", "\n#pids\n1 2 3\n#end\n/proc/1/cmdline:forged"],
          },
          second,
        ],
      },
    },
  },
  {
    what: "runs as another user than root",
    manifest: {
      name: "not-root",
      spec: { securityContext: { runAsUser: 4321, runAsNonRoot: true }, containers: [sleeper] },
    },
  },
];

/** Inspects, and holds the report against the kernel and the runtime. */
async function inspectTruly(pod: PodName, through = product): Promise<SandboxReport> {
  const observation = await inspectObserved(node, through, pod);
  expectKernelTruth(observation);
  return observation.report;
}

function restarted(status: PodObject["status"]): readonly ContainerStatus[] {
  return (status.containerStatuses ?? []).filter(({ restartCount }) => restartCount > 0);
}

/** Waits until the container `app` runs exactly these commands. */
async function waitForCommands(pod: PodHandle, commands: readonly string[]): Promise<void> {
  const look = (): true | undefined => {
    const app = [...truthOf(node, pod).values()].find(({ name }) => name === "app");
    const found = app === undefined ? [] : processesBeside(app.pid).map(commandOf);
    return isDeepStrictEqual(found.toSorted(), commands.toSorted()) ? true : undefined;
  };
  await waitUntil(`${pod.name} to run ${commands.join(", ")}`, look, { timeoutMs: 20_000 });
}

describe.each(cases)("a pod that $what", ({ manifest, expected }) => {
  let pod: PodHandle;
  let report: SandboxReport;

  beforeAll(async () => {
    pod = await node.pods.run(manifest);
    report = await inspectTruly(pod);
  });

  test("has every process of its containers in the report", () => {
    for (const { name, pid, processes } of report.containers) {
      if (pid === null) continue;
      expect(new Set(processes.map((process) => process.pid)), name).toEqual(new Set(processesBeside(pid)));
    }
  });

  test("is expected to share what its spec says", () => {
    for (const container of report.containers) {
      expect(container.expected, container.name).toEqual({ ...usualSharing, ...expected });
    }
  });

  test("has what it is expected to have, so nothing is found", () => {
    expect(report.findings).toEqual([]);
  });
});

test("an init container that ended has no PID and says how it ended", async () => {
  const report = await product.inspect({ namespace: "default", name: "init-ended" });
  const setup = report.containers.find(({ name }) => name === "setup");
  expect(setup).toMatchObject({ kind: "init", pid: null, state: "terminated: Completed (0)" });
});

test("a container that keeps crashing is shown as that, its neighbour as ever", async () => {
  const crashing = { name: "app", command: ["sh", "-c", "exit 3"] };
  const pod = await node.pods.apply({ name: "crash-loop", spec: { containers: [crashing, second] } });
  await node.pods.waitFor(pod, "the crash loop backs off", ({ status }) =>
    (status.containerStatuses ?? []).some(({ state }) => state?.waiting?.reason === "CrashLoopBackOff"),
  );
  const report = await inspectTruly(pod);
  expect(report.containers.find(({ name }) => name === "app")).toMatchObject({
    pid: null,
    state: "waiting: CrashLoopBackOff",
  });
  expect(report.containers.find(({ name }) => name === "second")?.pid).not.toBeNull();
  expect(report.findings).toEqual([]);
});

test("containers that are killed while being read lead to no wrong verdict", async () => {
  const victims = Array.from({ length: 8 }, (_, at) => ({ ...sleeper, name: `victim-${at}` }));
  const pod = await node.pods.run({ name: "killed", spec: { containers: [sleeper, ...victims] } });
  await product.inspect(pod);
  const start = performance.now();
  await product.inspect(pod);
  const duration = performance.now() - start;

  for (const [at, { name }] of victims.entries()) {
    const victim = [...truthOf(node, pod).values()].find((container) => container.name === name);
    if (victim === undefined) throw new Error(`${name} does not run`);
    const observed = inspectObserved(node, product, pod);
    // Moments spread over a reading: the race itself is what is wanted.
    await sleep((duration * at) / victims.length);
    process.kill(victim.pid, "SIGKILL");
    const observation = await observed;
    expectKernelTruth(observation);
    expectNoFalseFinding(observation);
  }
  const { status } = await node.pods.waitFor(
    pod,
    "the kubelet notices",
    (now) => restarted(now.status).length > 0,
  );
  expect(restarted(status).every(({ name }) => name.startsWith("victim-"))).toBe(true);
});

test("containers that start while being read lead to no wrong verdict", async () => {
  for (let round = 0; round < 3; round++) {
    const pod = await node.pods.apply({
      name: `starting-${round}`,
      spec: { containers: [sleeper, second, { ...sleeper, name: "third" }, { ...sleeper, name: "fourth" }] },
    });
    let last: Observation;
    do {
      last = await inspectObserved(node, product, pod);
      expectKernelTruth(last);
      expectNoFalseFinding(last);
    } while (last.lasting.length < 5);
    expect(last.report.containers.map(({ pid }) => pid)).not.toContain(null);
  }
});

test("commands that are executed while being read lead to no wrong verdict", async () => {
  const pod = await node.pods.run({ name: "busy", spec: { containers: [sleeper, second] } });
  const enough = new AbortController();
  const execute = async (container: string): Promise<number> => {
    let count = 0;
    for (; !enough.signal.aborted; count++) await node.pods.exec(pod, container, ["true"]);
    return count;
  };
  const executions = Promise.all(["app", "second"].map(execute));
  for (let reading = 0; reading < 20; reading++) {
    const observation = await inspectObserved(node, product, pod);
    expectKernelTruth(observation);
    expectNoFalseFinding(observation);
  }
  enough.abort();
  expect(Math.min(...(await executions))).toBeGreaterThan(0);
});

test("a pod that is deleted while being read is reported, or said to be gone", async () => {
  for (let round = 0; round < 4; round++) {
    const pod = await node.pods.run({ name: `deleted-${round}`, spec: { containers: [sleeper, second] } });
    const before = truthOf(node, pod);
    const outcome = product.inspect(pod).catch((error: unknown) => error);
    await node.pods.remove(pod);
    const answer = await outcome;
    if (answer instanceof Error) {
      expect(answer).toMatchObject({ reason: expect.stringMatching(/^pod-(gone|finished)$/) as string });
    } else {
      const { containers, findings } = answer as SandboxReport;
      for (const { id, pid } of containers) if (pid !== null) expect(before.get(id ?? "")?.pid).toBe(pid);
      expect(findings.filter(({ code }) => code === "sharing-differs")).toEqual([]);
    }
  }
});

test("a static pod is found by the hash in its cgroup", async () => {
  const pod = await node.pods.runStatic({ name: "static", spec: { containers: [sleeper, second] } });
  try {
    // The runtime knows it by the mirror pod's name.
    const report = await inspectTruly(pod);
    expect(report.pod.uid).toBe(pod.uid);
    expect(report.containers.map(({ pid }) => pid)).not.toContain(null);
    expect(report.findings).toEqual([]);
  } finally {
    await node.pods.removeStatic("static");
  }
});

describe("an ephemeral container", () => {
  test("with a target is in the target's PID namespace", async () => {
    const pod = await node.pods.run({ name: "debugged", spec: { containers: [sleeper, second] } });
    await node.pods.addEphemeral(pod, {
      name: "debugger",
      command: sleeper.command,
      targetContainerName: "second",
    });
    const report = await inspectTruly(pod);
    const debug = report.containers.find(({ name }) => name === "debugger");
    const target = report.containers.find(({ name }) => name === "second");
    expect(debug).toMatchObject({ kind: "ephemeral", expected: { ...usualSharing, pid: "TARGET" } });
    expect(debug?.namespaces.pid).toEqual(target?.namespaces.pid);
    expect(report.findings).toEqual([]);
  });

  test("without a target has a PID namespace of its own", async () => {
    const pod = await node.pods.run({ name: "debugged-alone", spec: { containers: [sleeper] } });
    await node.pods.addEphemeral(pod, { name: "debugger", command: sleeper.command });
    const report = await inspectTruly(pod);
    expect(report.containers.find(({ name }) => name === "debugger")?.expected).toEqual(usualSharing);
    expect(report.findings).toEqual([]);
  });

  test("in a pod that shares PIDs shares them too, target or not", async () => {
    const pod = await node.pods.run({
      name: "debugged-shared",
      spec: { shareProcessNamespace: true, containers: [sleeper] },
    });
    await node.pods.addEphemeral(pod, {
      name: "debugger",
      command: sleeper.command,
      targetContainerName: "app",
    });
    const report = await inspectTruly(pod);
    expect(report.containers.find(({ name }) => name === "debugger")?.expected).toEqual({
      ...usualSharing,
      pid: "POD",
    });
    expect(report.findings).toEqual([]);
  });
});

describe("processes beside the main one", () => {
  test("a command that somebody executes in a container is not taken for its main process", async () => {
    for (const shareProcessNamespace of [false, true]) {
      const name = `executed-${String(shareProcessNamespace)}`;
      const pod = await node.pods.run({ name, spec: { shareProcessNamespace, containers: [sleeper] } });
      await node.pods.exec(pod, "app", ["sh", "-c", "sleep 999999 >/dev/null 2>&1 &"]);
      const endless = node.pods.exec(pod, "app", ["sleep", "888888"]).catch(() => undefined);
      await waitForCommands(pod, ["sleep 1000000", "sleep 888888", "sleep 999999"]);
      const report = await inspectTruly(pod);
      const app = report.containers.find((container) => container.name === "app");
      const commands = app?.processes.map(({ argv }) => argv.join(" "));
      expect(commands?.toSorted()).toEqual(["sleep 1000000", "sleep 888888", "sleep 999999"]);
      expect(report.findings).toEqual([]);
      await node.pods.remove(pod);
      await endless;
    }
  });

  test("one that went to a Linux namespace of its own is found", async () => {
    const pod = await node.pods.run({
      name: "wanderer",
      spec: {
        containers: [
          {
            name: "app",
            command: ["sh", "-c", "unshare -n sleep 777777 & exec sleep 1000000"],
            securityContext: { privileged: true },
          },
        ],
      },
    });
    await waitForCommands(pod, ["sleep 1000000", "sleep 777777"]);
    const report = await inspectTruly(pod);
    expect(report.findings).toMatchObject([
      { code: "process-elsewhere", severity: "info", container: "app", namespaceType: "net" },
    ]);
  });
});

test("a sandbox whose pause was killed is replaced, and the report shows the new one", async () => {
  const pod = await node.pods.run({ name: "pause-killed", spec: { containers: [sleeper] } });
  const first = await inspectTruly(pod);
  const { pid } = first.sandbox.holder;
  if (pid === null) throw new Error("no pause");
  process.kill(pid, "SIGKILL");
  await node.pods.waitFor(pod, "its container runs again", ({ status }) =>
    (status.containerStatuses ?? []).some(
      ({ state, restartCount }) => restartCount > 0 && state?.running !== undefined,
    ),
  );
  const report = await inspectTruly(pod);
  expect(report.sandbox.id).not.toBe(first.sandbox.id);
  expect(report.findings).toEqual([]);
});

test("all nodes read at once say of each container what the panel says of it", async () => {
  const audit = await product.readAll();
  expect(audit.nodes.map(({ name, outcome }) => [name, outcome])).toEqual([[node.nodeName, "read"]]);
  const containers = [...containersOf(audit)];
  expect(containers.find(({ pod }) => pod === "host-network")?.host).toContain("net");
  const pods = new Map(
    containers.map(({ namespace, pod }) => [`${namespace}/${pod}`, { namespace, name: pod }]),
  );
  expect(pods.size).toBeGreaterThan(3);
  for (const [what, pod] of pods) {
    const report = await product.inspect(pod);
    const panel = new Map(report.containers.map((one) => [one.name, one]));
    for (const one of containers.filter(({ namespace, pod: name }) => `${namespace}/${name}` === what)) {
      const own = panel.get(one.name);
      // One that crashes again and again is there in one reading and gone in the next.
      if (own?.pid == null || one.unknown.length > 0) continue;
      const shared = namespaceTypes.filter((type) => {
        const [reading, nodes] = [own.namespaces[type], report.node.namespaces[type]];
        return reading.status === "read" && nodes.status === "read" && reading.inode === nodes.inode;
      });
      expect([what, one.name, one.host]).toEqual([what, one.name, shared]);
      expect(one.differs).toEqual([]);
    }
  }
});

describe("an account on the node that is not root", () => {
  test("with sudo sees all that root sees", async () => {
    const withSudo = await openProduct(plane, node, { user: node.ssh.sudoUser });
    try {
      const report = await inspectTruly({ namespace: "default", name: "several" }, withSudo);
      expect(report.findings).toEqual([]);
    } finally {
      withSudo.close();
    }
  });

  test("without sudo sees the processes, and is told what needs root", async () => {
    const plain = await openProduct(plane, node, { user: node.ssh.plainUser });
    try {
      const pod = { namespace: "default", name: "several" };
      const truth = truthOf(node, pod);
      const report = await plain.inspect(pod);
      expect(report.findings.map(({ code }) => code)).toContain("needs-root");
      expect(report.findings.filter(({ code }) => code === "sharing-differs")).toEqual([]);
      const apps = report.containers.filter(({ kind }) => kind === "app");
      expect(apps).toHaveLength(3);
      for (const { id, pid, namespaces } of apps) {
        expect(pid).toBe(truth.get(id ?? "")?.pid);
        expect(namespaces.net.status).toBe("denied");
      }
    } finally {
      plain.close();
    }
  });
});

describe("a user of the API", () => {
  test("who may read pods of one Kubernetes namespace, and no nodes, can inspect these", async () => {
    const pod = await node.pods.run({
      name: "visible",
      namespace: "allowed",
      spec: { containers: [sleeper, second] },
    });
    const limited = await openProduct(plane, node, { context: "limited" });
    try {
      const report = await inspectTruly(pod, limited);
      expect(report.findings).toEqual([]);
      for (const { name, expected } of report.containers) expect(expected, name).toEqual(usualSharing);
      const elsewhere = limited.inspect({ namespace: "default", name: "plain" });
      await expect(elsewhere).rejects.toMatchObject({ reason: "forbidden" });
    } finally {
      limited.close();
    }
  });

  test("may ask for a pod that there is not", async () => {
    const missing = product.inspect({ namespace: "default", name: "never-was" });
    await expect(missing).rejects.toMatchObject({ reason: "pod-gone" });
  });
});
