import { median } from "./row.ts";

/**
 * Runs each of them once, then each once more, and so on, so that whatever disturbs the machine disturbs all of them.
 * Answers their median durations in milliseconds.
 */
export async function inTurns<Runs extends Readonly<Record<string, () => Promise<unknown>>>>(
  rounds: number,
  runs: Runs,
): Promise<{ readonly [Name in keyof Runs]: number }> {
  const times = new Map<string, number[]>(Object.keys(runs).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries(runs)) {
      const begun = performance.now();
      await run();
      times.get(name)?.push(performance.now() - begun);
    }
  }
  return Object.fromEntries([...times].map(([name, own]) => [name, median(own)])) as {
    [Name in keyof Runs]: number;
  };
}
