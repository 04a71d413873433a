import { isIP, SocketAddress } from "node:net";
import { join } from "node:path";
import { SandboxError } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { Machine, SshSettings } from "../settings.ts";
import { throwIfAborted } from "../waiting.ts";
import { isHost, type Address } from "./address.ts";
import { checkOwner, includedFiles, readTextFile } from "./config-files.ts";
import { BadLine } from "./config-line.ts";
import { expand, expandHome, tokensOf, type Login } from "./expand.ts";
import { chooseAlgorithms, type HostKeyAlgorithm } from "./host-key-algorithms.ts";
import { knownHostName } from "./known-hosts.ts";
import { runMatchExec } from "./match-exec.ts";
import { findNeeds } from "./needs.ts";
import { parseProxyJump, type Hop } from "./proxy-jump.ts";
import type { SshHost } from "./ssh-host.ts";
import {
  evaluateConfig,
  invalid,
  refuseShellText,
  type ConfigFile,
  type ConfigSource,
  type ConfigValues,
} from "./ssh-config.ts";

/** Everything that is to be known before a server is connected to. */
export interface SshTarget {
  /** Name of the node or host it serves, for messages; of a jump host its own. */
  readonly node: string;
  /** Name or IP address to connect to. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Equal for targets that may share a connection. */
  readonly key: string;
  readonly hostKey: HostKeyPolicy;
  readonly auth: AuthPolicy;
  /** The jump host that carries the connection. Never together with `proxyCommand`. */
  readonly via: SshTarget | undefined;
  /** The name as asked for, before HostName: what `ssh ALIAS` takes. */
  readonly alias: string;
  /** ProxyCommand, expanded, for the user's shell; see openProxyCommand. */
  readonly proxyCommand: string | undefined;
  /**
   * What only the installed ssh can do for this target, in words for people, such as "user certificates
   * (CertificateFile)". Empty = ssh2 does it all. Those of its jump hosts are in `via`.
   */
  readonly needs: readonly string[];
  /** AddressFamily: 4, 6, or 0 for any. */
  readonly addressFamily: 0 | 4 | 6;
  /** BindAddress: our end of the TCP connection. */
  readonly localAddress: string | undefined;
  /** Milliseconds for each step: ConnectTimeout, else the setting. */
  readonly connectTimeoutMs: number;
  /** ConnectionAttempts: how often to try to connect, a second apart, where nobody answers. At least 1. */
  readonly connectionAttempts: number;
  /** Milliseconds between keepalives: ServerAliveInterval, else the setting. 0 = none. */
  readonly keepaliveMs: number;
  /** Unanswered keepalives that end the connection (ServerAliveCountMax). */
  readonly keepaliveCount: number;
}

/**
 * What happens with a host key that known_hosts does not have. A changed or revoked one is refused always.
 * `accept` = it is saved unasked, as StrictHostKeyChecking accept-new (and no, off) says.
 */
export type UnknownHostKey = "ask" | "accept" | "refuse";

export interface HostKeyPolicy {
  /** As known_hosts lists it: host, [host]:port, or HostKeyAlias. */
  readonly name: string;
  readonly nameWithoutPort: string;
  /** Read in order; the first is written to. Empty = remember nothing. */
  readonly userFiles: readonly string[];
  readonly systemFiles: readonly string[];
  readonly unknown: UnknownHostKey;
  readonly hashed: boolean;
  /** HostKeyAlgorithms: those that may be used, best first, of the ones that ssh2 knows. */
  readonly algorithms: readonly HostKeyAlgorithm[];
}

export interface IdentityFile {
  readonly path: string;
  /** From the settings: not being able to read it is an error. Else it is skipped. */
  readonly required: boolean;
}

export interface AuthPolicy {
  readonly identityFiles: readonly IdentityFile[];
  /** Only keys named by identityFiles, even where the agent has more. */
  readonly identitiesOnly: boolean;
  /** Socket or pipe of the agent. */
  readonly agent: string | undefined;
  /**
   * Methods that may be tried, first to last (RFC 4252, 4256): PreferredAuthentications without those that
   * PubkeyAuthentication, PasswordAuthentication and KbdInteractiveAuthentication switch off.
   */
  readonly methods: readonly AuthMethod[];
  /** NumberOfPasswordPrompts, over password and keyboard-interactive each. */
  readonly passwordPrompts: number;
  /** BatchMode: no question is to be put to the user. */
  readonly batch: boolean;
}

export type AuthMethod = "publickey" | "keyboard-interactive" | "password";

