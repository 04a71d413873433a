import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  checkLesson,
  type LessonMemory,
  type LessonReading,
  type LessonStep,
  lessonSteps,
  nothingSeen,
} from "../../../extension/core/lesson.ts";
import { lessonCommands, lessonTools } from "../../../extension/core/lesson-commands.ts";
import type { ContainerReport } from "../../../extension/core/report.ts";
import { container, process, read, readings, report, unread } from "../../fixtures/reports/samples.ts";
import { hostInodes } from "../../support/scan-output.ts";

const own = readings(12, { net: "4026532834", ipc: "4026532833", pid: "4026532835" });
const pause = container("demo-pause", 812, {
  kind: "infra",
  namespaces: own,
  processes: [process(812, 1, "/pause")],
});
const nginx = container("demo-nginx", 840, {
  namespaces: { ...readings(40), net: own.net, ipc: own.ipc },
  processes: [process(840, 1, "nginx: master process")],
});
const sharing: ContainerReport = {
  ...nginx,
  pid: 861,
  namespaces: { ...nginx.namespaces, pid: own.pid },
  processes: [process(861, 7, "nginx: master process", { startTime: "2026-11-23T12:10:00.000Z" })],
};
const orphan = process(900, 19, "sleep 3600", { ppid: 812, startTime: "2026-11-23T12:20:00.000Z" });

function seen(containers: readonly ContainerReport[], more: Partial<LessonReading> = {}): LessonReading {
  return { sandbox: report(containers), apart: false, ...more };
}

/** The lesson as far as these readings lead, with what each step says. */
function taken(...checks: readonly [LessonStep, LessonReading, (readonly string[])?][]): {
  readonly says: readonly string[];
  readonly done: readonly boolean[];
  readonly memory: LessonMemory;
} {
  let memory = nothingSeen;
  const results = checks.map(([step, reading, answer]) => {
    const result = checkLesson(step, reading, memory, answer);
    ({ memory } = result);
    return result;
  });
  return { says: results.map(({ sentence }) => sentence), done: results.map(({ done }) => done), memory };
}

const none: LessonReading = { sandbox: null, apart: false };

describe("start", () => {
  test("is done by a container with a network of its own", () => {
    const { says, done } = taken(["start", none], ["start", seen([pause])]);
    expect(done).toEqual([false, true]);
    expect(says).toEqual([
      "Not yet: no container demo-pause runs there.",
      `Done: demo-pause is PID 812 and holds a network of its own, net:[4026532834]; the node's is net:[${hostInodes.net}].`,
    ]);
  });

  test("is not done in the node's network, nor where nothing could be read", () => {
    const onNode = { ...pause, namespaces: { ...own, net: read(hostInodes.net) } };
    const denied = { ...pause, namespaces: unread("denied", "only root may read it") };
    const { says, done } = taken(["start", seen([onNode])], ["start", seen([denied])]);
    expect(done).toEqual([false, false]);
    expect(says[0]).toContain("in the node's own network");
    expect(says[1]).toBe(
      "Not yet: demo-pause is PID 812, but its link /proc/812/ns/net could not be read: only root may read it.",
    );
  });
});

describe("join", () => {
  test("names both PIDs and the one inode", () => {
    const { says, done } = taken(["join", seen([pause])], ["join", seen([pause, nginx])]);
    expect(done).toEqual([false, true]);
    expect(says).toEqual([
      "Not yet: demo-pause is PID 812, but demo-nginx does not run beside it.",
      "Done: demo-pause is PID 812, demo-nginx is PID 840: both net:[4026532834].",
    ]);
  });

  test("tells one that runs by itself from one that joined something else", () => {
    const only: ContainerReport = { ...nginx, namespaces: { ...nginx.namespaces, net: read("7") } };
    const { says, done } = taken(["join", seen([pause], { apart: true })], ["join", seen([pause, only])]);
    expect(done).toEqual([false, false]);
    expect(says[0]).toContain("in a sandbox of its own");
    expect(says[1]).toBe(
      "Not yet: demo-pause is PID 812 in net:[4026532834], demo-nginx is PID 840 in net:[7].",
    );
  });

  test("of a pod, the infra container is pause whatever its name", () => {
    const { done, says } = taken(["join", seen([{ ...pause, name: "pause" }, nginx])]);
    expect(done).toEqual([true]);
    expect(says[0]).toContain("pause is PID 812");
  });
});

test.each([
  ["find", ["840", "812"], true],
  ["find", ["812"], false],
  ["find", ["812", "1"], false],
  ["find", [], false],
  ["compare", ["4026532834"], true],
  ["compare", ["4026532834", "4026532834"], true],
  ["compare", ["4026532834", "4026532835"], false],
  ["compare", [], false],
] as const)("%s with %j: %s", (step, answer, done) => {
  expect(checkLesson(step, seen([pause, nginx]), nothingSeen, answer).done).toBe(done);
});

test("share is done by one PID namespace, with both PIDs inside", () => {
  const { says, done } = taken(["share", seen([pause, nginx])], ["share", seen([pause, sharing])]);
  expect(done).toEqual([false, true]);
  expect(says[1]).toBe(
    "Done: demo-pause (PID 812) and demo-nginx (PID 861) are both in pid:[4026532835]. Inside, demo-pause is PID 1 and demo-nginx is PID 7.",
  );
});

