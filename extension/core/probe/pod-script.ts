import { mostProcesses, scriptParts } from "./script-parts.ts";

/**
 * Reads one pod's processes on a node; changes nothing. What it shares with the node script, and how it stays cheap,
 * true, unforgeable and bounded, is in script-parts.ts.
 *
 *   $1  pod UID (checked)
 *   $2… container IDs (checked) that the pod's status names
 *
 * It goes through the pod's cgroup directory, so that it costs what the pod costs, not what the node does.
 * Everything runs in a function without stdin, because stdin is the script itself.
 */
export const podScript = String.raw`${scriptParts}
most=${mostProcesses.pod}

procs_in() {
  [ $# -eq 0 ] || find "$@" -name cgroup.procs -exec cat {} + 2>/dev/null
}
pick() {
  sort -nu | sed '/^0*$/d' | head -n "$most"
}
existing() {
  for candidate; do
    if [ -d "$candidate" ]; then printf '%s\n' "$candidate"; fi
  done
}

between() {
  echo '#threads'
  all=$pids
  threads
  wanted=$(printf '%s\n' "$first" | sed -n 's/^[0-9]* [a-z]* \([0-9]*\)$/[\1]/p' | sort -u)
  pins
  all=$parents
  descriptors
  echo '#lineage'
  # lsns looks at every process of the node: only for a pod with a user namespace of its own. The PID namespaces' parents
  # are told by the processes.
  case $(printf '%s\n' "$first" | sed -n 's/^[0-9]* user //p' | sort -u) in
  *[!0-9]*) lineage ;;
  esac
  all="1 2 $pids $parents"
}

main() {
  uid=$1; shift
  under=$(printf %s "$uid" | tr - _)
  pattern="pod$uid|pod$under"
  for id; do pattern="$pattern|$id"; done
  roots='/sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified /sys/fs/cgroup/pids /sys/fs/cgroup/memory /sys/fs/cgroup/cpu,cpuacct /sys/fs/cgroup/cpu'

  scope=pod
  found=cgroup
  pids=$(for root in $roots; do
    for qos in / /burstable/ /besteffort/; do existing "$root/kubepods$qos""pod$uid"; done
    existing "$root/kubepods.slice/kubepods-pod$under.slice"
    for qos in burstable besteffort; do
      existing "$root/kubepods.slice/kubepods-$qos.slice/kubepods-$qos-pod$under.slice"
    done
  done | { dirs=; while read -r dir; do dirs="$dirs $dir"; done; procs_in $dirs; } | pick)
  if [ -z "$pids" ]; then
    # A cgroup root of its own, a node that is a container, or a runtime that does not use the kubelet's driver.
    pids=$(for root in $roots; do
      for id in "$uid" "$under"; do
        existing "$root"/*kubepods*/*pod"$id"* "$root"/*kubepods*/*/*pod"$id"* \
          "$root"/*/*kubepods*/*pod"$id"* "$root"/*/*kubepods*/*/*pod"$id"* \
          "$root"/*/*/*kubepods*/*pod"$id"* "$root"/*/*/*kubepods*/*/*pod"$id"* \
          "$root"/*pod"$id"*:* "$root"/system.slice/*pod"$id"*:*
      done
    done | { dirs=; while read -r dir; do dirs="$dirs $dir"; done; procs_in $dirs; } | pick)
  fi
  if [ -z "$pids" ]; then
    # Last, every process of the node: by the pod's UID or by its containers' IDs in /proc/PID/cgroup.
    found=node
    pids=$(printf '%s\n' /proc/[0-9]*/cgroup | xargs grep -lsE "$pattern" | sed 's,^/proc/\([0-9]*\)/.*,\1,' | pick)
  fi
  [ -n "$pids" ] || found=nothing
  # A zombie has left cgroup.procs, but its parent still lists it (CONFIG_PROC_CHILDREN).
  # Those of the list are named twice here, so that what is left once is a zombie; they come last, for there may be many.
  zombies=$({ printf '%s\n' $pids $pids
    for pid in $pids; do printf '%s\n' "/proc/$pid/task/"*/children; done | head -n 20000 |
      xargs grep -hs '' | tr ' ' '\n'; } | sort -n | uniq -u | pick)
  pids=$(printf '%s\n' $pids $zombies | sed '/^$/d' | head -n "$most")
  meta

  # The parents outside the pod are the runtime's shims and monitors.
  all=$pids
  listed=" $(echo $pids) "
  parents=
  for pid in $(each status | xargs grep -hs '^PPid:' | tr -dc '0-9\n' | sort -nu | head -n 200); do
    case "$listed" in *" $pid "*) ;; *) [ "$pid" -le 2 ] || parents="$parents $pid" ;; esac
  done
  # Of more processes than are read some are parents too: these are not the runtime's, and nothing they name is trusted.
  parents=$(all=$parents; each cgroup | xargs grep -LsE "$pattern" | sed -n 's,^/proc/\([0-9]*\)/cgroup$,\1,p')
  all="1 2 $pids $parents"
  find_runtimes

  echo '#pids'
  echo $pids
  read_processes between

  echo '#bundles'
  # A containerd shim works in its sandbox's bundle directory; its siblings are the pod's other bundles.
  bundles=
  if [ -n "$runtimes" ]; then
    ids=$({ for id; do printf '%s\n' "$id"; done
      each cgroup | xargs grep -hs '' | sed -n 's/^.*\([0-9a-f]\{64\}\).*$/\1/p'; } | sort -u | head -n 100)
    bundles=$({ for pid in $runtimes; do
      for id in $ids; do printf '/proc/%s/cwd/../%s/config.json\n' "$pid" "$id"; done
    done | head -n 2000; monitors_bundles; } | extract)
    printf '%s\n' "$bundles"
  fi

  echo '#crictl'
  if [ -z "$bundles" ] && [ -n "$pids" ] && [ -n "$timeout" ] && command -v crictl >/dev/null; then
    limited crictl ps -o json --label "io.kubernetes.pod.uid=$uid" 2>/dev/null | head -c 1000000 | tr '\n' ' '
    echo
  fi

  echo '#cmdline'
  # Last, because a process can make its reader wait for ever; the runtime's own processes first.
  all="$parents $pids"
  # Exactly for as many as most pods have, pause among them.
  command_lines 200
  echo '#end'
}
main "$@" </dev/null
exit 0
`;
