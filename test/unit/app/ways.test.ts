import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Alternative, ChosenWays, wayWords } from "../../../extension/app/ways.ts";
import type { ErrorReason } from "../../../extension/core/errors.ts";
import type { ClusterNode } from "../../../extension/core/pod.ts";
import type { AccessRule, SshClientChoice, Way } from "../../../extension/nodes/access.ts";
import { parseSshHost, type SshHost } from "../../../extension/nodes/ssh/ssh-host.ts";
import { fakeNode } from "../../support/fake-pod.ts";

const debugPod: Way = { kind: "debugPod", namespace: undefined, image: undefined };
const local: Way = { kind: "local", become: undefined };
const docker: Way = { kind: "container", engine: "docker", container: "${name}" };
const silentLog = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const node = fakeNode({ name: "worker-1" });
const place = { context: "prod", node: "worker-1" };

interface Given {
  readonly rules?: readonly AccessRule[];
  readonly client?: SshClientChoice;
  readonly here?: string;
  readonly stored?: unknown;
}

function setUp({ rules = [], client = "auto", here, stored }: Given = {}): ChosenWays {
  const memory = new Map<string, unknown>([["ways", stored]]);
  return new ChosenWays({
    memory: {
      get: (key) => memory.get(key),
      update: async (key, value) => {
        // As a Memento does.
        memory.set(key, JSON.parse(JSON.stringify(value)));
      },
    },
    settings: () => ({ rules, ssh: { client } }),
    isThisMachine: async ({ name }) => name === here,
    log: silentLog,
  });
}

describe("which way is taken", () => {
  test("by SSH, until something else is said", () => {
    expect(setUp().wayOf(node, "prod")).toMatchObject({ kind: "ssh", client: undefined, become: undefined });
  });

  test("a rule, then the choice for the node, then that for its context", async () => {
    const rules: AccessRule[] = [{ context: "prod", node: "gpu", way: local }];
    const ways = setUp({ rules });
    await ways.choose({ context: "prod", node: "other" }, docker, "context");
    await ways.choose(place, debugPod, "node");
    await ways.choose({ context: "prod", node: "gpu" }, debugPod, "node");
    expect(ways.wayOf({ name: "gpu" }, "prod")).toEqual(local);
    expect(ways.taken({ context: "prod", node: "gpu" }).by).toBe("rule");
    expect(ways.wayOf(node, "prod")).toEqual(debugPod);
    expect(ways.taken(place).by).toBe("choice");
    expect(ways.taken({ context: "dev", node: "any" }).by).toBe("default");
    expect(ways.wayOf({ name: "any" }, "prod")).toEqual(docker);
    expect(ways.wayOf({ name: "any" }, "dev")).toMatchObject({ kind: "ssh" });
    expect(ways.wayOf(node, null)).toMatchObject({ kind: "ssh" });
  });

  test("whoever shows it hears of a choice, and of one that is forgotten", async () => {
    const ways = setUp();
    const heard: string[] = [];
    ways.onChange(() => heard.push(ways.taken(place).by));
    await ways.choose(place, docker, "node");
    await ways.forget(place);
    expect(heard).toEqual(["choice", "default"]);
  });

  test("a choice for all nodes takes the place of that for the one it was made at", async () => {
    const ways = setUp();
    await ways.choose(place, debugPod, "node");
    await ways.choose(place, docker, "context");
    expect(ways.wayOf(node, "prod")).toEqual(docker);
  });

  test("hosts without a cluster are chosen for one by one", async () => {
    const ways = setUp();
    await ways.choose({ context: null, node: "a" }, local, "context");
    expect(ways.wayOf({ name: "a" }, null)).toEqual(local);
    expect(ways.wayOf({ name: "b" }, null)).toMatchObject({ kind: "ssh" });
  });

  test("a choice can be forgotten", async () => {
    const ways = setUp();
    await ways.choose(place, debugPod, "context");
    await ways.choose(place, docker, "node");
    expect(ways.taken(place).by).toBe("choice");
    await ways.forget(place);
    expect(ways.taken(place).by).toBe("default");
    expect(ways.wayOf(node, "prod")).toMatchObject({ kind: "ssh" });
  });

  test("the oldest of very many is forgotten", async () => {
    const stored = Array.from({ length: 500 }, (_, at) => ({
      key: JSON.stringify(["prod", `n${at}`]),
      way: { kind: "local" },
    }));
    const ways = setUp({ stored });
    await ways.choose(place, debugPod, "node");
    expect(ways.wayOf(node, "prod")).toEqual(debugPod);
    expect(ways.wayOf({ name: "n0" }, "prod")).toMatchObject({ kind: "ssh" });
    expect(ways.wayOf({ name: "n1" }, "prod")).toEqual(local);
  });

  test("whatever is stored, there is a way", () => {
    const entry = fc.oneof(
      fc.anything(),
      fc.record({ key: fc.constantFrom('["prod","worker-1"]', '"prod"', 1), way: fc.anything() }),
    );
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.array(entry)), (stored) => {
        expect(["ssh", "local", "container", "debugPod"]).toContain(
          setUp({ stored }).wayOf(node, "prod").kind,
        );
      }),
    );
  });
});