const defaultIdentities = ["id_rsa", "id_ecdsa", "id_ed25519"];
const defaultMethods = "publickey,keyboard-interactive,password";
const maxJumps = 8;

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
    const files = await this.#configFiles();
    return this.#target(files, { ...login, isNode: true, depth: 0, through: undefined }, signal);
  }

  async #configFiles(): Promise<ConfigFile[]> {
    const { configFile } = this.#settings;
    const machine = this.#machine;
    const own = join(machine.home, ".ssh", "config");
    if (configFile !== "") {
      const path = attempt("podSandbox.ssh.configFile", () => expandHome(configFile, machine));
      const text = await readConfig(path, () => readTextFile(path));
      if (text === undefined) throw invalid(path, 0, "there is no such file");
      return [{ path, text, system: false }];
    }
    const system = join(machine.systemFolder, "ssh_config");
    const texts = [
      {
        path: own,
        text: await readConfig(own, () => readTextFile(own, checkOwner(own, machine))),
        system: false,
      },
      { path: system, text: await readConfig(system, () => readTextFile(system)), system: true },
    ];
    return texts.flatMap(({ text, ...file }) => (text === undefined ? [] : [{ ...file, text }]));
  }

  async #target(files: readonly ConfigFile[], wanted: Wanted, signal: AbortSignal): Promise<SshTarget> {
    throwIfAborted(signal);
    const machine = this.#machine;
    const { alias, user, port } = wanted;
    const source = this.#source(alias, signal);
    const values = await evaluateConfig(files, { alias, user, port, machine }, source);
    const login = attempt(`HostName of ${alias}`, () => canonical(values.login));
    const { host } = login;
    if (!isHost(host)) throw badHost(alias, `HostName ${JSON.stringify(host)} is no host name or IP address`);
    const expanded = attempt(`the values for ${alias}`, () => this.#expand(values, login, wanted));
    const via = await this.#jumpHost(files, wanted, values, login, signal);
    const proxyCommand = wanted.through === undefined ? this.#proxyCommand(values, login) : undefined;
    if (via === undefined && proxyCommand === "-")
      throw badHost(alias, "ProxyCommand - is for use inside of programs");
    if (
      values.first("knownhostscommand")?.toLowerCase() !== "none" &&
      values.first("knownhostscommand") !== undefined
    )
      this.#mustRunPrograms("KnownHostsCommand", alias);
    const seconds = (keyword: string): number | undefined => {
      const value = values.first(keyword);
      return value === undefined ? undefined : Number(value) * 1000;
    };
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
      ...expanded,
      via,
      proxyCommand,
      needs: await findNeeds(values, {
        ...expanded,
        host,
        direct: via === undefined && proxyCommand === undefined,
      }),
      addressFamily: families[values.first("addressfamily") ?? "any"] ?? 0,
      localAddress: values.first("bindaddress"),
      connectTimeoutMs: seconds("connecttimeout") ?? this.#settings.connectTimeoutMs,
      connectionAttempts: Math.max(1, Number(values.first("connectionattempts") ?? 1)),
      keepaliveMs: seconds("serveraliveinterval") ?? this.#settings.keepaliveMs,
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

  #proxyCommand(values: ConfigValues, login: Login): string | undefined {
    const command = values.first("proxycommand");
    if (command === undefined || command.toLowerCase() === "none") return undefined;
    this.#mustRunPrograms("ProxyCommand", login.alias);
    const { h, n, p, r, k } = tokensOf(login, this.#machine);
    return attempt(`ProxyCommand of ${login.alias}`, () => {
      refuseShellText(command, login);
      return expand(command, { h: h ?? "", n: n ?? "", p: p ?? "", r: r ?? "", k: k ?? "" });
    });
  }

  async #jumpHost(
    files: readonly ConfigFile[],
    wanted: Wanted,
    values: ConfigValues,
    login: Login,
    signal: AbortSignal,
  ): Promise<SshTarget | undefined> {
    const setting = values.first("proxyjump");
    const hops = wanted.through ?? (setting === undefined ? undefined : parseProxyJump(setting));
    const last = hops?.at(-1);
    if (hops === undefined || last === undefined) return undefined;
    const { host, port, user } = last;
    if (host === login.host && (port ?? 22) === login.port && (user ?? login.user) === login.user)
      throw badHost(wanted.alias, `ProxyJump goes in a circle: ${host} leads through itself`);
    if (!isHost(host))
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

  /** What has tokens in it. @throws BadLine. */
  #expand(values: ConfigValues, login: Login, wanted: Wanted): Pick<SshTarget, "hostKey" | "auth"> {
    const machine = this.#machine;
    const tokens = tokensOf(login, machine);
    const path = (text: string): string => expand(expandHome(text, machine), tokens, machine.env);
    return {
      hostKey: this.#hostKeyPolicy(values, login, path),
      auth: this.#authPolicy(values, wanted.isNode, path),
    };
  }

  #hostKeyPolicy(values: ConfigValues, login: Login, path: (text: string) => string): HostKeyPolicy {
    const { host, port, keyAlias } = login;
    const machine = this.#machine;
    const files = (keyword: string, defaults: readonly string[]): readonly string[] => {
      const words = values.all(keyword);
      return words?.[0]?.toLowerCase() === "none" ? [] : (words ?? defaults);
    };
    const ssh = join(machine.home, ".ssh");
    const configured = files("userknownhostsfile", [join(ssh, "known_hosts"), join(ssh, "known_hosts2")]).map(
      path,
    );
    const { knownHostsFile } = this.#settings;
    const isSet = knownHostsFile !== "";
    const system = machine.systemFolder;
    return {
      name: keyAlias ?? knownHostName(host, port),
      nameWithoutPort: keyAlias ?? host,
      userFiles: isSet
        ? [
            expandHome(knownHostsFile, machine),
            ...(values.all("userknownhostsfile") === undefined ? [] : configured),
          ]
        : configured,
      // There are no tokens in these.
      systemFiles: files("globalknownhostsfile", [
        join(system, "ssh_known_hosts"),
        join(system, "ssh_known_hosts2"),
      ]).map((file) => expandHome(file, machine)),
      unknown: unknownKey[values.first("stricthostkeychecking") ?? "ask"] ?? "ask",
      hashed: values.first("hashknownhosts") === "yes",
      algorithms: chooseAlgorithms(values.first("hostkeyalgorithms")),
    };
  }

  #authPolicy(values: ConfigValues, isNode: boolean, path: (text: string) => string): AuthPolicy {
    const machine = this.#machine;
    const setting = isNode ? this.#settings.identityFile : "";
    const defaults = setting === "" ? defaultIdentities.map((name) => join(machine.home, ".ssh", name)) : [];
    const configured = values
      .all("identityfile")
      ?.filter((file) => file.toLowerCase() !== "none")
      .map(path);
    const isOff = (keyword: string): boolean => values.first(keyword) === "no";
    const preferred = (values.first("preferredauthentications") ?? defaultMethods).split(",");
    const allowed: readonly AuthMethod[] = [
      ...(isOff("pubkeyauthentication") ? [] : ["publickey" as const]),
      ...(isOff("kbdinteractiveauthentication") ? [] : ["keyboard-interactive" as const]),
      ...(isOff("passwordauthentication") ? [] : ["password" as const]),
    ];
    return {
      identityFiles: [
        ...(setting === "" ? [] : [{ path: expandHome(setting, machine), required: true }]),
        ...(configured ?? defaults).map((file) => ({ path: file, required: false })),
      ],
      identitiesOnly: values.first("identitiesonly") === "yes",
      agent: this.#agent(values.first("identityagent"), path),
      methods: preferred.flatMap((name) => allowed.filter((method) => method === name)),
      passwordPrompts: Number(values.first("numberofpasswordprompts") ?? 3),
      batch: values.first("batchmode") === "yes",
    };
  }

  #agent(configured: string | undefined, path: (text: string) => string): string | undefined {
    const { env, platform } = this.#machine;
    const { agent } = this.#settings;
    if (agent !== "") return agent === "none" ? undefined : expandHome(agent, this.#machine);
    if (configured !== undefined && configured !== "SSH_AUTH_SOCK") {
      if (configured.toLowerCase() === "none") return undefined;
      return configured.startsWith("$") && !configured.startsWith("${")
        ? env[configured.slice(1)]
        : path(configured);
    }
    const socket = env["SSH_AUTH_SOCK"];
    if (socket !== undefined && socket !== "") return socket;
    return platform === "win32" ? String.raw`\\.\pipe\openssh-ssh-agent` : undefined;
  }
}

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

/** `no` and `off` let changed keys pass too; here they never do. */
const unknownKey: Readonly<Record<string, UnknownHostKey>> = {
  yes: "refuse",
  ask: "ask",
  "accept-new": "accept",
  no: "accept",
  off: "accept",
};

const families: Readonly<Record<string, 0 | 4 | 6>> = { any: 0, inet: 4, inet6: 6 };

/** An IPv6 address can be written in many ways; known_hosts has the shortest. */
function canonical(login: Login): Login {
  if (isIP(login.host) !== 6) return login;
  return { ...login, host: new SocketAddress({ address: login.host, family: "ipv6" }).address };
}

function badHost(alias: string, detail: string): SandboxError {
  return new SandboxError("ssh-config-invalid", `${alias}: ${detail}`, { facts: { host: alias, detail } });
}

/** Work on values whose line is not known any more. */
function attempt<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof BadLine ? badHost(what, error.message) : error;
  }
}

async function readConfig(
  path: string,
  read: () => Promise<string | undefined>,
): Promise<string | undefined> {
  try {
    return await read();
  } catch (error) {
    throw invalid(path, 0, error instanceof Error ? error.message : String(error));
  }
}
