import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, isAbsolute, join, resolve } from "node:path";
import * as z from "zod/mini";
import { SandboxError } from "../core/errors.ts";
import { codeOf } from "./api-errors.ts";
import type { Cluster, Context, KubeConfig, User } from "./library.ts";
import type { Environment } from "./proxy-environment.ts";
import type { ClusterSettings, ContextList } from "./source.ts";

/** Where kubeconfigs are looked for, beside the settings. */
export interface KubeconfigPlace {
  readonly env: Environment;
  /** The user's home directory. */
  readonly home: string;
}

export function processPlace(): KubeconfigPlace {
  return { env: process.env, home: homedir() };
}

/** One context with all that it refers to. */
export interface ResolvedContext {
  readonly context: Context;
  readonly cluster: Cluster;
  /** undefined when the context names none: requests are anonymous. */
  readonly user: User | undefined;
}

/**
 * What the kubeconfig offers. Throws `kubeconfig-missing` and `kubeconfig-invalid`, both naming the file.
 * Entries of it that are broken by themselves are left out, as long as a usable context remains.
 */
export async function loadContexts(
  settings: Pick<ClusterSettings, "kubeconfig">,
  place: KubeconfigPlace = processPlace(),
): Promise<ContextList> {
  const { contexts, current } = await loadKubeconfig(settings.kubeconfig, place);
  return {
    contexts: contexts.map(({ name, namespace }) => ({ name, namespace })),
    current: contexts.some(({ name }) => name === current) ? current : undefined,
  };
}

/** Throws as loadContexts does, and `context-missing`. */
export async function resolveContext(
  setting: string,
  contextName: string,
  place: KubeconfigPlace,
): Promise<ResolvedContext> {
  const kubeconfig = await loadKubeconfig(setting, place);
  const context = kubeconfig.contexts.find(({ name }) => name === contextName);
  if (context === undefined) {
    throw new SandboxError("context-missing", `no context "${contextName}"`, {
      facts: { context: contextName },
    });
  }
  const file = kubeconfigFiles(setting, place).join(delimiter);
  const cluster = kubeconfig.clusters.find(({ name }) => name === context.cluster);
  if (cluster === undefined) {
    throw invalid(
      file,
      `context "${contextName}" names the cluster "${context.cluster}", which is missing or broken`,
    );
  }
  if (!/^https?:\/\//i.test(cluster.server) || !URL.canParse(cluster.server)) {
    throw invalid(file, `the server of cluster "${cluster.name}" is no http or https URL`);
  }
  const user = kubeconfig.users.find(({ name }) => name === context.user);
  if (user === undefined && context.user) {
    throw invalid(
      file,
      `context "${contextName}" names the user "${context.user}", who is missing or broken`,
    );
  }
  return { context, cluster, user };
}

/** The files that make up the kubeconfig, whether they exist or not. */
export function kubeconfigFiles(setting: string, { env, home }: KubeconfigPlace): readonly string[] {
  if (setting !== "") return [resolve(setting.replace(/^~(?=$|[/\\])/, home))];
  const fromEnvironment = (env["KUBECONFIG"] ?? "").split(delimiter).filter((file) => file !== "");
  return fromEnvironment.length > 0 ? fromEnvironment : [join(home, ".kube", "config")];
}

interface Kubeconfig {
  readonly contexts: readonly Context[];
  readonly clusters: readonly Cluster[];
  readonly users: readonly User[];
  readonly current: string | undefined;
}

async function loadKubeconfig(setting: string, place: KubeconfigPlace): Promise<Kubeconfig> {
  const files = kubeconfigFiles(setting, place);
  const texts = await Promise.all(files.map(async (file) => ({ file, text: await readText(file) })));
  const { KubeConfig: Library } = await import("./library.ts");
  const parsed: KubeConfig[] = [];
  for (const { file, text } of texts) {
    if (text !== undefined) parsed.push(parseKubeconfig(new Library(), file, text));
  }
  if (parsed.length === 0) {
    const file = files.join(delimiter);
    throw new SandboxError("kubeconfig-missing", `no kubeconfig at ${file}`, { facts: { file } });
  }
  // As kubectl merges: the first file that has a name wins. The library's own merge refuses names that occur twice.
  return {
    contexts: firstOfEachName(parsed.flatMap((config) => config.getContexts())),
    clusters: firstOfEachName(parsed.flatMap((config) => config.getClusters())),
    users: firstOfEachName(parsed.flatMap((config) => config.getUsers())),
    current: parsed.map((config) => config.getCurrentContext()).find((name) => name),
  };
}

