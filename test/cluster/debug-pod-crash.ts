import { debugPodProduct, FileStore } from "./debug-pod-product.ts";

// A window that ends without any warning: it makes a debug pod, says so, and stands still until it is killed.
const [, , kubeconfig = "", ledger = "", namespace = "", name = ""] = process.argv;
const halfWay = (): Promise<void> => {
  process.stdout.write("created\n");
  return new Promise(() => {});
};
const product = await debugPodProduct(kubeconfig, {
  store: new FileStore(ledger),
  around: (api) => ({
    missingRights: (...words) => api.missingRights(...words),
    createPod: (...words) => api.createPod(...words),
    waitUntilRunning: halfWay,
    exec: (...words) => api.exec(...words),
    execTerminal: (...words) => api.execTerminal(...words),
    deletePod: (...words) => api.deletePod(...words),
    listPods: (...words) => api.listPods(...words),
  }),
});
// Something to wait for.
setInterval(() => {}, 60_000);
await product.inspect({ namespace, name });
