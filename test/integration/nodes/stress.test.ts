import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { asSandboxError, SandboxError } from "../../../extension/core/errors.ts";
import { NodePool } from "../../../extension/nodes/pool.ts";
import { Busy, Refused } from "../../../extension/nodes/session.ts";
import { fakeDestination, type FakeDestination } from "../../support/fake-destination.ts";
import { because } from "../../support/skipped.ts";
import { makeBench, makeHome } from "../../support/ssh-nodes.ts";
import { makeKey, startSshd, whyNoSshd } from "../../support/sshd.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** Numbers from 0 up to 1 that are the same each time (Lehmer, modulus 2^31 - 1). */
function chances(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** A node that is busy, hangs up, refuses and is slow, each now and then. */
function moodyNode(name: string, chance: () => number): FakeDestination {
  return fakeDestination(name, {
    opens: async () => {
      const mood = chance();
      const lost = new SandboxError("ssh-connection-lost", "moody");
      if (mood < 0.1) throw new Busy(lost);
      if (mood < 0.15) throw lost;
    },
    onStart: (command, session) => {
      const mood = chance();
      if (mood < 0.05 && session.running > 1) {
        session.running--;
        throw new Refused("moody");
      }
      if (mood < 0.08) session.end();
      else setTimeout(() => command.answer(), mood * 30);
    },
  });
}

describe.skipIf(whyNoSshd !== undefined)(`a thousand commands${because(whyNoSshd)}`, () => {
  it("on fifty moody nodes and ten real ones each end rightly, and leave nothing behind", async () => {
    const warnings: Error[] = [];
    const warn = (warning: Error): void => void warnings.push(warning);
    process.on("warning", warn);
    const chance = chances(4);
    await using home = await makeHome();
    const user = await makeKey(home.path("user"));
    const sshd = await startSshd({ authorizedKeys: [user.publicKey], maxSessions: 5 });
    try {
      const names = Array.from({ length: 10 }, (_, index) => `real-${index}`);
      await home.write(
        ".ssh/config",
        names.map((name) => `Host ${name}\n HostName 127.0.0.1\n HostKeyAlias node\n`).join(""),
      );
      await home.write(".ssh/known_hosts", `node ${sshd.hostKeys[0]?.publicKey}\n`);
      await using bench = makeBench(home, { identityFile: user.path, maxConnections: 6 });
      const pool = new NodePool({ maxSessions: 20, idleMs: 60_000, log: silent });
      const moody = Array.from({ length: 50 }, (_, index) => moodyNode(`moody-${index}`, chance));
      const everybody = new AbortController().signal;
      const cuts = setInterval(() => void sshd.dropConnections(), 1_500);

      async function command(index: number): Promise<string> {
        const cancel = new AbortController();
        if (chance() < 0.2) setTimeout(() => cancel.abort(), chance() * 1_000);
        // One signal of all is what a window gives that closes.
        const signal = index % 2 === 0 ? everybody : cancel.signal;
        const node = moody[index % 60];
        const words = ["echo", String(index)];
        const limits = { signal, timeoutMs: 60_000, maxBytes: 1_000 };
        try {
          const { stdout } =
            node === undefined
              ? await bench.run(sshd.port, words, { ...limits, host: names[(index % 60) - 50] ?? "" })
              : await pool.run(node, { argv: words, stdin: "" }, limits);
          return [String(index), words.join(" ")].includes(stdout.trim()) ? "right" : `wrong: ${stdout}`;
        } catch (error) {
          const { reason, message } = asSandboxError(error);
          const expected = reason === "ssh-connection-lost" || (reason === "cancelled" && signal.aborted);
          return expected ? reason : `${reason}: ${message}`;
        }
      }

      const ends = await Promise.all(Array.from({ length: 1_000 }, (_, index) => command(index)));
      clearInterval(cuts);
      const counts = new Map<string, number>();
      for (const end of ends) counts.set(end, (counts.get(end) ?? 0) + 1);
      expect([...counts.keys()].toSorted()).toEqual(["cancelled", "right", "ssh-connection-lost"]);
      expect(counts.get("right")).toBeGreaterThan(600);
      expect(pool.size).toBeLessThanOrEqual(20);
      await Promise.all([pool.close(), bench.nodes.close()]);
      expect([pool.size, bench.nodes.sessions()]).toEqual([0, 0]);
      expect(getEventListeners(everybody, "abort")).toEqual([]);
      expect(warnings).toEqual([]);
    } finally {
      process.off("warning", warn);
      await sshd.stop();
    }
  });
});
