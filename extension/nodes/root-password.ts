import { SandboxError } from "../core/errors.ts";
import { Asking } from "./asking.ts";
import type { Clock } from "./clock.ts";
import type { Dialogue, DialogueTexts } from "./dialogue.ts";
import type { SshPrompts } from "./prompts.ts";
import { secretKeys, type Secrets } from "./secrets.ts";
import type { Destination } from "./session.ts";
import { onAbort, throwIfAborted } from "./waiting.ts";

export interface RootPasswordDeps {
  readonly destination: Destination;
  /** Whose password is asked for: sudo wants that of who became root, not root's. */
  readonly user: string;
  readonly host: string;
  /** Stands still while the user is asked. */
  readonly clock: Clock;
  readonly prompts: SshPrompts;
  readonly secrets: Secrets;
}

/**
 * The conversation of one command that becomes root. Of the commands on one node one at a time gives passwords, until
 * one was right or the command is over: the user is asked once for all, and a wrong one is not tried eight times, which
 * would lock the account (pam_faillock(8)). Where the user gives up, or no password helps, that holds for all commands
 * that had been asked for by then; call this when one is asked for.
 */
export function rootDialogue(texts: DialogueTexts, deps: RootPasswordDeps): Dialogue {
  const { destination, user, host, clock, prompts, secrets } = deps;
  const key = secretKeys.root(destination.key);
  const round = secrets.round(key);
  let given = "";
  let wasAsked = false;
  let endTurn: (() => void) | undefined;
  return {
    ...texts,
    password: async (attempt, signal) =>
      new Asking(clock, signal).put(async () => {
        if (endTurn === undefined) {
          throwIfAborted(round);
          endTurn = await secrets.takeTurn(key, signal);
          onAbort(signal, endTurn);
        }
        const known = await secrets.read(key);
        if (known !== undefined) {
          given = known;
          return known;
        }
        const question = { purpose: "root", user, host, attempt, prompt: undefined, echo: false } as const;
        const answer = await prompts.password(question, signal);
        if (answer === undefined) {
          const why = `no password was given to become root on ${destination.node}`;
          const gaveUp = new SandboxError("cancelled", why);
          if (!signal.aborted) secrets.giveUp(key, gaveUp);
          throw gaveUp;
        }
        wasAsked = true;
        secrets.typed(key, answer);
        given = answer.secret;
        return given;
      }),
    judged: (accepted) => {
      if (accepted) {
        void secrets.proved(key);
        endTurn?.();
      } else void secrets.refused(key, given);
    },
    failed: (error) => {
      if (wasAsked) secrets.giveUp(key, error);
    },
  };
}
