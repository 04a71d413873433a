// What reading all nodes of a cluster costs: 1,000 simulated ones that are 50 ms away, and 100 real sshd.
//   node test/bench/fleet.ts      needs sshd and Perl for the real ones
import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import { readAllNodes } from "../../extension/app/read-all-nodes.ts";
import type { ClusterSource } from "../../extension/cluster/source.ts";
import { type Audit, containersOf } from "../../extension/core/audit/audit.ts";
import type { Log } from "../../extension/core/log.ts";
import type { Pod } from "../../extension/core/pod.ts";
import { fakeContainer, fakePod } from "../support/fake-pod.ts";
import { makeBench, makeHome, makeNode } from "../support/ssh-nodes.ts";
import { makeKey, type Sshd, startSshd, whyNoSshd } from "../support/sshd.ts";
import { startSlowLink } from "../support/slow-link.ts";
import { Blocks } from "./blocks.ts";
import { fleetContainerId, type FleetOrder, fleetPodUid, type FleetWord, podsOfEach } from "./fleet-words.ts";
import { median, row, type Row, scenario } from "./row.ts";

const nodesAtOnce = 32;
const roundTripMs = 50;
const slowMs = 500;
const simulated = 1000;
const real = 100;
const rounds = 3;
const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

await scenario(async () => [...(await farAway()), ...(await realOnes())]);

/** Two round trips of login and one of probe for each node, by so many lanes, and what slow nodes take. */
function idealMs(count: number): number {
  return (count * 3 * roundTripMs + (count / 10) * slowMs) / nodesAtOnce;
}

async function farAway(): Promise<readonly Row[]> {
  await using home = await makeHome();
  const hostKey = await makeKey(home.path("host"));
  const user = await makeKey(home.path("user"));
  const fleet = fork(path.join(import.meta.dirname, "fleet-server.ts"));
  try {
    const order: FleetOrder = {
      count: simulated,
      oneWayMs: roundTripMs / 2,
      slowMs,
      hostKey: readFileSync(hostKey.path, "utf8"),
    };
    fleet.send(order);
    const [{ ports }] = (await once(fleet, "message")) as [FleetWord];
    await home.write(".ssh/config", "Host *\n HostKeyAlias fleet\n");
    await home.write(".ssh/known_hosts", `fleet ${hostKey.publicKey}\n`);
    const times: number[] = [];
    const processors: number[] = [];
    const blocks = new Blocks();
    const longest: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const cpu = process.cpuUsage();
      blocks.takeLongest();
      const { ms, audit } = await read(home, user.path, ports, podsOf);
      longest.push(blocks.takeLongest());
      const { user: own, system } = process.cpuUsage(cpu);
      times.push(ms);
      processors.push((own + system) / 1000);
      const containers = [...containersOf(audit)];
      if (containers.length !== simulated * podsOfEach) throw new Error("containers are missing");
      if (containers.filter(({ host }) => host.includes("net")).length !== simulated)
        throw new Error("wrong answers");
    }
    blocks.stop();
    const turns = await roundTrips(home, user.path, ports[1] ?? 0);
    const [all, processor] = [median(times), median(processors)];
    return [
      row("fleet-1000", "1,000 nodes, 50 ms away, one in ten slow, 32 at a time", all, "ms"),
      row(
        "fleet-1000-to-ideal",
        "the same, to 32 lanes of three round trips each",
        all / idealMs(simulated),
        "ratio",
        1.3,
      ),
      row("fleet-round-trips", "round trips of one login and one reading", turns.ours, "round trips"),
      ...(turns.ssh === undefined
        ? []
        : [row("fleet-round-trips-ssh", "the same by OpenSSH's ssh", turns.ssh, "round trips")]),
      row(
        "fleet-1000-to-lanes",
        "1,000 nodes, to 32 lanes of as many round trips as SSH takes",
        all / (idealMs(simulated) + (simulated * (turns.ours - 3) * roundTripMs) / nodesAtOnce),
        "ratio",
        1.3,
      ),
      row(
        "fleet-1000-cpu",
        "the same: processor time of the extension host, for each node",
        processor / simulated,
        "ms",
      ),
      row("fleet-1000-block", "the same: longest block of the event loop", median(longest), "ms", 50),
    ];
  } finally {
    fleet.disconnect();
  }
}

