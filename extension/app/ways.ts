import * as l10n from "@vscode/l10n";
import { asSandboxError, type ErrorReason } from "../core/errors.ts";
import { fieldOf, textOf } from "../core/json.ts";
import type { Log } from "../core/log.ts";
import type { ClusterNode } from "../core/pod.ts";
import { bySsh, type ContainerEngine, type SshWay, type Way } from "../nodes/access.ts";
import { parseWay, plainWay, ruledWay } from "../nodes/access-rules.ts";
import type { NodeSettings, SshSettings } from "../nodes/settings.ts";
import type { SshHost } from "../nodes/ssh/ssh-host.ts";
import { type Closable, Emitter } from "./emitter.ts";
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
  readonly log: Log;
}

/** Another way onto a node, and in plain words why it may do. */
export interface Alternative {
  readonly way: Way;
  readonly why: string;
}

/** A way, and why it is taken: as a rule of the settings says, as the user chose, or for want of both. */
export interface TakenWay {
  readonly way: Way;
  readonly by: "rule" | "choice" | "default";
}

/** How far a choice reaches: one node, or every node of its context. */
export type ChoiceScope = "node" | "context";

const memoryKey = "ways";
/** The oldest choice is forgotten for one more. */
const mostRemembered = 500;

/** Which way is taken onto which node: as a rule of the settings says, as the user chose, or by SSH. */
export class ChosenWays {
  readonly #ports: ChosenWaysPorts;
  readonly #changes: Emitter<void>;

  constructor(ports: ChosenWaysPorts) {
    this.#ports = ports;
    this.#changes = new Emitter((thrown) => {
      ports.log.error(`a listener of the chosen ways failed: ${asSandboxError(thrown).message}`);
    });
  }

  /** Tells when something was chosen or forgotten. */
  onChange(listener: () => void): Closable {
    return this.#changes.subscribe(listener);
  }

  /** Where a rule decides there is nothing to choose. */
  taken({ context, node }: NodePlace): TakenWay {
    const ruled = ruledWay(this.#ports.settings().rules, { context, node });
    if (ruled !== undefined) return { way: ruled, by: "rule" };
    const remembered = this.#remembered();
    const chosen =
      remembered.get(nodeKey({ context, node })) ??
      (context === null ? undefined : remembered.get(contextKey(context)));
    return chosen === undefined ? { way: bySsh, by: "default" } : { way: chosen, by: "choice" };
  }

  wayOf(node: { readonly name: string }, context: string | null): Way {
    return this.taken({ context, node: node.name }).way;
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

  /**
   * Other ways onto a node than the present one, the likeliest first.
   *
   * @param reason - why the present one failed, where it did: it tells whether another SSH client would do better.
   */
  async alternatives(
    node: ClusterNode | SshHost,
    context: string | null,
    reason?: ErrorReason,
  ): Promise<readonly Alternative[]> {
    const present = this.wayOf(node, context);
    const isLocal = "addresses" in node ? await this.#ports.isThisMachine(node) : isLoopback(node);
    const likely = [
      ...("addresses" in node ? containerGuesses(node, context) : []),
      ...(isLocal ? [thisMachine()] : []),
    ];
    return [
      ...likely.filter(({ way }) => wayWords(way, node.name) !== wayWords(present, node.name)),
      ...(present.kind === "ssh" ? this.#installedSsh(present, reason) : [sshAgain()]),
      ...(present.kind === "debugPod" || context === null || !("addresses" in node) ? [] : [debugPod()]),
    ];
  }

  #installedSsh(ssh: SshWay, reason: ErrorReason | undefined): readonly Alternative[] {
    const client = ssh.client ?? this.#ports.settings().ssh.client;
    return client !== "openssh" && reason !== undefined && betterByInstalledSsh.includes(reason)
      ? [
          {
            way: { ...ssh, client: "openssh" },
            why: l10n.t("This machine's own ssh, which knows certificates, security keys and Kerberos too."),
          },
        ]
      : [];
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
    this.#changes.emit();
  }
}

/** "SSH", "container kind-worker of docker": as it stands in a list or a sentence. */
export function wayWords(way: Way, node: string): string {
  switch (way.kind) {
    case "ssh":
      return way.client === "openssh" ? l10n.t("SSH with the installed ssh") : l10n.t("SSH");
    case "local":
      return l10n.t("this machine");
    case "container":
      return l10n.t(
        "{0} container {1}",
        way.engine,
        way.container.replaceAll("${name}", () => node),
      );
    case "debugPod":
      return l10n.t("a debug pod");
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

function thisMachine(): Alternative {
  return {
    way: { kind: "local", become: undefined },
    why: l10n.t("The node is the machine that this window's extensions run on."),
  };
}

function sshAgain(): Alternative {
  return { way: bySsh, why: l10n.t("As your SSH config and settings say.") };
}

function debugPod(): Alternative {
  return {
    way: { kind: "debugPod", namespace: undefined, image: undefined },
    why: l10n.t("A privileged pod, made only after you have agreed, and deleted afterwards."),
  };
}

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
      : [containerWay(known, l10n.t("kind made this node as a {0} container.", known))];
  }
  // Who may not read nodes does not get their provider ID, but their names.
  if (context?.startsWith("kind-") === true && /-(?:control-plane|worker)\d*$/.test(name)) {
    return [containerWay("docker", l10n.t("It is named as kind names its nodes, which are containers."))];
  }
  // https://k3d.io: k3d-CLUSTER-server-0, agents alike; k3s says k3s://NODE.
  if (/^k3d-[\w.-]+-(?:server|agent)-\d+$/.test(name)) {
    return [containerWay("docker", l10n.t("It is named as k3d names its nodes, which are containers."))];
  }
  // https://minikube.sigs.k8s.io: the first node has the profile's name, which the context has too; others end in -m02.
  const profile = name.replace(/-m\d{2,}$/, "");
  if (profile === "minikube" || profile === context) {
    const why = l10n.t("It is named as minikube names its nodes, which may be containers.");
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
