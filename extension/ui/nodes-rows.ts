import type { NodeList } from "../app/node-list.ts";
import { type NodePlace, placeKey } from "../app/node-place.ts";
import type { NodeStates } from "../app/node-states.ts";
import type { SandboxError } from "../core/errors.ts";
import type { Leak, NodeView, OtherSummary } from "../core/node-view.ts";
import type { ClusterNode } from "../core/pod.ts";
import type { Finding } from "../core/report.ts";

/** A row of the Nodes view, with what it shows: the rows are few, and made anew at each change. */
export type NodesRow =
  | NodeRow
  | { readonly kind: "others"; readonly id: string; readonly place: NodePlace; readonly view: NodeView }
  | { readonly kind: "leaks"; readonly id: string; readonly place: NodePlace; readonly view: NodeView }
  | { readonly kind: "namespaces"; readonly id: string; readonly place: NodePlace; readonly view: NodeView }
  | OtherRow
  | LeakRow
  | NodesStatusRow;

export interface NodeRow {
  readonly kind: "node";
  readonly id: string;
  readonly place: NodePlace;
  /** What the API says of it; undefined for an SSH host, and where nodes may not be read. */
  readonly node: ClusterNode | undefined;
}

export interface OtherRow {
  readonly kind: "other";
  readonly id: string;
  readonly place: NodePlace;
  readonly other: OtherSummary;
  /** When it was seen, ISO 8601. */
  readonly seenAt: string;
}

export interface LeakRow {
  readonly kind: "leak";
  readonly id: string;
  readonly leak: Leak;
  readonly seenAt: string;
}

export interface NodesStatusRow {
  readonly kind: "status";
  readonly id: string;
  readonly place: NodePlace | undefined;
  readonly status: NodesStatus;
}

/** What a row says that stands for no thing on a node. */
export type NodesStatus =
  | { readonly kind: "connecting" }
  | { readonly kind: "cluster-failed"; readonly error: SandboxError }
  | { readonly kind: "names-of-pods"; readonly names: number }
  | { readonly kind: "reading" }
  | { readonly kind: "failed"; readonly error: SandboxError }
  | { readonly kind: "finding"; readonly finding: Finding }
  | { readonly kind: "leaks-unknown"; readonly why: string }
  | { readonly kind: "no-others" | "no-leaks"; readonly partial: boolean };

/** Whether something may have been missed: each warning about a reading says that it is not whole. */
export function isPartial({ findings }: NodeView): boolean {
  return findings.some(({ severity }) => severity !== "info");
}

/** Which rows there are. Asking for the children of a node that was never read has it read. */
export class NodesRows {
  readonly #list: Pick<NodeList, "nodes">;
  readonly #states: Pick<NodeStates, "of" | "read">;
  readonly #context: () => string | undefined;
  readonly #hosts: () => readonly string[];

  constructor(ports: {
    list: Pick<NodeList, "nodes">;
    states: Pick<NodeStates, "of" | "read">;
    /** The kubeconfig context that `list` is of. */
    context: () => string | undefined;
    /** SSH hosts as the user wrote them. */
    hosts: () => readonly string[];
  }) {
    this.#list = ports.list;
    this.#states = ports.states;
    this.#context = ports.context;
    this.#hosts = ports.hosts;
  }

