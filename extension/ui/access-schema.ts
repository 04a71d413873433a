import * as l10n from "@vscode/l10n";
import * as z from "zod/mini";
import { oneLine } from "../core/one-line.ts";
import type { AccessRule, Become, Way } from "../nodes/access.ts";
import { parseBecome, parseWay } from "../nodes/access-rules.ts";
import { isAddressTemplate } from "../nodes/ssh/address.ts";
import { isUser } from "../nodes/ssh/ssh-host.ts";

/** What the settings hold about ways onto nodes. Each check says what is wanted: zod/mini has no words of its own. */

const longest = 4096;
const mostRules = 1000;

const textError = { error: () => l10n.t("it must be a text of at most {0} characters", longest) };
const text = z.string(textError).check(z.maxLength(longest, textError));

const becomeError = {
  error: () =>
    l10n.t(
      "it must be one of these: {0}; or a command line with {1}, whose quotes are closed",
      "auto, never, sudo, doas",
      "${command}",
    ),
};
/** How root is become, as a text of the user's. */
export const become: z.ZodMiniType<Become, string> = z.pipe(
  z.string(becomeError).check(
    z.maxLength(longest, becomeError),
    z.refine((value) => parseBecome(value) !== undefined, becomeError),
  ),
  z.transform((value): Become => parseBecome(value) ?? { kind: "never" }),
);

const clients = ["auto", "builtin", "openssh"] as const;
export const client = z.enum(clients, {
  error: () => l10n.t("it must be one of these: {0}", clients.join(", ")),
});

// RFC 1123, as Kubernetes wants it of a namespace's name.
const namespaceError = {
  error: () =>
    l10n.t(
      "it must be the name of a Kubernetes namespace: at most 63 lower-case letters, digits and hyphens",
    ),
};
export const kubernetesNamespace = z
  .string(namespaceError)
  .check(z.regex(/^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/, namespaceError));

const imageError = { error: () => l10n.t("it must be the name of an image, such as {0}", "busybox:1.37") };
export const image = z.string(imageError).check(z.regex(/^\w[\w.:/@+-]{0,999}$/, imageError));

const engines = ["docker", "podman", "nerdctl"] as const;
const engineError = { error: () => l10n.t("it must be one of these: {0}", engines.join(", ")) };
const containerError = {
  error: () => l10n.t("it must be the name of a container, in which {0} stands for the node's", "${name}"),
};
const container = z.string(containerError).check(z.refine((name) => isContainer(name), containerError));
const portError = { error: () => l10n.t("it must be a whole number from {0} to {1}", 1, 65_535) };

const userError = {
  error: () => l10n.t("it must be the name of a user, or empty for the one of the SSH configuration"),
};
export const user = z.string(userError).check(z.refine((name) => name === "" || isUser(name), userError));
const addressError = {
  error: () =>
    l10n.t(
      "it must be like {0}, with no places to fill but {1}",
      "${name}.nodes.example.com:2222",
      "${name}, ${InternalIP}, ${ExternalIP}, ${Hostname}",
    ),
};
export const address = z
  .string(addressError)
  .check(z.maxLength(longest, addressError), z.refine(isAddressTemplate, addressError));

const nodeError = {
  error: () =>
    l10n.t("it must be a name, in which * and ? stand for others, of at most {0} characters", longest),
};
const node = z.string(nodeError).check(z.minLength(1, nodeError), z.maxLength(longest, nodeError));
const patterns = { context: z.optional(text), node: z.optional(node) };
const wayError = {
  error: () =>
    l10n.t(
      "each rule must be an object whose way is one of these: {0}; with what there is for that way",
      "ssh, local, container, debugPod",
    ),
};

/** Which fields a way knows is checked: one that is misspelt would else say nothing. */
function shape<T extends z.core.$ZodShape>(fields: T): z.ZodMiniObject<T, z.core.$strict> {
  const known = Object.keys(fields).join(", ");
  return z.strictObject(fields, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? l10n.t("there is no {0} for this way, only {1}", oneLine(issue.keys.join(", "), 80), known)
        : wayError.error(),
  });
}

const rule = z.discriminatedUnion(
  "way",
  [
    shape({
      ...patterns,
      way: z.literal("ssh"),
      client: z.optional(client),
      user: z.optional(user),
      port: z.optional(
        z.number(portError).check(z.int(portError), z.gte(1, portError), z.lte(65_535, portError)),
      ),
      address: z.optional(address),
      become: z.optional(become),
    }),
    shape({ ...patterns, way: z.literal("local"), become: z.optional(become) }),
    shape({
      ...patterns,
      way: z.literal("container"),
      engine: z.optional(z.enum(engines, engineError)),
      container: z.optional(container),
    }),
    shape({
      ...patterns,
      way: z.literal("debugPod"),
      namespace: z.optional(kubernetesNamespace),
      image: z.optional(image),
    }),
  ],
  wayError,
);

const rulesError = { error: () => l10n.t("it must be a list of at most {0} rules", mostRules) };
/** The rules of the setting "access". */
export const accessRules: z.ZodMiniType<readonly AccessRule[]> = z.pipe(
  z.array(rule, rulesError).check(z.maxLength(mostRules, rulesError)),
  z.transform((rules) =>
    rules.map((written) => ({
      context: written.context ?? "*",
      node: written.node ?? "*",
      way: wayOf(written),
    })),
  ),
);

function wayOf(written: z.infer<typeof rule>): Way {
  switch (written.way) {
    case "ssh":
      return {
        kind: "ssh",
        client: written.client,
        user: written.user,
        port: written.port,
        address: written.address,
        become: written.become,
      };
    case "local":
      return { kind: "local", become: written.become };
    case "container":
      return {
        kind: "container",
        engine: written.engine ?? "docker",
        container: written.container ?? "${name}",
      };
    case "debugPod":
      return { kind: "debugPod", namespace: written.namespace, image: written.image };
  }
}

function isContainer(name: string): boolean {
  return parseWay({ kind: "container", engine: "docker", container: name }) !== undefined;
}
