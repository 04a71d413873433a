import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { startLab } from "../lab/lab.ts";
import { runInHost, type InHostResult } from "../support/vscode/inhost.ts";
import { vscodeOptions } from "./product.ts";

const CASES = join(import.meta.dirname, "in-host/cases.ts");

describe("inside VS Code's extension host", () => {
  let results: readonly InHostResult[];
  beforeAll(async () => {
    const lab = await startLab();
    try {
      // Without them VS Code offers no tools to anybody.
      const settings = { "chat.disableAIFeatures": false, "chat.agent.enabled": true };
      results = await runInHost(CASES, { ...vscodeOptions(lab), settings });
    } finally {
      await lab.stop();
    }
  });

  test("all cases hold", () => {
    expect(results.length).toBeGreaterThan(0);
    for (const { name, error } of results) {
      expect.soft(error, name).toBeNull();
    }
  });
});
