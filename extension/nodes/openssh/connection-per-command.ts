import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { SandboxError } from "../../core/errors.ts";
import { Asking } from "../asking.ts";
import { runChild } from "../child-process.ts";
import { Clock } from "../clock.ts";
import { Programs } from "../programs.ts";
import type { SshPrompts } from "../prompts.ts";
import { quoteCommand } from "../quote.ts";
import type { Exit, Opening, RunningCommand, Session } from "../session.ts";
import { Answers } from "./answers.ts";
import { Askpass, type AnswerPrompt } from "./askpass.ts";
import { makeGuard, runLogin, type LoggedIn, type LoginDeps } from "./login.ts";
import { notStarted, sshArguments, sshEnvironment, type OpenSshTarget } from "./program.ts";

/** Nobody is asked once the session is open: what was typed then is still known. */
const nobody: SshPrompts = {
  confirmHostKey: () => Promise.resolve(false),
  passphrase: () => Promise.resolve(undefined),
  password: () => Promise.resolve(undefined),
};

/** Without another's connection, or the command that the config has for people's own sessions. */
const alone = ["-S", "none", "-o", "RemoteCommand=none"];

/**
 * A session of an ssh that cannot share connections, as that of Windows: each command is an ssh and a login of its own.
 * The first runs nothing: it finds out whether there is a way, and asks what is to be asked.
 * @throws SandboxError; what `failure` makes of a login that failed.
 */
export async function connectionPerCommand(
  target: OpenSshTarget,
  deps: LoginDeps,
  opening: Opening,
  failure: (target: OpenSshTarget, login: LoggedIn) => Promise<Error>,
): Promise<Session> {
  const { settings, machine, program } = deps;
  const guard = await makeGuard(deps);
  const { folder } = guard;
  const leave = (): void => {
    guard.release();
    guard.removeFolder();
  };
  const over = new AbortController();
  const recall: AnswerPrompt = (...asked) => {
    const asking = new Asking(new Clock(), over.signal);
    // Each question may be of another login: none is asked again because the answer was wrong.
    const answers = new Answers(
      target,
      { ...deps, prompts: nobody },
      asking,
      () => undefined,
      () => {},
    );
    return answers.answer(...asked);
  };
  const askpass = await (async () => {
    const args = [...sshArguments(target, settings, machine, ["-T", ...alone, "-n"]), "exit 0"];
    const login = await runLogin(target, args, guard, deps, opening);
    if (login.code === 255 || login.code === null) throw await failure(target, login);
    return Askpass.listen(folder, machine.platform, machine.env["DISPLAY"], recall);
  })().catch((error: unknown) => {
    leave();
    throw error;
  });
  const environment = sshEnvironment(settings, machine);
  const env = { ...environment, ...askpass.environment };
  const { SSH_AUTH_SOCK: agent } = environment;
  let count = 0;
  const programs = new Programs(`ssh ${target.user}@${target.host}:${target.port}`, {
    start: async (argv) => {
      const log = join(folder, `log-${count++}`);
      const args = sshArguments(target, settings, machine, ["-T", ...alone, "-v", "-E", log]);
      const child = await runChild(program, [...args, quoteCommand(argv)], { env }).catch(
        (error: unknown) => {
          throw notStarted(program, error);
        },
      );
      return told(child, log);
    },
    terminal: (argv) => ({
      file: program,
      args: [...sshArguments(target, settings, machine, ["-tt", ...alone]), quoteCommand(argv)],
      // No LC_ALL as for the others: the user's language may go with it to the node (SendEnv).
      env: { ...(agent !== undefined && { SSH_AUTH_SOCK: agent }), ...askpass.environment },
    }),
  });
  return {
    name: programs.name,
    ending: programs.ending,
    closed: programs.closed.then(async (why: SandboxError) => {
      over.abort(why);
      await askpass[Symbol.asyncDispose]();
      leave();
      return why;
    }),
    start: (argv, signal) => programs.start(argv, signal),
    terminal: (argv, size, signal) => programs.terminal(argv, size, signal),
    close: () => programs.close(),
  };
}

/** ssh ends with 255 for a failure of its own as for a command that did: its log tells them apart. */
function told(child: RunningCommand, log: string): RunningCommand {
  const exit = child.exit.then(async (ended): Promise<Exit | undefined> => {
    const said = await readFile(log, "utf8").catch(() => "");
    await rm(log, { force: true });
    if (ended?.code !== 255) return ended;
    if (/^debug1: Exit status 255\r?$/m.test(said)) return ended;
    return /^debug1: client_input_channel_req: .* rtype exit-signal /m.test(said)
      ? { code: null }
      : undefined;
  });
  const { stdin, stdout, stderr } = child;
  return { stdin, stdout, stderr, exit, gone: exit.then(() => child.gone), stop: () => child.stop() };
}
