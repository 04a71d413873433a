// What one reading of a whole node costs, beside lsns(8) on the same processes, in one run: medians and their ratio.
//   node test/bench/node-probe.ts [PROCESSES, default 3000]      needs root on Linux
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { nodeProbe } from "../../extension/core/probe/node-probe.ts";

const extra = Number(process.argv[2] ?? 3000);
const rounds = 7;

/** Runs a program, and gives its median duration in milliseconds with what it printed last. */
function measure(argv: readonly string[], input: string): { milliseconds: number; stdout: string } {
  const [program = "", ...args] = argv;
  const times: number[] = [];
  let stdout = "";
  for (let round = 0; round < rounds; round++) {
    const begun = performance.now();
    stdout = spawnSync(program, args, { input, encoding: "utf8", maxBuffer: 1 << 28 }).stdout;
    times.push(performance.now() - begun);
  }
  return { milliseconds: times.toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN, stdout };
}

// Every tenth in Linux namespaces of its own, as containers are.
const crowd = spawn(
  "sh",
  [
    "-c",
    `i=0; while [ $i -lt ${extra} ]; do
      if [ $((i % 10)) -eq 0 ]; then unshare --net --ipc --uts --mount sleep 600 & else sleep 600 & fi; i=$((i+1)); done
    echo up; wait`,
  ],
  { stdio: ["ignore", "pipe", "ignore"], detached: true },
);
try {
  await once(crowd.stdout, "data");
  // The last of them have yet to become `sleep`.
  await setTimeout(3000);
  const probe = nodeProbe();
  const node = measure(probe.argv, probe.stdin);
  const lsns = measure(["lsns", "-n", "-r", "-o", "NS,TYPE,PNS,ONS,NPROCS"], "");
  const begun = performance.now();
  const scan = probe.parse(node.stdout);
  const parsing = performance.now() - begun;
  const inodes = new Set(
    scan.processes.flatMap(({ namespaces }) =>
      Object.values(namespaces).flatMap((reading) => (reading.status === "read" ? [reading.inode] : [])),
    ),
  );
  console.log(`${scan.processes.length} processes in ${inodes.size} Linux namespaces; medians of ${rounds}`);
  console.log(
    `node probe: ${node.milliseconds.toFixed(0)} ms, ${(node.stdout.length / 1e6).toFixed(1)} MB, parsed in ${parsing.toFixed(0)} ms`,
  );
  console.log(`lsns: ${lsns.milliseconds.toFixed(0)} ms`);
  console.log(`ratio: ${(node.milliseconds / lsns.milliseconds).toFixed(2)}`);
} finally {
  // The crowd is one process group of our own making.
  if (crowd.pid !== undefined) process.kill(-crowd.pid, "SIGKILL");
  await once(crowd, "exit");
}
