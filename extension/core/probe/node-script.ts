import { mostProcesses, scriptParts } from "./script-parts.ts";

/**
 * Reads every process of a node; changes nothing. What it shares with the pod script, and how it stays cheap, true,
 * unforgeable and bounded, is in script-parts.ts.
 *
 * Podman is never called: its client writes to its storage even to list containers. What runs its containers tells
 * enough. Docker's client is not called where it is Podman in disguise.
 */
export const nodeScript = String.raw`${scriptParts}
most=${mostProcesses.node}

between() {
  # Threads are looked at where a sandbox is: there are too many of them on a node.
  echo '#threads'
  wanted=' - nsfs '
  pins
  descriptors
  echo '#lineage'
  lineage
}

# Each folder of bundles once, through one of the shims that work in it.
shims_bundles() {
  (all=$runtimes; each cwd) | xargs ls -ldn 2>/dev/null |
    sed -n 's,^l.* /proc/\([0-9]*\)/cwd -> \(/[^ ]*\)/[0-9a-f]\{64\}$,\2 \1,p' | sort -u -k 1,1 |
    while read -r _ pid; do printf '%s\n' "/proc/$pid/cwd/../"*/config.json; done | plain | head -n 5000
}
# Docker keeps its containers' names below its own folder.
docker_names() {
  roots=$(printf '%s\n' "$told" | sed -n 's,^.*"source":"\(/.*\)/containers/[0-9a-f]*/hostname"$,\1,p' | sort -u | head -n 10)
  [ -n "$roots" ] || return 0
  for root in $roots; do
    printf '%s\n' $bundles | sed -n "s,^.*/\([0-9a-f]\{64\}\)/config\.json$,$root/containers/\1/config.v2.json,p"
  done | limited xargs grep -HosE '"Name":"/[^"\\]*"' /dev/null
}

docker_client() {
  [ -n "$timeout" ] && [ -n "$(each comm | xargs grep -lsE '^dockerd$')" ] || return 0
  client=$(command -v docker) || return 0
  # The package podman-docker has a script, or a link, of this name.
  case $(readlink -f "$client") in *podman*) return 0 ;; esac
  [ "$(head -c 2 "$client" | tr -d '\0')" != '#!' ] || return 0
  DOCKER_HOST=$(printenv DOCKER_HOST || echo unix:///var/run/docker.sock); export DOCKER_HOST
  limited "$client" ps -q --no-trunc 2>/dev/null | head -n 1000 |
    limited xargs "$client" inspect --type container --format '[{{json .Id}},{{json .Name}},{{json .State.Pid}}]' 2>/dev/null |
    head -c 1000000
}

main() {
  # Before there is any other process of the script's own: a glob is expanded by the shell itself.
  set -- /proc/[0-9]*
  scope=node
  found=node
  pids=$(printf '%s\n' "$@" | sed 's,^/proc/,,' | sort -n | head -n "$most")
  meta
  all=$pids
  find_runtimes
  all=$pids
  echo '#pids'
  echo $pids
  echo '#runtimes'
  echo $runtimes
  read_processes between

  echo '#bundles'
  bundles=$({ shims_bundles; monitors_bundles; } | sort -u)
  told=$(printf '%s\n' $bundles | extract)
  printf '%s\n' "$told"
  docker_names

  echo '#crictl'
  if [ -n "$timeout" ] && command -v crictl >/dev/null; then
    limited crictl ps -o json 2>/dev/null | head -c 8000000 | tr '\n' ' '
    echo
  fi
  echo '#docker'
  docker_client

  echo '#cmdline'
  # Last, because a process can make its reader wait for ever; the runtimes' own processes and containers' first.
  contained=$(each cgroup | xargs grep -lsE '[0-9a-f]{64}' | sed 's,^/proc/\([0-9]*\)/.*,\1,')
  # Each once: what is named twice falls out of the next group.
  contained=$(printf '%s\n' $runtimes $runtimes $contained | sort -n | uniq -u)
  others=$(printf '%s\n' $runtimes $runtimes $contained $contained $pids | sort -n | uniq -u)
  all="$runtimes $contained $others"
  command_lines "$(printf '%s\n' $runtimes | sed '/^$/d' | head -n 500 | wc -l)"
  echo '#end'
}
# Only as it was asked for: a login script that becomes another shell leaves it the script, but no arguments.
case $1 in scan) main </dev/null ;; esac
exit 0
`;
