import { stringify } from "yaml";

/** The users of the bench, each with a kubeconfig context of the same name. */
export interface BenchUsers {
  /** May do everything. */
  readonly admin: string;
  /** May do nothing: no right is bound to it. */
  readonly nobody: string;
  /** May read pods of the Kubernetes namespace `allowed` and nothing else. */
  readonly limited: string;
}

/** A kubeconfig with one context for each user: `admin` (the current one), `nobody` and `limited`. */
export function kubeconfigText(url: string, certificate: string, tokens: BenchUsers): string {
  const users = Object.entries(tokens) as readonly [string, string][];
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "admin",
    clusters: [
      {
        name: "bench",
        cluster: { server: url, "certificate-authority-data": Buffer.from(certificate).toString("base64") },
      },
    ],
    contexts: users.map(([name]) => ({
      name,
      context: {
        cluster: "bench",
        user: name,
        ...(name === "limited" ? { namespace: limitedNamespace } : {}),
      },
    })),
    users: users.map(([name, token]) => ({ name, user: { token } })),
  });
}

/** The one Kubernetes namespace that the user `limited` may read pods of. */
export const limitedNamespace = "allowed";
