import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { askNode } from "../../../extension/app/ask-node.ts";
import { nodeProbe } from "../../../extension/core/probe/node-probe.ts";
import type { NodeScan } from "../../../extension/core/scan.ts";
import { becoming } from "../../../extension/nodes/become.ts";
import { runChild } from "../../../extension/nodes/child-process.ts";
import { runCommand } from "../../../extension/nodes/command.ts";
import { quoteCommand } from "../../../extension/nodes/quote.ts";
import type { NodeTransport } from "../../../extension/nodes/transport.ts";
import { because, whyNotRoot } from "../../support/skipped.ts";
import { type KeyPair, makeKey, type Sshd, startSshd, whyNoSshd } from "../../support/sshd.ts";
import { inShell, OwnPod } from "../probe/own-pod.ts";
import { PrivateMachine, writtenTo } from "./private-machine.ts";
import { shellInRoot } from "./roots.ts";

// The scripts with every shell and tools that nodes have, and as accounts of every kind run them behind a real sshd.
// Needs root on Linux; the runner says so where it has to leave it out.

const whyNot = whyNotRoot ?? whyNoSshd;

/** posh is none of them: it takes no -s, and is nobody's sh. */
const shells = ["dash", "bash", "busybox", "ksh", "mksh", "zsh", "yash"];

describe.skipIf(whyNotRoot !== undefined)(`in a read-only root${because(whyNotRoot)}`, () => {
  const ids = { app: "4d".repeat(32), side: "5e".repeat(32) };
  const pod = new OwnPod();
  let reference: NodeScan;

  beforeAll(async () => {
    const sleeper = ["unshare", "--net", "--uts", "--pid", "--fork", "sh", "-c", "echo up; exec sleep 600"];
    await pod.start(ids.app, ...sleeper);
    await pod.start(ids.side, "sh", "-c", "echo up; sleep 601 & exec sleep 602");
    reference = pod.scan(inShell);
    expect(reference.processes.length).toBeGreaterThanOrEqual(4);
  });
  afterAll(async () => {
    await pod.stop();
  });

  describe.each(["GNU", "busybox", "toybox"] as const)("with nothing but %s tools", (tools) => {
    test.each(shells)("and %s as its shell, the answer is the same", (shell) => {
      const scan = pod.scan([...shellInRoot(shell, tools), "-s", "--"]);
      expect(Math.abs(scan.bootedAt - reference.bootedAt)).toBeLessThanOrEqual(2000);
      expect(lasting(scan)).toEqual(lasting(reference));
    });
  });
});

/** Without what may differ between two readings of the same, or is not told by the tools in those roots. */
function lasting(scan: NodeScan): unknown {
  const settled = (read: NodeScan["processes"]): unknown =>
    read.map((process) => ({ ...process, state: "" }));
  const { processes, parents } = scan;
  return { ...scan, bootedAt: 0, lineage: [], processes: settled(processes), parents: settled(parents) };
}

/** What a login script may print, in words that sh and fish share. */
const noise = `echo '#meta'; echo 'scope pod'; echo '#end'; echo '#pids' >&2; printf 'no newline'; printf 'none' >&2\n`;

interface Account {
  readonly shell: string;
  /** Files of the home folder; undefined = there is no home. */
  readonly home?: Readonly<Record<string, string>> | undefined;
  /** Lines of sshd_config. */
  readonly config?: readonly string[];
}

const readable: Readonly<Record<string, Account>> = {
  "noisy-bash": { shell: "/bin/bash", home: { ".bashrc": noise } },
  "noisy-zsh": { shell: "/usr/bin/zsh", home: { ".zshenv": noise } },
  // fish itself makes its folder where there is none.
  "noisy-fish": {
    shell: "/usr/bin/fish",
    home: { ".config/fish/config.fish": noise, ".local/share/fish/here": "" },
  },
  "noisy-tcsh": { shell: "/usr/bin/tcsh", home: { ".tcshrc": noise.replaceAll(/[^;]* >&2;?/g, "") } },
  ksh: { shell: "/usr/bin/ksh", home: {} },
  mksh: { shell: "/usr/bin/mksh", home: {} },
  yash: { shell: "/usr/bin/yash", home: {} },
  posh: { shell: "/usr/bin/posh", home: {} },
  restricted: { shell: "/bin/rbash", home: {} },
  homeless: { shell: "/bin/bash" },
  "slow-start": { shell: "/bin/bash", home: { ".bashrc": "sleep 0.3\n" } },
  "takes-a-line": { shell: "/bin/bash", home: { ".bashrc": "read -r line\n" } },
  "says-goodbye": { shell: "/bin/bash", home: { ".bashrc": `trap 'echo "#end"; echo bye' EXIT\n` } },
  "forced-but-kind": { shell: "/bin/bash", home: {}, config: ['ForceCommand eval "$SSH_ORIGINAL_COMMAND"'] },
  "odd-environment": {
    shell: "/bin/bash",
    home: { noise },
    config: [
      "SetEnv POSIXLY_CORRECT=1 GREP_OPTIONS=-v QUOTING_STYLE=shell TIME_STYLE=full-iso LC_ALL=tr_TR.UTF-8 IFS=/ TMPDIR=/nowhere CDPATH=/proc POSIX_ME_HARDER=1 BASH_ENV=~/noise",
    ],
  },
};

