import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SandboxError } from "../../../../extension/core/errors.ts";
import { BadLine, parseLine } from "../../../../extension/nodes/ssh/config-line.ts";
import { expand, expandHome } from "../../../../extension/nodes/ssh/expand.ts";
import {
  evaluateConfig,
  refuseShellText,
  type ConfigFile,
  type ConfigQuestion,
  type ConfigValues,
} from "../../../../extension/nodes/ssh/ssh-config.ts";
import { excessOf } from "../../../support/linear.ts";

const question: ConfigQuestion = {
  alias: "worker-1",
  user: undefined,
  port: undefined,
  machine: {
    home: "/home/me",
    user: "me",
    uid: 1000,
    hostname: "desk.example.com",
    platform: "linux",
    systemFolder: "/etc/ssh",
    env: { KEYS: "/keys" },
  },
};

const file = (path: string, text: string): ConfigFile => ({ path, text, system: false });

interface Evaluated {
  readonly values: ConfigValues;
  readonly log: readonly string[];
  readonly ran: readonly string[];
}

/** Evaluates the file "config"; Include takes names of `files` as they are, and a command is true where it says so. */
async function evaluate(
  text: string,
  asked: Partial<ConfigQuestion> = {},
  files: Readonly<Record<string, string>> = {},
): Promise<Evaluated> {
  const log: string[] = [];
  const ran: string[] = [];
  const write = (message: string): void => {
    log.push(message);
  };
  const values = await evaluateConfig(
    [file("config", text)],
    { ...question, ...asked },
    {
      include: (pattern) =>
        Promise.resolve(Object.hasOwn(files, pattern) ? [file(pattern, files[pattern] ?? "")] : []),
      exec: (command) => {
        ran.push(command);
        return Promise.resolve(command.startsWith("true"));
      },
      log: { debug: write, info: write, warn: write, error: write },
    },
  );
  return { values, log, ran };
}

/** Whether a file as it should be was refused with our own error; anything else fails the test. */
async function isRefused(text: string): Promise<boolean> {
  try {
    const { values } = await evaluate(text, {}, { a: text });
    try {
      void values.login;
    } catch (error) {
      // Only here it is a line no more.
      expect(error).toBeInstanceOf(BadLine);
    }
    return false;
  } catch (error) {
    expect(error).toBeInstanceOf(SandboxError);
    expect(error).toMatchObject({ reason: "ssh-config-invalid" });
    return true;
  }
}

