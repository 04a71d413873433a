import { expect } from "vitest";
import type { NodeView, OtherSummary } from "../../../extension/core/node-view.ts";
import type { ContainerReport, OtherSandboxReport, Reading } from "../../../extension/core/report.ts";
import { type OracleNode, type OracleProcess, readNode } from "../../support/oracle-node.ts";
import type { ContainerTruth } from "../../support/runtimes/container-truth.ts";
import type { Engines, World } from "./world.ts";

/*
 * Holds what the product says of a whole machine against what the kernel said just before and just after: what was
 * true all the while must be said, what is said must have been true at some moment.
 */

const types = ["net", "ipc", "uts", "pid", "mnt", "user", "cgroup", "time"] as const;
/** By which containers are one sandbox. */
const joining = ["net", "ipc", "uts", "pid"] as const;

export interface Observed<T> {
  readonly said: T;
  readonly before: OracleNode;
  readonly after: OracleNode;
  /** Processes that were the same all the while. */
  readonly lasting: ReadonlyMap<number, OracleProcess>;
}

/** Counts of what was compared, and of what the product could not tell, by reason. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(what: string, count = 1): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + count);
  }

  lines(): string[] {
    return [...this.#counts]
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([what, count]) => `${String(count).padStart(8)}  ${what}`);
  }
}

export async function observe<T>(ask: () => Promise<T>): Promise<Observed<T>> {
  const before = readNode();
  const said = await ask();
  const after = readNode();
  const lasting = [...before.processes].filter(([pid, process]) => {
    const later = after.processes.get(pid);
    return later !== undefined && identityOf(later) === identityOf(process);
  });
  return { said, before, after, lasting: new Map(lasting) };
}

/** Without its descriptors and its state, which change. */
function identityOf({ pid, startTime, inodes, cgroup, name }: OracleProcess): string {
  return JSON.stringify([pid, startTime, types.map((type) => inodes[type]), cgroup, name]);
}

// ---- the whole node

/** @param apiUids - of the pods that the API had before, during or after. */
export function expectNodeTruth(
  observed: Observed<NodeView>,
  world: World,
  engines: Engines,
  apiUids: ReadonlySet<string>,
  tally: Tally,
): void {
  const { said: view, lasting } = observed;
  const quiet = [...engines.docker, ...engines.podman].map(({ pid }) => pid);
  expectNamespaces(observed, [...quiet, ...world.loose.flatMap(({ pids }) => pids)], tally);
  expectContainers(observed, engines, tally);
  expectLoose(observed, world, tally);
  expectUnusedPins(observed, world, tally);
  expectUnclaimed(observed, apiUids, tally);

  const podUids = [...lasting.values()].flatMap(({ cgroup }) => podUidIn(cgroup) ?? []);
  const seenUids = new Set(view.pods.map(({ uid }) => uid));
  expect(
    [...new Set(podUids)].filter((uid) => !seenUids.has(uid)),
    "pods that are not shown",
  ).toEqual([]);
  const codes = view.findings.map(({ code }) => code).filter((code) => code !== "read-raced");
  expect(codes, "findings about the reading").toEqual([]);
}

/**
 * The same namespaces as the kernel's, with as many processes in each; `quiet` are processes in whose namespaces nothing
 * starts by itself, as servers, shims and what reads the node do.
 */
function expectNamespaces(
  { said, before, after, lasting }: Observed<NodeView>,
  quiet: readonly number[],
  tally: Tally,
): void {
  for (const type of types) {
    const least = countBy(lasting.values(), type);
    const mostly = new Map<string, Set<string>>();
    for (const { pid, startTime, inodes } of [...before.processes.values(), ...after.processes.values()]) {
      const inode = inodes[type];
      if (inode !== null) mostly.set(inode, (mostly.get(inode) ?? new Set()).add(`${pid} ${startTime}`));
    }
    const own = before.own[type];
    const rows = new Map(said.namespaces.filter((row) => row.type === type).map((row) => [row.inode, row]));
    for (const [inode, count] of least) {
      const row = rows.get(inode);
      expect(row, `${type}:[${inode}], in which ${count} processes are`).toBeDefined();
      expect(row?.processes, `processes in ${type}:[${inode}]`).toBeGreaterThanOrEqual(count);
      expect(row?.host, `${type}:[${inode}] is the node's`).toBe(inode === own);
      tally.add("namespaces of the node compared");
    }
    for (const pid of quiet) {
      const inode = lasting.get(pid)?.inodes[type] ?? null;
      if (inode === null || inode === own) continue;
      const possible = mostly.get(inode)?.size ?? 0;
      expect(rows.get(inode)?.processes, `processes in ${type}:[${inode}]`).toBeLessThanOrEqual(possible);
    }
  }
  const mounts = before.mounts.filter((mount) => has(after.mounts, mount));
  for (const { type, inode, path } of mounts) {
    const row = said.namespaces.find((one) => one.type === type && one.inode === inode);
    const paths = row?.holds.flatMap((hold) => (hold.kind === "pinned" ? [hold.path] : []));
    expect(paths, `${type}:[${inode}] pinned at`).toContain(path);
  }
}

