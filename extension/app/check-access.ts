import * as l10n from "@vscode/l10n";
import type { ClusterSource } from "../cluster/source.ts";
import type { AccessCheckStep, AccessFinding, AccessReport } from "../core/access-check.ts";
import { commandFinding, nodeFindings } from "../core/access-findings.ts";
import { errorText } from "../core/error-text.ts";
import { asSandboxError, type ErrorReason, type SandboxError } from "../core/errors.ts";
import { oneLine } from "../core/one-line.ts";
import type { ClusterNode } from "../core/pod.ts";
import { accessProbe } from "../core/probe/access-probe.ts";
import type { Become, Way, WayKind } from "../nodes/access.ts";
import type { SshHost } from "../nodes/ssh/ssh-host.ts";
import { askNode } from "./ask-node.ts";
import { nodeAt, type NodePlace } from "./node-place.ts";
import type { Nodes } from "./nodes.ts";
import { wayWords } from "./ways.ts";

export interface CheckAccessDeps {
  openCluster(context: string): Promise<ClusterSource>;
  /** Ways that nothing stands open on, so that every step is really gone. They are closed at the end. */
  openWays(): Promise<Nodes>;
  wayOf(node: ClusterNode | SshHost, context: string | null): Way;
  /** The setting; a way may have its own. */
  readonly become: Become;
  /** For reaching the node and its answer, in milliseconds. */
  readonly timeoutMs: number;
  now(): Date;
}

export interface CheckAccessRequest {
  readonly signal: AbortSignal;
  /** Hears each step as it is passed. What is said of a step last is in the report. */
  readonly onFinding?: ((finding: AccessFinding) => void) | undefined;
}

const steps: readonly AccessCheckStep[] = [
  "way",
  "address",
  "connect",
  "host-key",
  "login",
  "command",
  "root",
  "machine",
  "proc",
  "tools",
  "clock",
];

/**
 * Goes the way onto a node step by step and asks it what decides how well it can be read. Changes nothing there.
 * What fails is told in the report.
 * @throws SandboxError `cancelled` alone.
 */
export async function checkAccess(
  deps: CheckAccessDeps,
  place: NodePlace,
  { signal, onFinding }: CheckAccessRequest,
): Promise<AccessReport> {
  const findings = new Findings(onFinding);
  try {
    await goThrough(deps, place, findings, signal);
  } catch (thrown) {
    const error = asSandboxError(thrown);
    if (error.reason === "cancelled") throw error;
    findings.fail(error);
  }
  return { takenAt: deps.now().toISOString(), ...place, findings: findings.all() };
}

async function goThrough(
  deps: CheckAccessDeps,
  place: NodePlace,
  findings: Findings,
  signal: AbortSignal,
): Promise<void> {
  const { context } = place;
  const { node } = await nodeAt(place, async (name) => deps.openCluster(name), signal);
  const way = deps.wayOf(node, context);
  findings.take(way, node.name);
  const ways = await deps.openWays();
  try {
    const started = deps.now().getTime();
    let reached = started;
    const answer = await askNode(ways.transport(node, context), accessProbe(), node.name, {
      signal,
      timeoutMs: deps.timeoutMs,
      trace: (step, detail) => {
        reached = deps.now().getTime();
        findings.pass(step, detail);
      },
    });
    const answered = deps.now().getTime();
    findings.add(commandFinding(answer, answered - started));
    const become = "become" in way ? (way.become ?? deps.become) : undefined;
    const expected = "addresses" in node ? node : undefined;
    for (const finding of nodeFindings(answer, { node: expected, become: become?.kind, reached, answered })) {
      findings.add(finding);
    }
  } finally {
    await ways.close();
  }
}

const longestDetail = 200;
/** Several are told of a step where there are jump hosts. */
const mostDetails = 5;

/** What has been found on the way, step by step. */
class Findings {
  readonly #onFinding: (finding: AccessFinding) => void;
  readonly #found = new Map<AccessCheckStep, AccessFinding>();
  readonly #details = new Map<AccessCheckStep, Set<string>>();
  #way: WayKind | undefined;

  constructor(onFinding: ((finding: AccessFinding) => void) | undefined) {
    this.#onFinding = onFinding ?? (() => undefined);
  }