// That it is read as ssh reads it is shown against ssh itself, in test/integration/nodes/ssh-G.test.ts.
describe("ssh_config", () => {
  it.each([
    "localnetwork 10.0.0.0/8",
    "!localnetwork 10.0.0.0/8",
    "sessiontype shell",
    "command x",
    "version OpenSSH_9*",
  ])("does not judge Match %s: it is logged and skipped", async (criteria) => {
    const { values, log } = await evaluate(`Match ${criteria}\n Port 7\nHost *\n Port 8\n`);
    expect(values.first("port")).toBe("8");
    expect(log.join()).toContain("not supported");
  });

  it("judges Match tagged, which OpenSSH knows since 9.4", async () => {
    const text = "Host worker-*\n Tag fleet\nMatch tagged fleet,x\n Port 7\n";
    expect((await evaluate(text)).values.first("port")).toBe("7");
    expect((await evaluate(text, { alias: "other" })).values.first("port")).toBeUndefined();
  });

  it("takes quotes and equals signs in Match as OpenSSH does since 9.9", async () => {
    const text = `Match host=worker-1 exec 'true "%h" a\\'b'\n Port 7\n`;
    const { values, ran } = await evaluate(text);
    expect(values.first("port")).toBe("7");
    expect(ran).toEqual([`true "worker-1" a'b`]);
  });

  it("runs a command only where all before it matches, and never for what is not included", async () => {
    const commands = (
      await evaluate("Match host x exec true\nHost x\n Include a\n", {}, { a: "Match exec true-a\n" })
    ).ran;
    expect(commands).toEqual([]);
    expect((await evaluate("Match user me exec true\nMatch !exec true2\n")).ran).toEqual(["true", "true2"]);
  });

  it("lets what is asked for win, as ssh's own options do", async () => {
    const { values } = await evaluate("User no\nPort 1\nMatch user root\n HostName %h.x\n", {
      user: "root",
      port: 5,
    });
    expect(values.login).toMatchObject({ user: "root", port: 5, host: "worker-1.x" });
  });

  it("expands tokens and variables in Include, as OpenSSH does since 9.9", async () => {
    const { values } = await evaluate("Include ${KEYS}/%n", {}, { "/keys/worker-1": "User one" });
    expect(values.first("user")).toBe("one");
  });

  it("tells what the user set from what the machine sets", async () => {
    const values = await evaluateConfig(
      [
        file("config", "User one\n"),
        { path: "system", text: "User two\nGSSAPIAuthentication yes\n", system: true },
      ],
      question,
      { include: () => Promise.resolve([]), exec: () => Promise.resolve(false), log: console },
    );
    expect([values.isUsers("user"), values.isUsers("gssapiauthentication"), values.isUsers("port")]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it.each([
    ["Port 1\nUser\n", "config", "2"],
    ["Include a\n", "a", "3"],
    ["Host x\n\n Nonsense 1\n", "config", "3"],
  ])("names file and line of what is wrong in %j", async (text, path, line) => {
    await expect(evaluate(text, {}, { a: "# one\n# two\nPort x\n" })).rejects.toMatchObject({
      reason: "ssh-config-invalid",
      facts: { file: path, line },
    });
  });

  it.each(["Match final\n", "CanonicalizeHostname yes\n"])(
    "says so of a bad HostName with %j",
    async (text) => {
      await expect(evaluate(`HostName %q\n${text}`)).rejects.toMatchObject({
        reason: "ssh-config-invalid",
        facts: { detail: '%q in "%q" is not known' },
      });
    },
  );

  it("stops where files include themselves and each other many times", async () => {
    const bomb = {
      a: "Include b b b b\n".repeat(20),
      b: "Include c c c c\n".repeat(20),
      c: "Include d d\n".repeat(20),
      d: "User x\n",
    };
    await expect(evaluate("Include a", {}, bomb)).rejects.toMatchObject({ reason: "ssh-config-invalid" });
    const large = { a: `Include ${"b ".repeat(100)}`, b: `# ${"x".repeat(1_000_000)}` };
    await expect(evaluate("Include a", {}, large)).rejects.toMatchObject({ reason: "ssh-config-invalid" });
    await expect(evaluate("Include a", {}, { a: "Include a" })).rejects.toThrow(/16 deep/);
  });

  it("never throws anything but its own error", async () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom(
        ..."Host Match exec all final host user Include a Port User HostName ProxyJump ProxyCommand ConnectTimeout".split(
          " ",
        ),
        ..."IdentityFile IdentityAgent HostKeyAlgorithms IgnoreUnknown __proto__ constructor toString %h %q ${ ${X} ~x".split(
          " ",
        ),
        ...[
          '"',
          "'",
          "\\",
          "=",
          "*",
          "#",
          "\n",
          "\r\n",
          " ",
          "!",
          ",",
          "1h",
          "none",
          "ssh://",
          "[",
          "]:",
          "@",
        ],
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        fc
          .array(fc.tuple(word, fc.constantFrom(" ", "", "\n", "=")).map((pair) => pair.join("")))
          .map((words) => words.join("")),
        async (text) => {
          await isRefused(text);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("never throws anything but a bad line for one line", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("a", "H", '"', "'", "\\", " ", "=", "\t", "#", "\r", "\f") }),
        (text) => {
          try {
            const line = parseLine(text);
            if (line !== undefined) expect(line.rest).not.toBe("");
          } catch (error) {
            expect(error).toBeInstanceOf(BadLine);
          }
        },
      ),
    );
  });
});

describe("a hostile ssh config", () => {
  const fillers: Readonly<Record<string, string>> = {
    stars: "*",
    quotes: '"',
    "single quotes": "'",
    backslashes: "\\",
    blanks: " ",
    tabs: "\t",
    commas: ",",
    words: "a ",
    negations: "!a ",
    digits: "1",
    times: "1s",
    percents: "%",
    brackets: "[",
    dollars: "${",
    signs: "=",
    comments: "#",
    returns: "\r",
    lines: "\n",
    sections: "\nHost *a*b*c",
    identities: "\nIdentityFile /a",
  };
  const keywords = [
    "Host ",
    "User ",
    "ProxyJump ",
    "ProxyCommand ",
    "ConnectTimeout ",
    "HostKeyAlgorithms ",
    "Match host ",
    "",
  ];

  it.each(Object.keys(fillers))("of %s costs what its length costs", async (name) => {
    const filler = fillers[name] ?? "";
    for (const keyword of keywords) {
      const read = (length: number): Promise<boolean> =>
        isRefused(`${keyword}${filler.repeat(Math.floor(length / filler.length))}z\n`);
      expect(await excessOf(read, 20_000), keyword).toBeLessThanOrEqual(0);
    }
  });
});

describe("what is replaced in values", () => {
  it("are tokens and variables", () => {
    const tokens = { h: "host", r: "root", d: "/home/me" };
    expect(expand("%d/.ssh/%r@%h%%${X}", tokens, { X: "!" })).toBe("/home/me/.ssh/root@host%!");
    for (const text of ["%z", "%", "${Y}", "${", "${}", "%\n"]) {
      expect(() => expand(text, tokens, {})).toThrow(BadLine);
    }
    expect(expand("${Y}$X", tokens)).toBe("${Y}$X");
    expect(() => expand("%__proto__", tokens)).toThrow(BadLine);
    // What a token stands for is not looked through again.
    expect(expand("%h", { h: "%r${X}" }, { X: "no" })).toBe("%r${X}");
  });

  it("is the home folder, and nobody else's", () => {
    const machine = { home: "/home/me", user: "me" };
    expect(["~", "~/a", "~me/a", "/x/~", "a~"].map((path) => expandHome(path, machine))).toEqual([
      "/home/me",
      "/home/me/a",
      "/home/me/a",
      "/x/~",
      "a~",
    ]);
    expect(() => expandHome("~root/a", machine)).toThrow(BadLine);
  });

  it("never is something that the shell would understand", () => {
    const login = { alias: "web", host: "web", port: 22, user: "me", keyAlias: undefined, jump: undefined };
    const refused = (command: string, more: Partial<typeof login>): boolean => {
      try {
        refuseShellText(command, { ...login, ...more });
        return false;
      } catch (error) {
        expect(error).toBeInstanceOf(BadLine);
        return true;
      }
    };
    for (const host of ["a;id", "$(id)", "`id`", "a b", "-oX", "a|b", "a\nb", "a'b"]) {
      expect(refused("nc %h", { host }), host).toBe(true);
      expect(refused("nc %n", { alias: host }), host).toBe(true);
      expect(refused("nc fixed", { host, alias: host }), host).toBe(false);
    }
    for (const user of ["a;id", "`id`", "-x", "a -x", "x\\", "a'b"])
      expect(refused("run %r", { user }), user).toBe(true);
    for (const user of ["me", "DOMAIN\\me", "me@example.com", "two words"])
      expect(refused("run %r", { user }), user).toBe(false);
  });
});
