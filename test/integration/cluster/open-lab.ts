import { join } from "node:path";
import { onTestFinished } from "vitest";
import { openCluster, type OpenClusterPorts } from "../../../extension/cluster/kubernetes-source.ts";
import type { ClusterSettings, ClusterSource } from "../../../extension/cluster/source.ts";
import { type LabApi, type LabApiOptions, startLabApi } from "../../lab/api-server.ts";
import { temporaryFolder } from "./folder.ts";
import { MemoryLog } from "./memory-log.ts";

export interface OpenLab {
  readonly api: LabApi;
  readonly source: ClusterSource & { close(): void };
  readonly log: MemoryLog;
  readonly settings: ClusterSettings;
}

/** The lab's API server, and the product's way to it. */
export async function openLab(
  options: LabApiOptions & Partial<ClusterSettings> & { prepare?: (api: LabApi) => void } = {},
  ports: Partial<OpenClusterPorts> = {},
): Promise<OpenLab> {
  const api = await startLabApi(options);
  onTestFinished(() => api.close());
  options.prepare?.(api);
  const kubeconfig = join(await temporaryFolder(), "kubeconfig");
  await api.writeKubeconfig(kubeconfig);
  const log = new MemoryLog();
  const settings = { pageSize: 500, timeoutMs: 5_000, ...options, kubeconfig };
  const source = await openCluster(settings, "lab", { log, ...ports });
  onTestFinished(() => source.close());
  return { api, source, log, settings };
}

export function rawPod(
  name: string,
  namespace = "default",
): { metadata: { name: string; namespace: string } } {
  return {
    metadata: { name, namespace },
    ...{
      spec: { nodeName: "node-a", containers: [{ name: "app", image: "nginx" }] },
      status: { phase: "Running" },
    },
  };
}
