import type { ProcessScan } from "../scan.ts";

/** What a reading says of one process itself, apart from what other sections say of it. */
export type ReadProcess = Omit<ProcessScan, "argv" | "isRuntime" | "threads">;

/** The processes of one reading. */
export interface ReadProcesses {
  /** Those that stayed what they are while they were read, by PID. */
  readonly whole: ReadonlyMap<number, ReadProcess>;
  /** Whether procfs showed this process to the reader at all. */
  readonly wasShown: (pid: number) => boolean;
}
