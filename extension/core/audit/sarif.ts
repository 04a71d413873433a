import { type NamespaceType, namespaceTypes } from "../namespaces.ts";
import { type Audit, type AuditedContainer, containersOf, isNotable, notReadOf } from "./audit.ts";

/** Who made the file. */
export interface AuditTool {
  readonly name: string;
  readonly version: string;
}

/**
 * The notable containers as a SARIF 2.1.0 log (OASIS), in English. A container is a logical location, as there is no
 * file; what it shares is a `note`, what is against its pod's spec an `error`. Nodes that were not read are
 * notifications: where there is an error among them, the run was not successful, as results may be missing.
 */
export function auditSarif(audit: Audit, tool: AuditTool): string {
  const notRead = notReadOf(audit);
  const run = {
    tool: {
      driver: {
        ...tool,
        informationUri: "https://github.com/pod-sandbox-explorer/pod-sandbox-explorer",
        rules: rules(),
      },
    },
    automationDetails: { id: `pod-sandbox-audit/${audit.context}/` },
    invocations: [
      {
        executionSuccessful: notRead.every(({ outcome }) => outcome === "unfit"),
        startTimeUtc: audit.begunAt,
        endTimeUtc: audit.endedAt,
        toolExecutionNotifications: notRead.map(({ name, outcome, why }) => ({
          level: outcome === "unfit" ? "note" : "error",
          message: { text: why },
          locations: [location("module", [audit.context, name])],
        })),
      },
    ],
    results: [...containersOf(audit)].filter(isNotable).flatMap((one) => resultsOf(one, audit.context)),
  };
  const log = { $schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: [run] };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

function resultsOf(container: AuditedContainer & { readonly node: string }, context: string): object[] {
  const { node, namespace, pod, name, host, differs } = container;
  return namespaceTypes.flatMap((type) => {
    const [shares, isWrong] = [host.includes(type), differs.includes(type)];
    if (!shares && !isWrong) return [];
    return [
      {
        ruleId: shares ? sharesRule(type) : differsRule(type),
        level: isWrong ? "error" : "note",
        message: { text: sentence(container, type) },
        locations: [location("object", [context, node, namespace, pod, name])],
        partialFingerprints: { "container/v1": [context, namespace, pod, name, type].join("/") },
      },
    ];
  });
}

function sentence({ namespace, pod, name, host, differs }: AuditedContainer, type: NamespaceType): string {
  const who = `${namespace}/${pod}/${name}`;
  if (!host.includes(type))
    return `${who} is in another ${type} Linux namespace than its pod's spec asks for.`;
  const where = `${who} is in the node's ${type} Linux namespace`;
  return differs.includes(type)
    ? `${where}, which its pod's spec does not ask for.`
    : `${where}, which is not against its pod's spec.`;
}

function location(kind: "module" | "object", names: readonly string[]): object {
  return {
    logicalLocations: [{ name: names.at(-1), fullyQualifiedName: names.join("/"), kind }],
  };
}

function rules(): readonly object[] {
  return namespaceTypes.flatMap((type) => [
    {
      id: sharesRule(type),
      shortDescription: {
        text: `A container is in its node's ${type} Linux namespace`,
      },
      defaultConfiguration: { level: "note" },
    },
    {
      id: differsRule(type),
      shortDescription: {
        text: `A container's ${type} Linux namespace is not the one that its pod's spec asks for`,
      },
      defaultConfiguration: { level: "error" },
    },
  ]);
}

function sharesRule(type: NamespaceType): string {
  return `shares-node-${type}`;
}

function differsRule(type: NamespaceType): string {
  return `differs-${type}`;
}