  roots(): readonly NodesRow[] {
    const hosts = [...new Set(this.#hosts())].map((node) => nodeRow({ context: null, node }, undefined));
    return [...this.#ofCluster(), ...hosts];
  }

  /** The row of a node; undefined where the view does not have it. */
  nodeAt(place: NodePlace): NodeRow | undefined {
    return this.roots().find(
      (row): row is NodeRow => row.kind === "node" && placeKey(row.place) === placeKey(place),
    );
  }

  /** The row of a sandbox; undefined where the last reading of its node did not see it. */
  otherAt(place: NodePlace, key: string): OtherRow | undefined {
    return this.#partsAt(place)
      .flatMap((part) => (part.kind === "others" ? this.children(part) : []))
      .find((row): row is OtherRow => row.kind === "other" && row.other.key === key);
  }

  /** Which row it is below, as VS Code wants to know to reveal it. Only what can be revealed has one. */
  parent(row: NodesRow): NodesRow | undefined {
    switch (row.kind) {
      case "other":
        return this.#partsAt(row.place).find(({ kind }) => kind === "others");
      case "others":
      case "leaks":
      case "namespaces":
        return this.nodeAt(row.place);
      case "node":
      case "leak":
      case "status":
        return undefined;
    }
  }

  children(row: NodesRow): readonly NodesRow[] {
    switch (row.kind) {
      case "node":
        return this.#ofNode(row);
      case "others":
        return row.view.others.length === 0
          ? [status(row.place, { kind: "no-others", partial: isPartial(row.view) })]
          : row.view.others.map((other) => ({
              kind: "other",
              id: rowId(row.place, "other", other.key),
              place: row.place,
              other,
              seenAt: row.view.takenAt,
            }));
      case "leaks":
        return ofLeaks(row);
      case "namespaces":
      case "other":
      case "leak":
      case "status":
        return [];
    }
  }

  #partsAt(place: NodePlace): readonly NodesRow[] {
    const state = this.#states.of(place);
    return state.kind === "unread" || state.view === undefined ? [] : parts(place, state.view);
  }

  #ofCluster(): readonly NodesRow[] {
    const { nodes } = this.#list;
    const context = this.#context() ?? "";
    switch (nodes.kind) {
      case "none":
        return [];
      case "loading":
        return [status(undefined, { kind: "connecting" })];
      case "failed":
        return [status(undefined, { kind: "cluster-failed", error: nodes.error })];
      case "of-pods":
        return [
          status(undefined, { kind: "names-of-pods", names: nodes.names.length }),
          ...nodes.names.map((node) => nodeRow({ context, node }, undefined)),
        ];
      case "listed":
        return nodes.nodes.map((node) => nodeRow({ context, node: node.name }, node));
    }
  }

  #ofNode({ place }: NodeRow): readonly NodesRow[] {
    const state = this.#states.of(place);
    switch (state.kind) {
      case "unread":
        void this.#states.read(place);
        return [status(place, { kind: "reading" })];
      case "reading":
        return state.view === undefined ? [status(place, { kind: "reading" })] : parts(place, state.view);
      case "read":
        return parts(place, state.view);
      case "failed": {
        const failed = status(place, { kind: "failed", error: state.error });
        return state.view === undefined ? [failed] : [failed, ...parts(place, state.view)];
      }
    }
  }
}

function parts(place: NodePlace, view: NodeView): readonly NodesRow[] {
  return [
    ...view.findings.map((finding, index) => status(place, { kind: "finding", finding }, String(index))),
    { kind: "others", id: rowId(place, "others"), place, view },
    { kind: "leaks", id: rowId(place, "leaks"), place, view },
    { kind: "namespaces", id: rowId(place, "namespaces"), place, view },
  ];
}

function ofLeaks({ place, view }: { place: NodePlace; view: NodeView }): readonly NodesRow[] {
  const rows: NodesRow[] = view.leaks.map((leak, index) => ({
    kind: "leak",
    id: rowId(place, "leak", String(index)),
    leak,
    seenAt: view.takenAt,
  }));
  if (view.leaksUnknown !== null) {
    rows.push(status(place, { kind: "leaks-unknown", why: view.leaksUnknown }));
  }
  return rows.length === 0 ? [status(place, { kind: "no-leaks", partial: isPartial(view) })] : rows;
}

function nodeRow(place: NodePlace, node: ClusterNode | undefined): NodeRow {
  return { kind: "node", id: rowId(place), place, node };
}

function status(place: NodePlace | undefined, what: NodesStatus, ...more: readonly string[]): NodesStatusRow {
  return {
    kind: "status",
    id: JSON.stringify([place === undefined ? "" : placeKey(place), "status", what.kind, ...more]),
    place,
    status: what,
  };
}

function rowId(place: NodePlace, ...more: readonly string[]): string {
  return JSON.stringify([placeKey(place), ...more]);
}
