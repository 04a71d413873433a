/** How root is become on a node. */
export type Become =
  /** As it is where already root; else by sudo or doas where these need no password; else not at all. */
  | { readonly kind: "auto" }
  | { readonly kind: "never" }
  /** With a password, asked of the user when sudo wants one. */
  | { readonly kind: "sudo" }
  /** Without a password: doas reads one from a terminal only. */
  | { readonly kind: "doas" }
  /**
   * A command line of the user's own in the syntax of POSIX sh, with ${command} where ours goes, as words; and
   * ${prompt} where the program takes the text to ask for a password with, which it must print on stderr and read the
   * password from stdin.
   */
  | { readonly kind: "template"; readonly template: string };

export type SshClientChoice =
  /** The built-in one, and the installed ssh for what only that can do. */
  "auto" | "builtin" | "openssh";

/** The engines whose containers may be nodes; each is the name of its program too. */
export type ContainerEngine = "docker" | "podman" | "nerdctl";

/** A way onto a node. Where a field is undefined, the setting of the same meaning holds. */
export type Way =
  | {
      readonly kind: "ssh";
      readonly client: SshClientChoice | undefined;
      readonly user: string | undefined;
      readonly port: number | undefined;
      /** As the setting ssh.addressTemplate. */
      readonly address: string | undefined;
      readonly become: Become | undefined;
    }
  /** This machine is the node. */
  | { readonly kind: "local"; readonly become: Become | undefined }
  /** The node is a container here; `container` is its name, where ${name} is the node's. */
  | { readonly kind: "container"; readonly engine: ContainerEngine; readonly container: string }
  /** A privileged pod on the node, made through the API; see DebugPodSettings. */
  | { readonly kind: "debugPod"; readonly namespace: string | undefined; readonly image: string | undefined };

export type WayKind = Way["kind"];

export type SshWay = Extract<Way, { readonly kind: "ssh" }>;

/** The way where nothing else was said: all as the settings and the ssh config have it. */
export const bySsh: SshWay = {
  kind: "ssh",
  client: undefined,
  user: undefined,
  port: undefined,
  address: undefined,
  become: undefined,
};

/** The first rule whose patterns match is the node's. Patterns know * and ?, and match whole names. */
export interface AccessRule {
  /** Name of the kubeconfig context; hosts without a cluster have "". */
  readonly context: string;
  readonly node: string;
  readonly way: Way;
}

export interface DebugPodSettings {
  /** The Kubernetes namespace that debug pods are made in. */
  readonly namespace: string;
  /** An image with a POSIX shell and its usual tools. */
  readonly image: string;
}
