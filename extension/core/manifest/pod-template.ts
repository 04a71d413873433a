import type { Node } from "yaml";
import type { PodContainer, SharingSpec } from "../pod.ts";
import { isTemplated } from "./templates.ts";
import { type Field, isMapping, valueOf, type TextRange, type YamlReader } from "./yaml-reader.ts";

export const sharingFields = [
  "hostNetwork",
  "hostPID",
  "hostIPC",
  "hostUsers",
  "shareProcessNamespace",
] as const;

/** A field of the pod's spec that decides what its containers share. */
export type SharingField = (typeof sharingFields)[number];

/** What a manifest says of the pods it makes. Strings are untrusted text. */
export interface PodTemplate {
  /** "Pod", "Deployment", … */
  readonly kind: string;
  /** metadata.name of the object; undefined where there is none or a template makes it. */
  readonly name: string | undefined;
  /** metadata.namespace of the object, likewise. */
  readonly namespace: string | undefined;
  readonly sharing: SharingSpec;
  /** Given, but neither true nor false: the API server rejects them, and `sharing` leaves them out. */
  readonly notBoolean: readonly SharingField[];
  /** Known only once the template is rendered; `sharing` leaves them out. */
  readonly templated: readonly SharingField[];
  /** Init (and sidecars), then app, then ephemeral, as in Pod. */
  readonly containers: readonly TemplateContainer[];
  readonly os: string | undefined;
  readonly runtimeClassName: string | undefined;
}

export type TemplateContainer = Pick<PodContainer, "kind" | "privileged" | "targetContainerName"> & {
  readonly name: string | undefined;
};

export type ManifestTarget =
  | { readonly kind: "pod" }
  | { readonly kind: "field"; readonly field: SharingField }
  | { readonly kind: "container"; readonly container: TemplateContainer };

/** Something in a manifest that can be explained. */
export interface ManifestHit {
  readonly range: TextRange;
  readonly target: ManifestTarget;
  readonly template: PodTemplate;
}

/** Where workloads keep their pod template; every other kind: `spec.template`. */
const templatePaths: ReadonlyMap<string, readonly string[]> = new Map([
  ["Pod", []],
  ["PodTemplate", ["template"]],
  ["CronJob", ["spec", "jobTemplate", "spec", "template"]],
]);

/** The kinds whose template is one even before it has containers, as while it is being written. */
const knownKinds: ReadonlySet<string> = new Set([
  ...templatePaths.keys(),
  "Deployment",
  "ReplicaSet",
  "StatefulSet",
  "DaemonSet",
  "Job",
  "ReplicationController",
]);

/** Everything in a document that can be explained, in no order. */
export function manifestHits(reader: YamlReader): readonly ManifestHit[] {
  const { root } = reader;
  const kind = text(reader.field(root, "kind"));
  const objects = kind?.endsWith("List") === true ? reader.items(reader.field(root, "items")?.value) : [];
  const hits =
    objects.length === 0
      ? objectHits(reader, root, kind)
      : objects.flatMap((object) =>
          // The items of a PodList carry no kind of their own.
          objectHits(reader, object, text(reader.field(object, "kind")) ?? kind?.slice(0, -"List".length)),
        );
  return reader.exhausted ? [] : hits;
}

function objectHits(
  reader: YamlReader,
  object: Node | undefined,
  kind: string | undefined,
): readonly ManifestHit[] {
  if (kind === undefined || kind === "") return [];
  const holder = (templatePaths.get(kind) ?? ["spec", "template"]).reduce<Node | undefined>(
    (node, step) => reader.field(node, step)?.value,
    object,
  );
  const spec = reader.field(holder, "spec")?.value;
  if (!isMapping(spec)) return [];
  // A custom resource counts only where its shape leaves no doubt.
  const isClear =
    reader.field(object, "apiVersion") !== undefined &&
    reader.items(reader.field(spec, "containers")?.value).length > 0;
  if (!knownKinds.has(kind) && !isClear) return [];

  const metadata = reader.field(object, "metadata")?.value;
  const fields = sharingFields.map((name) => ({ name, field: reader.field(spec, name) }));
  const containers = containersOf(reader, spec);
  const template: PodTemplate = {
    kind,
    name: rendered(reader.field(metadata, "name")),
    namespace: rendered(reader.field(metadata, "namespace")),
    sharing: sharingOf(reader, spec),
    notBoolean: fields.flatMap(({ name, field }) => (stateOf(field) === "not-boolean" ? [name] : [])),
    templated: fields.flatMap(({ name, field }) => (stateOf(field) === "templated" ? [name] : [])),
    containers: containers.map(({ container }) => container),
    os: rendered(reader.field(reader.field(spec, "os")?.value, "name")),
    runtimeClassName: rendered(reader.field(spec, "runtimeClassName")),
  };

  const hits = (field: Field | undefined, target: ManifestTarget): ManifestHit[] =>
    [field?.key, field?.valueRange].flatMap((range) =>
      range === undefined ? [] : [{ range, target, template }],
    );
  return [
    ...hits(reader.field(object, "kind"), { kind: "pod" }),
    ...hits(reader.field(metadata, "name"), { kind: "pod" }),
    ...fields.flatMap(({ name, field }) => hits(field, { kind: "field", field: name })),
    ...containers.flatMap(({ container, fields: own }) =>
      own.flatMap((field) => hits(field, { kind: "container", container })),
    ),
  ];
}

function sharingOf(reader: YamlReader, spec: Node): SharingSpec {
  const given = (name: SharingField): boolean | undefined => {
    const value = valueOf(reader.field(spec, name)?.value);
    return typeof value === "boolean" ? value : undefined;
  };
  return {
    hostNetwork: given("hostNetwork") ?? false,
    hostPID: given("hostPID") ?? false,
    hostIPC: given("hostIPC") ?? false,
    hostUsers: given("hostUsers"),
    shareProcessNamespace: given("shareProcessNamespace") ?? false,
  };
}

function stateOf(field: Field | undefined): "usable" | "templated" | "not-boolean" {
  const value = valueOf(field?.value);
  // `hostPID:` with nothing behind it is null, which the API takes for not given.
  if (value === undefined || typeof value === "boolean") return "usable";
  return typeof value === "string" && isTemplated(value) ? "templated" : "not-boolean";
}

interface FoundContainer {
  readonly container: TemplateContainer;
  readonly fields: readonly (Field | undefined)[];
}

function containersOf(reader: YamlReader, spec: Node): readonly FoundContainer[] {
  const read = (list: string, kindOf: (node: Node) => TemplateContainer["kind"]): FoundContainer[] =>
    reader.items(reader.field(spec, list)?.value).map((node) => {
      const name = reader.field(node, "name");
      const target = reader.field(node, "targetContainerName");
      const securityContext = reader.field(node, "securityContext")?.value;
      return {
        fields: [name, target],
        container: {
          name: rendered(name),
          kind: kindOf(node),
          privileged: valueOf(reader.field(securityContext, "privileged")?.value) === true,
          targetContainerName: rendered(target),
        },
      };
    });
  return [
    ...read("initContainers", (node) =>
      text(reader.field(node, "restartPolicy")) === "Always" ? "sidecar" : "init",
    ),
    ...read("containers", () => "app"),
    ...read("ephemeralContainers", () => "ephemeral"),
  ];
}

function text(field: Field | undefined): string | undefined {
  const value = valueOf(field?.value);
  return typeof value === "string" ? value : undefined;
}

/** The text, unless a template is still to make it. */
function rendered(field: Field | undefined): string | undefined {
  const value = text(field);
  return value === undefined || value === "" || isTemplated(value) ? undefined : value;
}
