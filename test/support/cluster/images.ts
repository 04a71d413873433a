import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { command } from "./command.ts";
import { tar, type TarEntry } from "./tar.ts";

/** Names of the two images of the bench. */
export const pauseImage = "localhost/pause:1.0";
/** A shell and the usual small programs; without a command it sleeps. */
export const workloadImage = "localhost/workload:1.0";

/** Compiles our pause program into `folder` and answers its path. */
export async function compilePause(folder: string): Promise<string> {
  const program = join(folder, "pause");
  const source = fileURLToPath(new URL("pause.c", import.meta.url));
  await command("gcc", ["-Os", "-static", "-s", "-Wall", "-Wextra", "-Werror", "-o", program, source]);
  return program;
}

/** Writes both images into `folder` as docker-archives and answers their paths. */
export async function writeImages(folder: string): Promise<readonly string[]> {
  const archives = { "pause.tar": await pauseArchive(folder), "workload.tar": await workloadArchive() };
  for (const [name, bytes] of Object.entries(archives)) await writeFile(join(folder, name), bytes);
  return Object.keys(archives).map((name) => join(folder, name));
}

/** The pause image as a docker-archive, for `ctr images import`. */
async function pauseArchive(folder: string): Promise<Buffer> {
  const program = await readFile(await compilePause(folder));
  const layer: TarEntry[] = [{ path: "pause", content: program, mode: 0o755 }];
  // Not root, as Kubernetes' own since 3.5.
  return dockerArchive(pauseImage, layer, { Entrypoint: ["/pause"], User: "65535:65535" });
}

/** The workload image as a docker-archive: Debian's static busybox, with a link for each of its programs. */
export async function workloadArchive(): Promise<Buffer> {
  const busybox = await readFile("/bin/busybox");
  const applets = (await command("/bin/busybox", ["--list"]))
    .split("\n")
    .filter((name) => name !== "" && name !== "busybox");
  const layer: TarEntry[] = [
    { path: "bin/", folder: true },
    { path: "bin/busybox", content: busybox, mode: 0o755 },
    ...applets.map((name) => ({ path: `bin/${name}`, linkTo: "busybox" })),
    { path: "etc/", folder: true },
    { path: "etc/passwd", content: Buffer.from("root:x:0:0:root:/:/bin/sh\n"), mode: 0o644 },
    { path: "tmp/", folder: true },
  ];
  return dockerArchive(workloadImage, layer, { Cmd: ["/bin/sleep", "1000000"], Env: ["PATH=/bin"] });
}

/** An image of one layer in the form of `docker save`: configuration, layer, manifest.json. */
function dockerArchive(
  name: string,
  layer: readonly TarEntry[],
  config: Readonly<Record<string, unknown>>,
): Buffer {
  const layerTar = tar(layer);
  const image = Buffer.from(
    JSON.stringify({
      architecture: process.arch === "x64" ? "amd64" : process.arch,
      os: "linux",
      config,
      rootfs: { type: "layers", diff_ids: [`sha256:${sha256(layerTar)}`] },
    }),
  );
  const configName = `${sha256(image)}.json`;
  const manifest = Buffer.from(
    JSON.stringify([{ Config: configName, RepoTags: [name], Layers: ["layer.tar"] }]),
  );
  return tar([
    { path: configName, content: image, mode: 0o644 },
    { path: "layer.tar", content: layerTar, mode: 0o644 },
    { path: "manifest.json", content: manifest, mode: 0o644 },
  ]);
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
