import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hoverMarkdown, inspectCommand } from "../../../extension/core/hover-markdown.ts";
import { hoverBlocks, type HoverInput, type HoverPod } from "../../../extension/core/hover-text.ts";
import { Manifest } from "../../../extension/core/manifest/manifest.ts";
import type { ManifestHit } from "../../../extension/core/manifest/pod-template.ts";
import type { SandboxReport } from "../../../extension/core/report.ts";
import { finding, report, samples } from "../../fixtures/reports/samples.ts";

const takenAt = "2026-11-23T12:00:00.000Z";
const now = Date.parse("2026-11-23T12:03:10.000Z");

function hitOn(manifest: string, needle: string): ManifestHit {
  const hit = new Manifest(manifest).at(manifest.indexOf(needle) + 1);
  if (hit === undefined) throw new Error(`nothing to explain at ${needle}`);
  return hit;
}

function podManifest(fields: readonly string[], containers = "[{ name: app }, { name: log }]"): string {
  const spec = [...fields, `containers: ${containers}`].map((line) => `  ${line}\n`).join("");
  return `apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec:\n${spec}`;
}

function reported(taken: SandboxReport, changes: Partial<SandboxReport> = {}): HoverPod {
  const { context, namespace, name } = taken.pod;
  return { ref: { context, namespace, name }, report: { ...taken, takenAt, ...changes } };
}

