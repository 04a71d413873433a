/** The container runtime of a node, from status.nodeInfo.containerRuntimeVersion ("containerd://1.6.20"). */
export interface Runtime {
  readonly name: "containerd" | "cri-o" | "docker" | "other";
  /** As reported, without the scheme; "" when there is none. */
  readonly version: string;
}

export function parseRuntime(runtimeVersion: string): Runtime {
  const [, scheme = "", version = ""] = /^([^:]*):\/\/(.*)$/s.exec(runtimeVersion) ?? [];
  switch (scheme) {
    case "containerd":
    case "cri-o":
    case "docker":
      return { name: scheme, version };
    default:
      return { name: "other", version };
  }
}
