import { join } from "node:path";
import { SandboxError } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import { isHost, parseAddress, type Address } from "./address.ts";
import { expandHome, includedFiles, readTextFile } from "./config-files.ts";
import { knownHostName } from "./known-hosts.ts";
import type { SshConfigLine } from "../library.ts";
import type { Machine, SshSettings } from "../settings.ts";
import type { SshHost } from "./ssh-host.ts";
import { evaluateConfig, expandTokens, type ConfigFile, type ConfigValues } from "./ssh-config.ts";

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
  /** The jump host that carries the connection. */
  readonly via: SshTarget | undefined;
}

export interface HostKeyPolicy {
  /** As known_hosts lists it: host, [host]:port, or HostKeyAlias. */
  readonly name: string;
  readonly nameWithoutPort: string;
  /** Read in order; the first is written to. Empty = remember nothing. */
  readonly userFiles: readonly string[];
  readonly systemFiles: readonly string[];
  /** False = an unknown key is refused (StrictHostKeyChecking yes). */
  readonly ask: boolean;
  readonly hashed: boolean;
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
  readonly publicKey: boolean;
  readonly password: boolean;
  readonly keyboardInteractive: boolean;
}

/** Keywords that would change how we connect and that we do not know. */
const unsupportedKeywords = [
  "canonicalizehostname",
  "certificatefile",
  "knownhostscommand",
  "pkcs11provider",
  "bindaddress",
  "bindinterface",
  "verifyhostkeydns",
];

const defaultIdentities = ["id_rsa", "id_ecdsa", "id_ed25519"];
const maxJumps = 8;

/** Resolves names to targets by the settings and the ssh config, which is read anew each time: users edit it. */
export class TargetResolver {
  readonly #settings: SshSettings;
  readonly #machine: Machine;
  readonly #parse: (text: string) => readonly SshConfigLine[];
  readonly #log: Log;

  constructor(
    settings: SshSettings,
    machine: Machine,
    parse: (text: string) => readonly SshConfigLine[],
    log: Log,
  ) {
    this.#settings = settings;
    this.#machine = machine;
    this.#parse = parse;
    this.#log = log;
  }

