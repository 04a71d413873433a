import { mkdtemp, readFile, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { whyNoRealPods } from "../lab/pods/real-pods.ts";
import { because } from "../support/skipped.ts";
import { axeViolations } from "./axe.ts";
import { useProduct } from "./product.ts";
import { giveFile, inspect } from "./steps.ts";

const obstacle = await whyNoRealPods();

/** The row of the processes that the lab has put into Linux namespaces of their own, with no container. */
const loose = /^net-test/;

describe.skipIf(obstacle !== undefined)(`the Nodes view, by keyboard${because(obstacle)}`, () => {
  // The lab's node is this machine, which may have much to tell.
  const product = useProduct({ pods: "real" }, { "podSandbox.timeoutSeconds": 120 });
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "nodes-"));
  });
  afterAll(async () => rm(folder, { recursive: true, force: true }));
  // High enough for both views, although a tree moves to rows that are not on the screen.
  beforeAll(async () => product().workbench.page.setViewportSize({ width: 1280, height: 1200 }));

  test("shows the nodes, and reads none of them by itself", async () => {
    const { lab, workbench } = product();
    const tree = await workbench.openView("Nodes");
    await tree.row(/^lab-node.*not read yet/).waitFor();
    await tree.row(/^windows-node.*no Linux namespaces/).waitFor();
    await workbench.screenshot("nodes");
    expect(lab.ssh.commands).toEqual([]);
  });

  test("a node that is unfolded is read, and shows what runs on it beside pods", async () => {
    const { workbench } = product();
    const tree = await workbench.openView("Nodes");
    await tree.moveTo(/^lab-node/);
    await workbench.page.keyboard.press("ArrowRight");
    await tree.row(/^lab-node.*read at/).waitFor({ timeout: 100_000 });
    await tree.moveTo(loose);
    await workbench.screenshot("nodes-read");
  });

  test("a sandbox that is no pod opens in the panel, which says what the kernel says", async () => {
    const { lab, workbench } = product();
    const { keyboard } = workbench.page;
    const tree = await workbench.openView("Nodes");
    await tree.moveTo(loose);
    await keyboard.press("Enter");
    await workbench.tab("net-test sandbox").waitFor({ timeout: 100_000 });
    const frame = await workbench.webview("h1:has-text('net-test')");
    const table = await frame.locator("table").first().innerText();
    const pid = lab.others?.loose.pid;
    for (const type of ["net", "uts", "ipc", "pid"]) {
      expect(table).toContain(/\d+/.exec(await readlink(`/proc/${pid}/ns/${type}`))?.[0]);
    }
    expect(await axeViolations(frame)).toEqual([]);
    await workbench.screenshot("nodes-other");
  });

  test("so do containers that were joined by hand", async () => {
    const { lab, workbench } = product();
    const tree = await workbench.openView("Nodes");
    await tree.moveTo("demo-pause, demo-nginx");
    await workbench.page.keyboard.press("Enter");
    await workbench.tab("demo-pause, demo-nginx sandbox").waitFor({ timeout: 100_000 });
    const frame = await workbench.webview("h1:has-text('demo-nginx')");
    const headers = await frame.locator("thead th").allInnerTexts();
    for (const { pid } of lab.others?.joined ?? []) expect(headers.join("\n")).toContain(`PID ${pid}`);
    await workbench.screenshot("nodes-joined");
  });

  test("a panel shows where on the node it is: the row of its sandbox, of a pod the node's", async () => {
    const { workbench } = product();
    const tree = workbench.tree("Nodes");
    const hasFocus = workbench.page.locator("[role=tree]:focus").and(tree.locator);
    await workbench.tab("net-test sandbox").click();
    const other = await workbench.webview("h1:has-text('net-test')");
    await other.getByRole("button", { name: "Show in node" }).click();
    await tree.focused().filter({ hasText: loose }).waitFor();
    await hasFocus.waitFor();
    await workbench.screenshot("nodes-shown-other");

    await inspect(workbench, "pause-demo");
    const pod = await workbench.webview("main:has(h1:has-text('pause-demo')) table.matrix");
    await pod.getByRole("button", { name: "Show in node" }).click();
    await tree
      .focused()
      .filter({ hasText: /^lab-node/ })
      .waitFor();
    await hasFocus.waitFor();
    await workbench.screenshot("nodes-shown-pod");
  });

  test("its Linux namespaces open as a table of text", async () => {
    const { workbench } = product();
    const tree = await workbench.openView("Nodes");
    await tree.moveTo("Linux namespaces");
    await workbench.page.keyboard.press("Enter");
    await workbench.tab("Linux namespaces of lab-node").waitFor();
    await workbench.page.locator(".editor-instance .view-lines").filter({ hasText: "INODE" }).waitFor();
    await workbench.screenshot("nodes-namespaces");
  });

  test("all nodes are read by one command, and what containers share with them is shown and exported", async () => {
    const { workbench } = product();
    await workbench.run("Pod Sandbox: Read all nodes");
    await workbench.page
      .locator(".notification-list-item", { hasText: /Nodes read: \d+ of \d+/ })
      .waitFor({ timeout: 100_000 });
    await workbench.tab("Nodes of ").waitFor();
    const lines = workbench.page.locator(".editor-instance .view-lines");
    await lines.filter({ hasText: "WHAT IS SHARED" }).waitFor();
    await workbench.screenshot("nodes-all");
    await workbench.run("Pod Sandbox: Export what was read of all nodes…");
    const file = join(folder, "all.sarif");
    await giveFile(workbench, file);
    await expect
      .poll(async () => readFile(file, "utf8").catch(() => ""), { timeout: 20_000 })
      .toMatch(/"version": "2\.1\.0"[^]*shares-node-net/);
  });

  test("a host is added, read and removed", async () => {
    const { lab, workbench } = product();
    const { keyboard } = workbench.page;
    const host = `${lab.ssh.user}@127.0.0.1:${lab.ssh.port}`;
    await workbench.run("Pod Sandbox: Add SSH host…");
    await workbench.quickInput.waitFor();
    await keyboard.type("-oProxyCommand=id");
    const refusal = workbench.quickInput.filter({ hasText: "neither a host name nor an address" });
    await refusal.waitFor();
    await workbench.screenshot("nodes-add-host");
    await keyboard.press("Control+A");
    await keyboard.type(host);
    // Until then Enter is not heard.
    await refusal.waitFor({ state: "detached" });
    await keyboard.press("Enter");
    // The view is given the focus once the host is in the settings, which would take it from a palette opened too early.
    const tree = workbench.tree("Nodes");
    await workbench.page.locator("[role=tree]:focus").and(tree.locator).waitFor();
    // Hosts come after the nodes.
    await expect
      .poll(
        async () => {
          await keyboard.press("End");
          return tree.focused().innerText();
        },
        { timeout: 20_000 },
      )
      .toContain(host);
    await keyboard.press("ArrowRight");
    await tree.row(new RegExp(`^${host}.*read at`)).waitFor({ timeout: 100_000 });
    await workbench.screenshot("nodes-host");

    await workbench.run("Pod Sandbox: Remove SSH host");
    await workbench.picks().filter({ hasText: host }).waitFor();
    await keyboard.press("Enter");
    await workbench.quickInput.waitFor({ state: "hidden" });
    await expect.poll(async () => tree.row(host).count(), { timeout: 20_000 }).toBe(0);
    await workbench.run("Pod Sandbox: Remove SSH host");
    await workbench.answer().filter({ hasText: "There is no SSH host to remove." }).waitFor();
  });
});
