import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { cleanUpDebugPods } from "../../extension/app/debug-pod-cleanup.ts";
import { openPodApi } from "../../extension/cluster/debug-pods.ts";
import { enterables, enterCommand, type Enterable } from "../../extension/core/enter.ts";
import { errorText } from "../../extension/core/error-text.ts";
import type { SandboxError } from "../../extension/core/errors.ts";
import type { SandboxReport } from "../../extension/core/report.ts";
import { DebugPodLedger, type LedgerStore } from "../../extension/nodes/debug-pod/ledger.ts";
import { debugPodManifest } from "../../extension/nodes/debug-pod/manifest.ts";
import { newOwner } from "../../extension/nodes/debug-pod/owner.ts";
import type { DebugPodQuestion } from "../../extension/nodes/debug-pod/ports.ts";
import type { DebugPodRef, PodApi } from "../../extension/nodes/pod-api.ts";
import type { NodeTerminal } from "../../extension/nodes/session.ts";
import { MemoryLog } from "../integration/cluster/memory-log.ts";
import { thrownBy } from "../integration/cluster/thrown.ts";
import { type ControlPlane, startControlPlane } from "../support/cluster/control-plane.ts";
import { workloadImage } from "../support/cluster/images.ts";
import { limitedNamespace } from "../support/cluster/kubeconfig.ts";
import { startNode, type TestNode } from "../support/cluster/node.ts";
import type { PodHandle } from "../support/cluster/pods.ts";
import { waitUntil } from "../support/cluster/wait.ts";
import { readNode } from "../support/oracle-node.ts";
import { runtimeContainers } from "../support/oracle.ts";
import { drain } from "../support/sessions.ts";
import {
  debugPodProduct,
  type DebugPodProduct,
  type DebugPodProductOptions,
  FileStore,
} from "./debug-pod-product.ts";
import { openProduct, type Product } from "./product.ts";

// Debug pods on a real node, made through a real API server by the product, and looked at by the test itself.

const { signal } = new AbortController();
const settings = { pageSize: 100, timeoutMs: 10_000 };

let plane: ControlPlane;
let node: TestNode;
let bySsh: Product;
let web: PodHandle;

beforeAll(async () => {
  plane = await startControlPlane({ log: console.log });
  node = await startNode(plane);
  bySsh = await openProduct(plane, node);
  web = await node.pods.run({ name: "web", spec: { containers: [sleeper] } });
});

afterAll(async () => {
  bySsh?.close();
  await plane?.stop();
});

const sleeper = { name: "app", command: ["sleep", "1000000"] };

