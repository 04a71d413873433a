import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { namespaceTypes, perNamespace } from "../../../extension/core/namespaces.ts";
import { parseProcesses } from "../../../extension/core/probe/parse-processes.ts";
import { splitSections } from "../../../extension/core/probe/sections.ts";

// What the Perl readers print of processes. What they read is tested against real ones.

const inodes = [
  "4026531833",
  "4026531839",
  "4026531838",
  "4026531836",
  "4026531832",
  "4026531837",
  "4026531835",
  "-",
];
const id = "3f".repeat(32);

function answer(
  processes: readonly string[],
  more: Readonly<Record<string, readonly string[]>> = {},
): string {
  const sections = {
    sets: [
      `1 ${inodes.join(" ")}`,
      `2 ${Array.from({ length: 8 }, () => "-").join(" ")}`,
      "3 5 . . . . . . .",
    ],
    cgroups: ["1:0::/", `2:4:memory:/`, `2:0::/system.slice/docker-${id}.scope`],
    maps: ["1:         0          0 4294967295", "2:", "3:?"],
    ...more,
    processes,
  };
  return Object.entries(sections)
    .flatMap(([name, lines]) => [`#${name}`, ...lines])
    .join("\n");
}

const parse = (text: string): ReturnType<typeof parseProcesses> => parseProcesses(splitSections(text));
const only = (line: string, more?: Readonly<Record<string, readonly string[]>>): unknown =>
  parse(answer([line], more)).whole.get(77);

describe("a line", () => {
  test("is a process, with what the tables hold for it", () => {
    expect(only("77 1 S 3 4711 77,1 1 2 1 web server")).toEqual({
      pid: 77,
      ppid: 1,
      state: "S",
      comm: "web server",
      startTicks: 4711,
      threadCount: 3,
      nspids: [77, 1],
      cgroup: expect.objectContaining({ containerId: id }) as unknown,
      namespaces: {
        ...perNamespace((type) => ({ status: "read", inode: inodes[namespaceTypes.indexOf(type)] })),
        time: { status: "gone", reason: "the link vanished while it was read" },
      },
      uidMap: [{ inside: 0, outside: 0, count: 4_294_967_295 }],
    });
  });

  test("of a zombie, or of what the kernel refuses, says why there is no inode", () => {
    expect(only("77 1 Z 1 4711 77 2 1 1 sh")).toMatchObject({ namespaces: { net: { status: "gone" } } });
    expect(only("77 1 S 1 4711 77 2 1 1 sh")).toMatchObject({ namespaces: { net: { status: "denied" } } });
    const alone = parse(answer(["77 1 S 1 4711 77 3 1 1 sh"], { sets: ["3 5 . . . . . . ."] }));
    expect(alone.whole.get(77)?.namespaces.ipc.status).toBe("unsupported");
  });

  test("may lack what was not shown: PIDs inside, and a UID map", () => {
    expect(only("77 1 S 1 4711  1 1 3 sh")).toMatchObject({ nspids: [], uidMap: undefined });
    expect(only("77 1 S 1 4711 77 1 1 2 sh")).toMatchObject({ uidMap: [] });
    const long = Array.from({ length: 11 }, (_, at) => `1: ${at} ${at} 1`);
    expect(only("77 1 S 1 4711 77 1 1 1 sh", { maps: long })).toMatchObject({ uidMap: undefined });
  });

  test("of a name that holds anything", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (comm) => {
        // As one_line in the readers has it.
        const escaped = comm.replace(/[\\\n]/g, (mark) => (mark === "\n" ? String.raw`\n` : String.raw`\\`));
        expect(only(`77 1 S 1 4711 77 1 1 1 ${escaped}`)).toMatchObject({ comm });
      }),
    );
  });
});

test("the first line of a PID counts, and those that were shown are known", () => {
  const { whole, wasShown } = parse(answer(["77 1 S 1 1 77 1 1 1 a", "77 1 S 1 1 77 1 1 1 b"]));
  expect([...whole.values()].map(({ comm }) => comm)).toEqual(["a"]);
  expect([wasShown(77), wasShown(1)]).toEqual([true, false]);
});

test("nothing throws, and no number is made up, whatever is printed", () => {
  const noise = fc.array(
    fc.oneof(
      fc.string({ unit: "binary" }),
      fc.stringMatching(/^[0-9 #:.,-]{0,60}$/),
      fc.constantFrom("#sets", "#maps"),
    ),
  );
  fc.assert(
    fc.property(noise, noise, noise, noise, (sets, cgroups, maps, processes) => {
      for (const process of parse(answer(processes, { sets, cgroups, maps })).whole.values()) {
        expect(
          [process.pid, process.ppid, process.startTicks, process.threadCount].every(Number.isSafeInteger),
        ).toBe(true);
        expect(process.nspids.every(Number.isSafeInteger)).toBe(true);
      }
    }),
  );
});
