import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Become } from "../../../extension/nodes/access.ts";
import { becoming, becomingOnTerminal } from "../../../extension/nodes/become.ts";
import { quoteCommand } from "../../../extension/nodes/quote.ts";

const argv = ["sh", "-s", "--", "scan", "it's"];
const nonce = "0123456789abcdeffedcba9876543210";

function template(line: string): Become {
  return { kind: "template", template: line };
}

/** The line that sh is given, without what is the same for all. */
function lineOf(become: Become): string {
  return becoming(become, argv, nonce).argv[2]?.replace(/^echo .*?shift 2; /, "") ?? "";
}

describe("becoming root on a terminal", () => {
  test("never: what is run is as it was", () => {
    expect(becomingOnTerminal({ kind: "never" }, argv)).toEqual(argv);
  });

  test.each<[Become, string]>([
    [{ kind: "auto" }, 'exec doas -- "$@"; fi; exec "$@"'],
    [{ kind: "sudo" }, 'exec sudo -k -u root -- "$@"'],
    [{ kind: "doas" }, 'exec doas -- "$@"'],
    [template("sudo -S -p ${prompt} -- ${command}"), 'prompt="Password: "; sudo -S -p "$prompt" -- "$@"'],
  ])("%j: asks there, where it has to", (become, end) => {
    const [sh, flag, line = "", name, ...words] = becomingOnTerminal(become, argv);
    expect([sh, flag, name]).toEqual(["sh", "-c", "sh"]);
    expect(line.endsWith(end)).toBe(true);
    expect(words).toEqual(argv);
  });
});

describe("becoming root", () => {
  test("never: what is run is as it was", () => {
    expect(becoming({ kind: "never" }, argv, nonce)).toEqual({ argv, dialogue: undefined });
  });

  test("by itself: nothing is waited for, and nothing can ask", () => {
    const { argv: words, dialogue } = becoming({ kind: "auto" }, argv, nonce);
    expect(dialogue).toBeUndefined();
    expect(words.slice(-argv.length)).toEqual(argv);
    expect(words[2]).not.toMatch(/sudo (?!-k -n )|doas (?!-n)/);
  });

  test.each<[Become, string]>([
    [{ kind: "sudo" }, 'sudo -k -S -p "$prompt" -u root -- "$@"'],
    [{ kind: "doas" }, 'doas -n -- "$@"'],
    [template("sudo -u root -S -p ${prompt} -- ${command}"), 'sudo -u root -S -p "$prompt" -- "$@"'],
    [template("dzdo -S -p ${prompt} ${command}"), 'dzdo -S -p "$prompt" "$@"'],
    [template("pfexec ${command}"), 'pfexec "$@"'],
    [template(`su -c 'exec "$0" "$@"' -- root \${command}`), `su -c 'exec "$0" "$@"' -- root "$@"`],
  ])("%j", (become, end) => {
    expect(lineOf(become).endsWith(end)).toBe(true);
    expect(becoming(become, argv, nonce).argv.slice(-argv.length)).toEqual(argv);
  });

  test("a password is asked for only where the prompt is the program's to print", () => {
    const promptOf = (become: Become): string | undefined => becoming(become, argv, nonce).dialogue?.prompt;
    expect(promptOf({ kind: "sudo" })).toContain(nonce);
    expect(promptOf(template("dzdo -S -p ${prompt} ${command}"))).toContain(nonce);
    expect(promptOf({ kind: "doas" })).toBeUndefined();
    expect(promptOf(template("pfexec ${command}"))).toBeUndefined();
  });

  test("a shell that prints what it runs cannot print what is listened for", () => {
    for (const become of [
      { kind: "sudo" },
      { kind: "doas" },
      template("x -p ${prompt} ${command}"),
    ] as const) {
      const { argv: words, dialogue } = becoming(become, argv, nonce);
      for (const text of [dialogue?.begun, dialogue?.prompt, dialogue?.ready]) {
        if (text === undefined) continue;
        expect(quoteCommand(words)).not.toContain(text);
        expect(words.join(" ")).not.toContain(text);
      }
    }
  });

  test.each([
    "sudo -S",
    'sudo -- "${command}"',
    "su -c '${command}'",
    "x -p '${prompt}' ${command}",
    "x `${command}`",
    "x \\${command}",
  ])("a template that cannot be used is refused: %s", (line) => {
    expect(() => becoming(template(line), argv, nonce)).toThrow(
      expect.objectContaining({ reason: "setting-invalid" }),
    );
  });

  test("no word of ours becomes part of a line of the shell", () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), (words) => {
        for (const become of [{ kind: "auto" }, { kind: "sudo" }, template("x ${command}")] as const) {
          const { argv: all } = becoming(become, words, nonce);
          expect(all[2]).toBe(becoming(become, argv, nonce).argv[2]);
          expect(all.slice(-words.length)).toEqual(words);
        }
      }),
    );
  });
});
