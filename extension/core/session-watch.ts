/**
 * Ends what a shell in the node's own PID namespace leaves behind, for `sh -c`; $1 is the shell's PID. The kernel tells
 * the end of a terminal only to who leads its session and to what is in the foreground; the others are the shell's to
 * tell, which few do: bash does not while it runs its PROMPT_COMMAND, nor after "exit", and dash and BusyBox never do.
 *
 * It tells (SIGHUP) what is of its own session and started after itself (fields 6 and 22 of proc_pid_stat(5)): who
 * came before, as sudo or a login shell, ends without it. What ignores SIGHUP was meant to stay. It ends at once when
 * whatever ends everything (`reaper`) asks it to. One line: csh takes no other.
 */
export const sessionWatch = [
  `exec </dev/null >/dev/null 2>&1; trap "" HUP INT QUIT TSTP;`,
  `of() { read -r line <"/proc/$1/stat" || return; set -- \${line##*) }; session=$4; started=\${20}; };`,
  `while kill -0 "$1"; do sleep 1 || exit; done;`,
  "of $$; own=$session; since=$started;",
  "for stat in /proc/[0-9]*/stat; do",
  `pid=\${stat%/stat}; pid=\${pid#/proc/};`,
  `if of "$pid" && [ "$session" = "$own" ] && [ "$started" -gt "$since" ]; then kill -s HUP "$pid"; kill -s CONT "$pid"; fi;`,
  "done",
].join(" ");
