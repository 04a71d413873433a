import { execFile } from "node:child_process";
import { userInfo } from "node:os";
import { promisify } from "node:util";
import { thisMachine, type Machine } from "../../extension/nodes/settings.ts";
import type { SshTarget } from "../../extension/nodes/ssh/target.ts";
import { TargetResolver } from "../../extension/nodes/ssh/target-resolver.ts";
import { SandboxError } from "../../extension/core/errors.ts";
import { defaultSettings } from "./ssh-nodes.ts";

const run = promisify(execFile);
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** The environment that configurations may name. */
const env = { PATH: process.env["PATH"] ?? "", SHELL: "/bin/sh", KEYS: "/keys", SSH_AUTH_SOCK: "/run/agent" };

/** ssh takes the home folder from the user database, not from HOME. */
const machine: Machine = { ...thisMachine(), home: userInfo().homedir, env };

/** What is compared, in one form for both sides. */
export interface Resolution {
  readonly host: string;
  readonly user: string;
  readonly port: string;
  readonly identityFiles: readonly string[] | "default";
  readonly agent: string;
  /** With blanks between them, as ssh -G prints them. */
  readonly userFiles: string;
  readonly systemFiles: string;
  readonly unknownKey: string;
  readonly knownAs: string;
  readonly hostKeyAlgorithms: readonly string[];
  readonly methods: readonly string[];
  readonly proxyCommand: string;
  readonly proxyJump: readonly string[];
  readonly certificates: boolean;
  readonly rest: Readonly<Record<string, string | boolean>>;
}

export type Outcome = Resolution | { readonly refused: string };

/** `ssh -G -F config host`. */
export async function askSsh(config: string, host: string): Promise<Outcome> {
  let stdout: string;
  try {
    ({ stdout } = await run("ssh", ["-G", "-F", config, host], { env }));
  } catch (error) {
    return { refused: error instanceof Error ? error.message : String(error) };
  }
  const values = new Map<string, string[]>();
  for (const line of stdout.trimEnd().split("\n")) {
    const [keyword = "", ...rest] = line.split(" ");
    values.set(keyword, [...(values.get(keyword) ?? []), rest.join(" ")]);
  }
  const one = (keyword: string): string => values.get(keyword)?.[0] ?? "";
  const is = (keyword: string): boolean => one(keyword) === "yes" || one(keyword) === "true";
  const tokens: Readonly<Record<string, string>> = {
    "%": "%",
    h: one("hostname"),
    n: host,
    p: one("port"),
    r: one("user"),
    k: one("hostkeyalias") || host,
    u: machine.user,
    d: machine.home,
    i: String(machine.uid),
    l: machine.hostname,
    L: machine.hostname.split(".")[0] ?? "",
  };
  // ssh -G prints these before it replaces anything in them.
  const expand = (text: string): string =>
    text
      .replace(/^~(?=\/|$)/, machine.home)
      .replaceAll(/%(.)/g, (_all, token: string) => tokens[token] ?? "?");
  const path = (text: string): string => expand(text).replaceAll("${KEYS}", "/keys");
  const files = (keyword: string): string => one(keyword).replace(/^none$/i, "");
  const identities = values.get("identityfile") ?? [];
  const agent = one("identityagent");
  const methods = {
    publickey: one("pubkeyauthentication") !== "false",
    "keyboard-interactive": is("kbdinteractiveauthentication"),
    password: is("passwordauthentication"),
  };
  const preferred = (one("preferredauthentications") || Object.keys(methods).join(",")).split(",");
  return {
    host: one("hostname"),
    user: one("user"),
    port: one("port"),
    identityFiles:
      identities[0] === "~/.ssh/id_rsa" && identities.length > 4
        ? "default"
        : identities.filter((file) => file.toLowerCase() !== "none").map(path),
    agent: ["", "SSH_AUTH_SOCK", "$SSH_AUTH_SOCK"].includes(agent)
      ? "/run/agent"
      : agent.toLowerCase() === "none"
        ? ""
        : agent.startsWith("$")
          ? "/keys"
          : agent,
    userFiles: files("userknownhostsfile"),
    systemFiles: files("globalknownhostsfile").replaceAll(/(?<=^| )~/g, machine.home),
    unknownKey: { true: "refuse", ask: "ask" }[one("stricthostkeychecking")] ?? "accept",
    knownAs:
      one("hostkeyalias") || (one("port") === "22" ? one("hostname") : `[${one("hostname")}]:${one("port")}`),
    hostKeyAlgorithms: one("hostkeyalgorithms")
      .split(",")
      .filter((name) => !/@|dss/.test(name)),
    methods: preferred.filter((name) =>
      Object.entries(methods).some(([method, on]) => on && method === name),
    ),
    proxyCommand: expand(one("proxycommand")),
    proxyJump: one("proxyjump") === "" ? [] : expand(one("proxyjump")).split(","),
    certificates: values.get("certificatefile")?.some((file) => file.toLowerCase() !== "none") === true,
    rest: {
      identitiesOnly: is("identitiesonly"),
      hashed: is("hashknownhosts"),
      batch: is("batchmode"),
      passwordPrompts: one("numberofpasswordprompts"),
      connectTimeout: ["none", "0"].includes(one("connecttimeout")) ? "10" : one("connecttimeout"),
      // Debian's ssh has another default with BatchMode (ssh_config(5) there).
      keepalive: is("batchmode") && one("serveraliveinterval") === "300" ? "0" : one("serveraliveinterval"),
      keepaliveCount: one("serveralivecountmax"),
      connectionAttempts: one("connectionattempts"),
      addressFamily: { inet: "4", inet6: "6" }[one("addressfamily")] ?? "0",
      bindAddress: one("bindaddress"),
    },
  };
}

