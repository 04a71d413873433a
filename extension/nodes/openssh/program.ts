import { SandboxError } from "../../core/errors.ts";
import { runChild } from "../child-process.ts";
import { expandHome } from "../ssh/expand.ts";
import { sshError } from "../ssh/failures.ts";
import type { Machine, SshSettings } from "../settings.ts";
import type { SshTarget } from "../ssh/target.ts";
import { reasonOf } from "../waiting.ts";
import { diagnose } from "./diagnosis.ts";

/** What the installed ssh is told of a target; the rest it finds in its config by itself. */
export type OpenSshTarget = Pick<
  SshTarget,
  "node" | "alias" | "host" | "port" | "user" | "key" | "connectTimeoutMs" | "keepaliveMs" | "keepaliveCount"
> & { readonly hostKey: Pick<SshTarget["hostKey"], "userFiles" | "unknown"> };

/** Output of `ssh -G` looked at, in characters. */
const maxConfig = 1024 * 1024;

/** Words that stand for one value in an option: percent signs and quotes mean something there (ssh_config(5)). */
function quoted(value: string): string {
  return `"${value.replaceAll("%", "%%").replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

/** The arguments of every ssh for a target; `more` are options of one. The target's name comes last, after "--". */
export function sshArguments(
  target: OpenSshTarget,
  settings: SshSettings,
  machine: Machine,
  more: readonly string[],
): string[] {
  const { configFile, identityFile, knownHostsFile, agent } = settings;
  const seconds = (ms: number): string => String(Math.max(1, Math.ceil(ms / 1000)));
  const path = (file: string): string => expandHome(file, machine);
  const options = {
    ConnectTimeout: seconds(target.connectTimeoutMs),
    ServerAliveInterval: target.keepaliveMs === 0 ? "0" : seconds(target.keepaliveMs),
    ServerAliveCountMax: String(target.keepaliveCount),
    // What the config says beside the way to the host is for people's own sessions.
    ClearAllForwardings: "yes",
    PermitLocalCommand: "no",
    // With "no", ssh would go on where a key has changed.
    ...(target.hostKey.unknown === "accept" && { StrictHostKeyChecking: "accept-new" }),
    ...(knownHostsFile !== "" && { UserKnownHostsFile: target.hostKey.userFiles.map(quoted).join(" ") }),
    ...(agent !== "" && { IdentityAgent: agent === "none" ? "none" : "SSH_AUTH_SOCK" }),
  };
  return [
    ...(configFile === "" ? [] : ["-F", path(configFile)]),
    ...(identityFile === "" ? [] : ["-i", path(identityFile).replaceAll("%", "%%")]),
    ...Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]),
    ...["-a", "-x", "-p", String(target.port), "-l", target.user],
    ...more,
    "--",
    target.alias,
  ];
}

/** The environment of every ssh: messages in English, and the agent of the settings. */
export function sshEnvironment(settings: SshSettings, machine: Machine): Record<string, string | undefined> {
  const { agent } = settings;
  return {
    ...machine.env,
    LC_ALL: "C",
    ...(agent !== "" && agent !== "none" && { SSH_AUTH_SOCK: expandHome(agent, machine) }),
  };
}

/** What `spawn` threw, as `ssh-program`. */
export function notStarted(program: string, error: unknown): SandboxError {
  const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
  const detail = missing ? "it is not installed" : error instanceof Error ? error.message : String(error);
  return new SandboxError("ssh-program", `${program}: ${detail}`, {
    cause: error,
    facts: { file: program, detail },
  });
}

/** What ssh said when it ended, as an error. */
function failureOf(target: OpenSshTarget, stderr: string): SandboxError {
  const { reason, detail, facts } = diagnose(stderr);
  return sshError(reason, target, detail, { facts });
}

/**
 * The user's own ControlPath for the target, as `ssh -G` resolves it; undefined where there is none.
 * @throws SandboxError `ssh-config-invalid`, `ssh-program`, why `signal` aborted.
 */
export async function controlPath(
  program: string,
  target: OpenSshTarget,
  settings: SshSettings,
  machine: Machine,
  signal: AbortSignal,
): Promise<string | undefined> {
  const args = sshArguments(target, settings, machine, ["-G"]);
  const child = await runChild(program, args, { env: sshEnvironment(settings, machine), signal }).catch(
    (error: unknown) => {
      throw notStarted(program, error);
    },
  );
  let config = "";
  let said = "";
  child.stdin.end();
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    config = (config + text).slice(0, maxConfig);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-maxConfig);
  });
  const exit = await child.exit;
  if (signal.aborted) throw reasonOf(signal);
  if (exit?.code !== 0) throw failureOf(target, said);
  const [, path] = /^controlpath (.+)$/m.exec(config) ?? [];
  return path === "none" ? undefined : path;
}
