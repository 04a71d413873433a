import * as l10n from "@vscode/l10n";
import { rejectedCombinations } from "../expected.ts";
import type { Change } from "./fixes.ts";
import type { FoundContainer, FoundTemplate, Path, SharingField } from "./pod-template.ts";
import { type Field, isMapping, type TextRange, valueOf } from "./yaml-reader.ts";

export type RejectionCode =
  | "exclusive-fields"
  | "windows-pod"
  | "ephemeral-containers"
  | "no-such-target"
  | "host-port"
  | "not-boolean"
  | "proc-mount";

/** Something that the API server does not accept. */
export interface Rejection {
  readonly code: RejectionCode;
  /** False where it depends on the cluster's version and feature gates. */
  readonly certain: boolean;
  /** The field, in UTF-16 code units. */
  readonly range: TextRange;
  /** One sentence or two. Names in it are untrusted text. */
  readonly message: string;
  /** What would mend it, the best first. */
  readonly changes: readonly Change[];
}

/** The API groups whose validation of pods is the one below; other groups have kinds of the same names. */
const groups = /^(?:v1|(?:apps|batch|extensions)\/v1(?:(?:alpha|beta)\d+)?)$/;
const kinds: ReadonlySet<string> = new Set([
  "Pod",
  "PodTemplate",
  "ReplicationController",
  "Deployment",
  "ReplicaSet",
  "StatefulSet",
  "DaemonSet",
  "Job",
  "CronJob",
]);

/**
 * What the API server rejects of the fields that decide about a pod's sandbox.
 * Source: pkg/apis/core/validation/validation.go of Kubernetes 1.33; the function is named at each rule.
 */
export function rejectionsOf(found: FoundTemplate): readonly Rejection[] {
  const { template, apiVersion } = found;
  if (!kinds.has(template.kind) || apiVersion === undefined || !groups.test(apiVersion)) return [];
  return [
    ...exclusiveFields(found),
    ...notBoolean(found),
    ...(template.os === "windows" ? windowsPod(found) : procMount(found)),
    ...ephemeralContainers(found),
    ...noSuchTarget(found),
    ...hostPorts(found),
  ];
}

/** validatePodSpecSecurityContext and validateHostUsers */
function exclusiveFields(found: FoundTemplate): readonly Rejection[] {
  return rejectedCombinations(found.template.sharing).flatMap(({ fields, message, certain }) => {
    const [last] = fields.flatMap((name) => fieldOf(found, name));
    if (last === undefined) return [];
    const changes = fields.flatMap((name) =>
      fieldOf(found, name).flatMap((place) => [
        // It is hostUsers: false that is the unusual one; of every other true is.
        name === "hostUsers" ? setTo(place, true) : setTo(place, false),
        remove(place),
      ]),
    );
    return [{ code: "exclusive-fields", certain, range: last.range, message, changes }];
  });
}

/** Go's decoder takes no text and no number for a *bool. */
function notBoolean(found: FoundTemplate): readonly Rejection[] {
  return found.template.notBoolean.flatMap((name) =>
    fieldOf(found, name).map((place): Rejection => {
      const meant = booleanMeant(valueOf(place.field.value));
      return {
        code: "not-boolean",
        certain: true,
        range: place.range,
        message: l10n.t("The API server rejects {0}: it must be true or false, without quotes.", name),
        changes: [...(meant === undefined ? [] : [setTo(place, meant)]), remove(place)],
      };
    }),
  );
}

function booleanMeant(value: unknown): boolean | undefined {
  if (typeof value !== "string") return undefined;
  if (/^(?:true|yes|on|y)$/i.test(value)) return true;
  return /^(?:false|no|off|n)$/i.test(value) ? false : undefined;
}

/** validateWindows, which has nothing against hostNetwork: HostProcess containers need it. */
function windowsPod(found: FoundTemplate): readonly Rejection[] {
  const { sharing } = found.template;
  const forbidden = [
    // These may not even be false.
    ...fieldOf(found, "hostUsers").filter(({ field }) => valueOf(field.value) !== undefined),
    ...fieldOf(found, "shareProcessNamespace").filter(({ field }) => valueOf(field.value) !== undefined),
    ...(sharing.hostPID ? fieldOf(found, "hostPID") : []),
    ...(sharing.hostIPC ? fieldOf(found, "hostIPC") : []),
    ...found.containers.flatMap((container) =>
      procMountOf(found, container).filter(({ field }) => valueOf(field.value) !== undefined),
    ),
  ];
  return forbidden.map((place) => ({
    code: "windows-pod",
    certain: true,
    range: place.range,
    message: l10n.t("The API server rejects {0} in a pod for Windows.", place.name),
    changes: [remove(place)],
  }));
}

