import type { ClusterSource, ContextList } from "../cluster/source.ts";

/** The way to kubeconfig contexts, whichever library reads them. Both throw SandboxError. */
export interface ClusterAccess {
  loadContexts(): Promise<ContextList>;
  openCluster(context: string): Promise<ClusterSource>;
}

/** Opens each context once and keeps it until the settings change. */
export class Clusters {
  readonly #access: ClusterAccess;
  readonly #open = new Map<string, Promise<ClusterSource>>();

  constructor(access: ClusterAccess) {
    this.#access = access;
  }

  /** Read afresh each time: a person may have edited the kubeconfig. */
  async contexts(): Promise<ContextList> {
    return this.#access.loadContexts();
  }

  async open(context: string): Promise<ClusterSource> {
    const known = this.#open.get(context);
    if (known !== undefined) return known;
    const opening = this.#access.openCluster(context);
    this.#open.set(context, opening);
    try {
      return await opening;
    } catch (error) {
      // A failure is not worth keeping: the next attempt may find the file repaired.
      if (this.#open.get(context) === opening) this.#open.delete(context);
      throw error;
    }
  }

  /**
   * Forgets what is open, so that the next use sees new settings and an edited kubeconfig. An inspection that is going on
   * ends as it began, and connections that are left idle close by themselves.
   */
  reset(): void {
    this.#open.clear();
  }
}
