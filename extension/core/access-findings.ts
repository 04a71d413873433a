import * as l10n from "@vscode/l10n";
import type { AccessFinding } from "./access-check.ts";
import { isOtherBoot } from "./other-machine.ts";
import type { ClusterNode } from "./pod.ts";
import { type AccessAnswer, betterTools, neededTools } from "./probe/access-probe.ts";
import { listOf, processCount } from "./words.ts";

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
  const seconds = (tookMs / 1000).toFixed(1);
  return yes(
    "command",
    shell === ""
      ? l10n.t("A command ran; all in all that took {0} s.", seconds)
      : l10n.t("A command ran, in {0}; all in all that took {1} s.", shell, seconds),
  );
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
  const who = user === "" ? l10n.t("user ID {0}", uid) : l10n.t("{0} (user ID {1})", user, uid);
  if (uid === 0) return yes("root", l10n.t("Commands there are root's."));
  return partly(
    "root",
    l10n.t(
      "Commands there run as {0}, to whom the kernel shows the Linux namespaces of that user's own processes only.",
      who,
    ),
    howToBecomeRoot(answer, become),
  );
}

function howToBecomeRoot({ sudo, doas }: AccessAnswer, become: AccessExpectation["become"]): string {
  if (become === undefined) return l10n.t("Use an account that is root's, or another way onto the node.");
  const works = sudo === "works" ? "sudo" : doas === "works" ? "doas" : undefined;
  if (works !== undefined)
    return l10n.t("Set podSandbox.become to auto: {0} needs no password there.", works);
  if (sudo === "there") {
    return l10n.t(
      "Set podSandbox.become to sudo, which asks you for the password, or let the user use sudo without one.",
    );
  }
  if (doas === "there") {
    return l10n.t(
      "Let the user use doas without a password (permit nopass in doas.conf), or log in as root.",
    );
  }
  return l10n.t(
    "Log in as root, or as a user who may become root; there is neither sudo nor doas on the node.",
  );
}

function machineFinding(answer: AccessAnswer, node: ClusterNode | undefined): AccessFinding {
  const { bootId, hostname } = answer;
  const called = calledWords(answer);
  if (node === undefined) {
    return {
      step: "machine",
      outcome: "skipped",
      says: l10n.t("{0}. A host without a cluster has no Node object to be compared with.", called),
      mend: undefined,
    };
  }
  if (isOtherBoot(node.bootId, bootId)) {
    return no(
      "machine",
      l10n.t("{0}, and its boot ID is {1}; the API has {2} for the node.", called, bootId, node.bootId),
      l10n.t(
        "If the node has just restarted, wait a minute. If not, this is another machine: check the address, the jump hosts and the rules in podSandbox.access.",
      ),
    );
  }
  if (node.bootId !== "") return yes("machine", l10n.t("{0}, and has the node's boot ID.", called));
  const names = [node.name, ...node.addresses.map(({ address }) => address)];
  return isNamed(names, hostname)
    ? partly(
        "machine",
        l10n.t("{0}, as the node; the API does not tell the node's boot ID, which would prove it.", called),
        l10n.t("Ask whoever runs the cluster for the right to get nodes."),
      )
    : partly(
        "machine",
        l10n.t(
          "{0}, which is not the node's name; the API does not tell the node's boot ID, which would settle it.",
          called,
        ),
        l10n.t("Compare the names; ask whoever runs the cluster for the right to get nodes."),
      );
}

/** Without its full stop: a sentence goes on with what that means. */
function calledWords({ hostname, container }: AccessAnswer): string {
  if (hostname === "") {
    return container
      ? l10n.t("It is called nothing and is itself a container")
      : l10n.t("It is called nothing");
  }
  return container
    ? l10n.t("It is called {0} and is itself a container", hostname)
    : l10n.t("It is called {0}", hostname);
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
  const says = readableWords(reference, readable, processCount(seen));
  if (readable === 0) {
    return no(
      "proc",
      l10n.t("No process's links to Linux namespaces can be read."),
      l10n.t("See that /proc is mounted on the node and holds its processes, and that ls and sed are there."),
    );
  }
  if (uid !== 0) {
    return partly(
      "proc",
      hidepid === ""
        ? l10n.t("{0}.", says)
        : l10n.t(
            "{0}; /proc is mounted with hidepid={1}, which hides other users' processes.",
            says,
            hidepid,
          ),
      l10n.t("Become root on the node: see above."),
    );
  }
  return reference === "nobody"
    ? partly(
        "proc",
        l10n.t("{0}.", says),
        l10n.t(
          "Root lacks the right to look into other processes (CAP_SYS_PTRACE), as in a container or under a security module: use another way onto the node.",
        ),
      )
    : yes("proc", l10n.t("{0}.", says));
}

