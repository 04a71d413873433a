import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import type { NodeTransport } from "../../extension/nodes/transport.ts";
import { makeBench, makeHome, makeNode } from "../support/ssh-nodes.ts";
import { makeKey, startSshd } from "../support/sshd.ts";

/** This machine as a node, by the product's own SSH. */
export interface NodeConnection extends AsyncDisposable {
  readonly transport: NodeTransport;
}

/** Logs in to a real sshd on loopback, as whoever runs this. */
export async function connectNode(): Promise<NodeConnection> {
  const folder = await mkdtemp(join(tmpdir(), "bench-"));
  const key = await makeKey(join(folder, "key"));
  const sshd = await startSshd({ authorizedKeys: [key.publicKey] });
  const home = await makeHome();
  await home.write(".ssh/known_hosts", `${sshd.knownHostsLine}\n`);
  const { nodes } = makeBench(home, { identityFile: key.path, user: userInfo().username });
  const node = makeNode("bench", `${sshd.host}:${sshd.port}`);
  return {
    transport: nodes.transport(node, "bench"),
    [Symbol.asyncDispose]: async () => {
      await nodes.close();
      await sshd.stop();
      await home[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}
