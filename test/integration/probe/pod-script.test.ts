import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readlinkSync, rmdirSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { namespaceTypes } from "../../../extension/core/namespaces.ts";
import { podProbe } from "../../../extension/core/probe/pod-probe.ts";
import type { NodeScan } from "../../../extension/core/scan.ts";
import { because, whyNotRoot } from "../../support/skipped.ts";

// The script in the shells that nodes have, against processes in Linux namespaces of their own and a cgroup like a
// pod's. Needs root on Linux; the runner says so where it has to leave it out.

const uid = randomUUID();
const ids = { shell: "1a".repeat(32), hostile: "2b".repeat(32), quiet: "3c".repeat(32) };
const cgroupRoot = ["/sys/fs/cgroup/systemd", "/sys/fs/cgroup"].find((root) =>
  existsSync(path.join(root, "cgroup.procs")),
);
// Below a root of its own, as a node in a container has it: a kubelet on this machine would end what it does not know.
const root = path.join(cgroupRoot ?? "/nowhere", `probe-test-${uid}`);
const pod = path.join(root, "kubepods/besteffort", `pod${uid}`);
const started: ChildProcess[] = [];

/** Starts a program in new Linux namespaces, in a container's cgroup of the pod; resolves once it runs. */
async function start(id: string, program: readonly string[], namespaces: readonly string[]): Promise<number> {
  const directory = path.join(pod, id);
  mkdirSync(directory, { recursive: true });
  // `echo $$` moves the shell itself, then it becomes the program: the PID stays.
  const child = spawn(
    "sh",
    ["-c", 'echo $$ >"$0/cgroup.procs"; exec unshare "$@"', directory, ...namespaces, "--", ...program],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  started.push(child);
  await once(child.stdout, "data");
  return child.pid ?? 0;
}

function run(shell: readonly string[], podUid = uid, containerIds: readonly string[] = []): NodeScan {
  const probe = podProbe({ uid: podUid, containerIds, pins: true, elevation: "never" });
  const [program = "sh", ...first] = shell;
  const result = spawnSync(program, [...first, ...probe.argv.slice(1)], {
    input: probe.stdin,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  expect(result.status, result.stderr).toBe(0);
  return probe.parse(result.stdout);
}

const shells: [string, string[]][] = [
  ["dash", ["dash"]],
  ["bash", ["bash"]],
  ["BusyBox", ["busybox", "sh"]],
];

let shellPid: number;
let hostilePid: number;
const hostileName = "a) S 1\n#end (";

beforeAll(async () => {
  if (whyNotRoot !== undefined) return;
  shellPid = await start(
    ids.shell,
    ["sh", "-c", "echo up; sleep 600 & exec sleep 601"],
    ["--net", "--ipc", "--uts"],
  );
  // A process that chooses its own comm and arguments, as an attacker would.
  hostilePid = await start(
    ids.hostile,
    [
      process.execPath,
      "-e",
      `require("fs").writeFileSync("/proc/self/comm", ${JSON.stringify(hostileName)}); console.log("up"); setTimeout(() => {}, 6e5);`,
      "\n/proc/1/cmdline:forged",
      "#end",
    ],
    ["--mount"],
  );
});

afterAll(async () => {
  if (whyNotRoot !== undefined) return;
  for (const child of started) {
    const ended = once(child, "exit");
    // The whole cgroup would be the container's way to go; here every process is known.
    for (const pid of pidsBelow(child.pid ?? 0)) process.kill(pid, "SIGKILL");
    await ended;
  }
  for (const id of Object.values(ids)) if (existsSync(path.join(pod, id))) rmdirSync(path.join(pod, id));
  for (const directory of [pod, path.join(root, "kubepods/besteffort"), path.join(root, "kubepods"), root]) {
    rmdirSync(directory);
  }
});

function pidsBelow(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
    .trim()
    .split(" ")
    .filter(Boolean);
  return [...children.flatMap((child) => pidsBelow(Number(child))), pid];
}

describe.skipIf(whyNotRoot !== undefined).each(shells)(`in %s${because(whyNotRoot)}`, (_name, shell) => {
  test("every link is the kernel's", () => {
    const scan = run(shell);
    expect(scan.foundBy).toBe("cgroup");
    expect(scan.processes.length).toBeGreaterThanOrEqual(3);
    for (const process of scan.processes.filter(({ state }) => state !== "Z")) {
      for (const type of namespaceTypes) {
        const reading = process.namespaces[type];
        expect(`${type}:[${reading.status === "read" ? reading.inode : reading.status}]`).toBe(
          readlinkSync(`/proc/${process.pid}/ns/${type}`),
        );
      }
    }
    const main = scan.processes.find(({ pid }) => pid === shellPid);
    expect(main?.cgroup).toEqual({ podUid: uid, containerId: ids.shell });
    expect(main?.namespaces.net).not.toEqual(scan.host.namespaces.net);
    expect(main?.nspids).toEqual([shellPid]);
    expect(scan.bootId).toBe(readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim());
  });

  test("the node's own links are known, whether or not PID 1 shows its own", () => {
    const { host } = run(shell);
    for (const type of namespaceTypes) {
      const reading = host.namespaces[type];
      expect(reading.status === "read" && `${type}:[${reading.inode}]`).toBe(
        readlinkSync(`/proc/2/ns/${type}`),
      );
    }
  });

  test("a hostile comm comes through as it is and forges nothing", () => {
    const scan = run(shell);
    const found = scan.processes.find(({ pid }) => pid === hostilePid);
    expect(found?.comm).toBe(hostileName);
    expect(found?.cgroup.containerId).toBe(ids.hostile);
    expect(found?.argv.slice(0, 2)).toEqual([process.execPath, "-e"]);
    expect(found?.argv.at(-1)).toBe("#end");
    expect(scan.processes.every(({ argv }) => argv[0] !== "forged")).toBe(true);
  });

  test("a zombie, which has left the cgroup's list, is seen through its parent", async () => {
    // The shell becomes a program that never waits for the child it started.
    const parent = await start(ids.quiet, ["sh", "-c", "sleep 0.2 & echo up; exec sleep 600"], ["--uts"]);
    const seen = (): void => {
      const zombie = run(shell).processes.find(({ ppid, state }) => ppid === parent && state === "Z");
      expect(zombie).toMatchObject({
        cgroup: { containerId: ids.quiet },
        namespaces: { net: { status: "gone" } },
      });
    };
    await vi.waitFor(seen, { timeout: 10_000 });
  });

  test("a pod that is not there is found nowhere", () => {
    expect(run(shell, randomUUID())).toMatchObject({ foundBy: "nothing", processes: [], raced: [] });
  });

  test("outside every known layout the pod is found by looking at the whole node", () => {
    const id = "4d".repeat(32);
    const directory = path.join(cgroupRoot ?? "", `strange-${uid}`, id);
    mkdirSync(directory, { recursive: true });
    const child = spawn("sleep", ["600"]);
    try {
      writeFileSync(path.join(directory, "cgroup.procs"), String(child.pid));
      const scan = run(shell, randomUUID(), [id]);
      expect(scan.foundBy).toBe("node");
      expect(scan.processes.map(({ pid }) => pid)).toEqual([child.pid]);
    } finally {
      child.kill("SIGKILL");
      for (
        let tries = 0;
        tries < 100 && readFileSync(path.join(directory, "cgroup.procs"), "utf8") !== "";
        tries++
      ) {
        execFileSync("sleep", ["0.02"]);
      }
      rmdirSync(directory);
      rmdirSync(path.dirname(directory));
    }
  });
});

test.skipIf(whyNotRoot !== undefined)(
  `a reader that is not root is told what is denied, and reads the rest${because(whyNotRoot)}`,
  () => {
    const scan = run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "sh"]);
    expect(scan.readerUid).toBe(65534);
    const process = scan.processes.find(({ pid }) => pid === shellPid);
    expect(process?.namespaces.net.status).toBe("denied");
    expect(process?.cgroup.containerId).toBe(ids.shell);
    expect(scan.host.source).toBe("nobody");
  },
);
