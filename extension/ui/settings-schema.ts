import * as l10n from "@vscode/l10n";
import * as z from "zod/mini";
import type { ClusterSettings } from "../cluster/source.ts";
import { SandboxError } from "../core/errors.ts";
import type { NodeSettings } from "../nodes/settings.ts";
import { parseSshHost, type SshHost } from "../nodes/ssh/ssh-host.ts";
import { accessRules, address, become, client, image, kubernetesNamespace, user } from "./access-schema.ts";

/** Everything a user may set, in the units of the rooms that use it. */
export interface Settings {
  /** Context to begin with; "" = the one chosen last, else the kubeconfig's current one. */
  readonly context: string;
  readonly cluster: ClusterSettings;
  readonly nodes: NodeSettings;
  /** Hosts without a cluster, in the user's order. */
  readonly hosts: readonly SshHost[];
  /** Milliseconds for one question to a node. */
  readonly probeTimeoutMs: number;
  /** How many are read at once where all are. */
  readonly nodesAtOnce: number;
}

/** Gives the value of a setting, without the prefix "podSandbox.". Whatever a settings file holds comes through here. */
export type ReadSetting = (key: string) => unknown;

const keepaliveMs = 15_000;
const maxConnections = 16;
// Each check says what is wanted: zod/mini has no words of its own.
const textError = { error: () => l10n.t("it must be a text of at most {0} characters", 4096) };
const text = z.string(textError).check(z.maxLength(4096, textError));

function number(least: number, most: number): z.ZodMiniNumber {
  const error = { error: () => l10n.t("it must be a number from {0} to {1}", least, most) };
  return z.number(error).check(z.gte(least, error), z.lte(most, error));
}

function wholeNumber(least: number, most: number): z.ZodMiniNumber {
  const error = { error: () => l10n.t("it must be a whole number from {0} to {1}", least, most) };
  return z.number(error).check(z.int(error), z.gte(least, error), z.lte(most, error));
}

const addressTypes = ["InternalIP", "ExternalIP", "Hostname"] as const;
const addressTypesError = {
  error: () => l10n.t("it must be a list of {0}, at least one of them", addressTypes.join(", ")),
};

const mostHosts = 1000;
const hostsError = {
  error: () =>
    l10n.t(
      "it must be a list of hosts, each an alias of your SSH configuration or like {0}",
      "user@host:port",
    ),
};
const hosts = z.pipe(
  z.array(z.string(hostsError), hostsError).check(
    z.maxLength(mostHosts, hostsError),
    z.refine((texts) => texts.every((host) => parseSshHost(host) !== undefined), hostsError),
  ),
  z.transform((texts) => texts.flatMap((host) => parseSshHost(host) ?? [])),
);

const onOrOff = { error: () => l10n.t("it must be true or false") };

const schema = z.object({
  kubeconfig: text,
  context: text,
  pageSize: wholeNumber(1, 5000),
  timeoutSeconds: number(1, 600),
  nodesAtOnce: wholeNumber(1, 128),
  codeLens: z.boolean(onOrOff),
  diagnostics: z.boolean(onOrOff),
  hosts,
  access: accessRules,
  become,
  "debugPod.namespace": kubernetesNamespace,
  "debugPod.image": image,
  "ssh.client": client,
  "ssh.user": user,
  "ssh.port": wholeNumber(0, 65_535),
  "ssh.identityFile": text,
  "ssh.agent": text,
  "ssh.configFile": text,
  "ssh.knownHostsFile": text,
  "ssh.addressTypes": z
    .array(z.enum(addressTypes, addressTypesError), addressTypesError)
    .check(z.minLength(1, addressTypesError), z.maxLength(addressTypes.length, addressTypesError)),
  "ssh.addressTemplate": address,
  "ssh.connectTimeoutSeconds": number(1, 600),
  "ssh.idleSeconds": number(5, 86_400),
});

/** Every setting there is, without the prefix. */
export const settingKeys: readonly string[] = Object.keys(schema.shape);

/**
 * Checks every setting. Throws SandboxError `setting-invalid`, which names the first bad one and what is wanted of it.
 *
 * @param isTrusted - whether programs that the ssh config names may be run: not those of an untrusted workspace.
 */
export function parseSettings(read: ReadSetting, isTrusted: boolean): Settings {
  const result = schema.safeParse(Object.fromEntries(settingKeys.map((key) => [key, read(key)])));
  if (!result.success) throw invalid(result.error.issues[0]);
  const values = result.data;
  const timeoutMs = values.timeoutSeconds * 1000;
  return {
    context: values.context.trim(),
    cluster: { kubeconfig: values.kubeconfig.trim(), pageSize: values.pageSize, timeoutMs },
    nodes: {
      ssh: {
        client: values["ssh.client"],
        runPrograms: isTrusted,
        addressTypes: values["ssh.addressTypes"],
        addressTemplate: values["ssh.addressTemplate"].trim(),
        user: values["ssh.user"],
        port: values["ssh.port"],
        identityFile: values["ssh.identityFile"].trim(),
        configFile: values["ssh.configFile"].trim(),
        knownHostsFile: values["ssh.knownHostsFile"].trim(),
        agent: values["ssh.agent"].trim(),
        connectTimeoutMs: values["ssh.connectTimeoutSeconds"] * 1000,
        keepaliveMs,
        idleMs: values["ssh.idleSeconds"] * 1000,
        maxConnections,
      },
      become: values.become,
      rules: values.access,
      debugPod: { namespace: values["debugPod.namespace"], image: values["debugPod.image"] },
    },
    hosts: values.hosts,
    probeTimeoutMs: timeoutMs,
    nodesAtOnce: values.nodesAtOnce,
  };
}

function invalid(issue: z.core.$ZodIssue | undefined): SandboxError {
  const setting = `podSandbox.${String(issue?.path[0] ?? "")}`;
  const [, index, field] = issue?.path ?? [];
  const wanted = inside(index, field, issue?.message ?? "");
  // The log stays English, unlike what is shown.
  return new SandboxError("setting-invalid", `setting ${setting}: ${issue?.code ?? "not valid"}`, {
    facts: { setting, expected: wanted },
  });
}

/** What is wanted, and where in a list the fault is. */
function inside(index: PropertyKey | undefined, field: PropertyKey | undefined, wanted: string): string {
  if (typeof index !== "number") return wanted;
  return field === undefined
    ? l10n.t("entry {0}: {1}", index + 1, wanted)
    : l10n.t("entry {0}, {1}: {2}", index + 1, String(field), wanted);
}
