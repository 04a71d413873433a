import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { buildReport } from "../../../extension/core/build-report.ts";
import { fakeContainer, fakeNode, fakePod } from "../../support/fake-pod.ts";
import { because, whyNotRoot } from "../../support/skipped.ts";
import { OwnPod, shells } from "./own-pod.ts";

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

describe.skipIf(whyNotRoot !== undefined).each(shells)(`in %s${because(whyNotRoot)}`, (_name, shell) => {
  test("a process cannot name itself into having another parent", () => {
    const scan = pod.scan(shell);
    expect(scan.parents.map(({ pid }) => pid)).toEqual([process.pid]);
  });

  test("thousands of zombies hide no process that lives", () => {
    const scan = pod.scan(shell);
    expect(scan.processes.find(({ pid }) => pid === late)?.cgroup.containerId).toBe(ids.late);
    expect(scan.processes.some(({ state }) => state === "Z")).toBe(true);
  });
});

test.skipIf(whyNotRoot !== undefined)(
  `where procfs hides others' processes nothing is said to have ended${because(whyNotRoot)}`,
  () => {
    const scan = pod.scan([
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
