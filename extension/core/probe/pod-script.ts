/**
 * Reads one pod's processes on a node; changes nothing. POSIX sh with what GNU, BusyBox and toybox have in common.
 *
 *   $1  pod UID (checked)      $2  "pins" to look for bind-mounted namespaces, else "-"
 *   $3… container IDs (checked) that the pod's status names
 *
 * How it stays cheap: it goes through the pod's cgroup directory, so that it costs what the pod costs, and reads every
 * kind of file of all processes with one program (one program for each link would cost a millisecond each).
 * How it stays true: every process's stat is read before and after its links, so that a reused PID is noticed; links
 * are named one by one, since another user's ns directory may not be listed, only its links be looked up.
 * How it stays unforgeable: each line of a file comes behind the file's path, so that no process name, argument or
 * cgroup name can look like a line of ours. A line that starts with `#` is always the script's own. What the script
 * itself goes by is from status, whose name has its newlines escaped, never from stat, whose name may hold them.
 * How it stays bounded: processes are counted, and command lines, which their processes may make as long as memory, are
 * read up to a length, a time and a size.
 * Everything runs in a function without stdin, because stdin is the script itself.
 */
export const podScript = String.raw`
LC_ALL=C; export LC_ALL
unset GREP_OPTIONS QUOTING_STYLE
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin

most=4000

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
each() {
  for pid in $all; do printf '/proc/%s/%s\n' "$pid" "$1"; done
}
links() {
  for pid in $all; do
    for type in net ipc uts pid mnt user cgroup time; do printf '/proc/%s/ns/%s\n' "$pid" "$type"; done
  done
}

# Not with BusyBox's timeout, which leaves a watcher behind that would kill by PID.
limited() {
  case $(timeout --version 2>/dev/null) in
  *coreutils*) timeout -s KILL 5 "$@" ;;
  *) "$@" ;;
  esac
}
command_lines() {
  # Exactly for as many as most pods have, pause among them: a program for each.
  limited sh -c 'for file; do
    printf %s: "$file"; head -c 4096 "$file" 2>/dev/null | tr "\n" " "; echo
  done' sh $(each cmdline | head -n 200)
  # The rest at once, by a program that takes a whole line into memory. BusyBox's may stop at an argument's NUL.
  echo
  each cmdline | tail -n +201 |
    (ulimit -v 131072; limited xargs -n 100 grep -aHs -m 32 '' /dev/null) | cut -b -4200 | head -c 16000000
  echo
}

main() {
  uid=$1; pins=$2; shift 2
  under=$(printf %s "$uid" | tr - _)
  pattern="pod$uid|pod$under"
  for id; do pattern="$pattern|$id"; done
  roots='/sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified /sys/fs/cgroup/pids /sys/fs/cgroup/memory /sys/fs/cgroup/cpu,cpuacct /sys/fs/cgroup/cpu'

  if [ -f /sys/fs/cgroup/cgroup.controllers ]; then cgroups=v2
  elif [ -f /sys/fs/cgroup/unified/cgroup.procs ]; then cgroups=hybrid
  elif [ -d /sys/fs/cgroup/systemd ] || [ -d /sys/fs/cgroup/memory ]; then cgroups=v1
  else cgroups=unknown; fi

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

  echo '#meta'
  echo "uid $(id -u)"
  echo "boot $(cat /proc/sys/kernel/random/boot_id 2>/dev/null)"
  echo "kernel $(uname -r)"
  echo "cgroups $cgroups"
  echo "found $found"
  echo "ticks $(getconf CLK_TCK 2>/dev/null)"
  echo "now $(date +%s)"
  echo "uptime $(cut -d ' ' -f 1 /proc/uptime 2>/dev/null)"

  # The parents outside the pod are the runtime's shims and monitors.
  all=$pids
  listed=" $(echo $pids) "
  parents=
  for pid in $(each status | xargs grep -hs '^PPid:' | tr -dc '0-9\n' | sort -nu | head -n 200); do
    case "$listed" in *" $pid "*) ;; *) [ "$pid" -le 2 ] || parents="$parents /proc/$pid/cgroup" ;; esac
  done
  # Of more processes than are read some are parents too: these are not the runtime's, and nothing they name is trusted.
  parents=$(printf '%s\n' $parents | xargs grep -LsE "$pattern" | sed -n 's,^/proc/\([0-9]*\)/cgroup$,\1,p')
  all="1 2 $pids $parents"

  echo '#pids'
  echo $pids
  echo '#before'
  each stat | xargs grep -Hs ''
  echo '#links'
  links | xargs ls -ldn 2>/dev/null
  echo '#cgroup'
  each cgroup | xargs grep -Hs ''
  echo '#status'
  each status | xargs grep -Hs '^NSpid:'
  echo '#after'
  each stat | xargs grep -Hs ''

  echo '#bundles'
  # A containerd shim works in its sandbox's bundle directory; its siblings are the pod's other bundles.
  ids=$({ for id; do printf '%s\n' "$id"; done
    each cgroup | xargs grep -hs '' | sed -n 's/^.*\([0-9a-f]\{64\}\).*$/\1/p'; } | sort -u | head -n 100)
  for pid in $parents; do
    for id in $ids; do printf '/proc/%s/cwd/../%s/config.json\n' "$pid" "$id"; done
  done | head -n 2000 | xargs grep -HosE '"io\.kubernetes\.cri\.(container-type|container-name|sandbox-id)": ?"[^"\\]*"' /dev/null

  echo '#pins'
  if [ "$pins" = pins ]; then
    stat -L -c '%i %n' /run/netns/* /run/ipcns/* /run/utsns/* /run/userns/* 2>/dev/null
  fi

  echo '#cmdline'
  # Last, because a process can make its reader wait for ever; the runtime's own processes first.
  all="$parents $pids"
  command_lines
  echo '#end'
}
main "$@" </dev/null
exit 0
`;
