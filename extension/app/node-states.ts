import { asSandboxError, type SandboxError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { NodeView } from "../core/node-view.ts";
import { type Closable, Emitter } from "./emitter.ts";
import { type NodePlace, placeKey } from "./node-place.ts";
import { Together } from "./together.ts";

/** How far the reading of one node is. `view` is the last one, which stays when a later reading fails. */
export type NodeState =
  | { readonly kind: "unread" }
  | { readonly kind: "reading"; readonly view: NodeView | undefined }
  | { readonly kind: "read"; readonly view: NodeView }
  | { readonly kind: "failed"; readonly error: SandboxError; readonly view: NodeView | undefined };

/** Reads a whole node. Throws SandboxError. */
export type ReadNode = (place: NodePlace, options: { readonly signal: AbortSignal }) => Promise<NodeView>;

/** The nodes that were looked into. A node is read when that is asked for, and never by itself. */
export class NodeStates implements Closable {
  readonly #readNode: ReadNode;
  readonly #log: Log;
  readonly #changes: Emitter<NodePlace>;
  readonly #byKey = new Map<string, NodeState>();
  readonly #reading = new Together<void>();
  readonly #closed = new AbortController();

  constructor({ readNode, log }: { readNode: ReadNode; log: Log }) {
    this.#readNode = readNode;
    this.#log = log;
    this.#changes = new Emitter((thrown) => {
      log.error(`a listener of the nodes failed: ${asSandboxError(thrown).message}`);
    });
  }

  onChange(listener: (place: NodePlace) => void): Closable {
    return this.#changes.subscribe(listener);
  }

  of(place: NodePlace): NodeState {
    return this.#byKey.get(placeKey(place)) ?? { kind: "unread" };
  }

  /** Ends when the node was read, or could not be: the state tells. Who asks meanwhile waits for the same reading. */
  async read(place: NodePlace): Promise<void> {
    return this.#reading.run(placeKey(place), async () => this.#read(place));
  }

  close(): void {
    this.#closed.abort();
    this.#changes.close();
  }

  async #read(place: NodePlace): Promise<void> {
    const before = this.of(place);
    const view = before.kind === "unread" ? undefined : before.view;
    this.#set(place, { kind: "reading", view });
    const begun = performance.now();
    try {
      const read = await this.#readNode(place, { signal: this.#closed.signal });
      this.#log.info(`node ${place.node}: read in ${Math.round(performance.now() - begun)} ms`);
      this.#set(place, { kind: "read", view: read });
    } catch (thrown) {
      const error = asSandboxError(thrown);
      this.#log.warn(`node ${place.node}: ${error.reason}: ${error.message}`);
      this.#set(place, { kind: "failed", error, view });
    }
  }

  #set(place: NodePlace, state: NodeState): void {
    this.#byKey.set(placeKey(place), state);
    this.#changes.emit(place);
  }
}
