// What one reading costs on a node with few processes and on one with many, in one run: medians and their ratio.
//   node test/bench/pod-probe.ts [PROCESSES, default 2000]      needs root on Linux
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { podProbe } from "../../extension/core/probe/pod-probe.ts";

const extra = Number(process.argv[2] ?? 2000);
const rounds = 15;
const uid = randomUUID();
const hierarchy = ["/sys/fs/cgroup/systemd", "/sys/fs/cgroup"].find((root) =>
  existsSync(path.join(root, "cgroup.procs")),
);
if (hierarchy === undefined) throw new Error("no cgroup hierarchy to write to: run as root on Linux");

const top = path.join(hierarchy, `bench-${uid}`);
const pod = path.join(top, "kubepods/besteffort", `pod${uid}`);
const containers = ["1a", "2b", "3c"].map((digits) => path.join(pod, digits.repeat(32)));
const started: ChildProcess[] = [];

const countProcesses = (): number => readdirSync("/proc").filter((name) => /^\d+$/.test(name)).length;

function medianMilliseconds(podUid: string): { median: number; found: string; processes: number } {
  const probe = podProbe({ uid: podUid, containerIds: [] });
  const [program = "sh", ...args] = probe.argv;
  const times: number[] = [];
  let scan = undefined;
  for (let round = 0; round < rounds; round++) {
    const begun = performance.now();
    const { stdout } = spawnSync(program, args, { input: probe.stdin, encoding: "utf8", maxBuffer: 1 << 28 });
    times.push(performance.now() - begun);
    scan = probe.parse(stdout);
  }
  const median = times.toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN;
  return { median, found: scan?.foundBy ?? "", processes: scan?.processes.length ?? 0 };
}

function tell(name: string, { median, found, processes }: ReturnType<typeof medianMilliseconds>): void {
  console.log(
    `${name}: ${median.toFixed(1)} ms (median of ${rounds}; ${countProcesses()} processes on the node; ` +
      `${processes} of the pod, found by ${found})`,
  );
}

try {
  for (const directory of containers) {
    mkdirSync(directory, { recursive: true });
    const child = spawn("sleep", ["600"], { stdio: "ignore" });
    started.push(child);
    writeFileSync(path.join(directory, "cgroup.procs"), String(child.pid));
  }
  const few = medianMilliseconds(uid);
  tell("few processes, by cgroup", few);
  const crowd = spawn(
    "sh",
    ["-c", `i=0; while [ $i -lt ${extra} ]; do sleep 600 & i=$((i+1)); done; echo up; wait`],
    {
      stdio: ["ignore", "pipe", "ignore"],
      detached: true,
    },
  );
  await once(crowd.stdout, "data");
  const many = medianMilliseconds(uid);
  tell("many processes, by cgroup", many);
  const fallback = medianMilliseconds(randomUUID());
  tell("many processes, whole node (the fallback, for a pod that is not there)", fallback);
  console.log(`ratio many/few: ${(many.median / few.median).toFixed(2)}`);
  // The crowd is one process group of our own making.
  if (crowd.pid !== undefined) process.kill(-crowd.pid, "SIGKILL");
  await once(crowd, "exit");
} finally {
  for (const child of started) {
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }
  for (const directory of [...containers, pod, path.dirname(pod), path.dirname(path.dirname(pod)), top]) {
    rmdirSync(directory);
  }
}
