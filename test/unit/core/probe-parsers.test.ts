import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseCgroup } from "../../../extension/core/cgroup.ts";
import { parseCrictlPs, parseDockerInspect } from "../../../extension/core/clients.ts";
import { inferPidParents, parseLsns } from "../../../extension/core/lineage.ts";
import { parseNamespaceMount } from "../../../extension/core/mountinfo.ts";
import { namespaceTypes, perNamespace } from "../../../extension/core/namespaces.ts";
import { parseOciNamespaces } from "../../../extension/core/oci.ts";
import { parseNamespaceLink, parseNspid, parseStat } from "../../../extension/core/procfs.ts";
import { parseBundles } from "../../../extension/core/probe/parse-bundles.ts";
import { parseDescriptors, parseNsfsFiles, parsePins } from "../../../extension/core/probe/parse-held.ts";
import { parseLinks, parseThreads } from "../../../extension/core/probe/parse-links.ts";
import { parseScan } from "../../../extension/core/probe/parse-scan.ts";
import { lastAnswer, splitSections, textsByPid } from "../../../extension/core/probe/sections.ts";
import { parseUidMap } from "../../../extension/core/uid-map.ts";
import { scanOutput } from "../../support/scan-output.ts";

// What a node prints is hostile until it is parsed. Every parser: a whole input is read exactly; whatever a name holds,
// nothing else changes; cut at any place, or mixed with anything, it throws nothing and makes nothing up.

const id = "3f".repeat(32);

/** Text as a process, a file or a client may choose it: what the formats use to divide, and halves of UTF-8. */
const hostileText = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      "\n",
      "\0",
      "(",
      ")",
      " ",
      "\t",
      "#",
      ":",
      "[",
      "]",
      "{",
      "}",
      '"',
      "\\",
      ",",
      "-",
      "/",
      "\uFFFD",
    ),
    fc.constantFrom("NSpid:", " - nsfs ", "net:[1]", "/proc/1/stat:", "#end", "\ud800", "é", "7", "a"),
  ),
  maxLength: 40,
});

const inode = fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }).map(String);
const type = fc.constantFrom(...namespaceTypes);
const count = fc.integer({ min: 0, max: 2 ** 31 });

/** Every shorter beginning of a text. */
function beginnings(text: string): string[] {
  return Array.from({ length: text.length }, (_, length) => text.slice(0, length));
}

const mebibyte = 2 ** 20;
/** Long lines on which a parser that tries again from each place would take minutes. */
const longLines = ["(", ")", "\t1", " ", "[", "\\040", " - nsfs ", "a-", `/${id}`].map((piece) =>
  piece.repeat(mebibyte / piece.length),
);

describe("stat", () => {
  const statOf = (comm: string): string => `42 (${comm}) S 7 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 12345 1 1`;

  test("whatever the name holds, the fields are the kernel's", () => {
    fc.assert(
      fc.property(hostileText, (comm) => {
        expect(parseStat(statOf(comm))).toEqual({
          pid: 42,
          comm,
          state: "S",
          ppid: 7,
          startTicks: 12345,
          threadCount: 1,
        });
      }),
    );
  });

  test("whatever bytes the name holds, halves of UTF-8 among them, the fields are the kernel's", () => {
    const [head = "", tail = ""] = statOf("\0").split("\0");
    const bytes = (text: string): number[] => [...new TextEncoder().encode(text)];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 15 }), (comm) => {
        const text = new TextDecoder().decode(Uint8Array.from([...bytes(head), ...comm, ...bytes(tail)]));
        expect(parseStat(text)).toMatchObject({ pid: 42, state: "S", ppid: 7, startTicks: 12345 });
      }),
    );
  });

  test("cut before the end of its start time it is none", () => {
    const text = statOf("a) R 1");
    const parts = beginnings(text.slice(0, text.indexOf("12345") + 6));
    expect(parts.map(parseStat).filter((stat) => stat !== undefined)).toEqual([]);
  });
});