interface ApiPod {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** All debug pods of the cluster, asked of the API by the test. */
async function debugPods(): Promise<readonly ApiPod[]> {
  const path = "/api/v1/pods?labelSelector=app.kubernetes.io/managed-by%3Dpod-sandbox-explorer";
  const { items } = (await plane.client.read(path)) as { items: readonly ApiPod[] };
  return items;
}

/** Processes of this machine that share the network of one of them. */
function inNetworkOf(pid: number): readonly number[] {
  const { processes } = readNode();
  const inode = processes.get(pid)?.inodes.net;
  return [...processes.values()]
    .filter(({ inodes, state }) => inodes.net === inode && state !== "Z")
    .map((process) => process.pid);
}

/** What has ended below a process, and nobody asked for it. */
function zombiesBelow(pid: number): readonly string[] {
  const { processes } = readNode();
  return [...processes.values()]
    .filter(({ ppid, state }) => ppid === pid && state === "Z")
    .map((process) => `${process.pid} ${process.name}`);
}

let stores = 0;
function newStore(): FileStore {
  return new FileStore(storePath());
}
function storePath(): string {
  stores += 1;
  return join(plane.instance.directory, `ledger-${stores}.json`);
}

async function open(
  options: Partial<DebugPodProductOptions> = {},
  kubeconfig = plane.kubeconfigPath,
): Promise<DebugPodProduct> {
  const product = await debugPodProduct(kubeconfig, { store: newStore(), ...options });
  onTestFinished(() => product.close());
  return product;
}

/** The API with some of its methods replaced. */
function changed(api: PodApi, by: Partial<PodApi>): PodApi {
  return {
    missingRights: (...words) => api.missingRights(...words),
    createPod: (...words) => api.createPod(...words),
    waitUntilRunning: (...words) => api.waitUntilRunning(...words),
    exec: (...words) => api.exec(...words),
    execTerminal: (...words) => api.execTerminal(...words),
    deletePod: (...words) => api.deletePod(...words),
    listPods: (...words) => api.listPods(...words),
    ...by,
  };
}

/** The node's mounts have no shell. */
function withoutNsenter(api: PodApi): PodApi {
  return changed(api, {
    exec: (pod, argv, stop) => api.exec(pod, argv[0] === "nsenter" ? ["chroot", "/proc", "sh"] : argv, stop),
  });
}

/** A machine may hide the mounts of its PID 1 even from root; those of a kernel thread are the same here. */
function byKernelThread(api: PodApi): PodApi {
  return changed(api, {
    exec: (pod, argv, stop) => api.exec(pod, argv[0] === "nsenter" ? argv.with(2, "2") : argv, stop),
  });
}

/** All but the times, which the node's clock tells to the second. */
function lasting(report: SandboxReport): unknown {
  const times = new Set(["takenAt", "startTime", "bootedAt", "since", "seenSince"]);
  return JSON.parse(JSON.stringify(report, (key, value: unknown) => (times.has(key) ? undefined : value)));
}

function appOf(report: SandboxReport): Enterable {
  const app = enterables(report).find(({ container }) => container.name === "app");
  if (app === undefined) throw new Error("cannot be entered");
  return app;
}

/**
 * Opens terminals in `web`, types into them, and closes them while something runs in them, in their background too.
 * Answers the zombies that this has left in the pod.
 */
async function tryTerminals(
  report: SandboxReport,
  openTerminal: (argv: readonly string[]) => Promise<NodeTerminal>,
): Promise<readonly string[]> {
  const app = appOf(report);
  const before = inNetworkOf(app.pid);
  expect(zombiesBelow(app.pid)).toEqual([]);
  for (const chosen of [["net"], ["pid"], ["net", "pid"], ["all"]] as const) {
    const terminal = await openTerminal(enterCommand(app, chosen, report.node));
    if (terminal.kind !== "stream") throw new Error("no stream");
    let seen = "";
    for (const output of [terminal.stdout, terminal.stderr]) {
      output.on("data", (chunk: Buffer) => {
        seen += chunk.toString();
      });
    }
    // The size is told apart from what is typed, and may come later.
    const sized = async (words: string): Promise<void> =>
      expect
        .poll(
          () => {
            terminal.stdin.write("stty size\n");
            return seen;
          },
          { timeout: 10_000, interval: 300 },
        )
        .toContain(words);
    terminal.stdin.write(
      "(sleep 86435; true) & sleep 86434 & readlink /proc/self/ns/net; readlink /proc/self/ns/pid; echo en''d\n",
    );
    await expect.poll(() => seen, { timeout: 15_000 }).toMatch(/pid:[^]*end\r\n/);
    await sized("17 91\r\n");
    const types = chosen[0] === "all" ? (["net", "pid"] as const) : chosen;
    for (const type of types) expect(seen).toContain(`${type}:[${app.own[type]}]`);
    terminal.resize({ columns: 133, rows: 44 });
    await sized("44 133\r\n");
    if (types[0] === "net") expect(inNetworkOf(app.pid).length).toBeGreaterThan(before.length);
    terminal.stdin.write("sleep 86436\n");
    const runs = (): boolean => sleepers().includes("sleep 86436");
    await expect.poll(runs, { timeout: 10_000 }).toBe(true);
    terminal.stop();
    await terminal.gone;
    await expect.poll(sleepers, { timeout: 10_000 }).toEqual([]);
    await expect.poll(() => inNetworkOf(app.pid), { timeout: 10_000 }).toEqual(before);
  }
  // Its first process is one that asks for nobody's end.
  return zombiesBelow(app.pid);
}

/** What was typed into terminals, and still runs. */
function sleepers(): readonly string[] {
  return [...readNode().processes.values()]
    .map(({ command }) => command)
    .filter((command) => /^sleep 8643\d$/.test(command));
}

test("SSH gives terminals, and leaves nothing in the pod", async () => {
  const report = await bySsh.inspect(web);
  expect(await tryTerminals(report, (argv) => bySsh.terminal(argv))).toEqual([]);
});

describe("a debug pod", () => {
  test("shows a pod as SSH does, serves several inspections, and is deleted", async () => {
    const pods = [
      web,
      await node.pods.run({
        name: "shared",
        spec: { shareProcessNamespace: true, containers: [sleeper, { ...sleeper, name: "second" }] },
      }),
      await node.pods.run({
        name: "host",
        spec: { hostNetwork: true, hostPID: true, containers: [sleeper] },
      }),
    ];
    const questions: DebugPodQuestion[] = [];
    const product = await open({
      agree: async (question) => {
        questions.push(question);
        expect(await debugPods()).toEqual([]);
        return true;
      },
    });
    for (const pod of pods) {
      const report = await product.inspect(pod);
      expect(report.sandbox.holder.kind).toBe("process");
      expect(lasting(report)).toEqual(lasting(await bySsh.inspect(pod)));
    }
    await Promise.all(pods.map((pod) => product.inspect(pod)));

    const [made, ...more] = await debugPods();
    expect(more).toEqual([]);
    expect(questions).toHaveLength(1);
    expect(made?.spec).toMatchObject({ nodeName: node.nodeName, hostPID: true });
    expect(questions[0]).toMatchObject({ context: "admin", node: node.nodeName, namespace: "default" });
    expect(questions[0]?.manifestYaml).toContain(`name: ${made?.metadata.name}`);
    expect(product.written()).toMatchObject([{ context: "admin", name: made?.metadata.name }]);
    const place = { namespace: "default", name: made?.metadata.name ?? "" };
    expect(runtimeContainers(node.containerdState, place)).not.toEqual([]);

    await product.close();
    expect(await debugPods()).toEqual([]);
    expect(runtimeContainers(node.containerdState, place).filter(({ kind }) => kind === "container")).toEqual(
      [],
    );
    expect(product.written()).toEqual([]);
    expect(product.left).toEqual([]);
  });

  test.each(["the node's own", "the image's"])("gives terminals, with %s programs", async (programs) => {
    const product = await open(programs === "the image's" ? { around: withoutNsenter } : {});
    const report = await product.inspect(web);
    const pods = await debugPods();
    expect(await tryTerminals(report, (argv) => product.terminal(report, argv))).toEqual([]);
    // That one was closed says nothing against the pod.
    await product.inspect(web);
    expect(await debugPods()).toEqual(pods);

    // Deleted, it would end all that is in a terminal at once.
    const app = appOf(report);
    const terminal = await product.terminal(report, enterCommand(app, ["pid"], report.node));
    if (terminal.kind !== "stream") throw new Error("no stream");
    terminal.stdout.resume();
    terminal.stdin.write("sleep 86437 & sleep 86438\n");
    await expect.poll(sleepers, { timeout: 10_000 }).toEqual(["sleep 86437", "sleep 86438"]);
    await product.close();
    expect(sleepers()).toEqual([]);
    expect(zombiesBelow(app.pid)).toEqual([]);
    expect(await debugPods()).toEqual([]);
  });

  test.each([
    { of: "the node's own programs", around: byKernelThread, reader: ["perl", ["mnt"]] },
    { of: "the image's programs", around: withoutNsenter, reader: ["sh", []] },
  ] as const)("is a pod like any other to itself, with $of", async ({ around, reader }) => {
    const product = await open({ around });
    const view = await product.readNode(node.nodeName);
    const [made] = await debugPods();
    const { name = "", namespace = "" } = made?.metadata ?? {};
    expect(view.pods.filter((pod) => pod.name === name)).toHaveLength(1);
    expect(JSON.stringify([view.others, view.leaks])).not.toContain(name);
    const used = view.namespaces.filter(
      ({ host, usedBy }) => !host && usedBy.includes(`${namespace}/${name}`),
    );
    expect(new Set(used.map(({ type }) => type))).toEqual(new Set(["ipc", "mnt"]));
    expect(lasting(await product.inspect(web))).toEqual(lasting(await bySsh.inspect(web)));
    const itself = await product.inspect({ namespace, name });
    expect(itself.sandbox.holder.kind).toBe("process");
    // It shows what reads it, and that this is in the node's mounts.
    const debug = itself.containers.find((container) => container.name === "debug");
    // In no order: the kernel counts PIDs round.
    const found = new Map(debug?.processes.map(({ comm, elsewhere }) => [comm, elsewhere]));
    expect(found).toEqual(new Map<string, readonly string[]>([reader, ["sleep", []]]));
  });

  test("reads a node that has no shell with the image's", async () => {
    const ran: string[] = [];
    const product = await open({
      around: (api) =>
        withoutNsenter(
          changed(api, {
            exec: (pod, argv, stop) => {
              ran.push(argv[0] ?? "");
              return api.exec(pod, argv, stop);
            },
          }),
        ),
    });
    const report = await product.inspect(web);
    expect(ran).toEqual(["chroot", "sh", "sh"]);
    expect(lasting(report)).toEqual(lasting(await bySsh.inspect(web)));
  });

  test("is not made unless the user agrees", async () => {
    const product = await open({ agree: async () => false });
    expect((await thrownBy(product.inspect(web))).reason).toBe("cancelled");
    expect(await debugPods()).toEqual([]);
    expect(product.written()).toEqual([]);
  });

  test("is deleted when nobody waits for it any more", async () => {
    const stop = new AbortController();
    const product = await open({
      around: (api) =>
        changed(api, {
          waitUntilRunning: async (pod, waits) => {
            expect(await debugPods()).toHaveLength(1);
            stop.abort();
            return api.waitUntilRunning(pod, waits);
          },
        }),
    });
    expect((await thrownBy(product.inspect(web, stop.signal))).reason).toBe("cancelled");
    await product.close();
    expect(await debugPods()).toEqual([]);
    expect(product.written()).toEqual([]);
  });

  test("is asked to be deleted before anything else when the window closes, and until the server is back", async () => {
    let asked = 0;
    const product = await open({
      around: (api) =>
        changed(api, {
          deletePod: (...words) => {
            asked += 1;
            return api.deletePod(...words);
          },
        }),
    });
    await product.inspect(web);
    await plane.stopApiServer();
    const closed = product.close();
    expect(asked).toBe(1);
    await plane.startApiServer();
    await closed;
    // Closing does not wait for ever.
    const look = (): true | undefined => product.written().length === 0 || undefined;
    await waitUntil("the pod to be deleted", look, { timeoutMs: 60_000 });
    expect(asked).toBeGreaterThan(1);
    expect(await debugPods()).toEqual([]);
    expect(product.left).toEqual([]);
  });

  test("is made again when somebody has deleted it", async () => {
    let asked = 0;
    const product = await open({
      agree: async () => {
        asked += 1;
        return true;
      },
    });
    await product.inspect(web);
    const [made] = await debugPods();
    await node.pods.remove({ namespace: "default", name: made?.metadata.name ?? "", uid: "" });
    expect(lasting(await product.inspect(web))).toEqual(lasting(await bySsh.inspect(web)));
    expect(asked).toBe(2);
    await product.close();
    expect(await debugPods()).toEqual([]);
  });

  test("of a window that was killed is deleted at the next start, and no other", async () => {
    const path = storePath();
    const store: LedgerStore = new FileStore(path);
    const other = await open({ store });
    await other.inspect(web);
    const [living] = await debugPods();

    const program = fileURLToPath(new URL("debug-pod-crash.ts", import.meta.url));
    const child = spawn(process.execPath, [program, plane.kubeconfigPath, path, web.namespace, web.name], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(child, "exit");
    const [said] = (await Promise.race([once(child.stdout, "data"), ended])) as [unknown];
    expect(String(said)).toBe("created\n");
    const log = new MemoryLog();
    const cleanUp = async (): Promise<readonly SandboxError[]> =>
      cleanUpDebugPods({
        ledger: new DebugPodLedger(store, newOwner(), Date.now),
        log,
        openPodApi: (context) => openPodApi({ ...settings, kubeconfig: plane.kubeconfigPath }, context),
      });
    // While both live, neither is anybody else's to delete.
    expect(await cleanUp()).toEqual([]);
    expect(await debugPods()).toHaveLength(2);
    child.kill("SIGKILL");
    await ended;

    expect(store.keys()).toHaveLength(2);
    expect(await cleanUp()).toEqual([]);
    expect((await debugPods()).map(({ metadata }) => metadata.name)).toEqual([living?.metadata.name]);
    expect(store.keys()).toHaveLength(1);
    await other.inspect(web);
  });

  test("stays written down while its cluster cannot be reached", async () => {
    const store = newStore();
    const gone = { ...newOwner(), label: "0123456789abcdef", pid: 2 ** 30 };
    await new DebugPodLedger(store, gone, Date.now).add({
      context: "admin",
      namespace: "default",
      name: "x",
    });
    const log = new MemoryLog();
    const left = await cleanUpDebugPods({
      ledger: new DebugPodLedger(store, newOwner(), Date.now),
      log,
      openPodApi: () => openPodApi({ ...settings, kubeconfig: "/nonexistent/kubeconfig" }, "admin"),
    });
    expect(left).toMatchObject([{ reason: "kubeconfig-missing" }]);
    expect(store.keys()).toHaveLength(1);
  });
});

describe("the API server's no", () => {
  test("by RBAC comes before anything is made", async () => {
    const product = await open({ context: "limited", namespace: limitedNamespace });
    const error = await thrownBy(product.inspect(web));
    expect(error).toMatchObject({
      reason: "debug-pod-forbidden",
      facts: {
        namespace: limitedNamespace,
        detail: "create pods, delete pods, get pods/exec, create pods/exec",
      },
    });
    expect(errorText(error).title).toContain("delete pods");
    expect(await debugPods()).toEqual([]);
    expect(product.written()).toEqual([]);
  });

  test("to anything but the rights that are asked for does no harm", async () => {
    const roles = `/apis/rbac.authorization.k8s.io/v1/namespaces/${limitedNamespace}`;
    await plane.client.create(`${roles}/roles`, {
      metadata: { name: "debugger" },
      rules: [
        { apiGroups: [""], resources: ["pods"], verbs: ["create", "get", "list", "delete"] },
        { apiGroups: [""], resources: ["pods/exec"], verbs: ["get", "create"] },
      ],
    });
    await plane.client.create(`${roles}/rolebindings`, {
      metadata: { name: "debugger" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "debugger" },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "limited" }],
    });
    const product = await open({ context: "limited", namespace: limitedNamespace });
    expect(lasting(await product.inspect(web))).toMatchObject({
      sandbox: { holder: { kind: "process" } },
    });
    expect((await debugPods()).map(({ metadata }) => metadata.namespace)).toEqual([limitedNamespace]);
    await product.close();
    expect(await debugPods()).toEqual([]);
  });

  test("by a pod security policy is told in its own words", async () => {
    const strict = await startControlPlane({ podSecurityPolicy: true });
    onTestFinished(() => strict.stop());
    await strict.client.create("/apis/policy/v1beta1/podsecuritypolicies", {
      metadata: { name: "restricted" },
      spec: {
        privileged: false,
        seLinux: { rule: "RunAsAny" },
        runAsUser: { rule: "RunAsAny" },
        supplementalGroups: { rule: "RunAsAny" },
        fsGroup: { rule: "RunAsAny" },
        volumes: ["emptyDir"],
      },
    });
    const api = await openPodApi({ ...settings, kubeconfig: strict.kubeconfigPath }, "admin");
    const error = await thrownBy(api.createPod("default", manifest("refused"), signal));
    expect(error.reason).toBe("debug-pod-refused");
    expect(errorText(error).title).toMatch(
      /^The cluster does not admit the debug pod in the Kubernetes namespace default: PodSecurityPolicy: unable to admit pod/,
    );
  });
});

