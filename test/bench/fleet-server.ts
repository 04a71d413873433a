// Simulated nodes, in a process of their own: SSH servers that answer every command with their node's reading, each behind
// a link that takes its time. Whoever has any key is let in: there is nothing here but made-up text.
import type { AddressInfo } from "node:net";
import ssh2 from "ssh2";
import { scanOutput } from "../support/scan-output.ts";
import { startSlowLink } from "../support/slow-link.ts";
import { fleetContainerId, type FleetOrder, fleetPodUid, type FleetWord, podsOfEach } from "./fleet-words.ts";

process.once("message", (order: FleetOrder) => {
  void Promise.all(Array.from({ length: order.count }, async (_, node) => startNode(node, order))).then(
    (ports) => {
      const word: FleetWord = { ports };
      process.send?.(word);
    },
  );
});
process.on("disconnect", () => process.exit());

/** The port that leads to it. */
async function startNode(node: number, { hostKey, oneWayMs, slowMs }: FleetOrder): Promise<number> {
  const answer = answerOf(node);
  const server = new ssh2.Server({ hostKeys: [hostKey] }, (connection) => {
    connection.on("authentication", (context) => {
      if (context.method === "publickey") context.accept();
      else context.reject(["publickey"]);
    });
    connection.on("session", (accept) => {
      accept().on("exec", (acceptExec) => {
        const channel = acceptExec();
        channel.resume();
        channel.on("end", () => {
          setTimeout(
            () => {
              channel.write(answer);
              channel.exit(0);
              channel.end();
            },
            node % 10 === 0 ? slowMs : 0,
          );
        });
      });
    });
    connection.on("error", () => connection.end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return (await startSlowLink({ host: "127.0.0.1", port }, oneWayMs)).port;
}

/** Its pods, the first of which uses the node's network. */
function answerOf(node: number): string {
  const own = { ipc: "5002", uts: "5003", pid: "5004", mnt: "5005" };
  return scanOutput({
    scope: "node",
    processes: Array.from({ length: podsOfEach }, (_, pod) => ({
      pid: 1000 + pod,
      cgroup: `/kubepods/besteffort/pod${fleetPodUid(node, pod)}/${fleetContainerId(pod)}`,
      inodes: pod === 0 ? { ipc: "5002", pid: "5004", mnt: "5005" } : { net: "5001", ...own },
    })),
  });
}
