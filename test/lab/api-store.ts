/** An object as the Kubernetes API carries it; only the parts that the lab's server itself reads are named. */
export interface KubeObject {
  readonly metadata: KubeMetadata;
  readonly [field: string]: unknown;
}

export interface KubeMetadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly creationTimestamp?: string;
  readonly [field: string]: unknown;
}

export interface StoreEvent {
  readonly revision: number;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: KubeObject;
}

/** Which objects of a resource a list holds. */
export interface ListScope {
  /** The Kubernetes namespace; undefined for all. */
  readonly namespace: string | undefined;
  /** The field selector spec.nodeName of pods; undefined for all. */
  readonly nodeName: string | undefined;
}

export interface ListPage {
  readonly items: readonly KubeObject[];
  readonly revision: number;
  /** undefined on the last page. */
  readonly continueToken: string | undefined;
  readonly remaining: number;
}

/** Thrown for a resource version or a continue token older than the history kept: HTTP 410. */
export class ExpiredError extends Error {}

/** One revision counter for everything, as etcd has. */
export class RevisionCounter {
  private value = 1000;

  get current(): number {
    return this.value;
  }

  next(): number {
    this.value += 1;
    return this.value;
  }
}

/**
 * The objects of one resource with their history: what etcd and the watch cache are to a real API server.
 * Lists are paged over a snapshot, so that a change between two pages does not show, as the real one does it.
 */
export class ObjectStore {
  private readonly revisions: RevisionCounter;
  private readonly objects = new Map<string, KubeObject>();
  private readonly listeners = new Set<(event: StoreEvent) => void>();
  private readonly snapshots = new Map<string, readonly KubeObject[]>();
  /** The keys in the order of a list; undefined after one came or went. */
  private order: readonly string[] | undefined;
  private history: StoreEvent[] = [];
  /** Nothing older than this revision can be watched from or paged through. */
  private oldest = 0;

  constructor(revisions: RevisionCounter) {
    this.revisions = revisions;
  }

  get(namespace: string | undefined, name: string): KubeObject | undefined {
    return this.objects.get(keyOf(namespace, name));
  }

  all(): readonly KubeObject[] {
    return [...this.objects.values()];
  }

  apply(object: KubeObject): void {
    const key = keyOf(object.metadata.namespace, object.metadata.name);
    const known = this.objects.get(key);
    const revision = this.revisions.next();
    const stored: KubeObject = {
      ...object,
      metadata: {
        uid: known?.metadata.uid ?? crypto.randomUUID(),
        creationTimestamp: known?.metadata.creationTimestamp ?? new Date().toISOString(),
        ...object.metadata,
        resourceVersion: String(revision),
      },
    };
    this.objects.set(key, stored);
    if (known === undefined) this.order = undefined;
    this.emit({ revision, type: known === undefined ? "ADDED" : "MODIFIED", object: stored });
  }

  delete(namespace: string | undefined, name: string): boolean {
    const key = keyOf(namespace, name);
    const known = this.objects.get(key);
    if (known === undefined) return false;
    const revision = this.revisions.next();
    this.objects.delete(key);
    this.order = undefined;
    const object = { ...known, metadata: { ...known.metadata, resourceVersion: String(revision) } };
    this.emit({ revision, type: "DELETED", object });
    return true;
  }

  /** Makes the objects exactly these. */
  replace(objects: readonly KubeObject[]): void {
    const wanted = new Set(objects.map(({ metadata }) => keyOf(metadata.namespace, metadata.name)));
    for (const [key, { metadata }] of this.objects) {
      if (!wanted.has(key)) this.delete(metadata.namespace, metadata.name);
    }
    for (const object of objects) this.apply(object);
  }

  list({ namespace, nodeName }: ListScope, limit: number, continueToken: string): ListPage {
    const { revision, offset } = readToken(continueToken, this.revisions.current);
    const scope = `${revision}/${namespace ?? ""}/${nodeName ?? ""}`;
    if (continueToken !== "" && revision < this.oldest) {
      throw new ExpiredError(
        "The provided continue parameter is too old to display a consistent list result.",
      );
    }
    const all = this.snapshots.get(scope) ?? this.sorted({ namespace, nodeName });
    const end = limit > 0 ? Math.min(all.length, offset + limit) : all.length;
    const more = end < all.length;
    if (more) this.snapshots.set(scope, all);
    return {
      items: all.slice(offset, end),
      revision,
      continueToken: more ? writeToken(revision, end) : undefined,
      remaining: all.length - end,
    };
  }

  /** The events after `revision`; throws ExpiredError when they are no longer known. */
  since(revision: number): readonly StoreEvent[] {
    if (revision < this.oldest) {
      throw new ExpiredError(`too old resource version: ${revision} (${this.oldest})`);
    }
    return this.history.filter((event) => event.revision > revision);
  }

  /** Forgets the history, as a compaction does: older versions and open continue tokens are answered with 410. */
  expire(): void {
    this.oldest = this.revisions.next();
    this.history = [];
    this.snapshots.clear();
  }

  subscribe(listener: (event: StoreEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private sorted({ namespace, nodeName }: ListScope): readonly KubeObject[] {
    // A hundred thousand keys are not sorted again for each of many lists.
    this.order ??= [...this.objects.keys()].toSorted();
    return this.order
      .map((key) => this.objects.get(key))
      .filter((object) => object !== undefined)
      .filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace)
      .filter((object) => nodeName === undefined || nodeNameOf(object) === nodeName);
  }

  private emit(event: StoreEvent): void {
    this.history.push(event);
    if (this.history.length > 10_000) {
      const dropped = this.history.shift();
      this.oldest = dropped?.revision ?? this.oldest;
    }
    for (const listener of this.listeners) listener(event);
  }
}

function nodeNameOf({ spec }: KubeObject): unknown {
  return typeof spec === "object" && spec !== null && "nodeName" in spec ? spec.nodeName : undefined;
}

function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ""}/${name}`;
}

function writeToken(revision: number, offset: number): string {
  return Buffer.from(`${revision}.${offset}`).toString("base64url");
}

function readToken(token: string, current: number): { revision: number; offset: number } {
  const [, revision, offset] = /^(\d+)\.(\d+)$/.exec(Buffer.from(token, "base64url").toString()) ?? [];
  return revision === undefined || offset === undefined
    ? { revision: current, offset: 0 }
    : { revision: Number(revision), offset: Number(offset) };
}
