import { inspectSandbox } from "../../../extension/app/inspect.ts";
import { NodeReadings } from "../../../extension/app/node-readings.ts";
import { openCluster } from "../../../extension/cluster/kubernetes-source.ts";
import { SandboxError } from "../../../extension/core/errors.ts";
import type { SandboxReport } from "../../../extension/core/report.ts";
import { bySsh } from "../../../extension/nodes/access.ts";
import { createNodeWays } from "../../../extension/nodes/ways.ts";
import type { Lab } from "../../lab/lab.ts";
import { defaultSettings, memoryVault, noDebugPods, otherSettings } from "../../support/ssh-nodes.ts";

/** The extension without VS Code: it is given the lab's settings and inspects the lab's pods. */
export interface Inspector {
  inspect(namespace: string, name: string): Promise<SandboxReport>;
  readonly readings: NodeReadings;
  close(): void;
}

const silent = { debug() {}, info() {}, warn() {}, error() {} };

function unexpected(): never {
  throw new SandboxError("internal", "the lab's settings should leave nothing to ask");
}

export async function openInspector(lab: Lab): Promise<Inspector> {
  const cluster = await openCluster(
    { kubeconfig: lab.kubeconfigPath, pageSize: 20, timeoutMs: 5000 },
    "lab",
    { log: silent },
  );
  const { port, user, identityFile, configFile, knownHostsFile } = lab.ssh;
  const nodes = createNodeWays(
    {
      ...otherSettings,
      become: { kind: "auto" },
      ssh: {
        ...defaultSettings,
        addressTemplate: "127.0.0.1",
        user,
        port,
        identityFile,
        configFile,
        knownHostsFile,
        agent: "none",
        connectTimeoutMs: 5000,
        maxConnections: 2,
      },
    },
    {
      prompts: { confirmHostKey: unexpected, passphrase: unexpected, password: unexpected },
      vault: memoryVault(),
      log: silent,
      wayOf: () => bySsh,
      ...noDebugPods,
    },
  );
  return {
    inspect: (namespace, name) =>
      inspectSandbox(
        {
          openCluster: () => Promise.resolve(cluster),
          transport: (node) => nodes.transport(node, "lab"),
          timeoutMs: 10_000,
          now: () => new Date(),
        },
        { context: "lab", namespace, name },
        { signal: new AbortController().signal },
      ),
    readings: new NodeReadings({
      openCluster: () => Promise.resolve(cluster),
      transport: (node) => nodes.transport(node, "lab"),
      settings: () => ({ timeoutMs: 20_000 }),
      now: () => new Date(),
    }),
    close: () => {
      void nodes.close();
      cluster.close();
    },
  };
}
