import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { buildReport } from "../../../extension/core/build-report.ts";
import type { Pod } from "../../../extension/core/pod.ts";
import type { IdRange, SandboxReport } from "../../../extension/core/report.ts";
import type { BundleScan, ProcessScan } from "../../../extension/core/scan.ts";
import { fakeContainer, fakeNode, fakePod } from "../../support/fake-pod.ts";
import { type FakeScan, fakeProcess, type FakeProcessScan, fakeScan } from "../../support/fake-scan.ts";

const ids = { pause: "aa".repeat(32), web: "bb".repeat(32), log: "cc".repeat(32), old: "dd".repeat(32) };
const uid = fakePod().uid;
const cgroup = (id: string): string => `/kubepods/besteffort/pod${uid}/${id}`;
const joined = { net: "5001", ipc: "5002", uts: "5003" };

const holding = (id: string, pid: number, more: Partial<FakeProcessScan> = {}): ProcessScan =>
  fakeProcess({
    pid,
    ppid: 50,
    cgroup: cgroup(id),
    ...more,
    inodes: { ...joined, pid: `51${pid}`, mnt: `52${pid}`, ...more.inodes },
  });
const pause = holding(ids.pause, 100, { comm: "pause", argv: ["/some/waiter"] });
const web = holding(ids.web, 110, { comm: "nginx" });
const log = holding(ids.log, 120);
const pod = fakePod({
  containers: [fakeContainer({ name: "web", id: ids.web }), fakeContainer({ name: "log", id: ids.log })],
});

function report(
  scan: FakeScan,
  {
    of = pod,
    runtime = "containerd://2.1.0",
    handler,
  }: { of?: Pod; runtime?: string; handler?: string } = {},
): SandboxReport {
  return buildReport({
    context: "test",
    pod: of,
    node: fakeNode({ runtimeVersion: runtime }),
    scan: fakeScan({ processes: [pause, web, log], ...scan }),
    runtimeHandler: handler,
    takenAt: new Date(0),
  });
}
const codes = ({ findings }: SandboxReport): string[] => findings.map(({ code }) => code);
const bundle = (id: string, more: Partial<BundleScan> = {}): BundleScan => ({
  id,
  type: undefined,
  name: undefined,
  sandboxId: undefined,
  pod: undefined,
  namespaces: undefined,
  ...more,
});
const thisPod = { uid, namespace: "default", name: "web" };

describe("the sandbox by the runtime's own word", () => {
  test.each<[string, FakeScan, RegExp]>([
    [
      "its bundle",
      { bundles: [bundle(ids.pause, { type: "sandbox", pod: thisPod })] },
      /says that it is the sandbox/,
    ],
    [
      "a container's bundle that names it",
      { bundles: [bundle(ids.web, { type: "container", name: "web", sandboxId: ids.pause })] },
      /bundle says that bbbbbbbbbbbb belongs to the sandbox aaaaaaaaaaaa/,
    ],
    [
      "crictl",
      { clients: [{ id: ids.web, client: "crictl", name: "web", sandboxId: ids.pause, pid: undefined }] },
      /crictl says that bbbbbbbbbbbb belongs/,
    ],
    [
      "the name that Docker has for it",
      {
        clients: [
          {
            id: ids.pause,
            client: "docker",
            name: `k8s_POD_web_default_${uid}_0`,
            sandboxId: undefined,
            pid: 100,
          },
        ],
      },
      /Docker's name/,
    ],
    [
      "the Linux namespaces that a container was started into",
      { bundles: [bundle(ids.web, { namespaces: [{ type: "net", path: "/proc/100/ns/net" }] })] },
      /started bbbbbbbbbbbb into the Linux namespaces of aaaaaaaaaaaa \(PID 100\)/,
    ],
  ])("is certain by %s, whatever its program is called", (_by, scan, evidence) => {
    const found = report(scan);
    expect(found.sandbox).toMatchObject({
      id: ids.pause,
      confidence: "certain",
      holder: { kind: "process", pid: 100 },
    });
    expect(found.sandbox.evidence.join(" ")).toMatch(evidence);
    expect(codes(found)).toEqual([]);
  });

  test.each<[string, FakeScan]>([
    ["nothing says so", {}],
    [
      "its bundle is that of another pod",
      {
        bundles: [bundle(ids.pause, { type: "sandbox", pod: { ...thisPod, uid: uid.replaceAll("0", "1") } })],
      },
    ],
    ["its bundle says that it is a container", { bundles: [bundle(ids.pause, { type: "container" })] }],
    [
      "Docker's name is that of another pod's sandbox",
      {
        clients: [
          {
            id: ids.pause,
            client: "docker",
            name: "k8s_POD_web_default_x_0",
            sandboxId: undefined,
            pid: 100,
          },
        ],
      },
    ],
    [
      "a container was started into other ones",
      { bundles: [bundle(ids.web, { namespaces: [{ type: "net", path: "/proc/1000/ns/net" }] })] },
    ],
  ])("is unknown where %s", (_why, scan) => {
    expect(report(scan).sandbox).toMatchObject({ id: null, confidence: "unknown" });
  });

  test("a static pod's bundle names the pod by its config hash", () => {
    const configHash = "ef".repeat(16);
    const moved = [pause, web, log].map((process) => ({
      ...process,
      cgroup: { ...process.cgroup, podUid: configHash },
    }));
    const found = report(
      {
        processes: moved,
        bundles: [bundle(ids.pause, { type: "sandbox", pod: { ...thisPod, uid: configHash } })],
      },
      { of: { ...pod, configHash } },
    );
    expect(found.sandbox).toMatchObject({ id: ids.pause, confidence: "certain" });
  });

  test("of several attempts is the one that the containers belong to, though another is newer", () => {
    const inodes = { net: "7001", ipc: "7002", uts: "7003" };
    const newer = holding(ids.old, 900, { argv: ["/pause"], inodes });
    const found = report({
      processes: [pause, web, log, newer],
      bundles: [
        bundle(ids.old, { type: "sandbox" }),
        bundle(ids.web, { type: "container", name: "web", sandboxId: ids.pause }),
      ],
    });
    expect(found.sandbox.id).toBe(ids.pause);
    // The next attempt, on its way: no leftover.
    expect(codes(found)).toEqual(["no-main-process"]);
  });

  test("that has lost its process is not replaced by what is left of an older one", () => {
    const inodes = { net: "7001", ipc: "7002", uts: "7003" };
    const older = holding(ids.old, 90, { argv: ["/pause"], inodes });
    const found = report({
      processes: [web, log, older],
      bundles: [
        bundle(ids.old, { type: "sandbox" }),
        bundle(ids.web, { type: "container", name: "web", sandboxId: ids.pause }),
      ],
    });
    expect(found.sandbox).toMatchObject({ id: ids.pause, holder: { kind: "unknown" } });
    expect(codes(found)).toEqual(["no-sandbox-found", "leftover-sandbox"]);
  });

  test("a newer run of a container is known by Docker's name for it", () => {
    const id = "99".repeat(32);
    const found = report({
      processes: [pause, holding(id, 110), log],
      clients: [
        {
          id: ids.pause,
          client: "docker",
          name: `k8s_POD_web_default_${uid}_0`,
          sandboxId: undefined,
          pid: 100,
        },
        { id, client: "docker", name: `k8s_web_web_default_${uid}_1`, sandboxId: undefined, pid: 110 },
      ],
    });
    expect(found.containers.find(({ name }) => name === "web")).toMatchObject({ id, pid: 110 });
  });
});

