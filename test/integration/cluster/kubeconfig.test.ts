import { mkdir, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { kubeconfigFiles, loadContexts, resolveContext } from "../../../extension/cluster/kubeconfig.ts";
import { temporaryFolder } from "./folder.ts";
import { everythingOf, thrownBy } from "./thrown.ts";

const secret = "s3cr3t-token-of-mine";

function kubeconfig(name: string, extra = ""): string {
  return `apiVersion: v1
kind: Config
clusters:
- name: ${name}
  cluster: { server: "https://${name}.example.org:6443", certificate-authority: pki/ca.crt }
users:
- name: ${name}
  user: { token: ${secret} }
contexts:
- name: ${name}
  context: { cluster: ${name}, user: ${name}, namespace: shop }
current-context: ${name}
${extra}`;
}

describe("kubeconfig", () => {
  let home = "";
  const place = (env: Record<string, string> = {}): { env: Record<string, string>; home: string } => ({
    env,
    home,
  });
  const write = async (name: string, text: string): Promise<string> => {
    const path = join(home, name);
    await mkdir(join(path, ".."), { recursive: true });
    await writeFile(path, text);
    return path;
  };

  beforeEach(async () => {
    home = await temporaryFolder();
  });

  test("is the file in the settings before KUBECONFIG before ~/.kube/config", async () => {
    await write(".kube/config", kubeconfig("home"));
    const fromEnvironment = await write("environment", kubeconfig("environment"));
    const fromSettings = await write("settings", kubeconfig("settings"));
    const env = { KUBECONFIG: fromEnvironment };
    expect((await loadContexts({ kubeconfig: fromSettings }, place(env))).current).toBe("settings");
    expect((await loadContexts({ kubeconfig: "" }, place(env))).current).toBe("environment");
    expect((await loadContexts({ kubeconfig: "" }, place({ KUBECONFIG: "" }))).current).toBe("home");
  });

  test("takes ~ in the settings for the home directory", () => {
    expect(kubeconfigFiles("~/x/config", place())).toEqual([join(home, "x/config")]);
    expect(kubeconfigFiles("~other", place())).not.toContain(join(home, "other"));
  });

  test("merges several files as kubectl does: missing ones passed over, the first of a name wins", async () => {
    const one = await write("one", kubeconfig("one"));
    const two = await write("two", kubeconfig("two"));
    const again = await write("again", kubeconfig("one").replace("shop", "other"));
    const env = { KUBECONFIG: [join(home, "none"), one, two, again].join(delimiter) };
    expect(await loadContexts({ kubeconfig: "" }, place(env))).toEqual({
      contexts: [
        { name: "one", namespace: "shop" },
        { name: "two", namespace: "shop" },
      ],
      current: "one",
    });
  });

  test("offers no current context that does not exist", async () => {
    const kubeconfigFile = await write(
      "x",
      kubeconfig("one").replace("current-context: one", "current-context: gone"),
    );
    expect((await loadContexts({ kubeconfig: kubeconfigFile }, place())).current).toBeUndefined();
  });

  test.each(["", "apiVersion: v1\nkind: Config\nclusters: null\n", '{"apiVersion":"v1","kind":"Config"}'])(
    "finds no context in %j, which is no error",
    async (text) => {
      const file = await write("empty", text);
      expect(await loadContexts({ kubeconfig: file }, place())).toEqual({ contexts: [], current: undefined });
    },
  );

  test("says where it looked when there is none", async () => {
    const error = await thrownBy(loadContexts({ kubeconfig: "" }, place()));
    expect(error).toMatchObject({
      reason: "kubeconfig-missing",
      facts: { file: join(home, ".kube", "config") },
    });
  });

  test("names file and line of a fault in the YAML, and none of its text", async () => {
    const file = await write("broken", kubeconfig("one", "users: [ {name: x\n"));
    const error = await thrownBy(loadContexts({ kubeconfig: file }, place()));
    expect(error).toMatchObject({ reason: "kubeconfig-invalid", facts: { file } });
    expect(error.facts["line"]).toMatch(/^\d+$/);
    const near = await write("near", `token: ${secret}\n  bad: [\n`);
    expect(everythingOf(await thrownBy(loadContexts({ kubeconfig: near }, place())))).not.toContain(secret);
  });

  test.each([
    ["a list", "- a\n- b\n"],
    ["text", secret],
    ["a number for a name", kubeconfig("one").replace("contexts:\n- name: one", "contexts:\n- name: 7")],
    ["a map for a token", kubeconfig("one").replace(`token: ${secret}`, `token: { x: ${secret} }`)],
    ["contexts that are all broken", "contexts:\n- name: one\n"],
  ])("refuses %s", async (_, text) => {
    const file = await write("odd", text);
    const error = await thrownBy(loadContexts({ kubeconfig: file }, place()));
    expect(error).toMatchObject({ reason: "kubeconfig-invalid", facts: { file } });
    expect(everythingOf(error)).not.toContain(secret);
  });

  test("says which entry is broken", async () => {
    const file = await write("odd", "contexts:\n- name: one\n");
    expect((await thrownBy(loadContexts({ kubeconfig: file }, place()))).message).toContain(
      "contexts[0].context",
    );
  });

  test("passes over a broken entry beside a usable one", async () => {
    const text = kubeconfig("one").replace(
      "contexts:",
      "contexts:\n- name: half\n  context: { namespace: x }",
    );
    const { contexts } = await loadContexts({ kubeconfig: await write("half", text) }, place());
    expect(contexts.map(({ name }) => name)).toEqual(["one"]);
  });

  test("resolves paths from the file's folder", async () => {
    const exec = "exec: { apiVersion: client.authentication.k8s.io/v1, command: ./bin/login }";
    const file = await write("deep/config", kubeconfig("one").replace(`token: ${secret}`, exec));
    const { cluster, user } = await resolveContext(file, "one", place());
    expect(cluster.caFile).toBe(join(home, "deep/pki/ca.crt"));
    expect(user?.exec).toMatchObject({ command: join(home, "deep/bin/login") });
  });

  test.each([
    ["no such context", "context-missing", "other", kubeconfig("one")],
    [
      "no such cluster",
      "kubeconfig-invalid",
      "one",
      kubeconfig("one").replace("cluster: one", "cluster: gone"),
    ],
    ["no such user", "kubeconfig-invalid", "one", kubeconfig("one").replace("user: one", "user: gone")],
    ["a server of another kind", "kubeconfig-invalid", "one", kubeconfig("one").replace("https:", "file:")],
  ])("refuses to open a context with %s", async (_, reason, context, text) => {
    const file = await write("config", text);
    expect((await thrownBy(resolveContext(file, context, place()))).reason).toBe(reason);
  });
});
