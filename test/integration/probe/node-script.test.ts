import { execFileSync, spawnSync } from "node:child_process";
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { namespaceTypes } from "../../../extension/core/namespaces.ts";
import { nodeProbe } from "../../../extension/core/probe/node-probe.ts";
import { podProbe } from "../../../extension/core/probe/pod-probe.ts";
import { parseStat } from "../../../extension/core/procfs.ts";
import type { NodeScan } from "../../../extension/core/scan.ts";
import { because, whyNotRoot } from "../../support/skipped.ts";
import { inPerl, inShell, outputOf, OwnPod, readers, scanNode } from "./own-pod.ts";

// Both readers in Perl and in the shells that nodes have, against what keeps Linux namespaces alive and what is inside of them. Needs
// root on Linux; the runner says so where it has to leave it out.

const ids = { app: "1a".repeat(32), torn: "2b".repeat(32), user: "3c".repeat(32), told: "4d".repeat(32) };
const pod = new OwnPod();
const folder = mkdtempSync(path.join(tmpdir(), "probe-test-"));
const pin = path.join(folder, "pin");
const leftover = path.join(folder, "leftover");
const bundle = path.join(folder, ids.told, "userdata");
const secret = "a-secret-of-the-environment";

let app: number;
let torn: number;
let mapped: number;
let unmapped: number;
let keeper: number;
let told: number;

/** A namespace's inode, as the kernel says it of any link. */
function inodeAt(link: string): string {
  return /\[(\d+)\]$/.exec(readlinkSync(link))?.[1] ?? "";
}

function processOf(scan: NodeScan, pid: number): NodeScan["processes"][number] | undefined {
  return scan.processes.find((process) => process.pid === pid);
}

/** Threads of a program that has moved one of them: only a thread moves by unshare(2), not its process. */
const tornProgram = `use threads; use Config; $| = 1;
  my $unshare = $Config{archname} =~ /aarch64/ ? 97 : 272;
  threads->create(sub { syscall($unshare, 0x04000000) == 0 or die $!; print "up\\n"; sleep 600; });
  sleep 600;`;

/** What Podman starts beside a container, as far as a node can tell: it starts a process in the container's cgroup. */
const monitorProgram = `
  require("fs").writeFileSync("/proc/self/comm", "conmon");
  require("child_process").spawn("sh", ["-c", 'echo $$ >"$0"; echo up; exec sleep 600', process.argv[1]], { stdio: "inherit" });`;

beforeAll(async () => {
  if (whyNotRoot !== undefined) return;
  app = await pod.start(
    ids.app,
    "unshare",
    "--net",
    "--uts",
    "--pid",
    "--fork",
    "sh",
    "-c",
    "echo up; exec sleep 600",
  );
  torn = await pod.start(ids.torn, "perl", "-e", tornProgram);
  mapped = await pod.start(
    ids.user,
    ...["unshare", "--user", "--map-root-user", "sh", "-c", "echo up; exec sleep 600"],
  );
  unmapped = await pod.start(ids.user, "unshare", "--user", "sh", "-c", "echo up; exec sleep 600");
  keeper = await pod.start(
    undefined,
    ...["sh", "-c", 'exec 7<"$0"; echo up; exec sleep 600', `/proc/${app}/ns/net`],
  );
  writeFileSync(pin, "");
  writeFileSync(leftover, "");
  execFileSync("mount", ["--bind", `/proc/${app}/ns/net`, pin]);
  mkdirSync(bundle, { recursive: true });
  writeFileSync(
    path.join(bundle, "config.json"),
    JSON.stringify({
      process: { env: [`PASSWORD=${secret}`, 'X="namespaces":[{"type":"user"}]'] },
      annotations: { "io.container.manager": "libpod" },
      linux: { namespaces: [{ type: "pid" }, { type: "network", path: "/proc/7/ns/net" }] },
    }),
  );
  told = await pod.start(
    undefined,
    ...[process.execPath, "-e", monitorProgram, pod.procsOf(ids.told), "-c", ids.told, "-u", ids.told],
    ...["-b", bundle, "-n", "web"],
  );
});

afterAll(async () => {
  if (whyNotRoot === undefined) execFileSync("umount", [pin]);
  await pod.stop();
  rmSync(folder, { recursive: true });
});

