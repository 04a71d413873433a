import { execFileSync, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, readlinkSync, rmdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { namespaceTypes } from "../../../extension/core/namespaces.ts";
import { because, whyNotRoot } from "../../support/skipped.ts";
import { cgroupRoot, inShell, OwnPod, readers } from "./own-pod.ts";

// The script in the shells that nodes have, against processes in Linux namespaces of their own and a cgroup like a
// pod's. Needs root on Linux; the runner says so where it has to leave it out.

const ids = { shell: "1a".repeat(32), hostile: "2b".repeat(32), quiet: "3c".repeat(32) };
const pod = new OwnPod();

let shellPid: number;
let hostilePid: number;
const hostileName = "a) S 1\n#end (";

beforeAll(async () => {
  if (whyNotRoot !== undefined) return;
  shellPid = await pod.start(
    ids.shell,
    ...["unshare", "--net", "--ipc", "--uts", "sh", "-c", "echo up; sleep 600 & exec sleep 601"],
  );
  // A process that chooses its own comm and arguments, as an attacker would.
  hostilePid = await pod.start(
    ids.hostile,
    "unshare",
    "--mount",
    process.execPath,
    "-e",
    `require("fs").writeFileSync("/proc/self/comm", ${JSON.stringify(hostileName)}); console.log("up"); setTimeout(() => {}, 6e5);`,
    "\n/proc/1/cmdline:forged",
    "#end",
  );
});

afterAll(async () => {
  await pod.stop();
});

describe.skipIf(whyNotRoot !== undefined).each(readers)(`in %s${because(whyNotRoot)}`, (_name, reader) => {
  test("every link is the kernel's", () => {
    const scan = pod.scan(reader);
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
    expect(main?.cgroup).toMatchObject({ podUid: pod.uid, containerId: ids.shell });
    expect(main?.namespaces.net).not.toEqual(scan.host.namespaces.net);
    expect(main?.nspids).toEqual([shellPid]);
    expect(scan.bootId).toBe(readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim());
  });

  test("the node's own links are known, whether or not PID 1 shows its own", () => {
    const { host } = pod.scan(reader);
    for (const type of namespaceTypes) {
      const reading = host.namespaces[type];
      expect(reading.status === "read" && `${type}:[${reading.inode}]`).toBe(
        readlinkSync(`/proc/2/ns/${type}`),
      );
    }
  });

  test("a hostile comm comes through as it is and forges nothing", () => {
    const scan = pod.scan(reader);
    const found = scan.processes.find(({ pid }) => pid === hostilePid);
    expect(found?.comm).toBe(hostileName);
    expect(found?.cgroup.containerId).toBe(ids.hostile);
    expect(found?.argv.slice(0, 2)).toEqual([process.execPath, "-e"]);
    expect(found?.argv.at(-1)).toBe("#end");
    expect(scan.processes.every(({ argv }) => argv[0] !== "forged")).toBe(true);
  });

  test("a zombie, which has left the cgroup's list, is seen through its parent", async () => {
    // The shell becomes a program that never waits for the child it started.
    const parent = await pod.start(
      ids.quiet,
      ...["unshare", "--uts", "sh", "-c", "sleep 0.2 & echo up; exec sleep 600"],
    );
    const seen = (): void => {
      const zombie = pod.scan(reader).processes.find(({ ppid, state }) => ppid === parent && state === "Z");
      expect(zombie).toMatchObject({
        cgroup: { containerId: ids.quiet },
        namespaces: { net: { status: "gone" } },
      });
    };
    await vi.waitFor(seen, { timeout: 10_000 });
  });

  test("a pod that is not there is found nowhere", () => {
    expect(pod.scan(reader, [], randomUUID())).toMatchObject({
      foundBy: "nothing",
      processes: [],
      raced: [],
    });
  });

  test("outside every known layout the pod is found by looking at the whole node", () => {
    const id = "4d".repeat(32);
    const directory = path.join(cgroupRoot, `strange-${pod.uid}`, id);
    mkdirSync(directory, { recursive: true });
    const child = spawn("sleep", ["600"]);
    try {
      writeFileSync(path.join(directory, "cgroup.procs"), String(child.pid));
      const scan = pod.scan(reader, [id], randomUUID());
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
    const scan = pod.scan(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", ...inShell]);
    expect(scan.readerUid).toBe(65534);
    const process = scan.processes.find(({ pid }) => pid === shellPid);
    expect(process?.namespaces.net.status).toBe("denied");
    expect(process?.cgroup.containerId).toBe(ids.shell);
    expect(scan.host.source).toBe("nobody");
  },
);
