import { inspectSandbox } from "../../extension/app/inspect.ts";
import { openCluster } from "../../extension/cluster/kubernetes-source.ts";
import type { Log } from "../../extension/core/log.ts";
import type { ClusterNode } from "../../extension/core/pod.ts";
import type { SandboxReport } from "../../extension/core/report.ts";
import type { SshPrompts } from "../../extension/nodes/prompts.ts";
import { createSshNodes } from "../../extension/nodes/ssh-nodes.ts";
import type { ControlPlane } from "../support/cluster/control-plane.ts";
import type { TestNode } from "../support/cluster/node.ts";

/** The product without its user interface: the real rooms, wired to one bench as the composition root wires them. */
export interface Product {
  /** Everything that was logged. */
  readonly log: readonly string[];
  inspect(
    pod: { readonly namespace: string; readonly name: string },
    signal?: AbortSignal,
  ): Promise<SandboxReport>;
  close(): void;
}

/** A bench's host key is in its known_hosts and its user key is not encrypted: any question is a failure. */
const noPrompts: SshPrompts = {
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
  const nodes = createSshNodes(
    {
      addressTypes: ["InternalIP"],
      // The node's own address is this machine's, but the bench listens on loopback only.
      addressTemplate: `${ssh.host}:${ssh.port}`,
      user: options.user ?? ssh.user,
      port: 0,
      identityFile: ssh.privateKeyPath,
      configFile: "/dev/null",
      knownHostsFile: ssh.knownHostsPath,
      agent: "none",
      connectTimeoutMs: 10_000,
      keepaliveMs: 10_000,
      idleMs: 60_000,
      maxConnections: 4,
    },
    noPrompts,
    log,
  );
  const deps = {
    openCluster: () => Promise.resolve(cluster),
    transport: (which: ClusterNode) => nodes.transport(which),
    elevation: "auto" as const,
    timeoutMs: 30_000,
    now: () => new Date(),
  };
  return {
    log: lines,
    inspect: ({ namespace, name }, signal = new AbortController().signal) =>
      inspectSandbox(deps, { context, namespace, name }, { signal }),
    close: () => {
      nodes.close();
      cluster.close();
    },
  };
}
