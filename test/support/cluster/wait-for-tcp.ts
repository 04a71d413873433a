import { connect } from "node:net";
import type { Supervised } from "./supervised.ts";
import { waitUntil } from "./wait.ts";

/** Waits until a server of ours listens on a port of 127.0.0.1. */
export async function waitForTcp(port: number, server: Supervised): Promise<void> {
  const look = async (): Promise<true | undefined> => {
    if (!server.running()) throw new Error(`It ended\n${server.logTail()}`);
    return (await accepts(port)) ? true : undefined;
  };
  await waitUntil(`port ${port}`, look, { timeoutMs: 30_000, explain: server.logTail });
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
