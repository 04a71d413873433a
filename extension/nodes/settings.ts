import { homedir, hostname, userInfo } from "node:os";
import { join } from "node:path";
import type { AccessRule, Become, DebugPodSettings, SshClientChoice } from "./access.ts";

/** Which of a Node object's addresses to try, see status.addresses. */
export type AddressType = "InternalIP" | "ExternalIP" | "Hostname";

/** What a user set for getting onto nodes and reading there. */
export interface NodeSettings {
  readonly ssh: SshSettings;
  readonly become: Become;
  /** In the user's order; nodes that match none are reached by SSH, or as the user chose when that failed. */
  readonly rules: readonly AccessRule[];
  readonly debugPod: DebugPodSettings;
}

/** What a user set for reaching nodes by SSH. "" and 0 leave the choice to the ssh config; what is set here wins over it. */
export interface SshSettings {
  readonly client: SshClientChoice;
  /** Whether programs that the ssh config names may be run (ProxyCommand, Match exec): not in an untrusted workspace. */
  readonly runPrograms: boolean;
  /** In order of preference: the first type that the Node object has is used. */
  readonly addressTypes: readonly AddressType[];
  /**
   * "" = by addressTypes; else such as "${name}.nodes.example.com:2222", with ${name}, ${InternalIP}, ${ExternalIP} and
   * ${Hostname}. The outcome must be a host or host:port.
   */
  readonly addressTemplate: string;
  readonly user: string;
  /** 0 = from the address template, the ssh config, or 22. */
  readonly port: number;
  /** Path of a private key, tried before those of the ssh config; ~ is the home folder. */
  readonly identityFile: string;
  /** Path of an ssh_config file; "" = ~/.ssh/config, then the system's. */
  readonly configFile: string;
  /** Path of the known_hosts file to read first and to write; "" = UserKnownHostsFile, or ~/.ssh/known_hosts. */
  readonly knownHostsFile: string;
  /** Socket or Windows pipe of an agent; "" = IdentityAgent, then SSH_AUTH_SOCK; "none" = no agent. */
  readonly agent: string;
  /** Milliseconds for each step: resolve, connect, handshake, authentication, channel. Waiting for the user is free. */
  readonly connectTimeoutMs: number;
  /** Milliseconds between keepalives; three unanswered ones end the connection. 0 = none. */
  readonly keepaliveMs: number;
  /** Milliseconds without a command after which a connection is closed. */
  readonly idleMs: number;
  /** Connections to nodes open at once; jump hosts come on top. */
  readonly maxConnections: number;
  /** Of those, being opened at once; undefined = a few. */
  readonly maxOpening?: number | undefined;
}

/** What ssh's defaults take from the machine that runs this. Passed in, so that tests need not change it. */
export interface Machine {
  readonly home: string;
  readonly user: string;
  readonly uid: number;
  readonly hostname: string;
  readonly platform: NodeJS.Platform;
  /** Folder of the system's ssh_config and ssh_known_hosts. */
  readonly systemFolder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export function thisMachine(): Machine {
  const { username, uid } = userInfo();
  const { platform, env } = process;
  return {
    home: homedir(),
    user: username,
    uid,
    hostname: hostname(),
    platform,
    systemFolder:
      platform === "win32" ? join(env["ProgramData"] ?? String.raw`C:\ProgramData`, "ssh") : "/etc/ssh",
    env,
  };
}
