import * as l10n from "@vscode/l10n";
import { elsewhere } from "./elsewhere.ts";
import { namespaceTypes, type NamespaceType } from "./namespaces.ts";
import type { AnyReport, ContainerReport } from "./report.ts";
import { sessionWatch } from "./session-watch.ts";
import { shellKeeper } from "./shell-keeper.ts";

/** What a terminal may be in: one Linux namespace with the node's own programs, or all with the container's. */
export type Entrance = "net" | "ipc" | "uts" | "pid" | "all";

const entrances: readonly Entrance[] = ["net", "ipc", "uts", "pid", "all"];

/** Types of which one alone is of use with the node's own programs. */
function typesOf(entrance: Entrance): readonly NamespaceType[] {
  return entrance === "all" ? namespaceTypes : [entrance];
}

/** A container that a terminal can be opened in: its main process, and what of it is not the node's anyway. */
export interface Enterable {
  readonly container: ContainerReport;
  /** PID on the node. */
  readonly pid: number;
  /** Inodes of the types that are not the node's, decimal. */
  readonly own: Readonly<Partial<Record<NamespaceType, string>>>;
  /** Those that lead anywhere. */
  readonly entrances: readonly Entrance[];
}

/** The containers of a sandbox that can be entered, in the report's order. */
export function enterables(report: AnyReport): readonly Enterable[] {
  return report.containers.flatMap((container) => {
    const { pid } = container;
    if (pid === null) return [];
    const own = elsewhere(container, report);
    const open = entrances.filter((entrance) =>
      // Without its files, what is the container's is what the single ones are for.
      entrance === "all" ? own.mnt !== undefined : own[entrance] !== undefined,
    );
    return open.length === 0 ? [] : [{ container, pid, own, entrances: open }];
  });
}

/** What is there in a terminal with this entrance, in one line. */
export function entranceDetail(entrance: Entrance): string {
  switch (entrance) {
    case "net":
      return l10n.t("Interfaces, routes and ports, with the node's programs: ip, ss, tcpdump");
    case "ipc":
      return l10n.t("Shared memory, semaphores and queues, with the node's programs: ipcs");
    case "uts":
      return l10n.t("The host name, with the node's programs: hostname");
    case "pid":
      return l10n.t("Its processes as they see each other: ps, on a /proc for this terminal alone");
    case "all":
      return l10n.t("All Linux namespaces of the container: its own files, programs and shell");
  }
}

/**
 * The command that enters, for a terminal on the node. Its script is always the same: what depends on the report is
 * given as arguments. Before anything is entered it looks whether the process still is in the Linux namespaces that
 * were read, on the boot that they were read on: otherwise its PID may be another process's by now. What is wrong it
 * tells in a sentence, and waits for Enter, so that it can be read.
 *
 * @param chosen - of `enterable.entrances`, not empty.
 */
export function enterCommand(
  enterable: Enterable,
  chosen: readonly Entrance[],
  { bootId }: Pick<AnyReport["node"], "bootId">,
): readonly string[] {
  const types = new Set(chosen.flatMap(typesOf));
  const links = namespaceTypes.flatMap((type) => {
    const inode = enterable.own[type];
    return types.has(type) && inode !== undefined ? [`${type}:[${inode}]`] : [];
  });
  const sentences = [
    l10n.t(
      "Entering Linux namespaces takes root's rights on the node, which this account does not have there.",
    ),
    ...around(l10n.t("Nothing was entered: the node has no {0}, which this takes (util-linux has it).", gap)),
    l10n.t(
      "Nothing was entered: process {0} is no longer in the Linux namespaces that were read. Read the sandbox again.",
      enterable.pid,
    ),
    l10n.t("Nothing was entered: the node does not tell the Linux namespaces of process {0}.", enterable.pid),
    l10n.t(
      "This container has no shell of its own. Choose another container, or its Linux namespaces one by one.",
    ),
    ...around(
      l10n.t("The node's nsenter cannot enter these Linux namespaces, they are the node's: {0}", gap),
    ),
    l10n.t("Press Enter to close."),
  ];
  const programs = [shell, sessionWatch, shellKeeper];
  return ["sh", "-c", enter, "sh", ...sentences, ...programs, bootId, String(enterable.pid), ...links];
}

/** Where a sentence has a word that only the node knows. */
const gap = "\n";

