/**
 * The only door to @kubernetes/client-node and to ws. Loaded with `await import("./library.ts")` on first use.
 *
 * Of client-node only KubeConfig is used: reading kubeconfigs, certificates, proxies and credential plugins. It is imported from its
 * own file because the library's index drags in every generated API class. Requests, paging and watching are ours (api-client.ts,
 * pod-watch.ts): the library opens a new connection pool for each request, and its watch swallows lines that it cannot parse; its exec knows no
 * back-pressure, and nothing of why the server did not take the stream.
 */
export { KubeConfig } from "@kubernetes/client-node/dist/config.js";
export type { Cluster, Context, User } from "@kubernetes/client-node/dist/config_types.js";
export { WebSocket } from "ws";