describe.skipIf(whyNotRoot !== undefined).each(readers)(`in %s${because(whyNotRoot)}`, (_name, reader) => {
  test("a node's scan is every process, each link the kernel's", () => {
    const before = new Set(pidsNow());
    const scan = scanNode(reader);
    const after = new Set(pidsNow());
    expect(scan).toMatchObject({ scope: "node", foundBy: "node", parents: [], truncated: false });
    const seen = new Set([...scan.processes.map(({ pid }) => pid), ...scan.raced]);
    expect([...before].filter((pid) => after.has(pid) && !seen.has(pid))).toEqual([]);
    // Those that were there before the test's own: a process that starts may still move.
    const settled = scan.processes.filter(
      ({ startTicks, state }) => startTicks < startOf(app) && state !== "Z",
    );
    expect(settled.length).toBeGreaterThan(10);
    for (const { pid, startTicks, namespaces } of settled) {
      for (const type of namespaceTypes) {
        const reading = namespaces[type];
        const link = reading.status === "read" ? `${type}:[${reading.inode}]` : undefined;
        expect(link).toBe(linkOf(pid, startTicks, type, link));
      }
    }
    expect(processOf(scan, app)?.cgroup).toMatchObject({ podUid: pod.uid, containerId: ids.app });
  });

  test("a thread in another namespace than its process is found, and no thread of others", () => {
    const scan = pod.scan(reader);
    const elsewhere = readdirSync(`/proc/${torn}/task`)
      .filter((tid) => inodeAt(`/proc/${torn}/task/${tid}/ns/uts`) !== inodeAt(`/proc/${torn}/ns/uts`))
      .map((tid) => ({ tid: Number(tid), namespaces: { uts: inodeAt(`/proc/${torn}/task/${tid}/ns/uts`) } }));
    expect(elsewhere).toHaveLength(1);
    expect(processOf(scan, torn)?.threads).toEqual(elsewhere);
    expect(scan.processes.filter(({ threads }) => threads.length > 0)).toHaveLength(1);
  });

  test("a bind mount of a namespace is a pin, a file that was left there is none", () => {
    for (const scan of [pod.scan(reader), scanNode(reader)]) {
      const since = Math.floor(statSync(pin).mtimeMs / 1000) * 1000;
      expect(scan.pins.filter((one) => one.path.startsWith(folder))).toEqual([
        { type: "net", inode: inodeAt(`/proc/${app}/ns/net`), path: pin, since },
      ]);
      expect(Math.abs(Date.now() - since), "pinned a moment ago").toBeLessThan(600_000);
      expect(scan.nsDevice).toBe(String(statSync(`/proc/self/ns/net`).dev));
    }
  });

  test("a descriptor of a namespace is found, and a file's name makes none up", () => {
    const inode = inodeAt(`/proc/${app}/ns/net`);
    const name = path.join(folder, `x\nlr-x------ 1 0 0 64 Nov 23 12:44 `);
    const forged = path.join(name, `/proc/${app}/fd/0 -> net:[${inode}]`);
    mkdirSync(path.dirname(forged), { recursive: true });
    const descriptor = openSync(forged, "w");
    try {
      expect(readlinkSync(`/proc/self/fd/${descriptor}`)).toContain(`\nlr-x------ 1`);
      const { descriptors } = scanNode(reader);
      expect(descriptors.filter((one) => one.inode === inode)).toEqual([
        { type: "net", inode, pid: keeper, fd: 7 },
      ]);
    } finally {
      closeSync(descriptor);
    }
  });

  test("UID maps are the kernel's", () => {
    for (const scan of [pod.scan(reader), scanNode(reader)]) {
      expect(processOf(scan, mapped)?.uidMap).toEqual([{ inside: 0, outside: 0, count: 1 }]);
      expect(processOf(scan, unmapped)?.uidMap).toEqual([]);
      expect(processOf(scan, torn)?.uidMap).toEqual([{ inside: 0, outside: 0, count: 4294967295 }]);
    }
  });

  test("of a PID namespace the parent is known", () => {
    for (const scan of [pod.scan(reader), scanNode(reader)]) {
      const inode = inodeAt(`/proc/${app}/ns/pid_for_children`);
      expect(scan.lineage.find((one) => one.inode === inode)).toMatchObject({
        type: "pid",
        parent: inodeAt("/proc/self/ns/pid"),
      });
    }
  });

  test("a monitor's bundle tells of its container, and no secret of it leaves the node", () => {
    for (const scan of [pod.scan(reader, [ids.told]), scanNode(reader)]) {
      expect(scan.bundles.find(({ id }) => id === ids.told)).toEqual({
        id: ids.told,
        type: undefined,
        name: "web",
        sandboxId: undefined,
        pod: undefined,
        namespaces: [
          { type: "pid", path: undefined },
          { type: "net", path: "/proc/7/ns/net" },
        ],
      });
      expect(JSON.stringify(scan)).not.toContain(secret);
    }
    expect(processOf(scanNode(reader), told)?.comm).toBe("conmon");
  });

  test("a container's process that calls itself a monitor is not believed", async () => {
    const impostor = new OwnPod();
    try {
      await impostor.start(
        ids.app,
        ...["unshare", "--mount", process.execPath, "-e", monitorProgram, impostor.procsOf(ids.app)],
        ...["-c", ids.told, "-u", ids.told, "-b", bundle, "-n", "forged"],
      );
      expect(impostor.scan(reader, [ids.told]).bundles).toEqual([]);
    } finally {
      await impostor.stop();
    }
  });
});

