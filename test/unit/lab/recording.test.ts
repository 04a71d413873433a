import { expect, test } from "vitest";
import { parseScan } from "../../../extension/core/probe/parse-scan.ts";
import { readRecordings } from "../../lab/recording.ts";

test("every recorded pod has an answer that the probe can read, with processes in it", async () => {
  const { pods, answers } = await readRecordings();
  expect(pods.length).toBeGreaterThan(0);
  const uids = new Set(answers.map(({ uid }) => uid));
  for (const { metadata } of pods) expect(uids).toContain(metadata.uid);
  for (const { lines } of answers) expect(parseScan(`${lines.join("\n")}\n`).processes).not.toEqual([]);
});

test("a recorded node says that it is a recording", async () => {
  const { nodes } = await readRecordings();
  expect(nodes.length).toBeGreaterThan(0);
  for (const node of nodes) {
    expect(node["status"]).toMatchObject({ nodeInfo: { osImage: expect.stringMatching(/^RECORDING of /) } });
  }
});
