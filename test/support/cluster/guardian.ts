import { withFileLock } from "./file-lock.ts";
import { lockFileOf, readRecord } from "./instance-record.ts";
import { sweep } from "./sweep.ts";

// Runs beside a bench, its standard input a pipe from the bench's owner. The end of that pipe, by the owner's wish or
// by its death, is the signal to clean up.
const [, , directory] = process.argv;
if (directory === undefined) throw new Error("usage: guardian.ts FOLDER");
const owner = readRecord(directory)?.owner;
process.stdin.resume();
process.stdin.once("close", () => {
  void withFileLock(lockFileOf(directory), async () => {
    const now = readRecord(directory)?.owner;
    // Somebody else may have swept this place and taken it over.
    if (now?.pid === owner?.pid && now?.startTime === owner?.startTime) await sweep(directory);
  });
});
