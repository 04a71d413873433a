import type { KubeObject } from "../lab/api-store.ts";

/** Kubernetes' own limits (kubernetes.io, "Considerations for large clusters"). */
export const podCount = 150_000;
export const nodeCount = 5_000;
/** One Kubernetes namespace is as large as this; the rest of the pods are in the others. */
export const largeNamespace = "batch";
export const largeNamespaceCount = 10_000;
const otherNamespaceCount = 200;

/**
 * The pod of this number, 0 to podCount - 1, as the API has it after a kubelet ran it: about 5 kB of JSON. Parts that
 * many pods have in common are the same objects, so that a server can hold them all.
 */
export function benchPod(index: number): KubeObject {
  const namespace =
    index < largeNamespaceCount ? largeNamespace : `team-${pad(index % otherNamespaceCount, 3)}`;
  const app = `${apps[index % apps.length] ?? ""}-${pad(Math.floor(index / 1000), 3)}`;
  const name = `${app}-7d9f8c6b5d-${suffix(index)}`;
  const template = templateOf(app);
  return {
    metadata: {
      name,
      generateName: `${app}-7d9f8c6b5d-`,
      namespace,
      uid: `5f0c3a1e-9d42-4b7a-8c11-${hex(index, 12)}`,
      creationTimestamp: "2026-11-01T08:15:30Z",
      labels: template.labels,
      annotations: template.annotations,
      ownerReferences: template.owners,
      managedFields,
    },
    spec: { ...template.spec, nodeName: nodeName(index % nodeCount) },
    status: benchStatus(index, "2026-11-01T08:15:42Z", 0),
  };
}

/** @param startedAt - of the first container, ISO 8601 with milliseconds if need be. */
export function benchStatus(index: number, startedAt: string, restartCount: number): object {
  const node = index % nodeCount;
  const podIP = `10.${node % 200}.${Math.floor(node / 200)}.${Math.floor(index / nodeCount) + 2}`;
  const hostIP = `172.16.${Math.floor(node / 250)}.${(node % 250) + 1}`;
  return {
    phase: "Running",
    conditions,
    hostIP,
    hostIPs: [{ ip: hostIP }],
    podIP,
    podIPs: [{ ip: podIP }],
    startTime: "2026-11-01T08:15:31Z",
    containerStatuses: ["app", "proxy"].map((name, place) => ({
      name,
      state: { running: { startedAt: place === 0 ? startedAt : "2026-11-01T08:15:43Z" } },
      lastState: {},
      ready: true,
      restartCount: place === 0 ? restartCount : 0,
      image: `registry.example.org/${name}:1.2.${index % 40}`,
      imageID: `registry.example.org/${name}@sha256:${hex(index % 40, 64)}`,
      containerID: `containerd://${hex(index * 2 + place, 64)}`,
      started: true,
    })),
    qosClass: "Burstable",
  };
}

export function nodeName(index: number): string {
  return `ip-172-16-${Math.floor(index / 250)}-${(index % 250) + 1}.eu-central-1.compute.internal`;
}

const apps = [
  "checkout",
  "inventory",
  "search-indexer",
  "payments-gateway",
  "nightly-report",
  "recommendation",
];

function pad(number: number, length: number): string {
  return String(number).padStart(length, "0");
}

/** As scattered as an ID, and another one for each number. */
function hex(number: number, length: number): string {
  const mixed = (Math.imul(number, 2_654_435_761) >>> 0).toString(16).padStart(8, "0");
  return (number.toString(16).padStart(8, "0") + mixed.repeat(8)).slice(0, length).padEnd(length, "0");
}

const letters = "bcdfghjklmnpqrstvwxz2456789";

function suffix(index: number): string {
  let rest = index + 9_999_999;
  return Array.from({ length: 5 }, () => {
    const letter = letters[rest % letters.length] ?? "";
    rest = Math.floor(rest / letters.length);
    return letter;
  }).join("");
}

const templates = new Map<string, ReturnType<typeof makeTemplate>>();

