/** What costs less, in milliseconds, is over too soon to be compared. */
const negligible = 100;
/** What is over by more, in milliseconds, no busy machine explains. */
const beyondDoubt = 2_000;

/**
 * Milliseconds by which ten times the length costs more than is right for work that is linear: 0 or less where it is.
 * A square would cost a hundred times as much. Counts this process's own time on the processor, not the clock, and takes
 * one good round of five: the machine may be busy.
 */
export async function excessOf(work: (length: number) => unknown, length: number): Promise<number> {
  const cost = async (size: number): Promise<number> => {
    const before = process.cpuUsage();
    await work(size);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  for (let round = 1; ; round++) {
    const allowed = Math.max((await cost(length)) * 40, negligible);
    const excess = (await cost(length * 10)) - allowed;
    if (excess <= 0 || excess > beyondDoubt || round === 5) return excess;
  }
}
