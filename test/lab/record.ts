/**
 * Writes test/fixtures/recordings/NAME.json: pods and their node as the API has them, with what the node's kernel says.
 *
 *   node test/lab/record.ts                    lab.json, from the lab's own pods
 *   node test/lab/record.ts NAME KUBECONFIG    NAME.json, from a real cluster whose only node is this machine
 *
 * Both as root. What it writes is served where no real pods can be made, and read by tests: look at it before you keep it.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { isDeepStrictEqual } from "node:util";
import { CoreV1Api, KubeConfig, type V1Node, type V1Pod } from "@kubernetes/client-node";
import * as z from "zod/mini";
import { namespaceTypes } from "../../extension/core/namespaces.ts";
import { podProbe } from "../../extension/core/probe/pod-probe.ts";
import type { NodeScan } from "../../extension/core/scan.ts";
import type { KubeObject } from "./api-store.ts";
import { newOwner } from "./owner.ts";
import { LabCgroups, runtimeHierarchies } from "./pods/cgroups.ts";
import { makeRealPods } from "./pods/real-pods.ts";
import { type RecordedAnswer, recordingsFolder } from "./recording.ts";

const podSchema = z.looseObject({
  metadata: z.looseObject({ uid: z.string(), annotations: z.optional(z.record(z.string(), z.string())) }),
});

async function recordLab(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "pod-sandbox-record-"));
  const made = await makeRealPods(folder, new LabCgroups(await runtimeHierarchies(), newOwner()));
  try {
    await write("lab", [made.node], made.pods);
  } finally {
    await made.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function recordCluster(name: string, kubeconfig: string): Promise<void> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const api = config.makeApiClient(CoreV1Api);
  const nodes = await api.listNode();
  const pods = await api.listPodForAllNamespaces({ fieldSelector: "status.phase=Running" });
  await write(name, nodes.items.map(plainNode), pods.items.map(plainPod));
}

async function write(name: string, nodes: readonly KubeObject[], pods: readonly KubeObject[]): Promise<void> {
  const answers: RecordedAnswer[] = [];
  for (const pod of pods) answers.push(await ask(pod));
  const recording = { takenAt: new Date().toISOString(), nodes, pods, answers };
  const file = new URL(`${name}.json`, recordingsFolder);
  await writeFile(file, `${JSON.stringify(recording, null, 1)}\n`);
  console.log(`${pods.length} pods recorded in ${file.pathname}`);
}

/** Runs the extension's own probe, as it would be run over SSH. */
async function ask(pod: KubeObject): Promise<RecordedAnswer> {
  const { metadata } = podSchema.parse(pod);
  const uid = metadata.annotations?.["kubernetes.io/config.hash"] ?? metadata.uid;
  const containerIds = [...new Set(JSON.stringify(pod["status"]).match(/\b[0-9a-f]{64}\b/g))];
  const probe = podProbe({ uid, containerIds });
  const [program = "", ...args] = probe.argv;
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(probe.stdin);
  const [stdout] = await Promise.all([text(child.stdout), once(child, "close")]);
  const scan = probe.parse(stdout);
  return { uid, lines: redact(stdout, scan) };
}

/**
 * Leaves out what tells of this machine: command lines and cgroups of processes that are not the pod's, bind mounts of
 * other Linux namespaces than the pod's, PID 1's name.
 */
function redact(stdout: string, { processes, host }: NodeScan): string[] {
  const pids = new Set(processes.map(({ pid }) => pid));
  const inodes = processes.flatMap(({ namespaces }) =>
    namespaceTypes.flatMap((type) => {
      const reading = namespaces[type];
      return reading.status === "read" && !isDeepStrictEqual(reading, host.namespaces[type])
        ? [reading.inode]
        : [];
    }),
  );
  return stdout
    .replace(/\n$/, "")
    .split("\n")
    .filter((line) => {
      const inode = /^(?:\/proc\/\w+\/mountinfo:.* [a-z]+:\[(\d+)\] \/|\d+ (\d+) \/)/
        .exec(line)
        ?.slice(1)
        .join("");
      if (inode !== undefined && !inodes.includes(inode)) return false;
      const pid = /^\/proc\/(\d+)\/(?:cmdline|cgroup):/.exec(line)?.[1];
      return pid === undefined || pids.has(Number(pid));
    })
    .map((line) => line.replace(/^\/proc\/1\/stat:1 \(.*\)/, "/proc/1/stat:1 (init)"));
}

/** As JSON has it, and without what only the API server keeps for itself. */
function plainPod(pod: V1Pod): KubeObject {
  delete pod.metadata?.managedFields;
  return JSON.parse(JSON.stringify(pod));
}

/** What the extension reads of a node; not this machine's IDs, sizes and addresses. */
function plainNode({ metadata, status }: V1Node): KubeObject {
  const name = metadata?.name ?? "";
  const { containerRuntimeVersion, kubeletVersion, kernelVersion, operatingSystem, osImage } =
    status?.nodeInfo ?? {};
  return {
    metadata: { name, labels: metadata?.labels },
    spec: {},
    status: {
      addresses: [
        { type: "InternalIP", address: "127.0.0.1" },
        { type: "Hostname", address: name },
      ],
      conditions: [{ type: "Ready", status: "True" }],
      nodeInfo: { containerRuntimeVersion, kubeletVersion, kernelVersion, operatingSystem, osImage },
    },
  };
}

const [name, kubeconfig] = process.argv.slice(2);
if (name === undefined) await recordLab();
else if (kubeconfig !== undefined && /^[a-z-]+$/.test(name)) await recordCluster(name, kubeconfig);
else {
  console.error("Usage: node test/lab/record.ts [NAME KUBECONFIG]");
  process.exitCode = 2;
}
