import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDocument } from "yaml";
import type { Fix } from "../../../extension/core/manifest/fixes.ts";
import { Manifest, type PlacedRejection } from "../../../extension/core/manifest/manifest.ts";

function rejected(text: string): readonly PlacedRejection[] {
  return new Manifest(text).rejections();
}

function codes(text: string): readonly string[] {
  return rejected(text).map(({ code, range }) => `${code}: ${text.slice(...range)}`);
}

function fixesFor(text: string, which = 0): readonly Fix[] {
  const manifest = new Manifest(text);
  const rejection = manifest.rejections()[which];
  return rejection === undefined ? [] : manifest.fixes(rejection);
}

function applied(text: string, { range: [start, end], newText }: Fix): string {
  return text.slice(0, start) + newText + text.slice(end);
}

function fixed(text: string, title: string): string {
  const fix = fixesFor(text).find((one) => one.title === title);
  if (fix === undefined) throw new Error(`no fix "${title}" among ${fixesFor(text).length}`);
  return applied(text, fix);
}

function podOf(...lines: readonly string[]): string {
  return `apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

describe("what the API server rejects", () => {
  it.each([
    [["hostPID: true", "shareProcessNamespace: true"], ["exclusive-fields: shareProcessNamespace: true"]],
    [["hostUsers: false", "hostNetwork: true"], ["exclusive-fields: hostNetwork: true"]],
    [["hostUsers: false", "hostPID: yes"], ["exclusive-fields: hostPID: yes"]],
    [["hostUsers: false", "hostIPC: true"], ["exclusive-fields: hostIPC: true"]],
    [["hostUsers: true", "hostIPC: true"], []],
    [["hostPID: 'yes'"], ["not-boolean: hostPID: 'yes'"]],
    [["hostPID: 1"], ["not-boolean: hostPID: 1"]],
    [["hostPID: [true]"], ["not-boolean: hostPID"]],
    [["hostPID:"], []],
    [
      ["os: {name: windows}", "hostUsers: true", "shareProcessNamespace: false", "hostPID: true"],
      [
        "windows-pod: hostUsers: true",
        "windows-pod: shareProcessNamespace: false",
        "windows-pod: hostPID: true",
      ],
    ],
    [["os: {name: windows}", "hostIPC: true"], ["windows-pod: hostIPC: true"]],
    [["os: {name: windows}", "hostNetwork: true", "hostPID: false", "hostIPC: false", "hostUsers:"], []],
    [
      ["os: {name: windows}", "containers: [{name: a, securityContext: {procMount: Default}}]"],
      ["windows-pod: procMount: Default"],
    ],
    [["ephemeralContainers: [{name: d}]"], ["ephemeral-containers: ephemeralContainers"]],
    [["ephemeralContainers: []"], []],
    [
      ["containers: [{name: a}]", "ephemeralContainers: [{name: d, targetContainerName: b}]"],
      ["ephemeral-containers: ephemeralContainers", "no-such-target: targetContainerName: b"],
    ],
    [
      ["initContainers: [{name: a}]", "ephemeralContainers: [{name: d, targetContainerName: a}]"],
      ["ephemeral-containers: ephemeralContainers"],
    ],
    [
      ["hostNetwork: true", "containers: [{name: a, ports: [{hostPort: 80, containerPort: 8080}]}]"],
      ["host-port: hostPort: 80"],
    ],
    [["hostNetwork: true", "containers: [{name: a, ports: [{containerPort: 8080}]}]"], []],
    [["hostNetwork: true", "containers: [{name: a, ports: [{hostPort: 0, containerPort: 8080}]}]"], []],
    [["hostNetwork: true", "initContainers: [{name: a, ports: [{hostPort: 1, containerPort: 2}]}]"], []],
    [["containers: [{name: a, ports: [{hostPort: 80, containerPort: 8080}]}]"], []],
    [
      ["containers: [{name: a, securityContext: {procMount: Unmasked}}]"],
      ["proc-mount: procMount: Unmasked"],
    ],
    [["hostUsers: false", "containers: [{name: a, securityContext: {procMount: Unmasked}}]"], []],
  ])("%j", (lines, expected) => {
    expect(codes(podOf(...lines))).toEqual(expected);
  });

  it("tells what depends on the cluster from what does not", () => {
    const certain = (text: string): boolean | undefined => rejected(text)[0]?.certain;
    expect(certain(podOf("hostUsers: false", "hostNetwork: true"))).toBe(false);
    expect(certain(podOf("hostUsers: false", "hostPID: true"))).toBe(true);
  });

  it("lets an object from an API server have ephemeral containers, but no template", () => {
    const stored = podOf("ephemeralContainers: [{name: d}]").replace("name: web", "uid: a-b");
    expect(codes(stored)).toEqual([]);
    const template =
      "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n      ephemeralContainers: [{name: d}]\n";
    expect(rejected(template)[0]?.message).toContain("pod template");
  });

  it.each([
    ["Deployment", "apps/v1"],
    ["StatefulSet", "apps/v1"],
    ["DaemonSet", "apps/v1"],
    ["ReplicaSet", "apps/v1"],
    ["Job", "batch/v1"],
    ["ReplicationController", "v1"],
  ])("looks into a %s", (kind, apiVersion) => {
    const text = `apiVersion: ${apiVersion}\nkind: ${kind}\nspec:\n  template:\n    spec:\n      hostPID: "true"\n`;
    expect(codes(text)).toEqual(['not-boolean: hostPID: "true"']);
    expect(fixed(text, "Set hostPID to true")).toBe(text.replace('"true"', "true"));
  });

  it("looks into a CronJob, a List and every document of a file", () => {
    const cron =
      "apiVersion: batch/v1\nkind: CronJob\nspec:\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          hostPID: 'on'\n";
    const list = `apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  spec:\n    hostIPC: 'no'\n`;
    const text = `${cron}---\n${list}---\n${podOf("hostUsers: 0")}`;
    expect(codes(text)).toEqual([
      "not-boolean: hostPID: 'on'",
      "not-boolean: hostIPC: 'no'",
      "not-boolean: hostUsers: 0",
    ]);
    const manifest = new Manifest(text);
    const titles = manifest.rejections().map((one) => manifest.fixes(one).map(({ title }) => title));
    // What is alone in its mapping is not taken away: nothing is another value than {}.
    expect(titles).toEqual([["Set hostPID to true"], ["Set hostIPC to false"], []]);
  });

  it.each([
    ["without an API version", "kind: Pod\nspec:\n  hostPID: 'yes'\n"],
    [
      "of another API group",
      "apiVersion: batch.volcano.sh/v1\nkind: Job\nspec: {template: {spec: {hostPID: 'yes', containers: [{name: a}]}}}\n",
    ],
    ["of another kind", "apiVersion: v1\nkind: Service\nspec:\n  hostPID: 'yes'\n"],
    ["of a Helm chart", `${podOf("hostPID: 'yes'")}# {{ .Values.x }}\n`],
    ["that cannot be read", `${podOf("hostPID: 'yes'")}  x: [\n`],
    ["that is too long", `${podOf("hostPID: 'yes'")}${"# filling\n".repeat(30_000)}`],
  ])("says nothing of a document %s", (_, text) => {
    expect(codes(text)).toEqual([]);
  });

  it("stops at a hundred", () => {
    expect(rejected(`${podOf("hostPID: 'yes'")}---\n`.repeat(150))).toHaveLength(100);
  });
});