test.each([nodeProbe(), podProbe({ uid: "ab".repeat(16), containerIds: [] })])(
  "Perl is content with what it is given, strict and with warnings",
  ({ stdin }) => {
    // Without strict it starts sooner, which is what it is there for.
    const { stderr } = spawnSync("perl", ["-x", "-Mstrict", "-wc", "-"], { input: stdin, encoding: "utf8" });
    expect(stderr).toBe("- syntax OK\n");
  },
);

const both: [string, string[]][] = [
  ["shell", inShell],
  ["Perl", inPerl],
];

describe.skipIf(whyNotRoot !== undefined).each(both)(
  `the runtimes' clients, by %s${because(whyNotRoot)}`,
  (by, program) => {
    const programs = path.join(folder, by);
    const reader = ["env", `PATH=${programs}:${process.env["PATH"] ?? ""}`, ...program];
    const called = path.join(programs, "called");
    const install = (name: string, script: string): void => {
      mkdirSync(programs, { recursive: true });
      writeFileSync(path.join(programs, name), `#!/bin/sh\necho "${name} $*" >>${called}\n${script}\n`, {
        mode: 0o755,
      });
    };

    test("crictl is asked for a pod whose bundles do not tell, and for a node", async () => {
      const answer = { containers: [{ id: ids.app, podSandboxId: ids.torn, metadata: { name: "web" } }] };
      install("crictl", `cat <<'END'\n${JSON.stringify(answer, null, 2)}\nEND`);
      const untold = new OwnPod();
      try {
        await untold.start(ids.app, "sh", "-c", "echo up; exec sleep 600");
        const client = { id: ids.app, client: "crictl", name: "web", sandboxId: ids.torn, pid: undefined };
        for (const scan of [untold.scan(reader), scanNode(reader)]) expect(scan.clients).toEqual([client]);
        expect(pod.scan(reader, [ids.told]).clients).toEqual([]);
        expect(readFileSync(called, "utf8").trim().split("\n")).toEqual([
          `crictl ps -o json --label io.kubernetes.pod.uid=${untold.uid}`,
          "crictl ps -o json",
        ]);
      } finally {
        await untold.stop();
      }
    });

    test("Podman is not called, whatever name it goes by", async () => {
      const engine = new OwnPod();
      try {
        const daemon =
          'require("fs").writeFileSync("/proc/self/comm", "dockerd"); console.log("up"); setTimeout(() => {}, 6e5);';
        await engine.start(undefined, process.execPath, "-e", daemon);
        install("podman", "");
        install("docker", 'exec podman "$@"');
        scanNode(reader);
        expect(readFileSync(called, "utf8")).not.toMatch(/docker|podman/);
      } finally {
        await engine.stop();
      }
    });
  },
);

describe.skipIf(whyNotRoot !== undefined).each(both)(
  `as lsns, by %s${because(whyNotRoot)}`,
  (_name, reader) => {
    test("tells the parent and owner of user namespaces, of a pod that has one as of a node", () => {
      for (const scan of [pod.scan(reader), scanNode(reader)]) {
        const inode = inodeAt(`/proc/${mapped}/ns/user`);
        const host = inodeAt("/proc/self/ns/user");
        expect(scan.lineage.find((one) => one.inode === inode)).toEqual({
          inode,
          type: "user",
          parent: host,
          owner: host,
        });
      }
    });

    test("names the same Linux namespaces with as many processes", () => {
      const scan = scanNode(reader);
      const own = [app, torn, mapped, unmapped].flatMap((pid) =>
        (["net", "uts", "user"] as const).map((type) => [type, inodeAt(`/proc/${pid}/ns/${type}`)] as const),
      );
      const host = new Set(namespaceTypes.map((type) => inodeAt(`/proc/self/ns/${type}`)));
      for (const [type, inode] of own.filter(([, one]) => !host.has(one))) {
        const [count] = execFileSync("lsns", ["-n", "-r", "-o", "NPROCS", inode], { encoding: "utf8" }).split(
          "\n",
        );
        const { length } = scan.processes.filter(
          ({ namespaces }) => namespaces[type].status === "read" && namespaces[type].inode === inode,
        );
        // Given an inode, lsns lists the processes in it, one a line.
        const listed = execFileSync("lsns", ["-n", "-r", "-o", "PID", inode], { encoding: "utf8" })
          .trim()
          .split("\n");
        expect([inode, length, count]).toEqual([inode, listed.length, count]);
      }
    });
  },
);

