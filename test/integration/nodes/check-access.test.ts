import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkAccess } from "../../../extension/app/check-access.ts";
import type { AccessReport } from "../../../extension/core/access-check.ts";
import type { ClusterNode } from "../../../extension/core/pod.ts";
import { bySsh, type SshClientChoice } from "../../../extension/nodes/access.ts";
import { because } from "../../support/skipped.ts";
import { type Bench, type Home, makeBench, makeHome, makeNode } from "../../support/ssh-nodes.ts";
import { makeKey, startSshd, whyNoSshd, type KeyPair, type Sshd } from "../../support/sshd.ts";
import { FakeCluster } from "../../unit/app/fake-cluster.ts";

const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
const place = { context: "lab", node: hostname() };
const clients: readonly SshClientChoice[] = ["builtin", "openssh"];

describe.skipIf(whyNoSshd !== undefined)(`access to a real node, checked${because(whyNoSshd)}`, () => {
  let keys: Home;
  let user: KeyPair;
  let stranger: KeyPair;
  let sshd: Sshd;

  beforeAll(async () => {
    keys = await makeHome();
    user = await makeKey(keys.path("user"));
    stranger = await makeKey(keys.path("stranger"));
    sshd = await startSshd({ authorizedKeys: [user.publicKey] });
  });

  afterAll(async () => {
    await sshd.stop();
    await keys[Symbol.asyncDispose]();
  });

  /** The report, and how many connections the server has seen for it. */
  async function check(
    client: SshClientChoice,
    key: KeyPair,
    node: Partial<ClusterNode> = {},
  ): Promise<{ report: AccessReport; connections: number; bench: Bench }> {
    await using home = await makeHome(client === "openssh" ? { PATH: process.env["PATH"] ?? "" } : {});
    await home.write(".ssh/known_hosts", `${sshd.knownHostsLine}\n`);
    const way = { ...bySsh, client };
    // The installed ssh takes the home folder of the account, whatever the environment says.
    const settings = { identityFile: key.path, knownHostsFile: home.knownHosts };
    const bench = makeBench(home, settings, {}, { way });
    const cluster = new FakeCluster("lab");
    cluster.getNode = async () => makeNode(place.node, `127.0.0.1:${sshd.port}`, { bootId, ...node });
    const before = connectionsOf(sshd);
    const report = await checkAccess(
      {
        openCluster: async () => cluster,
        openWays: async () => bench.nodes,
        wayOf: () => way,
        become: { kind: "never" },
        timeoutMs: 20_000,
        now: () => new Date(),
      },
      place,
      { signal: new AbortController().signal },
    );
    return { report, connections: connectionsOf(sshd) - before, bench };
  }

  test.each(clients)("by the client %s: every step, in one connection that is closed", async (client) => {
    const { report, connections, bench } = await check(client, user);
    const outcomes = report.findings.map(({ step, outcome }) => `${step} ${outcome}`);
    expect(outcomes.slice(0, 6)).toEqual([
      "way yes",
      "address yes",
      "connect yes",
      "host-key yes",
      "login yes",
      "command yes",
    ]);
    expect(outcomes).toEqual(expect.arrayContaining(["machine yes", "clock yes"]));
    expect(report.findings.find(({ step }) => step === "connect")?.says).toContain(String(sshd.port));
    expect(connections).toBe(1);
    expect(bench.nodes.sessions()).toBe(0);
  });

  test.each(clients)("by the client %s: a key that the server does not know", async (client) => {
    const { report } = await check(client, stranger);
    expect(report.findings.find(({ outcome }) => outcome === "no")).toMatchObject({ step: "login" });
    expect(report.findings.filter(({ outcome }) => outcome === "yes").map(({ step }) => step)).toEqual([
      "way",
      "address",
      "connect",
      "host-key",
    ]);
  });

  test.each(clients)("by the client %s: nothing listens there", async (client) => {
    const { report } = await check(client, user, {
      addresses: [{ type: "InternalIP", address: "127.0.0.1:1" }],
    });
    expect(report.findings.find(({ outcome }) => outcome === "no")).toMatchObject({ step: "connect" });
  });

  test("another machine than the node", async () => {
    const { report } = await check("builtin", user, { bootId: "00000000-0000-4000-8000-000000000000" });
    expect(report.findings.find(({ outcome }) => outcome === "no")).toMatchObject({ step: "machine" });
  });
});

function connectionsOf(sshd: Sshd): number {
  return sshd.log().match(/Connection from/g)?.length ?? 0;
}
