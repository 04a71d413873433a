import { readFileSync, writeFileSync } from "node:fs";
import { inspectSandbox } from "../../extension/app/inspect.ts";
import { NodeReadings } from "../../extension/app/node-readings.ts";
import { openPodApi, type DebugPodsOptions } from "../../extension/cluster/debug-pods.ts";
import { openCluster } from "../../extension/cluster/kubernetes-source.ts";
import type { SandboxError } from "../../extension/core/errors.ts";
import type { NodeView } from "../../extension/core/node-view.ts";
import type { SandboxReport } from "../../extension/core/report.ts";
import { DebugPodLedger, type LedgerStore } from "../../extension/nodes/debug-pod/ledger.ts";
import { newOwner } from "../../extension/nodes/debug-pod/owner.ts";
import type { DebugPodPorts } from "../../extension/nodes/debug-pod/ports.ts";
import type { PodApi } from "../../extension/nodes/pod-api.ts";
import type { NodeTerminal } from "../../extension/nodes/session.ts";
import { createNodeWays } from "../../extension/nodes/ways.ts";
import { MemoryLog } from "../integration/cluster/memory-log.ts";
import { workloadImage } from "../support/cluster/images.ts";
import { defaultSettings, memoryVault, otherSettings } from "../support/ssh-nodes.ts";
import { noPrompts } from "./product.ts";

export interface DebugPodProductOptions extends DebugPodsOptions {
  readonly agree?: DebugPodPorts["agree"];
  readonly image?: string;
  readonly namespace?: string;
  readonly context?: string;
  readonly store: LedgerStore;
  /** Stands between the product and the API. */
  readonly around?: (api: PodApi) => PodApi;
}

/** The product without its user interface, with debug pods as its only way onto nodes. */
export interface DebugPodProduct {
  readonly log: MemoryLog;
  /** What the user was told of pods that are left. */
  readonly left: readonly SandboxError[];
  /** The ledger's entries. */
  written(): readonly unknown[];
  inspect(
    pod: { readonly namespace: string; readonly name: string },
    signal?: AbortSignal,
  ): Promise<SandboxReport>;
  /** Opens a terminal where a report was read. */
  terminal(report: SandboxReport, argv: readonly string[]): Promise<NodeTerminal>;
  /** The whole node. */
  readNode(node: string): Promise<NodeView>;
  close(): Promise<void>;
}

/** A memento of VS Code's, in a file, which other processes may read and write. */
export class FileStore implements LedgerStore {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  keys(): readonly string[] {
    return Object.keys(this.#read());
  }

  get(key: string): unknown {
    return this.#read()[key];
  }

  async update(key: string, value: unknown): Promise<void> {
    // JSON leaves out what is undefined.
    writeFileSync(this.#path, JSON.stringify({ ...this.#read(), [key]: value }));
  }

  #read(): Readonly<Record<string, unknown>> {
    try {
      return JSON.parse(readFileSync(this.#path, "utf8")) as Readonly<Record<string, unknown>>;
    } catch {
      return {};
    }
  }
}

export async function debugPodProduct(
  kubeconfig: string,
  options: DebugPodProductOptions,
): Promise<DebugPodProduct> {
  const { context = "admin", store, namespace = "default", around = (api: PodApi) => api } = options;
  const log = new MemoryLog();
  const left: SandboxError[] = [];
  const settings = { kubeconfig, pageSize: 100, timeoutMs: 10_000 };
  const cluster = await openCluster(settings, "admin", { log });
  const ways = createNodeWays(
    {
      ...otherSettings,
      ssh: defaultSettings,
      debugPod: { namespace, image: options.image ?? workloadImage },
    },
    {
      prompts: noPrompts,
      vault: memoryVault(),
      log,
      wayOf: () => ({ kind: "debugPod", namespace: undefined, image: undefined }),
      openPodApi: async () => around(await openPodApi(settings, context, options)),
      debugPods: {
        agree: options.agree ?? (async () => true),
        ledger: new DebugPodLedger(store, newOwner(), Date.now),
        left: (problem) => left.push(problem),
      },
    },
  );
  const deps = {
    openCluster: async () => cluster,
    transport: (which: Parameters<typeof ways.transport>[0]) => ways.transport(which, context),
    timeoutMs: 30_000,
    now: () => new Date(),
  };
  const { timeoutMs } = deps;
  const readings = new NodeReadings({ ...deps, settings: () => ({ timeoutMs }) });
  return {
    log,
    left,
    written: () => store.keys().map((key) => store.get(key)),
    inspect: async ({ namespace: at, name }, signal = new AbortController().signal) =>
      inspectSandbox(deps, { context, namespace: at, name }, { signal }),
    terminal: async ({ node: { name } }, argv) => {
      const { signal } = new AbortController();
      const node = await cluster.getNode(name, signal);
      return ways
        .transport(node, context)
        .terminal({ argv, size: { columns: 91, rows: 17 } }, { signal, timeoutMs });
    },
    readNode: (node) => readings.readNode({ context, node }, { signal: new AbortController().signal }),
    close: async () => {
      await ways.close();
      cluster.close();
    },
  };
}
