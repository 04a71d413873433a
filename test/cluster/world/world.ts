import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Instance } from "../../support/cluster/instance.ts";
import type { TestNode } from "../../support/cluster/node.ts";
import type { PodHandle } from "../../support/cluster/pods.ts";
import { startSupervised, type Supervised } from "../../support/cluster/supervised.ts";
import type { ContainerTruth } from "../../support/runtimes/container-truth.ts";
import { type CrioPod, makeCrioPod } from "../../support/runtimes/crio-by-hand.ts";
import type { DockerBench, DockerRun } from "../../support/runtimes/docker.ts";
import { type Loose, type LooseKind, startLoose } from "../../support/runtimes/loose.ts";
import type { PodmanBench } from "../../support/runtimes/podman.ts";
import type { Dice } from "../dice.ts";
import { truthOf } from "../truth.ts";

export interface WorldBench {
  readonly instance: Instance;
  readonly node: TestNode;
  readonly docker: DockerBench;
  readonly podman: PodmanBench;
}

/** What the engines themselves say that they run. */
export interface Engines {
  readonly docker: readonly ContainerTruth[];
  readonly podman: readonly ContainerTruth[];
}

/** Most of each kind at one time: a machine where everything runs at once, but not more than one can look at. */
const most = { docker: 7, podmanPods: 2, podman: 5, crio: 2, loose: 4, pods: 2, visitors: 2 };

const forever = ["sleep", "1000000"];

/**
 * A machine on which a kubelet, Docker, gVisor, Podman, pods in the manner of CRI-O and processes of nobody's run
 * beside each other. Each step does one random thing to it.
 */
export class World {
  readonly pods: PodHandle[] = [];
  readonly crio: CrioPod[] = [];
  readonly loose: Loose[] = [];
  /** Processes of no container in a container's network. */
  readonly visitors: Supervised[] = [];
  readonly #bench: WorldBench;
  readonly #dice: Dice;
  #named = 0;
  #podmanPods: string[] = [];

  constructor(bench: WorldBench, dice: Dice) {
    this.#bench = bench;
    this.#dice = dice;
  }

  async engines(): Promise<Engines> {
    const [docker, podman] = await Promise.all([
      this.#bench.docker.inspectAll(),
      this.#bench.podman.inspectAll(),
    ]);
    return { docker, podman };
  }

