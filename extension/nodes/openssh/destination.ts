import { tmpdir } from "node:os";
import { join } from "node:path";
import { SandboxError } from "../../core/errors.ts";
import { Busy, type Destination, type Opening, type Session } from "../session.ts";
import { fingerprint } from "../ssh/known-hosts.ts";
import { readTextFile } from "../ssh/config-files.ts";
import { sshError } from "../ssh/failures.ts";
import { throwIfAborted } from "../waiting.ts";
import { connectionPerCommand } from "./connection-per-command.ts";
import { diagnose } from "./diagnosis.ts";
import { makeGuard, runLogin, type LoggedIn, type LoginDeps } from "./login.ts";
import { openProxyLine, type ProxyLine } from "./mux.ts";
import { controlPath, sshArguments, type OpenSshTarget } from "./program.ts";
import { OpenSshSession } from "./session.ts";

export type { OpenSshTarget } from "./program.ts";

/** Below sshd's default of ten sessions in a connection (sshd_config(5) MaxSessions). */
const maxCommands = 8;
/** Where each command is a connection of its own. */
const maxConnections = 2;

/** For so long a user's own ssh may take to answer, in milliseconds: a stopped one never does. */
const answerMs = 3_000;

/** Seconds after which an ssh in the background ends by itself when nobody has a line to it, nor a guard on it yet. */
const orphanSeconds = 5;

export type OpenSshDeps = Omit<LoginDeps, "program" | "temporary"> & {
  /** By default "ssh", from PATH. */
  readonly program?: string;
  /** By default the system's folder for temporary files. */
  readonly temporary?: string;
  /** Whether that ssh can share connections; by default all but that of Windows can. */
  readonly multiplexed?: boolean;
};

/**
 * A node reached by the installed ssh, which resolves, connects and logs in as the user's config says; our commands go
 * as channels through its connection. An ssh that the user has running for the target as ControlMaster is used, and
 * left running.
 * `open` throws SandboxError: the `ssh-*` reasons, `cancelled`.
 */
export function openSshDestination(target: OpenSshTarget, options: OpenSshDeps): Destination {
  const {
    multiplexed = options.machine.platform !== "win32",
    program = "ssh",
    temporary = tmpdir(),
  } = options;
  const deps: LoginDeps = { ...options, program, temporary };
  const { node, host, port, user } = target;
  return {
    key: `openssh ${target.key}`,
    node,
    maxCommands: multiplexed ? maxCommands : maxConnections,
    facts: { host, port: String(port), user },
    open: async (opening) => {
      throwIfAborted(opening.signal);
      if (!deps.settings.runPrograms) {
        throw sshError("ssh-untrusted", target, "the installed ssh is not run", {
          facts: { feature: "the installed ssh" },
        });
      }
      const path = await controlPath(deps.program, target, deps.settings, deps.machine, opening.signal);
      if (!multiplexed) return connectionPerCommand(target, deps, opening, failure);
      return (await usersOwn(target, path, opening)) ?? (await logIn(target, deps, opening));
    },
  };
}

/** A session through an ssh that the user has running; undefined where there is none that takes us. */
async function usersOwn(
  target: OpenSshTarget,
  path: string | undefined,
  { signal, trace }: Opening,
): Promise<Session | undefined> {
  if (path === undefined) return undefined;
  let line: ProxyLine;
  try {
    line = await openProxyLine(path, AbortSignal.any([signal, AbortSignal.timeout(answerMs)]));
  } catch {
    throwIfAborted(signal);
    return undefined;
  }
  trace("login", `through ssh process ${line.pid} (ControlPath)`);
  return new OpenSshSession(target, line, undefined, () => "the ssh of its ControlPath has ended");
}

async function logIn(target: OpenSshTarget, deps: LoginDeps, opening: Opening): Promise<Session> {
  const guard = await makeGuard(deps);
  try {
    const socket = join(guard.folder, "m");
    const path = socket.replaceAll("%", "%%");
    const options = ["-f", "-N", "-M", "-S", path, "-o", `ControlPersist=${orphanSeconds}`];
    const args = sshArguments(target, deps.settings, deps.machine, options);
    const login = await runLogin(target, args, guard, deps, opening);
    if (login.code !== 0) throw await failure(target, login);
    const line = await openProxyLine(socket, opening.signal).catch((error: unknown) => {
      throwIfAborted(opening.signal);
      const detail = error instanceof Error ? error.message : String(error);
      throw new SandboxError("ssh-program", `no line to the ssh in the background: ${detail}`, {
        cause: error,
        facts: { file: deps.program, detail },
      });
    });
    guard.watch(line.pid);
    const session = new OpenSshSession(target, line, guard, () => diagnose(login.progress.text).detail);
    if (opening.signal.aborted) {
      session.close();
      await session.closed;
      throwIfAborted(opening.signal);
    }
    return session;
  } catch (error) {
    guard.release();
    throw error;
  } finally {
    guard.removeFolder();
  }
}

/** Why a login failed: ssh's last words, and what it takes some looking to know. */
async function failure(target: OpenSshTarget, { progress }: LoggedIn): Promise<Error> {
  const { reason, detail, facts, busy } = diagnose(progress.text);
  const expected = reason === "ssh-host-key-changed" ? await knownFingerprint(facts) : undefined;
  const error = sshError(reason, target, detail, {
    facts: { ...facts, ...(expected !== undefined && { expected }) },
  });
  return busy ? new Busy(error) : error;
}

/** Of the key in the line of known_hosts that ssh named. */
async function knownFingerprint({
  file,
  line,
}: Readonly<Record<string, string>>): Promise<string | undefined> {
  const text = file === undefined ? undefined : await readTextFile(file).catch(() => undefined);
  const words = text?.split("\n")[Number(line) - 1]?.trim().split(/\s+/);
  const key = words?.find((word) => word.startsWith("AAAA"));
  return key === undefined ? undefined : fingerprint(Buffer.from(key, "base64"));
}
