import { isContainerId } from "../cgroup.ts";
import { parseOciNamespaces } from "../oci.ts";
import { optionOf } from "../programs.ts";
import type { BundleScan, ProcessScan } from "../scan.ts";

/** What grep found in the files of one container: the values of each key, and the value of `linux.namespaces`. */
interface Found {
  readonly values: Map<string, Set<string>>;
  readonly namespaces: Set<string>;
}

const line =
  /^\/\S*\/([0-9a-f]{64})(?:\/userdata)?\/config\.(?:json|v2\.json):"([\w.-]{1,60})": ?(?:"([^"\\]*)"|(\[.*\]))$/;

/**
 * Lines `FILE:"key":value` of OCI configurations (and of Docker's own, for the container's name), by container; of
 * Podman's and CRI-O's monitors among the runtimes' processes, the name that they were started with.
 * The annotations are containerd's (pkg/cri/annotations) and CRI-O's (internal/annotations).
 */
export function parseBundles(
  lines: readonly string[],
  runtimes: readonly ProcessScan[],
): readonly BundleScan[] {
  const byId = new Map<string, Found>();
  const ofContainer = (id: string): Found => {
    const found = byId.get(id) ?? { values: new Map(), namespaces: new Set() };
    byId.set(id, found);
    return found;
  };
  for (const text of lines) {
    const [, id, key, value, namespaces] = line.exec(text) ?? [];
    if (id === undefined || key === undefined) continue;
    const found = ofContainer(id);
    if (value !== undefined) found.values.set(key, (found.values.get(key) ?? new Set()).add(value));
    else if (key === "namespaces" && namespaces !== undefined) found.namespaces.add(namespaces);
  }
  const monitored = new Map(runtimes.flatMap(monitorOf));
  return [...byId].map(([id, found]) => bundleOf(id, found, monitored.get(id)));
}

function bundleOf(id: string, { values, namespaces }: Found, monitored: string | undefined): BundleScan {
  // A key that was found with two values proves nothing.
  const only = (...keys: readonly string[]): string | undefined => {
    const found = new Set(keys.flatMap((key) => [...(values.get(key) ?? [])]));
    const [value] = found;
    return found.size === 1 ? value : undefined;
  };
  // Podman writes CRI-O's keys too, for pods of its own.
  const kubernetes = only("io.container.manager") !== "libpod";
  const said = only("io.kubernetes.cri.container-type", "io.kubernetes.cri-o.ContainerType");
  const type = kubernetes && (said === "sandbox" || said === "container") ? said : undefined;
  const inPod = only("io.kubernetes.cri.container-name", "io.kubernetes.container.name");
  const sandboxId = only("io.kubernetes.cri.sandbox-id", "io.kubernetes.cri-o.SandboxID");
  const uid = only("io.kubernetes.cri.sandbox-uid", "io.kubernetes.pod.uid");
  const namespace = only("io.kubernetes.cri.sandbox-namespace", "io.kubernetes.pod.namespace");
  const name = only("io.kubernetes.cri.sandbox-name", "io.kubernetes.pod.name");
  const [json] = namespaces;
  return {
    id,
    type,
    name:
      type === undefined
        ? (only("Name")?.replace(/^\//, "") ?? monitored)
        : type === "container"
          ? inPod
          : undefined,
    sandboxId: sandboxId !== undefined && isContainerId(sandboxId) ? sandboxId : undefined,
    pod:
      type === undefined || uid === undefined || namespace === undefined || name === undefined
        ? undefined
        : { uid, namespace, name },
    namespaces: json === undefined || namespaces.size > 1 ? undefined : parseOciNamespaces(json),
  };
}

/** conmon(8): `-c ID -u UUID -n NAME`; where `-u` is another one it monitors an exec, not the container. */
function monitorOf({ comm, argv }: ProcessScan): [id: string, name: string][] {
  if (comm !== "conmon") return [];
  const [id, name] = [optionOf(argv, "-c"), optionOf(argv, "-n")];
  return id === undefined || name === undefined || optionOf(argv, "-u") !== id ? [] : [[id, name]];
}
