import { elsewhere } from "./elsewhere.ts";
import { namespaceTypes, type NamespaceType } from "./namespaces.ts";
import type { AnyReport, ContainerReport } from "./report.ts";

/**
 * nsenter(1)'s option for each type. Not mnt: with the container's files the node's tools would be gone, and a pause
 * container has no shell at all; what is in there is to be seen below /proc/PID/root.
 */
const options: Readonly<Partial<Record<NamespaceType, string>>> = {
  net: "-n",
  ipc: "-i",
  uts: "-u",
  pid: "-p",
  user: "-U",
  cgroup: "-C",
  time: "-T",
};

/**
 * A command that starts a shell with the node's tools in the Linux namespaces of the pause container (else of the
 * first container that has a process), or of the container that is named: in exactly those that are not the node's.
 * Made of our own words and one number. null where there is no process, or none that is known to be elsewhere.
 */
export function nsenterCommand(report: AnyReport, container?: string): string | null {
  const candidates =
    container === undefined
      ? report.containers.toSorted((a, b) => Number(b.kind === "infra") - Number(a.kind === "infra"))
      : report.containers.filter(({ name }) => name === container);
  for (const candidate of candidates) {
    const entered = enteredOptions(candidate, report);
    if (candidate.pid === null || entered.length === 0) continue;
    return `sudo nsenter -t ${String(candidate.pid)} ${entered.join(" ")}`;
  }
  return null;
}

function enteredOptions(container: ContainerReport, report: AnyReport): readonly string[] {
  const inodes = elsewhere(container, report);
  return namespaceTypes.flatMap((type) => {
    const option = options[type];
    return inodes[type] !== undefined && option !== undefined ? [option] : [];
  });
}
