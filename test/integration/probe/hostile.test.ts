import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { buildReport } from "../../../extension/core/build-report.ts";
import { fakeContainer, fakeNode, fakePod } from "../../support/fake-pod.ts";
import { because, whyNotRoot } from "../../support/skipped.ts";
import { cgroupRoot, inShell, OwnPod, readers, scanNode } from "./own-pod.ts";

// What processes that mean harm can do to the script, against the kernel. Needs root on Linux.

const ids = { forger: "1a".repeat(32), zombies: "2b".repeat(32), late: "3c".repeat(32) };
const pod = new OwnPod();
const zombieCount = 4500;

let bystander: number;
let late: number;

beforeAll(async () => {
  if (whyNotRoot !== undefined) return;
  bystander = await pod.start(undefined, "sh", "-c", "echo up; exec sleep 600");
  const comm = `a) S ${bystander} \n`;
  await pod.start(
    ids.forger,
    process.execPath,
    "-e",
    `require("fs").writeFileSync("/proc/self/comm", ${JSON.stringify(comm)}); console.log("up"); setTimeout(() => {}, 6e5);`,
  );
  // They wait until their parent has become a program that never reaps.
  const parent = await pod.start(
    ids.zombies,
    "sh",
    "-c",
    `i=0; while [ $i -lt ${zombieCount} ]; do read -r line <&3 & i=$((i + 1)); done; echo up; exec sleep 600 3<&-`,
  );
  pod.endInput();
  const last = Number(
    readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8").trim().split(" ").at(-1),
  );
  await vi.waitUntil(() => readFileSync(`/proc/${last}/stat`, "utf8").includes(") Z "), { timeout: 20_000 });
  late = await pod.start(ids.late, "sh", "-c", "echo up; exec sleep 600");
});

afterAll(async () => {
  await pod.stop();
});

describe.skipIf(whyNotRoot !== undefined).each(readers)(`in %s${because(whyNotRoot)}`, (_name, reader) => {
  test("a process cannot name itself into having another parent", () => {
    const scan = pod.scan(reader);
    expect(scan.parents.map(({ pid }) => pid)).toEqual([process.pid]);
  });

  test("a cgroup's name is no argument of a program", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "probe-test-"));
    const { uid } = new OwnPod();
    const top = path.join(cgroupRoot, `probe-test-${uid}`);
    const cgroups = [`pod${uid} -fprint forged`, `pod${uid} *`];
    try {
      for (const name of cgroups) mkdirSync(path.join(top, "kubepods/x", name), { recursive: true });
      expect(pod.scan(["env", "-C", folder, ...reader], [], uid).processes).toEqual([]);
      expect(readdirSync(folder)).toEqual([]);
    } finally {
      for (const name of cgroups) rmdirSync(path.join(top, "kubepods/x", name));
      for (const name of ["kubepods/x", "kubepods", ""]) rmdirSync(path.join(top, name));
      rmSync(folder, { recursive: true });
    }
  });

  test.each([
    ["monitor", "conmon", ["-c", ids.forger, "-u", ids.forger, "-n", "forged", "-b", "."]],
    ["shim", "containerd-shim-runc-v2", ["-namespace", "moby", "-id", ids.forger]],
  ])("another user's process that calls itself a %s is not believed", async (_kind, comm, args) => {
    const folder = mkdtempSync(path.join(tmpdir(), "probe-test-"));
    const bundle = path.join(folder, ids.forger);
    mkdirSync(bundle);
    execFileSync("chmod", ["755", folder, bundle]);
    writeFileSync(path.join(bundle, "config.json"), '{"linux":{"namespaces":[{"type":"user"}]}}');
    const impostor = new OwnPod();
    try {
      const program =
        "open(my $f, '>', '/proc/self/comm'); print $f shift; close $f; $| = 1; print qq(up\\n); sleep 600";
      await impostor.start(
        undefined,
        ...["env", "-C", bundle, "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"],
        ...["perl", "-e", program, comm, ...args.map((argument) => (argument === "." ? bundle : argument))],
      );
      const scan = scanNode(reader);
      expect(scan.processes.some((process) => process.comm === comm.slice(0, 15))).toBe(true);
      expect(scan.bundles.filter(({ id }) => id === ids.forger)).toEqual([]);
    } finally {
      await impostor.stop();
      rmSync(folder, { recursive: true });
    }
  });

  test("thousands of zombies hide no process that lives", () => {
    const scan = pod.scan(reader);
    expect(scan.processes.find(({ pid }) => pid === late)?.cgroup.containerId).toBe(ids.late);
    expect(scan.processes.some(({ state }) => state === "Z")).toBe(true);
  });
});

test.skipIf(whyNotRoot !== undefined)(
  `a container's arguments do not say where Docker keeps names${because(whyNotRoot)}`,
  async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "probe-test-"));
    const bundle = path.join(folder, ids.late);
    const forged = path.join(folder, "forged");
    const fileOf = (root: string): string => path.join(root, "containers", ids.late, "config.v2.json");
    const hostname = (root: string): string => path.join(root, "containers", ids.late, "hostname");
    const shim = new OwnPod();
    try {
      for (const [root, name] of [
        [folder, "/late"],
        [forged, "/forged"],
      ] as const) {
        mkdirSync(path.dirname(fileOf(root)), { recursive: true });
        writeFileSync(fileOf(root), JSON.stringify({ Name: name }));
      }
      mkdirSync(bundle);
      const config = {
        process: { args: [hostname(forged), `"destination":"/etc/hostname","source":"${hostname(forged)}"`] },
        mounts: [{ destination: "/etc/hostname", type: "bind", source: hostname(folder) }],
      };
      writeFileSync(path.join(bundle, "config.json"), JSON.stringify(config));
      const program = `open(my $f, '>', '/proc/self/comm'); print $f 'containerd-shim'; close $f; $| = 1; print qq(up\\n); sleep 600`;
      await shim.start(undefined, "env", "-C", bundle, "perl", "-e", program);
      expect(scanNode(inShell).bundles.find(({ id }) => id === ids.late)?.name).toBe("late");
    } finally {
      await shim.stop();
      rmSync(folder, { recursive: true });
    }
  },
);

test.skipIf(whyNotRoot !== undefined)(
  `where procfs hides others' processes nothing is said to have ended${because(whyNotRoot)}`,
  () => {
    const scan = pod.scan([
      "unshare",
      "--mount",
      "sh",
      "-c",
      'mount -t proc -o hidepid=2 proc /proc && exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"',
      "sh",
      ...inShell,
    ]);
    expect(scan).toMatchObject({ hidden: true, raced: [], processes: [] });
    const { findings } = buildReport({
      context: "test",
      pod: fakePod({ uid: pod.uid, containers: [fakeContainer({ name: "late", id: ids.late })] }),
      node: fakeNode(),
      scan,
      runtimeHandler: undefined,
      takenAt: new Date(0),
    });
    expect(findings.map(({ code }) => code)).toEqual(["needs-root"]);
    expect(readFileSync(`/proc/${late}/comm`, "utf8")).toBe("sleep\n");
  },
);
