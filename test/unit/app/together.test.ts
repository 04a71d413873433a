import { expect, test } from "vitest";
import { Together } from "../../../extension/app/together.ts";

test("who asks for the same thing meanwhile gets the same outcome; afterwards it is done anew", async () => {
  const together = new Together<number>();
  let begun = 0;
  const ended = Promise.withResolvers<void>();
  const run = async (key: string): Promise<number> =>
    together.run(key, async () => {
      const mine = ++begun;
      await ended.promise;
      return mine;
    });
  const both = Promise.all([run("a"), run("a"), run("b")]);
  ended.resolve();
  expect(await both).toEqual([1, 1, 2]);
  expect(await run("a")).toBe(3);
});

test("a failure is everybody's who waits, and is not kept", async () => {
  const together = new Together<number>();
  const fail = async (): Promise<number> => Promise.reject(new Error("no"));
  const outcomes = await Promise.allSettled([together.run("a", fail), together.run("a", fail)]);
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await together.run("a", async () => 7)).toBe(7);
});
