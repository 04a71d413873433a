import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, globSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { mountPoints } from "../support/cluster/mounts.ts";
import { readOrUndefined } from "../support/cluster/process-identity.ts";
import { waitUntil } from "../support/cluster/wait.ts";

// The bench changes the machine that it runs on: it has to leave it as it was, however it ends.

/** Starts the developers' cluster as a process of its own; answers it and the bench's folder once it is up. */
async function startCluster(): Promise<{ pid: number; ended: Promise<unknown>; directory: string }> {
  const program = fileURLToPath(new URL("../support/cluster/up.ts", import.meta.url));
  const child = spawn(process.execPath, [program], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  let kubeconfig = "";
  for await (const line of createInterface(child.stdout)) {
    kubeconfig = /^kubeconfig +(\S+)/.exec(line)?.[1] ?? kubeconfig;
    if (line.startsWith("Ctrl-C")) break;
  }
  if (child.pid === undefined || kubeconfig === "") throw new Error("the cluster did not come up");
  return { pid: child.pid, ended, directory: dirname(dirname(kubeconfig)) };
}

/** What a bench leaves on the machine outside its folder. */
function traces(directory: string): readonly string[] {
  const network = `psbench${basename(directory)}`;
  const processes = readdirSync("/proc").flatMap((name) => {
    const command = /^\d+$/.test(name) ? (readOrUndefined(`/proc/${name}/cmdline`) ?? "") : "";
    return command.includes(`${directory}/`) ? [`process ${name}: ${command.replaceAll("\0", " ")}`] : [];
  });
  const mounts = mountPoints().filter(({ path }) => path.startsWith(`${directory}/`));
  return [
    ...processes,
    ...mounts.map(({ path }) => `mount ${path}`),
    ...globSync(`/sys/class/net/${network}`),
  ];
}

const ends = [
  { how: "is ended with Ctrl-C", signal: "SIGINT" },
  { how: "is killed", signal: "SIGKILL" },
] as const;

test.each(ends)("a bench that $how leaves no trace", async ({ signal }) => {
  const settings = "/proc/sys/kernel/panic";
  const before = {
    links: readdirSync("/sys/class/net"),
    results: globSync("/var/lib/cni/results/*"),
    sockets: globSync("/run/containerd/s/*"),
    logs: readdirSync("/var/log/pods"),
    panic: readFileSync(settings, "utf8"),
  };
  const { pid, ended, directory } = await startCluster();
  const cgroup = readFileSync(join(directory, "cgroup"), "utf8");
  const runs = (): true | undefined =>
    globSync(`/sys/fs/cgroup/*${cgroup}/**/pod*/*/`).length > 3 ? true : undefined;
  await waitUntil("some pods to run", runs, { timeoutMs: 60_000 });
  expect(traces(directory)).not.toEqual([]);
  // What a containerd leaves that is killed just when it writes down an interface.
  writeFileSync(`/var/lib/cni/results/cni-loopback-${basename(directory)}${randomUUID()}-lo`, "");

  process.kill(pid, signal);
  await ended;
  await waitUntil("the bench's folder to go", () => (existsSync(directory) ? undefined : true), {
    timeoutMs: 60_000,
  });

  expect(traces(directory)).toEqual([]);
  expect(globSync(`/sys/fs/cgroup/*${cgroup}`)).toEqual([]);
  // The kernel takes the pods' interfaces down in its own time.
  await expect.poll(() => readdirSync("/sys/class/net"), { timeout: 10_000 }).toEqual(before.links);
  expect(globSync("/var/lib/cni/results/*")).toEqual(before.results);
  expect(globSync("/run/containerd/s/*")).toEqual(before.sockets);
  expect(readdirSync("/var/log/pods")).toEqual(before.logs);
  expect(readFileSync(settings, "utf8")).toBe(before.panic);
});