describe("NSpid", () => {
  test("reads what the kernel writes", () => {
    fc.assert(
      fc.property(fc.array(count, { minLength: 1, maxLength: 32 }), (pids) => {
        expect(parseNspid(`NSpid:\t${pids.join("\t")}`)).toEqual(pids);
      }),
    );
  });

  test("anything else has no PIDs", () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        if (/^NSpid:(\s+\d+)+\s*$/.test(text)) return;
        expect(parseNspid(text)).toEqual([]);
      }),
    );
  });
});

describe("uid_map", () => {
  test("reads what the kernel writes", () => {
    const range = fc.record({ inside: count, outside: count, count: fc.integer({ min: 1, max: 2 ** 31 }) });
    fc.assert(
      fc.property(fc.array(range, { maxLength: 10 }), (ranges) => {
        const text = ranges
          .map((one) => [one.inside, one.outside, one.count].map((n) => String(n).padStart(10)).join(" "))
          .join("\n");
        expect(parseUidMap(text)).toEqual(ranges);
      }),
    );
  });

  test.each(["0 0", "0 0 0", "0 0 1 1", "x 0 1", "0 0 1\n0", "-1 0 1", "4294967295 0 2", "0 0 4294967297"])(
    "is not half believed: %j",
    (text) => {
      expect(parseUidMap(text)).toBeUndefined();
    },
  );

  test("of hostile text it makes no range that is not there", () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const ranges = parseUidMap(`0 1000 1\n${text}`);
        expect(ranges === undefined || text.trim() === "" || /\d/.test(text)).toBe(true);
      }),
    );
  });
});

describe("mountinfo", () => {
  const escaped = (path: string): string =>
    path.replace(/[ \t\n\\#]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`);
  const lineOf = (root: string, path: string, fsType = "nsfs", optional = "shared:4 "): string =>
    `272 157 0:4 ${root} ${escaped(path)} rw,nosuid ${optional}- ${fsType} nsfs rw`;

  test("whatever the mount point holds, the namespace is the kernel's", () => {
    fc.assert(
      fc.property(
        type,
        inode,
        hostileText,
        fc.constantFrom("", "shared:4 ", "shared:4 master:1 "),
        (...given) => {
          const [name, number, path, optional] = given;
          expect(parseNamespaceMount(lineOf(`${name}:[${number}]`, `/${path}`, "nsfs", optional))).toEqual({
            type: name,
            inode: number,
            path: `/${path}`,
          });
        },
      ),
    );
  });

  test("mounts of other file systems are none, wherever they are mounted", () => {
    fc.assert(
      fc.property(hostileText, (path) => {
        expect(parseNamespaceMount(lineOf("/", `/${path}`, "ext4"))).toBeUndefined();
        expect(parseNamespaceMount(lineOf("net:[1]", `/${path}`, "tmpfs"))).toBeUndefined();
      }),
    );
  });

  test("cut before its type it is none", () => {
    const line = lineOf("net:[4026532177]", "/run/netns/a");
    const parts = beginnings(line.slice(0, line.indexOf("nsfs") + 4));
    expect(parts.map(parseNamespaceMount).filter((pin) => pin !== undefined)).toEqual([]);
  });
});

describe("linux.namespaces of an OCI configuration", () => {
  test("reads what runtimes write", () => {
    // Docker 20.10's, word for word; containerd's and Podman's differ in order alone.
    const json = `[{"type":"mount"},{"type":"network","path":"/proc/30351/ns/net"},{"type":"uts"},{"type":"pid","path":"/proc/30351/ns/pid"},{"type":"ipc"}]`;
    expect(parseOciNamespaces(json)).toEqual([
      { type: "mnt", path: undefined },
      { type: "net", path: "/proc/30351/ns/net" },
      { type: "uts", path: undefined },
      { type: "pid", path: "/proc/30351/ns/pid" },
      { type: "ipc", path: undefined },
    ]);
    for (const part of beginnings(json)) expect(parseOciNamespaces(part)).toBeUndefined();
  });

  test("paths are data", () => {
    fc.assert(
      fc.property(hostileText, (path) => {
        expect(parseOciNamespaces(JSON.stringify([{ type: "network", path }]))).toEqual([
          { type: "net", path: path === "" ? undefined : path },
        ]);
      }),
    );
  });

  test("any JSON is a list of namespaces or nothing", () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        for (const { type: name } of parseOciNamespaces(json) ?? []) expect(namespaceTypes).toContain(name);
      }),
    );
  });

  test.each([
    '[{"type":"pid"},{"type":"pid","path":"/x"}]',
    '[{"type":"pid","path":1}]',
    "[{}]",
    "[1]",
    "{}",
  ])("is not believed in part: %s", (json) => {
    expect(parseOciNamespaces(json)).toBeUndefined();
  });

  test("a type that nobody knows yet is passed over", () => {
    expect(parseOciNamespaces('[{"type":"constructor"},{"type":"ipc"}]')).toEqual([
      { type: "ipc", path: undefined },
    ]);
  });
});

