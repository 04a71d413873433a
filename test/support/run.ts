/**
 * What `npm test` runs once the dependencies are there: every suite that this machine can run, then one line with the
 * total of all of them. `npm test -- unit e2e` runs these suites only; any other word selects test files by name.
 * With CI set nothing may be skipped: what is skipped there makes the run fail.
 */
import { spawnSync } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod/mini";
import { ensureKubernetesBinaries } from "./cluster/kubernetes-binaries.ts";
import { canInstall, installLine, installPackages, missingPackages } from "./packages.ts";

interface Total {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const root = join(import.meta.dirname, "../..");
const suites = ["check", "unit", "integration", "cluster", "e2e"] as const;
type SuiteName = (typeof suites)[number];

const vitestSchema = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  numTodoTests: z.number(),
  testResults: z.array(
    z.object({
      name: z.string(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
});

function runNode(script: string, parameters: readonly string[]): boolean {
  const options = { cwd: root, stdio: "inherit" } as const;
  return spawnSync(process.execPath, [join(root, script), ...parameters], options).status === 0;
}

function check(): Total {
  const good = runNode("build.mjs", ["check"]);
  return { passed: good ? 1 : 0, failed: good ? 0 : 1, skipped: 0 };
}

async function vitest(suite: SuiteName, filters: readonly string[]): Promise<Total> {
  const results = join(root, "test/output/results", `${suite}.json`);
  await rm(results, { force: true });
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${results}`];
  const selected = ["--project", suite, ...filters, ...(filters.length > 0 ? ["--passWithNoTests"] : [])];
  const config = join(root, "test/vitest.config.ts");
  const good = runNode("node_modules/vitest/vitest.mjs", [
    "run",
    "--config",
    config,
    ...selected,
    ...reporters,
  ]);
  const text = await readFile(results, "utf8").catch(() => undefined);
  if (text === undefined) {
    return { passed: 0, failed: good ? 0 : 1, skipped: 0 };
  }
  const report = vitestSchema.parse(JSON.parse(text));
  for (const { name, assertionResults } of report.testResults) {
    for (const { fullName, status } of assertionResults) {
      if (status !== "passed" && status !== "failed") {
        console.log(`Skipped: ${name.slice(root.length + 1)}: ${fullName}`);
      }
    }
  }
  return {
    passed: report.numPassedTests,
    // A file that does not load, or an error outside any test, has no test of its own that could fail.
    failed: good ? 0 : Math.max(1, report.numFailedTests),
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** Why this machine cannot run a suite, as a sentence for people; undefined when it can. Installs what it may. */
async function obstacle(suite: SuiteName): Promise<string | undefined> {
  if (suite === "check") return undefined;
  if (suite === "cluster" && (process.platform !== "linux" || process.getuid?.() !== 0)) {
    return "it starts a kubelet and makes Linux namespaces, which needs root on Linux";
  }
  const missing = missingPackages(suite);
  if (missing.length === 0) return undefined;
  if (canInstall() && (await installPackages(missing))) return undefined;
  return `system packages are missing; to install them: ${installLine(missing)}`;
}

async function runSuite(suite: SuiteName, filters: readonly string[]): Promise<Total> {
  console.log(`\n=== ${suite}`);
  const why = await obstacle(suite);
  if (why !== undefined) {
    console.log(`Skipped: the whole suite ${suite}: ${why}`);
    return { passed: 0, failed: 0, skipped: 1 };
  }
  // Here and not in a test's hook, whose time is limited: the first build takes minutes.
  if (suite === "cluster") await ensureKubernetesBinaries(console.log);
  return suite === "check" ? check() : vitest(suite, filters);
}

const words = process.argv.slice(2);
const named = suites.filter((suite) => words.includes(suite));
const filters = words.filter((word) => !suites.some((suite) => suite === word));
// A file's name says nothing about types, lint and format.
const chosen = named.length > 0 ? named : suites.filter((suite) => suite !== "check" || filters.length === 0);

const totals: Total[] = [];
for (const suite of chosen) {
  const started = Date.now();
  const total = await runSuite(suite, filters);
  totals.push(total);
  console.log(`${suite}: ${line(total)} (${Math.round((Date.now() - started) / 1000)} s)`);
}
const sum = (key: keyof Total): number => totals.reduce((whole, total) => whole + total[key], 0);
const all = { passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped") };
const inCi = (process.env["CI"] ?? "") !== "";
if (inCi && all.skipped > 0) console.log("\nUnder CI nothing may be skipped.");
console.log(`\n${line(all)}`);
process.exitCode = all.failed > 0 || all.passed === 0 || (inCi && all.skipped > 0) ? 1 : 0;

function line({ passed, failed, skipped }: Total): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
