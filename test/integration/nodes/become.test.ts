import { randomBytes } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Become } from "../../../extension/nodes/access.ts";
import { becoming } from "../../../extension/nodes/become.ts";
import { runChild } from "../../../extension/nodes/child-process.ts";
import { runCommand } from "../../../extension/nodes/command.ts";
import { quoteCommand } from "../../../extension/nodes/quote.ts";
import type { RunResult } from "../../../extension/nodes/transport.ts";
import { because, whyNotRoot } from "../../support/skipped.ts";
import { PrivateMachine, writtenTo } from "./private-machine.ts";

// The real sudo and doas, with users and rules of a private /etc. Needs root on Linux.

const secret = `right-${randomBytes(12).toString("hex")}`;
const wrong = `wrong-${randomBytes(12).toString("hex")}`;
/** The last line shows whether all of it came. */
const script = 'echo "uid $(id -u) of $*"\n\necho whole\nexit 5\n';
const loginShells = [
  ...["sh", "bash", "dash", "ksh", "mksh", "zsh", "tcsh", "fish", "yash", "posh"].map((name) => [name]),
  ["busybox", "ash"],
];

let machine: PrivateMachine;

beforeAll(async () => {
  if (whyNotRoot !== undefined) return;
  machine = await PrivateMachine.start();
  // Named after what sudoers and doas.conf let them do.
  for (const user of [
    "asked",
    "free",
    "other",
    "notty",
    "lectured",
    "once",
    "nobodys",
    "nodoas",
    "doasonly",
  ]) {
    machine.addUser(user, "/bin/sh", secret);
  }
  machine.addUser("noexec", "/bin/sh", secret);
  machine.configure(
    "sudoers.d/test",
    [
      "asked ALL=(ALL) ALL",
      "free ALL=(ALL) NOPASSWD: ALL",
      "other ALL=(nobody) NOPASSWD: ALL",
      "Defaults:notty requiretty",
      "notty ALL=(ALL) ALL",
      "Defaults:lectured lecture=always, use_pty",
      "lectured ALL=(ALL) ALL",
      "Defaults:once passwd_tries=1",
      "once ALL=(ALL) ALL",
      "noexec ALL=(ALL) NOPASSWD: NOEXEC: ALL",
      "",
    ].join("\n"),
  );
  machine.configure("doas.conf", "permit nopass doasonly\npermit nodoas\n");
});

afterAll(async () => {
  if (whyNotRoot === undefined) await machine.stop();
});

interface Outcome {
  readonly result: RunResult | { readonly reason: string; readonly detail: string };
  /** What the user was asked, and what became of the answers. */
  readonly log: readonly string[];
}

interface Options {
  /** In their order; the last one for all that follow. */
  readonly passwords?: readonly string[];
  /** The account's login shell, which is given a line as sshd does. */
  readonly shell?: readonly string[];
  readonly onJudged?: () => void;
}

async function run(user: string, become: Become, options: Options = {}): Promise<Outcome> {
  const { passwords = [secret], shell = ["/bin/sh"], onJudged } = options;
  const { signal } = new AbortController();
  const log: string[] = [];
  const { argv, dialogue } = becoming(
    become,
    ["sh", "-s", "--", "it's", "a!b", "\\"],
    randomBytes(16).toString("hex"),
  );
  const [file, ...args] = machine.as(user, ...shell, "-c", quoteCommand(argv));
  const command = await runChild(file, args, { signal });
  const request = {
    stdin: script,
    dialogue: dialogue && {
      ...dialogue,
      password: async (attempt: number) => {
        log.push(`asked ${attempt}`);
        return passwords[attempt - 1] ?? passwords.at(-1) ?? "";
      },
      judged: (accepted: boolean) => {
        log.push(accepted ? "accepted" : "refused");
        onJudged?.();
      },
      failed: () => {},
    },
  };
  const result = await runCommand(command, request, { signal, maxBytes: 100_000 }, { node: "n1" }).catch(
    (error: { reason: string; facts: Record<string, string> }) => ({
      reason: error.reason,
      detail: error.facts["detail"] ?? "",
    }),
  );
  await command.gone;
  return { result, log };
}

function answer(uid: number): RunResult {
  return {
    stdout: expect.stringMatching(new RegExp(`^\n?uid ${uid} of it's a!b \\\\\nwhole\n$`)),
    // What is none of the script's, such as a password, would be no command.
    stderr: expect.not.stringContaining("not found"),
    exitCode: 5,
  };
}

function uidOf(user: string): number {
  return Number(machine.run("id", "-u", user));
}

const sudo: Become = { kind: "sudo" };
const auto: Become = { kind: "auto" };

