import { join } from "node:path";
import type { Machine, SshSettings } from "../settings.ts";
import { expandHome } from "./expand.ts";
import type { ConfigValues } from "./ssh-config.ts";
import type { AuthMethod, AuthPolicy } from "./target.ts";

const defaultIdentities = ["id_rsa", "id_ecdsa", "id_ed25519"];
/** All there are, in OpenSSH's order, each with the keyword that switches it off. */
const methods: readonly (readonly [AuthMethod, string])[] = [
  ["publickey", "pubkeyauthentication"],
  ["keyboard-interactive", "kbdinteractiveauthentication"],
  ["password", "passwordauthentication"],
];

/**
 * With what to log in, by the configuration and these settings, "" = not set. `path` expands ~, tokens and variables.
 * @throws BadLine.
 */
export function authPolicy(
  values: ConfigValues,
  { identityFile, agent }: Pick<SshSettings, "identityFile" | "agent">,
  machine: Machine,
  path: (text: string) => string,
): AuthPolicy {
  const configured = values
    .all("identityfile")
    ?.filter((file) => file.toLowerCase() !== "none")
    .map(path);
  const defaults = defaultIdentities.map((name) => join(machine.home, ".ssh", name));
  const set = identityFile === "" ? [] : [{ path: expandHome(identityFile, machine), required: true }];
  const others = configured ?? (identityFile === "" ? defaults : []);
  const allowed = methods.flatMap(([method, keyword]) => (values.first(keyword) === "no" ? [] : [method]));
  const preferred = values.first("preferredauthentications")?.split(",");
  return {
    identityFiles: [...set, ...others.map((file) => ({ path: file, required: false }))],
    identitiesOnly: values.first("identitiesonly") === "yes",
    agent:
      agent === ""
        ? configuredAgent(values.first("identityagent"), machine, path)
        : agent === "none"
          ? undefined
          : expandHome(agent, machine),
    methods: preferred?.flatMap((name) => allowed.filter((method) => method === name)) ?? allowed,
    passwordPrompts: Number(values.first("numberofpasswordprompts") ?? 3),
    batch: values.first("batchmode") === "yes",
  };
}

function configuredAgent(
  configured: string | undefined,
  { env, platform }: Machine,
  path: (text: string) => string,
): string | undefined {
  if (configured?.toLowerCase() === "none") return undefined;
  if (configured !== undefined && configured !== "SSH_AUTH_SOCK")
    return /^\$[^{]/.test(configured) ? env[configured.slice(1)] : path(configured);
  const socket = env["SSH_AUTH_SOCK"];
  if (socket !== undefined && socket !== "") return socket;
  return platform === "win32" ? String.raw`\\.\pipe\openssh-ssh-agent` : undefined;
}