/** Every container that its engine runs is in one sandbox, with those that share with it and with no others. */
function expectContainers(
  { said, before, lasting }: Observed<NodeView>,
  engines: Engines,
  tally: Tally,
): void {
  const running = [...engines.docker, ...engines.podman].flatMap((truth) => {
    if (lasting.has(truth.pid)) return [truth];
    // Of a container that has ended, what was exec'd in it may go on where its PID namespace is another's.
    const left = [...lasting.values()].find(
      ({ cgroup, state }) => cgroup.includes(truth.id) && state !== "Z",
    );
    return left === undefined ? [] : [{ ...truth, pid: left.pid }];
  });
  for (const sandbox of sandboxesOf(running, before)) {
    const names = sandbox.map(({ name }) => name).toSorted();
    const [found, ...others] = said.others.filter(({ members }) =>
      names.some((name) => members.includes(name)),
    );
    expect(others, `sandboxes with ${names.join(", ")}`).toEqual([]);
    expect(found?.members.toSorted(), "what is in the sandbox").toEqual(names);
    expect(found?.kind).toBe(
      sandbox.some(({ pod }) => pod !== "") ? "podman-pod" : sandbox.length > 1 ? "containers" : "container",
    );
    const isVm = sandbox.every(({ name }) => name.startsWith("g"));
    expect(found?.virtualisedBy, names.join(", ")).toBe(isVm ? "gVisor" : null);
    tally.add("sandboxes of Docker and Podman found");
  }
}

/** Containers joined by what they share, or by Podman's pod. */
export function sandboxesOf(containers: readonly ContainerTruth[], node: OracleNode): ContainerTruth[][] {
  const linksOf = ({ pid, pod }: ContainerTruth): string[] => {
    const inodes = node.processes.get(pid)?.inodes;
    const own = joining.flatMap((type) => {
      const inode = inodes?.[type] ?? null;
      return inode === null || inode === node.own[type] ? [] : [`${type} ${inode}`];
    });
    return pod === "" ? own : [...own, `pod ${pod}`];
  };
  const groups: { links: Set<string>; members: ContainerTruth[] }[] = [];
  for (const container of containers) {
    const links = linksOf(container);
    const touched = groups.filter((group) => links.some((link) => group.links.has(link)));
    const whole = { links: new Set(links), members: [container] };
    for (const group of touched) {
      for (const link of group.links) whole.links.add(link);
      whole.members.push(...group.members);
      groups.splice(groups.indexOf(group), 1);
    }
    groups.push(whole);
  }
  return groups.map(({ members }) => members);
}

function expectLoose({ said, before, after, lasting }: Observed<NodeView>, world: World, tally: Tally): void {
  for (const { kind, pids, made, pin, fd } of world.loose) {
    if (kind === "pin" || kind === "descriptor") {
      const [, type, inode] = /^(\w+):\[(\d+)\]$/.exec(made[0] ?? "") ?? [];
      const row = said.namespaces.find((one) => one.type === type && one.inode === inode);
      expect(row?.processes, `a ${kind}'s network`).toBe(0);
      expect(row?.holds, `what holds a ${kind}'s network`).toEqual([
        kind === "pin"
          ? { kind: "pinned", path: pin }
          : { kind: "descriptor", pid: pids[0], fd, comm: before.processes.get(pids[0] ?? 0)?.name },
      ]);
    } else if (kind !== "thread") {
      const isolated = pids.filter((pid) => lasting.has(pid) && apartOf(pid, before).length > 0);
      const oldest = lasting.get(isolated[0] ?? 0);
      if (oldest === undefined) continue;
      const found = said.others.filter(({ key }) => key === `process:${oldest.pid}:${oldest.startTime}`);
      expect(found.length, `sandboxes of a loose ${kind}`).toBe(1);
      expect(found[0]?.processes).toBe(isolated.length);
      expect(found[0]?.kind).toBe("processes");
      const apart = new Set(isolated.flatMap((pid) => apartOf(pid, after)));
      expect(new Set(found[0]?.isolated), `where a loose ${kind} is on its own`).toEqual(apart);
    }
    tally.add(`loose ${kind} found`);
  }
}

