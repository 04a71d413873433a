import { namespaceTypes } from "../namespaces.ts";

/**
 * The functions that the pod reader and the node reader share: the scripts' work (script-parts.ts) in one Perl process,
 * for nodes that have Perl. They read and change nothing, load no module, and start no program but the
 * runtimes' clients.
 *
 * Why there are two ways of reading: programs cost more than what they read. Of a pod's reading by the shell, nine
 * tenths of the time are starting some sixty programs (test/bench/node.ts prints both).
 *
 * How they stay true: a process is read from within its folder, which stays that process's whoever gets its number
 * next (proc(5)). Then what has to be compared between processes is read (threads, bind mounts, descriptors, lineage),
 * and after that the links once more of as many processes as it takes to have every Linux namespace seen twice in one
 * that stayed: parse-processes.ts says why that is enough.
 * How they stay unforgeable: lines begin with a number, a path, or are the reader's own; newlines in names are escaped.
 * How they stay bounded: as the scripts. What may wait for others (files that are not the kernel's, command lines) is
 * read by a child that is given five seconds.
 */
export const perlParts = String.raw`
# Only as it was asked for, as the scripts.
exit 0 unless @ARGV && shift eq "scan";
$ENV{PATH} .= ":/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin";
my @types = qw(${namespaceTypes.join(" ")});
my $hex = "[0-9a-f]{64}";
my $out = "";

# A file's text, to its end or until it has so many bytes: of the kernel's files that come in one piece one is enough.
sub text {
  open my $file, "<:unix", $_[0] or return;
  my ($text, $most) = ("", $_[1] || 1 << 20);
  while (length $text < $most && sysread $file, $text, 65536, length $text) {}
  return $text;
}
sub names {
  opendir my $dir, $_[0] or return;
  return grep { $_ ne "." && $_ ne ".." } readdir $dir;
}
sub numbers { return sort { $a <=> $b } grep { /^[1-9][0-9]*\z/ } names($_[0]) }
sub one_line { my ($text) = @_; $text =~ s/([\\\n])/$1 eq "\n" ? "\\n" : "\\\\"/ge; return $text }

# Each text once: answers its number in the table.
sub number_of {
  my ($table, $text) = @_;
  return $table->{$text} //= keys %$table;
}
sub in_order { my ($table) = @_; return sort { $table->{$a} <=> $table->{$b} } keys %$table }

my (%read, @order, %sets, %cgroups, %maps, %map_of, %kind);
my $own_pid = (readlink("/proc/self") || "") eq $$ ? readlink("/proc/self/ns/pid") || "" : "";

# "-" for a link that is there but is not shown, "." for a type that the kernel does not have.
sub links { return join " ", map { my $link = "ns/$_"; readlink $link // (-l $link ? "-" : ".") } @types }

sub read_process {
  my ($pid) = @_;
  chdir "/proc/$pid" or return;
  my ($listed, $comm, $state, $rest) = (text("stat", 1) // "") =~ /^(\d+) \((.*)\) ([A-Za-z]) (.*)$/s or return;
  my ($parent, $threads, $start) = (split " ", $rest, 20)[0, 16, 18];
  # Seen from another PID namespace than procfs was mounted in, the numbers would differ.
  return unless $listed == $pid && defined $start;
  my $links = links();
  my ($in, $user) = @{$kind{$links} //= [(split " ", $links)[3, 5]]};
  # In the reader's own PID namespace a process has this one number alone (NSpid in proc_pid_status(5)).
  my $inside = $pid;
  if ($in ne $own_pid || $in eq "-") {
    my ($line) = (text("status", 1) // "") =~ /^NSpid:\s+([\d \t]+)$/m;
    $inside = defined $line ? join ",", split " ", $line : "";
  }
  my $cgroup = text("cgroup", 1) // "";
  # The same for all that are in one user namespace.
  my $map = $user =~ /\[/ ? $map_of{$user} //= text("uid_map") // "?" : text("uid_map") // "?";
  return {
    pid => $pid, parent => $parent, comm => $comm, links => $links, cgroup => $cgroup, start => $start,
    line => join " ", $pid, $parent, $state, $threads, $start, $inside, number_of(\%sets, $links),
      number_of(\%cgroups, $cgroup), number_of(\%maps, $map), one_line($comm),
  };
}
sub read_processes {
  for my $pid (@_) {
    next if $read{$pid};
    my $process = read_process($pid) or next;
    $read{$pid} = $process;
    push @order, $process;
  }
}

# The links once more of whoever is the first to show one of his Linux namespaces; who has changed is left out.
sub confirm {
  my (%confirmed, %seen);
  @order = grep { $confirmed{$_->{links}} ||= is_confirmed($_, \%seen) } @order;
}
sub is_confirmed {
  my ($process, $seen) = @_;
  my @own = grep { /\[/ } split " ", $process->{links};
  return 1 unless grep { !$seen->{$_} } @own;
  return 0 unless stays($process);
  @$seen{@own} = (1) x @own;
  return 1;
}
sub stays {
  my ($process) = @_;
  chdir "/proc/$process->{pid}" or return 0;
  my $stat = text("stat", 1) // "";
  return links() eq $process->{links} && (split " ", $stat =~ /.*\) (.*)$/s ? $1 : "", 21)[19] eq $process->{start}
    && index($stat, "$process->{pid} ($process->{comm}) ") == 0;
}

sub say_processes {
  $out .= "#sets\n";
  for my $links (in_order(\%sets)) {
    my @inodes = map { /\[(\d+)\]/ ? $1 : $_ } split " ", $links;
    $out .= "$sets{$links} @inodes\n";
  }
  $out .= "#cgroups\n";
  for my $text (in_order(\%cgroups)) {
    my @lines = grep { /^\d+:(name=systemd|pids|memory|cpu,cpuacct|cpu)?:/ } split /\n/, $text;
    $out .= "$cgroups{$text}:$_\n" for @lines > 11 ? @lines[0 .. 10] : @lines;
  }
  $out .= "#maps\n";
  for my $text (in_order(\%maps)) {
    my @lines = split /\n/, $text;
    $out .= "$maps{$text}:$_\n" for @lines > 11 ? @lines[0 .. 10] : @lines ? @lines : "";
  }
  $out .= "#processes\n";
  $out .= "$_->{line}\n" for @order;
}

sub meta {
  my ($scope, $found) = @_;
  my $cgroups = -f "/sys/fs/cgroup/cgroup.controllers" ? "v2"
    : -f "/sys/fs/cgroup/unified/cgroup.procs" ? "hybrid"
    : -d "/sys/fs/cgroup/systemd" || -d "/sys/fs/cgroup/memory" ? "v1" : "unknown";
  my ($boot, $kernel) = map { (text("/proc/sys/kernel/$_") // "") =~ /^(.*)/ } qw(random/boot_id osrelease);
  my ($uptime) = (text("/proc/uptime") // "") =~ /^(\S+)/;
  my $device = (stat "/proc/self/ns/net")[0] // "";
  # AT_CLKTCK of getauxval(3): pairs of longs.
  my %auxiliary = unpack "L!*", text("/proc/self/auxv") // "";
  my ($ticks, $now) = ($auxiliary{17} // "", time);
  # What was printed before may have ended without its newline.
  $out .= "\n#meta\nscope $scope\nuid $>\nboot $boot\nnsdevice $device\nkernel $kernel\ncgroups $cgroups\nfound $found\n"
    . "ticks $ticks\nnow $now\nuptime $uptime\n";
}

# The runtimes' own processes among those that were read, and who of them is believed: see find_runtimes in script-parts.ts.
my (@runtimes, @monitors, @abroad);
sub find_runtimes {
  my %home;
  for my $pid ("self", 1, 2) { $home{readlink("/proc/$pid/ns/mnt") // "-"} = 1 }
  my %seen = (readlink("/proc/self/ns/mnt") // "-", 1);
  my $count = 0;
  for my $process (@_) {
    next unless $process->{comm} =~ /^(?:containerd-shim|docker-containe|conmon)/ && $count++ < 2000;
    my $pid = $process->{pid};
    next unless (text("/proc/$pid/status", 1) // "") =~ /^Uid:\s(?:0|$>)\s/m;
    my $mount = (split " ", $process->{links})[4];
    next unless $mount =~ /\[/ && ($home{$mount} || $process->{cgroup} !~ /$hex/);
    push @runtimes, $pid;
    push @monitors, $pid if $process->{comm} eq "conmon";
    # One of each mount namespace but the reader's own: its bind mounts are not among the reader's.
    push @abroad, $pid unless $seen{$mount}++;
  }
}

# Runs what may wait for others in a child, which prints for itself; $out is printed before.
sub limited {
  my ($work) = @_;
  print $out;
  $out = "";
  pipe my $done, my $working;
  defined(my $child = fork) or return;
  if ($child == 0) { alarm 5; $work->(); $| = 1; exit 0 }
  close $working;
  # Not waitpid: a child that does not even end when it is killed is left behind.
  vec(my $ready = "", fileno $done, 1) = 1;
  select $ready, undef, undef, 6;
  # It may have been ended within a line.
  $out = "\n";
}
# The lines of another program, at most so many bytes of them. It is killed after five seconds.
sub lines_of {
  my ($most, @command) = @_;
  my $child = open(my $from, "-|") // return;
  if ($child == 0) { open STDERR, ">", "/dev/null"; open STDIN, "<", "/dev/null"; exec @command or exit 127 }
  my ($text, $end, $ready) = ("", time + 5, "");
  vec($ready, fileno $from, 1) = 1;
  while (length $text < $most && time < $end) {
    next unless select my $now = $ready, undef, undef, 1;
    last unless sysread $from, $text, 65536, length $text;
  }
  kill "KILL", $child;
  close $from;
  return split /\n/, substr $text, 0, $most;
}
sub program {
  for my $dir (split /:/, $ENV{PATH}) { return "$dir/$_[0]" if $dir =~ m{^/} && -f "$dir/$_[0]" && -x _ }
  return;
}

# Bind mounts of Linux namespaces, those whose line holds one of the wanted, and what stat sees behind their paths.
sub pins {
  my @wanted = @_;
  my @lines;
  for my $who ("self", 1, @abroad) {
    push @lines, map { "/proc/$who/mountinfo:$_" } grep { / - nsfs / } split /\n/, text("/proc/$who/mountinfo", 1 << 24) // "";
  }
  if (@wanted) {
    my %wanted = map { $_, 1 } @wanted;
    @lines = grep { $wanted{(split " ", $_, 5)[3]} } @lines;
  }
  return unless @lines;
  $#lines = 9999 if @lines > 10000;
  $out .= "#pins\n" . join "", map { "$_\n" } @lines;
  $out .= "#nsfs\n";
  my @paths = map { m{^/proc/self/mountinfo:\S+ \S+ \S+ \S+ (/[A-Za-z0-9._/@:+=-]*) } ? $1 : () } @lines;
  limited(sub {
    for my $path (@paths) { my @stat = stat $path or next; print "$stat[0] $stat[1] $stat[9] $path\n" }
  }) if @paths;
}

# A link that is all of a namespace's name can be no file's: a file's begins with a slash.
sub descriptors {
  $out .= "#descriptors\n";
  my ($count, $end) = (0, time + 5);
  for my $pid (@_) {
    last if time > $end;
    chdir "/proc/$pid/fd" or next;
    for my $fd (names(".")) {
      my $link = readlink $fd // next;
      next unless $link =~ /^(?:net|ipc|uts|pid|mnt|user|cgroup|time):\[\d+\]\z/;
      return if $count++ >= 1000;
      $out .= "/proc/$pid/fd/$fd $link\n";
    }
  }
}

# Parent and owner of the user and PID namespaces, and of those around them (ioctl_ns(2): NS_GET_PARENT, NS_GET_USERNS),
# in the form of lsns; 0 for what there is none of or the reader may not see.
my %told;
sub lineage {
  $out .= "#lineage\n";
  for my $process (@_) {
    my @links = split " ", $process->{links};
    for my $type ("user", "pid") {
      my ($inode) = $links[$type eq "pid" ? 3 : 5] =~ /\[(\d+)\]/ or next;
      next if $told{"$type $inode"};
      open my $file, "<", "/proc/$process->{pid}/ns/$type" or next;
      tell_lineage($type, $file);
    }
  }
}
sub tell_lineage {
  my ($type, $file) = @_;
  my $inode = (stat $file)[1] // return 0;
  return $inode if $told{"$type $inode"}++ || keys %told > 50000;
  my ($parent, $owner) = map { around($file, @$_) } [$type, 0xb702], ["user", 0xb701];
  $out .= "$inode $type $parent $owner\n";
  return $inode;
}
sub around {
  my ($file, $type, $request) = @_;
  my $fd = ioctl($file, $request, 0) or return 0;
  open my $other, "<&=", $fd + 0 or return 0;
  return tell_lineage($type, $other);
}

# Of OCI configurations what tells of sandboxes: see extract in script-parts.ts.
my $told_of_bundles = "";
sub extract {
  for my $path (@_) {
    next unless $path =~ m{^/[A-Za-z0-9._/@:+=-]+\z};
    my $text = text($path, 1 << 22) // next;
    while ($text =~ m{"namespaces": ?\[[^]\n]*\]|"(?:io\.container\.manager|io\.kubernetes\.cri\.(?:container-type|container-name|sandbox-id|sandbox-uid|sandbox-name|sandbox-namespace)|io\.kubernetes\.cri-o\.(?:ContainerType|SandboxID)|io\.kubernetes\.container\.name|io\.kubernetes\.pod\.(?:uid|name|namespace))": ?"[^"\\\n]*"|"destination":"/etc/hostname","type":"bind","source":"/[A-Za-z0-9._/@:+=-]*/containers/$hex/hostname"}g) {
      $told_of_bundles .= "$path:$&\n";
      print "$path:$&\n";
    }
  }
}
sub monitors_bundles {
  return map {
    my @argv = split /\0/, text("/proc/$_/cmdline", 65536) // "";
    my ($at) = grep { $argv[$_] eq "-b" } 0 .. $#argv;
    defined $at && defined $argv[$at + 1] ? "/proc/$_/root$argv[$at + 1]/config.json" : ();
  } @monitors;
}
sub command_lines {
  my $printed = 0;
  for my $pid (@_) {
    my $argv = text("/proc/$pid/cmdline", 4096) // next;
    next if $argv eq "";
    $argv = substr $argv, 0, 4096;
    $argv =~ tr/\n/ /;
    print "/proc/$pid/cmdline:$argv\n";
    last if ($printed += length $argv) > 16_000_000;
  }
}
`;
