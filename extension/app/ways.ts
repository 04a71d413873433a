import type { ErrorReason } from "../core/errors.ts";
import { fieldOf, textOf } from "../core/json.ts";
import type { ClusterNode } from "../core/pod.ts";
import type { ContainerEngine, Way, WayKind } from "../nodes/access.ts";
import { parseWay, plainWay, ruledWay } from "../nodes/access-rules.ts";
import type { NodeSettings, SshSettings } from "../nodes/settings.ts";
import type { SshHost } from "../nodes/ssh/ssh-host.ts";
import { type NodePlace, placeKey } from "./node-place.ts";

/** Where choices outlive the window: a Memento of VS Code. What it holds may be anything. */
export interface WayMemory {
  get(key: string): unknown;
  update(key: string, value: unknown): PromiseLike<void>;
}

export interface ChosenWaysPorts {
  readonly memory: WayMemory;
  /** As they are at the moment of asking. */
  settings(): Pick<NodeSettings, "rules"> & { readonly ssh: Pick<SshSettings, "client"> };
  /** Whether the node is the machine that this runs on, as far as can be told. */
  isThisMachine(node: ClusterNode): Promise<boolean>;
}

/** Another way onto a node, and in plain words why it may do. */
export interface Alternative {
  readonly way: Way;
  readonly why: string;
}

/** How far a choice reaches: one node, or every node of its context. */
export type ChoiceScope = "node" | "context";

const memoryKey = "ways";
/** The oldest choice is forgotten for one more. */
const mostRemembered = 500;

type SshWay = Extract<Way, { readonly kind: "ssh" }>;

const bySsh: SshWay = {
  kind: "ssh",
  client: undefined,
  user: undefined,
  port: undefined,
  address: undefined,
  become: undefined,
};

/** Which way is taken onto which node: as a rule of the settings says, as the user chose, or by SSH. */
export class ChosenWays {
  readonly #ports: ChosenWaysPorts;

  constructor(ports: ChosenWaysPorts) {
    this.#ports = ports;
  }

  wayOf(node: { readonly name: string }, context: string | null): Way {
    const remembered = this.#remembered();
    return (
      this.#ruledWay(node.name, context) ??
      remembered.get(nodeKey({ context, node: node.name })) ??
      (context === null ? undefined : remembered.get(contextKey(context))) ??
      bySsh
    );
  }

  /** Whether a rule of the settings decides: then there is nothing to choose. */
  isRuled(node: { readonly name: string }, context: string | null): boolean {
    return this.#ruledWay(node.name, context) !== undefined;
  }

  /** Remembers a choice. For hosts without a cluster each is its own. */
  async choose(place: NodePlace, way: Way, scope: ChoiceScope): Promise<void> {
    const remembered = new Map(this.#remembered());
    // What was chosen for the node alone would keep the choice for all from holding there.
    remembered.delete(nodeKey(place));
    const key = scope === "node" || place.context === null ? nodeKey(place) : contextKey(place.context);
    remembered.delete(key);
    remembered.set(key, way);
    await this.#remember(remembered);
  }

  /** Forgets what was chosen for a node, and for all of its context. */
  async forget(place: NodePlace): Promise<void> {
    const remembered = new Map(this.#remembered());
    remembered.delete(nodeKey(place));
    if (place.context !== null) remembered.delete(contextKey(place.context));
    await this.#remember(remembered);
  }

  /** Whether there is something to forget. */
  isChosen({ context, node }: NodePlace): boolean {
    const remembered = this.#remembered();
    return (
      remembered.has(nodeKey({ context, node })) || (context !== null && remembered.has(contextKey(context)))
    );
  }

  /**
   * Other ways onto a node where one has failed, the likeliest first.
   *
   * @param reason - of the failure: it tells whether another SSH client would do better.
   */
  async alternatives(
    node: ClusterNode | SshHost,
    context: string | null,
    failed: WayKind,
    reason?: ErrorReason,
  ): Promise<readonly Alternative[]> {
    const isLocal = "addresses" in node ? await this.#ports.isThisMachine(node) : isLoopback(node);
    const likely = [
      ...("addresses" in node ? containerGuesses(node, context) : []),
      ...(isLocal ? [thisMachine] : []),
    ];
    return [
      ...likely.filter(({ way }) => way.kind !== failed),
      ...(failed === "ssh" ? this.#installedSsh(node, context, reason) : [sshAgain]),
      ...(failed === "debugPod" || context === null || !("addresses" in node) ? [] : [debugPod]),
    ];
  }

  #installedSsh(
    node: { readonly name: string },
    context: string | null,
    reason: ErrorReason | undefined,
  ): readonly Alternative[] {
    const way = this.wayOf(node, context);
    const ssh = way.kind === "ssh" ? way : bySsh;
    const client = ssh.client ?? this.#ports.settings().ssh.client;
    return client !== "openssh" && reason !== undefined && betterByInstalledSsh.includes(reason)
      ? [
          {
            way: { ...ssh, client: "openssh" },
            why: "The ssh program of this machine can do what the built-in client cannot: certificates, security keys, GSSAPI.",
          },
        ]
      : [];
  }

  #ruledWay(node: string, context: string | null): Way | undefined {
    return ruledWay(this.#ports.settings().rules, { context, node });
  }

  /** By key, the oldest first. */
  #remembered(): ReadonlyMap<string, Way> {
    const stored = this.#ports.memory.get(memoryKey);
    return new Map(
      (Array.isArray(stored) ? stored : []).slice(-mostRemembered).flatMap((entry: unknown) => {
        const key = textOf(entry, "key");
        const way = parseWay(fieldOf(entry, "way"));
        return key === undefined || way === undefined ? [] : [[key, way] as const];
      }),
    );
  }

  async #remember(ways: ReadonlyMap<string, Way>): Promise<void> {
    const entries = [...ways].slice(-mostRemembered).map(([key, way]) => ({ key, way: plainWay(way) }));
    await this.#ports.memory.update(memoryKey, entries);
  }
}

