// What a cluster at Kubernetes' limits costs: 150,000 pods on 5,000 nodes, beside kubectl on the same server.
//   node --expose-gc test/bench/cluster.ts      kubectl for the comparison
import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Clusters } from "../../extension/app/clusters.ts";
import { PodStore, type StoreChange } from "../../extension/app/store.ts";
import { openCluster } from "../../extension/cluster/kubernetes-source.ts";
import type { Log } from "../../extension/core/log.ts";
import type { Pod } from "../../extension/core/pod.ts";
import { BenchTree } from "./bench-tree.ts";
import { Blocks } from "./blocks.ts";
import { largeNamespace, largeNamespaceCount, nodeCount, podCount } from "./cluster-pods.ts";
import type { ServerOrder, ServerWord } from "./cluster-server-words.ts";
import { median, row, type Row, scenario } from "./row.ts";

const loads = 3;
const changesPerSecond = 1000;
const changesMs = 60_000;
const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

await scenario(async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "bench-"));
  const server = fork(path.join(import.meta.dirname, "cluster-server.ts"));
  try {
    const [{ kubeconfig }] = (await once(server, "message")) as [ServerWord];
    const file = path.join(folder, "kubeconfig");
    writeFileSync(file, kubeconfig, { mode: 0o600 });
    const rows: Row[] = [];
    rows.push(...(await oneNamespace(file)));
    rows.push(...(await everything(file, server)));
    return rows;
  } finally {
    server.disconnect();
    rmSync(folder, { recursive: true });
  }
});

/** As somebody finds it who opens the sidebar, and then unfolds the largest Kubernetes namespace. */
async function oneNamespace(kubeconfig: string): Promise<readonly Row[]> {
  const blocks = new Blocks();
  const store = openStore(kubeconfig);
  const tree = new BenchTree(store);
  try {
    const begun = performance.now();
    void store.start();
    await until(() => tree.groups().length > 0);
    tree.draw();
    const groups = performance.now() - begun;
    // The first use of the Kubernetes client loads it, as a scenario of its own measures.
    blocks.takeLongest();
    const asked = performance.now();
    const group = tree.unfold(largeNamespace);
    const isPod = (): boolean => tree.rows.children(group).some(({ kind }) => kind === "pod");
    await until(isPod);
    const first = performance.now() - asked;
    await until(() => store.group(largeNamespace)?.loaded === true);
    const all = performance.now() - asked;
    if (store.group(largeNamespace)?.pods.length !== largeNamespaceCount) throw new Error("pods are missing");
    return [
      row("cluster-first-rows", "150,000 pods: first rows, from opening the sidebar", groups, "ms", 1000),
      row("cluster-namespace-first", "a Kubernetes namespace of 10,000 pods: first pods", first, "ms"),
      row("cluster-namespace-all", "the same: all of them", all, "ms"),
      row(
        "cluster-namespace-block",
        "the same: longest block of the event loop",
        blocks.takeLongest(),
        "ms",
        50,
      ),
    ];
  } finally {
    blocks.stop();
    tree.close();
    store.close();
  }
}

async function everything(kubeconfig: string, server: ChildProcess): Promise<readonly Row[]> {
  const blocks = new Blocks();
  const times: { readonly first: number[]; readonly all: number[]; readonly kubectl: number[] } = {
    first: [],
    all: [],
    kubectl: [],
  };
  const heaps: number[] = [];
  const longest: number[] = [];
  const hasKubectl = await isThere("kubectl");
  if (!hasKubectl) console.log("no kubectl here: its rows are missing");
  for (let load = 1; ; load++) {
    if (hasKubectl) times.kubectl.push(await kubectl(kubeconfig));
    const before = heapMegabytes();
    const store = openStore(kubeconfig);
    const tree = new BenchTree(store, { grouping: "node" });
    await store.start();
    blocks.takeLongest();
    const begun = performance.now();
    tree.draw();
    await until(() => tree.groups().length > 0);
    times.first.push(performance.now() - begun);
    await until(() => store.all()?.loaded === true);
    times.all.push(performance.now() - begun);
    longest.push(blocks.takeLongest());
    if (store.all()?.index.size !== podCount) throw new Error("pods are missing");
    if (tree.groups().length !== nodeCount) throw new Error("nodes are missing");
    heaps.push(heapMegabytes() - before);
    if (load < loads) {
      tree.close();
      store.close();
      continue;
    }
    const [first, all, peer] = [median(times.first), median(times.all), median(times.kubectl)];
    const rows = [
      row("cluster-by-node-first", "150,000 pods by node: first rows", first, "ms", 1000),
      row("cluster-all", "150,000 pods: all loaded", all, "ms"),
      ...(hasKubectl
        ? [
            row("cluster-kubectl", "kubectl get pods -A -o json", peer, "ms"),
            row(
              "cluster-all-to-kubectl",
              "all loaded, to kubectl get pods -A -o json",
              all / peer,
              "ratio",
              0.5,
            ),
          ]
        : []),
      row("cluster-heap", "150,000 pods: heap growth", median(heaps), "MB", 350),
      row("cluster-block", "150,000 pods: longest block of the event loop", median(longest), "ms", 50),
      ...(await search(tree, blocks)),
      ...(await changes(store, tree, server, blocks)),
    ];
    tree.close();
    store.close();
    blocks.stop();
    return rows;
  }
}

