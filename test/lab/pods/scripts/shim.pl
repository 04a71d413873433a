# Stands for a runtime's shim: starts a container's first process in its Linux namespaces, stays outside of them itself,
# and adopts it. Perl, because of what comes with every Linux only Perl can be the reaper of its grandchildren (prctl(2),
# PR_SET_CHILD_SUBREAPER). Arguments: what a shim is called with, "--", the program. The rest: see container.ts.
use strict;
use warnings;

my $numbers = { x64 => [157, 308, 272], arm64 => [167, 268, 97] }->{ $ENV{LAB_ARCH} } or die "unknown architecture\n";
my ($prctl, $setns, $unshare) = @$numbers;
my ($pdeathsig, $child_subreaper, $sigkill) = (1, 36, 9);

sub call { syscall(shift, @_) == 0 or die "a system call failed: $!\n" }

1 while @ARGV and shift(@ARGV) ne "--";
call($prctl, $child_subreaper, 1, 0, 0, 0);
pipe(my $adopted, my $not_yet) or die "pipe: $!\n";
my $launcher = fork // die "fork: $!\n";
if ($launcher == 0) {
  my @joined = map { open(my $file, "<", $_) or die "$_: $!\n"; $file } split /\n/, $ENV{LAB_JOIN};
  call($setns, fileno($_), 0) for @joined;
  call($unshare, $ENV{LAB_UNSHARE} + 0);
  # Only a child is in the new PID namespace (unshare(2)); it goes on when the shim is its parent.
  my $main = fork // die "fork: $!\n";
  exit 0 if $main != 0;
  close $not_yet;
  sysread $adopted, my $nothing, 1;
  call($prctl, $pdeathsig, $sigkill, 0, 0, 0);
  exec { $ARGV[0] } @ARGV or die "$ARGV[0]: $!\n";
}
close $adopted;
waitpid $launcher, 0;
exit 1 if $? != 0;
close $not_yet;
1 while wait() > 0;
