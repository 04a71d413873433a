import * as z from "zod/mini";
import type { KubeObject } from "./api-store.ts";

/** Whether who asks would rather have a table, as kubectl does unless it is to print objects. */
export function wantsTable(accept: string | undefined): boolean {
  return accept?.includes("as=Table") ?? false;
}

const columns = ["Name", "Ready", "Status", "Restarts", "Age"];

const podShape = z.object({
  spec: z.object({ containers: z.array(z.unknown()) }),
  status: z.object({
    phase: z.string(),
    containerStatuses: z.optional(z.array(z.object({ ready: z.boolean(), restartCount: z.number() }))),
  }),
});

/** The rows that `kubectl get pods` prints (kubernetes.io, "Receiving resources as Tables"). */
export function podTable(metadata: object, pods: readonly KubeObject[]): object {
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata,
    columnDefinitions: columns.map((name) => ({
      name,
      type: "string",
      format: name === "Name" ? "name" : "",
      description: "",
      priority: 0,
    })),
    rows: pods.map((pod) => ({
      cells: cellsOf(pod),
      object: { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: pod.metadata },
    })),
  };
}

function cellsOf(pod: KubeObject): readonly string[] {
  const { spec, status } = podShape.parse(pod);
  const containers = status.containerStatuses ?? [];
  const ready = containers.filter((container) => container.ready).length;
  const restarts = containers.reduce((sum, { restartCount }) => sum + restartCount, 0);
  const hours = Math.floor((Date.now() - Date.parse(pod.metadata.creationTimestamp ?? "")) / 3_600_000);
  return [
    pod.metadata.name,
    `${ready}/${spec.containers.length}`,
    status.phase,
    String(restarts),
    `${hours}h`,
  ];
}
