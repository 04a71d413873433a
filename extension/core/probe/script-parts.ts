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
 * always the script's own. What may be named by others, cgroups and folders, becomes an argument of a program only where
 * it is one plain word. What a script itself goes by is from status, whose name has its newlines escaped, never from stat,
 * whose name may hold them.
 * How they stay bounded: processes, threads, files and maps are counted, and command lines, which their processes may
 * make as long as memory, are read up to a length, a time and a size. Other programs, and files that are not the
 * kernel's, are given five seconds where there is a timeout that leaves nothing behind (GNU, toybox). Where there is none
 * (BusyBox), what may wait for others, the runtimes' clients, is not run; lsns is given five seconds of CPU.
 *
 * Their input: `all` = the PIDs to read.
 */
export const scriptParts = String.raw`
LC_ALL=C; export LC_ALL
unset GREP_OPTIONS QUOTING_STYLE TIME_STYLE
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin

# With echo wherever a text is plain: mksh would start a program for each printf.
each() {
  for pid in $all; do
    for file; do echo "/proc/$pid/$file"; done
  done
}

# Not with BusyBox's timeout, which leaves a watcher behind that would kill by PID.
case $(timeout --version 2>/dev/null) in
*coreutils* | toybox*) timeout='timeout -s KILL 5' ;;
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
  read -r boot </proc/sys/kernel/random/boot_id
  read -r kernel </proc/sys/kernel/osrelease
  read -r uptime _ </proc/uptime
  # Not by id: toybox's knows nobody who is not in /etc/passwd.
  while read -r key _ effective _; do [ "$key" != Uid: ] || reader=$effective; done </proc/self/status
  # What was printed before may have ended without its newline.
  echo
  echo '#meta'
  echo "scope $scope"
  echo "uid $reader"
  echo "boot $boot"
  echo "nsdevice $(stat -L -c %d /proc/self/ns/net 2>/dev/null)"
  echo "kernel $kernel"
  echo "cgroups $cgroups"
  echo "found $found"
  echo "ticks $(getconf CLK_TCK 2>/dev/null)"
  echo "now $(date +%s)"
  echo "uptime $uptime"
}

# The runtimes' own processes. Only these are believed what they say of their containers, for anybody may give a process
# any name, arguments and folder: they are root's or the reader's own, and in the reader's own mount namespace or the
# node's (a hardened sshd has another one), or in no container's cgroup.
find_runtimes() {
  runtimes=; abroad=; monitors=
  set -- $(each comm | xargs grep -HosE '^(containerd-shim|docker-containe|conmon)' |
    sed 's,^/proc/\([0-9]*\)/comm:,\1 ,' | head -n 2000)
  [ $# -gt 0 ] || return 0
  all=; called_conmon=' '
  while [ $# -gt 1 ]; do
    all="$all $1"
    [ "$2" != conmon ] || called_conmon="$called_conmon$1 "
    shift 2
  done
  set -- $(each status cgroup | xargs grep -HosE -m 1 "^Uid:[^0-9](0|$reader)[^0-9]|[0-9a-f]{64}" |
    sed 's,^/proc/\([0-9]*\)/\([a-z]*\):.*,\1 \2,')
  all='self 1 2'; contained=' '
  while [ $# -gt 1 ]; do
    case $2 in
    status) all="$all $1" ;;
    cgroup) contained="$contained$1 " ;;
    esac
    shift 2
  done
  set -- $(each ns/mnt | xargs ls -ldn 2>/dev/null |
    sed -n 's,^l.* /proc/\([0-9a-z]*\)/ns/mnt -> mnt:.\([0-9]*\).$,\1 \2,p')
  home=' '; pid=
  for word; do
    case $pid in
    self) home="$home$word "; seen=" $word " ;;
    1 | 2) home="$home$word " ;;
    esac
    pid=$word
  done
  while [ $# -gt 1 ]; do
    pid=$1; mount=$2; shift 2
    case $pid in self | 1 | 2) continue ;; esac
    case "$home" in
    *" $mount "*) ;;
    *) case "$contained" in *" $pid "*) continue ;; esac ;;
    esac
    runtimes="$runtimes $pid"
    case "$called_conmon" in *" $pid "*) monitors="$monitors $pid" ;; esac
    # One of each mount namespace but the reader's own: its bind mounts are not among the reader's.
    case "$seen" in *" $mount "*) ;; *) seen="$seen$mount "; abroad="$abroad $pid" ;; esac
  done
}

stats() {
  each stat | xargs grep -Hs ''
}
links() {
  for pid in $all; do
    ns=/proc/$pid/ns
    echo "$ns/net
$ns/ipc
$ns/uts
$ns/pid
$ns/mnt
$ns/user
$ns/cgroup
$ns/time"
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
  crowds=$(each status | xargs grep -lsE '^Threads:[^0-9]*([2-9]|[1-9][0-9]+)$' | sed 's,status$,task/,')
  [ -n "$crowds" ] || return 0
  tasks=$(for crowd in $crowds; do printf '%s\n' "$crowd"[0-9]*; done | head -n 2000)
  torn=$(tasks_links $tasks | sed 's/ [0-9]* / /' | sort -u | cut -d ' ' -f 1,2 | uniq -d | cut -d ' ' -f 1 | sort -u)
  [ -n "$torn" ] || return 0
  tasks_links $(for pid in $torn; do printf '%s\n' $tasks | grep "^/proc/$pid/"; done)
}

# Bind mounts of Linux namespaces, those whose line holds one of $wanted (a line each), and what stat sees behind their
# paths.
pins() {
  mounts=$(all="self 1 $abroad"; each mountinfo | xargs grep -HsF ' - nsfs ' | grep -m 10000 -F "$wanted")
  [ -n "$mounts" ] || return 0
  echo '#pins'
  printf '%s\n' "$mounts"
  echo '#nsfs'
  printf '%s\n' "$mounts" | sed -n 's,^/proc/self/mountinfo:[^ ]* [^ ]* [^ ]* [^ ]* \(/[A-Za-z0-9._/@:+=-]*\) .*,\1,p' |
    limited xargs stat -L -c '%d %i %Y %n' 2>/dev/null
}

# A link may be the name of a file, which may hold a newline and what looks like another line: each is asked for once more.
descriptors() {
  echo '#descriptors'
  [ -n "$all" ] || return 0
  each fd | limited xargs -n 500 sh -c 'exec find "$@" -maxdepth 1 -type l -exec ls -ldn {} + 2>/dev/null' sh |
    grep -E ' -> (net|ipc|uts|pid|mnt|user|cgroup|time):\[[0-9]+\]$' |
    sed -n 's,^l[^/]*\(/proc/[0-9]*/fd/[0-9]*\) -> ,\1 ,p' | head -n 1000 |
    while read -r path target; do
      if [ "$(readlink "$path" 2>/dev/null)" = "$target" ]; then printf '%s %s\n' "$path" "$target"; fi
    done
}

# These two types alone have parents, and lsns is four times as fast as with all. It waits for nothing but the CPU.
lineage() {
  (ulimit -t 5; limited lsns -n -r -t user -t pid -o NS,TYPE,PNS,ONS 2>/dev/null) | head -n 50000
}

# $1: what prints more between the two rounds
read_processes() {
  echo '#before'
  stats
  first=$(links)
  echo '#links'
  printf '%s\n' "$first"
  # At most as many lines of each as a UID map is read of.
  echo '#files'
  each status cgroup uid_map |
    xargs grep -HsE -m 11 '^(NSpid:|[0-9]+:(name=systemd|pids|memory|cpu,cpuacct|cpu)?:| *[0-9]+ +[0-9]+ +[0-9]+$)'
  "$@"
  echo '#again'
  links
  echo '#after'
  stats
}

# Of the files named on stdin what tells of sandboxes. Their JSON has no space or newline between its parts, and a quote
# within a value is escaped: no value can look like a key. Docker gives every container a file of its own folder.
extract() {
  limited xargs grep -HosE '"namespaces": ?\[[^]]*\]|"(io\.container\.manager|io\.kubernetes\.cri\.(container-type|container-name|sandbox-id|sandbox-uid|sandbox-name|sandbox-namespace)|io\.kubernetes\.cri-o\.(ContainerType|SandboxID)|io\.kubernetes\.container\.name|io\.kubernetes\.pod\.(uid|name|namespace))": ?"[^"\\]*"|"destination":"/etc/hostname","type":"bind","source":"/[A-Za-z0-9._/@:+=-]*/containers/[0-9a-f]{64}/hostname"' /dev/null
}
monitors_bundles() {
  [ -z "$monitors" ] || limited sh -c 'for pid; do
    head -c 65536 "/proc/$pid/cmdline" 2>/dev/null | tr "\0" "\n" |
      sed -n -e "/^-b$/{" -e n -e "s,^,/proc/$pid/root,p" -e q -e "}" | head -n 1
  done' sh $monitors | sed 's,$,/config.json,' | plain
}
# Paths that are one word for xargs and the shell.
plain() {
  grep -E '^/[A-Za-z0-9._/@:+=-]+$'
}

# $1: for how many processes exactly, with a program for each
command_lines() {
  # Some toyboxes have no tr, which lets a line be a line.
  command -v tr >/dev/null || set -- 0
  limited sh -c 'for file; do
    printf %s: "$file"; head -c 4096 "$file" 2>/dev/null | tr "\n" " "; echo
  done' sh $(each cmdline | head -n "$1")
  rest=$(each cmdline | tail -n "+$(($1 + 1))")
  [ -n "$rest" ] || return 0
  # At once, by a program that takes a whole line into memory. BusyBox's may stop at an argument's NUL.
  echo
  printf '%s\n' "$rest" | (ulimit -v 131072; limited xargs -n 100 grep -aHs -m 32 '' /dev/null) | cut -b -4200 | head -c 16000000
  echo
}
`;
