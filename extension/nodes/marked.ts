import { randomUUID } from "node:crypto";

/** The variable that marks the processes of one command inside. */
const markName = "POD_SANDBOX_COMMAND";

/** A mark for the environment of one command and of all that it starts: NAME=value. */
export function newMark(): string {
  return `${markName}=${randomUUID()}`;
}

/**
 * Ends the processes that have the mark $1 in their environment: an engine, or the kubelet, leaves what it started
 * inside alone when its client ends. Asks again, as those that were asked first may have started others. Read by the
 * shell itself, which drops the NUL between two variables: not every grep looks behind one.
 */
export const reaper = `marked() {
  for file in /proc/[0-9]*/environ; do
    while IFS= read -r text || [ -n "$text" ]; do
      case $text in *"$1"*) pid=\${file#/proc/}; echo "\${pid%/environ}"; break ;; esac
    done <"$file"
  done
}
for signal in TERM KILL KILL; do
  pids=$(marked "$1")
  [ -n "$pids" ] || exit 0
  kill -s "$signal" $pids
  sleep 1
done`;