describe("a debug pod that does not run", () => {
  test("for want of its image is deleted, and the reason told", async () => {
    const product = await open({ image: "localhost/no-such-image:1" });
    const error = await thrownBy(product.inspect(web));
    expect(error).toMatchObject({ reason: "debug-pod-failed", facts: { node: node.nodeName } });
    expect(error.facts["detail"]).toMatch(/^ErrImagePull: /);
    expect(await debugPods()).toEqual([]);
    expect(product.written()).toEqual([]);
  });

  test("because its node is not there is deleted all the same", async () => {
    const name = "absent";
    await plane.client.create("/api/v1/nodes", { metadata: { name }, status: {} });
    const namespace = "default";
    await plane.client.create(`/api/v1/namespaces/${namespace}/pods`, {
      metadata: { name: "stranded" },
      spec: {
        nodeName: name,
        automountServiceAccountToken: false,
        containers: [{ name: "app", image: "x" }],
      },
    });
    const path = `/api/v1/namespaces/${namespace}/pods/stranded`;
    const status = { phase: "Running" };
    await plane.client.replace(`${path}/status`, { ...((await plane.client.read(path)) as object), status });
    const product = await open({ startMs: 1_000 });
    const error = await thrownBy(product.inspect({ namespace, name: "stranded" }));
    expect(error).toMatchObject({
      reason: "debug-pod-failed",
      facts: { node: name, detail: "not started within 1 s; the node is not ready" },
    });
    expect(await debugPods()).toEqual([]);
    expect(product.written()).toEqual([]);
  });
});

