import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Audit,
  type AuditedContainer,
  type AuditedNode,
  auditedContainers,
  confirmed,
  containersOf,
  isNotable,
} from "../../../../extension/core/audit/audit.ts";
import { auditCsv } from "../../../../extension/core/audit/csv.ts";
import { auditSarif } from "../../../../extension/core/audit/sarif.ts";
import { auditSummary } from "../../../../extension/core/audit/summary.ts";
import { namespaceTypes } from "../../../../extension/core/namespaces.ts";
import type { SandboxReport } from "../../../../extension/core/report.ts";
import { anyReport } from "../../../fixtures/reports/arbitrary.ts";
import { samples } from "../../../fixtures/reports/samples.ts";
import { auditSchema, auditSchemaText, savedAuditSchema } from "../../../support/audit-schema.ts";
import { fakeContainer, fakePod } from "../../../support/fake-pod.ts";

const tool = { name: "pod-sandbox-explorer", version: "1.2.3" };

function audited(report: SandboxReport, privileged: readonly string[] = []): readonly AuditedContainer[] {
  const containers = privileged.map((name) => fakeContainer({ name, privileged: true }));
  return auditedContainers(report, fakePod({ ...report.pod, containers }));
}

function auditOf(...nodes: readonly AuditedNode[]): Audit {
  const at = "2026-11-24T10:00:00.000Z";
  return { schemaVersion: 1, context: "prod", begunAt: at, endedAt: at, nodes };
}

function readNode(name: string, ...reports: readonly SandboxReport[]): AuditedNode {
  const takenAt = "2026-11-24T10:00:00.000Z";
  return { name, outcome: "read", takenAt, containers: reports.flatMap((report) => audited(report)) };
}

const failed: AuditedNode = { name: "node-c", outcome: "failed", why: "It does not answer." };

const anyNode: fc.Arbitrary<AuditedNode> = fc.oneof(
  fc
    .record({ name: fc.string(), reports: fc.array(anyReport, { maxLength: 2 }) })
    .map(({ name, reports }) => readNode(name, ...reports)),
  fc.record({
    name: fc.string(),
    outcome: fc.constantFrom("failed" as const, "cancelled" as const, "unfit" as const),
    why: fc.string(),
  }),
);
const anyAudit = fc.array(anyNode, { maxLength: 4 }).map((nodes) => auditOf(...nodes));

describe("what a container shares with its node", () => {
  test("nothing of note in a usual pod; what the spec asks for is asked", () => {
    const [nginx] = audited(samples.plain);
    expect(nginx).toMatchObject({
      name: "nginx",
      differs: [],
      unknown: [],
      whyUnknown: "",
      privileged: false,
    });
    expect(nginx && isNotable(nginx)).toBe(false);
    const [host] = audited(samples.hostNetwork, ["nginx"]);
    expect(host?.host).toContain("net");
    expect(host?.asked).toContain("net");
    expect(host?.privileged).toBe(true);
    expect(host && isNotable(host)).toBe(true);
  });

  test("what could not be seen is neither shared nor its own", () => {
    for (const report of [samples.denied, samples.virtualised]) {
      const [container] = audited(report);
      expect(container?.host).not.toContain("net");
      expect(container?.unknown).toContain("net");
      expect(container?.whyUnknown).not.toBe("");
      expect(container && isNotable(container)).toBe(false);
    }
  });

  test("never contradicts the report that it was made of", () => {
    fc.assert(
      fc.property(anyReport, (report) => {
        const spec = report.containers.filter(({ kind }) => kind !== "infra");
        const containers = audited(report);
        expect(containers.map(({ name }) => name)).toEqual(spec.map(({ name }) => name));
        for (const [at, container] of containers.entries()) {
          for (const type of namespaceTypes) {
            const isHidden = report.sandbox.holder.kind === "virtualised";
            const own = isHidden ? undefined : spec[at]?.namespaces[type];
            const nodes = report.node.namespaces[type];
            const isHost = own?.status === "read" && nodes.status === "read" && own.inode === nodes.inode;
            expect(container.host.includes(type)).toBe(isHost);
            expect(container.host.includes(type) && container.unknown.includes(type)).toBe(false);
            if (container.asked.includes(type)) expect(container.host).toContain(type);
          }
        }
      }),
    );
  });

  test("what was against the spec in one of two readings only is not known", () => {
    const [container] = audited(samples.hostNetwork);
    if (container === undefined) throw new Error("no container");
    const wrong: AuditedContainer = { ...container, asked: [], differs: ["net", "ipc"] };
    expect(confirmed([wrong], [wrong])).toEqual([wrong]);
    const [one] = confirmed([{ ...wrong, differs: ["ipc"] }], [wrong]);
    expect(one).toMatchObject({ differs: ["ipc"], unknown: ["net"] });
    expect(one?.host).not.toContain("net");
    expect(one?.whyUnknown).not.toBe("");
    // It was not there before.
    expect(confirmed([], [wrong])[0]?.differs).toEqual([]);
  });
});

