import { isIP, SocketAddress } from "node:net";
import { SandboxError } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { Machine, SshSettings } from "../settings.ts";
import { throwIfAborted } from "../waiting.ts";
import { isHost, type Address } from "./address.ts";
import { authPolicy } from "./auth-policy.ts";
import { configFiles, includedFiles } from "./config-files.ts";
import { expand, expandHome, tokensOf, type Login, type Tokens } from "./expand.ts";
import { hostKeyPolicy } from "./host-key-policy.ts";
import { runMatchExec } from "./match-exec.ts";
import { findNeeds } from "./needs.ts";
import { parseProxyJump, type Hop } from "./proxy-jump.ts";
import type { SshHost } from "./ssh-host.ts";
import {
  attempt,
  badHost,
  evaluateConfig,
  refuseShellText,
  type ConfigFile,
  type ConfigSource,
  type ConfigValues,
} from "./ssh-config.ts";
import type { SshTarget } from "./target.ts";

const maxJumps = 8;
/** The longest time that a timer can be set to. */
const longestMs = 2_147_483_647;

/** One target to resolve: the host that was asked for, or a jump host on the way to it. */
interface Wanted {
  readonly node: string;
  /** The name to look up in the configuration. */
  readonly alias: string;
  readonly port: number | undefined;
  readonly user: string | undefined;
  /** The settings' key is for the nodes; a jump host goes by the ssh config alone, as with ssh's own options. */
  readonly isNode: boolean;
  /** Jump hosts that have led here. */
  readonly depth: number;
  /** The jump hosts are given, as with `ssh -J`: the configuration's own way is not looked at. */
  readonly through: readonly Hop[] | undefined;
}

/** Resolves names to targets by the settings and the ssh config, which is read anew each time: users edit it. */
export class TargetResolver {
  readonly #settings: SshSettings;
  readonly #machine: Machine;
  readonly #log: Log;

  constructor(settings: SshSettings, machine: Machine, log: Log) {
    this.#settings = settings;
    this.#machine = machine;
    this.#log = log;
  }

  /**
   * The way to a node of a cluster, as `ssh -G` resolves it; settings win over the ssh config where they are set.
   * @throws SandboxError `ssh-config-invalid` (facts: file and line where it is one line's fault, detail);
   * `ssh-untrusted` (facts: feature) where a program would have to be run and must not be; the abort.
   */
  async resolve(node: string, address: Address, signal: AbortSignal): Promise<SshTarget> {
    const { user, port } = this.#settings;
    const login = {
      node,
      alias: address.host,
      port: port === 0 ? address.port : port,
      user: user === "" ? undefined : user,
    };
    return this.#resolve(login, signal);
  }

  /**
   * The same for a host that the user named, as ssh would go there: the user and the port of the settings are for the
   * nodes of clusters.
   */
  async resolveHost({ name, host, port, user }: SshHost, signal: AbortSignal): Promise<SshTarget> {
    return this.#resolve({ node: name, alias: host, port, user }, signal);
  }

