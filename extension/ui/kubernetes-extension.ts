import * as vscode from "vscode";
import * as z from "zod/mini";

const extensionId = "ms-kubernetes-tools.vscode-kubernetes-tools";
/** A method of a foreign object. */
type Method = (...args: readonly unknown[]) => unknown;
const method = z.custom<Method>((value) => typeof value === "function");
const broker = z.object({ get: method });
const explorer = z.object({ available: z.literal(true), api: z.object({ resolveCommandTarget: method }) });

// Only looked at, never copied: methods of foreign objects may use `this`.
function isBroker(value: unknown): value is z.output<typeof broker> {
  return broker.safeParse(value).success;
}

function isExplorer(value: unknown): value is z.output<typeof explorer> {
  return explorer.safeParse(value).success;
}

/**
 * What the Kubernetes extension says its own tree row stands for; the row itself where it does not say.
 * Whatever comes back is foreign: parse it.
 */
export async function resolveKubernetesRow(row: unknown): Promise<unknown> {
  const extension = vscode.extensions.getExtension<unknown>(extensionId);
  if (extension === undefined) return row;
  const exported: unknown = await extension.activate();
  if (!isBroker(exported)) return row;
  const answer = exported.get("clusterexplorer", "v1");
  return isExplorer(answer) ? (answer.api.resolveCommandTarget(row) ?? row) : row;
}
