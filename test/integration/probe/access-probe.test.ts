import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { accessProbe, type AccessAnswer, neededTools } from "../../../extension/core/probe/access-probe.ts";
import { because, whyNotRoot } from "../../support/skipped.ts";

// What the script finds out on this machine, in the shells and with the tools that nodes have.

const shells: readonly (readonly [string, readonly string[]])[] = [
  ["dash", ["dash"]],
  ["bash", ["bash"]],
  ["BusyBox", ["busybox", "sh"]],
  ["ksh", ["ksh"]],
  ["mksh", ["mksh"]],
  ["zsh as sh", ["zsh", "--emulate", "sh"]],
  ["yash", ["yash"]],
];

const probe = accessProbe();

function ask(shell: readonly string[], env: NodeJS.ProcessEnv = process.env): AccessAnswer {
  const [program = "", ...first] = shell;
  const result = spawnSync(program, [...first, ...probe.argv.slice(1)], {
    input: probe.stdin,
    encoding: "utf8",
    env,
  });
  expect(result.error).toBeUndefined();
  expect(result.stderr).toBe("");
  expect(result.status).toBe(0);
  return probe.parse(result.stdout);
}

const truth = {
  bootId: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
  hostname: hostname(),
  kernelRelease: readFileSync("/proc/sys/kernel/osrelease", "utf8").trim(),
  tools: expect.arrayContaining([...neededTools]),
};

describe.each(shells)("in %s", (_name, shell) => {
  test("it tells what the machine is", () => {
    const before = Math.floor(Date.now() / 1000);
    const answer = ask(shell);
    expect(answer).toMatchObject({ ...truth, uid: process.getuid?.() });
    expect(answer.now).toBeGreaterThanOrEqual(before);
    expect(answer.now).toBeLessThanOrEqual(Date.now() / 1000);
    expect(answer.processes.readable).toBeGreaterThan(1);
    expect(answer.processes.readable).toBeLessThanOrEqual(answer.processes.seen);
  });

  test("it does nothing for who did not ask: a login script that became another shell", () => {
    const [program = "", ...first] = shell;
    const { stdout, status } = spawnSync(program, [...first, "-s"], { input: probe.stdin, encoding: "utf8" });
    expect([stdout, status]).toEqual(["", 0]);
  });
});

describe.each(["busybox", "toybox"])("with the tools of %s", (box) => {
  test("it tells the same", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "access-probe-"));
    try {
      const where = spawnSync("sh", ["-c", `command -v ${box}`], { encoding: "utf8" }).stdout.trim();
      const listed = spawnSync(box, box === "busybox" ? ["--list"] : [], { encoding: "utf8" });
      const applets = listed.stdout.split(/\s+/).filter((name) => /^[a-z]+$/.test(name) && name !== "sh");
      expect(applets).toContain("ls");
      for (const name of applets) symlinkSync(where, path.join(folder, name));
      const answer = ask(["dash"], { ...process.env, PATH: `${folder}:${process.env["PATH"] ?? ""}` });
      expect(answer).toMatchObject(truth);
      expect(answer.processes.readable).toBeGreaterThan(1);
      // BusyBox's does not count.
      expect(answer.tools.includes("timeout")).toBe(box === "toybox");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe.skipIf(whyNotRoot !== undefined)(`to another user${because(whyNotRoot)}`, () => {
  test("the kernel shows that user's own links alone", () => {
    const answer = ask(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "dash"]);
    expect(answer).toMatchObject({ uid: 65_534, reference: "nobody" });
    expect(answer.processes.readable).toBeGreaterThanOrEqual(1);
    expect(answer.processes.readable).toBeLessThan(answer.processes.seen / 2);
    expect(answer.sudo).toBe("there");
  });

  test("hidepid is told, and what it hides is not counted", () => {
    // In a PID namespace of its own: the mount options of /proc are those of all its mounts in one.
    const answer = ask([
      ...["unshare", "--mount", "--pid", "--fork", "sh", "-c"],
      'mount -t proc -o hidepid=2 proc /proc; sleep 60 </dev/null >/dev/null 2>&1 & exec setpriv --reuid 65534 --regid 65534 --clear-groups dash "$@"',
      "sh",
    ]);
    expect(answer.hidepid).toMatch(/^(?:2|invisible)$/);
    expect(answer.processes.seen).toBe(1);
  });
});
