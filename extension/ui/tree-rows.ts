import { podFilter } from "../app/pod-filter.ts";
import { FoundPods } from "../app/found-pods.ts";
import { groupName, type ReadonlyPodIndex } from "../app/pod-index.ts";
import { isRefusal, type PodDiff, type PodGroup } from "../app/pod-scope.ts";
import { isRefused, type PodStore, type StoreChange } from "../app/store.ts";
import type { Pod } from "../core/pod.ts";
import type {
  ContainerRow,
  ContextRow,
  GroupRow,
  Grouping,
  PodRow,
  Row,
  SandboxRow,
  Status,
  StatusRow,
} from "./rows.ts";

/** What the user chose to see. */
export interface TreeView {
  readonly grouping: Grouping;
  /** As typed; "" = everything. */
  readonly filter: string;
  /** In Restricted Mode a row says so. */
  readonly restricted: boolean;
}

/** Why there is no row. */
export type Emptiness = "none" | "empty" | "forbidden";

/** More changed pods than this in one go: their whole group is drawn anew, which is cheaper. */
const manyPods = 50;

/** What a filter finds is unfolded, unless it is more than anybody reads: VS Code draws each row of what is unfolded. */
const mostUnfolded = 1000;

/** So many pods of a group are drawn at first, and so many more each time somebody asks: VS Code draws them all anew when one comes. */
const drawnAtOnce = 1000;

/**
 * Which rows there are, and which are to be drawn again after a change. The things themselves stay in the store.
 * Asking for the children of a row opens the watch that it needs.
 */
export class TreeRows {
  readonly #store: PodStore;
  readonly #contexts = new SameRows<ContextRow>();
  readonly #groupRows = new SameRows<GroupRow>();
  readonly #podRows = new SameRows<PodRow>();
  readonly #partRows = new SameRows<SandboxRow | ContainerRow>();
  /** Of those of all pods, and whether their list was complete. */
  #drawnGroups: ReadonlySet<string> = new Set();
  #drawnLoaded = false;
  #drawnEmptiness: Emptiness = "none";
  /** How many pods of a group are drawn, by its ID, where somebody asked for more. */
  readonly #most = new Map<string, number>();
  /** IDs of the groups that were asked for their pods. */
  readonly #unfolded = new Set<string>();
  #view: TreeView;
  #found: FoundPods | undefined;

  constructor(store: PodStore, view: TreeView) {
    this.#store = store;
    this.#view = view;
  }

  get view(): TreeView {
    return this.#view;
  }