  add(finding: AccessFinding): void {
    this.#found.set(finding.step, finding);
    this.#onFinding(finding);
  }

  /** The way that is to be gone. */
  take(way: Way, node: string): void {
    this.#way = way.kind;
    this.pass("way", wayWords(way, oneLine(node, longestDetail)));
  }

  pass(step: AccessCheckStep, detail: string): void {
    const details = this.#details.get(step) ?? new Set();
    details.add(oneLine(detail, longestDetail));
    this.#details.set(step, details);
    const says = [...details].filter((one) => one !== "").slice(-mostDetails);
    this.add({ step, outcome: "yes", says: says.join("; ") || l10n.t("Passed."), mend: undefined });
  }

  fail(error: SandboxError): void {
    const { title, next } = errorText(error);
    const broken = this.#brokenAt(error);
    // Of a jump host some steps beyond may have been passed.
    for (const step of steps.slice(steps.indexOf(broken))) this.#found.delete(step);
    this.add({ step: broken, outcome: "no", says: title, mend: next });
  }

  /** One for each step, in order. */
  all(): readonly AccessFinding[] {
    const last = steps.findLastIndex((step) => this.#found.has(step));
    return steps.map((step, at) => {
      const found = this.#found.get(step);
      if (found !== undefined) return found;
      const [outcome, says] = !this.#hasStep(step)
        ? (["skipped", l10n.t("This way has no such step.")] as const)
        : at < last
          ? (["yes", l10n.t("Passed, as what comes after it was reached.")] as const)
          : (["skipped", l10n.t("Not tried, as an earlier step failed.")] as const);
      return { step, outcome, says, mend: undefined };
    });
  }

  /** The step that an error speaks of; without such a word, the first that was not yet passed. */
  #brokenAt(error: SandboxError): AccessCheckStep {
    const told = stepOfFact[error.facts["step"] ?? ""] ?? stepOfReason[error.reason];
    if (told !== undefined) return told;
    const passed = steps.findLastIndex((step) => this.#found.get(step)?.outcome === "yes");
    return steps.slice(passed + 1).find((step) => this.#hasStep(step)) ?? "command";
  }

  #hasStep(step: AccessCheckStep): boolean {
    const ofSsh: readonly AccessCheckStep[] = ["address", "host-key", "login"];
    return this.#way === undefined || this.#way === "ssh" || !ofSsh.includes(step);
  }
}

/** What errors of SSH name in their fact `step`. */
const stepOfFact: Readonly<Record<string, AccessCheckStep>> = {
  resolve: "address",
  connect: "connect",
  handshake: "host-key",
  authentication: "login",
  channel: "command",
  command: "command",
};

/** Reasons that are left out may come at any step. */
const stepOfReason: Readonly<Partial<Record<ErrorReason, AccessCheckStep>>> = {
  "kubeconfig-missing": "way",
  "kubeconfig-invalid": "way",
  "context-missing": "way",
  "credentials-failed": "way",
  unauthorized: "way",
  forbidden: "way",
  "api-unreachable": "way",
  "api-tls": "way",
  "api-timeout": "way",
  "api-error": "way",
  "node-gone": "way",
  "node-virtual": "way",
  "node-windows": "way",
  "setting-invalid": "way",
  "bad-argument": "way",
  "ssh-program": "way",
  "ssh-untrusted": "way",
  "ssh-unsupported": "way",
  "container-engine": "way",
  "container-gone": "way",
  "local-not-node": "way",
  "debug-pod-forbidden": "way",
  "debug-pod-refused": "way",
  "debug-pod-failed": "way",
  "debug-pod-left": "way",
  "node-no-address": "address",
  "ssh-config-invalid": "address",
  "ssh-unresolved": "address",
  "ssh-refused": "connect",
  "ssh-unreachable": "connect",
  "ssh-host-key-unknown": "host-key",
  "ssh-host-key-changed": "host-key",
  "ssh-host-key-revoked": "host-key",
  "ssh-auth-failed": "login",
  "ssh-key-unreadable": "login",
  "node-no-shell": "command",
  "node-other-command": "command",
  "probe-output": "command",
  "probe-too-large": "command",
  "become-password": "root",
  "become-failed": "root",
};
