import { isIdentity } from "../extension/core/inside.ts";
import type { NamespaceType } from "../extension/core/namespaces.ts";
import type { AnyReport, ContainerReport } from "../extension/core/report.ts";

/** A command that shows on the node what the panel says. */
export interface Check {
  readonly about: string;
  readonly command: string;
  /** What it prints, or null where that is longer than a line or not known. */
  readonly prints: string | null;
}

/** Commands with this sandbox's real PIDs. Nothing but numbers, our own words and checked paths goes into them. */
export function checksOf(report: AnyReport): readonly Check[] {
  if (report.sandbox.holder.kind === "virtualised") return [];
  const living = report.containers.filter(({ pid }) => pid !== null);
  const infra = living.find(({ kind }) => kind === "infra");
  const first = living.find(({ kind }) => kind !== "infra");
  const checks: Check[] = [];
  const type = typeInQuestion(report) ?? "net";
  const questioned = living.find(({ name }) => name === differing(report)?.container);

  for (const container of new Set([infra, first, questioned])) {
    if (container !== undefined) checks.push(...readlink(container, type));
  }
  const path = report.sandbox.holder.paths.find((one) => /^\/[\w./-]*net[\w./-]*$/.test(one));
  if (path !== undefined) {
    const net = first?.namespaces.net;
    checks.push({
      about: "The pinned network, without any process",
      command: `sudo stat -L -c %i ${path}`,
      prints: net?.status === "read" ? net.inode : null,
    });
  }
  const held = infra ?? first;
  if (held?.pid !== undefined && held.pid !== null) {
    const pid = String(held.pid);
    checks.push(
      { about: `All Linux namespaces of ${held.name}`, command: `sudo lsns -p ${pid}`, prints: null },
      { about: "The network as seen inside", command: `sudo nsenter -t ${pid} -n ip addr`, prints: null },
    );
  }
  const mapped = living.find(({ uidMap }) => uidMap !== null && !isIdentity(uidMap));
  if (mapped?.pid !== undefined && mapped.pid !== null) {
    checks.push({
      about: `User IDs of ${mapped.name}: inside, on the node, how many`,
      command: `sudo cat /proc/${String(mapped.pid)}/uid_map`,
      prints: null,
    });
  }
  return checks;
}

function readlink(container: ContainerReport, type: NamespaceType): readonly Check[] {
  if (container.pid === null) return [];
  const reading = container.namespaces[type];
  return [
    {
      about: `${type} of ${container.name}`,
      command: `sudo readlink /proc/${String(container.pid)}/ns/${type}`,
      prints: reading.status === "read" ? `${type}:[${reading.inode}]` : null,
    },
  ];
}

function differing(report: AnyReport): AnyReport["findings"][number] | undefined {
  return report.findings.find(
    ({ code, namespaceType }) => code === "sharing-differs" && namespaceType !== null,
  );
}

/** Where something is not as the spec asks, that is what one wants to see for oneself. */
function typeInQuestion(report: AnyReport): NamespaceType | null {
  return differing(report)?.namespaceType ?? null;
}