  /** Closes the watch of all pods where it is no longer of use. */
  setView(view: TreeView): void {
    this.#view = view;
    if (!this.#needsAll()) this.#store.closeAll();
  }

  roots(): readonly Row[] {
    const { phase, context } = this.#store;
    switch (phase.kind) {
      case "idle":
      case "loading":
        return [this.#status(undefined, { kind: "connecting" })];
      case "failed":
        // The view's welcome text says what is wrong; VS Code shows it where there is no row.
        return [];
      case "ready": {
        this.#drawnEmptiness = this.emptiness();
        if (this.#drawnEmptiness !== "none" || context === undefined) return [];
        const rows: Row[] = this.#view.restricted ? [this.#status(undefined, { kind: "restricted" })] : [];
        return [...rows, this.#contextRow(context)];
      }
    }
  }

  /** Whether there is nothing to show at all; the view's welcome text is shown then. */
  emptiness(): Emptiness {
    const { phase } = this.#store;
    if (phase.kind !== "ready") return "none";
    const all = this.#store.all();
    if (this.#view.grouping === "node")
      return all?.loaded === true && all.index.size === 0 ? "empty" : "none";
    if (phase.namespaces.length === 0) return "empty";
    const only = this.#store.group(this.#store.defaultNamespace);
    return phase.listForbidden && only !== undefined && isRefused(only) ? "forbidden" : "none";
  }

  children(row: Row): readonly Row[] {
    switch (row.kind) {
      case "context":
        return this.#groups(row);
      case "group":
        return this.#pods(row);
      case "pod":
        return this.#parts(row);
      case "sandbox":
      case "container":
      case "status":
        return [];
    }
  }

  /** How many pods of a group are shown; undefined while that is not known. */
  count(row: GroupRow): number | undefined {
    const group = this.#groupOf(row);
    if (group === undefined || !group.loaded) return undefined;
    return this.#ofAll()?.count(row.by, row.name) ?? this.#filtered(group.pods).length;
  }

  /** Shows more pods of a group that has more; answers the rows to draw again. */
  showMore(group: unknown): readonly Row[] {
    const row = typeof group === "string" ? this.#groupRows.get(group) : undefined;
    if (row === undefined) return [];
    this.#most.set(row.id, (this.#most.get(row.id) ?? drawnAtOnce) + drawnAtOnce);
    return [row];
  }

  /** Whether a group is unfolded when it is seen for the first time. */
  unfolds(row: GroupRow): boolean {
    // The pods most people look for are in their own Kubernetes namespace.
    if (this.#view.filter === "") return row.by === "namespace" && row.name === this.#store.defaultNamespace;
    return (this.#ofAll()?.size ?? 0) <= mostUnfolded;
  }

  pod(row: PodRow): Pod | undefined {
    return row.context === this.#store.context ? this.#store.pod(row.namespace, row.uid) : undefined;
  }

  /** The rows to draw again; undefined = the whole tree. A row that was never made is left out. */
  affected(change: StoreChange): readonly Row[] | undefined {
    if (change.kind === "pods" && change.namespace === undefined) this.#found?.take(change.diff);
    const { context } = this.#store;
    if (change.kind === "everything" || context === undefined) return undefined;
    if (this.emptiness() !== this.#drawnEmptiness) return undefined;
    switch (change.kind) {
      case "report":
        return this.#known([podId(context, change.uid)]);
      case "status":
        return this.#known([
          change.namespace === undefined
            ? contextId(context)
            : groupId(context, "namespace", change.namespace),
        ]);
      case "pods":
        return change.namespace === undefined
          ? this.#affectedOfAll(context, change.diff)
          : this.#affectedOfOne(context, change.namespace, change.diff);
    }
  }

  #affectedOfOne(context: string, namespace: string, diff: PodDiff): readonly Row[] {
    for (const pod of diff.removed) this.#forget(context, pod);
    const group = [groupId(context, "namespace", namespace)];
    // With a filter a change may be what makes the pod be found, or not any more.
    const onlyChanged =
      this.#view.filter === "" && diff.changed.length > 0 && diff.added.length + diff.removed.length === 0;
    // The first list may be empty: the group has to tell that, so an empty difference is the group's as well.
    if (!onlyChanged || diff.changed.length > manyPods) return this.#known(group);
    return this.#known(diff.changed.map(({ after }) => podId(context, after.uid)));
  }

  #affectedOfAll(context: string, diff: PodDiff): readonly Row[] {
    for (const pod of diff.removed) this.#forget(context, pod);
    const shown = this.#ofAll();
    const { grouping, filter } = this.#view;
    const groups = new Set([...diff.added, ...diff.removed].map((pod) => groupName(grouping, pod)));
    const stay: Pod[] = [];
    for (const { before, after } of diff.changed) {
      const [was, is] = [groupName(grouping, before), groupName(grouping, after)];
      if (was !== is || filter !== "") groups.add(was).add(is);
      // Most pods of a large cluster were never drawn.
      else if (this.#podRows.get(podId(context, after.uid)) !== undefined) stay.push(after);
    }
    const isOther = (name: string): boolean =>
      this.#drawnGroups.has(name) !== (shown !== undefined && shown.count(grouping, name) > 0);
    if (this.#drawnLoaded !== this.#store.all()?.loaded || [...groups].some(isOther)) {
      return this.#known([contextId(context)]);
    }
    const many = stay.length > manyPods;
    if (many) for (const pod of stay) groups.add(groupName(grouping, pod));
    const ids = [...groups].map((name) => groupId(context, grouping, name));
    return this.#known([
      // How many pods a group has is shown once that is known: until then only an unfolded one looks different.
      ...(this.#drawnLoaded ? ids : ids.filter((group) => this.#unfolded.has(group))),
      ...(many ? [] : stay.map(({ uid }) => podId(context, uid))),
    ]);
  }

  #groups(parent: ContextRow): readonly Row[] {
    const { phase } = this.#store;
    if (phase.kind !== "ready") return [];
    const { filter, grouping } = this.#view;
    const needsAll = this.#needsAll();
    if (needsAll) this.#store.openAll();
    const all = needsAll ? this.#store.all() : undefined;
    const rows: Row[] = [];
    const status = all === undefined ? undefined : statusOf(all);
    if (status !== undefined) rows.push(this.#status(parent, status));
    const seesAll = all !== undefined && !isRefused(all);
    if (grouping === "node" && !seesAll) rows.push(this.#status(parent, { kind: "by-namespace-instead" }));
    if (phase.listForbidden && !seesAll && grouping === "namespace") {
      rows.push(
        this.#status(parent, { kind: "only-default-namespace", namespace: this.#store.defaultNamespace }),
      );
    }
    // Where not all pods may be seen, a filter still works within each Kubernetes namespace.
    const shown = this.#ofAll();
    const names = shown
      ? sortedNames(shown.names(grouping))
      : grouping === "namespace"
        ? phase.namespaces
        : [];
    this.#drawnGroups = new Set(shown ? names : []);
    this.#drawnLoaded = all?.loaded ?? false;
    if (seesAll && all.loaded && names.length === 0 && filter !== "") {
      rows.push(this.#status(parent, { kind: "no-match", filter }));
    }
    return [...rows, ...names.map((name) => this.#groupRow(parent, grouping, name))];
  }

  #pods(row: GroupRow): readonly Row[] {
    this.#unfolded.add(row.id);
    if (row.by === "namespace") this.#store.openNamespace(row.name);
    const group = this.#groupOf(row);
    if (group === undefined) return [];
    const { filter } = this.#view;
    const all = this.#store.all();
    const refusedAll = all !== undefined && isRefused(all);
    const rows: Row[] = [];
    // The watch of all pods tells how it is with it further up, once for all groups.
    const status = this.#needsAll() && !refusedAll ? undefined : statusOf(group);
    if (status !== undefined) rows.push(this.#status(row, status));
    const pods = this.#ofAll()?.in(row.by, row.name) ?? this.#filtered(group.pods);
    if (group.loaded && pods.length === 0) {
      rows.push(
        this.#status(row, filter === "" ? { kind: "no-pods", by: row.by } : { kind: "no-match", filter }),
      );
    }
    const drawn = pods.slice(0, this.#most.get(row.id) ?? drawnAtOnce);
    const more: Row[] =
      drawn.length < pods.length
        ? [this.#status(row, { kind: "more", count: pods.length - drawn.length })]
        : [];
    return [...rows, ...drawn.map((pod) => this.#podRow(row, pod)), ...more];
  }

  #parts(row: PodRow): readonly Row[] {
    const pod = this.pod(row);
    return pod === undefined ? [] : this.#partsOf(row, pod).map((part) => this.#partRows.same(part));
  }

  #partsOf(row: PodRow, pod: Pod): readonly (SandboxRow | ContainerRow)[] {
    const containers = pod.containers.map(({ name, kind }): ContainerRow => ({
      kind: "container",
      id: id("container", row.context, row.uid, kind, name),
      name,
      containerKind: kind,
      parent: row,
    }));
    return [{ kind: "sandbox", id: id("sandbox", row.context, row.uid), parent: row }, ...containers];
  }

  #groupOf(row: GroupRow): PodGroup | undefined {
    return row.by === "namespace" ? this.#store.group(row.name) : this.#store.all();
  }

  /** Of all pods, those to show; undefined where not all are watched, or may be. */
  #ofAll(): ReadonlyPodIndex | undefined {
    const all = this.#store.all();
    if (!this.#needsAll() || all === undefined || isRefused(all)) return undefined;
    const { filter } = this.#view;
    if (podFilter(filter) === undefined) return all.index;
    if (this.#found?.filter !== filter || this.#found.among !== all.index) {
      this.#found = new FoundPods(all.index, filter);
    }
    return this.#found.index;
  }

  #filtered(pods: readonly Pod[]): readonly Pod[] {
    const wanted = podFilter(this.#view.filter);
    return wanted === undefined ? pods : pods.filter(wanted);
  }

  /** A filter looks everywhere, and nodes are only known from all pods. */
  #needsAll(): boolean {
    return this.#view.grouping === "node" || this.#view.filter !== "";
  }

  #contextRow(context: string): ContextRow {
    return this.#contexts.same({ kind: "context", id: contextId(context), context, parent: undefined });
  }

  #groupRow(parent: ContextRow, by: Grouping, name: string): GroupRow {
    return this.#groupRows.same({ kind: "group", id: groupId(parent.context, by, name), by, name, parent });
  }

  #podRow(parent: GroupRow, { namespace, name, uid }: Pod): PodRow {
    const { context } = parent.parent;
    return this.#podRows.same({
      kind: "pod",
      id: podId(context, uid),
      context,
      namespace,
      name,
      uid,
      parent,
    });
  }

  #status(parent: ContextRow | GroupRow | undefined, status: Status): StatusRow {
    return { kind: "status", id: id(parent?.id ?? "", "status", status.kind), status, parent };
  }

  #forget(context: string, pod: Pod): void {
    const row = this.#podRows.get(podId(context, pod.uid));
    if (row === undefined) return;
    for (const part of this.#partsOf(row, pod)) this.#partRows.delete(part.id);
    this.#podRows.delete(row.id);
  }

  #known(ids: readonly string[]): readonly Row[] {
    return ids
      .map((known) => this.#contexts.get(known) ?? this.#groupRows.get(known) ?? this.#podRows.get(known))
      .filter((row) => row !== undefined);
  }
}

/** Gives the same object for the same thing, for as long as it has the same parent: VS Code asks rows for theirs. */
class SameRows<T extends Row> {
  readonly #byId = new Map<string, T>();

  same(row: T): T {
    const known = this.#byId.get(row.id);
    if (known !== undefined && known.parent === row.parent) return known;
    this.#byId.set(row.id, row);
    return row;
  }

  get(rowId: string): T | undefined {
    return this.#byId.get(rowId);
  }

  delete(rowId: string): void {
    this.#byId.delete(rowId);
  }
}

function statusOf({ status, loaded }: PodGroup): Status | undefined {
  switch (status.kind) {
    case "live":
      return undefined;
    case "loading":
      return loaded ? undefined : { kind: "loading" };
    case "retrying":
      return isRefusal(status.error.reason)
        ? { kind: "refused", error: status.error }
        : { kind: "retrying", error: status.error, inMs: status.inMs, stale: loaded };
  }
}

/** "" stands for the pods on no node: they come last. */
function sortedNames(names: Iterable<string>): readonly string[] {
  return [...names].toSorted(
    (one, other) => Number(one === "") - Number(other === "") || (one < other ? -1 : 1),
  );
}

/** JSON keeps the parts apart, whatever they hold. */
function id(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}

function contextId(context: string): string {
  return id("context", context);
}

function groupId(context: string, by: Grouping, name: string): string {
  return id(by, context, name);
}

function podId(context: string, uid: string): string {
  return id("pod", context, uid);
}