/** The hover as a person reads it: without the escapes. */
function textOf(hit: ManifestHit, more: Partial<HoverInput> = {}): string {
  return hoverMarkdown(hoverBlocks({ hit, pods: [], now, ...more })).replaceAll(/\\([!-/:-@[-`{-~])/g, "$1");
}

describe("what the manifest asks for", () => {
  it("tells the default of a pod, in a table", () => {
    expect(textOf(hitOn(podManifest([]), "Pod"))).toBe(
      [
        "**Pod web: the Linux namespaces its containers share**",
        "",
        "| Linux namespace | expected |",
        "| --- | --- |",
        "| **net** (interfaces, ports) | shared within the pod |",
        "| **ipc** (shared memory) | shared within the pod |",
        "| **uts** (hostname) | shared within the pod |",
        "| **pid** (processes) | its own |",
        "| **mnt** (files) | its own |",
        "| **user** (user and group IDs) | the node's |",
        "| **cgroup** (limits seen) | depends on the node |",
        "| **time** (clock offsets) | the node's |",
        "",
        "That is the default: containers join the pod's sandbox, usually held by the pause container.",
        "",
        "For nodes with containerd. Docker differs (hostname: its own).",
      ].join("\n"),
    );
  });

  it("tells why where the manifest asks for something else", () => {
    const text = textOf(hitOn(podManifest(["hostNetwork: true", "shareProcessNamespace: true"]), "web"));
    expect(text).toContain("| **pid** (processes) | shared within the pod |");
    expect(text).toContain("| **net** (interfaces, ports) | the node's |");
    expect(text).toContain("| **uts** (hostname) | the node's |");
    expect(text).toMatch(
      /Why:\n\n- hostNetwork: true .*\n- containerd gives .*\n- shareProcessNamespace: true /,
    );
    expect(text).toContain("CRI-O differs (hostname: shared within the pod)");
    expect(text).not.toContain("default");
  });

  it("says where containers differ", () => {
    const containers = "[{ name: app }, { name: root, securityContext: { privileged: true } }]";
    expect(textOf(hitOn(podManifest([], containers), "Pod"))).toContain(
      "| **cgroup** (limits seen) | not the same for all (see each container's name) |",
    );
  });

  it.each([
    [
      "hostNetwork: true",
      "hostNetwork",
      ["**net** (interfaces, ports): the node's.", "**uts** (hostname): the node's."],
    ],
    ["hostNetwork: false", "hostNetwork", ["**net** (interfaces, ports): shared within the pod."]],
    ["hostPID: true", "hostPID", ["**pid** (processes): the node's. hostPID: true lets"]],
    ["hostIPC: true", "hostIPC", ["**ipc** (shared memory): the node's."]],
    ["hostUsers: false", "hostUsers", ["**user** (user and group IDs): shared within the pod."]],
    ["shareProcessNamespace: true", "shareProcessNamespace", ["**pid** (processes): shared within the pod."]],
  ])("%s", (line, field, sentences) => {
    const text = textOf(hitOn(podManifest([line]), field));
    expect(text.startsWith(`**${line}**\n\n`)).toBe(true);
    for (const sentence of sentences) expect(text).toContain(sentence);
  });

  it("explains one container with all eight, and the target of a debug container", () => {
    const text = textOf(
      hitOn(podManifest(["ephemeralContainers: [{ name: debug, targetContainerName: app }]"]), "debug"),
    );
    expect(text).toContain("**Container debug (ephemeral container): the Linux namespaces it shares**");
    expect(text).toContain("**pid** (processes): its target's.");
    expect(text.match(/^- \*\*/gm)).toHaveLength(8);
  });

  it("goes by the runtime and the cgroups of a node that was inspected", () => {
    const text = textOf(hitOn(podManifest([]), "Pod"), { pods: [reported(samples.plain)] });
    expect(text).toContain("| **cgroup** (limits seen) | the node's |");
    expect(text).toContain("For containerd 1.6.20, as on the node that was inspected.");
  });
});

describe("what does not work", () => {
  it("names the combinations that the API rejects, on every field", () => {
    const manifest = podManifest(["hostUsers: false", "hostPID: true", "shareProcessNamespace: true"]);
    for (const needle of ["Pod", "hostUsers", "app"]) {
      expect(textOf(hitOn(manifest, needle)).match(/⚠ The API server rejects this: .*/g)).toEqual([
        expect.stringContaining("shareProcessNamespace: true cannot be combined with hostPID: true."),
        expect.stringContaining("hostUsers: false cannot be combined with hostPID: true."),
      ]);
    }
  });

  it("says that text is no boolean", () => {
    const text = textOf(hitOn(podManifest(['hostPID: "true"']), "hostPID"));
    expect(text).toContain("**hostPID: not understood, taken as not set**");
    expect(text).toContain("⚠ The API server rejects `hostPID`: it must be true or false, without quotes.");
  });

  it("does not judge what a template has still to fill in", () => {
    const text = textOf(hitOn(podManifest(["hostPID: {{ .Values.hostPID }}"]), "hostPID"));
    expect(text).toContain("`hostPID` is known only once the template is rendered.");
    expect(text).not.toContain("⚠");
  });

  it("says that Windows has no Linux namespaces", () => {
    const text = textOf(hitOn(podManifest(["os: { name: windows }"]), "Pod"));
    expect(text).toContain("which has no Linux namespaces");
    expect(text).not.toContain("**net**");
  });

  it("warns that a runtime class may hide everything", () => {
    expect(textOf(hitOn(podManifest(["runtimeClassName: gvisor"]), "Pod"))).toContain(
      "not visible from the node",
    );
  });
});

describe("what the kernel said", () => {
  const hit = hitOn(podManifest([]), "Pod");

  it("has nothing to say where no pod is known", () => {
    expect(textOf(hit)).not.toMatch(/^---$/m);
  });

  it("gives the answer of the last inspection, its age, and a link to inspect again", () => {
    const text = textOf(hit, { pods: [reported(samples.plain)] });
    expect(text).toContain("\n\n---\n\n**web** in context lab, as the kernel of node-a said 3 minutes ago: ");
    expect(text).toContain("**network, IPC and hostname**");
    expect(text).toMatch(/\[Inspect again\]\(command:podSandbox\.inspect\?/);
  });

  it("puts what was read beside what is expected", () => {
    const text = textOf(hit, { pods: [reported(samples.plain)] });
    expect(text).toContain("| Linux namespace | expected | pause | nginx | sidecar |");
    expect(text).toContain(
      "| **net** (interfaces, ports) | shared within the pod | A shared | A shared | A shared |",
    );
    expect(text).toContain("| **pid** (processes) | its own | own …2508 | own …2540 | own …2570 |");
    expect(text).toContain("| **user** (user and group IDs) | the node's | ● the node's | ● the node's |");
    expect(text).toContain("The same letter in a row is the same Linux namespace; ● is the node's.");
  });

  it("says of one container what was read of it", () => {
    const one = hitOn(podManifest([], "[{ name: nginx }, { name: sidecar }]"), "nginx");
    const text = textOf(one, { pods: [reported(samples.plain)] });
    expect(text).toMatch(/^- \*\*net\*\* .* sandbox\. Read: A shared\.$/m);
    expect(text).toMatch(/^- \*\*mnt\*\* .* Read: own …2640\.$/m);
  });

  it("has room for four containers", () => {
    const [pause, ...apps] = samples.plain.containers;
    if (pause === undefined) throw new Error("the sample has a pause container");
    const many = report([pause, ...apps, ...apps.flatMap((app) => [{ ...app, name: `${app.name}-2` }])]);
    const text = textOf(hit, { pods: [reported(many)] });
    expect(text.match(/^\| Linux namespace .*$/m)?.[0].split("|")).toHaveLength(8);
    expect(text).toContain("… and 1 more container.");
  });

  it("links to the first inspection", () => {
    const ref = { context: "lab", namespace: "shop", name: "web" };
    const text = textOf(hit, { pods: [{ ref, report: undefined }] });
    expect(text).toContain("**web** in context lab has not been inspected yet.");
    const [, argument = ""] = /\[Inspect sandbox\]\(command:[^?]*\?([^)]*)\)$/.exec(text) ?? [];
    expect(JSON.parse(decodeURIComponent(argument))).toEqual([
      { context: "lab", namespace: "shop", pod: "web" },
    ]);
  });

  it("shows the grave findings, three at most, and three pods at most", () => {
    const found = report(
      samples.plain.containers,
      [1, 2, 3, 4].map((n) => finding("sharing-differs", "error", "nginx", "net", `Finding ${String(n)}.`)),
    );
    const info = report(samples.plain.containers, [finding("needs-root", "info", null, null, "Not grave.")]);
    const text = textOf(hit, { pods: [found, info, info, info, info].map((one) => reported(one)) });
    expect(text).toContain("⚠ nginx: Finding 3.\n\n… and 1 more finding.");
    expect(text).not.toContain("Finding 4.");
    expect(text).not.toContain("Not grave.");
    expect(text).toMatch(/… and 2 more pods\.$/);
  });

  it.each([
    ["2026-11-23T12:03:09.000Z", "just now"],
    ["2026-11-23T12:04:00.000Z", "just now"],
    ["2026-11-23T12:02:00.000Z", "1 minute ago"],
    ["2026-11-23T07:00:00.000Z", "5 hours ago"],
    ["2026-11-20T07:00:00.000Z", "3 days ago"],
    ["never", "earlier"],
  ])("taken at %s: %s", (time, words) => {
    expect(textOf(hit, { pods: [reported(samples.plain, { takenAt: time })] })).toContain(`said ${words}: `);
  });
});

describe("hostile text", () => {
  const punctuation = /[!-/:-@[-`{-~]/;

  it("comes out as text, whatever it holds", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom(
        "[x](command:y)",
        "<img src=x>",
        "https://evil.example",
        "a\n\n# b",
        "`code`",
        "$(bell)",
        "a|b",
      ),
    );
    fc.assert(
      fc.property(text, (hostile) => {
        const plain = hoverMarkdown([{ kind: "paragraph", spans: [hostile] }]);
        expect(plain.replaceAll(/\\[!-/:-@[-`{-~]/g, "")).not.toMatch(punctuation);
        expect(plain).not.toMatch(/[\n\r]/);
        const code = hoverMarkdown([{ kind: "paragraph", spans: [{ code: hostile }] }]);
        expect(code.slice(1, -1)).not.toMatch(/[`\n\r]/);
      }),
    );
  });

  it("cannot leave the link's argument", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (name) => {
        const link = hoverMarkdown([
          { kind: "inspect", label: "go", pod: { context: name, namespace: name, name } },
        ]);
        const [, argument = ""] = /^\[go\]\(command:podSandbox\.inspect\?([\w%.-]*)\)$/.exec(link) ?? [];
        expect(JSON.parse(decodeURIComponent(argument))).toEqual([
          { context: name, namespace: name, pod: name },
        ]);
      }),
    );
    expect(inspectCommand).toBe("podSandbox.inspect");
  });

  it("cannot break the hover through a manifest or a report", () => {
    const name = JSON.stringify("web](command:evil) **x** <b>\n# y");
    const manifest = podManifest([], `[{ name: ${name} }]`).replace("name: web", `name: ${name}`);
    const hit = hitOn(manifest, "Pod");
    const markdown = hoverMarkdown(hoverBlocks({ hit, pods: [reported(samples.hostile)], now }));
    expect(markdown).not.toMatch(/(?<!\\)[<>]|^# /m);
    expect(markdown.match(/(?<!\\)\]\(/g)).toHaveLength(1);
  });

  it("cannot break out of a cell of the table", () => {
    const [pause, app] = samples.plain.containers;
    if (pause === undefined || app === undefined) throw new Error("the sample has containers");
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (name) => {
        const hostile = report([pause, { ...app, name: `|${name}|\n` }]);
        const hit = hitOn(podManifest([]), "Pod");
        const lines = hoverMarkdown(hoverBlocks({ hit, pods: [reported(hostile)], now })).split("\n");
        const rows = lines.filter((line) => line.startsWith("|"));
        expect(rows).toHaveLength(10);
        for (const row of rows) expect(row.match(/(?<!\\)\|/g)).toHaveLength(5);
      }),
    );
  });

  it("makes some text of every manifest that has anything to explain", () => {
    fc.assert(
      fc.property(
        fc.record({
          hostNetwork: fc.jsonValue(),
          hostPID: fc.boolean(),
          hostUsers: fc.boolean(),
          os: fc.jsonValue(),
        }),
        fc.constantFrom("Pod", "hostPID", "hostNetwork", "hostUsers"),
        (spec, needle) => {
          const text = textOf(hitOn(JSON.stringify({ kind: "Pod", spec }), needle));
          expect(text).not.toMatch(/undefined|null|NaN|\[object/);
          expect(text.split("\n")[0]).toMatch(/\*\*|`/);
        },
      ),
    );
  });
});
