import { mkdir, writeFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import { makeCgroup, kubepodsExists } from "./cgroups.ts";
import type { ControlPlane } from "./control-plane.ts";
import type { Containerd } from "./containerd.ts";
import { withFileLock } from "./file-lock.ts";
import { freePorts } from "./free-ports.ts";
import { pauseImage } from "./images.ts";
import type { Instance } from "./instance.ts";
import { lockFileOf } from "./instance-record.ts";
import { minorVersion } from "./kubernetes-binaries.ts";
import { saveKernelSettings } from "./kernel-settings.ts";
import { startSupervised, type Supervised } from "./supervised.ts";

export interface KubeletOptions {
  /** Keep the pods below a cgroup of our own, as a nested node does, even where `/kubepods` is free. */
  readonly nested?: boolean;
}

export interface Kubelet {
  readonly server: Supervised;
  /** Folder that it reads static pods from. */
  readonly manifests: string;
  /** "/" as on a real node, or a cgroup of our own (as in a nested node such as kind's) where `/kubepods` was taken. */
  readonly cgroupRoot: string;
}

/** Starts a kubelet that registers itself as a Node; resolves before the node is ready. */
export async function startKubelet(
  plane: ControlPlane,
  containerd: Containerd,
  options: KubeletOptions,
): Promise<Kubelet> {
  const { instance } = plane;
  const folder = join(instance.directory, "kubelet");
  const manifests = join(instance.directory, "manifests");
  await mkdir(folder);
  await mkdir(manifests);
  const cgroupRoot = await withFileLock(lockFileOf(instance.directory), () => {
    saveKernelSettings(instance.directory);
    return takeCgroup(instance, options.nested ?? false);
  });
  const [port = 0] = await freePorts(1);
  const address = externalAddress();
  const minor = await minorVersion(plane.binaries.kubelet);
  const configPath = join(instance.directory, "kubelet.yaml");
  await writeFile(
    configPath,
    configuration({ manifests, cgroupRoot, address, port, minor, clientCa: plane.kubeletClient.certificate }),
  );
  const server = startSupervised(
    instance,
    "kubelet",
    plane.binaries.kubelet,
    [
      `--config=${configPath}`,
      `--kubeconfig=${plane.kubeconfigPath}`,
      `--root-dir=${folder}`,
      `--cert-dir=${folder}/pki`,
      `--hostname-override=${instance.nodeName}`,
      `--node-ip=${address}`,
      ...(minor < 27 ? ["--container-runtime=remote"] : []),
      `--container-runtime-endpoint=unix://${containerd.socket}`,
      `--pod-infra-container-image=${pauseImage}`,
    ],
    { ...process.env, PATH: `/usr/sbin:/sbin:${process.env["PATH"] ?? ""}` },
  );
  return { server, manifests, cgroupRoot };
}

/** Two kubelets below one cgroup would each remove the other's pods as orphans. */
async function takeCgroup(instance: Instance, nested: boolean): Promise<string> {
  const root = nested || kubepodsExists() ? `/${instance.network}` : "/";
  const ours = root === "/" ? "/kubepods" : root;
  await writeFile(join(instance.directory, "cgroup"), ours);
  await makeCgroup(ours);
  return root;
}

/** A kubelet refuses a loopback address as its node's. */
function externalAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const found = addresses.find(({ family, internal }) => family === "IPv4" && !internal);
  if (found === undefined)
    throw new Error("A kubelet needs a network interface with an IPv4 address that is not loopback");
  return found.address;
}

interface KubeletSetup {
  readonly manifests: string;
  readonly cgroupRoot: string;
  readonly address: string;
  readonly port: number;
  readonly minor: number;
  /** Path of the certificate that the API server shows. */
  readonly clientCa: string;
}

function configuration({ manifests, cgroupRoot, address, port, minor, clientCa }: KubeletSetup): string {
  return stringify({
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    // Where the API server looks for it; who has no certificate gets nothing.
    address,
    port,
    healthzPort: 0,
    readOnlyPort: 0,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: clientCa },
    },
    authorization: { mode: "Webhook" },
    cgroupDriver: "cgroupfs",
    cgroupRoot,
    failSwapOn: false,
    staticPodPath: manifests,
    fileCheckFrequency: "1s",
    volumePluginDir: join(dirname(manifests), "volume-plugins"),
    // Device plugins have their socket in /var/lib/kubelet whatever the root folder. The gates went when there was nothing left to choose.
    featureGates: {
      ...(minor < 25 ? { EphemeralContainers: true } : {}),
      ...(minor < 26 ? { DevicePlugins: false } : {}),
    },
    // The machine's firewall is not ours.
    makeIPTablesUtilChains: false,
    resolvConf: "",
    maxPods: 250,
    oomScoreAdj: 0,
    registryPullQPS: 0,
    eventRecordQPS: 0,
    imageGCHighThresholdPercent: 100,
    evictionHard: { "memory.available": "1Mi", "nodefs.available": "1Mi", "imagefs.available": "1Mi" },
    nodeStatusUpdateFrequency: "2s",
    syncFrequency: "5s",
    shutdownGracePeriod: "0s",
    rotateCertificates: false,
    volumeStatsAggPeriod: "1h",
  });
}