describe("a pod without a pause process", () => {
  const pauseless = { processes: [web, log] };
  const crio = { runtime: "cri-o://1.33.0" };
  const pins = ["net", "ipc", "uts"].map((type, index) => ({
    type: type as "net" | "ipc" | "uts",
    inode: `500${index + 1}`,
    path: `/run/${type}ns/1b2c`,
  }));

  test("still has the sandbox that its containers' bundles name", () => {
    const found = report(
      {
        ...pauseless,
        pins,
        bundles: [bundle(ids.web, { type: "container", name: "web", sandboxId: ids.old })],
      },
      crio,
    );
    expect(found.sandbox).toMatchObject({
      id: ids.old,
      confidence: "certain",
      holder: { kind: "pinned", pid: null, paths: pins.map(({ path }) => path) },
    });
    expect(found.containers.map(({ kind }) => kind)).toEqual(["app", "app"]);
    expect(codes(found)).toEqual([]);
  });

  test("is compared with its pins: a container elsewhere is the stranger, not the others", () => {
    const stray = holding(ids.web, 110, { inodes: { net: "6000" } });
    const found = report({ processes: [stray, log], pins }, crio);
    expect(found.findings).toMatchObject([
      { code: "sharing-differs", container: "web", namespaceType: "net" },
    ]);
  });

  test("a pin of the same number but another type holds nothing", () => {
    const other = pins.map((pin) => ({ ...pin, type: "user" as const }));
    expect(report({ ...pauseless, pins: other, scope: "node" }, crio).sandbox.holder.kind).toBe("none");
  });

  test("is held by nothing once the whole node was looked at, which is worse where pause is needed", () => {
    expect(report(pauseless, crio).sandbox.holder.kind).toBe("unknown");
    const node = { ...pauseless, scope: "node" as const };
    expect(report(node, crio).sandbox.holder).toEqual({ kind: "none", pid: null, paths: [] });
    expect(report(node, crio).findings).toMatchObject([{ code: "held-by-nothing", severity: "info" }]);
    expect(report(node).findings).toMatchObject([
      { code: "held-by-nothing", severity: "warning", message: /net, ipc, uts/ },
    ]);
  });

  test("a CNI plugin's pin holds the network alone", () => {
    const found = report({ ...pauseless, pins: pins.slice(0, 1) });
    expect(found.sandbox.holder).toMatchObject({ kind: "pinned", paths: ["/run/netns/1b2c"] });
    expect(found.findings).toMatchObject([{ code: "held-by-nothing", message: /of type ipc, uts:/ }]);
  });

  test("another process, or one that has it open, does as well as pause", () => {
    const waiter = fakeProcess({ pid: 900, comm: "waiter", inodes: joined });
    const held = report({ processes: [web, log, waiter], scope: "node" }, crio);
    expect(held.sandbox.holder).toEqual({ kind: "process", pid: 900, paths: [] });
    expect(new Set(codes(held))).toEqual(new Set(["outsider"]));
    const descriptors = pins.map(({ type, inode }) => ({ type, inode, pid: 901, fd: 3 }));
    expect(report({ ...pauseless, descriptors, scope: "node" }, crio).sandbox.holder.pid).toBe(901);
  });

  test("is unknown where other users' processes are hidden", () => {
    expect(report({ ...pauseless, scope: "node", hidden: true }, crio).sandbox.holder.kind).toBe("unknown");
  });
});

