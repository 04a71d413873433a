import type { Log } from "../../core/log.ts";
import type { ClusterNode } from "../../core/pod.ts";
import type { SshWay } from "../access.ts";
import { findProgram } from "../find-program.ts";
import type * as Library from "../library.ts";
import { openSshDestination } from "../openssh/destination.ts";
import type { NodePool } from "../pool.ts";
import type { SshPrompts } from "../prompts.ts";
import type { Secrets } from "../secrets.ts";
import type { Destination } from "../session.ts";
import type { Machine, SshSettings } from "../settings.ts";
import { nodeAddress } from "./address.ts";
import { sshDestination } from "./destination.ts";
import { sshError } from "./failures.ts";
import { HostKeys } from "./host-keys.ts";
import type { SshHost } from "./ssh-host.ts";
import type { SshTarget } from "./target.ts";
import { TargetResolver } from "./target-resolver.ts";

export interface SshDestinationsDeps {
  readonly library: typeof Library;
  readonly prompts: SshPrompts;
  readonly log: Log;
  readonly secrets: Secrets;
  readonly pool: NodePool;
  readonly machine: Machine;
}

/** Where SSH leads, by the settings, the rule of the node and the ssh config; and with which client. */
export class SshDestinations {
  readonly #settings: SshSettings;
  readonly #deps: SshDestinationsDeps;
  readonly #hostKeys: HostKeys;

  constructor(settings: SshSettings, deps: SshDestinationsDeps) {
    this.#settings = settings;
    this.#deps = deps;
    this.#hostKeys = new HostKeys(deps.prompts, deps.log);
  }

  /** What the rule of the node leaves open, the settings decide. @throws SandboxError. */
  async destination(node: ClusterNode | SshHost, way: SshWay, signal: AbortSignal): Promise<Destination> {
    const { machine, log } = this.#deps;
    const settings: SshSettings = {
      ...this.#settings,
      user: way.user ?? this.#settings.user,
      port: way.port ?? this.#settings.port,
      addressTemplate: way.address ?? this.#settings.addressTemplate,
    };
    const resolver = new TargetResolver(settings, machine, log);
    const target =
      "addresses" in node
        ? await resolver.resolve(node.name, nodeAddress(node, settings), signal)
        : await resolver.resolveHost(
            { ...node, user: node.user ?? way.user, port: node.port ?? way.port },
            signal,
          );
    return this.#byClient(target, way.client ?? settings.client);
  }

  async #byClient(target: SshTarget, client: SshSettings["client"]): Promise<Destination> {
    const { machine } = this.#deps;
    const needs = needsOf(target);
    const byInstalled =
      client === "openssh" ||
      (client === "auto" && needs.length > 0 && (await findProgram("ssh", machine)) !== undefined);
    if (byInstalled) return openSshDestination(target, { ...this.#deps, settings: this.#settings });
    if (needs.length > 0) {
      const feature = needs.join(", ");
      const detail = `${feature}: only the installed ssh can do that (podSandbox.ssh.client)`;
      throw sshError("ssh-unsupported", target, detail, { facts: { feature } });
    }
    return sshDestination(target, { ...this.#deps, hostKeys: this.#hostKeys });
  }
}

function needsOf(target: SshTarget): readonly string[] {
  return [...target.needs, ...(target.via === undefined ? [] : needsOf(target.via))];
}