describe("the summary", () => {
  test("counts, names what is notable, and says what is missing", () => {
    const text = auditSummary(auditOf(readNode("node-a", samples.plain, samples.hostNetwork), failed));
    expect(text).toContain("Nodes: 2, read: 1.");
    expect(text).toContain("This is not the whole cluster");
    expect(text).toMatch(/^net +network +\d+ +0 +0$/m);
    expect(text).toMatch(/^node-a +\S+ +\S+ +nginx +net/m);
    expect(text).toMatch(/^node-c +It does not answer\.$/m);
    expect(auditSummary(auditOf(readNode("node-a", samples.plain)))).not.toContain("not the whole cluster");
  });

  test("has one printable line for each thing, whatever it is called", () => {
    fc.assert(
      fc.property(anyAudit, (audit) => {
        // oxlint-disable-next-line no-control-regex
        expect(auditSummary(audit)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
      }),
    );
  });
});

/** RFC 4180, as a reader of it would do it. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    row.push(quoted === undefined ? (plain ?? "") : quoted.replaceAll('""', '"'));
    if (end === ",") continue;
    rows.push(row);
    row = [];
  }
  return rows;
}

describe("CSV", () => {
  test("has a line for each container and each node that was not read", () => {
    fc.assert(
      fc.property(anyAudit, (audit) => {
        const [header = [], ...rows] = parseCsv(auditCsv(audit));
        const containers = [...containersOf(audit)];
        const notRead = audit.nodes.filter(({ outcome }) => outcome !== "read");
        expect(rows).toHaveLength(containers.length + notRead.length);
        for (const row of rows) expect(row).toHaveLength(header.length);
        const harmless = (text: string): string => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);
        const column = (name: string): string[] => rows.map((row) => row[header.indexOf(name)] ?? "");
        expect(column("node")).toEqual(
          [...containers.map(({ node }) => node), ...notRead.map(({ name }) => name)].map(harmless),
        );
        expect(column("net").filter((said) => said === "node")).toHaveLength(
          containers.filter(({ host }) => host.includes("net")).length,
        );
        for (const cell of rows.flat()) expect(cell).not.toMatch(/^[=+\-@\t\r]/);
      }),
    );
  });
});

interface Sarif {
  readonly runs: readonly [
    {
      readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
      readonly invocations: readonly [
        { readonly executionSuccessful: boolean; readonly toolExecutionNotifications: readonly object[] },
      ];
      readonly results: readonly {
        readonly ruleId: string;
        readonly level: string;
        readonly message: object;
      }[];
    },
  ];
}

describe("SARIF", () => {
  test("has a result for each type that a notable container shares or is wrong in, each of a rule that there is", () => {
    fc.assert(
      fc.property(anyAudit, (audit) => {
        const [run] = (JSON.parse(auditSarif(audit, tool)) as Sarif).runs;
        const rules = run.tool.driver.rules.map(({ id }) => id);
        expect(new Set(rules).size).toBe(rules.length);
        const notable = [...containersOf(audit)].filter(isNotable);
        expect(run.results).toHaveLength(
          notable.flatMap(({ host, differs }) => [...new Set([...host, ...differs])]).length,
        );
        expect(run.results.filter(({ level }) => level === "error")).toHaveLength(
          notable.flatMap(({ differs }) => differs).length,
        );
        for (const { ruleId } of run.results) expect(rules).toContain(ruleId);
        const [invocation] = run.invocations;
        const notRead = audit.nodes.filter(({ outcome }) => outcome !== "read").length;
        expect(invocation.toolExecutionNotifications).toHaveLength(notRead);
        expect(invocation.executionSuccessful).toBe(
          audit.nodes.every(({ outcome }) => outcome === "read" || outcome === "unfit"),
        );
      }),
    );
  });

  test("says what is as asked and what is not in words", () => {
    const node = readNode("node-a", samples.hostNetwork);
    const [run] = (JSON.parse(auditSarif(auditOf(node), tool)) as Sarif).runs;
    expect(run.results).toContainEqual(
      expect.objectContaining({
        ruleId: "shares-node-net",
        level: "note",
        message: {
          text: expect.stringMatching(
            /nginx is in the node's net Linux namespace, which is not against/,
          ) as string,
        },
      }),
    );
  });
});

describe("JSON", () => {
  test("is as its schema says", () => {
    fc.assert(
      fc.property(anyAudit, (audit) => {
        const saved: unknown = JSON.parse(JSON.stringify(audit));
        expect(auditSchema.parse(saved)).toEqual(saved);
      }),
    );
  });

  test("media/audit.schema.json is made from that (node test/support/audit-schema.ts)", async () => {
    expect(await savedAuditSchema()).toBe(auditSchemaText());
  });
});