describe("who does not belong to the pod", () => {
  const known = { bundles: [bundle(ids.pause, { type: "sandbox" })] };

  test("but is in its Linux namespaces is told, once for each type", () => {
    const strangers = [900, 901].map((pid) => fakeProcess({ pid, comm: "tcpdump", inodes: { net: "5001" } }));
    expect(report({ ...known, processes: [pause, web, log, ...strangers] }).findings).toMatchObject([
      {
        code: "outsider",
        namespaceType: "net",
        message: /^tcpdump \(PID 900\) and 1 more are in the pod's net/,
      },
    ]);
  });

  test("as the runtime's shim is no news, wherever it is", () => {
    for (const inodes of [{}, joined]) {
      expect(codes(report({ ...known, parents: [fakeProcess({ pid: 50, inodes })] }))).toEqual([]);
    }
  });

  test("a runtime on its way into a container is none of them", () => {
    const init = fakeProcess({ pid: 900, comm: "runc:[2:INIT]", inodes: joined });
    expect(codes(report({ ...known, processes: [pause, web, log, init] }))).toEqual([]);
  });
});

describe("hostUsers: false", () => {
  const own = { sharing: { ...pod.sharing, hostUsers: false } };
  const known = { bundles: [bundle(ids.pause, { type: "sandbox" })] };
  const mapped = (uidMap: readonly IdRange[] | undefined): SandboxReport =>
    report(
      {
        ...known,
        processes: [pause, web, log].map((process) => ({
          ...process,
          uidMap,
          namespaces: { ...process.namespaces, user: { status: "read", inode: "5900" } },
        })),
      },
      { of: { ...pod, ...own } },
    );

  test("is proven by a map onto user IDs that are nobody's on the node", () => {
    expect(codes(mapped([{ inside: 0, outside: 65_536, count: 65_536 }]))).toEqual([]);
  });

  test("is not so with a user namespace of its own that maps every ID onto itself", () => {
    const found = mapped([{ inside: 0, outside: 0, count: 4_294_967_295 }]);
    expect(found.findings[0]).toMatchObject({
      code: "sharing-differs",
      severity: "error",
      namespaceType: "user",
      message: /every user ID the node's own/,
    });
    expect(found.findings).toHaveLength(3);
  });

  test("is not so where root alone is the node's", () => {
    const found = mapped([
      { inside: 1, outside: 100_001, count: 65_535 },
      { inside: 0, outside: 0, count: 1 },
    ]);
    expect(found.findings[0]?.message).toMatch(/maps user ID 0 onto the node's 0/);
  });

  test("is not verified without the map", () => {
    expect(mapped(undefined).findings[0]).toMatchObject({
      code: "sharing-unverified",
      namespaceType: "user",
    });
  });

  test("in the node's user namespace is one finding for each container, not two", () => {
    const found = report(known, { of: { ...pod, ...own } });
    expect(found.findings.map(({ code, container }) => `${code} ${container}`)).toEqual([
      "sharing-differs pause",
      "sharing-differs web",
      "sharing-differs log",
    ]);
  });
});

test("what runs in a kernel of its own is never said to differ, whatever its processes show", () => {
  const inode = fc.constantFrom("1", "2", "3", "denied");
  fc.assert(
    fc.property(
      fc.array(fc.record({ net: inode, ipc: inode, uts: inode, pid: inode, mnt: inode, user: inode }), {
        minLength: 3,
        maxLength: 3,
      }),
      fc.constantFrom("gvisor", "kata-qemu"),
      fc.boolean(),
      (drawn, handler, hostUsers) => {
        const processes = [ids.pause, ids.web, ids.log].map((id, index) =>
          fakeProcess({ pid: 100 + index, cgroup: cgroup(id), inodes: drawn[index] ?? {} }),
        );
        const of = { ...pod, sharing: { ...pod.sharing, hostUsers } };
        const found = report({ processes }, { handler, of });
        expect(codes(found)).toContain("sandboxed-runtime");
        expect(codes(found)).not.toContain("sharing-differs");
        expect(found.sandbox.namespaces).toEqual([]);
        expect(found.sandbox.holder.kind).toBe("virtualised");
      },
    ),
  );
});
