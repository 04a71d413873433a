/** What runs on a node to read it: the same reading twice, as a shell script and for Perl. */
export interface Reader {
  readonly shell: string;
  readonly perl: string;
}

/**
 * Runs the reader in Perl where the node has it at its usual place, else in its shell. stdin holds both, one behind the
 * other: the shell's script exits at its end, and Perl begins behind the line `#!perl`. Which of them it is has to be
 * known before anything of stdin is read, since a shell may read more of it than it runs. Neither waits for the end of
 * stdin, which not every way onto a node can tell (exec by WebSocket before v5 of its protocol). Either says nothing, and is
 * content, where a login script has taken stdin away: not `perl -x`, to which that is an error. One line, as a csh
 * takes no other.
 */
const choose = String.raw`if [ -x /usr/bin/perl ]; then exec /usr/bin/perl -e 'while (<STDIN>) { last if /^__END__$/; if ($on) { $code .= $_ } else { $on = /^#.perl$/ } } eval $code; die $@ if $@' -- "$@"; fi; exec sh -s -- "$@"`;

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