/** How often a client waits for the server, from the connection to the end of a command: by us and by OpenSSH. */
async function roundTrips(
  home: Awaited<ReturnType<typeof makeHome>>,
  identityFile: string,
  port: number,
): Promise<{ readonly ours: number; readonly ssh: number | undefined }> {
  await using link = await startSlowLink({ host: "127.0.0.1", port });
  await read(home, identityFile, [link.port], () => []);
  const ours = link.turns();
  const words = ["-F", home.path(".ssh/config"), "-i", identityFile, "-o", "BatchMode=yes"];
  const known = ["-o", `UserKnownHostsFile=${home.knownHosts}`, "-p", String(link.port)];
  const child = spawn("ssh", [...words, ...known, "127.0.0.1", "true"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const code = await new Promise((resolve) => {
    child.on("error", () => resolve(undefined)).on("exit", resolve);
  });
  if (code !== 0) console.log("no ssh here that logs in: its row is missing");
  return { ours, ssh: code === 0 ? link.turns() - ours : undefined };
}

async function realOnes(): Promise<readonly Row[]> {
  if (whyNoSshd !== undefined) {
    console.log(`no rows of real hosts: ${whyNoSshd}`);
    return [];
  }
  await using home = await makeHome();
  const user = await makeKey(home.path("user"));
  const hostKey = await makeKey(home.path("host"));
  const hosts: Sshd[] = [];
  try {
    for (let host = 0; host < real; host++) {
      hosts.push(await startSshd({ authorizedKeys: [user.publicKey], hostKeys: [hostKey] }));
    }
    await home.write(".ssh/config", "Host *\n HostKeyAlias fleet\n");
    await home.write(".ssh/known_hosts", `fleet ${hostKey.publicKey}\n`);
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) {
      times.push(
        (
          await read(
            home,
            user.path,
            hosts.map(({ port }) => port),
            () => [],
          )
        ).ms,
      );
    }
    return [row("fleet-100-real", "100 real sshd on this machine, 32 at a time", median(times), "ms")];
  } finally {
    await Promise.all(hosts.map(async (host) => host.stop()));
  }
}

async function read(
  home: Awaited<ReturnType<typeof makeHome>>,
  identityFile: string,
  ports: readonly number[],
  pods: (node: string, at: number) => readonly Pod[],
): Promise<{ readonly ms: number; readonly audit: Audit }> {
  const nodes = ports.map((port, at) => makeNode(nameOf(at), `127.0.0.1:${port}`));
  const all = nodes.flatMap(({ name }, at) => pods(name, at));
  const nothing = (): Promise<never> => Promise.reject(new Error("not asked for"));
  const cluster: ClusterSource = {
    context: "fleet",
    listNamespaces: nothing,
    getPod: nothing,
    getNode: nothing,
    listPodsOnNode: nothing,
    listNodes: async () => nodes,
    runtimeHandler: async () => undefined,
    watchPods: (_, listener) => {
      setImmediate(() => listener.onPods({ put: all, gone: [], complete: true }));
      return { close: () => {} };
    },
  };
  const begun = performance.now();
  const audit = await readAllNodes(
    {
      openCluster: async () => cluster,
      openNodes: async (atOnce) =>
        makeBench(home, { identityFile, maxConnections: atOnce, maxOpening: atOnce }).nodes,
      settings: () => ({ timeoutMs: 20_000, nodesAtOnce }),
      now: () => new Date(),
      log: silent,
    },
    "fleet",
    { signal: new AbortController().signal },
  );
  const ms = performance.now() - begun;
  const failed = audit.nodes.find(({ outcome }) => outcome !== "read");
  if (failed !== undefined && failed.outcome !== "read") throw new Error(`${failed.name}: ${failed.why}`);
  return { ms, audit };
}

function podsOf(nodeName: string, at: number): readonly Pod[] {
  return Array.from({ length: podsOfEach }, (_, pod) =>
    fakePod({
      uid: fleetPodUid(at, pod),
      name: `pod-${pod}-${at}`,
      nodeName,
      sharing: { hostNetwork: pod === 0 },
      containers: [fakeContainer({ name: "app", id: fleetContainerId(pod) })],
    }),
  );
}

function nameOf(at: number): string {
  return `node-${String(at).padStart(4, "0")}`;
}
