import { randomUUID } from "node:crypto";

/** The variable that marks the processes of one command inside. */
const markName = "POD_SANDBOX_COMMAND";

/** A mark for the environment of one command and of all that it starts: NAME=value. */
export function newMark(): string {
  return `${markName}=${randomUUID()}`;
}

/**
 * Ends the processes that have the mark $1 in their environment: an engine, or the kubelet, leaves what it started
 * inside alone when its client ends. Looks again until none is left, as those that were asked first may have started
 * others; after some seconds it gives up.
 *
 * Who has started others waits its turn (for so long as others do not come again and again): it is the one to ask how
 * they ended. Their next parent would be the first process of their PID namespace, which for a terminal in a sandbox
 * is the user's, and may never ask: what has ended would stay there. An interactive sh asks when it prompts again, as it
 * does on SIGINT; it ignores SIGTERM. Each is looked at once more right before it is told anything, as its PID may be
 * another's by then.
 *
 * One grep reads a thousand environments in 0.02 s; tr and a grep for each take 1 s, and dash itself takes 4 s (measured).
 * Not every grep looks behind a NUL, though, and not every sleep knows parts of a second.
 */
export const reaper = `exec 2>/dev/null
if printf 'a\\000b' | grep -qz '^b'; then
  marked() { grep -lz "^$mark\\$" "$@"; }
else
  marked() { for file do tr '\\000' '\\n' <"$file" | grep -q "^$mark\\$" && echo "$file"; done; }
fi
mark=$1
turn=0
told=
while [ $turn -lt 40 ]; do
  files=$(marked /proc/[0-9]*/environ)
  [ -n "$files" ] || exit 0
  parents=' '
  for file in $files; do
    while read -r name value; do
      case $name in PPid:) parents="$parents$value "; break ;; esac
    done <"\${file%environ}status"
  done
  for file in $files; do
    pid=\${file#/proc/}
    pid=\${pid%/environ}
    case $parents in *" $pid "*) [ $turn -ge 10 ] || continue ;; esac
    [ -n "$(marked "$file")" ] || continue
    case $told in
      *" $pid "*" $pid "*" $pid "*" $pid "*) kill -s KILL "$pid" ;;
      *" $pid "*) kill -s HUP "$pid" ;;
      *) kill -s INT "$pid"; kill -s TERM "$pid" ;;
    esac
    told="$told $pid "
  done
  turn=$((turn + 1))
  sleep 0.2 || sleep 1
done`;
