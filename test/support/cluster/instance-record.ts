import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isAlive, type ProcessIdentity } from "./process-identity.ts";

/** What a bench writes into its folder at the start, for whoever has to clean up after it. */
export interface InstanceRecord {
  readonly owner: ProcessIdentity;
  /** Name of the CNI network and of its bridge. */
  readonly network: string;
}

const fileName = "instance.json";

export function recordPath(directory: string): string {
  return join(directory, fileName);
}

/** undefined when the folder is no bench's, or one that never came to be. */
export function readRecord(directory: string): InstanceRecord | undefined {
  try {
    // Written by ourselves, in a folder that only this user can write.
    return JSON.parse(readFileSync(recordPath(directory), "utf8")) as InstanceRecord;
  } catch {
    return undefined;
  }
}

export function ownerIsAlive(directory: string): boolean {
  const record = readRecord(directory);
  return record !== undefined && isAlive(record.owner);
}

/** The file whose lock serialises claims, sweeps and the choice of a cgroup, given a bench's folder. */
export function lockFileOf(directory: string): string {
  return join(directory, "..", "lock");
}
