import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SandboxError } from "../../../../extension/core/errors.ts";
import { parseSshConfig } from "../../../../extension/nodes/library.ts";
import { evaluateConfig, expandTokens, type ConfigQuestion } from "../../../../extension/nodes/ssh/ssh-config.ts";

const question: ConfigQuestion = { host: "worker-1", user: undefined, localUser: "me" };

/** Evaluates the file "config"; Include takes names of `files` as they are. */
async function evaluate(
  text: string,
  asked: Partial<ConfigQuestion> = {},
  files: Readonly<Record<string, string>> = {},
): Promise<{ values: Record<string, readonly string[]>; log: string[] }> {
  const log: string[] = [];
  const write = (message: string): void => {
    log.push(message);
  };
  const values = await evaluateConfig(
    [{ path: "config", text }],
    { ...question, ...asked },
    {
      parse: parseSshConfig,
      include: (pattern) =>
        Promise.resolve(files[pattern] === undefined ? [] : [{ path: pattern, text: files[pattern] }]),
      log: { debug: write, info: write, warn: write, error: write },
    },
  );
  return { values: Object.fromEntries(values), log };
}

describe("ssh_config", () => {
  it("takes the first value obtained, and adds up identity files", async () => {
    const text = `
      Port 1
      Host worker-*
        port=2
        User "one"
        IdentityFile ~/.ssh/a
      Host *
        User two
        IdentityFile "~/b c"
    `;
    expect((await evaluate(text)).values).toEqual({
      port: ["1"],
      user: ["one"],
      identityfile: ["~/.ssh/a", "~/b c"],
    });
  });

  it("matches hosts with patterns and negation", async () => {
    const text = "Host * !worker-1\n User no\nHost WORKER-*\n User loud\nHost worker-? other\n User yes\n";
    expect((await evaluate(text)).values).toEqual({ user: ["yes"] });
    expect((await evaluate(text, { host: "x" })).values).toEqual({ user: ["no"] });
  });

  it("judges Match by host, originalhost, user, localuser and all", async () => {
    const of = async (criteria: string, asked: Partial<ConfigQuestion> = {}): Promise<boolean> =>
      "port" in (await evaluate(`HostName %h.example.com\nMatch ${criteria}\n Port 7\n`, asked)).values;
    expect(await of("all")).toBe(true);
    expect(await of("host *.example.com")).toBe(true);
    expect(await of("host worker-1")).toBe(false);
    expect(await of("originalhost a,worker-*")).toBe(true);
    expect(await of("originalhost *,!worker-1")).toBe(false);
    expect(await of("user me localuser me")).toBe(true);
    expect(await of("user root", { user: "root" })).toBe(true);
    expect(await of("user root")).toBe(false);
    expect(await of("!user root")).toBe(true);
  });

  it.each(["exec true", 'exec "touch x"', "canonical", "final all", "tagged x", "!exec false"])(
    "does not judge Match %s: it is logged and skipped",
    async (criteria) => {
      const { values, log } = await evaluate(`Match ${criteria}\n Port 7\nHost *\n Port 8\n`);
      expect(values).toEqual({ port: ["8"] });
      expect(log.join()).toContain("not supported");
    },
  );

  it("includes files where their section applies, and goes on in the section afterwards", async () => {
    const files = { a: "User from-a\nHost other\n User wrong\n", b: "User from-b\nPort 9\n" };
    const text = "Host other\n Include a\nHost worker-1\n Include missing b\n IdentityFile x\n";
    expect((await evaluate(text, {}, files)).values).toEqual({
      user: ["from-b"],
      port: ["9"],
      identityfile: ["x"],
    });
  });

  it("stops at an Include that goes in a circle", async () => {
    await expect(evaluate("Include a", {}, { a: "Include a" })).rejects.toMatchObject({
      reason: "ssh-config-invalid",
    });
  });

  it("names the broken file", async () => {
    await expect(evaluate("Include a", {}, { a: 'User "open\n' })).rejects.toMatchObject({
      reason: "ssh-config-invalid",
      facts: { file: "a" },
    });
    await expect(evaluate("Host\n")).rejects.toMatchObject({
      reason: "ssh-config-invalid",
      facts: { file: "config" },
    });
  });

  it("never throws anything but its own error", async () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom(
        "Host",
        "Match",
        "exec",
        "all",
        "Include",
        "a",
        '"',
        "\\",
        "=",
        "*",
        "#",
        "\n",
        "\r\n",
        " ",
        "!",
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(word).map((words) => words.join(" ")),
        async (text) => {
          try {
            await evaluate(text, {}, { a: text });
          } catch (error) {
            expect(error).toBeInstanceOf(SandboxError);
          }
        },
      ),
    );
  });

  it("replaces tokens and variables", () => {
    const tokens = { h: "host", r: "root", d: "/home/me" };
    expect(expandTokens("%d/.ssh/%r@%h%%${X}", tokens, { X: "!" })).toBe("/home/me/.ssh/root@host%!");
    for (const text of ["%z", "%", "${Y}", "${"]) {
      if (text === "${") expect(expandTokens(text, tokens, {})).toBe(text);
      else expect(() => expandTokens(text, tokens, {})).toThrow(SandboxError);
    }
    // What a token stands for is not looked through again.
    expect(expandTokens("%h", { h: "%r${X}" }, { X: "no" })).toBe("%r${X}");
  });
});
