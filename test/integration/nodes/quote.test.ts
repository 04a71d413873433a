import { execFile } from "node:child_process";
import { promisify } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { quoteCommand, quoteWord } from "../../../extension/nodes/quote.ts";

const run = promisify(execFile);
/** Their printf is no builtin of these, whose own know other formats. */
const printf = "/usr/bin/printf";

describe.skipIf(process.platform !== "linux")("quoting for a shell", () => {
  it("gives a real sh back every word as it was", async () => {
    const nasty = fc.string({
      unit: fc.constantFrom("'", '"', "\\", "$", "`", "\n", " ", "!", "*", "~", "\t", "é", "a", "-"),
    });
    const word = fc.oneof(fc.string({ unit: "binary" }), nasty).map((text) => text.replaceAll("\0", ""));
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          word.filter((text) => text.isWellFormed()),
          { minLength: 1, maxLength: 50 },
        ),
        async (words) => {
          const { stdout } = await run("sh", ["-c", quoteCommand(["printf", String.raw`%s\0`, ...words])]);
          expect(stdout.split("\0").slice(0, -1)).toEqual(words);
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each(["bash", "dash", "ksh", "mksh", "zsh", "csh", "tcsh", "fish", "yash", "posh"])(
    "gives %s back every word that has no line break",
    async (shell) => {
      const nasty = Array.from("'\"\\$`!*~?[]{}()<>|&;#%^=, \té-");
      const words = [
        ...nasty,
        ...nasty.map((one) => `a${one}${one}b`),
        nasty.join(""),
        "\\'",
        "!!",
        "a\\",
        "",
      ];
      const line = quoteCommand([printf, String.raw`%s\0`, ...words]);
      // yash takes no é where the locale has none, and fish makes folders in a home that it finds.
      const env = { ...process.env, LC_ALL: "C.UTF-8", HOME: "/nonexistent" };
      const { stdout } = await run(shell, ["-c", line], { env });
      expect(stdout.split("\0").slice(0, -1)).toEqual(words);
    },
  );

  it("refuses what no argument can hold", () => {
    expect(() => quoteWord("a\0b")).toThrow(RangeError);
  });
});
