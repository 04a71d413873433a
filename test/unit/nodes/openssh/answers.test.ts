import { expect, it } from "vitest";
import { Asking } from "../../../../extension/nodes/asking.ts";
import { Clock } from "../../../../extension/nodes/clock.ts";
import { Answers } from "../../../../extension/nodes/openssh/answers.ts";
import { Secrets } from "../../../../extension/nodes/secrets.ts";
import { memoryVault } from "../../../support/ssh-nodes.ts";

const unexpected = (): Promise<never> => Promise.reject(new Error("unexpected"));

it("what ssh wants done is shown until it is done, and no time counts meanwhile", async () => {
  const shown: { text: string; signal: AbortSignal }[] = [];
  const clock = new Clock();
  let isPaused = false;
  clock.join({ pause: () => (isPaused = true), resume: () => (isPaused = false) });
  const write = (): void => {};
  const answers = new Answers(
    {
      node: "n",
      alias: "n",
      host: "n",
      port: 22,
      user: "me",
      key: "k",
      connectTimeoutMs: 1,
      keepaliveMs: 0,
      keepaliveCount: 3,
      hostKey: { userFiles: [], unknown: "ask" },
    },
    {
      prompts: {
        confirmHostKey: unexpected,
        passphrase: unexpected,
        password: unexpected,
        notice: (text, signal) => void shown.push({ text, signal }),
      },
      secrets: new Secrets(memoryVault()),
      log: { debug: write, info: write, warn: write, error: write },
    },
    new Asking(clock, new AbortController().signal),
    () => undefined,
    (error) => expect.unreachable(error.message),
  );
  const touched = new AbortController();
  const answer = answers.answer("Confirm user presence for key ED25519-SK SHA256:x", "none", touched.signal);
  expect(shown.map(({ text }) => text)).toEqual(["Confirm user presence for key ED25519-SK SHA256:x"]);
  expect(isPaused).toBe(true);
  touched.abort();
  expect(await answer).toBeUndefined();
  expect(shown[0]?.signal.aborted).toBe(true);
  expect(isPaused).toBe(false);
});
