import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeSnapshot } from "../../../extension/core/snapshot/snapshot.ts";
import manifest from "../../../package.json" with { type: "json" };
import { openProduct } from "../../cluster/product.ts";
import { startControlPlane } from "./control-plane.ts";
import { startNode } from "./node.ts";
import type { PodManifest } from "./pods.ts";
import { waitUntil } from "./wait.ts";

// Takes media/sample-pod.sandbox.json from a real node, through the product's own reading. Run as root:
//   node test/support/cluster/take-sample.ts

const target = join(import.meta.dirname, "../../../media/sample-pod.sandbox.json");

/**
 * A web server and a sidecar that is worth looking at: it does not reap its child, and one of its processes has a network
 * of its own.
 */
const pod: PodManifest = {
  name: "web",
  namespace: "shop",
  spec: {
    containers: [
      { name: "nginx", command: ["sh", "-c", "httpd -p 8081; exec httpd -f -p 8080"] },
      {
        name: "proxy",
        command: ["sh", "-c", "sleep 1 & unshare -n sleep 1000000 & exec tail -f /dev/null"],
        securityContext: { privileged: true },
      },
    ],
  },
};

/** As `kubectl debug --target nginx` adds it. */
const debuggerContainer = {
  name: "debugger",
  command: ["sleep", "1000000"],
  targetContainerName: "nginx",
};

const plane = await startControlPlane({ log: console.log });
try {
  const node = await startNode(plane);
  const product = await openProduct(plane, node);
  try {
    const handle = await node.pods.run(pod);
    await node.pods.addEphemeral(handle, debuggerContainer);
    const report = await waitUntil(
      "the pod to look as it is meant to",
      async () => {
        const read = await product.inspect(handle);
        const codes = read.findings.map(({ code }) => code);
        return codes.includes("zombies") && codes.includes("process-elsewhere") ? read : undefined;
      },
      { timeoutMs: 30_000, everyMs: 500 },
    );
    const { name, version } = manifest;
    await writeFile(target, writeSnapshot({ kind: "report", report }, new Date(), `${name} ${version}`));
    console.log(`written: ${target}`);
  } finally {
    product.close();
  }
} finally {
  await plane.stop();
}