/** undefined where there is no such file: kubectl passes over those too. */
async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw invalid(file, `cannot be read: ${code}`);
  }
}

const optionalText = z.nullish(z.string());

/** The library takes whatever YAML holds; this is what its types promise. */
const kubeconfigShape = z.object({
  currentContext: optionalText,
  contexts: z.array(
    z.object({ name: z.string(), cluster: z.string(), user: optionalText, namespace: optionalText }),
  ),
  clusters: z.array(
    z.object({
      name: z.string(),
      server: z.string(),
      caData: optionalText,
      caFile: optionalText,
      tlsServerName: optionalText,
      proxyUrl: optionalText,
    }),
  ),
  users: z.array(
    z.object({
      name: z.string(),
      token: optionalText,
      username: optionalText,
      password: optionalText,
      certData: optionalText,
      certFile: optionalText,
      keyData: optionalText,
      keyFile: optionalText,
      impersonateUser: optionalText,
      exec: z.nullish(
        z.object({
          command: z.string(),
          args: z.nullish(z.array(z.string())),
          env: z.nullish(z.array(z.object({ name: z.string(), value: z.string() }))),
        }),
      ),
    }),
  ),
});

function parseKubeconfig(config: KubeConfig, file: string, text: string): KubeConfig {
  if (text.trim() === "") return config;
  try {
    config.loadFromString(text, { onInvalidEntry: "filter" });
    // With nothing left to choose from, say what is wrong with the first entry that was left out.
    if (config.getContexts().length === 0) config.loadFromString(text);
    const nothing = [config.getContexts(), config.getClusters(), config.getUsers()].every(
      ({ length }) => length === 0,
    );
    if (nothing && !/\b(apiVersion|kind|contexts)\b["']?\s*:/.test(text))
      throw new Error("no field of a kubeconfig");
  } catch (error) {
    throw invalidYaml(file, error);
  }
  const shape = kubeconfigShape.safeParse(config);
  if (!shape.success) {
    const path = shape.error.issues[0]?.path.join(".") ?? "";
    throw invalid(file, `${path} is not of the kind that belongs there`);
  }
  const folder = dirname(resolve(file));
  config.makePathsAbsolute(folder);
  config.users = config.users.map((user) => withAbsoluteCommand(user, folder));
  return config;
}

/** A command with a slash is relative to the kubeconfig that names it, as kubectl has it; a bare one is looked up in PATH. */
function withAbsoluteCommand(user: User, folder: string): User {
  const exec = execOf(user);
  if (exec === undefined || isAbsolute(exec.command) || !/[/\\]/.test(exec.command)) return user;
  return { ...user, exec: { ...exec, command: join(folder, exec.command) } };
}

const execShape = z.looseObject({
  command: z.string(),
  apiVersion: optionalText,
  env: z.nullish(z.array(z.looseObject({ name: z.string(), value: z.string() }))),
  provideClusterInfo: z.nullish(z.boolean()),
});

export type ExecPlugin = z.infer<typeof execShape>;

/** The user's credential plugin, if it has one. */
export function execOf(user: User | undefined): ExecPlugin | undefined {
  const shape = execShape.safeParse(user?.exec);
  return shape.success ? shape.data : undefined;
}

function firstOfEachName<T extends { readonly name: string }>(entries: readonly T[]): readonly T[] {
  const byName = new Map<string, T>();
  for (const entry of entries) {
    if (!byName.has(entry.name)) byName.set(entry.name, entry);
  }
  return [...byName.values()];
}

const yamlErrorShape = z.object({ reason: z.string(), mark: z.object({ line: z.number() }) });

/** The YAML parser's own message quotes the lines around the fault, and with them tokens and keys: it is not passed on. */
function invalidYaml(file: string, thrown: unknown): SandboxError {
  const yaml = yamlErrorShape.safeParse(thrown);
  if (yaml.success) {
    const line = String(yaml.data.mark.line + 1);
    return new SandboxError("kubeconfig-invalid", `${file}, line ${line}: ${yaml.data.reason}`, {
      facts: { file, line },
    });
  }
  const missing =
    thrown instanceof Error
      ? /^(contexts|clusters|users)\[\d+\][\w.]* is missing$/.exec(thrown.message)
      : null;
  return invalid(file, missing?.[0] ?? "it does not have the form of a kubeconfig");
}

function invalid(file: string, detail: string): SandboxError {
  return new SandboxError("kubeconfig-invalid", `${file}: ${detail}`, { facts: { file } });
}
