import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Manifest } from "../../../extension/core/manifest/manifest.ts";
import type { ManifestHit } from "../../../extension/core/manifest/pod-template.ts";

/** What is under the cursor, in the middle of the nth occurrence of a text. */
function on(text: string, needle: string, nth = 0): ManifestHit | undefined {
  let at = text.indexOf(needle);
  for (let i = 0; i < nth; i++) at = text.indexOf(needle, at + 1);
  if (at === -1) throw new Error(`the sample has no ${needle}`);
  return new Manifest(text).at(at + Math.floor(needle.length / 2));
}

function rangeText(text: string, hit: ManifestHit | undefined): string | undefined {
  return hit === undefined ? undefined : text.slice(...hit.range);
}

const pod = `apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
spec:
  hostNetwork: true
  hostPID: false
  hostUsers: false
  shareProcessNamespace: true
  runtimeClassName: gvisor
  initContainers:
    - name: setup
    - name: proxy
      restartPolicy: Always
  containers:
    - name: app
      image: example/app
      securityContext:
        privileged: true
  ephemeralContainers:
    - name: debug
      targetContainerName: app
`;

const workload = (kind: string, indent: string, path: string): string => `apiVersion: example/v1
kind: ${kind}
metadata: { name: web }
${path}
${indent}spec:
${indent}  hostPID: true
${indent}  containers:
${indent}    - name: app
`;

describe("a Pod", () => {
  it("reads the whole template", () => {
    expect(on(pod, "Pod")?.template).toEqual({
      kind: "Pod",
      name: "web",
      namespace: "shop",
      sharing: {
        hostNetwork: true,
        hostPID: false,
        hostIPC: false,
        hostUsers: false,
        shareProcessNamespace: true,
      },
      notBoolean: [],
      templated: [],
      containers: [
        { name: "setup", kind: "init", privileged: false, targetContainerName: undefined },
        { name: "proxy", kind: "sidecar", privileged: false, targetContainerName: undefined },
        { name: "app", kind: "app", privileged: true, targetContainerName: undefined },
        { name: "debug", kind: "ephemeral", privileged: false, targetContainerName: "app" },
      ],
      os: undefined,
      runtimeClassName: "gvisor",
    });
  });

  it.each([
    ["kind", "kind", { kind: "pod" }],
    ["Pod", "Pod", { kind: "pod" }],
    ["name: web", "name", { kind: "pod" }],
    ["web", "web", { kind: "pod" }],
    ["hostNetwork", "hostNetwork", { kind: "field", field: "hostNetwork" }],
    ["true", "true", { kind: "field", field: "hostNetwork" }],
    ["hostUsers", "hostUsers", { kind: "field", field: "hostUsers" }],
    ["shareProcessNamespace", "shareProcessNamespace", { kind: "field", field: "shareProcessNamespace" }],
    ["proxy", "proxy", { kind: "container", container: { name: "proxy", kind: "sidecar" } }],
    ["debug", "debug", { kind: "container", container: { name: "debug", kind: "ephemeral" } }],
    ["targetContainerName", "targetContainerName", { kind: "container", container: { name: "debug" } }],
  ])("knows %s", (needle, covered, target) => {
    const hit = needle === "name: web" ? on(pod, "name") : on(pod, needle);
    expect(hit?.target).toMatchObject(target);
    expect(rangeText(pod, hit)).toBe(covered);
  });

  it.each(["apiVersion", "shop", "spec:", "image", "example/app", "privileged", "restartPolicy"])(
    "has nothing to say of %s",
    (needle) => {
      expect(on(pod, needle)).toBeUndefined();
    },
  );

  it("reaches from the first to behind the last letter of a word", () => {
    const manifest = new Manifest(pod);
    const start = pod.indexOf("hostNetwork");
    const end = start + "hostNetwork".length;
    expect([start - 1, start, end, end + 1].map((at) => manifest.at(at) !== undefined)).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });
});

