import type { AccessFinding } from "./access-check.ts";
import { isOtherBoot } from "./other-machine.ts";
import type { ClusterNode } from "./pod.ts";
import { type AccessAnswer, betterTools, neededTools } from "./probe/access-probe.ts";
import { counted, listOf } from "./words.ts";

/** What an answer is held against. */
export interface AccessExpectation {
  /** As the API has it; undefined for a host without a cluster. */
  readonly node: ClusterNode | undefined;
  /** How root was to be become; undefined where the way makes root of us by itself. */
  readonly become: "auto" | "never" | "sudo" | "doas" | "template" | undefined;
  /** By our clock, in milliseconds since the epoch: when the last step before the command was passed, and its answer came. */
  readonly reached: number;
  readonly answered: number;
}

export function commandFinding({ shell }: AccessAnswer, tookMs: number): AccessFinding {
  const where = shell === "" ? "" : `, in ${shell}`;
  return yes("command", `A command ran${where}; all in all that took ${(tookMs / 1000).toFixed(1)} s.`);
}

/** What a node's own answer says of the steps from becoming root on. */
export function nodeFindings(answer: AccessAnswer, expectation: AccessExpectation): readonly AccessFinding[] {
  return [
    rootFinding(answer, expectation.become),
    machineFinding(answer, expectation.node),
    procFinding(answer),
    toolsFinding(answer),
    clockFinding(answer, expectation),
  ];
}

type Step = AccessFinding["step"];

function yes(step: Step, says: string): AccessFinding {
  return { step, outcome: "yes", says, mend: undefined };
}

function partly(step: Step, says: string, mend: string | undefined): AccessFinding {
  return { step, outcome: "partly", says, mend };
}

function no(step: Step, says: string, mend: string): AccessFinding {
  return { step, outcome: "no", says, mend };
}

function rootFinding(answer: AccessAnswer, become: AccessExpectation["become"]): AccessFinding {
  const { uid, user } = answer;
  const who = user === "" ? `user ID ${uid}` : `${user} (user ID ${uid})`;
  if (uid === 0) return yes("root", "Commands there are root's.");
  return partly(
    "root",
    `Commands there run as ${who}, to whom the kernel shows the Linux namespaces of that user's own processes only.`,
    howToBecomeRoot(answer, become),
  );
}

function howToBecomeRoot({ sudo, doas }: AccessAnswer, become: AccessExpectation["become"]): string {
  if (become === undefined) return "Use an account that is root's, or another way onto the node.";
  const works = sudo === "works" ? "sudo" : doas === "works" ? "doas" : undefined;
  if (works !== undefined) return `Set podSandbox.become to auto: ${works} needs no password there.`;
  if (sudo === "there") {
    return "Set podSandbox.become to sudo, which asks you for the password, or let the user use sudo without one.";
  }
  if (doas === "there") {
    return "Let the user use doas without a password (permit nopass in doas.conf), or log in as root.";
  }
  return "Log in as root, or as a user who may become root; there is neither sudo nor doas on the node.";
}

function machineFinding(answer: AccessAnswer, node: ClusterNode | undefined): AccessFinding {
  const { bootId, hostname, container } = answer;
  const called = `It is called ${hostname === "" ? "nothing" : hostname}${container ? " and is itself a container" : ""}`;
  if (node === undefined) {
    return {
      step: "machine",
      outcome: "skipped",
      says: `${called}. A host without a cluster has no Node object to be compared with.`,
      mend: undefined,
    };
  }
  if (isOtherBoot(node.bootId, bootId)) {
    return no(
      "machine",
      `${called}, and its boot ID is ${bootId}; the API has ${node.bootId} for the node.`,
      "If the node has just restarted, wait a minute. If not, this is another machine: check the address, the jump hosts " +
        "and the rules in podSandbox.access.",
    );
  }
  if (node.bootId !== "") return yes("machine", `${called}, and has the node's boot ID.`);
  const names = [node.name, ...node.addresses.map(({ address }) => address)];
  return isNamed(names, hostname)
    ? partly(
        "machine",
        `${called}, as the node; the API does not tell the node's boot ID, which would prove it.`,
        "Ask whoever runs the cluster for the right to get nodes.",
      )
    : partly(
        "machine",
        `${called}, which is not the node's name; the API does not tell the node's boot ID, which would settle it.`,
        "Compare the names; ask whoever runs the cluster for the right to get nodes.",
      );
}