/** Types in which a process is in another namespace than the node. */
function apartOf(pid: number, { processes, own }: OracleNode): string[] {
  return types.filter((type) => {
    const inode = processes.get(pid)?.inodes[type] ?? null;
    return inode !== null && inode !== own[type];
  });
}

function expectUnusedPins({ said, before, after }: Observed<NodeView>, world: World, tally: Tally): void {
  const unusedIn = (node: OracleNode, mounts = node.mounts): string[] => {
    const used = new Set([...node.processes.values()].flatMap(usedNetworks));
    return mounts.flatMap(({ type, inode, path }) => (type === "net" && !used.has(inode) ? [path] : []));
  };
  const reported = said.leaks.flatMap(({ code, title }) => (code === "unused-pin" ? [title] : []));
  const [first, last] = [unusedIn(before), unusedIn(after)];
  // The network of a pod whose containers have all ended still counts as used: CRI-O starts them again in it.
  const ofPods = new Set(world.crio.flatMap(({ pins }) => Object.values(pins)));
  for (const path of first.filter((one) => last.includes(one) && !ofPods.has(one))) {
    expect(reported, "networks that nobody uses").toContain(path);
    tally.add("unused pins found");
  }
  const possible = [before, after].flatMap((node) => unusedIn(node, node.mountsEverywhere));
  for (const path of reported) expect(possible, "networks that nobody uses").toContain(path);
}

function expectUnclaimed(
  { said, before, after, lasting }: Observed<NodeView>,
  apiUids: ReadonlySet<string>,
  tally: Tally,
): void {
  expect(said.leaksUnknown).toBeNull();
  const reported = said.leaks.flatMap(({ code, message }) =>
    code === "unclaimed-sandbox" ? [/UID ([0-9a-f-]{32,36})/.exec(message)?.[1] ?? message] : [],
  );
  const unclaimed = (processes: Iterable<OracleProcess>): Set<string> =>
    new Set(
      [...processes].flatMap(({ cgroup }) => podUidIn(cgroup) ?? []).filter((uid) => !apiUids.has(uid)),
    );
  for (const uid of unclaimed(lasting.values())) {
    expect(reported, "pods that the API does not have").toContain(uid);
    tally.add("unclaimed sandboxes found");
  }
  const possible = unclaimed([...before.processes.values(), ...after.processes.values()]);
  for (const uid of reported) expect([...possible], "pods that the API does not have").toContain(uid);
  // Between a sandbox that was killed and the next one a pod may have no process; but none that had one all the while.
  const lastingUids = [...lasting.values()].flatMap(({ cgroup }) => podUidIn(cgroup) ?? []);
  const without = said.leaks.filter(({ code }) => code === "pod-without-sandbox");
  expect(without.filter(({ message }) => lastingUids.some((uid) => message.includes(uid)))).toEqual([]);
}

function usedNetworks({ inodes, threads, descriptors }: OracleProcess): string[] {
  return [
    ...(inodes.net === null ? [] : [inodes.net]),
    ...threads.flatMap((thread) => thread.inodes.net ?? []),
    ...descriptors.flatMap(({ type, inode }) => (type === "net" ? [inode] : [])),
  ];
}

// ---- one sandbox

/** Docker's and Podman's containers as columns: PIDs, inodes, processes, and what the engine was told to share. */
export function expectOtherTruth(
  { said: report, before, after, lasting }: Observed<OtherSandboxReport>,
  summary: OtherSummary,
  engines: Engines,
  ourCgroup: string,
  tally: Tally,
): void {
  expect(report.other.kind).toBe(summary.kind);
  expect(readings(report.node.namespaces)).toEqual(pick(before.own));
  const truths = new Map([...engines.docker, ...engines.podman].map((truth) => [truth.id, truth]));

  for (const container of report.containers) {
    if (container.pid === null) continue;
    const process = lasting.get(container.pid);
    if (process === undefined) continue;
    const truth = truths.get(container.id ?? "");
    const who = `${container.name}, PID ${container.pid}`;
    const isOurs = process.cgroup.includes(ourCgroup);
    if (truth === undefined && container.id !== null && !isOurs) tally.add("containers of other engines");
    else if (container.id !== null) {
      expect(truth, `${who}: a container of its engine`).toBeDefined();
      if (truth?.pid === 0) expect(process.cgroup, `${who}: left in it`).toContain(truth.id);
      else expect(container.pid, `${who}: its PID`).toBe(truth?.pid);
      expect(container.name).toBe(truth?.name);
    }
    if (summary.virtualisedBy !== null || truth?.name.startsWith("g") === true) {
      for (const type of types) expect(container.namespaces[type].status, who).toBe("not-visible");
      tally.add("not compared: gVisor", types.length);
      continue;
    }
    expect(readings(container.namespaces), `${who}: its inodes`).toEqual(pick(process.inodes));
    tally.add("links of other sandboxes compared", types.length);
    expectProcesses(container, { before, after, lasting });
    if (truth !== undefined) expectModes(container, truth, { report, node: before, engines: truths }, tally);
  }
  // Nothing here shares otherwise than its engine was told to.
  expect(report.findings.filter(({ code }) => code === "sharing-differs")).toEqual([]);
}

