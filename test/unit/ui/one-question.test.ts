import { expect, test } from "vitest";
import { OneQuestion } from "../../../extension/ui/one-question.ts";

test("the next question is put when the one before is answered, and not before", async () => {
  const questions = new OneQuestion();
  const { signal } = new AbortController();
  const asked: string[] = [];
  const first = Promise.withResolvers<string>();
  const one = questions.ask<string | undefined>(undefined, signal, async () => {
    asked.push("one");
    return first.promise;
  });
  const two = questions.ask<string | undefined>(undefined, signal, async () => {
    asked.push("two");
    return "second";
  });
  await new Promise(setImmediate);
  expect(asked).toEqual(["one"]);
  first.resolve("first");
  expect(await Promise.all([one, two])).toEqual(["first", "second"]);
});

test("what nobody waits for any more is not asked, and keeps nobody waiting", async () => {
  const questions = new OneQuestion();
  const gone = new AbortController();
  const first = Promise.withResolvers<boolean>();
  const one = questions.ask(false, new AbortController().signal, async () => first.promise);
  const two = questions.ask(false, gone.signal, async () => Promise.reject(new Error("asked")));
  gone.abort();
  expect(await two).toBe(false);
  first.resolve(true);
  expect(await one).toBe(true);
  expect(await questions.ask(false, new AbortController().signal, async () => true)).toBe(true);
});

test("a question that fails gives its turn on", async () => {
  const questions = new OneQuestion();
  const { signal } = new AbortController();
  await expect(questions.ask(false, signal, async () => Promise.reject(new Error("x")))).rejects.toThrow("x");
  expect(await questions.ask(false, signal, async () => true)).toBe(true);
});