describe.skipIf(whyNotRoot !== undefined)(`becoming root${because(whyNotRoot)}`, () => {
  describe.each(loginShells)("from %s %s", (...shell) => {
    test("by sudo with a password", async () => {
      const { result, log } = await run("asked", sudo, { shell });
      expect(result).toEqual(answer(0));
      expect(log).toEqual(["asked 1", "accepted"]);
    });

    test("by itself, where nothing is asked", async () => {
      expect(await run("free", auto, { shell })).toEqual({ result: answer(0), log: [] });
    });

    test("by itself, where it cannot be had", async () => {
      expect(await run("asked", auto, { shell })).toEqual({
        result: answer(uidOf("asked")),
        log: [],
      });
    });
  });

  test("by sudo, at the second try", async () => {
    const { result, log } = await run("asked", sudo, { passwords: [wrong, secret] });
    expect(result).toEqual(answer(0));
    expect(log).toEqual(["asked 1", "refused", "asked 2", "accepted"]);
  });

  test("by sudo, with a lecture and a terminal of sudo's own", async () => {
    const { result, log } = await run("lectured", sudo);
    expect(result).toEqual(answer(0));
    expect(log).toEqual(["asked 1", "accepted"]);
  });

  test("by sudo that asks for nothing: a password that is at hand is not sent", async () => {
    // -x prints the whole line, and -v all that is read, on stderr.
    const { result, log } = await run("free", sudo, { shell: ["/bin/bash", "-xv"] });
    expect(result).toEqual(answer(0));
    expect(log).toEqual([]);
  });

  test("by sudo whose login is remembered: that is not used, and none is made", async () => {
    machine.configure("sudoers.d/global", "Defaults:asked timestamp_type=global\n");
    try {
      await run("asked", { kind: "template", template: "sudo -S -p ${prompt} ${command}" });
      expect(await run("asked", { kind: "template", template: "sudo -n ${command}" })).toMatchObject({
        result: answer(0),
        log: [],
      });
      const before = writtenFiles();
      expect(before).not.toEqual([]);
      expect((await run("asked", sudo)).log).toEqual(["asked 1", "accepted"]);
      expect((await run("asked", auto)).result).toEqual(answer(uidOf("asked")));
      expect(writtenFiles()).toEqual(before);
    } finally {
      machine.run("sh", "-c", "rm -f /run/sudo/ts/*");
      machine.configure("sudoers.d/global", "");
    }
  });

  test.each<[string, string, Become, Options, string, RegExp, string[]]>([
    [
      "three wrong passwords",
      "asked",
      sudo,
      { passwords: [wrong] },
      "become-password",
      /3 incorrect password attempts/,
      ["asked 1", "refused", "asked 2", "refused", "asked 3", "refused"],
    ],
    [
      "a wrong password where sudo asks once",
      "once",
      sudo,
      { passwords: [wrong] },
      "become-password",
      /1 incorrect password attempt/,
      ["asked 1", "refused"],
    ],
    [
      "a user who may not",
      "nobodys",
      sudo,
      {},
      "become-failed",
      /not in the sudoers file/,
      ["asked 1", "refused"],
    ],
    [
      "a user who may be another than root",
      "other",
      sudo,
      {},
      "become-failed",
      /not allowed/,
      ["asked 1", "refused"],
    ],
    ["a sudo that wants a terminal", "notty", sudo, {}, "become-failed", /must have a tty/, []],
    ["a sudo that lets no program run another", "noexec", sudo, {}, "become-failed", /made no root/, []],
    ["doas that wants a password", "nodoas", { kind: "doas" }, {}, "become-failed", /nopass/, []],
    ["doas that does not know the user", "asked", { kind: "doas" }, {}, "become-failed", /not permitted/, []],
    [
      "a template of a program that is not there",
      "asked",
      { kind: "template", template: "dzdo -S -p ${prompt} ${command}" },
      {},
      "become-failed",
      /dzdo.*not found/,
      [],
    ],
    [
      "a template that makes another user",
      "other",
      { kind: "template", template: "sudo -n -u nobody ${command}" },
      {},
      "become-failed",
      /made no root/,
      [],
    ],
  ])("%s", async (_name, user, become, options, reason, detail, log) => {
    const outcome = await run(user, become, options);
    expect(outcome).toEqual({ result: { reason, detail: expect.stringMatching(detail) }, log });
    expect(JSON.stringify(outcome)).not.toContain(wrong);
  });

  test.each<[string, string, Become]>([
    ["doas", "doasonly", { kind: "doas" }],
    ["doas, by itself", "doasonly", auto],
    ["root as it is, by itself", "root", auto],
    ["root as it is, asked for sudo", "root", sudo],
    ["root as it is, asked for doas", "root", { kind: "doas" }],
    ["a template without a question", "free", { kind: "template", template: "sudo -n ${command}" }],
    [
      "a template for a line",
      "root",
      { kind: "template", template: `su -c 'exec "$0" "$@"' -- root \${command}` },
    ],
  ])("%s", async (_name, user, become) => {
    expect(await run(user, become)).toEqual({ result: answer(0), log: [] });
  });

  test.each(["noexec", "other", "notty", "nobodys"])(
    "by itself, not where it would do no good: %s",
    async (user) => {
      expect(await run(user, auto)).toEqual({ result: answer(uidOf(user)), log: [] });
    },
  );

  test("never", async () => {
    expect(await run("free", { kind: "never" })).toEqual({ result: answer(uidOf("free")), log: [] });
  });

  test("no password is in any argument or environment, nor is anything left behind", async () => {
    const before = writtenFiles();
    const seen: string[] = [];
    const look = (): void => {
      seen.push(...globSync("/proc/[0-9]*/{cmdline,environ}").filter((file) => holds(file, secret)));
    };
    const began = `began-${randomBytes(8).toString("hex")}`;
    let looked = 0;
    await run("asked", sudo, {
      // What is looked for would be found: the shell's own name is one of its arguments.
      shell: ["/usr/bin/env", `TOLD=${began}`, "bash"],
      onJudged: () => {
        looked = globSync("/proc/[0-9]*/environ").filter((file) => holds(file, began)).length;
        look();
      },
    });
    expect(looked).toBeGreaterThan(0);
    expect(seen).toEqual([]);
    expect(writtenFiles()).toEqual(before);
  });
});

/** With their times, sizes and contents' beginning, of all that stands where sudo and others write. */
function writtenFiles(): readonly string[] {
  return machine
    .run("find", ...writtenTo, "-type", "f", "-printf", "%p %s %T@\n")
    .split("\n")
    .filter(Boolean)
    .toSorted();
}

function holds(file: string, text: string): boolean {
  try {
    return readFileSync(file, "utf8").includes(text);
  } catch {
    // It ended meanwhile, or is a kernel's.
    return false;
  }
}