/** The same by us. */
export async function askUs(configFile: string, host: string): Promise<Outcome> {
  const resolver = new TargetResolver({ ...defaultSettings, configFile }, machine, quiet);
  let target: SshTarget;
  try {
    target = await resolver.resolve("node", { host, port: undefined }, new AbortController().signal);
  } catch (error) {
    if (error instanceof SandboxError && error.reason === "ssh-config-invalid")
      return { refused: error.message };
    throw error;
  }
  const { auth, hostKey } = target;
  const identityFiles = auth.identityFiles.map(({ path }) => path);
  const isDefault = identityFiles.length === 3 && identityFiles[0] === `${machine.home}/.ssh/id_rsa`;
  const jumps: SshTarget[] = [];
  for (let { via } = target; via !== undefined; via = via.via) jumps.unshift(via);
  return {
    host: target.host,
    user: target.user,
    port: String(target.port),
    identityFiles: isDefault ? "default" : identityFiles,
    agent: auth.agent ?? "",
    userFiles: hostKey.userFiles.join(" "),
    systemFiles: hostKey.systemFiles.join(" "),
    unknownKey: hostKey.unknown,
    knownAs: hostKey.name,
    hostKeyAlgorithms: hostKey.algorithms,
    methods: auth.methods,
    proxyCommand: target.proxyCommand ?? "",
    proxyJump: jumps.map(
      ({ alias, user, port }) => `${user}@${alias.includes(":") ? `[${alias}]` : alias}:${port}`,
    ),
    certificates: target.needs.includes("user certificates"),
    rest: {
      identitiesOnly: auth.identitiesOnly,
      hashed: hostKey.hashed,
      batch: auth.batch,
      passwordPrompts: String(auth.passwordPrompts),
      connectTimeout: String(target.connectTimeoutMs / 1000),
      keepalive: String(target.keepaliveMs / 1000),
      keepaliveCount: String(target.keepaliveCount),
      connectionAttempts: String(target.connectionAttempts),
      addressFamily: String(target.addressFamily),
      bindAddress: target.localAddress ?? "",
    },
  };
}

/**
 * Both outcomes, made equal where they may differ: ssh -G names the jump hosts of one ProxyJump as they are written, we
 * resolve each, and those before the first of them.
 */
export function comparable(theirs: Outcome, ours: Outcome): readonly [unknown, unknown] {
  if ("refused" in theirs) return ["refused", "refused" in ours ? "refused" : ours];
  if ("refused" in ours) {
    // Only on the way through the jump hosts can one see that it never ends, or what their names come to.
    const onTheWay =
      theirs.proxyJump.length > 0 &&
      /in a circle|HostName |is no host name|%n in "%n" is not known/.test(ours.refused);
    // A user that a shell would understand is not put into a command, wherever it comes from; ssh looks at its options.
    return onTheWay || /cannot be put into a command/.test(ours.refused) ? [0, 0] : [theirs, ours];
  }
  const written = theirs.proxyJump.map(parts);
  const resolved = (written.length === 0 ? ours.proxyJump : ours.proxyJump.slice(-written.length)).map(parts);
  const jumps = resolved.map((jump, index) => ({
    host: jump.host,
    user: written[index]?.user === undefined ? undefined : jump.user,
    port: written[index]?.port === undefined ? undefined : jump.port,
  }));
  return [
    { ...theirs, proxyJump: written },
    { ...ours, proxyJump: jumps },
  ];
}

function parts(jump: string): { user: string | undefined; host: string; port: string | undefined } {
  const [, user, v6, name = "", port] =
    /^(?:(.*)@)?(?:\[([^\]]*)\]|([^:]*(?::[^:]*:.*)?))(?::(\d+))?$/.exec(jump) ?? [];
  return { user, host: v6 ?? name, port };
}