describe("workloads", () => {
  it.each([
    ["Deployment", "    ", "spec:\n  template:"],
    ["ReplicaSet", "    ", "spec:\n  template:"],
    ["StatefulSet", "    ", "spec:\n  template:"],
    ["DaemonSet", "    ", "spec:\n  template:"],
    ["Job", "    ", "spec:\n  template:"],
    ["ReplicationController", "    ", "spec:\n  template:"],
    ["CronJob", "        ", "spec:\n  jobTemplate:\n    spec:\n      template:"],
    ["PodTemplate", "  ", "template:"],
    ["Rollout", "    ", "spec:\n  template:"],
  ])("%s", (kind, indent, path) => {
    const text = workload(kind, indent, path);
    const hit = on(text, "hostPID");
    expect(hit?.template).toMatchObject({
      kind,
      name: "web",
      sharing: { hostPID: true },
      containers: [{ name: "app" }],
    });
    expect(on(text, kind)?.target).toEqual({ kind: "pod" });
    expect(on(text, "app")?.target.kind).toBe("container");
  });

  it.each([
    ["Rollout", "spec:\n  template:\n    spec:\n      hostPID: true\n"],
    ["Deployment", "spec:\n  hostPID: true\n"],
    ["ConfigMap", "data:\n  hostPID: true\n"],
    ["Service", "spec:\n  hostPID: true\n"],
    ["Pod", "template:\n  spec:\n    hostPID: true\n"],
  ])("%s without a clear pod template", (kind, rest) => {
    expect(on(`apiVersion: v1\nkind: ${kind}\n${rest}`, "hostPID")).toBeUndefined();
  });

  it("knows a Deployment that is still being written", () => {
    expect(
      on("kind: Deployment\nspec:\n  template:\n    spec:\n      hostPID:\n", "hostPID")?.template,
    ).toMatchObject({
      sharing: { hostPID: false },
      notBoolean: [],
      containers: [],
    });
  });

  it("knows the items of a List, and of a list of one kind", () => {
    const list = `kind: List\nitems:\n- kind: Pod\n  metadata: {name: one}\n  spec: {hostPID: true}\n- kind: Pod\n  metadata: {name: two}\n  spec: {hostIPC: true}\n`;
    expect(on(list, "hostPID")?.template.name).toBe("one");
    expect(on(list, "hostIPC")?.template.name).toBe("two");
    expect(on("kind: PodList\nitems:\n- spec: {hostPID: true}\n", "hostPID")?.template.kind).toBe("Pod");
  });
});

describe("values", () => {
  const withValue = (value: string): ManifestHit | undefined =>
    on(`kind: Pod\nspec:\n  hostPID: ${value}\n`, "hostPID");

  it.each(["true", "True", "yes", "on", "y", "!!bool true"])("%s is true, as kubectl reads it", (value) => {
    expect(withValue(value)?.template).toMatchObject({ sharing: { hostPID: true }, notBoolean: [] });
  });

  it.each(["false", "no", "off", "null", "~", ""])("%s is not true", (value) => {
    expect(withValue(value)?.template).toMatchObject({ sharing: { hostPID: false }, notBoolean: [] });
  });

  it.each(['"true"', "'yes'", "1", "enabled", "[true]", "{a: b}", "!!str true", "2001-01-01"])(
    "%s is neither, and said to be so",
    (value) => {
      expect(withValue(value)?.template).toMatchObject({
        sharing: { hostPID: false },
        notBoolean: ["hostPID"],
      });
    },
  );

  it("tells hostUsers not given from given", () => {
    expect(on("kind: Pod\nspec: {hostUsers: true}", "hostUsers")?.template.sharing.hostUsers).toBe(true);
    expect(on("kind: Pod\nspec: {hostPID: true}", "hostPID")?.template.sharing.hostUsers).toBeUndefined();
  });
});

