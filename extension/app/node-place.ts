/** Where a node is: in a cluster, or a host that the user added. */
export interface NodePlace {
  /** The kubeconfig context whose node it is; null for an SSH host. */
  readonly context: string | null;
  /** The node's name, or the host as the user wrote it. */
  readonly node: string;
}

/** Equal for equal places. JSON keeps the parts apart, whatever they hold. */
export function placeKey({ context, node }: NodePlace): string {
  return JSON.stringify([context, node]);
}
