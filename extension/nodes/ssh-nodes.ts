import type { Log } from "../core/log.ts";
import type { ClusterNode } from "../core/pod.ts";
import { nodeAddress } from "./ssh/address.ts";
import type { SshContext } from "./ssh/establish.ts";
import { HostKeys } from "./ssh/host-keys.ts";
import { SshPool } from "./pool.ts";
import type { SshPrompts } from "./prompts.ts";
import { Secrets } from "./secrets.ts";
import { thisMachine, type Machine, type SshSettings } from "./settings.ts";
import type { SshHost } from "./ssh/ssh-host.ts";
import { TargetResolver } from "./ssh/target.ts";
import type { NodeTransport } from "./transport.ts";
import { throwIfAborted } from "./waiting.ts";

/** The nodes of a cluster, and hosts that the user named, by SSH. Connections are shared by all transports. */
export interface SshNodes {
  /** Does nothing until `run` is called; the address, the settings and the ssh config are looked at then. */
  transport(node: ClusterNode | SshHost): NodeTransport;
  /** Open connections, jump hosts included. */
  connections(): number;
  /** Closes all connections and forgets what the user typed. A new object is needed afterwards. */
  close(): void;
}

/**
 * Ways onto nodes by SSH. ssh2 is loaded on the first `run`. When settings change, close this and make a new one.
 * `machine` says where home is and so on; tests give their own.
 */
export function createSshNodes(
  settings: SshSettings,
  prompts: SshPrompts,
  log: Log,
  machine: Machine = thisMachine(),
): SshNodes {
  let loaded: Promise<{ readonly pool: SshPool; readonly resolver: TargetResolver }> | undefined;
  let pool: SshPool | undefined;
  let closed = false;

  async function load(): Promise<{ readonly pool: SshPool; readonly resolver: TargetResolver }> {
    const library = await import("./library.ts");
    const context: SshContext = {
      library,
      settings,
      prompts,
      log,
      hostKeys: new HostKeys(prompts, log),
      secrets: new Secrets(),
    };
    const resolver = new TargetResolver(settings, machine, library.parseSshConfig, log);
    pool = new SshPool(context);
    if (closed) pool.close();
    return { pool, resolver };
  }

  return {
    transport: (node) => ({
      run: async (request, limits) => {
        throwIfAborted(limits.signal);
        const { pool: connections, resolver } = await (loaded ??= load());
        const target =
          "addresses" in node
            ? await resolver.resolve(node.name, nodeAddress(node, settings))
            : await resolver.resolveHost(node);
        return connections.run(target, request, limits);
      },
    }),
    connections: () => pool?.size ?? 0,
    close: () => {
      closed = true;
      pool?.close();
    },
  };
}
