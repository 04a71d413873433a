import type { HostKeyAlgorithm } from "./host-key-algorithms.ts";

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
