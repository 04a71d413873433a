import fc from "fast-check";
import { expect, test } from "vitest";
import { toMarkdown } from "../../../extension/core/markdown.ts";
import { anyComparison } from "../../fixtures/reports/arbitrary.ts";
import { insideSamples } from "../../fixtures/reports/inside-samples.ts";
import { otherSamples } from "../../fixtures/reports/other-samples.ts";
import { report, container, pause, samples } from "../../fixtures/reports/samples.ts";

test("a table that reads well", () => {
  const lines = toMarkdown(samples.ephemeral).split("\n");
  expect(lines[0]).toBe("### Sandbox of web in default");
  expect(lines[2]).toContain("All 3 containers share **network, IPC and hostname** through pause.");
  expect(lines).toContain(
    "| **pid** (processes) | **●** 4026531836<br>the node's | 4026532508<br>its own | 4026532540<br>its own | 4026532570<br>its own | 4026532522<br>its own<br>⚠ should be nginx's |",
  );
  expect(lines.some((line) => line.startsWith("- ⚠ **debugger** was to be in"))).toBe(true);
});

test("holds no command line: arguments may be secrets", () => {
  expect(toMarkdown(samples.ephemeral)).not.toContain("daemon off");
  fc.assert(
    fc.property(anyComparison, (any) => {
      expect(toMarkdown(any)).not.toContain("swordfish");
    }),
  );
});

test("whatever the names, the table keeps its columns and there is no HTML, code, link or mention but ours", () => {
  fc.assert(
    fc.property(anyComparison, (any) => {
      const text = toMarkdown(any);
      const table = text.split("\n").filter((line) => line.startsWith("| "));
      expect(table).toHaveLength(10);
      for (const line of table) {
        expect(line.match(/(?<!\\)(?:\\\\)*\|/g)).toHaveLength(any.containers.length + 3);
      }
      const foreign = text.replaceAll("<br>", "").replaceAll(/\\[\\`*_[\]<>|~$&#]/g, "");
      expect(foreign).not.toMatch(/[<>`[\]]|:\/\/|@(?!\u200B)/);
      expect(foreign).not.toMatch(/[\u202A-\u202E\u2066-\u2069]/);
    }),
  );
});

test("a name cannot begin a block of its own", () => {
  const text = toMarkdown(report([pause, container("a\n\n# Heading\n```", 30240)]));
  expect(text).not.toMatch(/^# Heading/m);
  expect(text).toContain(String.raw`a\\n\\n\# Heading\\n\`\`\``);
});

test("it tells what keeps each Linux namespace alive, and what is unusual inside", () => {
  const lines = toMarkdown(insideSamples.inside).split("\n");
  expect(lines).toContain(
    "**What keeps each Linux namespace alive.** pause keeps what it is in, even when every other process ends.",
  );
  expect(lines).toContain(
    "- **net** 4026532334: pause, PID 30208; supervisor, PID 30520; tcpdump from outside, PID 4711; " +
      "bind mount /run/netns/cni-0f6f1c53-6a1e-7a3e-b3a5-0d2f3c4b5a69; descriptor 17 of containerd, PID 812",
  );
  expect(lines).toContain(
    "- **pid** 4026532520 (parent: the node's, owner: the node's), " +
      "**user** 4026532920 (parent: the node's, owner: the node's): supervisor, PID 30520",
  );
  expect(lines).toContain(
    "- supervisor: user IDs 0 inside = 1000 on the node; 1–65535 inside = 100000–165534 on the node",
  );
  expect(lines).toContain(
    "- supervisor, PID 30560 (15 inside), vpn-agent: thread 30562 sits elsewhere: net 4026532990 and mnt 4026532991",
  );
  expect(lines).toContain(
    "- supervisor, PID 30571 (22 inside), sh: ended, to be reaped by its container's main process, PID 30520, " +
      "seen so since 2026-11-23T09:01:00.000Z",
  );
});

test("it tells what changed since the reading before, or why that cannot be told", () => {
  expect(toMarkdown(insideSamples.restarted)).toContain(
    "Since the reading at 2026-11-23T12:03:10.000Z:\n\n- nginx was restarted: its main process was 29870 and is 30240.\n- Process",
  );
  expect(toMarkdown(insideSamples.rebooted)).toContain(
    "node-a was restarted since the reading at 2026-11-23T12:03:10.000Z: PIDs and inodes from before mean nothing now.",
  );
  expect(toMarkdown(samples.plain)).not.toContain("Since");
});

test("another sandbox goes by its title and its node", () => {
  const lines = toMarkdown(otherSamples.podmanPod).split("\n");
  expect(lines[0]).toBe("### Sandbox of web on node-a");
  expect(lines[4]).toMatch(/^Podman pod on node-a · podman 4\.3\.1 · kernel /);
});
