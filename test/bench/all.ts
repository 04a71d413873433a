/**
 * Runs every scenario in a process of its own, prints all rows beside those of the baseline, and writes them to
 * bench.json: `npm run bench [-- SCENARIO...]`. `npm run bench -- --baseline` makes the new rows the baseline.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { changeOf, readRows, writeRows } from "./rows-file.ts";
import { lineOf, type Row } from "./row.ts";

const scenarios = ["extension", "node", "cluster", "fleet"];
const baselineFile = path.join(import.meta.dirname, "baseline.json");

const { values, positionals } = parseArgs({
  options: { baseline: { type: "boolean" } },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !scenarios.includes(name));
if (unknown.length > 0) {
  console.error(`There is no scenario ${unknown.join(", ")}: there are ${scenarios.join(", ")}.`);
  process.exit(2);
}

const folder = mkdtempSync(path.join(tmpdir(), "bench-"));
const rows: Row[] = [];
const failed: string[] = [];
try {
  for (const name of positionals.length > 0 ? positionals : scenarios) {
    console.log(`\n=== ${name}`);
    const file = path.join(folder, `${name}.json`);
    const { status } = spawnSync(
      process.execPath,
      ["--expose-gc", path.join(import.meta.dirname, `${name}.ts`)],
      {
        stdio: "inherit",
        env: { ...process.env, BENCH_ROWS: file },
      },
    );
    if (status === 0) rows.push(...readRows(readFileSync(file, "utf8")));
    else failed.push(name);
  }
} finally {
  rmSync(folder, { recursive: true });
}

const baseline = new Map(readRows(readFileSync(baselineFile, "utf8")).map((one) => [one.id, one]));
console.log(`\n=== all, on ${cpus().length} cores (${cpus()[0]?.model ?? "unknown"})`);
for (const one of rows) {
  const before = baseline.get(one.id);
  console.log(`${lineOf(one)}${before === undefined ? "  new" : changeOf(before, one)}`);
}
const missed = rows.filter(({ met }) => met === false);
console.log(
  `\n${rows.length} rows, ${missed.length} of them miss their goal: ${missed.map(({ id }) => id).join(", ") || "none"}`,
);
writeFileSync("bench.json", writeRows(rows));
if (values.baseline === true) writeFileSync(baselineFile, writeRows(rows));
if (failed.length > 0) {
  console.error(`These scenarios failed: ${failed.join(", ")}`);
  process.exitCode = 1;
}
