import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ApiClient } from "./api-client.ts";
import { freePorts } from "./free-ports.ts";
import { claimInstance, type Instance } from "./instance.ts";
import { kubeconfigText, limitedNamespace, type BenchUsers } from "./kubeconfig.ts";
import { ensureKubernetesBinaries, minorVersion, type KubernetesBinaries } from "./kubernetes-binaries.ts";
import { type ClientCertificate, newClientCertificate, newRsaKey, newToken } from "./secrets.ts";
import { startSupervised, type Supervised } from "./supervised.ts";
import { waitUntil } from "./wait.ts";

export interface ControlPlaneOptions {
  readonly log?: (line: string) => void;
  /**
   * Without its watch cache the API server passes watches on to etcd, so that after `compact()` an old
   * resourceVersion is 410 Gone at once. Default: with.
   */
  readonly watchCache?: boolean;
  /** With the admission plugin PodSecurityPolicy (until 1.24): no pod is admitted unless a policy allows it. */
  readonly podSecurityPolicy?: boolean;
}

/** A real etcd and a real kube-apiserver on loopback, nothing else. */
export interface ControlPlane {
  readonly instance: Instance;
  readonly binaries: KubernetesBinaries;
  /** Contexts `admin` (current), `nobody`, `limited`. */
  readonly kubeconfigPath: string;
  readonly url: string;
  readonly tokens: BenchUsers;
  /** As the user `admin`. */
  readonly client: ApiClient;
  /** How the API server shows itself to kubelets. */
  readonly kubeletClient: ClientCertificate;
  stopApiServer(): Promise<void>;
  /** On the same port, with the same data. */
  startApiServer(): Promise<void>;
  restartApiServer(): Promise<void>;
  /** Makes etcd forget all but the present: continue tokens and old resource versions are 410 Gone from now on. */
  compact(): Promise<void>;
  /** Stops all, a node of this control plane too, and removes every trace. */
  stop(): Promise<void>;
}

/** Starts etcd and kube-apiserver; takes a few seconds. Needs no root. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const binaries = await ensureKubernetesBinaries(options.log ?? (() => undefined));
  const instance = await claimInstance();
  try {
    return await startIn(instance, binaries, options);
  } catch (error) {
    await instance.release();
    throw error;
  }
}

async function startIn(
  instance: Instance,
  binaries: KubernetesBinaries,
  options: ControlPlaneOptions,
): Promise<ControlPlane> {
  const [clientPort = 0, peerPort = 0, securePort = 0] = await freePorts(3);
  const etcdUrl = `http://127.0.0.1:${clientPort}`;
  const etcd = startEtcd(instance, etcdUrl, `http://127.0.0.1:${peerPort}`);

  const folder = join(instance.directory, "apiserver");
  await mkdir(folder, { mode: 0o700 });
  const tokens: BenchUsers = { admin: newToken(), nobody: newToken(), limited: newToken() };
  await writeFile(join(folder, "tokens.csv"), tokenFile(tokens));
  await writeFile(join(folder, "service-account.key"), newRsaKey());
  const kubeletClient = await newClientCertificate(folder, "kubelet-client");

  const minor = await minorVersion(binaries.apiserver);
  const flags = apiServerFlags({
    folder,
    kubeletClient,
    etcdUrl,
    port: securePort,
    minor,
    watchCache: options.watchCache ?? true,
    podSecurityPolicy: options.podSecurityPolicy ?? false,
  });
  const start = (): Supervised => startSupervised(instance, "kube-apiserver", binaries.apiserver, flags);
  let server = start();
  const url = `https://127.0.0.1:${securePort}`;
  // Made by the API server at its first start; holds the certificate and the authority that signed it.
  const certificate = await waitUntil(
    "the API server's certificate",
    () =>
      server.running()
        ? readFile(join(folder, "apiserver.crt"), "utf8").catch(() => undefined)
        : fail(server),
    { timeoutMs: 30_000, explain: server.logTail },
  );
  const client = new ApiClient({ url, token: tokens.admin, ca: certificate });
  await untilReady(client, server);
  await grantLimitedUser(client);
  const kubeconfigPath = join(folder, "kubeconfig");
  await writeFile(kubeconfigPath, kubeconfigText(url, certificate, tokens), { mode: 0o600 });

  const stopApiServer = async (): Promise<void> => server.stop();
  const startApiServer = async (): Promise<void> => {
    server = start();
    await untilReady(client, server);
  };
  return {
    instance,
    binaries,
    kubeconfigPath,
    url,
    tokens,
    client,
    kubeletClient,
    stopApiServer,
    startApiServer,
    restartApiServer: async () => {
      await stopApiServer();
      await startApiServer();
    },
    compact: () => compact(etcdUrl),
    stop: async () => {
      client.close();
      await Promise.all([server.kill(), etcd.kill()]);
      await instance.release();
    },
  };
}

function fail(server: Supervised): never {
  throw new Error(`It ended\n${server.logTail()}`);
}

function startEtcd(instance: Instance, url: string, peerUrl: string): Supervised {
  return startSupervised(instance, "etcd", "etcd", [
    `--data-dir=${join(instance.directory, "etcd")}`,
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    `--listen-peer-urls=${peerUrl}`,
    `--initial-advertise-peer-urls=${peerUrl}`,
    `--initial-cluster=default=${peerUrl}`,
  ]);
}

/** Lines of token, user, UID and groups (kube-apiserver --token-auth-file). */
function tokenFile(tokens: BenchUsers): string {
  const groupOf = (user: string): string => (user === "admin" ? `,"system:masters"` : "");
  return Object.entries(tokens)
    .map(([user, token]: [string, string]) => `${token},${user},${user}${groupOf(user)}\n`)
    .join("");
}