/** One of two names may lack the domain. */
function isNamed(names: readonly string[], hostname: string): boolean {
  const here = hostname.toLowerCase();
  return names
    .map((name) => name.toLowerCase())
    .some((name) => name === here || name.startsWith(`${here}.`) || here.startsWith(`${name}.`));
}

function procFinding({ uid, reference, processes, hidepid }: AccessAnswer): AccessFinding {
  const { seen, readable } = processes;
  const whose = {
    pid1: "PID 1's among them",
    kthreadd: "not PID 1's, but its kernel threads', which stand for it",
    nobody: "neither PID 1's nor its kernel threads'",
  }[reference];
  const says = `The links to Linux namespaces of ${readable} of ${counted(seen, "process", "processes")} can be read, ${whose}`;
  if (readable === 0) {
    return no(
      "proc",
      "No process's links to Linux namespaces can be read.",
      "See that /proc is mounted on the node and holds its processes, and that ls and sed are there.",
    );
  }
  if (uid !== 0) {
    const hidden =
      hidepid === "" ? "" : `; /proc is mounted with hidepid=${hidepid}, which hides other users' processes`;
    return partly("proc", `${says}${hidden}.`, "Become root on the node: see above.");
  }
  return reference === "nobody"
    ? partly(
        "proc",
        `${says}.`,
        "Root lacks the right to look into other processes (CAP_SYS_PTRACE), as in a container or under a security module: use another way onto the node.",
      )
    : yes("proc", `${says}.`);
}

/** Without these less is read; without the others it is only told by other means. */
const losses: readonly string[] = ["timeout", "lsns"];

function toolsFinding({ tools }: AccessAnswer): AccessFinding {
  const missing = neededTools.filter((tool) => !tools.includes(tool));
  if (missing.length > 0) {
    return no(
      "tools",
      `The node lacks ${listOf(missing)}.`,
      "Install coreutils, findutils, grep and sed on the node, or BusyBox with them.",
    );
  }
  const absent = Object.keys(betterTools).filter((tool) => !tools.includes(tool));
  const without = absent.map((tool) => `without ${tool} ${betterTools[tool] ?? ""}`);
  const says = `Every tool that is needed is there${without.length === 0 ? ", and every other that is of use" : `; ${without.join("; ")}`}.`;
  return absent.some((tool) => losses.includes(tool))
    ? partly("tools", says, "Install GNU coreutils and util-linux on the node if you want to see all.")
    : yes("tools", says);
}

/** Beyond this, times that a node tells look wrong here. */
const tolerableSeconds = 5;

function clockFinding({ now }: AccessAnswer, { reached, answered }: AccessExpectation): AccessFinding {
  if (now === undefined) {
    return partly("clock", "The node did not tell the time.", "See that date is there and knows +%s.");
  }
  // The node looked at its clock somewhere between, and told whole seconds.
  const middle = (reached + answered) / 2000;
  const doubt = (answered - reached) / 2000 + 0.5;
  const ahead = now + 0.5 - middle;
  const off = Math.abs(ahead) - doubt;
  if (off <= 0) return yes("clock", "The node's clock agrees with this machine's.");
  const says = `The node's clock is about ${inWords(Math.abs(ahead))} ${ahead > 0 ? "ahead of" : "behind"} this machine's.`;
  return off > tolerableSeconds
    ? partly(
        "clock",
        says,
        "Set the wrong one of the two, or let a time service do so: until then times of the node look wrong.",
      )
    : yes("clock", says);
}

function inWords(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
