import type { SandboxError } from "../core/errors.ts";
import type { PodContainer } from "../core/pod.ts";

/** How the pods are put together in the tree. */
export type Grouping = "namespace" | "node";

/**
 * A row of the tree says which thing it stands for, and nothing of how that thing is: that is looked up in the store when
 * the row is drawn. The same thing is always the same object, which is how VS Code knows it again.
 */
export type Row = ContextRow | GroupRow | PodRow | SandboxRow | ContainerRow | StatusRow;

export interface ContextRow {
  readonly kind: "context";
  readonly id: string;
  readonly context: string;
  readonly parent: undefined;
}

export interface GroupRow {
  readonly kind: "group";
  readonly id: string;
  readonly by: Grouping;
  /** Of the Kubernetes namespace or the node; "" for the pods that are on no node yet. */
  readonly name: string;
  readonly parent: ContextRow;
}

export interface PodRow {
  readonly kind: "pod";
  readonly id: string;
  readonly context: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly parent: GroupRow;
}

export interface SandboxRow {
  readonly kind: "sandbox";
  readonly id: string;
  readonly parent: PodRow;
}

export interface ContainerRow {
  readonly kind: "container";
  readonly id: string;
  readonly name: string;
  readonly containerKind: PodContainer["kind"];
  readonly parent: PodRow;
}

/** A row that stands for no thing of the cluster but says how it is with the rows that are, or are not, beside it. */
export interface StatusRow {
  readonly kind: "status";
  readonly id: string;
  readonly status: Status;
  readonly parent: ContextRow | GroupRow | undefined;
}

export type Status =
  | { readonly kind: "connecting" }
  | { readonly kind: "loading" }
  | {
      readonly kind: "retrying";
      readonly error: SandboxError;
      readonly inMs: number;
      readonly stale: boolean;
    }
  | { readonly kind: "refused"; readonly error: SandboxError }
  | { readonly kind: "by-namespace-instead" }
  | { readonly kind: "only-default-namespace"; readonly namespace: string }
  | { readonly kind: "no-pods"; readonly by: Grouping }
  | { readonly kind: "no-match"; readonly filter: string }
  /** A group with more pods than are drawn at once. */
  | { readonly kind: "more"; readonly count: number }
  | { readonly kind: "restricted" };

/** The pod that a row belongs to, if any. */
export function podOf(row: Row): PodRow | undefined {
  switch (row.kind) {
    case "pod":
      return row;
    case "sandbox":
    case "container":
      return row.parent;
    case "context":
    case "group":
    case "status":
      return undefined;
  }
}
