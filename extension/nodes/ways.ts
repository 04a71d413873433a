import { randomBytes } from "node:crypto";
import { SandboxError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { ClusterNode } from "../core/pod.ts";
import type { Become, Way } from "./access.ts";
import { becoming, becomingOnTerminal } from "./become.ts";
import { Clock } from "./clock.ts";
import { containerDestination } from "./container.ts";
import { debugPodDestination } from "./debug-pod/destination.ts";
import type { DebugPodPorts } from "./debug-pod/ports.ts";
import { localDestination } from "./local.ts";
import type { PodApi } from "./pod-api.ts";
import { NodePool, probeTimeout } from "./pool.ts";
import type { SecretVault, SshPrompts } from "./prompts.ts";
import { rootDialogue } from "./root-password.ts";
import { Secrets } from "./secrets.ts";
import type { Destination } from "./session.ts";
import { thisMachine, type Machine, type NodeSettings } from "./settings.ts";
import { SshDestinations } from "./ssh/destinations.ts";
import type { SshHost } from "./ssh/ssh-host.ts";
import type { RunLimits, TerminalTransport } from "./transport.ts";
import { abortable, throwIfAborted } from "./waiting.ts";

/** What getting onto nodes needs from outside. */
export interface NodeWaysPorts {
  readonly prompts: SshPrompts;
  readonly vault: SecretVault;
  readonly log: Log;
  /** Asked anew for each command. `context` is null for hosts without a cluster. */
  wayOf(node: ClusterNode | SshHost, context: string | null): Way;
  /** The API of the cluster of a kubeconfig context. @throws SandboxError. */
  openPodApi(context: string): Promise<PodApi>;
  readonly debugPods: DebugPodPorts;
}

/** The nodes of clusters, and hosts that the user named. Sessions are shared by all transports. */
export interface NodeWays {
  /**
   * Does nothing until it is used; the way, the address, the settings and the ssh config are looked at then.
   * `context` is the node's kubeconfig context, null for a host without a cluster.
   */
  transport(node: ClusterNode | SshHost, context: string | null): TerminalTransport;
  /** Sessions that are not over yet, those to jump hosts included. */
  sessions(): number;
  /**
   * Ends all sessions and forgets what the user typed; the vault stays as it is. Resolves when all that was made on
   * nodes is undone, or after ten seconds; never rejects. A new object is needed afterwards.
   */
  close(): Promise<void>;
}

/**
 * Every way onto a node. ssh2 is loaded when the first node is reached by SSH. When settings change, close this and
 * make a new one. `machine` says where home is and so on; tests give their own.
 */
export function createNodeWays(
  settings: NodeSettings,
  ports: NodeWaysPorts,
  machine: Machine = thisMachine(),
): NodeWays {
  const { prompts, log } = ports;
  const { idleMs, maxConnections, maxOpening } = settings.ssh;
  const pool = new NodePool({ maxSessions: maxConnections, maxOpening, idleMs, log });
  const secrets = new Secrets(ports.vault);
  let bySsh: Promise<SshDestinations> | undefined;

  async function loadSsh(): Promise<SshDestinations> {
    const library = await import("./library.ts");
    return new SshDestinations(settings.ssh, { library, prompts, log, secrets, pool, machine });
  }

  async function destinationOf(
    way: Way,
    node: ClusterNode | SshHost,
    context: string | null,
    signal: AbortSignal,
  ): Promise<Destination> {
    switch (way.kind) {
      case "ssh":
        return (await (bySsh ??= loadSsh())).destination(node, way, signal);
      case "local":
        return localDestination(node, machine);
      case "container":
        return containerDestination(node, way, machine);
      case "debugPod":
        if (context === null || !("addresses" in node)) throw noCluster(node);
        return debugPodDestination(node, context, way, {
          settings: settings.debugPod,
          openPodApi: async (name) => ports.openPodApi(name),
          ports: ports.debugPods,
          log,
        });
    }
  }

  type Limits = Pick<RunLimits, "signal" | "timeoutMs">;

  /** Where the node is to be reached now, and what finding that out has left of the time. */
  async function look<T extends Limits>(
    node: ClusterNode | SshHost,
    context: string | null,
    limits: T,
  ): Promise<{ readonly way: Way; readonly destination: Destination; readonly left: T }> {
    throwIfAborted(limits.signal);
    const way = ports.wayOf(node, context);
    const startedAt = performance.now();
    const destination = await inTime(node.name, limits, (signal) =>
      destinationOf(way, node, context, signal),
    );
    const timeoutMs = limits.timeoutMs - (performance.now() - startedAt);
    return { way, destination, left: { ...limits, timeoutMs } };
  }

  return {
    transport: (node, context) => ({
      run: async (request, limits) => {
        const { way, destination, left } = await look(node, context, limits);
        const nonce = randomBytes(16).toString("hex");
        const { argv, dialogue } = becoming(becomeOf(way, settings.become), request.argv, nonce);
        const clock = new Clock();
        const { user = machine.user, host = node.name } = destination.facts ?? {};
        return pool.run(
          destination,
          {
            argv,
            stdin: request.stdin,
            dialogue:
              dialogue && rootDialogue(dialogue, { destination, user, host, clock, prompts, secrets }),
          },
          { ...left, clock },
        );
      },
      terminal: async ({ argv, size }, limits) => {
        const { way, destination, left } = await look(node, context, limits);
        const asRoot = becomingOnTerminal(becomeOf(way, settings.become), argv);
        return pool.terminal(destination, { argv: asRoot, size }, left);
      },
    }),
    sessions: () => pool.size,
    close: async () => {
      await pool.close();
      secrets.clear();
    },
  };
}

/** What the ssh config has to say may take programs to find out, which may hang. */
async function inTime<T>(
  node: string,
  { signal, timeoutMs }: Pick<RunLimits, "signal" | "timeoutMs">,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const elapsed = new AbortController();
  const timer = setTimeout(() => elapsed.abort(probeTimeout({ node }, timeoutMs)), timeoutMs);
  const ended = AbortSignal.any([signal, elapsed.signal]);
  try {
    return await abortable(work(ended), ended);
  } finally {
    clearTimeout(timer);
  }
}

function noCluster({ name }: SshHost | ClusterNode): SandboxError {
  return new SandboxError("setting-invalid", `${name}: a debug pod needs a cluster's node`, {
    facts: {
      setting: "podSandbox.access",
      expected: "debugPod is a way onto the nodes of clusters, not onto hosts without one",
    },
  });
}

/** Containers and debug pods are entered as root. */
function becomeOf(way: Way, usual: Become): Become {
  return way.kind === "ssh" || way.kind === "local" ? (way.become ?? usual) : { kind: "never" };
}
