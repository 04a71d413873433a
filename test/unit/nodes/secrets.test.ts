import { describe, expect, it } from "vitest";
import { SandboxError } from "../../../extension/core/errors.ts";
import { Clock } from "../../../extension/nodes/clock.ts";
import type { Dialogue } from "../../../extension/nodes/dialogue.ts";
import type { PasswordQuestion, SecretAnswer } from "../../../extension/nodes/prompts.ts";
import { rootDialogue } from "../../../extension/nodes/root-password.ts";
import { secretKeys, Secrets } from "../../../extension/nodes/secrets.ts";
import { fakeDestination } from "../../support/fake-destination.ts";
import { memoryVault } from "../../support/ssh-nodes.ts";

const calm = new AbortController().signal;

describe("secrets", () => {
  it("are kept only where the user says so, and only once they have proved right", async () => {
    const vault = memoryVault();
    const secrets = new Secrets(vault);
    secrets.typed("a", { secret: "one", keep: true });
    secrets.typed("b", { secret: "two", keep: false });
    expect(await secrets.read("a")).toBe("one");
    expect([...vault.secrets]).toEqual([]);
    await secrets.proved("a");
    await secrets.proved("b");
    expect([...vault.secrets]).toEqual([["a", "one"]]);
    secrets.clear();
    expect(await secrets.read("a")).toBe("one");
    expect(await secrets.read("b")).toBeUndefined();
  });

  it("are forgotten when refused, at once and in the vault too", async () => {
    const vault = memoryVault(new Map([["a", "kept"]]));
    const secrets = new Secrets(vault);
    const forgetting = secrets.refused("a", "kept");
    expect(await secrets.read("a")).toBeUndefined();
    await forgetting;
    expect([...vault.secrets]).toEqual([]);
  });

  it("are not forgotten when it is an older one that was refused", async () => {
    const vault = memoryVault(new Map([["a", "new"]]));
    const secrets = new Secrets(vault);
    secrets.typed("a", { secret: "newer", keep: true });
    await secrets.refused("a", "old");
    expect(await secrets.read("a")).toBe("newer");
    expect([...vault.secrets]).toEqual([["a", "new"]]);
  });

  it("are tried again when typed again", async () => {
    const vault = memoryVault();
    const secrets = new Secrets(vault);
    await secrets.refused("a", "x");
    secrets.typed("a", { secret: "x", keep: true });
    expect(await secrets.read("a")).toBe("x");
    await secrets.proved("a");
    secrets.clear();
    expect(await secrets.read("a")).toBe("x");
  });
});

describe("the password for becoming root", () => {
  const destination = fakeDestination("worker-1");

  function make(answers: (SecretAnswer | undefined)[], vault = memoryVault()) {
    const questions: PasswordQuestion[] = [];
    const secrets = new Secrets(vault);
    const prompts = {
      confirmHostKey: () => Promise.reject(new Error("unexpected")),
      passphrase: () => Promise.reject(new Error("unexpected")),
      password: (question: PasswordQuestion) => {
        questions.push(question);
        return Promise.resolve(answers.shift());
      },
    };
    const dialogue = (): Dialogue =>
      rootDialogue(
        { begun: "begun", prompt: "password", ready: "ready" },
        { destination, user: "me", host: "10.0.0.5", clock: new Clock(), prompts, secrets },
      );
    return { questions, dialogue, vault };
  }

  it("is asked for once, for all the commands on a node", async () => {
    const { questions, dialogue, vault } = make([{ secret: "right", keep: true }]);
    const [first, second, third] = [dialogue(), dialogue(), dialogue()];
    expect(await first.password(1, calm)).toBe("right");
    const order: string[] = [];
    const others = [second, third].map(async (one) => {
      order.push(await one.password(1, calm));
      one.judged(true);
    });
    await Promise.resolve();
    expect(order).toEqual([]);
    first.judged(true);
    await Promise.all(others);
    expect(order).toEqual(["right", "right"]);
    expect(questions).toEqual([
      { purpose: "root", user: "me", host: "10.0.0.5", attempt: 1, prompt: undefined, echo: false },
    ]);
    expect([...vault.secrets]).toEqual([[secretKeys.root("worker-1"), "right"]]);
  });

  it("that was kept and is refused is tried once, then asked for", async () => {
    const key = secretKeys.root("worker-1");
    const { questions, dialogue, vault } = make(
      [{ secret: "new", keep: false }],
      memoryVault(new Map([[key, "old"]])),
    );
    const [first, second] = [dialogue(), dialogue()];
    expect(await first.password(1, calm)).toBe("old");
    const waiting = second.password(1, calm);
    first.judged(false);
    expect(await first.password(2, calm)).toBe("new");
    first.judged(true);
    expect(await waiting).toBe("new");
    expect(questions.map(({ attempt }) => attempt)).toEqual([2]);
    expect([...vault.secrets]).toEqual([]);
  });

  it("is left to the next one by a command that is over", async () => {
    const { dialogue } = make([{ secret: "right", keep: false }]);
    const over = new AbortController();
    await dialogue().password(1, over.signal);
    const next = dialogue().password(1, calm);
    over.abort();
    expect(await next).toBe("right");
  });

  it("that the user does not give ends all commands that had been asked for, and the next one asks anew", async () => {
    const { questions, dialogue } = make([undefined, { secret: "right", keep: false }]);
    const [first, waiting, notYetThere] = [dialogue(), dialogue(), dialogue()];
    const over = new AbortController();
    const refused = first.password(1, over.signal);
    const others = waiting.password(1, calm);
    await expect(refused).rejects.toMatchObject({ reason: "cancelled" });
    await expect(others).rejects.toMatchObject({ reason: "cancelled" });
    await expect(notYetThere.password(1, calm)).rejects.toMatchObject({ reason: "cancelled" });
    expect(questions).toHaveLength(1);
    over.abort();
    expect(await dialogue().password(1, calm)).toBe("right");
  });

  it("that never was right ends them with what came of it, where the user was asked", async () => {
    const { questions, dialogue } = make([{ secret: "wrong", keep: false }]);
    const [first, waiting] = [dialogue(), dialogue()];
    await first.password(1, calm);
    const others = waiting.password(1, calm);
    first.judged(false);
    first.failed(new SandboxError("become-password", "no"));
    await expect(others).rejects.toMatchObject({ reason: "become-password" });
    expect(questions).toHaveLength(1);
  });

  it("ends the command when the user gives none", async () => {
    const { dialogue } = make([undefined, { secret: "right", keep: false }]);
    await expect(dialogue().password(1, calm)).rejects.toMatchObject({ reason: "cancelled" });
    const ended = new AbortController();
    ended.abort(new SandboxError("probe-timeout", "late"));
    await expect(dialogue().password(1, ended.signal)).rejects.toMatchObject({ reason: "probe-timeout" });
  });
});
