import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { newMark, reaper } from "../../../extension/nodes/marked.ts";
import { because, whyNotRoot } from "../../support/skipped.ts";
import { shellInRoot } from "./roots.ts";

// The reaper with the shells and tools that nodes and images have, on processes that are really there.

/** PIDs of what has the mark. */
function marked(mark: string): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(mark);
      } catch {
        return false;
      }
    })
    .map(Number);
}

function reap(argv: readonly string[], mark: string): void {
  const [file = "", ...args] = argv;
  const { status, stderr } = spawnSync(file, [...args, "-c", reaper, "sh", mark], { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
}

/** A shell of this machine with the mark, that has printed a line: all that it has started is there. */
async function begin(script: string, mark: string) {
  const [name = "", value = ""] = mark.split("=");
  const child = spawn("bash", ["-c", script], { env: { ...process.env, [name]: value } });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  await once(child.stdout, "data");
  return { ended: once(child, "exit"), said: () => said };
}

const everyShell = ["dash", "bash", "busybox"] as const;
const roots = (["GNU", "busybox", "toybox"] as const).flatMap((tools) =>
  everyShell.map((shell) => ({ tools, shell })),
);

describe.skipIf(whyNotRoot !== undefined)(`the end of what is marked${because(whyNotRoot)}`, () => {
  test.each(roots)("with $tools tools and $shell as its shell", async ({ tools, shell }) => {
    const [mark, another] = [newMark(), newMark()];
    const [one, other] = await Promise.all([
      begin("sleep 86420 & sleep 86421 & echo ready; wait; wait; echo asked", mark),
      begin("echo ready; sleep 86422", another),
    ]);
    reap(shellInRoot(shell, tools), mark);
    expect(marked(mark)).toEqual([]);
    await one.ended;
    // It was there to ask how they ended.
    expect(one.said()).toBe("ready\nasked\n");
    const left = marked(another);
    for (const pid of left) process.kill(pid);
    expect(left).not.toEqual([]);
    await other.ended;
  });

  test("without a grep that takes lines that end with NUL", async () => {
    const mark = newMark();
    const one = await begin("sleep 86423 & echo ready; wait", mark);
    const poor = `grep() { case $1 in *z*) return 2 ;; esac; command grep "$@"; }\n`;
    const { status } = spawnSync("dash", ["-c", poor + reaper, "sh", mark]);
    expect(status).toBe(0);
    expect(marked(mark)).toEqual([]);
    await one.ended;
  });

  test("of what does not want to end, and begins again and again", async () => {
    const mark = newMark();
    const one = await begin("trap '' INT TERM HUP; echo ready; while :; do sleep 86424; done", mark);
    reap(["dash"], mark);
    expect(marked(mark)).toEqual([]);
    await one.ended;
  });
});
