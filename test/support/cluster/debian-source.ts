import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { command } from "./command.ts";

/**
 * Unpacks a Debian source package below `folder` and answers the folder of its tree. The machine's own apt
 * configuration stays as it is: the `deb-src` lines are derived from its `deb` lines and live in `folder`.
 */
export async function fetchDebianSource(name: string, folder: string): Promise<string> {
  const lists = join(folder, "lists");
  const cache = join(folder, "cache");
  const source = join(folder, "source");
  await mkdir(join(lists, "partial"), { recursive: true });
  await mkdir(join(cache, "archives", "partial"), { recursive: true });
  await mkdir(source, { recursive: true });
  const sources = join(folder, "sources.list");
  await writeFile(sources, await sourceLines());
  const configuration = join(folder, "apt.conf");
  await writeFile(
    configuration,
    [
      `Dir::Etc::SourceList "${sources}";`,
      `Dir::Etc::SourceParts "-";`,
      `Dir::State::Lists "${lists}";`,
      `Dir::Cache "${cache}";`,
      // As root, apt would download as _apt, who may not write here.
      `APT::Sandbox::User "";`,
      "",
    ].join("\n"),
  );
  const env = { ...process.env, APT_CONFIG: configuration };
  await command("apt-get", ["update", "--quiet=2"], { env, timeoutMs: 300_000 });
  await command("apt-get", ["source", "--quiet=2", name], { env, cwd: source, timeoutMs: 600_000 });
  const entries = await readdir(source, { withFileTypes: true });
  const tree = entries.find((entry) => entry.isDirectory() && entry.name.startsWith(`${name}-`));
  if (tree === undefined) throw new Error(`apt-get source ${name} left no folder`);
  return join(source, tree.name);
}

/** One `deb-src` line for each mirror, release and component that the machine takes Debian's own packages from. */
async function sourceLines(): Promise<string> {
  const format = "$(ORIGIN)\t$(REPO_URI)\t$(RELEASE)\t$(COMPONENT)";
  const targets = await command("apt-get", ["indextargets", "Created-By: Packages", "--format", format]);
  const lines = targets
    .split("\n")
    .map((line) => line.split("\t"))
    .filter(([origin]) => origin === "Debian")
    .map(([, uri, release, component]) => `deb-src ${uri} ${release} ${component}\n`);
  if (lines.length === 0)
    throw new Error("apt knows no Debian mirror to take sources from (has `apt-get update` run?)");
  return [...new Set(lines)].join("");
}
