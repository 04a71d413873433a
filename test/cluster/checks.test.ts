import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Check, checksOf } from "../../extension/core/checks.ts";
import { explainCell } from "../../extension/core/explain.ts";
import { namespaceTypes } from "../../extension/core/namespaces.ts";
import { nsenterCommand } from "../../extension/core/nsenter.ts";
import type { AnyReport } from "../../extension/core/report.ts";
import { command } from "../support/cluster/command.ts";
import { type ControlPlane, startControlPlane } from "../support/cluster/control-plane.ts";
import { startNode, type TestNode } from "../support/cluster/node.ts";
import type { PodManifest } from "../support/cluster/pods.ts";
import { inodesOf } from "../support/oracle.ts";
import { type DockerBench, startDocker } from "../support/runtimes/docker.ts";
import { type PodmanBench, startPodman } from "../support/runtimes/podman.ts";
import { openProduct, type Product } from "./product.ts";
import { truthOf } from "./truth.ts";

// Every command that the panel gives to check it by hand is run on the real node as a person would, with sudo in a
// shell over SSH, and has to print what the panel says.

let plane: ControlPlane;
let node: TestNode;
let product: Product;
let docker: DockerBench;
let podman: PodmanBench;

beforeAll(async () => {
  plane = await startControlPlane({ log: console.log });
  node = await startNode(plane);
  product = await openProduct(plane, node);
  [docker, podman] = await Promise.all([startDocker(plane.instance), startPodman(plane.instance)]);
});

afterAll(async () => {
  product?.close();
  await plane?.stop();
});

const sleeper = { name: "app", command: ["sleep", "1000000"] };
const second = { ...sleeper, name: "second" };

const manifests: readonly PodManifest[] = [
  { name: "shared", spec: { containers: [sleeper, second] } },
  { name: "shared-pid", spec: { shareProcessNamespace: true, containers: [sleeper, second] } },
  { name: "host-network", spec: { hostNetwork: true, containers: [sleeper] } },
  { name: "host-all", spec: { hostNetwork: true, hostPID: true, hostIPC: true, containers: [sleeper] } },
];

test.each(manifests)("a pod: $name", async (manifest) => {
  const pod = await node.pods.run(manifest);
  const ran = await expectEveryCheck(await product.inspect(pod));
  expect(ran.filter((line) => line.startsWith("sudo crictl "))).toHaveLength(2);
});

test("a pod: debugged", async () => {
  const pod = await node.pods.run({ name: "debugged", spec: { containers: [sleeper, second] } });
  const debug = { name: "debugger", command: sleeper.command, targetContainerName: "second" };
  await node.pods.addEphemeral(pod, debug);
  const report = await product.inspect(pod);
  await expectEveryCheck(report);
  const debugged = report.containers.find(({ name }) => name === "debugger") ?? null;
  const { sentence, checks } = explainCell(report, debugged, "pid");
  expect(sentence).toBe(
    "The ephemeral container targets second, to see the processes of that container, and debugger is in the same one as second.",
  );
  const [first, other] = checks[0]?.prints?.split("\n") ?? [];
  expect(first).toMatch(/^pid:\[\d+\]$/);
  expect(other).toBe(first);
});

describe("what is no pod of Kubernetes", () => {
  const inspect = async (title: string): Promise<AnyReport> => {
    const { others } = await product.readNode();
    const found = others.find((one) => one.title.includes(title));
    if (found === undefined)
      throw new Error(`no ${title} among ${others.map((one) => one.title).join("; ")}`);
    return product.inspectOther(found.key);
  };

  test("Docker containers joined by hand", async () => {
    await docker.run({ name: "by-hand", image: "pause" });
    const join = { network: "container:by-hand", pid: "container:by-hand" };
    await docker.run({ name: "web", command: ["sleep", "1000000"], ...join });
    const ran = await expectEveryCheck(await inspect("by-hand"));
    expect(ran.filter((line) => line.startsWith("sudo docker inspect"))).toHaveLength(2);
    expect(ran.filter((line) => line.startsWith("sudo stat"))).toHaveLength(1);
  });

  test("a pod of Podman", async () => {
    await podman.createPod({ name: "podman-pod", share: ["net", "ipc", "uts"] });
    await podman.run({ name: "member", pod: "podman-pod" });
    const ran = await expectEveryCheck(await inspect("member"));
    expect(ran.filter((line) => line.startsWith("sudo podman inspect"))).toHaveLength(2);
  });

  test("a container in a user namespace", async () => {
    await podman.run({ name: "mapped", uidmap: "0:100000:1000" });
    const ran = await expectEveryCheck(await inspect("mapped"));
    expect(ran.some((line) => line.endsWith("/uid_map"))).toBe(true);
  });
});

