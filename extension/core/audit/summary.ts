import * as l10n from "@vscode/l10n";
import { type NamespaceType, namespaceTypes } from "../namespaces.ts";
import { oneLine } from "../one-line.ts";
import { type TextColumn, textTable } from "../text-table.ts";
import { sharedThing } from "../words.ts";
import { type Audit, type AuditedContainer, containersOf, isNotable, notReadOf, telling } from "./audit.ts";

/** More are only counted: they are in every export. */
const mostListed = 5000;
/** Characters. */
const longestName = 80;

/** The audit for people, as plain text in columns. */
export function auditSummary(audit: Audit): string {
  const all = [...containersOf(audit)];
  const notable = all.filter(isNotable);
  const notRead = notReadOf(audit);
  const unseen = all.filter(({ unknown }) => unknown.length > 0);
  const pods = new Set(all.map(({ uid }) => uid)).size;
  return [
    l10n.t(
      "Linux namespaces that containers share with their nodes: {0}",
      oneLine(audit.context, longestName),
    ),
    l10n.t(
      "Nodes: {0}, read: {1}. Pods: {2}, containers: {3}.",
      audit.nodes.length,
      audit.nodes.length - notRead.length,
      pods,
      all.length,
    ),
    l10n.t("Begun {0}, ended {1}", audit.begunAt, audit.endedAt),
    ...(notRead.length === 0
      ? []
      : [l10n.t("This is not the whole cluster: the nodes that were not read are listed at the end.")]),
    "",
    ...textTable(
      typeColumns(),
      namespaceTypes.map((type) => typeCells(type, all)),
    ),
    "",
    l10n.t(
      "Containers in their node's {0} or against their pod's spec: {1}",
      telling.join(", "),
      notable.length,
    ),
    "",
    ...(notable.length === 0
      ? []
      : textTable(containerColumns(), notable.slice(0, mostListed).map(containerCells))),
    ...(notable.length > mostListed
      ? [l10n.t("and {0} more, which every export has", notable.length - mostListed)]
      : []),
    ...(unseen.length === 0
      ? []
      : [
          "",
          l10n.t("Containers of which not everything was seen: {0}", unseen.length),
          "",
          ...reasons(unseen.map(({ whyUnknown }) => whyUnknown)),
        ]),
    ...(notRead.length === 0
      ? []
      : [
          "",
          l10n.t("Nodes that were not read: {0}", notRead.length),
          "",
          ...textTable(
            [{ heading: "NODE" }, { heading: "WHY" }],
            notRead.map(({ name, why }) => [oneLine(name, longestName), oneLine(why, 300)]),
          ),
        ]),
    "",
  ].join("\n");
}

function typeColumns(): readonly TextColumn[] {
  return [
    { heading: "TYPE" },
    { heading: "WHAT IS SHARED" },
    { heading: "SHARE IT", right: true },
    { heading: "NOT AS ASKED", right: true },
    { heading: "NOT SEEN", right: true },
  ];
}

function typeCells(type: NamespaceType, all: readonly AuditedContainer[]): readonly string[] {
  const count = (is: (one: AuditedContainer) => boolean): string => String(all.filter(is).length);
  return [
    type,
    sharedThing(type),
    count(({ host }) => host.includes(type)),
    count(({ differs }) => differs.includes(type)),
    count(({ unknown }) => unknown.includes(type)),
  ];
}

function containerColumns(): readonly TextColumn[] {
  return [
    { heading: "NODE" },
    { heading: "KUBERNETES NAMESPACE" },
    { heading: "POD" },
    { heading: "CONTAINER" },
    { heading: "SHARES" },
    { heading: "NOT AS ASKED" },
    { heading: "PRIVILEGED" },
  ];
}

function containerCells(one: AuditedContainer & { readonly node: string }): readonly string[] {
  return [
    ...[one.node, one.namespace, one.pod, one.name].map((name) => oneLine(name, longestName)),
    one.host.filter((type) => telling.includes(type) || one.differs.includes(type)).join(" ") || "-",
    one.differs.join(" ") || "-",
    one.privileged ? "yes" : "-",
  ];
}

/** Each once, the most frequent first. */
function reasons(all: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const reason of all) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .toSorted(([, one], [, other]) => other - one)
    .slice(0, 20)
    .map(([reason, count]) => `${String(count).padStart(8)}  ${oneLine(reason, 300)}`);
}
