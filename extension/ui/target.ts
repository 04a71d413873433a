import * as z from "zod/mini";
import { SandboxError } from "../core/errors.ts";

/** A pod that somebody asked for, before it is known which context and Kubernetes namespace are meant by default. */
export interface Target {
  readonly context: string | undefined;
  readonly namespace: string | undefined;
  readonly name: string;
}

// Names as the API server accepts them: RFC 1123 labels and subdomains.
const label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const notAName = "not a name in Kubernetes";
const namespaceName = z
  .string(notAName)
  .check(z.maxLength(63, notAName), z.regex(new RegExp(`^${label}$`, "u"), notAName));
const podName = z
  .string(notAName)
  .check(z.maxLength(253, notAName), z.regex(new RegExp(`^${label}(\\.${label})*$`, "u"), notAName));
const contextName = z.string().check(z.minLength(1), z.maxLength(1000));

const ref = z.object({ context: z.optional(contextName), namespace: namespaceName, pod: podName });
// A row of ours has what the API server said: whether that can be asked for is the cluster room's to tell.
const shown = z.string().check(z.minLength(1), z.maxLength(1000));
const podRow = z.object({ kind: z.literal("pod"), context: contextName, namespace: shown, name: shown });
const partRow = z.object({ kind: z.enum(["sandbox", "container"]), parent: podRow });

/**
 * A resource row of the Kubernetes extension as its Cluster Explorer API v1 resolves it. The row itself has the same
 * fields, except that older ones name the kind `kind`.
 */
const kubernetesRow = z.object({
  nodeType: z.literal("resource"),
  name: podName,
  namespace: z.nullish(namespaceName),
  resourceKind: z.optional(z.object({ manifestKind: z.literal("Pod") })),
  kind: z.optional(z.object({ manifestKind: z.literal("Pod") })),
});

/** The one mark by which that extension itself knows its rows; the rest of them is its own affair. */
const foreignRow = z.object({ nodeCategory: z.literal("kubernetes-explorer-node") });

/** What a command was given, which may be anything. Throws SandboxError `bad-argument`. */
export function parseTarget(argument: unknown): Target {
  const asRef = ref.safeParse(argument);
  if (asRef.success) {
    const { context, namespace, pod } = asRef.data;
    return { context, namespace, name: pod };
  }
  const row = podRow.safeParse(argument).data ?? partRow.safeParse(argument).data?.parent;
  if (row !== undefined) return { context: row.context, namespace: row.namespace, name: row.name };
  const foreign = kubernetesRow.safeParse(argument).data;
  if (foreign !== undefined && (foreign.resourceKind ?? foreign.kind) !== undefined) {
    return { context: undefined, namespace: foreign.namespace ?? undefined, name: foreign.name };
  }
  const wrong = asRef.error?.issues[0];
  const actual =
    wrong === undefined ? "not a pod" : `${wrong.path.join(".") || "argument"}: ${wrong.message}`;
  throw new SandboxError("bad-argument", `no pod in the argument: ${actual}`, { facts: { actual } });
}

const containerRow = z.object({ kind: z.literal("container"), name: z.string() });

/** The name of the container whose row this is, if it is one. */
export function containerOfRow(row: unknown): string | undefined {
  return containerRow.safeParse(row).data?.name;
}

/** Whether this may be a row of the Kubernetes extension, which has its own idea of the current context. */
export function isKubernetesRow(argument: unknown): boolean {
  return foreignRow.safeParse(argument).success || kubernetesRow.safeParse(argument).success;
}
