import type { ClusterNode } from "../core/pod.ts";
import type { SshHost } from "../nodes/ssh/ssh-host.ts";
import type { TerminalTransport } from "../nodes/transport.ts";

/** The ways onto nodes, whichever they are. */
export interface Nodes {
  /** Connects when first used. `context`: the kubeconfig context whose node it is; null for an SSH host. */
  transport(node: ClusterNode | SshHost, context: string | null): TerminalTransport;
  /** Ends at once what stands open. Done when what was made for it is undone: debug pods are deleted. Never rejects. */
  close(): Promise<void>;
}

/** Nodes opened by the settings of one moment, and how many questions and terminals still use them. */
interface Opened {
  readonly nodes: Promise<Nodes>;
  running: number;
}

/** Nodes that are opened by the settings of the moment. */
export class ReopeningNodes implements Nodes {
  readonly #openNodes: () => Promise<Nodes>;
  /** Those that are no longer used and not yet closed. */
  readonly #closing = new Set<Promise<void>>();
  #opened: Opened | undefined;

  constructor(openNodes: () => Promise<Nodes>) {
    this.#openNodes = openNodes;
  }

  transport(node: ClusterNode | SshHost, context: string | null): TerminalTransport {
    return {
      run: async (request, limits) =>
        this.#use(
          async (nodes) => nodes.transport(node, context).run(request, limits),
          async () => {},
        ),
      terminal: async (request, limits) =>
        this.#use(
          async (nodes) => nodes.transport(node, context).terminal(request, limits),
          async ({ gone }) => gone,
        ),
    };
  }

  /** The next use opens the nodes anew. What is going on ends as it began, and what it used is closed then. */
  reopen(): void {
    const opened = this.#opened;
    this.#opened = undefined;
    if (opened !== undefined && opened.running === 0) this.#closeLater(opened);
  }

  /** Closes at once, whatever is going on; done when nothing is open any more. Never rejects. */
  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    if (opened !== undefined) this.#closeLater(opened);
    await Promise.all(this.#closing);
  }

  /** What comes of it uses the nodes until `gone` resolves. */
  async #use<T>(run: (nodes: Nodes) => Promise<T>, gone: (result: T) => Promise<void>): Promise<T> {
    const opened = (this.#opened ??= { nodes: this.#openNodes(), running: 0 });
    const leave = (): void => {
      opened.running -= 1;
      if (opened !== this.#opened && opened.running === 0) this.#closeLater(opened);
    };
    opened.running += 1;
    try {
      const result = await run(await this.#opening(opened));
      void gone(result).then(leave);
      return result;
    } catch (error) {
      leave();
      throw error;
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

  #closeLater(opened: Opened): void {
    const closing = closed(opened);
    this.#closing.add(closing);
    void closing.finally(() => this.#closing.delete(closing));
  }
}

/** Nodes that could not be opened have nothing to close, and whoever asked for them was told. */
async function closed({ nodes }: Opened): Promise<void> {
  const open = await nodes.catch(() => undefined);
  await open?.close();
}
