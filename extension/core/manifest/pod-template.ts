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

/** Keys and indexes that lead from a document's root to a value. */
export type Path = readonly (string | number)[];

/** A pod or pod template in a document, with what an explanation or an edit needs to find its parts again. */
export interface FoundTemplate {
  readonly reader: YamlReader;
  readonly template: PodTemplate;
  readonly apiVersion: string | undefined;
  /** True for an object that comes from an API server: it has got a UID or a resource version. */
  readonly stored: boolean;
  /** The object's `kind`; undefined where a list of one kind leaves it out. */
  readonly kind: Field | undefined;
  readonly name: Field | undefined;
  readonly spec: Node;
  readonly specPath: Path;
  readonly fields: readonly { readonly name: SharingField; readonly field: Field | undefined }[];
  readonly containers: readonly FoundContainer[];
}

export interface FoundContainer {
  readonly container: TemplateContainer;
  readonly node: Node;
  readonly path: Path;
  readonly name: Field | undefined;
  readonly target: Field | undefined;
}

/** Every pod and pod template of a document, in its order; none where reading it all would cost too much. */
export function podTemplates(reader: YamlReader): readonly FoundTemplate[] {
  const { root } = reader;
  const kind = text(reader.field(root, "kind"));
  const apiVersion = text(reader.field(root, "apiVersion"));
  const objects = kind?.endsWith("List") === true ? reader.items(reader.field(root, "items")?.value) : [];
  const found =
    objects.length === 0
      ? podTemplate(reader, { object: root, kind, apiVersion, path: [] })
      : objects.flatMap((object, index) =>
          podTemplate(reader, {
            object,
            // The items of a PodList carry no kind and no version of their own.
            kind: text(reader.field(object, "kind")) ?? kind?.slice(0, -"List".length),
            apiVersion: text(reader.field(object, "apiVersion")) ?? apiVersion,
            path: ["items", index],
          }),
        );
  return reader.exhausted ? [] : found;
}

interface KubernetesObject {
  readonly object: Node | undefined;
  readonly kind: string | undefined;
  readonly apiVersion: string | undefined;
  readonly path: Path;
}

function podTemplate(
  reader: YamlReader,
  { object, kind, apiVersion, path }: KubernetesObject,
): readonly FoundTemplate[] {
  if (kind === undefined || kind === "") return [];
  const steps = templatePaths.get(kind) ?? ["spec", "template"];
  const holder = steps.reduce<Node | undefined>((node, step) => reader.field(node, step)?.value, object);
  const spec = reader.field(holder, "spec")?.value;
  if (!isMapping(spec)) return [];
  // A custom resource counts only where its shape leaves no doubt.
  const isClear =
    reader.field(object, "apiVersion") !== undefined &&
    reader.items(reader.field(spec, "containers")?.value).length > 0;
  if (!knownKinds.has(kind) && !isClear) return [];

  const specPath = [...path, ...steps, "spec"];
  const metadata = reader.field(object, "metadata")?.value;
  const name = reader.field(metadata, "name");
  const fields = sharingFields.map((field) => ({ name: field, field: reader.field(spec, field) }));
  const containers = containersOf(reader, spec, specPath);
  const template: PodTemplate = {
    kind,
    name: rendered(name),
    namespace: rendered(reader.field(metadata, "namespace")),
    sharing: sharingOf(reader, spec),
    notBoolean: fields.flatMap((one) => (stateOf(one.field) === "not-boolean" ? [one.name] : [])),
    templated: fields.flatMap((one) => (stateOf(one.field) === "templated" ? [one.name] : [])),
    containers: containers.map(({ container }) => container),
    os: rendered(reader.field(reader.field(spec, "os")?.value, "name")),
    runtimeClassName: rendered(reader.field(spec, "runtimeClassName")),
  };
  const stored = ["uid", "resourceVersion"].some((one) => reader.field(metadata, one) !== undefined);
  const own = reader.field(object, "kind");
  return [{ reader, template, apiVersion, stored, kind: own, name, spec, specPath, fields, containers }];
}

/** Everything of a pod or pod template that can be explained, in no order. */
export function hitsOf({ template, kind, name, fields, containers }: FoundTemplate): readonly ManifestHit[] {
  const hits = (field: Field | undefined, target: ManifestTarget): ManifestHit[] =>
    [field?.key, field?.valueRange].flatMap((range) =>
      range === undefined ? [] : [{ range, target, template }],
    );
  return [
    ...hits(kind, { kind: "pod" }),
    ...hits(name, { kind: "pod" }),
    ...fields.flatMap((one) => hits(one.field, { kind: "field", field: one.name })),
    ...containers.flatMap((one) =>
      [one.name, one.target].flatMap((field) => hits(field, { kind: "container", container: one.container })),
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

function containersOf(reader: YamlReader, spec: Node, specPath: Path): readonly FoundContainer[] {
  const read = (list: string, kindOf: (node: Node) => TemplateContainer["kind"]): FoundContainer[] =>
    reader.items(reader.field(spec, list)?.value).map((node, index) => {
      const name = reader.field(node, "name");
      const target = reader.field(node, "targetContainerName");
      const securityContext = reader.field(node, "securityContext")?.value;
      return {
        node,
        path: [...specPath, list, index],
        name,
        target,
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
