import { mostProcesses, scriptParts } from "./script-parts.ts";

/**
 * Reads one pod's processes on a node; changes nothing. What it shares with the node script, and how it stays cheap,
 * true, unforgeable and bounded, is in script-parts.ts.
 *
 *   $1  scan
 *   $2  pod UID (checked)
 *   $3… container IDs (checked) that the pod's status names
 *
 * It goes through the pod's cgroup directory, so that it costs what the pod costs, not what the node does.
 * Everything runs in a function without stdin, because stdin is the script itself.
 */
export const podScript = String.raw`${scriptParts}
most=${mostProcesses.pod}

# Adds what is there of the directories named to $dirs, a line each.
existing() {
  for candidate; do
    # A container may make cgroups of its own below its own: their names are no part of a program's arguments.
    case $candidate in
    *[!A-Za-z0-9._/@:+=,-]*) ;;
    *) [ ! -d "$candidate" ] || dirs="$dirs $candidate" ;;
    esac
  done
}
# The processes of the cgroups $dirs, and of those below.
members() {
  [ -z "$dirs" ] || find $dirs -name cgroup.procs -exec cat {} + 2>/dev/null | sort -nu | sed '/^0*$/d' | head -n "$most"
}

between() {
  echo '#threads'
  all=$pids
  threads
  wanted=$(printf '%s\n' "$first" | sed -n 's/^[0-9]* \([a-z]*\) \([0-9]*\)$/\1:[\2]/p' | sort -u)
  pins
  all=$parents
  descriptors
  echo '#lineage'
  # lsns looks at every process of the node: only for a pod with a user namespace of its own. The PID namespaces' parents
  # are told by the processes.
  case $wanted in *user:*user:*) lineage ;; esac
  all="1 2 $pids $parents"
}

main() {
  uid=$1; shift
  under=$(printf '%s\n' "$uid" | sed 's/-/_/g')
  pattern="pod$uid|pod$under"
  for id; do pattern="$pattern|$id"; done
  roots=
  for root in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified /sys/fs/cgroup/pids /sys/fs/cgroup/memory \
    /sys/fs/cgroup/cpu,cpuacct /sys/fs/cgroup/cpu; do
    # Where there are several hierarchies, their folder is none; and one that serves two controllers has links to it.
    if [ -f "$root/cgroup.procs" ] && [ ! -L "$root" ]; then roots="$roots $root"; fi
  done

  scope=pod
  found=cgroup
  dirs=
  for root in $roots; do
    for qos in / /burstable/ /besteffort/; do existing "$root/kubepods$qos""pod$uid"; done
    existing "$root/kubepods.slice/kubepods-pod$under.slice"
    for qos in burstable besteffort; do
      existing "$root/kubepods.slice/kubepods-$qos.slice/kubepods-$qos-pod$under.slice"
    done
  done
  pids=$(members)
  if [ -z "$pids" ]; then
    # A cgroup root of its own, a node that is a container, or a runtime that does not use the kubelet's driver.
    dirs=
    for root in $roots; do existing "$root"/*kubepods* "$root"/*/*kubepods* "$root"/*/*/*kubepods*; done
    tops=$dirs
    dirs=
    for id in "$uid" "$under"; do
      for top in $tops; do existing "$top"/*pod"$id"* "$top"/*/*pod"$id"*; done
      for root in $roots; do existing "$root"/*pod"$id"*:* "$root"/system.slice/*pod"$id"*:*; done
    done
    pids=$(members)
  fi
  if [ -z "$pids" ]; then
    # Last, every process of the node: by the pod's UID or by its containers' IDs in /proc/PID/cgroup.
    found=node
    pids=$(printf '%s\n' /proc/[0-9]*/cgroup | xargs grep -lsE "$pattern" | sed 's,^/proc/\([0-9]*\)/.*,\1,' | sort -n | head -n "$most")
  fi
  [ -n "$pids" ] || found=nothing
  # A zombie has left cgroup.procs, but its parent still lists it (CONFIG_PROC_CHILDREN).
  # Those of the list are named twice here, so that what is left once is a zombie; they come last, for there may be many.
  children=$(for pid in $pids; do printf '%s\n' "/proc/$pid/task/"*/children; done | head -n 20000 | xargs grep -hs '')
  pids=$({ printf '%s\n' $pids; printf '%s\n' $pids $pids $children | sort -n | uniq -u; } | sed '/^0*$/d' | head -n "$most")
  meta

  # The parents outside the pod are the runtime's shims and monitors. Of more processes than are read some are parents
  # too: these are not the runtime's, and nothing they name is trusted.
  all=$pids
  listed=" $(echo $pids) "
  parents=
  for pid in $(each status | xargs grep -hs '^PPid:' | sed 's/[^0-9]//g' | sort -nu | head -n 200); do
    case "$listed" in *" $pid "*) ;; *) [ "$pid" -le 2 ] || parents="$parents $pid" ;; esac
  done
  parents=$(all=$parents; each cgroup | xargs grep -LsE "$pattern" | sed -n 's,^/proc/\([0-9]*\)/cgroup$,\1,p')
  # A monitor may be in the pod's cgroup (CRI-O).
  all="$pids $parents"
  find_runtimes
  all="1 2 $pids $parents"

  echo '#pids'
  echo $pids
  echo '#runtimes'
  echo $runtimes
  read_processes between

  echo '#bundles'
  # A containerd shim works in its sandbox's bundle directory; its siblings are the pod's other bundles.
  bundles=
  if [ -n "$runtimes" ]; then
    ids=$({ for id; do printf '%s\n' "$id"; done
      each cgroup | xargs grep -hosE '[0-9a-f]{64}' | sort -u; } | head -n 100)
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
# Only as it was asked for: a login script that becomes another shell leaves it the script, but no arguments.
case $1 in scan) shift; main "$@" </dev/null ;; esac
exit 0
`;
