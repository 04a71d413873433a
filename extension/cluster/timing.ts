/** Time and chance, as ports: tests turn the hands themselves. */
export interface Timing {
  /** Calls back once after this many milliseconds; the function returned cancels. */
  after(ms: number, callback: () => void): () => void;
  /** Evenly spread, 0 <= x < 1. */
  random(): number;
}

export const systemTiming: Timing = {
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
  random: Math.random,
};