/** ValidateSecurityContext. Where the gate ProcMountType is off (before 1.33), the field is dropped instead. */
function procMount(found: FoundTemplate): readonly Rejection[] {
  if (found.template.sharing.hostUsers === false) return [];
  const hostUsers = fieldOf(found, "hostUsers");
  // What is not understood is told already, and may be meant as false.
  if (found.template.notBoolean.includes("hostUsers")) return [];
  return found.containers.flatMap((container) =>
    procMountOf(found, container)
      .filter(({ field }) => valueOf(field.value) === "Unmasked")
      .map((place) => ({
        code: "proc-mount",
        certain: false,
        range: place.range,
        message: l10n.t("The API server rejects procMount: Unmasked without hostUsers: false."),
        changes: [setTo(place, "Default"), ...hostUsers.map((one) => setTo(one, false)), remove(place)],
      })),
  );
}

/** ValidatePodCreate and ValidatePodTemplateSpec */
function ephemeralContainers(found: FoundTemplate): readonly Rejection[] {
  const { reader, spec, specPath, template, stored } = found;
  const isPod = template.kind === "Pod";
  if (isPod && stored) return [];
  const field = reader.field(spec, "ephemeralContainers");
  if (field === undefined || reader.items(field.value).length === 0) return [];
  const place = placeOf("ephemeralContainers", field, specPath);
  const message = isPod
    ? l10n.t(
        "The API server rejects ephemeralContainers in a new pod: they are added to one that exists (kubectl debug).",
      )
    : l10n.t("The API server rejects ephemeralContainers in a pod template.");
  return [
    { code: "ephemeral-containers", certain: true, range: place.range, message, changes: [remove(place)] },
  ];
}

const mostSuggestions = 3;

/** validateEphemeralContainers: the target must be there, and no ephemeral container itself. */
function noSuchTarget({ containers }: FoundTemplate): readonly Rejection[] {
  const names = containers.flatMap(({ container: { kind, name } }) =>
    kind === "ephemeral" || name === undefined ? [] : [name],
  );
  return containers.flatMap(({ container, target, path }) => {
    const wanted = container.targetContainerName;
    if (container.kind !== "ephemeral" || wanted === undefined || names.includes(wanted)) return [];
    if (target === undefined) return [];
    const place = placeOf("targetContainerName", target, path);
    return [
      {
        code: "no-such-target",
        certain: true,
        range: place.range,
        message: l10n.t(
          "The API server rejects targetContainerName: this pod has no container or init container {0}.",
          wanted,
        ),
        changes: [...names.slice(0, mostSuggestions).map((name) => setTo(place, name)), remove(place)],
      },
    ];
  });
}

/** validatePodHostNetworkDeps, which looks at app containers only. A port that is left out is set by default. */
function hostPorts({ template, containers, reader }: FoundTemplate): readonly Rejection[] {
  if (!template.sharing.hostNetwork) return [];
  return containers.flatMap(({ container, node, path }) => {
    if (container.kind !== "app") return [];
    return reader.items(reader.field(node, "ports")?.value).flatMap((port, index) => {
      const field = reader.field(port, "hostPort");
      const hostPort = valueOf(field?.value);
      const containerPort = valueOf(reader.field(port, "containerPort")?.value);
      if (field === undefined || typeof hostPort !== "number" || typeof containerPort !== "number") return [];
      if (hostPort === 0 || hostPort === containerPort) return [];
      const place = placeOf("hostPort", field, [...path, "ports", index]);
      return [
        {
          code: "host-port",
          certain: true,
          range: place.range,
          message: l10n.t(
            "The API server rejects hostPort {0}: with hostNetwork: true it must be the same as containerPort {1}.",
            hostPort,
            containerPort,
          ),
          changes: [setTo(place, containerPort), remove(place)],
        },
      ];
    });
  });
}

/** A field that is there, its name, where it stands and how one comes to it. */
interface Place {
  readonly name: string;
  readonly field: Field;
  readonly path: Path;
  readonly range: TextRange;
}

function placeOf(name: string, field: Field, holder: Path): Place {
  return {
    name,
    field,
    path: [...holder, name],
    range: [field.key[0], field.valueRange?.[1] ?? field.key[1]],
  };
}

/** None or one. */
function fieldOf({ fields, specPath }: FoundTemplate, wanted: SharingField): readonly Place[] {
  return fields.flatMap(({ name, field }) =>
    name !== wanted || field === undefined ? [] : [placeOf(name, field, specPath)],
  );
}

/** None or one. */
function procMountOf({ reader }: FoundTemplate, { node, path }: FoundContainer): readonly Place[] {
  const context = reader.field(node, "securityContext")?.value;
  if (!isMapping(context)) return [];
  const field = reader.field(context, "procMount");
  return field === undefined ? [] : [placeOf("procMount", field, [...path, "securityContext"])];
}

function setTo({ name, field, path }: Place, value: boolean | number | string): Change {
  return { title: l10n.t("Set {0} to {1}", name, value), field, path, to: { value } };
}

function remove({ name, field, path }: Place): Change {
  return { title: l10n.t("Remove {0}", name), field, path, to: "removed" };
}
