import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SandboxError } from "../../../extension/core/errors.ts";
import { parseScan } from "../../../extension/core/probe/parse-scan.ts";
import { nodeProbe } from "../../../extension/core/probe/node-probe.ts";
import { podProbe } from "../../../extension/core/probe/pod-probe.ts";
import type { NodeScan } from "../../../extension/core/scan.ts";
import { type FakeProcess, hostInodes, scanOutput } from "../../support/scan-output.ts";

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

describe("parseScan", () => {
  test("reads meta, processes and the node", () => {
    const scan = parseScan(scanOutput({ processes: [hostile], parents: [{ pid: 5 }] }));
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
    const scan = parseScan(
      scanOutput({
        processes: [{ pid: 10, start: 5, startAfter: 6 }, { pid: 11, startAfter: "gone" }, { pid: 12 }],
      }),
    );
    expect(scan.processes.map(({ pid }) => pid)).toEqual([12]);
    expect(scan.raced).toEqual([10, 11]);
  });

  test("denied, unsupported and a zombie are told apart", () => {
    const scan = parseScan(
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
    expect(parseScan(scanOutput({ host: denied, processes: [] })).host).toMatchObject({
      source: "kthreadd",
      namespaces: { net: { status: "read", inode: hostInodes.net } },
    });
    const fake = scanOutput({
      host: denied,
      kthreadd: false,
      processes: [{ pid: 2, ppid: 0, comm: "kthreadd", inodes: { pid: "4026532999" } }],
    });
    expect(parseScan(fake).host).toMatchObject({
      source: "nobody",
      namespaces: { net: { status: "denied" } },
    });
  });

  test("a node that is itself a container is noticed", () => {
    const scan = parseScan(scanOutput({ host: { pid: "4026532999" }, processes: [] }));
    expect(scan.host.nested).toBe(true);
  });

  test("bundles: one value for a key counts, two prove nothing", () => {
    const line = (bundle: string, key: string, value: string): string =>
      `/proc/5/cwd/../${bundle}/config.json:"io.kubernetes.cri.${key}":"${value}"`;
    const other = "ab".repeat(32);
    const scan = parseScan(
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
    expect(scan.bundles.map((bundle) => [bundle.id, bundle.type])).toEqual([
      [id, "sandbox"],
      [other, undefined],
    ]);
  });

  test("cut at any byte it is refused, never half believed", () => {
    const whole = scanOutput({ processes: [hostile] });
    for (let length = 0; length < whole.length - 1; length++) {
      expect(reasonOf(() => parseScan(whole.slice(0, length)))).toBe("probe-output");
    }
    expect(reasonOf(() => parseScan(whole))).toBe("nothing thrown");
  });

  test("whatever a process calls itself, it forges neither a process nor a namespace", () => {
    const text = fc.string({
      unit: fc.constantFrom("\n", "#", "(", ")", ":", "/proc/9/stat:", "#end", " ", "a", "9"),
    });
    const plain = parseScan(scanOutput({ processes: [{ ...hostile, comm: "", argv: [] }] }));
    const shape = (scan: NodeScan): unknown =>
      scan.processes.map(({ pid, ppid, namespaces, cgroup: membership }) => [
        pid,
        ppid,
        namespaces,
        membership,
      ]);
    fc.assert(
      fc.property(text, fc.array(text, { minLength: 1 }), (comm, argv) => {
        const scan = parseScan(scanOutput({ processes: [{ ...hostile, comm, argv }] }));
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
        const reason = reasonOf(() => parseScan(whole.slice(0, at) + junk + whole.slice(at)));
        expect(["nothing thrown", "probe-output"]).toContain(reason);
      }),
    );
  });
});

describe("what is read twice", () => {
  test("a process that moved between the two rounds is thrown away", () => {
    const scan = parseScan(
      scanOutput({
        processes: [
          { pid: 10, inodes: { net: "5000" }, inodesAfter: { net: "5001" } },
          { pid: 11, inodes: { net: "5000" }, inodesAfter: { net: "denied" } },
          { pid: 12, inodes: { net: "5000" }, inodesAfter: { net: "missing" } },
          { pid: 13, inodes: { net: "5000" } },
        ],
      }),
    );
    expect(scan.processes.map(({ pid }) => pid)).toEqual([13]);
    expect(scan.raced).toEqual([10, 11, 12]);
  });

  test("a worker of the kernel may change its name, another process may not", () => {
    const text = scanOutput({
      processes: [
        { pid: 10, comm: "kworker/0:1-x" },
        { pid: 11, comm: "exe" },
      ],
    });
    const at = text.indexOf("#after");
    const after = text.slice(at).replace("0:1-x", "0:1-y").replace("(exe)", "(nginx)");
    const scan = parseScan(text.slice(0, at) + after);
    expect([scan.processes.map(({ pid }) => pid), scan.raced]).toEqual([[10], [11]]);
  });
});

describe("what keeps a namespace alive", () => {
  const pins = [
    { type: "net", inode: "5000", path: "/run/netns/a" },
    { type: "mnt", inode: "5003", path: "/run/a\\040b" },
  ] as const;

  test("bind mounts are listed once, with the mount point as it is called", () => {
    const text = scanOutput({ processes: [], pins });
    const twice = text.replace(/^(\/proc\/)self(\/mountinfo:.*)$/gm, "$1self$2\n$11$2");
    for (const output of [text, twice]) {
      expect(parseScan(output).pins).toEqual([
        { ...pins[0], since: Date.UTC(2026, 0, 1) },
        // stat is not asked about a path with a space, and nothing lies behind the escaped one.
        { ...pins[1], path: "/run/a b" },
      ]);
    }
  });

  test("a path that leads to another namespace by now is none, a path that leads nowhere is of other mounts", () => {
    const text = scanOutput({ processes: [], pins });
    expect(parseScan(text.replace("4 5000 ", "4 5009 ")).pins).toHaveLength(1);
    expect(parseScan(text.replace("4 5000 ", "9 77 ")).pins).toHaveLength(2);
    expect(parseScan(text.replace(/^4 5.*\n/gm, "")).pins).toHaveLength(2);
  });

  test("descriptors of processes that were thrown away do not count", () => {
    const descriptors = [
      { type: "net", inode: "5000", pid: 10, fd: 3 },
      { type: "net", inode: "5000", pid: 11, fd: 3 },
    ] as const;
    const scan = parseScan(scanOutput({ processes: [{ pid: 10 }, { pid: 11, startAfter: 3 }], descriptors }));
    expect(scan.descriptors).toEqual([descriptors[0]]);
  });
});

describe("inside", () => {
  test("threads in other namespaces than their process, and only these", () => {
    const scan = parseScan(
      scanOutput({
        processes: [{ pid: 10, inodes: { net: "5000" }, threads: { 10: {}, 11: {}, 12: { uts: "5001" } } }],
      }),
    );
    expect(scan.processes[0]?.threads).toEqual([{ tid: 12, namespaces: { uts: "5001" } }]);
  });

  test("UID maps: of the node, of one's own, without ranges, too long, and where there are none", () => {
    const long = Array.from({ length: 11 }, (_, index) => `${index} ${index} 1`);
    const processes = [
      { pid: 10 },
      { pid: 11, uidMap: ["0 100000 65536"] },
      { pid: 12, uidMap: [] },
      { pid: 13, uidMap: long },
    ];
    const text = scanOutput({ processes });
    expect(parseScan(text).processes.map(({ uidMap }) => uidMap)).toEqual([
      [{ inside: 0, outside: 0, count: 4294967295 }],
      [{ inside: 0, outside: 100000, count: 65536 }],
      [],
      undefined,
    ]);
    const none = text.replace(/^\/proc\/\d+\/uid_map:.*\n/gm, "");
    expect(parseScan(none).processes.map(({ uidMap }) => uidMap)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("lineage: what lsns says, and of other PID namespaces what the processes tell", () => {
    const scan = parseScan(
      scanOutput({
        processes: [
          { pid: 60, ppid: 50, nspids: [60, 1], inodes: { pid: "5000" } },
          { pid: 61, ppid: 50, nspids: [61, 1], inodes: { pid: "5001" } },
        ],
        parents: [{ pid: 50 }],
        lineage: ["5000 pid 4026531836 4026531837"],
      }),
    );
    expect(scan.lineage).toEqual([
      { inode: "5000", type: "pid", parent: hostInodes.pid, owner: hostInodes.user },
      { inode: "5001", type: "pid", parent: hostInodes.pid, owner: undefined },
    ]);
  });
});

describe("bundles", () => {
  const other = "ab".repeat(32);
  const conmon = (container: string, unit: string, name: string) => ({
    pid: 50,
    comm: "conmon",
    argv: ["/usr/bin/conmon", "-c", container, "-u", unit, "-b", "/x", "-n", name],
  });
  const read = (lines: readonly string[], parent: FakeProcess = { pid: 50 }) =>
    parseScan(scanOutput({ processes: [], parents: [parent], bundles: lines })).bundles;

  test("containerd's", () => {
    const file = `/proc/50/cwd/../${id}/config.json`;
    expect(
      read([
        `${file}:"io.kubernetes.cri.container-name":"web"`,
        `${file}:"io.kubernetes.cri.container-type":"container"`,
        `${file}:"io.kubernetes.cri.sandbox-id":"${other}"`,
        `${file}:"io.kubernetes.cri.sandbox-name":"shop"`,
        `${file}:"io.kubernetes.cri.sandbox-namespace":"default"`,
        `${file}:"io.kubernetes.cri.sandbox-uid":"${uid}"`,
        `${file}:"namespaces":[{"type":"pid"},{"type":"network","path":"/proc/7/ns/net"}]`,
      ]),
    ).toEqual([
      {
        id,
        type: "container",
        name: "web",
        sandboxId: other,
        pod: { uid, namespace: "default", name: "shop" },
        namespaces: [
          { type: "pid", path: undefined },
          { type: "net", path: "/proc/7/ns/net" },
        ],
      },
    ]);
  });

  test("CRI-O's, whose names are the kubelet's labels", () => {
    const file = `/run/containers/storage/overlay-containers/${id}/userdata/config.json`;
    const lines = [
      `${file}:"io.container.manager":"cri-o"`,
      `${file}:"io.kubernetes.cri-o.ContainerType":"container"`,
      `${file}:"io.kubernetes.cri-o.SandboxID":"${other}"`,
      `${file}:"io.kubernetes.container.name":"web"`,
    ];
    const [bundle] = read(lines, conmon(id, id, "k8s_web_shop_default_x_0"));
    expect(bundle).toMatchObject({ type: "container", name: "web", sandboxId: other, pod: undefined });
  });

  test("Podman's, which has CRI-O's keys for pods that are none of Kubernetes", () => {
    const file = `/var/lib/containers/storage/overlay-containers/${id}/userdata/config.json`;
    const lines = [
      `${file}:"io.container.manager":"libpod"`,
      `${file}:"io.kubernetes.cri-o.ContainerType":"container"`,
      `${file}:"io.kubernetes.cri-o.SandboxID":"${other}"`,
    ];
    const [bundle] = read(lines, conmon(id, id, "p1a"));
    expect(bundle).toMatchObject({ type: undefined, name: "p1a", sandboxId: other });
    // The monitor of an exec has a name of its container's too, but it is not the container's monitor.
    expect(read(lines, conmon(id, other, "exec"))[0]?.name).toBeUndefined();
    // Nor is a process that calls itself so, and is not the runtime's.
    const forged = scanOutput({ processes: [conmon(id, id, "forged")], bundles: lines, runtimes: [] });
    expect(parseScan(forged).bundles[0]?.name).toBeUndefined();
  });

  test("Docker's, whose name is in a file of its own", () => {
    const lines = [
      `/proc/50/cwd/../${id}/config.json:"namespaces":[{"type":"ipc"}]`,
      `/var/lib/docker/containers/${id}/config.v2.json:"Name":"/web"`,
    ];
    expect(read(lines)[0]).toMatchObject({ type: undefined, name: "web", namespaces: [{ type: "ipc" }] });
    // A label may have any name and value: two names prove nothing.
    expect(read([...lines, `${lines[1]?.split('"')[0]}"Name":"/evil"`])[0]?.name).toBeUndefined();
  });

  test("two lists of namespaces prove nothing", () => {
    const file = `/proc/50/cwd/../${id}/config.json`;
    expect(
      read([`${file}:"namespaces":[]`, `${file}:"namespaces":[{"type":"ipc"}]`])[0]?.namespaces,
    ).toBeUndefined();
  });
});

test("only the script says which processes are runtimes that may be believed", () => {
  const argv = ["/usr/bin/containerd-shim-runc-v2", "-namespace", "moby", "-id", id];
  const processes = [
    { pid: 50, argv },
    { pid: 51, argv },
  ];
  const { processes: read } = parseScan(scanOutput({ scope: "node", processes, runtimes: [50] }));
  expect(read.map(({ pid, isRuntime }) => [pid, isRuntime])).toEqual([
    [1, false],
    [2, false],
    [50, true],
    [51, false],
  ]);
});

describe("the node script's answer", () => {
  const clients = {
    crictl: JSON.stringify({
      containers: [{ id, podSandboxId: "ab".repeat(32), metadata: { name: "web" } }],
    }),
    docker: [JSON.stringify([id, "/web", 77]), "Cannot connect to the Docker daemon"],
  };

  test("is every process, with nobody's parents beside", () => {
    const scan = parseScan(scanOutput({ scope: "node", processes: [{ pid: 77 }], ...clients }));
    expect(scan).toMatchObject({ scope: "node", foundBy: "node", nsDevice: "4", parents: [], hidden: false });
    expect(scan.processes.map(({ pid }) => pid)).toEqual([1, 2, 77]);
    expect(scan.clients.map(({ client, name, pid }) => [client, name, pid])).toEqual([
      ["crictl", "web", undefined],
      ["docker", "web", 77],
    ]);
  });

  test("cut at any byte it is refused", () => {
    const whole = scanOutput({ scope: "node", processes: [hostile], ...clients });
    for (let length = 0; length < whole.length - 1; length++) {
      expect(reasonOf(() => parseScan(whole.slice(0, length)))).toBe("probe-output");
    }
  });

  test("with a line of one mebibyte it is read as fast as without", () => {
    const long = "(/proc/1/ns/net -> net:[1] ".repeat(2 ** 20 / 27);
    const text = scanOutput({
      scope: "node",
      processes: [{ ...hostile, argv: [long] }],
      bundles: [long],
      docker: [long],
    });
    const begun = performance.now();
    const scan = parseScan(text.replace("#again\n", `#again\n${long}\n77 net ${long}\n`));
    expect(performance.now() - begun).toBeLessThan(5000);
    expect(scan.processes.find(({ pid }) => pid === 77)?.argv).toEqual([long]);
  });

  test("is asked for with the same constant text whatever the node", () => {
    const probe = nodeProbe();
    expect(probe.argv.slice(3)).toEqual(["sh", "scan"]);
    expect(nodeProbe()).toEqual(probe);
    // Podman's client writes to its storage.
    expect(probe.stdin).not.toMatch(/\bpodman (?:ps|inspect|info|pod)\b/);
  });
});

describe("podProbe", () => {
  const input = { uid, containerIds: [id] };
  test("data is only ever an argument", () => {
    const a = podProbe(input);
    const b = podProbe({ ...input, uid: "ab".repeat(16), containerIds: [] });
    expect(a.stdin).toBe(b.stdin);
    expect(a.argv.slice(0, 5)).toEqual(b.argv.slice(0, 5));
    expect(a.argv.slice(5)).toEqual([uid, id]);
  });
  test.each([
    { ...input, uid: "x'; reboot #" },
    { ...input, uid: "" },
    { ...input, containerIds: [id, "../../etc"] },
  ])("refuses an ID that is none: %j", (bad) => {
    expect(reasonOf(() => podProbe(bad))).toBe("bad-argument");
  });
});