describe("crictl and docker", () => {
  const other = "ab".repeat(32);
  const entry = (name: string): unknown => ({
    id,
    podSandboxId: other,
    metadata: { name, attempt: 0 },
    labels: { "io.kubernetes.pod.uid": "x" },
    state: "CONTAINER_RUNNING",
  });

  test("crictl: names are data, and other fields do not matter", () => {
    fc.assert(
      fc.property(hostileText, (name) => {
        expect(parseCrictlPs(JSON.stringify({ containers: [entry(name), 7, { id: "../.." }] }))).toEqual([
          { id, client: "crictl", name, sandboxId: other, pid: undefined },
        ]);
      }),
    );
  });

  test("crictl: cut anywhere it says nothing", () => {
    for (const part of beginnings(JSON.stringify({ containers: [entry("a")] }))) {
      expect(parseCrictlPs(part)).toEqual([]);
    }
  });

  test("docker: names are data, and a container that does not run has no PID", () => {
    fc.assert(
      fc.property(hostileText, count, (name, pid) => {
        expect(parseDockerInspect(JSON.stringify([id, `/${name}`, pid]))).toEqual({
          id,
          client: "docker",
          name,
          sandboxId: undefined,
          pid: pid === 0 ? undefined : pid,
        });
      }),
    );
  });

  test("any JSON, and any text, is containers with IDs or nothing", () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), hostileText), (text) => {
        const found = [
          ...parseCrictlPs(text),
          ...parseCrictlPs(`{"containers":[${text}]}`),
          parseDockerInspect(text),
        ];
        for (const client of found) if (client !== undefined) expect(client.id).toMatch(/^[0-9a-f]{64}$/);
      }),
    );
  });
});

describe("cgroup", () => {
  const uid = "0b6c2a91-4ad1-4e0f-9a5f-1c2d3e4f5a6b";

  test("cut anywhere it names this pod and container, or none", () => {
    const text = `9:pids:/\n1:name=systemd:/kubepods/besteffort/pod${uid}/${id}\n0::/\n`;
    for (const part of beginnings(text)) {
      const { podUid, containerId } = parseCgroup(part);
      expect([undefined, uid]).toContain(podUid);
      expect([undefined, id]).toContain(containerId);
    }
    expect(parseCgroup(text)).toMatchObject({ podUid: uid, containerId: id });
  });

  test("whatever a container calls its own cgroups, it stays what it is", () => {
    fc.assert(
      fc.property(hostileText, (name) => {
        // The kernel takes neither a slash nor a newline in a cgroup's name.
        const own = name.replaceAll(/[/\n]/g, "");
        expect(parseCgroup(`0::/kubepods/pod${uid}/${id}/${own}`)).toMatchObject({
          podUid: uid,
          containerId: id,
        });
      }),
    );
  });
});

