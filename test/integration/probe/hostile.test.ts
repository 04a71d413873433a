import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { buildReport } from "../../../extension/core/build-report.ts";
import { podProbe } from "../../../extension/core/probe/pod-probe.ts";
import type { NodeScan } from "../../../extension/core/scan.ts";
import { fakeContainer, fakeNode, fakePod } from "../../support/fake-pod.ts";
import { because, whyNotRoot } from "../../support/skipped.ts";

// What processes that mean harm can do to the script, against the kernel. Needs root on Linux.

const uid = randomUUID();
const ids = { forger: "1a".repeat(32), zombies: "2b".repeat(32), late: "3c".repeat(32) };
const cgroupRoot = ["/sys/fs/cgroup/systemd", "/sys/fs/cgroup"].find((root) =>
  existsSync(path.join(root, "cgroup.procs")),
);
const root = path.join(cgroupRoot ?? "/nowhere", `hostile-test-${uid}`);
const pod = path.join(root, "kubepods/besteffort", `pod${uid}`);
const started: ChildProcess[] = [];
const zombieCount = 4500;

/** Starts a program in a container's cgroup of the pod, or outside of it; resolves once it says so. */
async function start(id: string | undefined, ...program: readonly string[]): Promise<number> {
  const directory = path.join(pod, id ?? "");
  if (id !== undefined) mkdirSync(directory, { recursive: true });
  const enter = id === undefined ? "" : 'echo $$ >"$0/cgroup.procs"; ';
  const child = spawn("sh", ["-c", `${enter}exec "$@" 3<&0`, directory, ...program], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  started.push(child);
  await once(child.stdout, "data");
  return child.pid ?? 0;
}

function run(shell: readonly string[]): NodeScan {
  const probe = podProbe({ uid, containerIds: [], pins: false, elevation: "never" });
  const [program = "sh", ...first] = shell;
  const result = spawnSync(program, [...first, ...probe.argv.slice(1)], {
    input: probe.stdin,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  expect(result.status, result.stderr).toBe(0);
  return probe.parse(result.stdout);
}

let bystander: number;
let late: number;

beforeAll(async () => {
  if (whyNotRoot !== undefined) return;
  bystander = await start(undefined, "sh", "-c", "echo up; exec sleep 600");
  const comm = `a) S ${bystander} \n`;
  await start(
    ids.forger,
    process.execPath,
    "-e",
    `require("fs").writeFileSync("/proc/self/comm", ${JSON.stringify(comm)}); console.log("up"); setTimeout(() => {}, 6e5);`,
  );
  // They wait until their parent has become a program that never reaps.
  const parent = await start(
    ids.zombies,
    "sh",
    "-c",
    `i=0; while [ $i -lt ${zombieCount} ]; do read -r line <&3 & i=$((i + 1)); done; echo up; exec sleep 600 3<&-`,
  );
  started.at(-1)?.stdin?.end();
  const last = Number(
    readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8").trim().split(" ").at(-1),
  );
  await vi.waitUntil(() => readFileSync(`/proc/${last}/stat`, "utf8").includes(") Z "), { timeout: 20_000 });
  late = await start(ids.late, "sh", "-c", "echo up; exec sleep 600");
});

afterAll(async () => {
  if (whyNotRoot !== undefined) return;
  for (const child of started) {
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }
  for (const name of existsSync(pod) ? readdirSync(pod) : []) {
    if (Object.values(ids).includes(name)) rmdirSync(path.join(pod, name));
  }
  for (const directory of [pod, path.join(root, "kubepods/besteffort"), path.join(root, "kubepods"), root]) {
    rmdirSync(directory);
  }
});

describe.skipIf(whyNotRoot !== undefined).each([
  ["dash", ["dash"]],
  ["bash", ["bash"]],
  ["BusyBox", ["busybox", "sh"]],
] as const)(`in %s${because(whyNotRoot)}`, (_name, shell) => {
  test("a process cannot name itself into having another parent", () => {
    const scan = run(shell);
    expect(scan.parents.map(({ pid }) => pid)).toEqual([process.pid]);
  });

  test("thousands of zombies hide no process that lives", () => {
    const scan = run(shell);
    expect(scan.processes.find(({ pid }) => pid === late)?.cgroup.containerId).toBe(ids.late);
    expect(scan.processes.some(({ state }) => state === "Z")).toBe(true);
  });
});

test.skipIf(whyNotRoot !== undefined)(
  `where procfs hides others' processes nothing is said to have ended${because(whyNotRoot)}`,
  () => {
    const scan = run([
      "unshare",
      "--mount",
      "sh",
      "-c",
      'mount -t proc -o hidepid=2 proc /proc && exec setpriv --reuid=65534 --regid=65534 --clear-groups sh "$@"',
      "sh",
    ]);
    expect(scan).toMatchObject({ hidden: true, raced: [], processes: [] });
    const { findings } = buildReport({
      context: "test",
      pod: fakePod({ uid, containers: [fakeContainer({ name: "late", id: ids.late })] }),
      node: fakeNode(),
      scan,
      runtimeHandler: undefined,
      takenAt: new Date(0),
    });
    expect(findings.map(({ code }) => code)).toEqual(["needs-root"]);
    expect(readFileSync(`/proc/${late}/comm`, "utf8")).toBe("sleep\n");
  },
);
