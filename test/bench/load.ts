/**
 * How long the extension's code takes to load in a fresh process, and whether what is heavy stays away: run it with
 * `node test/bench/load.ts` after `npm run package`.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import * as z from "zod/mini";

const BUNDLE = join(import.meta.dirname, "../../dist/extension.cjs");

/**
 * In the fresh process: `vscode` is a stub that can be read and called in any way, so that only loading is measured; and
 * what the extension host itself has loaded of Node.js, for its own connections, is there.
 */
const SCRIPT = `
  for (const name of ["http", "https", "net", "tls", "crypto", "fs/promises", "os", "child_process"])
    require("node:" + name);
  const Module = require("node:module");
  const stub = new Proxy(function () {}, {
    get: (_target, key) => (key === Symbol.toPrimitive ? () => "" : stub),
    apply: () => stub,
    construct: () => stub,
  });
  const load = Module._load;
  Module._load = (request, ...rest) => (request === "vscode" ? stub : load(request, ...rest));
  const started = process.hrtime.bigint();
  const { activate } = require(${JSON.stringify(BUNDLE)});
  const milliseconds = Number(process.hrtime.bigint() - started) / 1e6;
  if (typeof activate !== "function") throw new Error("the bundle exports no activate");
  console.log(JSON.stringify({ milliseconds, files: Object.keys(require.cache) }));
`;

const answerSchema = z.object({ milliseconds: z.number(), files: z.array(z.string()) });

export interface LoadTime {
  /** Median over all processes. */
  readonly milliseconds: number;
  /** Files that were loaded, absolute. */
  readonly files: readonly string[];
}

/** Loads the bundle in as many fresh processes, one after the other. */
export async function measureLoad(processes: number): Promise<LoadTime> {
  const answers: LoadTime[] = [];
  for (let count = 0; count < processes; count += 1) {
    const { stdout } = await promisify(execFile)(process.execPath, ["--eval", SCRIPT]);
    answers.push(answerSchema.parse(JSON.parse(stdout)));
  }
  const median = answers.toSorted((a, b) => a.milliseconds - b.milliseconds)[Math.floor(processes / 2)];
  if (median === undefined) {
    throw new Error("At least one process is needed.");
  }
  return median;
}

if (import.meta.main) {
  const { milliseconds, files } = await measureLoad(11);
  console.log(`${milliseconds.toFixed(1)} ms, of files: ${files.join(", ")}`);
}