  /** Does one random thing, and says what in words. What an engine refuses is no step, but is said too. */
  async step(): Promise<string> {
    const steps: readonly [string, () => Promise<void>][] = [
      ["docker run", () => this.#dockerRun()],
      ["docker run joined", () => this.#dockerJoin()],
      ["docker run joined", () => this.#dockerJoin()],
      ["docker run with the host's", () => this.#dockerOnHost()],
      ["docker run gVisor", () => this.#dockerGvisor()],
      ["docker kill", () => this.#dockerDo((name) => this.#bench.docker.kill(name))],
      ["docker restart", () => this.#dockerDo(async (name) => void (await this.#bench.docker.restart(name)))],
      ["docker exec", () => this.#dockerExec()],
      ["docker rm", () => this.#dockerDo((name) => this.#bench.docker.remove(name))],
      ["podman pod", () => this.#podmanPod()],
      ["podman run", () => this.#podmanRun()],
      ["podman run", () => this.#podmanRun()],
      ["podman kill", () => this.#podmanDo((name) => this.#bench.podman.kill(name))],
      [
        "podman exec",
        () => this.#podmanDo(async (name) => void (await this.#bench.podman.exec(name, forever))),
      ],
      ["cri-o pod", () => this.#crioPod()],
      ["cri-o kill", () => this.#crioKill()],
      ["loose", () => this.#startLoose()],
      ["loose", () => this.#startLoose()],
      ["visitor", () => this.#visit()],
      ["pod", () => this.#pod()],
      ["pod kill", () => this.#podKill()],
      ["pod kill pause", () => this.#podKillPause()],
      ["pod exec unshare", () => this.#podExec(["sh", "-c", "unshare -n sleep 1000000 & sleep 0.2"])],
      ["pod exec orphan", () => this.#podExec(["sh", "-c", "sleep 1 & exec sleep 0.1"])],
      ["pod debug", () => this.#podDebug()],
    ];
    const [what, act] = this.#dice.pick(steps) ?? ["nothing", () => Promise.resolve()];
    try {
      await act();
      return what;
    } catch (error) {
      return `${what}, refused: ${String(error).split("\n")[0]}`;
    }
  }

  /** Removes everything. */
  async clear(): Promise<void> {
    for (const visitor of this.visitors.splice(0)) await visitor.kill();
    for (const one of this.loose.splice(0)) await one.stop();
    for (const pod of this.crio.splice(0)) await pod.remove();
    for (const pod of this.pods.splice(0)) await this.#bench.node.pods.remove(pod);
    for (const { name } of await this.#bench.docker.inspectAll()) await this.#bench.docker.remove(name);
    await this.#bench.podman.removeAll();
    this.#podmanPods = [];
  }

  #name(kind: string): string {
    this.#named++;
    return `${kind}${this.#named}`;
  }

  // ---- Docker

  async #docker(options: DockerRun): Promise<void> {
    const all = await this.#bench.docker.inspectAll();
    const victim = this.#dice.pick(all);
    if (all.length >= most.docker && victim !== undefined) await this.#bench.docker.remove(victim.name);
    await this.#bench.docker.run(options);
  }

  async #dockerRun(): Promise<void> {
    const name = this.#name("d");
    const ipc = this.#dice.pick(["shareable", "private"]);
    await this.#docker(
      this.#dice.chance(0.5) ? { name, image: "pause", ipc } : { name, command: forever, ipc },
    );
  }

  async #dockerJoin(): Promise<void> {
    const target = await this.#dockerRunning();
    if (target === undefined) return this.#dockerRun();
    const join = (probability: number): string | undefined =>
      this.#dice.chance(probability) ? `container:${target.name}` : undefined;
    const network = join(0.7);
    const pid = join(0.6);
    const ipc = join(0.4);
    await this.#docker({
      name: this.#name("d"),
      command: forever,
      ...(network === undefined ? {} : { network }),
      ...(pid === undefined ? {} : { pid }),
      ...(ipc === undefined ? {} : { ipc }),
    });
  }

  async #dockerOnHost(): Promise<void> {
    const host = (): "host" | undefined => (this.#dice.chance(0.5) ? "host" : undefined);
    const modes = { network: host(), pid: host(), ipc: host(), uts: host() };
    const given = Object.entries(modes).filter(([, mode]) => mode !== undefined);
    await this.#docker({ name: this.#name("d"), command: forever, ...Object.fromEntries(given) });
  }

  async #dockerGvisor(): Promise<void> {
    const runtime = this.#dice.pick(["runsc", "runsc-without-cgroups"] as const);
    await this.#docker({ name: this.#name("g"), command: forever, runtime });
  }

  async #dockerExec(): Promise<void> {
    const words = this.#dice.pick([
      forever,
      // Its child ends at once, and it never waits for it.
      ["sh", "-c", "sleep 0.1 & exec sleep 1000000"],
    ]);
    await this.#dockerDo(async (name) => {
      if (!name.startsWith("g")) await this.#bench.docker.exec(name, words);
    });
  }

  async #dockerDo(act: (name: string) => Promise<void>): Promise<void> {
    const target = await this.#dockerRunning();
    if (target !== undefined) await act(target.name);
  }

  async #dockerRunning(): Promise<ContainerTruth | undefined> {
    return this.#dice.pick((await this.#bench.docker.inspectAll()).filter(({ pid }) => pid !== 0));
  }

  // ---- Podman

  async #podmanPod(): Promise<void> {
    if (this.#podmanPods.length >= most.podmanPods) await this.#podmanClear();
    const name = this.#name("pp");
    const share = this.#dice.pick([undefined, ["net", "ipc", "uts", "pid"], ["net"], ["ipc", "pid"]]);
    await this.#bench.podman.createPod({ name, ...(share === undefined ? {} : { share }) });
    this.#podmanPods.push(name);
  }

  async #podmanRun(): Promise<void> {
    const all = await this.#bench.podman.inspectAll();
    if (all.length >= most.podman + this.#podmanPods.length) await this.#podmanClear();
    const pod = this.#dice.chance(0.6) ? this.#dice.pick(this.#podmanPods) : undefined;
    const name = this.#name("p");
    const runtime = this.#dice.chance(0.2) ? "crun" : "runc";
    if (pod !== undefined) {
      await this.#bench.podman.run({ name, command: forever, pod, runtime });
      return;
    }
    const alone = all.filter((one) => one.pod === "" && one.pid !== 0);
    const target = this.#dice.chance(0.4) ? this.#dice.pick(alone) : undefined;
    const kind = this.#dice.pick(["plain", "host", "uidmap"]);
    await this.#bench.podman.run({
      name,
      command: forever,
      runtime,
      ...(target !== undefined
        ? { network: `container:${target.name}`, pid: `container:${target.name}` }
        : kind === "host"
          ? { network: "host", ipc: "host", uts: "host" }
          : kind === "uidmap"
            ? { uidmap: "0:100000:1000" }
            : {}),
    });
  }

  async #podmanDo(act: (name: string) => Promise<void>): Promise<void> {
    const running = (await this.#bench.podman.inspectAll()).filter(
      ({ pid, isInfra }) => pid !== 0 && !isInfra,
    );
    const target = this.#dice.pick(running);
    if (target !== undefined) await act(target.name);
  }

  async #podmanClear(): Promise<void> {
    await this.#bench.podman.removeAll();
    this.#podmanPods = [];
  }

  // ---- as CRI-O does

  async #crioPod(): Promise<void> {
    if (this.crio.length >= most.crio) await this.crio.shift()?.remove();
    const containers = this.#dice.times(1 + this.#dice.upTo(2), (at) => `c${at}`);
    const options = { name: this.#name("crio"), containers, hostNetwork: this.#dice.chance(0.25) };
    this.crio.push(await makeCrioPod(this.#bench.instance, options));
  }

  async #crioKill(): Promise<void> {
    const pod = this.#dice.pick(this.crio);
    const container = this.#dice.pick(pod?.containers ?? []);
    if (pod !== undefined && container !== undefined) await pod.kill(container.name);
  }

  // ---- of nobody's

  async #startLoose(): Promise<void> {
    const kinds: readonly LooseKind[] = ["net", "mnt", "user+pid", "nested", "thread", "descriptor", "pin"];
    if (this.loose.length >= most.loose) await this.loose.shift()?.stop();
    const kind = this.#dice.pick(kinds);
    if (kind !== undefined) this.loose.push(await startLoose(this.#bench.instance, kind));
  }

  async #visit(): Promise<void> {
    if (this.visitors.length >= most.visitors) await this.visitors.shift()?.kill();
    const target = await this.#dockerRunning();
    if (target === undefined || target.name.startsWith("g")) return;
    const words = [`--net=/proc/${target.pid}/ns/net`, ...forever];
    const visitor = startSupervised(this.#bench.instance, `visitor-${randomUUID()}`, "nsenter", words);
    this.visitors.push(visitor);
    while (visitor.running() && nameOf(visitor.pid) !== "sleep") {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  // ---- Kubernetes

  async #pod(): Promise<void> {
    const { pods } = this.#bench.node;
    if (this.pods.length >= most.pods) {
      const oldest = this.pods.shift();
      if (oldest !== undefined) await pods.remove(oldest);
    }
    const spec = {
      hostNetwork: this.#dice.chance(0.2),
      hostIPC: this.#dice.chance(0.2),
      shareProcessNamespace: this.#dice.chance(0.5),
      containers: this.#dice.times(1 + this.#dice.upTo(2), (at) => ({
        name: `c${at}`,
        command: forever,
        securityContext: { privileged: true },
      })),
    };
    this.pods.push(await pods.run({ name: this.#name("pod"), spec }));
  }

  async #podKill(): Promise<void> {
    const pod = this.#dice.pick(this.pods);
    if (pod === undefined) return;
    const status = await this.#bench.node.pods.read(pod);
    const container = this.#dice.pick(status.status.containerStatuses ?? []);
    if (container !== undefined) await this.#bench.node.pods.exec(pod, container.name, ["kill", "-9", "1"]);
  }

  /** The kubelet makes a new sandbox then, and starts all containers in it. */
  async #podKillPause(): Promise<void> {
    const pod = this.#dice.pick(this.pods);
    if (pod === undefined) return;
    const pause = [...truthOf(this.#bench.node, pod).values()].find(({ kind }) => kind === "sandbox");
    if (pause !== undefined) process.kill(pause.pid, "SIGKILL");
  }

  async #podExec(words: readonly string[]): Promise<void> {
    const pod = this.#dice.pick(this.pods);
    if (pod !== undefined) await this.#bench.node.pods.exec(pod, "c0", words);
  }

  async #podDebug(): Promise<void> {
    const pod = this.#dice.pick(this.pods);
    if (pod === undefined) return;
    await this.#bench.node.pods.addEphemeral(pod, {
      name: this.#name("debug"),
      command: forever,
      ...(this.#dice.chance(0.5) ? { targetContainerName: "c0" } : {}),
    });
  }
}

function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return "";
  }
}