interface ApiServerSetup {
  readonly folder: string;
  readonly kubeletClient: ClientCertificate;
  readonly etcdUrl: string;
  readonly port: number;
  readonly minor: number;
  readonly watchCache: boolean;
  readonly podSecurityPolicy: boolean;
}

function apiServerFlags(setup: ApiServerSetup): string[] {
  const { folder, kubeletClient, etcdUrl, port, minor, watchCache, podSecurityPolicy } = setup;
  return [
    `--etcd-servers=${etcdUrl}`,
    "--bind-address=127.0.0.1",
    `--secure-port=${port}`,
    `--cert-dir=${folder}`,
    // Nobody asks for the service "kubernetes", and loopback is no address to advertise it with.
    "--endpoint-reconciler-type=none",
    "--service-cluster-ip-range=10.96.0.0/24",
    `--token-auth-file=${join(folder, "tokens.csv")}`,
    "--authorization-mode=Node,RBAC",
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${join(folder, "service-account.key")}`,
    `--service-account-signing-key-file=${join(folder, "service-account.key")}`,
    // For exec: the node's name is in no DNS.
    "--kubelet-preferred-address-types=InternalIP",
    `--kubelet-client-certificate=${kubeletClient.certificate}`,
    `--kubelet-client-key=${kubeletClient.key}`,
    // There is no controller manager that would make the accounts it asks for.
    "--disable-admission-plugins=ServiceAccount",
    ...(podSecurityPolicy ? ["--enable-admission-plugins=PodSecurityPolicy"] : []),
    "--allow-privileged=true",
    // The gate went when the feature was there for good.
    ...(minor < 25 ? ["--feature-gates=EphemeralContainers=true"] : []),
    "--profiling=false",
    `--watch-cache=${watchCache}`,
  ];
}

async function untilReady(client: ApiClient, server: Supervised): Promise<void> {
  const look = async (): Promise<true | undefined> => {
    if (!server.running()) fail(server);
    const status = await client.get("/readyz").then(
      (answer) => answer.status,
      () => 0,
    );
    return status === 200 ? true : undefined;
  };
  await waitUntil("the API server to be ready", look, { timeoutMs: 60_000, explain: server.logTail });
}

async function grantLimitedUser(client: ApiClient): Promise<void> {
  const roles = `/apis/rbac.authorization.k8s.io/v1/namespaces/${limitedNamespace}`;
  await client.create("/api/v1/namespaces", { metadata: { name: limitedNamespace } });
  await client.create(`${roles}/roles`, {
    metadata: { name: "pod-reader" },
    rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] }],
  });
  await client.create(`${roles}/rolebindings`, {
    metadata: { name: "pod-reader" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "pod-reader" },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "limited" }],
  });
}

/** etcd's JSON gateway, in which int64 is a string (etcd 3.4 api_grpc_gateway). */
async function compact(etcdUrl: string): Promise<void> {
  const post = async (path: string, body: unknown): Promise<unknown> => {
    const answer = await fetch(`${etcdUrl}${path}`, { method: "POST", body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`etcd ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  const key = Buffer.from("/").toString("base64");
  const { header } = (await post("/v3/kv/range", { key, limit: "1" })) as { header: { revision: string } };
  await post("/v3/kv/compaction", { revision: header.revision, physical: true });
}
