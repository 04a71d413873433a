interface ApiResource {
  readonly name: string;
  readonly singularName: string;
  readonly namespaced: boolean;
  readonly kind: string;
  readonly shortNames?: readonly string[];
}

const core: readonly ApiResource[] = [
  { name: "namespaces", singularName: "namespace", namespaced: false, kind: "Namespace", shortNames: ["ns"] },
  { name: "nodes", singularName: "node", namespaced: false, kind: "Node", shortNames: ["no"] },
  { name: "pods", singularName: "pod", namespaced: true, kind: "Pod", shortNames: ["po"] },
];
const node: readonly ApiResource[] = [
  { name: "runtimeclasses", singularName: "runtimeclass", namespaced: false, kind: "RuntimeClass" },
];

/** What a client is told of which resources there are (kubernetes.io, "API discovery"); undefined for any other path. */
export function discovery(path: string): object | undefined {
  const version = { groupVersion: "node.k8s.io/v1", version: "v1" };
  switch (path) {
    case "/api":
      return { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] };
    case "/apis":
      return {
        kind: "APIGroupList",
        apiVersion: "v1",
        groups: [{ name: "node.k8s.io", versions: [version], preferredVersion: version }],
      };
    case "/api/v1":
      return resourceList("v1", core);
    case "/apis/node.k8s.io/v1":
      return resourceList("node.k8s.io/v1", node);
    default:
      return undefined;
  }
}

function resourceList(groupVersion: string, resources: readonly ApiResource[]): object {
  const verbs = ["get", "list", "watch"];
  return {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion,
    resources: resources.map((resource) => ({ ...resource, verbs })),
  };
}