  async #resolve(
    login: Pick<Wanted, "node" | "alias" | "port" | "user">,
    signal: AbortSignal,
  ): Promise<SshTarget> {
    const files = await configFiles(this.#settings.configFile, this.#machine);
    return this.#target(files, { ...login, isNode: true, depth: 0, through: undefined }, signal);
  }

  async #target(files: readonly ConfigFile[], wanted: Wanted, signal: AbortSignal): Promise<SshTarget> {
    throwIfAborted(signal);
    const { alias, user, port } = wanted;
    const source = this.#source(alias, signal);
    const values = await evaluateConfig(files, { alias, user, port, machine: this.#machine }, source);
    const login = attempt(`HostName of ${alias}`, () => canonical(values.login));
    const { host } = login;
    if (!isPlace(host))
      throw badHost(alias, `HostName ${JSON.stringify(host)} is no host name or IP address`);
    const policies = attempt(`the values for ${alias}`, () => this.#policies(values, login, wanted.isNode));
    const via = await this.#jumpHost(files, wanted, values, login, signal);
    const proxyCommand = wanted.through === undefined ? this.#proxyCommand(values, login) : undefined;
    if (via === undefined && proxyCommand === "-")
      throw badHost(alias, "ProxyCommand - is for use inside of programs");
    if (commandOf(values, "knownhostscommand") !== undefined)
      this.#mustRunPrograms("KnownHostsCommand", alias);
    const direct = via === undefined && proxyCommand === undefined;
    return {
      node: wanted.node,
      alias,
      host,
      port: login.port,
      user: login.user,
      // JSON keeps the parts apart, whatever they hold.
      key: JSON.stringify([
        login.user,
        host,
        login.port,
        login.keyAlias ?? "",
        via?.key ?? proxyCommand ?? "",
      ]),
      ...policies,
      via,
      proxyCommand,
      needs: await findNeeds(values, { ...policies, host, direct }),
      addressFamily: families[values.first("addressfamily") ?? "any"] ?? 0,
      localAddress: values.first("bindaddress"),
      // To ssh, 0 is no limit; ours must end.
      connectTimeoutMs: milliseconds(values, "connecttimeout") || this.#settings.connectTimeoutMs,
      connectionAttempts: Math.max(1, Number(values.first("connectionattempts") ?? 1)),
      keepaliveMs: milliseconds(values, "serveraliveinterval") ?? this.#settings.keepaliveMs,
      keepaliveCount: Number(values.first("serveralivecountmax") ?? 3),
    };
  }

  #source(alias: string, signal: AbortSignal): ConfigSource {
    const machine = this.#machine;
    return {
      include: (pattern, from) => includedFiles(pattern, from, machine),
      exec: async (command) => {
        this.#mustRunPrograms("Match exec", alias);
        return runMatchExec(command, machine, signal);
      },
      log: this.#log,
    };
  }

  #mustRunPrograms(feature: string, alias: string): void {
    if (this.#settings.runPrograms) return;
    throw new SandboxError("ssh-untrusted", `${feature} for ${alias}: the workspace is not trusted`, {
      facts: { host: alias, feature },
    });
  }

  /** @throws BadLine. */
  #policies(values: ConfigValues, login: Login, isNode: boolean): Pick<SshTarget, "hostKey" | "auth"> {
    const machine = this.#machine;
    const { knownHostsFile, identityFile, agent } = this.#settings;
    const tokens = tokensOf(login, machine);
    const path = (text: string): string => expand(expandHome(text, machine), tokens, machine.env);
    const keys = { identityFile: isNode ? identityFile : "", agent };
    return {
      hostKey: hostKeyPolicy(values, login, knownHostsFile, machine, path),
      auth: authPolicy(values, keys, machine, path),
    };
  }

  #proxyCommand(values: ConfigValues, login: Login): string | undefined {
    const command = commandOf(values, "proxycommand");
    if (command === undefined) return undefined;
    this.#mustRunPrograms("ProxyCommand", login.alias);
    return attempt(`ProxyCommand of ${login.alias}`, () => {
      refuseShellText(command, login);
      return expand(command, this.#proxyTokens(login));
    });
  }

  async #jumpHost(
    files: readonly ConfigFile[],
    wanted: Wanted,
    values: ConfigValues,
    login: Login,
    signal: AbortSignal,
  ): Promise<SshTarget | undefined> {
    const hops = wanted.through ?? this.#hops(values, login);
    const last = hops?.at(-1);
    if (hops === undefined || last === undefined) return undefined;
    const { host, port, user } = last;
    if (host === login.host && (port ?? 22) === login.port && (user ?? login.user) === login.user)
      throw badHost(wanted.alias, `ProxyJump goes in a circle: ${host} leads through itself`);
    if (!isPlace(host))
      throw badHost(wanted.alias, `ProxyJump ${JSON.stringify(host)} is no host name or IP address`);
    const depth = wanted.depth + 1;
    if (depth > maxJumps)
      throw badHost(wanted.alias, `more than ${maxJumps} jump hosts: does ProxyJump go in a circle?`);
    const before = hops.slice(0, -1);
    // As `ssh -J`: the first hop follows its own configuration, a later one goes through those before it.
    const through = before.length > 0 ? before : undefined;
    return this.#target(
      files,
      { node: host, alias: host, port, user, isNode: false, depth, through },
      signal,
    );
  }

  /** To ssh, ProxyJump is a ProxyCommand that it makes up (ssh.c main): it has the same tokens. */
  #hops(values: ConfigValues, login: Login): readonly Hop[] | undefined {
    const jump = values.first("proxyjump");
    const tokens = this.#proxyTokens(login);
    return attempt(`ProxyJump of ${login.alias}`, () =>
      (jump === undefined ? undefined : parseProxyJump(jump))?.map(({ user, host, port }) => ({
        user: user === undefined ? undefined : expand(user, tokens),
        host: expand(host, tokens),
        port,
      })),
    );
  }

  #proxyTokens(login: Login): Tokens {
    const { h = "", n = "", p = "", r = "", k = "" } = tokensOf(login, this.#machine);
    return { h, n, p, r, k };
  }
}

const families: Readonly<Record<string, 0 | 4 | 6>> = { any: 0, inet: 4, inet6: 6 };

function milliseconds(values: ConfigValues, keyword: string): number | undefined {
  const seconds = values.first(keyword);
  return seconds === undefined ? undefined : Math.min(Number(seconds) * 1000, longestMs);
}

/** undefined where the keyword is not set, or to `none`. */
function commandOf(values: ConfigValues, keyword: string): string | undefined {
  const command = values.first(keyword);
  return command?.toLowerCase() === "none" ? undefined : command;
}

/** What the user's own file names may be more than what a Node object may: an address of a link, a name with its root. */
function isPlace(host: string): boolean {
  return isIP(host) !== 0 || isHost(host.replace(/\.$/, ""));
}

/** An IPv6 address can be written in many ways; known_hosts has the shortest. */
function canonical(login: Login): Login {
  if (isIP(login.host) !== 6) return login;
  const [address = "", ...zone] = login.host.split(/(?=%)/);
  return { ...login, host: new SocketAddress({ address, family: "ipv6" }).address + zone.join("") };
}
