import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { useProduct } from "./product.ts";
import { inspect } from "./steps.ts";

describe("a node that is not in known_hosts", () => {
  const product = useProduct({ hostKeyKnown: false });

  test("is read only after its fingerprint was shown and agreed to, and is then remembered", async () => {
    const { lab, workbench } = product();
    await inspect(workbench, "pause-demo");

    await workbench.dialog.filter({ hasText: "SHA256:" }).waitFor();
    await workbench.notifications.filter({ hasText: "Inspecting default/pause-demo" }).waitFor();
    await workbench.screenshot("progress-host-key");
    expect(await readFile(lab.ssh.knownHostsFile, "utf8").catch(() => "")).toBe("");

    // Declined: nothing is sent and nothing is saved.
    await workbench.page.keyboard.press("Escape");
    await workbench.problem().filter({ hasText: "host key" }).waitFor();
    await workbench.screenshot("host-key-declined");
    expect(await readFile(lab.ssh.knownHostsFile, "utf8").catch(() => "")).toBe("");
    expect(lab.ssh.commands).toEqual([]);
    await workbench.run("Notifications: Clear All Notifications");

    await inspect(workbench, "pause-demo");
    await workbench.dialog.filter({ hasText: "SHA256:" }).waitFor();
    await workbench.page.keyboard.press("Enter");
    const frame = await workbench.webview("table");
    expect(await frame.locator("h1").textContent()).toContain("pause-demo");
    expect(await readFile(lab.ssh.knownHostsFile, "utf8")).toContain("127.0.0.1");
  });
});