describe("ways of writing", () => {
  it("reads JSON, indented with tabs", () => {
    const json = JSON.stringify(
      { kind: "Pod", spec: { hostPID: true, containers: [{ name: "app" }] } },
      null,
      "\t",
    );
    expect(on(json, "hostPID")?.template.sharing.hostPID).toBe(true);
    expect(rangeText(json, on(json, "app"))).toBe('"app"');
  });

  it("reads Windows line ends", () => {
    const text = pod.replaceAll("\n", "\r\n");
    expect(rangeText(text, on(text, "shareProcessNamespace"))).toBe("shareProcessNamespace");
    expect(on(text, "debug")?.target).toMatchObject({ container: { name: "debug" } });
  });

  it("finds the document under the cursor", () => {
    const text = ["one", "two", "three"].map((name) => pod.replace("web", name)).join("---\n");
    expect([0, 1, 2].map((nth) => on(text, "hostNetwork", nth)?.template.name)).toEqual([
      "one",
      "two",
      "three",
    ]);
    expect(rangeText(text, on(text, "hostNetwork", 2))).toBe("hostNetwork");
  });

  it.each([
    ["a comment", "--- # second\n"],
    ["the end mark before", "...\n---\n"],
    ["a directive before", "...\n%YAML 1.1\n---\n"],
  ])("reads a document after a marker with %s", (_, marker) => {
    expect(on(`kind: Pod\n${marker}${pod}`, "hostNetwork")?.template.name).toBe("web");
  });

  it.each([
    ["an unclosed bracket", "kind: Pod\nspec: {hostIPC: true\n"],
    ["an unclosed quote", 'kind: Pod\nspec:\n  hostIPC: "tr\n'],
    ["a tab for indentation", "kind: Pod\nspec:\n\thostIPC: true\n"],
    ["two colons", "kind: Pod\nspec:\n  hostIPC: true: false\n"],
    ["an unknown alias", "kind: Pod\nspec:\n  hostIPC: *gone\n"],
  ])("a document with %s is passed over, the others are not", (_, broken) => {
    const text = `${broken}---\n${pod}---\n${broken}`;
    expect(on(text, "hostIPC")?.template.sharing.hostIPC ?? "nothing").not.toBe(true);
    expect(on(text, "hostNetwork")?.template.name).toBe("web");
  });

  it("follows anchors, aliases and merge keys", () => {
    const text = `kind: Deployment
x-name: &name web
x-base: &base { hostPID: true, hostIPC: true }
x-more: &more { hostIPC: false, hostNetwork: true }
metadata: { name: *name }
spec:
  template:
    spec:
      <<: [*base, *more]
      hostUsers: false
      containers: &list
        - &first { name: first }
        - <<: *first
          name: second
      initContainers: *list
`;
    expect(on(text, "hostUsers")?.template).toMatchObject({
      name: "web",
      sharing: { hostPID: true, hostIPC: true, hostNetwork: true, hostUsers: false },
      containers: [
        { name: "first", kind: "init" },
        { name: "second", kind: "init" },
        { name: "first", kind: "app" },
        { name: "second", kind: "app" },
      ],
    });
    expect(on(text, "hostPID")?.target).toEqual({ kind: "field", field: "hostPID" });
    expect(rangeText(text, on(text, "*name"))).toBe("*name");
  });

  it("takes the last of doubled keys, as the API server does", () => {
    expect(
      on("kind: Pod\nspec:\n  hostPID: true\n  hostPID: false\n", "hostPID", 1)?.template.sharing.hostPID,
    ).toBe(false);
  });
});

describe("Helm templates", () => {
  const chart = `{{- if .Values.enabled }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "web.fullname" . }}
  labels:
    {{- include "web.labels" . | nindent 4 }}
{{- /* a comment
     over two lines: with }} in it */}}
spec:
  replicas: {{ .Values.replicas }}
  template:
    spec:
      hostNetwork: {{ .Values.hostNetwork }}
      hostPID: true
      hostIPC: "{{ .Values.hostIPC }}"
      {{- with .Values.tolerations }}
      tolerations: {{ toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: {{ .Chart.Name }}-app
        {{- range .Values.sidecars }}
        - name: fixed
        {{- end }} {{- end }}
`;

  it("reads what is around the actions", () => {
    const hit = on(chart, "hostPID");
    expect(rangeText(chart, hit)).toBe("hostPID");
    expect(hit?.template).toEqual({
      kind: "Deployment",
      name: undefined,
      namespace: undefined,
      sharing: {
        hostNetwork: false,
        hostPID: true,
        hostIPC: false,
        hostUsers: undefined,
        shareProcessNamespace: false,
      },
      notBoolean: [],
      templated: ["hostNetwork", "hostIPC"],
      containers: [
        { name: undefined, kind: "app", privileged: false, targetContainerName: undefined },
        { name: "fixed", kind: "app", privileged: false, targetContainerName: undefined },
      ],
      os: undefined,
      runtimeClassName: undefined,
    });
    expect(rangeText(chart, on(chart, "fixed"))).toBe("fixed");
  });

  it("does not lose a manifest to braces in a command", () => {
    const text = `kind: Pod\nspec:\n  hostPID: true\n  containers:\n  - name: a\n    args: ["{{", "--format={{.Name}}"]\n  - name: b\n`;
    expect(on(text, "hostPID")?.template.containers).toHaveLength(2);
  });
});