/** Without its full stop. */
function readableWords(reference: AccessAnswer["reference"], readable: number, seen: string): string {
  switch (reference) {
    case "pid1":
      return l10n.t(
        "The links to Linux namespaces of {0} of {1} can be read, PID 1's among them",
        readable,
        seen,
      );
    case "kthreadd":
      return l10n.t(
        "The links to Linux namespaces of {0} of {1} can be read, not PID 1's, but its kernel threads', which stand for it",
        readable,
        seen,
      );
    case "nobody":
      return l10n.t(
        "The links to Linux namespaces of {0} of {1} can be read, neither PID 1's nor its kernel threads'",
        readable,
        seen,
      );
  }
}

/** Without these less is read; without the others it is only told by other means. */
const losses: readonly string[] = ["timeout", "lsns"];

/** What each is good for. */
function withoutWords(tool: (typeof betterTools)[number]): string {
  switch (tool) {
    case "timeout":
      return l10n.t("without timeout the runtimes' own clients are not asked");
    case "lsns":
      return l10n.t("without lsns the parents of user Linux namespaces are not told");
    case "crictl":
      return l10n.t("without crictl containers are told apart by the runtime's own files alone");
    case "getconf":
      return l10n.t("without getconf processes' start times rest on the usual 100 ticks a second");
  }
}

function toolsFinding({ tools }: AccessAnswer): AccessFinding {
  const missing = neededTools.filter((tool) => !tools.includes(tool));
  if (missing.length > 0) {
    return no(
      "tools",
      l10n.t("The node lacks {0}.", listOf(missing)),
      l10n.t("Install coreutils, findutils, grep and sed on the node, or BusyBox with them."),
    );
  }
  const absent = betterTools.filter((tool) => !tools.includes(tool));
  const says =
    absent.length === 0
      ? l10n.t("Every tool that is needed is there, and every other that is of use.")
      : l10n.t(
          "Every tool that is needed is there; {0}.",
          absent.map(withoutWords).reduce((before, next) => l10n.t("{0}; {1}", before, next)),
        );
  return absent.some((tool) => losses.includes(tool))
    ? partly(
        "tools",
        says,
        l10n.t("Install GNU coreutils and util-linux on the node if you want to see all."),
      )
    : yes("tools", says);
}

/** Beyond this, times that a node tells look wrong here. */
const tolerableSeconds = 5;

function clockFinding({ now }: AccessAnswer, { reached, answered }: AccessExpectation): AccessFinding {
  if (now === undefined) {
    return partly(
      "clock",
      l10n.t("The node did not tell the time."),
      l10n.t("See that date is there and knows +%s."),
    );
  }
  // The node looked at its clock somewhere between, and told whole seconds.
  const middle = (reached + answered) / 2000;
  const doubt = (answered - reached) / 2000 + 0.5;
  const ahead = now + 0.5 - middle;
  const off = Math.abs(ahead) - doubt;
  if (off <= 0) return yes("clock", l10n.t("The node's clock agrees with this machine's."));
  const about = inWords(Math.abs(ahead));
  const says =
    ahead > 0
      ? l10n.t("The node's clock is about {0} ahead of this machine's.", about)
      : l10n.t("The node's clock is about {0} behind this machine's.", about);
  return off > tolerableSeconds
    ? partly(
        "clock",
        says,
        l10n.t(
          "Set the wrong one of the two, or let a time service do so: until then times of the node look wrong.",
        ),
      )
    : yes("clock", says);
}

function inWords(seconds: number): string {
  if (seconds < 120) return l10n.t("{0} s", Math.round(seconds));
  if (seconds < 7200) return l10n.t("{0} min", Math.round(seconds / 60));
  if (seconds < 172_800) return l10n.t("{0} h", Math.round(seconds / 3600));
  return l10n.t("{0} days", Math.round(seconds / 86_400));
}
