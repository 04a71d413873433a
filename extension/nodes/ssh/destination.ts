import type { Duplex } from "node:stream";
import type { NodePool } from "../pool.ts";
import type { Destination, Opening } from "../session.ts";
import type { Machine } from "../settings.ts";
import { limited, logIn, openSocket, type SshContext } from "./establish.ts";
import { sshError } from "./failures.ts";
import { openProxyCommand } from "./proxy-command.ts";
import { SshSession } from "./session.ts";
import type { SshTarget } from "./target.ts";

/** Below sshd's default of ten sessions in a connection (sshd_config(5) MaxSessions): the rest wait their turn. */
const maxCommands = 8;

/** How often a stream is asked of a jump host whose connection turns out to be gone. */
const maxTries = 3;

export interface SshDestinationDeps extends SshContext {
  /** Has the sessions of jump hosts. */
  readonly pool: NodePool;
  readonly machine: Machine;
}

/** What carries a connection. */
interface Carried {
  readonly stream: Duplex;
  /** To be called when the connection is over. */
  readonly release: () => void;
}

/** A server, by the built-in client. */
export function sshDestination(target: SshTarget, deps: SshDestinationDeps): Destination {
  const { node, host, port, user, key } = target;
  return {
    key: `ssh ${key}`,
    node,
    maxCommands,
    facts: { host, port: String(port), user },
    open: async (opening) => {
      opening.trace("address", `${user}@${host}:${port}`);
      const { stream, release } = await carry(target, deps, opening);
      try {
        opening.trace("connect", `${host}:${port}${roundabout(target)}`);
        const session = new SshSession(target, await logIn(target, stream, deps, opening));
        void session.closed.then(release);
        return session;
      } catch (error) {
        release();
        throw error;
      }
    },
  };
}

function roundabout({ via, proxyCommand }: SshTarget): string {
  if (via !== undefined) return ` through ${via.host}`;
  return proxyCommand === undefined ? "" : " through the ProxyCommand";
}

async function carry(target: SshTarget, deps: SshDestinationDeps, opening: Opening): Promise<Carried> {
  const { via, proxyCommand } = target;
  if (via !== undefined) return jump(via, target, deps, opening);
  const stream =
    proxyCommand === undefined
      ? await openSocket(target, opening)
      : openProxyCommand(proxyCommand, deps.machine, opening.signal);
  return { stream, release: () => {} };
}

/** A stream to the target from its jump host. */
async function jump(
  via: SshTarget,
  target: SshTarget,
  deps: SshDestinationDeps,
  { clock, signal, trace }: Opening,
): Promise<Carried> {
  const limits = { ms: target.connectTimeoutMs, clock, signal };
  for (let tries = 1; ; tries++) {
    const { session, release } = await deps.pool.session(sshDestination(via, deps), { clock, signal, trace });
    try {
      const { forward } = session;
      if (forward === undefined) throw sshError("ssh-unsupported", via, "it is no jump host");
      const stream = await limited("connect", target, limits, (stop) =>
        forward.call(session, target.host, target.port, stop),
      );
      return { stream, release };
    } catch (error) {
      release();
      // It was lost without our noticing, as after the computer slept.
      if (!session.ending.aborted || signal.aborted || tries === maxTries) throw error;
    }
  }
}