describe.skipIf(whyNotRoot !== undefined).each(both)(
  `what is used again while %s reads it${because(whyNotRoot)}`,
  (name, reader) => {
    // In a PID namespace of its own a process may choose its children's PIDs (ns_last_pid, pid_namespaces(7)); the kernel
    // gives the lowest free inode to a new namespace. So PIDs and inodes are used again all the time.
    const churn = `
    for pause in 0.01 0.02 0.03 0.04 0.05 0.06 0.08 0.1 0.13 0.16 0.2 0.3; do
      while :; do
        echo 30000 >/proc/sys/kernel/ns_last_pid
        unshare --uts --ipc sleep $pause
      done &
    done
    wait`;
    const within = [
      ...["unshare", "--pid", "--fork", "--mount-proc", "sh", "-c"],
      `sh -c '${churn}' </dev/null >/dev/null 2>&1 & exec "$@"`,
      ...["sh", ...reader],
    ];

    /** How often two processes, each of which made its own UTS namespace, seem to be in the same one. */
    function falseMatches({ processes }: NodeScan): number {
      const inodes = processes
        .filter(({ pid, comm, state }) => pid === 1 || (comm === "sleep" && state !== "Z"))
        .flatMap(({ namespaces: { uts } }) => (uts.status === "read" ? [uts.inode] : []));
      return inodes.length - new Set(inodes).size;
    }

    const probe = nodeProbe();
    // Perl is too fast to be deceived: it takes its time here, over each process.
    const slow = {
      ...probe,
      stdin: probe.stdin.replace("push @order, $process;", "$& select undef, undef, undef, 0.01;"),
    };

    /** What a reader says that reads everything once. */
    function readOnce(): NodeScan {
      if (name === "Perl") {
        return probe.parse(outputOf({ ...slow, stdin: slow.stdin.replace("\nconfirm();\n", "\n") }, within));
      }
      const output = outputOf(probe, within);
      const section = (of: string): string => new RegExp(`^#${of}\n([^]*?)^#`, "m").exec(output)?.[1] ?? "";
      return probe.parse(
        output
          .replace(section("after"), () => section("before"))
          .replace(/^#again\n[^]*?^#/m, () => `#again\n${section("links")}#`),
      );
    }

    test("no two processes match that never shared a Linux namespace, although they would if they were read once", () => {
      let deceived = 0;
      for (let scanning = 0; scanning < 80 && deceived < 3; scanning++) {
        expect(falseMatches(probe.parse(outputOf(slow, within)))).toBe(0);
        deceived += falseMatches(readOnce());
      }
      expect(deceived).toBeGreaterThan(0);
    });

    test("a process that moves all the time matches nobody", async () => {
      const mover = await pod.start(
        ids.app,
        "perl",
        "-e",
        `use Config; $| = 1; my $unshare = $Config{archname} =~ /aarch64/ ? 97 : 272; print "up\\n";
       while (1) { syscall($unshare, 0x04000000) == 0 or die $!; select(undef, undef, undef, 0.0003); }`,
      );
      let raced = 0;
      for (let scanning = 0; scanning < 8 || (raced === 0 && scanning < 200); scanning++) {
        const scan = pod.scan(reader);
        if (scan.raced.includes(mover)) raced++;
        const uts = processOf(scan, mover)?.namespaces.uts;
        const same = scan.processes.filter(
          ({ namespaces }) =>
            uts?.status === "read" && namespaces.uts.status === "read" && namespaces.uts.inode === uts.inode,
        );
        expect(same.map(({ pid }) => pid)).toEqual(uts === undefined ? [] : [mover]);
      }
      expect(raced).toBeGreaterThan(0);
    });
  },
);

function pidsNow(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function startOf(pid: number): number {
  return parseStat(readFileSync(`/proc/${pid}/stat`, "latin1"))?.startTicks ?? Number.NaN;
}

/** The link as it is now; what was expected, where the process has gone meanwhile or nobody may read it. */
function linkOf(
  pid: number,
  startTicks: number,
  type: string,
  expected: string | undefined,
): string | undefined {
  try {
    const link = readlinkSync(`/proc/${pid}/ns/${type}`);
    return startOf(pid) === startTicks ? link : expected;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ESRCH") return expected;
    // PID 1's may be hidden even from root: then the scan must not have read it either.
    if (code === "EACCES") return undefined;
    throw error;
  }
}
