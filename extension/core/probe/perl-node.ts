import { perlParts } from "./perl-parts.ts";
import { mostProcesses } from "./script-parts.ts";

/** Reads every process of a node as the node script does (node-script.ts), in one Perl process. */
export const perlNode = String.raw`${perlParts}
my @pids = numbers("/proc");
$#pids = ${mostProcesses.node - 1} if @pids > ${mostProcesses.node};
meta("node", "node");
read_processes(@pids);
find_runtimes(@order);
$out .= "#pids\n@pids\n#runtimes\n@runtimes\n";
pins();
descriptors(@pids);
lineage(@order);
confirm();
say_processes();

# Docker keeps its containers' names below its own folder.
sub docker_names {
  my ($bundles) = @_;
  my %roots = map { $_, 1 } $told_of_bundles =~ m{"source":"(/.*)/containers/[0-9a-f]*/hostname"$}mg;
  my @roots = sort keys %roots;
  $#roots = 9 if @roots > 10;
  for my $root (@roots) {
    for my $id (map { m{/($hex)/config\.json\z} ? $1 : () } @$bundles) {
      my $path = "$root/containers/$id/config.v2.json";
      my $text = text($path, 1 << 22) // next;
      print "$path:$&\n" while $text =~ m{"Name":"/[^"\\\n]*"}g;
    }
  }
}
sub docker_client {
  return unless grep { $_->{comm} eq "dockerd" } @order;
  my $client = program("docker") // return;
  # The package podman-docker has a script, or a link, of this name.
  my $leads = $client;
  for (1 .. 10) { my $next = readlink $leads // last; $leads = $next =~ m{^/} ? $next : $leads =~ s{[^/]*\z}{$next}r }
  return if $leads =~ /podman/ || (text($client, 1) // "") =~ /^#!/;
  $ENV{DOCKER_HOST} //= "unix:///var/run/docker.sock";
  my @ids = grep { /^$hex\z/ } lines_of(1_000_000, $client, "ps", "-q", "--no-trunc");
  $#ids = 999 if @ids > 1000;
  my $format = "[{{json .Id}},{{json .Name}},{{json .State.Pid}}]";
  print map { "$_\n" } lines_of(1_000_000, $client, "inspect", "--type", "container", "--format", $format, @ids) if @ids;
}

limited(sub {
  print "#bundles\n";
  # Each folder of bundles once, through one of the shims that work in it.
  my %through;
  for my $pid (@runtimes) { $through{$1} //= $pid if (readlink("/proc/$pid/cwd") // "") =~ m{^(/[^ ]*)/$hex\z} }
  my @bundles = map { my $up = "/proc/$_/cwd/.."; map { "$up/$_/config.json" } sort(names($up)) } values %through;
  $#bundles = 4999 if @bundles > 5000;
  push @bundles, monitors_bundles();
  extract(@bundles);
  docker_names(\@bundles);
  alarm 15;
  print "#crictl\n";
  if (my $client = program("crictl")) { print lines_of(8_000_000, $client, "ps", "-o", "json"), "\n" }
  print "#docker\n";
  docker_client();
  alarm 5;
  print "#cmdline\n";
  # The runtimes' own processes first; then those of containers or in Linux namespaces of their own, with who started
  # them. The command lines of all others tell nothing of a sandbox.
  my $usual = ($read{2} || $read{1} || {})->{links} // "";
  my (%wanted, @wanted);
  for my $process (grep { $_->{links} ne $usual || $_->{cgroup} =~ /$hex/ } @order) {
    for (my $one = $process; $one && !$wanted{$one->{pid}}++; $one = $read{$one->{parent}}) { push @wanted, $one->{pid} }
  }
  command_lines(@runtimes, @wanted);
});
print "$out#end\n";
exit 0;
`;