describe("fixes", () => {
  it.each([
    ["a line", "hostPID: true\nshareProcessNamespace: true\n", "hostPID: true\n"],
    ["a comment behind it", "hostPID: true\nshareProcessNamespace: true # see\n", "hostPID: true\n# see\n"],
    ["the last line, without an end", "hostPID: true\nshareProcessNamespace: true", "hostPID: true\n"],
    ["a comment before it", "hostPID: true\n# why\nshareProcessNamespace: true\n", "hostPID: true\n# why\n"],
    ["the first line", "shareProcessNamespace: true\nhostPID: true\n", "hostPID: true\n"],
  ])("take %s away", (_, before, after) => {
    const within = (spec: string): string =>
      podOf(...spec.split("\n")).replace(/ {2}\n$/, spec.endsWith("\n") ? "" : "  \n");
    expect(
      fixed(within(before).trimEnd() + (before.endsWith("\n") ? "\n" : ""), "Remove shareProcessNamespace"),
    ).toBe(within(after));
  });

  it.each([
    ["{hostPID: true, shareProcessNamespace: true}", "{hostPID: true}"],
    ["{shareProcessNamespace: true, hostPID: true}", "{hostPID: true}"],
    ["{a: 1, shareProcessNamespace: true , hostPID: true }", "{a: 1, hostPID: true }"],
    ['{"shareProcessNamespace":true,"hostPID":true}', '{"hostPID":true}'],
  ])("take a field out of %s", (before, after) => {
    const text = `apiVersion: v1\nkind: Pod\nspec: ${before}\n`;
    expect(fixed(text, "Remove shareProcessNamespace")).toBe(text.replace(before, after));
  });

  it("work in JSON with tabs and Windows line ends", () => {
    const value = { apiVersion: "v1", kind: "Pod", spec: { hostPID: true, shareProcessNamespace: true } };
    const text = JSON.stringify(value, null, "\t").replaceAll("\n", "\r\n");
    const { shareProcessNamespace: _, ...spec } = value.spec;
    expect(fixed(text, "Remove shareProcessNamespace")).toBe(
      JSON.stringify({ ...value, spec }, null, "\t").replaceAll("\n", "\r\n"),
    );
    expect(fixed(text, "Set hostPID to false")).toBe(text.replace('"hostPID": true', '"hostPID": false'));
  });

  it("give a port, a target and a mount their right values", () => {
    const ports = podOf(
      "hostNetwork: true",
      "containers:",
      "- name: a",
      "  ports:",
      "  - hostPort: 80",
      "    containerPort: 8080",
    );
    expect(fixed(ports, "Set hostPort to 8080")).toBe(ports.replace("80\n", "8080\n"));
    expect(fixed(ports, "Remove hostPort")).toBe(ports.replace("hostPort: 80\n      ", ""));
    const target = podOf(
      "containers: [{name: a-1}, {name: 'true'}]",
      "ephemeralContainers:",
      "- name: d",
      "  targetContainerName: b # here",
    ).replace("name: web", "name: web\n  uid: a");
    expect(fixed(target, "Set targetContainerName to a-1")).toBe(target.replace("Name: b #", "Name: a-1 #"));
    // A plain word that YAML takes for something else than text is not offered.
    expect(fixesFor(target).map(({ title }) => title)).not.toContain("Set targetContainerName to true");
    const mount = podOf("hostUsers: true", "containers: [{name: a, securityContext: {procMount: Unmasked}}]");
    expect(fixed(mount, "Set procMount to Default")).toBe(mount.replace("Unmasked", "Default"));
    expect(fixed(mount, "Set hostUsers to false")).toBe(mount.replace("true", "false"));
  });

  it.each([
    [
      "an anchor that is used elsewhere",
      podOf("hostPID: &on true", "hostIPC: *on", "shareProcessNamespace: *on"),
      "hostPID",
    ],
    [
      "a merged mapping",
      "apiVersion: v1\nkind: Pod\nx: &x {hostPID: true}\ny: *x\nspec:\n  <<: *x\n  shareProcessNamespace: true\n",
      "hostPID",
    ],
    [
      "a doubled key",
      podOf("hostPID: true", "hostPID: true", "shareProcessNamespace: true"),
      "Remove hostPID",
    ],
    ["the only field", "apiVersion: v1\nkind: Pod\nspec:\n  hostPID: 'maybe'\n", "Remove hostPID"],
    ["an explicit key", podOf("? hostPID", ": true", "shareProcessNamespace: true"), "Remove hostPID"],
    [
      "a comment in between",
      "apiVersion: v1\nkind: Pod\nspec: {hostPID: true, # why\n  shareProcessNamespace: true}\n",
      "Remove hostPID",
    ],
  ])("none where there is %s", (_, text, title) => {
    expect(rejected(text)).toHaveLength(1);
    expect(fixesFor(text).filter((fix) => fix.title.includes(title))).toEqual([]);
  });
});

