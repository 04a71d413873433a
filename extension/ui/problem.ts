import type { StorePhase } from "../app/store.ts";
import type { ErrorReason } from "../core/errors.ts";
import type { Emptiness } from "./tree-rows.ts";

/** Which welcome text the empty view shows; the texts are in package.json's viewsWelcome. */
export type Problem =
  | "none"
  | "noKubeconfig"
  | "badKubeconfig"
  | "noContext"
  | "noCluster"
  | "badTls"
  | "badCredentials"
  | "forbidden"
  | "badSetting"
  | "empty"
  | "other";

export function problemOf(phase: StorePhase, emptiness: Emptiness): Problem {
  return phase.kind === "failed" ? problemOfReason(phase.error.reason) : emptiness;
}

function problemOfReason(reason: ErrorReason): Problem {
  switch (reason) {
    case "kubeconfig-missing":
      return "noKubeconfig";
    case "kubeconfig-invalid":
      return "badKubeconfig";
    case "context-missing":
      return "noContext";
    case "api-unreachable":
    case "api-timeout":
      return "noCluster";
    case "api-tls":
      return "badTls";
    case "unauthorized":
    case "credentials-failed":
      return "badCredentials";
    case "forbidden":
      return "forbidden";
    case "setting-invalid":
      return "badSetting";
    default:
      return "other";
  }
}
