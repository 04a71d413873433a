import { SandboxError } from "../errors.ts";
import { oneLine } from "../one-line.ts";
import { parseCount } from "../procfs.ts";
import type { NodeProbe } from "./probe.ts";
import { lastAnswer, splitSections } from "./sections.ts";

/** A program that makes root of a user. */
export type Elevator =
  /** It does so without a password. */
  | "works"
  /** It is there; what it takes is not known. */
  | "there"
  | "missing";

/** What a node tells of itself to somebody who has just got onto it. Texts are untrusted, printable and one line. */
export interface AccessAnswer {
  readonly uid: number;
  /** "" where no name is known for the UID. */
  readonly user: string;
  /** Not tried by root. */
  readonly sudo: Elevator;
  readonly doas: Elevator;
  /** Lower-case hex digits and hyphens. */
  readonly bootId: string;
  readonly hostname: string;
  readonly kernelRelease: string;
  /** Whose links stand for the node's: its PID 1's; a kernel thread's; nobody's, as none may be read. */
  readonly reference: "pid1" | "kthreadd" | "nobody";
  /** Of the first 2,000 processes: how many there are, and of how many the links may be read. */
  readonly processes: { readonly seen: number; readonly readable: number };
  /** The mount option of /proc (proc(5)) that hides processes, such as "2" or "invisible"; "" where there is none. */
  readonly hidepid: string;
  /** Those of `neededTools` and `betterTools` that are there. */
  readonly tools: readonly string[];
  /** Seconds since the epoch by the node's clock; undefined where it did not tell. */
  readonly now: number | undefined;
  /** The login shell's path, or "". */
  readonly shell: string;
  /** Whether the node is itself a container (kind, k3d, LXC). */
  readonly container: boolean;
}

/** Without one of these the node cannot be read. */
export const neededTools: readonly string[] = [
  ...[
    "cat",
    "cut",
    "date",
    "find",
    "grep",
    "head",
    "id",
    "ls",
    "readlink",
    "sed",
    "sort",
    "stat",
    "tail",
    "tr",
  ],
  ...["uniq", "xargs"],
];

/** With these more is read, or more surely. */
export const betterTools = ["timeout", "lsns", "crictl", "getconf"] as const;

/** PROC_PID_INIT_INO of the kernel's include/linux/proc_ns.h: the initial PID namespace's inode, a constant. */
const initialPidNamespace = "4026531836";

/**
 * Reads and changes nothing; sudo and doas are only asked whether they would. POSIX sh; every program besides it may be
 * missing, which is what is to be found out. BusyBox's `timeout` does not count (script-parts.ts says why).
 */
const script = String.raw`
LC_ALL=C; export LC_ALL
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin

there() {
  command -v "$1" >/dev/null 2>&1
}
# -k with a command (sudo(8)): what sudo remembers of a login is neither used nor renewed.
elevator() {
  if ! there "$1"; then echo "$1 missing"
  elif [ "$uid" != 0 ] && "$@" sh -c '[ "$(id -u)" -eq 0 ]' >/dev/null 2>&1; then echo "$1 works"
  else echo "$1 there"; fi
}
# The PID namespace's inode of each process named whose links may be read: its PID, the inode.
links() {
  for process; do echo "$process/ns/pid"; done | head -n 2000 | xargs ls -ldn 2>/dev/null |
    sed -n 's,^l.* /proc/\([0-9]*\)/ns/pid -> pid:.\([0-9]*\).$,\1 \2,p'
}

main() {
  # What was printed before may have ended without its newline.
  echo
  echo '#access'
  echo "now $(date +%s 2>/dev/null)"
  uid=
  while read -r key real effective _; do [ "$key" != Uid: ] || uid=$effective; done </proc/self/status
  echo "uid $uid"
  echo "user $(id -un 2>/dev/null)"
  elevator sudo -k -n -u root
  elevator doas -n
  boot=; name=; kernel=; second=
  read -r boot </proc/sys/kernel/random/boot_id
  read -r name </proc/sys/kernel/hostname
  read -r kernel </proc/sys/kernel/osrelease
  [ ! -r /proc/2/comm ] || read -r second </proc/2/comm
  echo "boot $boot"
  echo "hostname $name"
  echo "kernel $kernel"
  echo "second $second"
  echo "hidepid $(sed -n 's/^[^ ]* \/proc proc [^ ]*hidepid=\([a-z0-9]*\).*/\1/p' /proc/mounts 2>/dev/null | tail -n 1)"
  echo "shell $SHELL"
  if [ -f /.dockerenv ] || [ -f /run/.containerenv ]; then echo 'container yes'; fi
  set -- /proc/[0-9]*
  echo "seen $#"
  for tool in ${[...neededTools, ...betterTools].join(" ")}; do
    case $tool in
    timeout) case $(timeout --version 2>/dev/null) in *coreutils* | toybox*) echo 'tool timeout' ;; esac ;;
    *) if there "$tool"; then echo "tool $tool"; fi ;;
    esac
  done
  echo '#links'
  links "$@" 2>/dev/null
  echo '#end'
}
# Only as it was asked for: a login script that becomes another shell leaves it the script, but no arguments.
case $1 in check) main </dev/null ;; esac
exit 0
`;

