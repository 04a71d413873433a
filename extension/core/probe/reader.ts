/** What runs on a node to read it: the same reading twice, as a shell script and for Perl. */
export interface Reader {
  readonly shell: string;
  readonly perl: string;
}

/**
 * Runs the reader in Perl where the node has it at its usual place, else in its shell. stdin holds both, one behind the
 * other: the shell's script exits at its end, and `perl -x` begins at the line `#!perl`. Which of them it is has to be
 * known before anything of stdin is read, since a shell may read more of it than it runs.
 */
const choose = `if [ -x /usr/bin/perl ]; then exec /usr/bin/perl -x - "$@"; fi; exec sh -s -- "$@"`;

/** @param parameters - data, as checked words: they arrive as they are. */
export function readerCommand(
  { shell, perl }: Reader,
  parameters: readonly string[],
): { readonly argv: readonly string[]; readonly stdin: string } {
  return {
    argv: ["sh", "-c", choose, "sh", "scan", ...parameters],
    stdin: `${shorn(shell)}\n#!perl\n${shorn(perl)}\n__END__\n`,
  };
}

/** Without comments and indentation: it is sent for every reading, and a slow line's first packets hold some 14 kB. */
function shorn(script: string): string {
  return script.replaceAll(/^[ \t]+/gm, "").replaceAll(/^(?:#.*)?\n/gm, "");
}
