import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SandboxError } from "../../../extension/core/errors.ts";
import { parsePodScan } from "../../../extension/core/probe/parse-pod-scan.ts";
import { podProbe } from "../../../extension/core/probe/pod-probe.ts";
import type { NodeScan } from "../../../extension/core/scan.ts";
import { hostInodes, scanOutput } from "../../support/scan-output.ts";

const uid = "0b6c2a91-4ad1-4e0f-9a5f-1c2d3e4f5a6b";
const id = "3f".repeat(32);
const cgroup = `/kubepods/besteffort/pod${uid}/${id}`;

function reasonOf(work: () => unknown): string {
  try {
    work();
    return "nothing thrown";
  } catch (error) {
    return error instanceof SandboxError ? error.reason : String(error);
  }
}

const hostile = {
  pid: 77,
  ppid: 5,
  comm: "a) S 1\n#end\n(b",
  argv: ["x\n/proc/78/cmdline:forged", "#end", "", "é\u0000".slice(0, 1)],
  cgroup,
  start: 900,
  nspids: [77, 1],
  inodes: { net: "4026532001" },
};

describe("parsePodScan", () => {
  test("reads meta, processes and the node", () => {
    const scan = parsePodScan(scanOutput({ processes: [hostile], parents: [{ pid: 5 }] }));
    expect(scan).toMatchObject({
      bootId: "e92930af-e3db-4542-869c-4544d5e5f880",
      cgroupVersion: "v1",
      foundBy: "cgroup",
      readerUid: 0,
      ticksPerSecond: 100,
      bootedAt: (1795437973 - 2812) * 1000,
      raced: [],
      host: { source: "pid1", nested: false },
    });
    expect(scan.processes).toEqual([
      expect.objectContaining({
        pid: 77,
        comm: hostile.comm,
        argv: hostile.argv,
        startTicks: 900,
        nspids: [77, 1],
        cgroup: { podUid: uid, containerId: id },
        namespaces: expect.objectContaining({
          net: { status: "read", inode: "4026532001" },
          ipc: { status: "read", inode: hostInodes.ipc },
        }),
      }),
    ]);
    expect(scan.parents.map(({ pid }) => pid)).toEqual([5]);
  });

  test("a PID that was reused or went away between the two readings is thrown away", () => {
    const scan = parsePodScan(
      scanOutput({
        processes: [{ pid: 10, start: 5, startAfter: 6 }, { pid: 11, startAfter: "gone" }, { pid: 12 }],
      }),
    );
    expect(scan.processes.map(({ pid }) => pid)).toEqual([12]);
    expect(scan.raced).toEqual([10, 11]);
  });

  test("denied, unsupported and a zombie are told apart", () => {
    const scan = parsePodScan(
      scanOutput({
        host: { time: "missing" },
        kthreadd: false,
        processes: [
          { pid: 10, inodes: { net: "denied", pid: "denied", time: "missing" } },
          { pid: 11, state: "Z", inodes: { net: "denied", time: "missing" } },
        ],
      }),
    );
    const [live, zombie] = scan.processes.map(({ namespaces }) => namespaces);
    expect([live?.net.status, live?.time.status, zombie?.net.status]).toEqual([
      "denied",
      "unsupported",
      "gone",
    ]);
  });

  test("where PID 1 is hidden even from root, kthreadd stands for the node, and only the real one", () => {
    const denied = { pid: "denied", net: "denied" } as const;
    expect(parsePodScan(scanOutput({ host: denied, processes: [] })).host).toMatchObject({
      source: "kthreadd",
      namespaces: { net: { status: "read", inode: hostInodes.net } },
    });
    const fake = scanOutput({
      host: denied,
      kthreadd: false,
      processes: [{ pid: 2, ppid: 0, comm: "kthreadd", inodes: { pid: "4026532999" } }],
    });
    expect(parsePodScan(fake).host).toMatchObject({
      source: "nobody",
      namespaces: { net: { status: "denied" } },
    });
  });

  test("a node that is itself a container is noticed", () => {
    const scan = parsePodScan(scanOutput({ host: { pid: "4026532999" }, processes: [] }));
    expect(scan.host.nested).toBe(true);
  });

  test("bundles: one value for a key counts, two prove nothing", () => {
    const line = (bundle: string, key: string, value: string): string =>
      `/proc/5/cwd/../${bundle}/config.json:"io.kubernetes.cri.${key}":"${value}"`;
    const other = "ab".repeat(32);
    const scan = parsePodScan(
      scanOutput({
        processes: [],
        bundles: [
          line(id, "container-type", "sandbox"),
          line(other, "container-type", "sandbox"),
          line(other, "container-type", "container"),
          "something else",
        ],
      }),
    );
    expect(scan.bundles).toEqual([{ id, type: "sandbox", name: undefined, sandboxId: undefined }]);
  });

  test("cut at any byte it is refused, never half believed", () => {
    const whole = scanOutput({ processes: [hostile] });
    for (let length = 0; length < whole.length - 1; length++) {
      expect(reasonOf(() => parsePodScan(whole.slice(0, length)))).toBe("probe-output");
    }
    expect(reasonOf(() => parsePodScan(whole))).toBe("nothing thrown");
  });

  test("whatever a process calls itself, it forges neither a process nor a namespace", () => {
    const text = fc.string({
      unit: fc.constantFrom("\n", "#", "(", ")", ":", "/proc/9/stat:", "#end", " ", "a", "9"),
    });
    const plain = parsePodScan(scanOutput({ processes: [{ ...hostile, comm: "", argv: [] }] }));
    const shape = (scan: NodeScan): unknown =>
      scan.processes.map(({ pid, ppid, namespaces, cgroup: membership }) => [
        pid,
        ppid,
        namespaces,
        membership,
      ]);
    fc.assert(
      fc.property(text, fc.array(text, { minLength: 1 }), (comm, argv) => {
        const scan = parsePodScan(scanOutput({ processes: [{ ...hostile, comm, argv }] }));
        expect(shape(scan)).toEqual(shape(plain));
        expect(scan.processes[0]).toMatchObject({ comm, argv });
      }),
    );
  });

  test("any text is an answer or `probe-output`", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (junk) => {
        const whole = scanOutput({ processes: [hostile] });
        const at = junk.length % whole.length;
        const reason = reasonOf(() => parsePodScan(whole.slice(0, at) + junk + whole.slice(at)));
        expect(["nothing thrown", "probe-output"]).toContain(reason);
      }),
    );
  });
});

describe("podProbe", () => {
  const input = { uid, containerIds: [id], pins: false, elevation: "auto" } as const;
  test("data is only ever an argument", () => {
    const a = podProbe(input);
    const b = podProbe({ ...input, uid: "ab".repeat(16), containerIds: [] });
    expect(a.stdin).toBe(b.stdin);
    expect(a.argv.slice(0, 4)).toEqual(b.argv.slice(0, 4));
    expect(a.argv.slice(4)).toEqual([uid, "-", id]);
  });
  test.each([
    { ...input, uid: "x'; reboot #" },
    { ...input, uid: "" },
    { ...input, containerIds: [id, "../../etc"] },
  ])("refuses an ID that is none: %j", (bad) => {
    expect(reasonOf(() => podProbe(bad))).toBe("bad-argument");
  });
});