/** What stands before the gap, and after it. */
function around(sentence: string): readonly [string, string] {
  const [before = "", after = ""] = sentence.split(gap);
  return [before, after];
}

/** In the container, which may have no bash, or on the node, which may have none either. */
const shell = "if command -v bash >/dev/null 2>&1; then exec bash; fi; exec sh";

/**
 * Arguments: nine pieces of sentences, the shell's line, what ends what it leaves behind, in the node's PID namespace
 * (`sessionWatch`) and in another (`shellKeeper`), the boot ID, the PID, then the links as readlink(2) gives them, "net:[4026532177]". One line: csh as the account's login shell takes no other.
 *
 * The process's own links are compared because they say more than its start time would: a process that has moved is not
 * entered either. What the terminal is in already is left out: a user namespace cannot be entered twice (setns(2)).
 * Not every nsenter(1) knows the types cgroup and time, as that of BusyBox. In another PID namespace, /proc still shows
 * the node's processes (it belongs to the one that it was mounted in, pid_namespaces(7)): unshare(1) mounts another one,
 * in a mount namespace that ends with the terminal. That one is entered first, with programs of the node's: setsid(1)
 * makes the next lead a session, so that it hears of the terminal's end, and Python, where there is one, keeps the shell.
 * The others are named by their files: a PID of the node's says nothing in there. The container's shell may be an
 * absolute link, which leads nowhere from outside. A container's programs are where they usually are, whatever the
 * node's PATH is.
 */
const enter = [
  "as_root=$1; lacks=$2; which=$3; gone=$4; unread=$5; no_shell=$6; left_out=$7; there=$8; close=$9; shift 9;",
  "shell=$1; watch=$2; keeper=$3; boot=$4; pid=$5; shift 5;",
  `fail() { printf '%s\\n%s' "$1" "$close"; read -r _; exit 1; };`,
  `need() { command -v "$1" >/dev/null 2>&1 || fail "$lacks$1$which"; };`,
  "PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; export PATH;",
  `[ "$(id -u)" -eq 0 ] || fail "$as_root";`,
  "need nsenter; need readlink;",
  "read -r now </proc/sys/kernel/random/boot_id;",
  `[ "$now" = "$boot" ] || fail "$gone";`,
  "ns=/proc/$pid/ns; known=$(nsenter --help 2>&1); flags=; proc=; mnt=; unknown=;",
  "for link do",
  `type=\${link%%:*};`,
  `now=$(readlink "$ns/$type");`,
  `[ -n "$now" ] || [ ! -d "/proc/$pid" ] || fail "$unread";`,
  `[ "$now" = "$link" ] || fail "$gone";`,
  `[ "$(readlink "/proc/self/ns/$type")" != "$link" ] || continue;`,
  "case $type in",
  "net) flag=--net=$ns/net;; ipc) flag=--ipc=$ns/ipc;; uts) flag=--uts=$ns/uts;; user) flag=--user=$ns/user;;",
  "pid) proc=--pid=$ns/pid; continue;; mnt) mnt=--mount=$ns/mnt; continue;;",
  `*) case $known in *"--$type"*) flag=--$type=$ns/$type;; *) unknown="$unknown $type"; continue;; esac;;`,
  "esac;",
  `flags="$flags $flag";`,
  "done;",
  `[ -z "$unknown" ] || printf '%s\\n' "$left_out\${unknown# }$there";`,
  `set -- sh -c "$shell";`,
  "case $mnt$proc in",
  `--mount*) [ -e "/proc/$pid/root/bin/sh" ] || [ -L "/proc/$pid/root/bin/sh" ] || fail "$no_shell";;`,
  `--pid*) need unshare; case $(unshare --help 2>&1) in *--mount-proc*);; *) fail "\${lacks}unshare --mount-proc$which";; esac;`,
  `set -- unshare --mount-proc -- "$@";;`,
  "esac;",
  `[ -z "$flags$mnt" ] || set -- nsenter $flags $mnt -- "$@";`,
  `if [ -n "$proc" ]; then need setsid;`,
  `if python3 -IBSc "import ctypes" >/dev/null 2>&1; then set -- python3 -IBSc "$keeper" "$@"; fi;`,
  `set -- nsenter $proc -- setsid -c "$@";`,
  `elif [ -t 0 ]; then (sh -c "$watch" sh $$ &); fi;`,
  `exec "$@"`,
].join(" ");