describe("braces that are no template", () => {
  it.each([
    `{"kind":"Pod","a":{"b":{"{{":null}},"spec":{"hostPID":true}}`,
    `kind: Pod\na: "{{"\nspec: {hostPID: true, a: {b: {c: d}}}\n`,
  ])("%s", (text) => {
    expect(on(text, "hostPID")?.template.sharing.hostPID).toBe(true);
  });
});

describe("bounds", () => {
  it("does not look into a file of more than a million characters", () => {
    const filling = "# filling\n".repeat(100_000);
    expect(on(pod + filling, "hostNetwork")).toBeUndefined();
    expect(on(`${pod}---\n${filling.slice(0, 900_000)}`, "hostNetwork")).toBeDefined();
  });

  it.each([
    ["nested brackets", "[".repeat(50_000)],
    ["nested sequences", "- ".repeat(50_000)],
    ["nested mappings", "{a: ".repeat(30_000)],
  ])("survives %s", (_, deep) => {
    expect(new Manifest(`kind: Pod\nspec: ${deep}`).at(1)).toBeUndefined();
  });

  it("gives up on a bomb of aliases and merge keys", () => {
    const levels = Array.from(
      { length: 40 },
      (_, i) => `x${i}: &x${i} { <<: [*x${i - 1}, *x${i - 1}, *x${i - 1}] }`,
    );
    const bomb = `kind: Pod\nx-1: &x-1 { a: b }\n${levels.join("\n")}\nspec:\n  <<: *x39\n  hostPID: true\n`;
    expect(on(bomb, "hostPID")?.template.sharing.hostPID).toBe(true);

    const wide = Array.from({ length: 5000 }, (_, i) => `k${i}: 1`).join(", ");
    const many = `kind: Pod\nx: &x { ${wide} }\nspec:\n  hostPID: true\n  containers:\n${"  - *x\n".repeat(20_000)}`;
    expect(on(many, "hostPID")).toBeUndefined();
  });
});

describe("whatever the text", () => {
  it("never throws, and points inside the text", () => {
    const words = fc.constantFrom(
      ...[
        "kind: Pod\n",
        "spec:\n",
        "  hostPID: true\n",
        "---\n",
        "...\n",
        "{{",
        "}}",
        "{{- /*",
        "*/",
        "&a ",
        "*a",
        "<<: ",
      ],
      ...[
        "\t",
        "\r\n",
        "- ",
        "? ",
        ": ",
        "{",
        "}",
        "[",
        "]",
        '"',
        "'",
        "|\n",
        ">-\n",
        "#",
        "%YAML 1.2\n",
        "!!binary ",
        "\uE000",
      ],
    );
    const text = fc
      .array(fc.oneof({ weight: 3, arbitrary: words }, fc.string({ unit: "binary" })))
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(text, fc.nat(), (sample, seed) => {
        const offset = seed % (sample.length + 1);
        const hit = new Manifest(sample).at(offset);
        const [start, end] = hit?.range ?? [offset, offset];
        expect(0 <= start && start <= offset && offset <= end && end <= sample.length).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("never throws on a good manifest cut off anywhere, at any offset", () => {
    const offset = pod.indexOf("hostNetwork") + 1;
    for (let length = 0; length <= pod.length; length++) {
      const hit = new Manifest(pod.slice(0, length)).at(offset);
      expect(hit?.target ?? { kind: "field" }).toMatchObject({ kind: "field" });
    }
    const manifest = new Manifest(pod);
    for (let at = -1; at <= pod.length + 1; at++) manifest.at(at);
  });
});

describe("all templates of a file", () => {
  const placed = (text: string): readonly string[] =>
    new Manifest(text)
      .templates()
      .map(({ range, template }) => `${text.slice(...range)} ${template.kind} ${template.name ?? "?"}`);

  it("are those of every document and list, each at its kind", () => {
    const list = `kind: List\nitems:\n- kind: Pod\n  metadata: {name: one}\n  spec: {hostPID: true}\n`;
    const items = `kind: PodList\nitems:\n- metadata: {name: two}\n  spec: {hostPID: true}\n`;
    const text = [pod, list, items, workload("DaemonSet", "    ", "spec:\n  template:")].join("---\n");
    expect(placed(text)).toEqual(["kind Pod web", "kind Pod one", "name Pod two", "kind DaemonSet web"]);
  });

  it("are none of a file that has no pods, or is too long to be read without being asked", () => {
    expect(placed("kind: Service\nmetadata: {name: web}\nspec: {}\n")).toEqual([]);
    expect(placed(`${pod}---\n${"# filling\n".repeat(30_000)}`)).toEqual([]);
  });
});
