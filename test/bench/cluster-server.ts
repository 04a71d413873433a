// The lab's API server with all the pods of cluster-pods.ts, in a process of its own: its work is none of the extension's.
import { readFileSync } from "node:fs";
import path from "node:path";
import { startLabApi } from "../lab/api-server.ts";
import { benchPod, benchStatus, podCount } from "./cluster-pods.ts";
import type { ServerOrder, ServerWord } from "./cluster-server-words.ts";

// kubectl sends no token without TLS.
const pem = (name: string): string =>
  readFileSync(path.join(import.meta.dirname, "../fixtures/tls", name), "utf8");
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const [key, cert, ca] = [pem("server.key"), pem("server.crt"), pem("ca.crt")];
const api = await startLabApi({ tls: { key, cert } });
api.setPods(Array.from({ length: podCount }, (_, index) => benchPod(index)));
say({ kind: "ready", kubeconfig: api.kubeconfig().replace(base64(cert), base64(ca)) });

let churn: ReturnType<typeof setInterval> | undefined;

process.on("message", (order: ServerOrder) => {
  clearInterval(churn);
  if (order.kind === "rest") return;
  const { among, perSecond } = order;
  const everyMs = 10;
  const begun = performance.now();
  let made = 0;
  churn = setInterval(() => {
    const due = ((performance.now() - begun) / 1000) * perSecond;
    for (; made < due; made++) change(among, made);
  }, everyMs);
});
process.on("disconnect", () => void api.close().then(() => process.exit()));

/** Nine in ten are changes of a pod's status that carry the time; the tenth is one that goes and the next time comes back. */
function change(among: number, turn: number): void {
  const index = (turn * 7919) % among;
  const pod = benchPod(index);
  const { name, namespace = "" } = pod.metadata;
  if (turn % 10 === 9 && api.deletePod(namespace, name)) return;
  api.applyPod({ ...pod, status: benchStatus(index, new Date().toISOString(), turn) });
}

function say(word: ServerWord): void {
  process.send?.(word);
}
