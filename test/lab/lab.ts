import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type LabApi, startLabApi } from "./api-server.ts";
import type { KubeObject } from "./api-store.ts";
import { cacheFolder } from "./folders.ts";
import { isAlive, isOwner, newOwner } from "./owner.ts";
import { hasSandbox } from "./pods/blueprint.ts";
import { catalogue } from "./pods/catalogue.ts";
import { LabCgroups, runtimeHierarchies, sweepCgroups } from "./pods/cgroups.ts";
import { newIdentity, otherNodeObjects, podObject } from "./pods/objects.ts";
import { makeOthers, type Others } from "./pods/others.ts";
import { type LabContainer, makeRealPods, whyNoRealPods } from "./pods/real-pods.ts";
import { readRecordings, replay } from "./recording.ts";
import { type CommandRunner, type LabSsh, runInShell, startLabSsh } from "./ssh-server.ts";
import { Undo } from "./undo.ts";

export interface LabOptions {
  /** Folder for the lab's files, removed when it stops; by default one of its own in the user's cache folder. */
  readonly root?: string;
  /** "auto" (the default) takes a recording, and says why, where real pods cannot be made. */
  readonly pods?: "real" | "recording" | "auto";
  /** False: known_hosts is empty and the user is asked about the host key. */
  readonly hostKeyKnown?: boolean;
  /** The node lets in whoever knows it, and nobody by a key. */
  readonly password?: string;
}

/** A cluster to try the extension on: an API server, a node reached over SSH, and pods. */
export interface Lab {
  readonly root: string;
  readonly pods: "real" | "recording";
  readonly kubeconfigPath: string;
  /** VS Code settings that lead the extension here. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly api: LabApi;
  readonly ssh: LabSsh;
  /** The containers that run, with their PIDs on this machine; none when the pods are a recording. */
  readonly containers: readonly LabContainer[];
  /** What runs on the node beside pods; undefined when the pods are a recording. */
  readonly others: Omit<Others, "stop"> | undefined;
  /** What this lab is, for people, in one sentence. */
  describe(): string;
  /** Ends all that it started and removes all that it made. */
  stop(): Promise<void>;
}

/** Where the pods with a sandbox come from. */
interface PodSource {
  readonly kind: Lab["pods"];
  readonly pods: readonly KubeObject[];
  readonly nodes: readonly KubeObject[];
  readonly containers: readonly LabContainer[];
  readonly others: Others | undefined;
  readonly run: CommandRunner;
  readonly sentence: string;
  stop(): Promise<void>;
}

export async function startLab({
  root,
  pods = "auto",
  hostKeyKnown = true,
  password,
}: LabOptions = {}): Promise<Lab> {
  const owner = newOwner();
  const labs = cacheFolder("labs");
  await sweepFolders(labs);
  const folder = root ?? join(labs, owner);
  await mkdir(folder, { recursive: true, mode: 0o700 });

  const undo = new Undo();
  undo.add(() => rm(folder, { recursive: true, force: true }));
  try {
    const source = await podSource(join(folder, "pods"), owner, pods);
    undo.add(() => source.stop());
    const ssh = await startLabSsh({ folder: join(folder, "ssh"), run: source.run, hostKeyKnown, password });
    undo.add(() => ssh.stop());
    const api = await startLabApi();
    undo.add(() => api.close());
    api.setNodes([...source.nodes, ...otherNodeObjects()]);
    const others = catalogue.filter((pod) => !hasSandbox(pod)).map((pod) => podObject(pod, newIdentity(pod)));
    api.setPods([...source.pods, ...others]);
    const kubeconfigPath = join(folder, "kubeconfig");
    await api.writeKubeconfig(kubeconfigPath);
    return {
      root: folder,
      pods: source.kind,
      kubeconfigPath,
      settings: settingsFor(kubeconfigPath, ssh),
      api,
      ssh,
      containers: source.containers,
      others: source.others,
      describe: () => source.sentence,
      stop: () => undo.run(),
    };
  } catch (error) {
    await undo.run();
    throw error;
  }
}

function settingsFor(kubeconfig: string, ssh: LabSsh): Readonly<Record<string, unknown>> {
  return {
    "podSandbox.kubeconfig": kubeconfig,
    "podSandbox.ssh.addressTemplate": "127.0.0.1",
    "podSandbox.ssh.port": ssh.port,
    "podSandbox.ssh.user": ssh.user,
    "podSandbox.ssh.identityFile": ssh.identityFile,
    "podSandbox.ssh.knownHostsFile": ssh.knownHostsFile,
    "podSandbox.ssh.configFile": ssh.configFile,
  };
}

async function podSource(
  folder: string,
  owner: string,
  pods: "real" | "recording" | "auto",
): Promise<PodSource> {
  if (pods === "recording") return recording("as asked for");
  const obstacle = await whyNoRealPods();
  if (obstacle !== undefined) {
    if (pods === "real") throw new Error(`The lab cannot make pods: ${obstacle}.`);
    return recording(obstacle);
  }
  const hierarchies = await runtimeHierarchies();
  await sweepCgroups(hierarchies);
  const undo = new Undo();
  try {
    const cgroups = new LabCgroups(hierarchies, owner);
    const made = await makeRealPods(folder, cgroups);
    undo.add(() => made.stop());
    const others = await makeOthers(folder, cgroups);
    undo.add(() => others.stop());
    const count = made.containers.length + others.joined.length;
    return {
      ...made,
      others,
      nodes: [made.node],
      kind: "real",
      run: runInShell,
      sentence: `${count} containers run in Linux namespaces and cgroups of this machine.`,
      stop: () => undo.run(),
    };
  } catch (error) {
    await undo.run();
    // Being root is not enough in a container: mounts, cgroups or unshare may still be refused.
    if (pods === "real") throw error;
    return recording(`making them failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function recording(why: string): Promise<PodSource> {
  const { pods, nodes, answers, takenAt } = await readRecordings();
  return {
    kind: "recording",
    pods,
    nodes,
    containers: [],
    others: undefined,
    run: replay(answers),
    sentence: `The pods are a RECORDING of real ones, taken ${takenAt}; none is made on this machine (${why}). Of whole nodes nothing was recorded: the Nodes view cannot look into them.`,
    stop: () => Promise.resolve(),
  };
}

/** Removes the folders of labs that ended without doing it. */
async function sweepFolders(labs: string): Promise<void> {
  for (const name of await readdir(labs).catch(() => [])) {
    if (isOwner(name) && !isAlive(name)) await rm(join(labs, name), { recursive: true, force: true });
  }
}
