import { command } from "../../support/cluster/command.ts";

/** Processes in each namespace, by `type:inode`. */
export type Counts = ReadonlyMap<string, number>;

/** What util-linux's lsns counts on this machine. */
export async function countedByLsns(): Promise<Counts> {
  const text = await command("lsns", ["--noheadings", "--raw", "--output", "NS,TYPE,NPROCS"]);
  const rows = text.split("\n").filter((line) => line !== "");
  return new Map(
    rows.map((line) => {
      const [inode = "", type = "", processes = ""] = line.split(" ");
      return [`${type}:${inode}`, Number(processes)];
    }),
  );
}
