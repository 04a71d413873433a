import { inspectSandbox } from "../../extension/app/inspect.ts";
import { readAllNodes } from "../../extension/app/read-all-nodes.ts";
import { NodeReadings } from "../../extension/app/node-readings.ts";
import { openCluster } from "../../extension/cluster/kubernetes-source.ts";
import type { ClusterSource } from "../../extension/cluster/source.ts";
import type { Audit } from "../../extension/core/audit/audit.ts";
import type { Log } from "../../extension/core/log.ts";
import type { NodeView } from "../../extension/core/node-view.ts";
import type { ClusterNode, Pod } from "../../extension/core/pod.ts";
import type { OtherSandboxReport, SandboxReport } from "../../extension/core/report.ts";
import { bySsh } from "../../extension/nodes/access.ts";
import type { SshHost } from "../../extension/nodes/ssh/ssh-host.ts";
import type { NodeTerminal } from "../../extension/nodes/session.ts";
import type { SshPrompts } from "../../extension/nodes/prompts.ts";
import { createNodeWays } from "../../extension/nodes/ways.ts";
import type { ControlPlane } from "../support/cluster/control-plane.ts";
import type { TestNode } from "../support/cluster/node.ts";
import { defaultSettings, memoryVault, noDebugPods, otherSettings } from "../support/ssh-nodes.ts";

/** The product without its user interface: the real rooms, wired to one bench as the composition root wires them. */
export interface Product {
  /** Everything that was logged. */
  readonly log: readonly string[];
  inspect(
    pod: { readonly namespace: string; readonly name: string },
    signal?: AbortSignal,
  ): Promise<SandboxReport>;
  /** Inspects a pod that the API server does not have, as if it had it: of a runtime that no kubelet here drives. */
  inspectAs(pod: Pod, node: ClusterNode): Promise<SandboxReport>;
  /** Opens a terminal on the node. */
  terminal(argv: readonly string[]): Promise<NodeTerminal>;
  /** Every node, and what containers share with it. */
  readAll(): Promise<Audit>;
  /** The whole node. */
  readNode(): Promise<NodeView>;
  /** One of the node's sandboxes that are no pods, by the key that `readNode` gave it. */
  inspectOther(key: string): Promise<OtherSandboxReport>;
  close(): void;
}

/** A bench's host key is in its known_hosts and its user key is not encrypted: any question is a failure. */
export const noPrompts: SshPrompts = {
  confirmHostKey: (question) => Promise.reject(new Error(`asked about the host key of ${question.host}`)),
  passphrase: (question) => Promise.reject(new Error(`asked for the passphrase of ${question.keyFile}`)),
  password: (question) => Promise.reject(new Error(`asked for the password of ${question.user}`)),
};

export async function openProduct(
  plane: ControlPlane,
  node: TestNode,
  options: { readonly user?: string; readonly context?: string } = {},
): Promise<Product> {
  const lines: string[] = [];
  const write = (line: string): void => {
    lines.push(line);
  };
  const log: Log = { debug: write, info: write, warn: write, error: write };
  const context = options.context ?? "admin";
  const settings = { kubeconfig: plane.kubeconfigPath, pageSize: 100, timeoutMs: 10_000 };
  const cluster = await openCluster(settings, context, { log });
  const { ssh } = node;
  const nodes = createNodeWays(
    {
      ...otherSettings,
      become: { kind: "auto" },
      ssh: {
        ...defaultSettings,
        // The node's own address is this machine's, but the bench listens on loopback only.
        addressTemplate: `${ssh.host}:${ssh.port}`,
        user: options.user ?? ssh.user,
        identityFile: ssh.privateKeyPath,
        configFile: "/dev/null",
        knownHostsFile: ssh.knownHostsPath,
        agent: "none",
        keepaliveMs: 10_000,
        maxConnections: 4,
      },
    },
    { prompts: noPrompts, vault: memoryVault(), log, wayOf: () => bySsh, ...noDebugPods },
  );
  const deps = {
    openCluster: () => Promise.resolve(cluster),
    transport: (which: ClusterNode | SshHost) => nodes.transport(which, context),
    timeoutMs: 30_000,
    now: () => new Date(),
  };
  const { timeoutMs } = deps;
  const readings = new NodeReadings({ ...deps, settings: () => ({ timeoutMs }) });
  const place = { context, node: node.nodeName };
  const never = new AbortController().signal;
  return {
    log: lines,
    inspect: ({ namespace, name }, signal = new AbortController().signal) =>
      inspectSandbox(deps, { context, namespace, name }, { signal }),
    inspectAs: (pod, where) =>
      inspectSandbox(
        { ...deps, openCluster: () => Promise.resolve(only(cluster, pod, where)) },
        { context, namespace: pod.namespace, name: pod.name },
        { signal: never },
      ),
    terminal: async (argv) =>
      nodes
        .transport(await cluster.getNode(node.nodeName, never), context)
        .terminal({ argv, size: { columns: 91, rows: 17 } }, { signal: never, timeoutMs }),
    readAll: () =>
      readAllNodes(
        {
          ...deps,
          // The bench's stays open for what comes next.
          openNodes: async () => ({
            transport: (which, name) => nodes.transport(which, name),
            close: async () => {},
          }),
          settings: () => ({ timeoutMs, nodesAtOnce: 4 }),
          log,
        },
        context,
        { signal: never },
      ),
    readNode: () => readings.readNode(place, { signal: never }),
    inspectOther: (key) => readings.inspectOther(place, key, { signal: never }),
    close: () => {
      void nodes.close();
      cluster.close();
    },
  };
}

/** A cluster that has one pod more than it has, on a node of its own. */
function only(cluster: ClusterSource, pod: Pod, node: ClusterNode): ClusterSource {
  return {
    context: cluster.context,
    getPod: () => Promise.resolve(pod),
    getNode: () => Promise.resolve(node),
    runtimeHandler: () => Promise.resolve(undefined),
    listNamespaces: (signal) => cluster.listNamespaces(signal),
    listNodes: (signal) => cluster.listNodes(signal),
    listPodsOnNode: (name, signal) => cluster.listPodsOnNode(name, signal),
    watchPods: (namespace, listener) => cluster.watchPods(namespace, listener),
  };
}
