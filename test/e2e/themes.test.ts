import { beforeAll, describe, expect, test } from "vitest";
import { axeViolations } from "./axe.ts";
import { inspect } from "./steps.ts";
import { useProduct } from "./product.ts";

/** VS Code's names of its themes, and the class that it then puts on the body of a webview. */
const THEMES = [
  { name: "dark", theme: "Dark Modern", bodyClass: "vscode-dark" },
  { name: "light", theme: "Light Modern", bodyClass: "vscode-light" },
  { name: "high-contrast", theme: "Default High Contrast", bodyClass: "vscode-high-contrast" },
  {
    name: "high-contrast-light",
    theme: "Default High Contrast Light",
    bodyClass: "vscode-high-contrast-light",
  },
] as const;

describe.for(THEMES)("the panel in the $name theme", ({ name, theme, bodyClass }) => {
  const product = useProduct({}, { "workbench.colorTheme": theme });
  // High enough for the whole table and the findings.
  beforeAll(async () => product().workbench.page.setViewportSize({ width: 1280, height: 1300 }));

  test.for(["web", "shared-pids", "debugged", "host-network"])(
    "has no fault that axe knows: %s",
    async (pod) => {
      const { workbench } = product();
      await inspect(workbench, pod);
      await workbench.tab(`${pod} sandbox`).waitFor();
      const frame = await workbench.webview(`body.${bodyClass}:has(h1:has-text("${pod}")) table`);
      expect(await axeViolations(frame)).toEqual([]);
      await workbench.screenshot(`panel-${pod}-${name}`);
      await workbench.closeEditors();
    },
  );
});