describe("reap", () => {
  const before = seen([pause, sharing]);
  const left = seen([pause, { ...sharing, processes: [...sharing.processes, orphan] }]);

  test("has to see the orphan before it is gone", () => {
    const { says, done } = taken(["reap", before], ["reap", left], ["reap", before]);
    expect(done).toEqual([false, false, true]);
    expect(says[0]).toContain("no process has demo-pause (PID 812) for its parent");
    expect(says[1]).toBe(
      "Half done: sleep (PID 900) lost its parent, and demo-pause (PID 812) has taken its place. Now end it, and check again.",
    );
    expect(says[2]).toContain(
      "demo-pause (PID 812), its parent in place of the one it had lost, has reaped it.",
    );
  });

  test("is not done by a zombie", () => {
    const zombie = {
      ...orphan,
      zombie: { duty: "pause", dutyPid: 812, seenSince: orphan.startTime },
    } as const;
    const ended = seen([pause, { ...sharing, processes: [...sharing.processes, zombie] }]);
    const { says, done } = taken(["reap", left], ["reap", ended]);
    expect(done).toEqual([false, false]);
    expect(says[1]).toContain("it is a zombie");
  });

  test("nor where another pause process has come meanwhile", () => {
    const other = seen([{ ...pause, pid: 990, processes: [process(990, 1, "/pause")] }, sharing]);
    expect(taken(["reap", left], ["reap", other]).done).toEqual([false, false]);
  });

  test("nor without shared processes", () => {
    expect(taken(["reap", seen([pause, nginx])]).says[0]).toContain("pid:[4026532835]");
  });
});

describe("survive", () => {
  test("is done when nginx has ended and pause is the same", () => {
    const { says, done } = taken(
      ["join", seen([pause, nginx])],
      ["survive", seen([pause, nginx])],
      ["survive", seen([pause])],
    );
    expect(done).toEqual([true, false, true]);
    expect(says.slice(1)).toEqual([
      "Not yet: demo-nginx still runs, as PID 840.",
      "Done: demo-nginx (PID 840) has ended, and demo-pause is still PID 812 and still holds net:[4026532834].",
    ]);
  });

  test("and when the kubelet has started it again", () => {
    const again = { ...nginx, pid: 990, processes: [process(990, 1, "nginx")] };
    const { says, done } = taken(["join", seen([pause, nginx])], ["survive", seen([pause, again])]);
    expect(done).toEqual([true, true]);
    expect(says[1]).toContain("demo-nginx was PID 840 and is PID 990 now");
  });

  test("not where pause went too, another container is left, or nginx was never seen", () => {
    const gone = taken(["join", seen([pause, nginx])], ["survive", none]);
    const left = taken(["join", seen([pause, nginx])], ["survive", seen([pause, container("ghost", 77)])]);
    expect([gone.done[1], left.done[1]]).toEqual([false, false]);
    expect(gone.says[1]).toContain("which was PID 812, does not run there any more");
    expect(left.says[1]).toBe("Not yet: ghost still runs, as PID 77.");
    expect(taken(["survive", seen([pause])]).done).toEqual([false]);
  });
});

test("a clock that is read anew is no new process", () => {
  const later = report([pause], [], { node: { bootedAt: "2026-11-23T11:00:00.700Z" } });
  const moved = {
    ...later,
    containers: [
      { ...pause, processes: [process(812, 1, "/pause", { startTime: "2026-11-23T12:00:00.700Z" })] },
    ],
  };
  const { done } = taken(["join", seen([pause, nginx])], ["survive", { sandbox: moved, apart: false }]);
  expect(done).toEqual([true, true]);
});

test("whatever is read and answered, it is a sentence and never throws", () => {
  const containers = fc.subarray([pause, nginx, sharing, container("x\n\u202E", 5), container("y", null)]);
  const check = fc.record({
    step: fc.constantFrom(...lessonSteps),
    reading: fc.record({
      sandbox: fc.oneof(
        fc.constant(null),
        containers.map((some) => report(some)),
      ),
      apart: fc.boolean(),
    }),
    answer: fc.array(fc.string(), { maxLength: 3 }),
  });
  fc.assert(
    fc.property(fc.array(check, { maxLength: 6 }), (checks) => {
      let memory = nothingSeen;
      for (const { step, reading, answer } of checks) {
        const result = checkLesson(step, reading, memory, answer);
        ({ memory } = result);
        expect(result.sentence).toMatch(/^(?:Done|Not yet|Half done): [^\p{Cc}\p{Cf}]+\.$/u);
        expect(result.sentence.startsWith("Done")).toBe(result.done);
      }
    }),
  );
});

test("each step has its commands for each tool, one a line", () => {
  for (const tool of lessonTools) {
    for (const step of lessonSteps) {
      const lines = lessonCommands(step, tool);
      expect(lines.length).toBeGreaterThan(0);
      for (const line of lines) expect(line).toMatch(/^(?:docker|podman|kubectl|sudo) [^\n]+$/);
    }
  }
});