function manifest(name: string): unknown {
  const place = { namespace: "default", node: node.nodeName };
  return debugPodManifest({ ...place, name, image: workloadImage, owner: "test" });
}

describe("a command in a pod", () => {
  let api: PodApi;
  let pod: DebugPodRef;

  beforeAll(async () => {
    api = await openPodApi({ ...settings, kubeconfig: plane.kubeconfigPath }, "admin");
    pod = await api.createPod("default", manifest("commands"), signal);
    await api.waitUntilRunning(pod, signal);
  });

  afterAll(async () => {
    await api.deletePod(pod, signal);
    // Once more does no harm.
    await api.deletePod(pod, signal);
  });

  const run = async (argv: readonly string[], stdin = ""): ReturnType<typeof drain> =>
    drain(await api.exec(pod, argv, signal), stdin);

  test("gets its arguments as they are and tells its exit status", async () => {
    const odd = ["", " ", "a b", "'\"$x`&?#+%", "ü\u{1F600}", "-n\n\t"];
    const { stdout, stderr, exit } = await run([
      "sh",
      "-c",
      'printf "<%s>" "$@"; echo no >&2; exit 7',
      "sh",
      ...odd,
    ]);
    expect(stdout).toBe(odd.map((word) => `<${word}>`).join(""));
    expect(stderr).toBe("no\n");
    expect(exit).toEqual({ code: 7 });
  });

  test("reads a script from its stdin and ends with it", async () => {
    const filler = `# ${"x".repeat(100)}\n`.repeat(2_000);
    expect(await run(["sh", "-s", "--", "one"], `${filler}echo "$1"\nexit 0\n`)).toMatchObject({
      stdout: "one\n",
      exit: { code: 0 },
    });
  });

  test("prints as much as it likes, as fast as it is read", async () => {
    const command = await api.exec(pod, ["sh", "-c", "head -c 50000000 /dev/zero; echo end >&2"], signal);
    let bytes = 0;
    let last = "";
    command.stderr.on("data", (chunk: Buffer) => {
      last += chunk.toString();
    });
    // Nobody reads for a while: nothing piles up here.
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(command.stdout.readableLength).toBeLessThan(2_000_000);
    for await (const chunk of command.stdout) bytes += (chunk as Buffer).length;
    expect(await command.exit).toEqual({ code: 0 });
    expect([bytes, last]).toEqual([50_000_000, "end\n"]);
  });

  test("that is no program is told on stderr", async () => {
    const { stdout, stderr, exit } = await run(["/no/such/program"]);
    expect(stdout).toBe("");
    expect(exit?.code).not.toBe(0);
    expect(stderr).toContain("no such file");
  });

  test("can be left alone", async () => {
    const command = await api.exec(pod, ["sleep", "4321"], signal);
    command.stop();
    await command.gone;
    expect(await command.exit).toBeUndefined();
    const gone = { ...pod, name: "never-was" };
    expect((await thrownBy(api.exec(gone, ["true"], signal))).reason).toBe("debug-pod-failed");
  });
});
