import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chmod } from "node:fs/promises";
import type { Become } from "../../../extension/nodes/access.ts";
import { because } from "../../support/skipped.ts";
import { makeKey, startSshd, whyNoSshd, type KeyPair, type Sshd } from "../../support/sshd.ts";
import { makeBench, makeHome, memoryVault, type Home } from "../../support/ssh-nodes.ts";

/** Asks as sudo -S does, three times at most, and runs what comes behind the prompt. */
const asker = `#!/bin/sh
prompt=$1; shift
for attempt in 1 2 3; do
  printf %s "$prompt" >&2
  IFS= read -r password || exit 1
  if [ "$password" = "open sesame" ]; then exec "$@"; fi
  echo "Sorry, try again." >&2
done
exit 1
`;

describe.skipIf(whyNoSshd !== undefined)(`becoming root with a password${because(whyNoSshd)}`, () => {
  let home: Home;
  let user: KeyPair;
  let sshd: Sshd;
  let become: Become;

  beforeAll(async () => {
    home = await makeHome();
    user = await makeKey(home.path("user"));
    sshd = await startSshd({ authorizedKeys: [user.publicKey] });
    await home.write(".ssh/known_hosts", `${sshd.knownHostsLine}\n`);
    const program = await home.write("asker", asker);
    await chmod(program, 0o755);
    become = { kind: "template", template: `${program} \${prompt} \${command}` };
  });

  afterAll(async () => {
    await sshd.stop();
    await home[Symbol.asyncDispose]();
  });

  it("asks once for many commands at once, keeps what the user wants kept, and logs nothing of it", async () => {
    const vault = memoryVault();
    {
      await using bench = makeBench(
        home,
        { identityFile: user.path },
        { password: ({ attempt }) => ({ secret: attempt === 1 ? "not it" : "open sesame", keep: true }) },
        { become, vault },
      );
      const words = ["1", "2", "3", "4", "5"];
      const results = await Promise.all(
        words.map((word) =>
          bench.run(sshd.port, ["sh", "-c", 'cat; echo "$1"', "sh", word], { stdin: "script\n" }),
        ),
      );
      expect(results.map((result) => result.stdout)).toEqual(words.map((word) => `script\n${word}\n`));
      const { user: name } = home.machine;
      const question = { purpose: "root", user: name, host: "127.0.0.1", prompt: undefined, echo: false };
      expect(bench.passwordQuestions).toEqual([
        { ...question, attempt: 1 },
        { ...question, attempt: 2 },
      ]);
      expect(bench.log()).not.toMatch(/not it|open sesame/);
    }
    expect([...vault.secrets]).toEqual([[expect.stringMatching(/^root:ssh /), "open sesame"]]);
    await using again = makeBench(home, { identityFile: user.path }, {}, { become, vault });
    expect((await again.run(sshd.port, ["echo", "in"])).stdout).toBe("in\n");
  });

  it("counts no time in which the user is asked, and ends as cancelled when the user gives up", async () => {
    await using bench = makeBench(
      home,
      { identityFile: user.path },
      { password: () => new Promise((resolve) => setTimeout(() => resolve("open sesame"), 1_200)) },
      { become },
    );
    expect((await bench.run(sshd.port, ["echo", "in"], { timeoutMs: 1_000 })).stdout).toBe("in\n");
    await using leaving = makeBench(
      home,
      { identityFile: user.path },
      { password: () => undefined },
      { become },
    );
    const runs = await Promise.allSettled(
      Array.from({ length: 12 }, () => leaving.run(sshd.port, ["echo", "in"])),
    );
    for (const run of runs)
      expect(run).toMatchObject({ status: "rejected", reason: { reason: "cancelled" } });
    expect(leaving.passwordQuestions).toHaveLength(1);
    await expect(leaving.run(sshd.port, ["echo", "in"])).rejects.toMatchObject({ reason: "cancelled" });
    expect(leaving.passwordQuestions).toHaveLength(2);
  });

  it("says so when three passwords were wrong", async () => {
    await using bench = makeBench(home, { identityFile: user.path }, { password: () => "wrong" }, { become });
    const run = bench.run(sshd.port, ["echo", "in"]);
    await expect(run).rejects.toMatchObject({
      reason: "become-password",
      facts: { node: `node-${sshd.port}` },
    });
    expect(bench.passwordQuestions.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
  });
});
