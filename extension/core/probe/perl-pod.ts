import { perlParts } from "./perl-parts.ts";
import { mostProcesses } from "./script-parts.ts";

/** Reads one pod as the pod script does (pod-script.ts), by the same arguments, in one Perl process. */
export const perlPod = String.raw`${perlParts}
my $most = ${mostProcesses.pod};
my ($uid, @ids) = @ARGV;
(my $under = $uid) =~ tr/-/_/;
my $pattern = join "|", "pod$uid", "pod$under", @ids;

sub folders {
  my ($parent, $like) = @_;
  # A container may make cgroups of its own below its own: a name is only ever a name here.
  return grep { -d $_ } map { "$parent/$_" } grep { $_ =~ $like } names($parent);
}
# The processes of a cgroup, and of those below.
sub members {
  my @pids = split /\n/, text("$_[0]/cgroup.procs") // "";
  # A cgroup's folder counts its children among its links.
  push @pids, map { members($_) } folders($_[0], qr/./) if ((stat $_[0])[3] // 0) != 2;
  return @pids;
}
sub members_of {
  my %pids = map { $_, 1 } grep { /^[1-9]\d*\z/ } map { members($_) } @_;
  my @pids = sort { $a <=> $b } keys %pids;
  return @pids > $most ? @pids[0 .. $most - 1] : @pids;
}

# Where there are several hierarchies, their folder is none; and one that serves two controllers has links to it.
my @roots = grep { -f "$_/cgroup.procs" && !-l $_ } map { "/sys/fs/cgroup$_" }
  "", "/systemd", "/unified", "/pids", "/memory", "/cpu,cpuacct", "/cpu";
my $found = "cgroup";
my @pids = members_of(grep { -d $_ } map {
  my $root = $_;
  "$root/kubepods/pod$uid", "$root/kubepods/burstable/pod$uid", "$root/kubepods/besteffort/pod$uid",
    "$root/kubepods.slice/kubepods-pod$under.slice",
    map { "$root/kubepods.slice/kubepods-$_.slice/kubepods-$_-pod$under.slice" } "burstable", "besteffort";
} @roots);
if (!@pids) {
  # A cgroup root of its own, a node that is a container, or a runtime that does not use the kubelet's driver.
  my $pod = qr/pod(?:$uid|$under)/;
  my @dirs;
  for my $root (@roots) {
    my @level = $root;
    for (1 .. 3) {
      for my $top (map { folders($_, qr/kubepods/) } @level) {
        push @dirs, folders($top, $pod), map { folders($_, $pod) } folders($top, qr/./);
      }
      @level = map { folders($_, qr/./) } @level;
    }
    push @dirs, folders($root, qr/$pod.*:/), folders("$root/system.slice", qr/$pod.*:/);
  }
  @pids = members_of(@dirs);
}
if (!@pids) {
  # Last, every process of the node: by the pod's UID or by its containers' IDs in /proc/PID/cgroup.
  $found = "node";
  @pids = grep { (text("/proc/$_/cgroup", 1) // "") =~ /$pattern/ } numbers("/proc");
  $#pids = $most - 1 if @pids > $most;
}
$found = "nothing" unless @pids;
# A zombie has left cgroup.procs, but its parent still lists it (CONFIG_PROC_CHILDREN). They come last, there may be many.
my %listed = map { $_, 1 } @pids;
my $lists = 0;
for my $pid (@pids) {
  for my $task (numbers("/proc/$pid/task")) {
    last if $lists++ >= 20000;
    for my $child (split " ", text("/proc/$pid/task/$task/children") // "") { $listed{$child} //= 2 }
  }
}
push @pids, sort { $a <=> $b } grep { $listed{$_} == 2 } keys %listed;
$#pids = $most - 1 if @pids > $most;
meta("pod", $found);

read_processes(1, 2, @pids);
# The parents outside the pod are the runtime's shims and monitors. Of more processes than are read some are parents too:
# these are not the runtime's, and nothing they name is trusted.
my %parents = map { $read{$_} ? ($read{$_}{parent}, 1) : () } @pids;
my @parents = grep { $_ > 2 && !$listed{$_} } sort { $a <=> $b } keys %parents;
$#parents = 199 if @parents > 200;
@parents = grep { my $cgroup = text("/proc/$_/cgroup", 1); defined $cgroup && $cgroup !~ /$pattern/ } @parents;
read_processes(@parents);
my @known = map { $read{$_} // () } @pids, @parents;
# A monitor may be in the pod's cgroup (CRI-O).
find_runtimes(@known);
$out .= "#pids\n@pids\n#runtimes\n@runtimes\n";

$out .= "#threads\n";
my $tasks = 0;
for my $process (map { $read{$_} // () } @pids) {
  my @tids = numbers("/proc/$process->{pid}/task");
  next if @tids < 2 || ($tasks += @tids) > 2000 + @tids;
  for my $tid (@tids) {
    chdir "/proc/$process->{pid}/task/$tid" or next;
    my $links = links();
    next if $links eq $process->{links};
    my @inodes = split " ", $links;
    for my $at (0 .. $#types) { $out .= "$process->{pid} $tid $types[$at] $1\n" if $inodes[$at] =~ /\[(\d+)\]/ }
  }
}
my %wanted = map { $_, 1 } grep { /\[/ } map { split " ", $_->{links} } values %read;
pins(keys %wanted);
descriptors(@parents);
# Only for a pod with a user namespace of its own; the PID namespaces' parents are told by the processes.
lineage(values %read) if 1 < grep { /^user:/ } keys %wanted;
# All are few: each is read twice.
@order = grep { stays($_) } @order;
say_processes();

my $any = 0;
limited(sub {
  print "#bundles\n";
  # A containerd shim works in its sandbox's bundle directory; its siblings are the pod's other bundles.
  if (@runtimes) {
    my %ids = map { $_, 1 } @ids, map { $_->{cgroup} =~ /($hex)/g } @known;
    my @named = sort keys %ids;
    $#named = 99 if @named > 100;
    my @paths = map { my $pid = $_; map { "/proc/$pid/cwd/../$_/config.json" } @named } @runtimes;
    $#paths = 1999 if @paths > 2000;
    extract(@paths, monitors_bundles());
  }
  print "#crictl\n";
  if ($told_of_bundles eq "" && @pids && (my $client = program("crictl"))) {
    alarm 10;
    print lines_of(1_000_000, $client, "ps", "-o", "json", "--label", "io.kubernetes.pod.uid=$uid"), "\n";
  }
  alarm 5;
  print "#cmdline\n";
  command_lines(@parents, @pids);
});
print "$out#end\n";
exit 0;
`;