describe("whatever the manifest", () => {
  const bool = fc.constantFrom("true", "false", "yes", "'yes'", '"true"', "1", "*t", "&u true");
  const field = fc.constantFrom("hostPID", "hostIPC", "hostNetwork", "hostUsers", "shareProcessNamespace");
  const comment = fc.constantFrom("", "", " # a: {b}", "\t#c");
  const entry = fc.tuple(field, bool, comment);
  const block = fc
    .array(entry, { minLength: 1, maxLength: 6 })
    .map((entries) => entries.map(([name, value, after]) => `  ${name}: ${value}${after}\n`).join(""));
  const flow = fc
    .tuple(fc.array(entry, { minLength: 1, maxLength: 5 }), fc.constantFrom(", ", ",", " ,\n   "))
    .map(
      ([entries, comma]) => `  <<: { ${entries.map(([name, value]) => `${name}: ${value}`).join(comma)} }\n`,
    );
  const rest = fc.constantFrom(
    "",
    "  # alone\n  os:\n    name: windows\n",
    "  containers:\n  - name: a # first\n    ports:\n    - hostPort: 80 # in\n      containerPort: 81\n    - { containerPort: 1, hostPort: 2 }\n",
    "  containers: [{name: a, securityContext: {procMount: Unmasked}}]\n  ephemeralContainers:\n    # why\n    - name: d\n      targetContainerName: x\n",
  );
  const manifests = fc
    .tuple(
      fc.array(fc.oneof({ weight: 4, arbitrary: block }, flow), { minLength: 1, maxLength: 2 }),
      rest,
      fc.boolean(),
      fc.constantFrom("\n", "\r\n"),
    )
    .map(([specs, more, twice, eol]) => {
      const one = `apiVersion: v1\nkind: Pod\nx: &t true\nspec:\n${specs.join("")}${more}`;
      return (twice ? `${one}---\n${one}` : one).replaceAll("\n", eol);
    });

  /** Which document, what is wrong in it, and where. */
  const keyOf =
    (text: string) =>
    ({ code, range: [start], changes: [first] }: PlacedRejection): string =>
      [text.slice(0, start).split("---").length, code, first?.path.join(".")].join(" ");

  const valuesOf = (text: string): unknown =>
    text.split("---").map((one): unknown => {
      const document = parseDocument(one, { version: "1.1", uniqueKeys: false });
      expect(document.errors).toEqual([]);
      return JSON.parse(JSON.stringify(document.toJS()));
    });

  /** Paths to what is not the same on both sides; a whole that one side lacks counts once. */
  const differences = (one: unknown, other: unknown, path = ""): readonly string[] => {
    if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) {
      return one === other ? [] : [path];
    }
    return [...new Set([...Object.keys(one), ...Object.keys(other)])].flatMap((key) =>
      differences(Reflect.get(one, key), Reflect.get(other, key), `${path}.${key}`),
    );
  };

  const comments = (text: string): number => text.split("#").length;

  it("a fix takes its diagnostic away and changes one value, no comment and nothing else", () => {
    let tried = 0;
    fc.assert(
      fc.property(manifests, (text) => {
        const manifest = new Manifest(text);
        const before = manifest.rejections();
        for (const rejection of before) {
          for (const fix of manifest.fixes(rejection)) {
            tried += 1;
            const after = applied(text, fix);
            expect(new Manifest(after).rejections().map(keyOf(after))).not.toContain(keyOf(text)(rejection));
            expect(differences(valuesOf(text), valuesOf(after))).toHaveLength(1);
            if (!fix.title.includes("ephemeralContainers")) expect(comments(after)).toBe(comments(text));
          }
        }
      }),
      { numRuns: 80 },
    );
    expect(tried).toBeGreaterThan(100);
  });

  it("offers no fix where what is merged is no mapping", () => {
    const manifest = new Manifest(
      "apiVersion: v1\nkind: Pod\nx: &t true\nspec:\n  hostPID: true\n  <<: { hostUsers: *t,shareProcessNamespace: &u true,hostPID: yes }\n  y:\n    <<: *u\n",
    );
    expect(manifest.rejections().flatMap((rejection) => manifest.fixes(rejection))).toEqual([]);
  });

  it("never throws on a manifest cut off anywhere", () => {
    fc.assert(
      fc.property(manifests, fc.nat(), (text, seed) => {
        const cut = new Manifest(text.slice(0, seed % (text.length + 1)));
        for (const rejection of cut.rejections()) cut.fixes(rejection);
        cut.templates();
      }),
    );
  });
});
