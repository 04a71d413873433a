import type { ClusterNode } from "../core/pod.ts";
import type { SshHost } from "../nodes/ssh/ssh-host.ts";
import type { NodeTransport, RunLimits, RunRequest, RunResult } from "../nodes/transport.ts";

/** The ways onto nodes, whichever they are. */
export interface Nodes {
  /** Connects when first used. */
  transport(node: ClusterNode | SshHost): NodeTransport;
  close(): void;
}

/** Nodes opened by the settings of one moment, and how many questions to them are still unanswered. */
interface Opened {
  readonly nodes: Promise<Nodes>;
  running: number;
}

/** Nodes that are opened by the settings of the moment. */
export class ReopeningNodes implements Nodes {
  readonly #openNodes: () => Promise<Nodes>;
  #opened: Opened | undefined;

  constructor(openNodes: () => Promise<Nodes>) {
    this.#openNodes = openNodes;
  }

  transport(node: ClusterNode | SshHost): NodeTransport {
    return { run: async (request, limits) => this.#run(node, request, limits) };
  }

  /** The next use opens the nodes anew. What is going on ends as it began, and what it used is closed then. */
  reopen(): void {
    const opened = this.#opened;
    this.#opened = undefined;
    if (opened !== undefined && opened.running === 0) closeLater(opened);
  }

  /** Closes at once, whatever is going on. */
  close(): void {
    if (this.#opened !== undefined) closeLater(this.#opened);
    this.#opened = undefined;
  }

  async #run(node: ClusterNode | SshHost, request: RunRequest, limits: RunLimits): Promise<RunResult> {
    const opened = (this.#opened ??= { nodes: this.#openNodes(), running: 0 });
    opened.running += 1;
    try {
      const nodes = await this.#opening(opened);
      return await nodes.transport(node).run(request, limits);
    } finally {
      opened.running -= 1;
      if (opened !== this.#opened && opened.running === 0) closeLater(opened);
    }
  }

  async #opening(opened: Opened): Promise<Nodes> {
    try {
      return await opened.nodes;
    } catch (error) {
      // A failure is not worth keeping: the next attempt may find the settings repaired.
      if (this.#opened === opened) this.#opened = undefined;
      throw error;
    }
  }
}

/** Nodes that could not be opened have nothing to close, and whoever asked for them was told. */
function closeLater({ nodes }: Opened): void {
  nodes.then(
    (open) => open.close(),
    () => undefined,
  );
}