async function search(tree: BenchTree, blocks: Blocks): Promise<readonly Row[]> {
  const { view } = tree.rows;
  const times: number[] = [];
  await sleep(100);
  blocks.takeLongest();
  for (const filter of ["payments-gateway-077", "batch nightly", "10-9 running", "nothing has this"]) {
    const begun = performance.now();
    tree.rows.setView({ ...view, filter });
    tree.draw();
    times.push(performance.now() - begun);
    await sleep(10);
  }
  tree.rows.setView(view);
  tree.draw();
  return [
    row("cluster-search", "a search over 150,000 pods, the slowest of four", Math.max(...times), "ms", 300),
    row("cluster-search-block", "the same: longest block of the event loop", blocks.takeLongest(), "ms"),
  ];
}

async function changes(
  store: PodStore,
  tree: BenchTree,
  server: ChildProcess,
  blocks: Blocks,
): Promise<readonly Row[]> {
  const group = tree.groups()[0];
  if (group === undefined) throw new Error("no node");
  tree.unfold(group.name);
  const waiting: number[] = [];
  const behind: number[] = [];
  let count = 0;
  const listening = store.onChange((change: StoreChange) => {
    if (change.kind !== "pods") return;
    const { added, changed, removed } = change.diff;
    count += added.length + changed.length + removed.length;
    for (const pod of [...added, ...changed.map(({ after }) => after)]) waiting.push(changedAt(pod));
  });
  tree.onDrawn = () => {
    const now = Date.now();
    for (const then of waiting.splice(0)) behind.push(now - then);
  };
  blocks.takeLongest();
  const cpu = process.cpuUsage();
  const begun = performance.now();
  order(server, { kind: "change", among: podCount, perSecond: changesPerSecond });
  await sleep(changesMs);
  order(server, { kind: "rest" });
  const took = performance.now() - begun;
  const { user, system } = process.cpuUsage(cpu);
  listening.close();
  const perSecond = (count / took) * 1000;
  if (perSecond < changesPerSecond * 0.9) throw new Error(`only ${perSecond.toFixed(0)} changes a second`);
  const sorted = behind.toSorted((one, other) => one - other);
  const share = (user + system) / 1000 / took;
  return [
    row("changes-cpu", "1,000 changes a second for a minute: of one core", share * 100, "%", 25),
    row(
      "changes-behind",
      "the same: how far the tree is behind, 99 of 100 changes",
      at(sorted, 0.99),
      "ms",
      250,
    ),
    row("changes-behind-most", "the same: the one that waited longest", at(sorted, 1), "ms"),
    row("changes-block", "the same: longest block of the event loop", blocks.takeLongest(), "ms", 50),
  ];
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** When the server changed it, in milliseconds: it is told as the start of the first container. */
function changedAt({ containers: [first] }: Pod): number {
  return first?.state.kind === "running" ? Date.parse(first.state.startedAt ?? "") : Number.NaN;
}

function openStore(kubeconfig: string): PodStore {
  const contexts = [{ name: "lab", namespace: undefined }];
  const clusters = new Clusters({
    loadContexts: async () => ({ contexts, current: "lab" }),
    openCluster: async (context) =>
      openCluster({ kubeconfig, pageSize: 250, timeoutMs: 60_000 }, context, { log: silent }),
  });
  return new PodStore({ clusters, memory: { read: () => undefined, write: () => {} }, log: silent });
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(1);
}

function heapMegabytes(): number {
  if (globalThis.gc === undefined) throw new Error("to be run with --expose-gc");
  globalThis.gc();
  return process.memoryUsage().heapUsed / 1e6;
}

function order(server: ChildProcess, what: ServerOrder): void {
  server.send(what);
}

async function isThere(program: string): Promise<boolean> {
  const child = spawn(program, ["version", "--client"], { stdio: "ignore" });
  return new Promise((resolve) => {
    child.on("error", () => resolve(false)).on("exit", (code) => resolve(code === 0));
  });
}

/** Milliseconds. */
async function kubectl(kubeconfig: string): Promise<number> {
  const begun = performance.now();
  const child = spawn("kubectl", ["--kubeconfig", kubeconfig, "get", "pods", "-A", "-o", "json"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) throw new Error("kubectl failed");
  return performance.now() - begun;
}