describe("the scripts' own lines", () => {
  const number = fc.integer({ min: 1, max: 4_194_304 });

  test("links: what could not be read is told from what is not there", () => {
    fc.assert(
      fc.property(number, type, fc.option(inode, { nil: undefined }), (pid, name, of) => {
        const line = of === undefined ? `${pid} ${name}` : `${pid} ${name} ${of}`;
        expect([...parseLinks([line])]).toEqual([[pid, new Map([[name, of]])]]);
      }),
    );
  });

  test("threads: those in the Linux namespace of their process are none", () => {
    fc.assert(
      fc.property(number, number, type, inode, inode, (pid, tid, name, own, other) => {
        const namespaces = perNamespace(() => ({ status: "read", inode: own }) as const);
        const found = parseThreads([`${pid} ${tid} ${name} ${other}`], new Map([[pid, { namespaces }]]));
        expect([...found]).toEqual(
          own === other || tid === pid ? [] : [[pid, [{ tid, namespaces: { [name]: other } }]]],
        );
      }),
    );
  });

  test("descriptors", () => {
    fc.assert(
      fc.property(number, count, type, inode, (pid, fd, name, of) => {
        const line = `/proc/${pid}/fd/${fd} ${name}:[${of}]`;
        expect(parseDescriptors([line])).toEqual([{ pid, fd, type: name, inode: of }]);
        for (const part of beginnings(line)) expect(parseDescriptors([part])).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  test("stat behind a mount point: the node's nsfs alone counts, whatever the path holds", () => {
    fc.assert(
      fc.property(hostileText, inode, (name, of) => {
        const path = `/${name.replaceAll("\n", "")}`;
        expect([...parseNsfsFiles([`4 ${of} 70 ${path}`, `5 ${of} 70 /other`], "4")]).toEqual([
          [path, { inode: of, since: 70_000 }],
        ]);
        expect(parseNsfsFiles([`4 ${of} 70 ${path}`], undefined).size).toBe(0);
      }),
    );
  });

  test("a mount that another process has is not measured by the reader's paths", () => {
    const mount = "mountinfo:1 2 0:4 net:[5000] /run/a rw - nsfs nsfs rw";
    const files = new Map([["/run/a", { inode: "5001", since: 0 }]]);
    expect(parsePins([`/proc/self/${mount}`], files)).toEqual([]);
    expect(parsePins([`/proc/77/${mount}`], files)).toEqual([{ type: "net", inode: "5000", path: "/run/a" }]);
  });

  test("an answer is found behind whatever was printed before it, even if that looks like one", () => {
    const answer = "#meta\nscope pod\n#pids\n1 2\n#end";
    const opening = fc.constantFrom("#meta", "#end", "#pids", "scope node", "banner", "");
    fc.assert(
      fc.property(fc.array(opening), fc.constantFrom("", "bye", "meta"), (before, behind) => {
        expect(lastAnswer([...before, answer, behind].join("\n"), "meta")).toBe(answer);
      }),
    );
  });

  test.each(["", "#meta\n#pids\n1", "#end", "#meta\r#end\r", " #meta\n#end"])(
    "what holds no whole answer is left as it is: %j",
    (output) => {
      expect(lastAnswer(output, "meta")).toBe(output);
    },
  );

  test("a file's lines are its process's, whatever they hold", () => {
    fc.assert(
      fc.property(number, hostileText, (pid, text) => {
        const printed = text.split("\n").map((line) => `/proc/${pid}/status:${line}`);
        expect([...textsByPid(printed, "status")]).toEqual([[pid, text]]);
        expect(textsByPid(printed, "stat").size).toBe(0);
        expect(splitSections(["#files", ...printed, "#end"].join("\n")).lines("files")).toEqual(printed);
      }),
    );
  });

  test("none of them is made of hostile text", () => {
    const namespaces = perNamespace(() => ({ status: "read", inode: "5000" }) as const);
    fc.assert(
      fc.property(hostileText, (text) => {
        const lines = [`77 net ${text}x`, `${text} net`, `/proc/77/fd/3 ${text}`, `4 5000 ${text}`];
        // A path may hold anything behind its slash, and nothing else is free.
        if (text.startsWith("/") || text === "net:[1]") return;
        expect(parseLinks(lines.slice(0, 1)).size).toBe(0);
        expect(parseThreads([`77 78 net ${text}x`], new Map([[77, { namespaces }]])).size).toBe(0);
        expect(parseDescriptors(lines)).toEqual([]);
        expect(parseNsfsFiles(lines, "4").size).toBe(0);
      }),
    );
  });
});

describe("what grep found in an OCI configuration", () => {
  const file = `/proc/5/cwd/../${id}/config.json`;

  test("a value is data", () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        // grep prints values without quotes, backslashes and newlines alone.
        const name = text.replaceAll(/["\\\n]/g, "");
        const lines = [
          `${file}:"io.kubernetes.cri.container-type":"container"`,
          `${file}:"io.kubernetes.cri.container-name":"${name}"`,
        ];
        expect(parseBundles(lines, [])).toMatchObject([{ id, type: "container", name }]);
      }),
    );
  });

  test("cut anywhere a line says nothing", () => {
    const namespaces = `${file}:"namespaces":[{"type":"network","path":"/proc/7/ns/net"}]`;
    for (const line of [namespaces, `${file}:"io.kubernetes.cri.container-type":"sandbox"`]) {
      const said = beginnings(line).flatMap((part) => parseBundles([part], []));
      expect(said.filter((bundle) => bundle.type !== undefined || bundle.namespaces !== undefined)).toEqual(
        [],
      );
      expect(parseBundles([line], [])).toHaveLength(1);
    }
  });
});

describe("lsns", () => {
  test("is numbers and a type or nothing", () => {
    fc.assert(
      fc.property(hostileText, inode, type, (text, of, name) => {
        expect(parseLsns(`${of} ${name} ${text}`)).toBeUndefined();
        expect(parseLsns(`${of} ${text} 0 0`)).toBeUndefined();
      }),
    );
    const line = "4026532180 pid 4026531836 4";
    expect(
      beginnings(line)
        .map(parseLsns)
        .filter((said) => said !== undefined),
    ).toEqual([]);
  });

  test("reads its lines, and only these", () => {
    expect(parseLsns("4026532180 pid 4026531836 4026531837")).toEqual({
      inode: "4026532180",
      type: "pid",
      parent: "4026531836",
      owner: "4026531837",
    });
    expect(parseLsns("4026531837 user 0 0")).toMatchObject({ parent: undefined, owner: undefined });
    for (const line of ["", "NS TYPE PNS ONS", "1 net", "1 net 0 0 sh", "0 net 0 0", "1 mount 0 0"]) {
      expect(parseLsns(line)).toBeUndefined();
    }
  });
});

test("one mebibyte of anything takes no parser long", () => {
  const begun = performance.now();
  for (const line of longLines) {
    parseStat(`42 (${line}`);
    parseNspid(`NSpid:${line}x`);
    parseUidMap(`0 0 1\n${line}`);
    parseNamespaceLink(`net:[${line}`);
    parseNamespaceMount(`1 2 3 net:[1] /${line}`);
    parseOciNamespaces(`[{"type":${line}`);
    parseCrictlPs(`{"containers":[${line}`);
    parseDockerInspect(`[${line}`);
    parseLsns(`1 net ${line}`);
    parseCgroup(`0::/${line}`);
    parseLinks([`1 net ${line}`, line]);
    parseThreads([`1 2 net ${line}`], new Map());
    parseDescriptors([`/proc/1/fd/1 ${line}`]);
    parsePins([`/proc/1/mountinfo:${line}`], parseNsfsFiles([`4 1 /${line}`], "4"));
    parseBundles([`/${line}/${id}/config.json:"namespaces":[${line}`, `/${line}:"Name":"${line}`], []);
    textsByPid([`/proc/1/stat:${line}`, line], "stat");
    splitSections(`#${line}`);
  }
  // In quadratic time one line alone would take minutes.
  expect(performance.now() - begun).toBeLessThan(10_000);
});

describe("parents of PID namespaces", () => {
  const scan = (nspids: readonly number[], shimsNspids: readonly number[] = [50]) =>
    parseScan(
      scanOutput({
        processes: [{ pid: 60, ppid: 50, nspids, inodes: { pid: "5000" } }],
        parents: [{ pid: 50, nspids: shimsNspids }],
      }),
    );

  test("are told by the first process's own parent, one level further out", () => {
    const { processes, parents } = scan([60, 1]);
    expect(inferPidParents([...processes, ...parents])).toEqual([
      { inode: "5000", type: "pid", parent: "4026531836", owner: undefined },
    ]);
  });

  test.each([
    ["another process than the first", [60, 7], [50]],
    ["two levels further out", [60, 9, 1], [50]],
    ["the same level", [60, 1], [50, 3]],
    ["a kernel that does not tell", [], [50]],
  ])("are not told by %s", (_name, own, shims) => {
    const { processes, parents } = scan(own, shims);
    expect(inferPidParents([...processes, ...parents])).toEqual([]);
  });
});
