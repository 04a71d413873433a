/** How many processes a scan reads, by its scope. */
export const mostProcesses = { pod: 4000, node: 20_000 } as const;

/** How many ranges of a UID map are read; a longer one is not reported. */
export const mostRanges = 10;

/**
 * The functions that the pod script and the node script share, with all that is printed, section by section.
 * They read and change nothing. POSIX sh with what GNU, BusyBox and toybox have in common.
 *
 * How they stay cheap: every kind of file of all processes is read with one program (one program for each link would
 * cost a millisecond each), and what is not asked for is cut on the node: an OCI configuration holds secrets.
 * How they stay true: every process's stat and links are read twice, and everything that is compared with them is read
 * between the two rounds (parseScan says why). Links are named one by one, since another user's ns directory may not be
 * listed, only its links be looked up.
 * How they stay unforgeable: each line of a file comes behind the file's path, so that no process name, argument or
 * cgroup name can look like a line of ours; links are printed as numbers and a type. A line that starts with `#` is
 * always the script's own. What a script itself goes by is from status, whose name has its newlines escaped, never from stat,
 * whose name may hold them.
 * How they stay bounded: processes, threads, files and maps are counted, and command lines, which their processes may
 * make as long as memory, are read up to a length, a time and a size. Other programs are given five seconds.
 *
 * Their input: `all` = the PIDs to read.
 */