function host(text: string): SshHost {
  const parsed = parseSshHost(text);
  if (parsed === undefined) throw new Error(`no host: ${text}`);
  return parsed;
}

const words = (alternatives: readonly Alternative[]): string[] =>
  alternatives.map(({ way }) => wayWords(way, "NODE"));

async function offered(
  of: ClusterNode | SshHost,
  context: string | null,
  reason?: ErrorReason,
  given: Given = {},
): Promise<string[]> {
  return words(await setUp(given).alternatives(of, context, reason));
}

describe("other ways, the likeliest first", () => {
  test("of a node of which nothing is known: a debug pod", async () => {
    expect(await offered(node, "prod")).toEqual(["a debug pod"]);
  });

  test.each([
    ["kind says it", { providerId: "kind://podman/c/worker-1" }, "prod", "podman container NODE"],
    ["nerdctl is the engine", { providerId: "kind://nerdctl/c/worker-1" }, "prod", "nerdctl container NODE"],
    ["it is named as kind's", { name: "dev-control-plane2" }, "kind-dev", "docker container NODE"],
    ["it is named as k3d's", { name: "k3d-dev-agent-0" }, "prod", "docker container NODE"],
    ["it is minikube's", { name: "minikube" }, "prod", "docker container NODE"],
    ["it is of a profile of minikube's", { name: "dev-m02" }, "dev", "docker container NODE"],
  ])("a container where %s", async (_what, changes, context, first) => {
    expect((await offered(fakeNode({ name: "worker-1", ...changes }), context))[0]).toBe(first);
  });

  test.each([
    ["another engine", { providerId: "kind://rkt/c/worker-1" }, "prod"],
    ["another node's provider ID", { providerId: "kind://docker/c/worker-2" }, "prod"],
    ["a cloud's provider ID", { providerId: "aws:///eu-west-1a/i-0abc" }, "prod"],
    ["a name like kind's in another context", { name: "dev-worker" }, "prod"],
  ])("none of %s", async (_what, changes, context) => {
    expect(await offered(fakeNode({ name: "worker-1", ...changes }), context)).toEqual(["a debug pod"]);
  });

  test("this machine, where it is the node", async () => {
    expect(await offered(node, "prod", undefined, { here: "worker-1" })).toEqual([
      "this machine",
      "a debug pod",
    ]);
    expect(await offered(host("root@127.0.0.1:2222"), null)).toEqual(["this machine"]);
    expect(await offered(host("bastion"), null)).toEqual([]);
  });

  test("the installed ssh, where the built-in client may be what failed", async () => {
    expect(await offered(node, "prod", "ssh-unsupported")).toEqual([
      "SSH with the installed ssh",
      "a debug pod",
    ]);
    expect(await offered(host("bastion"), null, "ssh-auth-failed")).toEqual(["SSH with the installed ssh"]);
    expect(await offered(node, "prod", "ssh-refused")).toEqual(["a debug pod"]);
    expect(await offered(node, "prod", "ssh-auth-failed", { client: "openssh" })).toEqual(["a debug pod"]);
  });

  test("SSH where another way is taken, and never that way again", async () => {
    const taking = (way: Way): Given => ({ rules: [{ context: "*", node: "*", way }] });
    expect(await offered(node, "prod", undefined, taking(debugPod))).toEqual(["SSH"]);
    const kind = fakeNode({ name: "node-a", providerId: "kind://docker/c/node-a" });
    expect(await offered(kind, "prod", undefined, taking(docker))).toEqual(["SSH", "a debug pod"]);
  });

  test("the same container of another engine, where the engine may be what failed", async () => {
    const given: Given = { rules: [{ context: "*", node: "*", way: docker }] };
    expect(await offered(fakeNode({ name: "minikube" }), "minikube", "container-engine", given)).toEqual([
      "podman container NODE",
      "SSH",
      "a debug pod",
    ]);
  });

  test("each comes with its reason, in a sentence", async () => {
    const all = await setUp({ here: "minikube" }).alternatives(
      fakeNode({ name: "minikube" }),
      "minikube",
      "ssh-auth-failed",
    );
    expect(all).toHaveLength(5);
    for (const { why } of all) {
      expect(why).toMatch(/^[A-Z].*\.$/);
      // A longer one is cut off in the list.
      expect(why.length).toBeLessThan(85);
    }
  });
});