/** Asks a node for what decides whether, and how well, it can be read. */
export function accessProbe(): NodeProbe<AccessAnswer> {
  return { argv: ["sh", "-s", "--", "check"], stdin: script, parse };
}

const mostProcesses = 2000;
const longestText = 100;

/** Throws SandboxError `probe-output` without the beginning, the end, or what must be there on every Linux. */
function parse(output: string): AccessAnswer {
  const sections = splitSections(lastAnswer(output.replaceAll("\r\n", "\n"), "access"));
  const lines = sections.lines("access");
  const value = (key: string): string =>
    oneLine(lines.find((line) => line.startsWith(`${key} `))?.slice(key.length + 1) ?? "", longestText);
  if (!sections.has("access") || !sections.has("end")) throw notAnAnswer("it is not whole");
  const bootId = value("boot").toLowerCase();
  if (!/^[0-9a-f-]{1,36}$/.test(bootId)) throw notAnAnswer("it names no boot");
  const uid = parseCount(value("uid"));
  if (uid === undefined) throw notAnAnswer("it does not say who reads");

  const links = new Map(sections.lines("links").map((line) => splitInTwo(line)));
  const first = links.get("1");
  const isKthreadd = value("second") === "kthreadd" && links.get("2") === initialPidNamespace;
  const told = new Set(lines.flatMap((line) => (line.startsWith("tool ") ? [line.slice(5)] : [])));
  const elevator = (name: string): Elevator => {
    const state = value(name);
    return state === "works" || state === "there" ? state : "missing";
  };
  return {
    uid,
    user: value("user"),
    sudo: elevator("sudo"),
    doas: elevator("doas"),
    bootId,
    hostname: value("hostname"),
    kernelRelease: value("kernel"),
    reference: first === undefined ? (isKthreadd ? "kthreadd" : "nobody") : "pid1",
    processes: {
      seen: Math.min(parseCount(value("seen")) ?? 0, mostProcesses),
      readable: Math.min([...links.keys()].filter((pid) => /^\d+$/.test(pid)).length, mostProcesses),
    },
    hidepid: ["0", "off"].includes(value("hidepid")) ? "" : value("hidepid"),
    tools: [...neededTools, ...betterTools].filter((tool) => told.has(tool)),
    now: parseCount(value("now")),
    shell: value("shell"),
    container: value("container") === "yes" || (first !== undefined && first !== initialPidNamespace),
  };
}

function splitInTwo(line: string): readonly [string, string] {
  const at = line.indexOf(" ");
  return at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)];
}

function notAnAnswer(why: string): SandboxError {
  return new SandboxError("probe-output", `the node's answer cannot be used: ${why}`);
}