function expectProcesses(
  { name, pid: main, processes }: ContainerReport,
  { before, after, lasting }: Pick<Observed<unknown>, "before" | "after" | "lasting">,
): void {
  for (const process of processes) {
    const truth = before.processes.get(process.pid) ?? after.processes.get(process.pid);
    const who = `${name}, process ${process.pid} (${process.comm})`;
    if (!lasting.has(process.pid) || truth === undefined) continue;
    expect(process.comm, who).toBe(truth.name);
    expect(process.ppid, who).toBe(truth.ppid);
    expect(process.nspid, who).toBe(truth.nsPids.at(-1));
    expect(process.zombie === null, `${who} lives`).toBe(truth.state !== "Z");
    const mainInodes = lasting.get(main ?? 0)?.inodes;
    if (truth.state === "Z" || mainInodes === undefined) continue;
    expect(process.elsewhere, `${who} is elsewhere`).toEqual(
      types.filter((type) => truth.inodes[type] !== mainInodes[type]),
    );
  }
}

interface ModesContext {
  readonly report: OtherSandboxReport;
  readonly node: OracleNode;
  /** Containers by ID. */
  readonly engines: ReadonlyMap<string, ContainerTruth>;
}

/** What a mode of an engine asks for, in the report's words. */
function expectModes(
  container: ContainerReport,
  truth: ContainerTruth,
  { report, node, engines }: ModesContext,
  tally: Tally,
): void {
  const modes = {
    net: truth.modes.network,
    pid: truth.modes.pid,
    ipc: truth.modes.ipc,
    uts: truth.modes.uts,
  };
  for (const type of joining) {
    const said = container.expected[type];
    const who = `${container.name}: its ${type} by mode "${modes[type]}"`;
    tally.add("expectations compared");
    if (said === "ANY") {
      // Whom it joined is gone, or its bundle with its monitor.
      tally.add(`expectation not known: ${type} by mode ${modes[type].split(":")[0]}`);
      continue;
    }
    const target = /^container:([0-9a-f]{64})$/.exec(modes[type])?.[1];
    const joinedInode = node.processes.get(engines.get(target ?? "")?.pid ?? 0)?.inodes[type];
    if (joinedInode === node.own[type]) {
      // Whom it joined is on the node's itself.
      expect(["NODE", "POD", "TARGET"], who).toContain(said);
    } else if (target !== undefined) {
      expect(["POD", "TARGET"], who).toContain(said);
      const joined = report.containers.find(({ id }) => id === target);
      const meant = said === "TARGET" ? container.targets[type] : report.containers.find(isInfra)?.name;
      expect(meant, who).toBe(joined?.name);
    } else if (modes[type] === "host") expect(said, who).toBe("NODE");
    // Podman calls a pod's and a host's ipc "shareable" too: only the kernel tells.
    else if (truth.pod === "" && modes[type] !== "shareable")
      expect(["CONTAINER", "POD"], who).toContain(said);
  }
}

function isInfra({ kind }: ContainerReport): boolean {
  return kind === "infra";
}

// ---- small things

function readings(namespaces: Readonly<Record<string, Reading>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    types.map((type) => {
      const reading = namespaces[type];
      return [type, reading?.status === "read" ? reading.inode : `${reading?.status}: ${reading?.reason}`];
    }),
  );
}

function pick(inodes: OracleProcess["inodes"]): Readonly<Record<string, string | null>> {
  return Object.fromEntries(types.map((type) => [type, inodes[type]]));
}

function countBy(processes: Iterable<OracleProcess>, type: (typeof types)[number]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { inodes } of processes) {
    const inode = inodes[type];
    if (inode !== null) counts.set(inode, (counts.get(inode) ?? 0) + 1);
  }
  return counts;
}

function has(mounts: OracleNode["mounts"], { path, inode }: OracleNode["mounts"][number]): boolean {
  return mounts.some((mount) => mount.path === path && mount.inode === inode);
}

/** The UID in a path of the kubelet's, in a cgroup's text. */
function podUidIn(cgroup: string): string | undefined {
  return /\/pod([0-9a-f-]{36})(?:\/|$)/m.exec(cgroup)?.[1];
}