/** Runs all commands of a report and holds what they print against the panel and the kernel; answers the commands. */
async function expectEveryCheck(report: AnyReport): Promise<readonly string[]> {
  const columns = [null, ...report.containers];
  const cells = columns.flatMap((column) => namespaceTypes.map((type) => explainCell(report, column, type)));
  const all = [...checksOf(report), ...cells.flatMap(({ checks }) => checks)];
  const checks = [...new Map(all.map((check) => [check.command, check])).values()];
  const kinds = new Set(checks.map((check) => check.command.split(" ")[1]));
  expect([...kinds]).toEqual(expect.arrayContaining(["readlink", "lsns", "nsenter"]));
  // Some at a time: each is a login of its own.
  const left = checks.values();
  const lane = async (): Promise<void> => {
    for (const check of left) await expectTrue(check, report);
  };
  await Promise.all(Array.from({ length: 4 }, lane));
  await expectEntered(report);
  console.log(
    `${checks.length} commands of ${"pod" in report ? report.pod.name : report.other.title} were checked`,
  );
  return checks.map((check) => check.command);
}

async function expectTrue({ command: line, prints }: Check, report: AnyReport): Promise<void> {
  const words = line.split(" ");
  if (words[1] === "crictl") {
    // There is no crictl on the bench: what it is asked for is held against the runtime that it would ask.
    await expectKnownToRuntime(words, report);
    return;
  }
  const output = words[1] === "lsns" ? await runLsns(line) : await run(line);
  const lines = output.trim().split("\n");
  if (prints !== null) {
    expect(lines.map((one) => one.trim().replaceAll(/\s+/g, " ")).join("\n"), line).toBe(prints);
    return;
  }
  const pid = Number(/ -[pt] (\d+)/.exec(line)?.[1]);
  const inodes = inodesOf(pid);
  if (inodes === undefined) throw new Error(`${line}: no process ${pid}`);
  const container = report.containers.find((one) => one.pid === pid);
  const said = namespaceTypes.map((type) => container?.namespaces[type]);
  expect(
    said.map((reading) => (reading?.status === "read" ? reading.inode : reading)),
    line,
  ).toEqual(namespaceTypes.map((type) => inodes[type]));
  const [, program, ...rest] = words;
  if (program === "lsns") {
    const type = namespaceTypes.find((one) => one === rest[1]);
    const found = lines.slice(1).map((one) => one.trim().split(/\s+/));
    const wanted = type === undefined ? namespaceTypes : [type];
    expect(found.map(([inode, of]) => `${of} ${inode}`).toSorted(), line).toEqual(
      wanted.map((one) => `${one} ${inodes[one]}`).toSorted(),
    );
  } else if (rest.includes("hostname")) {
    const own = inodes.uts === inodesOf("self")?.uts;
    if (own) expect(output.trim(), line).toBe(hostname());
    else if ("pod" in report) expect(output.trim(), line).toBe(report.pod.name);
    else expect(output.trim(), line).not.toBe("");
  } else {
    expect(line).toMatch(/^sudo nsenter -t \d+ -n ip addr$/);
    const devices = readFileSync(`/proc/${pid}/net/dev`, "utf8").trim().split("\n").slice(2);
    const names = output.split("\n").flatMap((one) => /^\d+: ([^@:]+)/.exec(one)?.[1] ?? []);
    const known = devices.map((one) => one.split(":", 1).join("").trim());
    expect(names.toSorted(), line).toEqual(known.toSorted());
  }
}