export const scriptParts = String.raw`
LC_ALL=C; export LC_ALL
unset GREP_OPTIONS QUOTING_STYLE TIME_STYLE
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin

each() {
  for pid in $all; do printf '/proc/%s/%s\n' "$pid" "$1"; done
}

# Not with BusyBox's timeout, which leaves a watcher behind that would kill by PID.
case $(timeout --version 2>/dev/null) in
*coreutils*) timeout='timeout -s KILL 5' ;;
*) timeout= ;;
esac
limited() {
  $timeout "$@"
}

meta() {
  if [ -f /sys/fs/cgroup/cgroup.controllers ]; then cgroups=v2
  elif [ -f /sys/fs/cgroup/unified/cgroup.procs ]; then cgroups=hybrid
  elif [ -d /sys/fs/cgroup/systemd ] || [ -d /sys/fs/cgroup/memory ]; then cgroups=v1
  else cgroups=unknown; fi
  echo '#meta'
  echo "scope $scope"
  echo "uid $(id -u)"
  echo "boot $(cat /proc/sys/kernel/random/boot_id 2>/dev/null)"
  echo "nsdevice $(stat -L -c %d /proc/self/ns/net 2>/dev/null)"
  echo "kernel $(uname -r)"
  echo "cgroups $cgroups"
  echo "found $found"
  echo "ticks $(getconf CLK_TCK 2>/dev/null)"
  echo "now $(date +%s)"
  echo "uptime $(cut -d ' ' -f 1 /proc/uptime 2>/dev/null)"
}

# The runtimes' own processes. Only these are believed what they say of their containers: they are in the reader's own
# mount namespace or the node's (a hardened sshd has another one), or in no container's cgroup.
find_runtimes() {
  candidates=$(each comm | xargs grep -lsE '^(containerd-shim|docker-containe|conmon)' |
    sed 's,^/proc/\([0-9]*\)/.*,\1,' | head -n 2000)
  runtimes=; abroad=; monitors=
  [ -n "$candidates" ] || return 0
  own=$(all=self; each ns/mnt | xargs ls -ldn 2>/dev/null | sed 's/^.* -> //')
  home=$(all='self 1 2'; each ns/mnt | xargs ls -ldn 2>/dev/null | sed -n 's/^.* -> \(.*\)$/\1 /p')
  mounts=$(all=$candidates; each ns/mnt | xargs ls -ldn 2>/dev/null | sed -n 's,^l.* /proc/\([0-9]*\)/ns/mnt -> \(.*\)$,\2 \1,p')
  free=$(all=$candidates; each cgroup | xargs grep -LsE '[0-9a-f]{64}' | sed 's,^/proc/\([0-9]*\)/.*,\1,')
  runtimes=$({ printf '%s\n' "$mounts" | grep -F "$home" | sed 's/^.* //'; printf '%s\n' $free; } | sort -nu | sed '/^$/d')
  # One of each other mount namespace: their bind mounts are not among the reader's.
  abroad=$(printf '%s\n' "$mounts" | grep -vF "$own " | sort -u -k 1,1 | sed 's/^.* //' | head -n 20)
  monitors=$(all=$runtimes; each comm | xargs grep -lsE '^conmon' | sed 's,^/proc/\([0-9]*\)/.*,\1,')
}

stats() {
  each stat | xargs grep -Hs ''
}
links() {
  for pid in $all; do
    ns=/proc/$pid/ns
    printf '%s\n' $ns/net $ns/ipc $ns/uts $ns/pid $ns/mnt $ns/user $ns/cgroup $ns/time
  done | xargs ls -ldn 2>/dev/null | sed 's,^l[^/]*/proc/,,; s,/ns/, ,; s, -> [a-z]*:., ,; s,]$,,'
}

tasks_links() {
  for task; do
    ns=$task/ns
    printf '%s\n' $ns/net $ns/ipc $ns/uts $ns/mnt $ns/cgroup $ns/pid $ns/user $ns/time
  done | xargs ls -ldn 2>/dev/null | sed 's,^l[^/]*/proc/,,; s,/task/, ,; s,/ns/, ,; s, -> [a-z]*:., ,; s,]$,,'
}
# Of processes whose threads are not all in the same Linux namespaces; of most there is nothing to print.
threads() {
  crowds=$(each status | xargs grep -HsE '^Threads:[^0-9]*([2-9]|[1-9][0-9]+)$' | sed 's,^/proc/\([0-9]*\)/.*,\1,')
  [ -n "$crowds" ] || return 0
  tasks=$(for pid in $crowds; do printf '%s\n' "/proc/$pid/task/"[0-9]*; done | head -n 2000)
  torn=$(tasks_links $tasks | sed 's/ [0-9]* / /' | sort -u | cut -d ' ' -f 1,2 | uniq -d | cut -d ' ' -f 1 | sort -u)
  [ -n "$torn" ] || return 0
  tasks_links $(for pid in $torn; do printf '%s\n' $tasks | grep "^/proc/$pid/"; done)
}

# Bind mounts of Linux namespaces, those whose line holds one of $wanted (a line each), and what stat sees behind their
# paths.
pins() {
  mounts=$(all="self 1 $abroad"; each mountinfo | xargs grep -HsF ' - nsfs ' | grep -F "$wanted" | head -n 10000)
  echo '#pins'
  printf '%s\n' "$mounts"
  echo '#nsfs'
  printf '%s\n' "$mounts" | sed -n 's,^/proc/self/mountinfo:[^ ]* [^ ]* [^ ]* [^ ]* \(/[A-Za-z0-9._/@:+=-]*\) .*,\1,p' |
    limited xargs stat -L -c '%d %i %n' 2>/dev/null
}

# A link may be the name of a file, which may hold a newline and what looks like another line: each is asked for once more.
descriptors() {
  echo '#descriptors'
  [ -n "$all" ] || return 0
  each fd | limited xargs -n 500 sh -c 'exec find "$@" -maxdepth 1 -type l 2>/dev/null' sh | limited xargs ls -ldn 2>/dev/null |
    grep -E ' -> (net|ipc|uts|pid|mnt|user|cgroup|time):\[[0-9]+\]$' |
    sed -n 's,^l[^/]*\(/proc/[0-9]*/fd/[0-9]*\) -> ,\1 ,p' | head -n 1000 |
    while read -r path target; do
      if [ "$(readlink "$path" 2>/dev/null)" = "$target" ]; then printf '%s %s\n' "$path" "$target"; fi
    done
}

# These two types alone have parents, and lsns is four times as fast as with all.
lineage() {
  [ -n "$timeout" ] || return 0
  limited lsns -n -r -t user -t pid -o NS,TYPE,PNS,ONS 2>/dev/null | head -n 50000
}

# $1: what prints more between the two rounds
read_processes() {
  echo '#before'
  stats
  first=$(links)
  echo '#links'
  printf '%s\n' "$first"
  echo '#cgroup'
  each cgroup | xargs grep -HsE '^[0-9]+:(name=systemd|pids|memory|cpu,cpuacct|cpu)?:'
  echo '#status'
  each status | xargs grep -Hs '^NSpid:'
  echo '#uidmap'
  each uid_map | xargs grep -Hs -m 11 ''
  "$@"
  echo '#again'
  links
  echo '#after'
  stats
}

# Of the files named on stdin what tells of sandboxes. Their JSON has no space or newline between its parts, and a quote
# within a value is escaped: no value can look like a key.
extract() {
  xargs grep -HosE '"namespaces": ?\[[^]]*\]|"(io\.container\.manager|io\.kubernetes\.cri\.(container-type|container-name|sandbox-id|sandbox-uid|sandbox-name|sandbox-namespace)|io\.kubernetes\.cri-o\.(ContainerType|SandboxID)|io\.kubernetes\.container\.name|io\.kubernetes\.pod\.(uid|name|namespace))": ?"[^"\\]*"' /dev/null
}
monitors_bundles() {
  for pid in $monitors; do
    tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | sed -n -e '/^-b$/{' -e n -e "s,^,/proc/$pid/root,p" -e q -e '}'
  done | grep -E '^/[A-Za-z0-9._/@:+=-]+$' | sed 's,$,/config.json,'
}

# $1: for how many processes exactly, with a program for each
command_lines() {
  limited sh -c 'for file; do
    printf %s: "$file"; head -c 4096 "$file" 2>/dev/null | tr "\n" " "; echo
  done' sh $(each cmdline | head -n "$1")
  # The rest at once, by a program that takes a whole line into memory. BusyBox's may stop at an argument's NUL.
  echo
  each cmdline | tail -n "+$(($1 + 1))" |
    (ulimit -v 131072; limited xargs -n 100 grep -aHs -m 32 '' /dev/null) | cut -b -4200 | head -c 16000000
  echo
}
`;
