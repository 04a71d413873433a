import { isContainerId } from "./cgroup.ts";
import { fieldOf, parseJson, textOf } from "./json.ts";
import type { ClientScan } from "./scan.ts";

/** The output of `crictl ps -o json` (ListContainersResponse of k8s.io/cri-api); empty when it is none. */
export function parseCrictlPs(json: string): readonly ClientScan[] {
  const containers = fieldOf(parseJson(json), "containers");
  if (!Array.isArray(containers)) return [];
  return (containers as readonly unknown[]).flatMap((container): ClientScan[] => {
    const id = textOf(container, "id");
    if (id === undefined || !isContainerId(id)) return [];
    const sandboxId = textOf(container, "podSandboxId");
    return [
      {
        id,
        client: "crictl",
        name: textOf(fieldOf(container, "metadata"), "name"),
        sandboxId: sandboxId !== undefined && isContainerId(sandboxId) ? sandboxId : undefined,
        pid: undefined,
      },
    ];
  });
}

/** One line of `docker inspect --format '[{{json .Id}},{{json .Name}},{{json .State.Pid}}]'`. */
export function parseDockerInspect(line: string): ClientScan | undefined {
  const fields = parseJson(line);
  if (!Array.isArray(fields) || fields.length !== 3) return undefined;
  const [id, name, pid] = fields as readonly unknown[];
  if (typeof id !== "string" || !isContainerId(id)) return undefined;
  return {
    id,
    client: "docker",
    // Docker keeps names as paths: "/web".
    name: typeof name === "string" ? name.replace(/^\//, "") : undefined,
    sandboxId: undefined,
    // 0 while it does not run.
    pid: typeof pid === "number" && Number.isSafeInteger(pid) && pid > 0 ? pid : undefined,
  };
}