/** "SSH", "container kind-worker of docker": as it stands in a list or a sentence. */
export function wayWords(way: Way, node: string): string {
  switch (way.kind) {
    case "ssh":
      return way.client === "openssh" ? "SSH with the installed ssh" : "SSH";
    case "local":
      return "this machine";
    case "container":
      return `${way.engine} container ${way.container.replaceAll("${name}", () => node)}`;
    case "debugPod":
      return "a debug pod";
  }
}

function nodeKey(place: NodePlace): string {
  return placeKey(place);
}

/** No place has this key: JSON of one text is no list of two. */
function contextKey(context: string): string {
  return JSON.stringify(context);
}

// ---- alternatives

const thisMachine: Alternative = {
  way: { kind: "local", become: undefined },
  why: "The node is the machine that this window's extensions run on.",
};

const sshAgain: Alternative = { way: bySsh, why: "As your SSH config and settings say." };

const debugPod: Alternative = {
  way: { kind: "debugPod", namespace: undefined, image: undefined },
  why: "A privileged pod, made through the API once you have read it and agreed, and deleted afterwards.",
};

/** What may fail for want of what only the installed ssh has. */
const betterByInstalledSsh: readonly ErrorReason[] = [
  "ssh-unsupported",
  "ssh-auth-failed",
  "ssh-key-unreadable",
  "ssh-config-invalid",
  "ssh-host-key-unknown",
];

/** As https://kind.sigs.k8s.io names them in spec.providerID: kind://ENGINE/CLUSTER/NODE; the container is the node's name. */
const kindProvider = /^kind:\/\/(docker|podman|nerdctl)\/[^/]+\/([\w.-]+)$/;

function containerGuesses({ name, providerId }: ClusterNode, context: string | null): readonly Alternative[] {
  const [, engine, container] = kindProvider.exec(providerId) ?? [];
  if (container !== undefined) {
    const known = (["docker", "podman", "nerdctl"] as const).find((one) => one === engine);
    return known === undefined || container !== name
      ? []
      : [containerWay(known, `kind made this node as a ${known} container.`)];
  }
  // Who may not read nodes does not get their provider ID, but their names.
  if (context?.startsWith("kind-") === true && /-(?:control-plane|worker)\d*$/.test(name)) {
    return [containerWay("docker", "It is named as kind names its nodes, which are containers.")];
  }
  // https://k3d.io: k3d-CLUSTER-server-0, agents alike; k3s says k3s://NODE.
  if (/^k3d-[\w.-]+-(?:server|agent)-\d+$/.test(name)) {
    return [containerWay("docker", "It is named as k3d names its nodes, which are containers.")];
  }
  // https://minikube.sigs.k8s.io: the first node has the profile's name, which the context has too; others end in -m02.
  const profile = name.replace(/-m\d{2,}$/, "");
  if (profile === "minikube" || profile === context) {
    const why = "It is named as minikube names its nodes, which may be containers.";
    return [containerWay("docker", why), containerWay("podman", why)];
  }
  return [];
}

function containerWay(engine: ContainerEngine, why: string): Alternative {
  return { way: { kind: "container", engine, container: "${name}" }, why };
}

function isLoopback({ host }: SshHost): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/i.test(host);
}