function templateOf(app: string): ReturnType<typeof makeTemplate> {
  const known = templates.get(app);
  if (known !== undefined) return known;
  const made = makeTemplate(app);
  templates.set(app, made);
  return made;
}

function makeTemplate(app: string) {
  const token = "kube-api-access-x7k2p";
  const container = (name: string): object => ({
    name,
    image: `registry.example.org/${name}:1.2.3`,
    args: ["--listen=:8080", `--service=${app}`, "--log-format=json"],
    ports: [{ name: "http", containerPort: 8080, protocol: "TCP" }],
    env: [
      { name: "POD_NAME", valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: "metadata.name" } } },
      { name: "LOG_LEVEL", value: "info" },
    ],
    resources: { limits: { memory: "512Mi" }, requests: { cpu: "100m", memory: "256Mi" } },
    volumeMounts: [
      { name: token, readOnly: true, mountPath: "/var/run/secrets/kubernetes.io/serviceaccount" },
    ],
    livenessProbe: probe("/healthz"),
    readinessProbe: probe("/readyz"),
    terminationMessagePath: "/dev/termination-log",
    terminationMessagePolicy: "File",
    imagePullPolicy: "IfNotPresent",
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
  });
  return {
    labels: {
      "app.kubernetes.io/name": app,
      "app.kubernetes.io/part-of": "shop",
      "pod-template-hash": "7d9f8c6b5d",
    },
    annotations: { "prometheus.io/scrape": "true", "prometheus.io/port": "8080" },
    owners: [
      {
        apiVersion: "apps/v1",
        kind: "ReplicaSet",
        name: `${app}-7d9f8c6b5d`,
        uid: "1c9d8a70-3f0e-4f7d-9a53-0d6f5b2c1e77",
        controller: true,
        blockOwnerDeletion: true,
      },
    ],
    spec: {
      volumes: [
        {
          name: token,
          projected: {
            sources: [
              { serviceAccountToken: { expirationSeconds: 3607, path: "token" } },
              { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
            ],
            defaultMode: 420,
          },
        },
      ],
      containers: [container("app"), container("proxy")],
      restartPolicy: "Always",
      terminationGracePeriodSeconds: 30,
      dnsPolicy: "ClusterFirst",
      serviceAccountName: app,
      serviceAccount: app,
      securityContext: { runAsNonRoot: true },
      schedulerName: "default-scheduler",
      tolerations: ["not-ready", "unreachable"].map((what) => ({
        key: `node.kubernetes.io/${what}`,
        operator: "Exists",
        effect: "NoExecute",
        tolerationSeconds: 300,
      })),
      priority: 0,
      enableServiceLinks: true,
      preemptionPolicy: "PreemptLowerPriority",
    },
  };
}

function probe(path: string): object {
  return {
    httpGet: { path, port: 8080, scheme: "HTTP" },
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
  };
}

const conditions = ["Initialized", "Ready", "ContainersReady", "PodScheduled"].map((type) => ({
  type,
  status: "True",
  lastProbeTime: null,
  lastTransitionTime: "2026-11-01T08:15:43Z",
}));

const managedFields = ["kube-controller-manager", "kubelet"].map((manager) => ({
  manager,
  operation: "Update",
  apiVersion: "v1",
  time: "2026-11-01T08:15:43Z",
  fieldsType: "FieldsV1",
  fieldsV1: {
    "f:metadata": { "f:generateName": {}, "f:labels": { ".": {}, "f:pod-template-hash": {} } },
    "f:spec": {
      "f:containers": {
        'k:{"name":"app"}': {
          ".": {},
          "f:image": {},
          "f:imagePullPolicy": {},
          "f:livenessProbe": { ".": {}, "f:failureThreshold": {}, "f:periodSeconds": {} },
          "f:name": {},
          "f:resources": { ".": {}, "f:limits": { ".": {}, "f:memory": {} } },
          "f:terminationMessagePath": {},
        },
      },
      "f:dnsPolicy": {},
      "f:restartPolicy": {},
    },
  },
}));