const unreadable: Readonly<Record<string, Account & { readonly reason: string; readonly says: RegExp }>> = {
  nologin: { shell: "/usr/sbin/nologin", home: {}, reason: "node-no-shell", says: /not available/ },
  false: { shell: "/bin/false", home: {}, reason: "node-no-shell", says: /^$/ },
  "locked-in": {
    shell: "/bin/rbash",
    home: { ".bashrc": "PATH=/nowhere\n" },
    reason: "node-no-shell",
    says: /sh.*not found/,
  },
  menu: {
    shell: "/bin/sh",
    home: {},
    config: ["ForceCommand echo '1) Status 2) Logout'"],
    reason: "node-other-command",
    says: /Logout/,
  },
  "takes-all": {
    shell: "/bin/bash",
    home: { ".bashrc": "cat >/dev/null\n" },
    reason: "node-other-command",
    says: /^$/,
  },
  ...Object.fromEntries(
    ["dash", "zsh"].map((shell) => [
      `becomes-${shell}`,
      { shell: "/bin/bash", home: { ".bashrc": `exec ${shell}\n` }, reason: "node-other-command", says: /^/ },
    ]),
  ),
};

describe.skipIf(whyNot !== undefined)(`behind sshd${because(whyNot)}`, () => {
  let machine: PrivateMachine;
  let key: KeyPair;
  let sshd: Sshd;

  beforeAll(async () => {
    machine = await PrivateMachine.start();
    key = await makeKey(path.join(machine.folder, "key"));
    // sshd reads it as the user who logs in.
    const authorizedKeys = path.join(machine.folder, "authorized_keys");
    writeFileSync(authorizedKeys, `${key.publicKey}\n`);
    const config: string[] = [];
    for (const [name, account] of Object.entries({ ...readable, ...unreadable })) {
      // Without a password an account is locked, and no key opens it.
      machine.addUser(name, account.shell, randomBytes(12).toString("hex"));
      const home = path.join(machine.folder, name);
      for (const [file, content] of Object.entries(account.home ?? {})) {
        mkdirSync(path.dirname(path.join(home, file)), { recursive: true });
        writeFileSync(path.join(home, file), content);
      }
      if (account.home === undefined) rmSync(home, { recursive: true });
      // bash reads its .bashrc only where it is the first.
      const lines = account.config ?? ["SetEnv SHLVL=0"];
      config.push(
        `Match User ${name}`,
        `AuthorizedKeysFile ${authorizedKeys}`,
        ...lines.map((line) => line.replaceAll("~", home)),
      );
    }
    // Where sshd's own folder is made: /tmp is another one for it.
    vi.stubEnv("TMPDIR", machine.folder);
    const [through, ...rest] = machine.through();
    sshd = await startSshd({ authorizedKeys: [], config, through: [through, ...rest] });
    vi.unstubAllEnvs();
  });
  afterAll(async () => {
    if (whyNot !== undefined) return;
    await sshd.stop();
    await machine.stop();
  });

  /** By the installed ssh, which prints nothing of its own here. */
  function transportAs(user: string): NodeTransport {
    return {
      run: async ({ argv, stdin }, { signal, maxBytes }) => {
        const { argv: words } = becoming({ kind: "auto" }, argv, "");
        const command = await runChild(
          "ssh",
          [
            ...["-F", "none", "-i", key.path, "-p", String(sshd.port), "-o", "LogLevel=ERROR"],
            ...["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"],
            ...[`${user}@${sshd.host}`, quoteCommand(words)],
          ],
          { signal },
        );
        return runCommand(command, { stdin }, { signal, maxBytes }, { node: "n1" });
      },
    };
  }

  function scanAs(user: string): Promise<NodeScan> {
    const limits = { signal: new AbortController().signal, timeoutMs: 20_000 };
    return askNode(transportAs(user), nodeProbe(), "n1", limits);
  }

  /** All files where a user can write, and all processes of the user. */
  function leftBy(user: string): string {
    const home = path.join(machine.folder, user);
    const folders = [...writtenTo, "/dev/shm", ...(existsSync(home) ? [home] : [])];
    const files = machine.run("find", ...folders, "-printf", "%p %s %T@\n");
    const processes = machine.run("sh", "-c", 'ps -u "$1" -o pid=,args= || true', "sh", user);
    return files.split("\n").toSorted().join("\n") + processes;
  }

  test.each(Object.keys(readable))("%s: read, and nothing is left behind", async (user) => {
    const before = leftBy(user);
    const scan = await scanAs(user);
    expect(scan).toMatchObject({ scope: "node", readerUid: Number(machine.run("id", "-u", user)) });
    expect(scan.processes.length).toBeGreaterThan(10);
    const own = scan.processes.filter(({ namespaces }) => namespaces.net.status === "read");
    expect(own.length).toBeLessThan(scan.processes.length);
    // sshd's part in it ends after the answer.
    await vi.waitFor(() => expect(leftBy(user)).toBe(before), { timeout: 5000 });
  });

  test.each(Object.entries(unreadable))("%s: says what is in the way", async (user, { reason, says }) => {
    await expect(scanAs(user)).rejects.toMatchObject({
      reason,
      facts: { detail: expect.stringMatching(says) },
    });
  });
});