  /**
   * @throws SandboxError `ssh-config-invalid`; `ssh-unsupported` (facts: feature) for what we refuse to do silently
   * differently from ssh, such as ProxyCommand.
   */
  async resolve(node: string, address: Address): Promise<SshTarget> {
    const { user, port } = this.#settings;
    return this.#first({
      node,
      alias: address.host,
      port: port === 0 ? address.port : port,
      user: user === "" ? undefined : user,
    });
  }

  /**
   * The same for a host that the user named, as ssh would go there: the user and the port of the settings are for the
   * nodes of clusters.
   */
  async resolveHost({ name, host, port, user }: SshHost): Promise<SshTarget> {
    return this.#first({ node: name, alias: host, port, user });
  }

  async #first(login: Pick<Wanted, "node" | "alias" | "port" | "user">): Promise<SshTarget> {
    return this.#target(await this.#configFiles(), { ...login, isNode: true }, []);
  }

  async #configFiles(): Promise<ConfigFile[]> {
    const { configFile } = this.#settings;
    const paths =
      configFile === ""
        ? [join(this.#machine.home, ".ssh", "config"), join(this.#machine.systemFolder, "ssh_config")]
        : [expandHome(configFile, this.#machine.home)];
    const files: ConfigFile[] = [];
    for (const path of paths) {
      try {
        const text = await readTextFile(path);
        if (text !== undefined) files.push({ path, text });
        else if (configFile !== "") throw new Error("there is no such file");
      } catch (error) {
        const detail = error instanceof Error ? error.message : String(error);
        throw new SandboxError("ssh-config-invalid", `${path}: ${detail}`, {
          cause: error,
          facts: { file: path, detail },
        });
      }
    }
    return files;
  }

  async #target(files: readonly ConfigFile[], wanted: Wanted, jumps: readonly string[]): Promise<SshTarget> {
    const machine = this.#machine;
    const values = await evaluateConfig(
      files,
      { host: wanted.alias, user: wanted.user, localUser: machine.user },
      {
        parse: this.#parse,
        include: (pattern, from) => includedFiles(pattern, from, machine),
        log: this.#log,
      },
    );
    const first = (keyword: string): string | undefined => values.get(keyword)?.[0];
    for (const keyword of unsupportedKeywords.filter((name) => values.has(name) && !isOff(first(name)))) {
      this.#log.warn(`ssh config: ${keyword} is not supported, ignored for ${wanted.alias}`);
    }
    const user = wanted.user ?? first("user") ?? machine.user;
    const port = wanted.port ?? portOf(first("port")) ?? 22;
    const host = expandTokens(first("hostname") ?? wanted.alias, { h: wanted.alias });
    if (!isHost(host)) throw invalid(`HostName ${JSON.stringify(host)} is no host name or IP address`);
    const tokens = {
      h: host,
      n: wanted.alias,
      p: String(port),
      r: user,
      u: machine.user,
      d: machine.home,
      i: String(machine.uid),
      l: machine.hostname,
      L: machine.hostname.split(".")[0] ?? "",
      k: first("hostkeyalias") ?? wanted.alias,
    };
    const path = (text: string): string => expandHome(expandTokens(text, tokens, machine.env), machine.home);
    if (values.has("revokedhostkeys") && !isOff(first("revokedhostkeys"))) {
      throw unsupported(wanted, "RevokedHostKeys", "revocation lists cannot be read here");
    }
    const via = await this.#jumpHost(files, wanted, values, tokens, jumps);
    return {
      node: wanted.node,
      host,
      port,
      user,
      // JSON keeps the parts apart, whatever they hold.
      key: JSON.stringify([user, host.toLowerCase(), port, first("hostkeyalias") ?? "", via?.key ?? ""]),
      hostKey: this.#hostKeyPolicy(values, host, port, path),
      auth: this.#authPolicy(values, wanted.isNode, path),
      via,
    };
  }

  async #jumpHost(
    files: readonly ConfigFile[],
    wanted: Wanted,
    values: ConfigValues,
    tokens: Readonly<Record<string, string>>,
    jumps: readonly string[],
  ): Promise<SshTarget | undefined> {
    // Of ProxyJump and ProxyCommand the one obtained first wins, and a Map keeps the order in which they came.
    const proxy = [...values.keys()].find((keyword) => keyword === "proxyjump" || keyword === "proxycommand");
    const [value = "none"] = proxy === undefined ? [] : (values.get(proxy) ?? []);
    let hops = jumps;
    if (wanted.forcedJumps !== true) {
      if (value.toLowerCase() === "none") return undefined;
      if (proxy === "proxycommand") {
        throw unsupported(
          wanted,
          "ProxyCommand",
          "this extension does not run programs named in the ssh config",
        );
      }
      hops = expandTokens(value, tokens)
        .split(",")
        .map((hop) => hop.trim());
    }
    const last = hops.at(-1);
    if (last === undefined) return undefined;
    const [, user, at = last] = /^(?:ssh:\/\/)?(?:(.+)@)?([^@/]+)\/?$/.exec(last) ?? [];
    const address = parseAddress(at);
    if (address === undefined) throw invalid(`ProxyJump ${JSON.stringify(last)} is no [user@]host[:port]`);
    const depth = (wanted.depth ?? 0) + 1;
    if (depth > maxJumps)
      throw invalid(`more than ${maxJumps} jump hosts to ${wanted.node}: does ProxyJump go in a circle?`);
    const before = hops.slice(0, -1);
    // As `ssh -J`: the first hop follows its own configuration, a later one goes through those before it.
    return this.#target(
      files,
      {
        node: address.host,
        alias: address.host,
        port: address.port,
        user,
        isNode: false,
        depth,
        forcedJumps: before.length > 0,
      },
      before,
    );
  }

  #hostKeyPolicy(
    values: ConfigValues,
    host: string,
    port: number,
    path: (text: string) => string,
  ): HostKeyPolicy {
    const alias = values.get("hostkeyalias")?.[0]?.toLowerCase();
    const files = (keyword: string): string[] | undefined => {
      const words = values.get(keyword);
      return words === undefined ? undefined : words[0]?.toLowerCase() === "none" ? [] : words.map(path);
    };
    const ssh = join(this.#machine.home, ".ssh");
    const { knownHostsFile } = this.#settings;
    return {
      name: alias ?? knownHostName(host, port),
      nameWithoutPort: alias ?? host.toLowerCase(),
      userFiles:
        knownHostsFile === ""
          ? (files("userknownhostsfile") ?? [join(ssh, "known_hosts"), join(ssh, "known_hosts2")])
          : [expandHome(knownHostsFile, this.#machine.home), ...(files("userknownhostsfile") ?? [])],
      systemFiles: files("globalknownhostsfile") ?? [
        join(this.#machine.systemFolder, "ssh_known_hosts"),
        join(this.#machine.systemFolder, "ssh_known_hosts2"),
      ],
      // "no" and "accept-new" would take a key unseen: here an unknown key is always the user's decision.
      ask: values.get("stricthostkeychecking")?.[0]?.toLowerCase() !== "yes",
      hashed: isOn(values.get("hashknownhosts")?.[0]),
    };
  }

  #authPolicy(values: ConfigValues, isNode: boolean, path: (text: string) => string): AuthPolicy {
    const configured = values.get("identityfile")?.filter((file) => !isOff(file));
    const setting = isNode ? this.#settings.identityFile : "";
    const identityFiles: IdentityFile[] = [
      ...(setting === "" ? [] : [{ path: expandHome(setting, this.#machine.home), required: true }]),
      ...(values.has("identityfile")
        ? (configured ?? []).map(path)
        : setting === ""
          ? defaultIdentities.map((name) => join(this.#machine.home, ".ssh", name))
          : []
      ).map((file) => ({ path: file, required: false })),
    ];
    return {
      identityFiles,
      identitiesOnly: isOn(values.get("identitiesonly")?.[0]),
      agent: this.#agent(values.get("identityagent")?.[0], path),
      publicKey: !isOff(values.get("pubkeyauthentication")?.[0]),
      password: !isOff(values.get("passwordauthentication")?.[0]),
      keyboardInteractive: !isOff(
        (values.get("kbdinteractiveauthentication") ?? values.get("challengeresponseauthentication"))?.[0],
      ),
    };
  }

  #agent(configured: string | undefined, path: (text: string) => string): string | undefined {
    const { env, home, platform } = this.#machine;
    const { agent } = this.#settings;
    if (agent !== "") return agent === "none" ? undefined : expandHome(agent, home);
    if (configured !== undefined && configured !== "SSH_AUTH_SOCK") {
      if (isOff(configured)) return undefined;
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
  readonly depth?: number;
  /** The jumps are given, the configuration's own are not looked at. */
  readonly forcedJumps?: boolean;
}

function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw invalid(`Port ${JSON.stringify(text)} is no port`);
  return port;
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && /^(?:yes|true)$/i.test(value);
}

function isOff(value: string | undefined): boolean {
  return value !== undefined && /^(?:no|false|none)$/i.test(value);
}

function invalid(detail: string): SandboxError {
  return new SandboxError("ssh-config-invalid", detail, { facts: { detail } });
}

function unsupported(wanted: Wanted, feature: string, detail: string): SandboxError {
  return new SandboxError("ssh-unsupported", `${feature} for ${wanted.alias}: ${detail}`, {
    facts: { node: wanted.node, host: wanted.alias, feature, detail },
  });
}