async function expectKnownToRuntime(words: readonly string[], report: AnyReport): Promise<void> {
  if (!("pod" in report)) throw new Error("crictl for no pod");
  const sandboxes = [...truthOf(node, report.pod).values()].filter(({ kind }) => kind === "sandbox");
  expect(sandboxes).toHaveLength(1);
  const [sandbox] = sandboxes;
  if (words[2] === "pods") {
    expect(words.slice(3)).toEqual(["--namespace", sandbox?.podNamespace, "--name", sandbox?.podName]);
    return;
  }
  expect(words.slice(2)).toEqual(["inspectp", sandbox?.id]);
  const ctr = ["--address", node.criSocket, "--namespace", "k8s.io", "containers", "info"];
  const known = JSON.parse(await command("ctr", [...ctr, words[3] ?? ""])) as {
    readonly Labels: Readonly<Record<string, string>>;
  };
  expect(known.Labels).toMatchObject({
    "io.cri-containerd.kind": "sandbox",
    "io.kubernetes.pod.name": report.pod.name,
    "io.kubernetes.pod.namespace": report.pod.namespace,
  });
}

/** "Copy nsenter" leads into what it says, and nowhere else. */
async function expectEntered(report: AnyReport): Promise<void> {
  for (const container of [undefined, ...report.containers.map(({ name }) => name)]) {
    const line = nsenterCommand(report, container);
    if (line === null) continue;
    const pid = Number(/ -t (\d+)/.exec(line)?.[1]);
    const [target, own] = [inodesOf(pid), inodesOf("self")];
    const links = namespaceTypes.map((type) => `/proc/self/ns/${type}`);
    const printed = (await run(`${line} readlink ${links.join(" ")}`)).trim().split("\n");
    // Its files stay the session's, so that the node's tools are there.
    const types = namespaceTypes.flatMap((type, at) =>
      type === "mnt" ? [] : [[type, printed[at]] as const],
    );
    for (const [type, link] of types) expect(link, `${line}: ${type}`).toBe(`${type}:[${target?.[type]}]`);
    const differing = namespaceTypes.filter((type) => type !== "mnt" && target?.[type] !== own?.[type]);
    expect(line.split(" ").length - 4, line).toBe(differing.length);
  }
}

/**
 * lsns of util-linux 2.38 gives up without a word where any process ends between its stat being opened and read (10 of
 * 400 runs beside a machine full of short-lived processes): as a person would, it is then run again.
 */
async function runLsns(line: string, attempts = 5): Promise<string> {
  try {
    return await run(line);
  } catch (error) {
    const silent = error instanceof Error && "stderr" in error && error.stderr === "";
    if (!silent || attempts === 1) throw error;
    return runLsns(line, attempts - 1);
  }
}

/**
 * In a shell on the node, as somebody who may use sudo. Not by SSH, but as root on the same machine: what asks the
 * bench's Docker and Podman, which are not at their usual place, and what looks at a bind mount, for the bench's sshd
 * has mounts of its own.
 */
async function run(line: string): Promise<string> {
  const program = /^sudo (docker|podman|stat) /.exec(line)?.[1];
  if (program !== undefined) {
    const env = program === "docker" ? { DOCKER_HOST: `unix://${docker.socket}` } : podman.env;
    return command("sh", ["-c", `sudo() { "$@"; }; ${line}`], { env: { ...process.env, ...env } });
  }
  const { ssh } = node;
  const options = ["-F", "/dev/null", "-i", ssh.privateKeyPath, "-p", String(ssh.port)];
  const strict = ["-o", `UserKnownHostsFile=${ssh.knownHostsPath}`, "-o", "BatchMode=yes"];
  return command("ssh", [...options, ...strict, `${ssh.sudoUser}@${ssh.host}`, line]);
}
