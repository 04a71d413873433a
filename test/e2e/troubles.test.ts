import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { useProduct } from "./product.ts";
import { inspect } from "./steps.ts";

describe("what is wrong, and what to do", () => {
  const product = useProduct();
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "troubles-"));
  });
  afterAll(async () => rm(folder, { recursive: true, force: true }));

  test.for([
    ["pending", "is not on any node yet"],
    ["on-windows-node", "runs on Windows"],
    ["on-virtual-node", "no machine of yours"],
    ["finished", "has finished"],
  ])("of the pod %s, which is no error", async ([pod = "", words = ""]) => {
    const { workbench } = product();
    await inspect(workbench, pod);
    await workbench.answer().filter({ hasText: words }).waitFor();
    await workbench.screenshot(`trouble-${pod}`);
    await workbench.run("Notifications: Clear All Notifications");
  });

  test("of a pod whose name looks like markup", async () => {
    const { workbench } = product();
    await inspect(workbench, "<img src=x");
    await workbench.problem().filter({ hasText: "<img src=x onerror=alert(1)>" }).waitFor();
    await workbench.screenshot("trouble-markup");
    expect(await workbench.page.locator("img[src=x]").count()).toBe(0);
    await workbench.run("Notifications: Clear All Notifications");
  });

  test("of a node that refuses the connection", async () => {
    const { lab, server, workbench } = product();
    await server.changeMachineSettings({ ...lab.settings, "podSandbox.ssh.port": 1 });
    await inspect(workbench, "web");
    await workbench.problem().filter({ hasText: "127.0.0.1" }).waitFor();
    await workbench.screenshot("trouble-refused");
    await workbench.run("Notifications: Clear All Notifications");
  });

  test("of a kubeconfig that is not there, is broken, or leads nowhere", async () => {
    const { server, workbench } = product();
    await workbench.run("Focus on Pods View");
    const missing = join(folder, "missing");
    await server.changeMachineSettings({ "podSandbox.kubeconfig": missing });
    await workbench
      .welcome()
      .filter({ hasText: /kubeconfig/ })
      .waitFor();
    await workbench.screenshot("trouble-no-kubeconfig");

    const broken = join(folder, "broken");
    await writeFile(broken, "clusters: [");
    await server.changeMachineSettings({ "podSandbox.kubeconfig": broken });
    await workbench.welcome().filter({ hasText: "cannot be read, or is not valid" }).waitFor();
    await workbench.screenshot("trouble-bad-kubeconfig");

    const nowhere = join(folder, "nowhere");
    const kubeconfig = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "c", cluster: { server: "http://127.0.0.1:1" } }],
      users: [{ name: "u", user: {} }],
      contexts: [{ name: "nowhere", context: { cluster: "c", user: "u" } }],
      "current-context": "nowhere",
    };
    await writeFile(nowhere, JSON.stringify(kubeconfig));
    await server.changeMachineSettings({ "podSandbox.kubeconfig": nowhere });
    await workbench.welcome().filter({ hasText: "The API server does not answer" }).waitFor();
    await workbench.screenshot("trouble-no-cluster");
  });
});
