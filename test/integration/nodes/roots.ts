/** A root with nothing but one shell, called sh, and the tools of one kind; everything in it is read-only. */
const setUp = String.raw`
shell=$1; tools=$2; shift 2
root=/mnt
mount -t tmpfs -o mode=755 none $root
cd $root
mkdir proc sys dev shells tools usr usr/lib
mount --rbind /proc proc
: >dev/null
mount --bind /dev/null dev/null
mount --rbind /sys sys
mount --bind /usr/lib usr/lib
ln -s usr/lib lib
ln -s usr/lib lib64
[ ! -d /usr/lib64 ] || { mkdir usr/lib64; mount --bind /usr/lib64 usr/lib64; rm lib64; ln -s usr/lib64 lib64; }
case $shell in
busybox) cp "$(command -v busybox)" shells/busybox; ln -s busybox shells/sh ;;
*) cp -L "$(command -v "$shell")" shells/sh ;;
esac
case $tools in
GNU) rm -d tools; mkdir usr/bin; mount --bind /usr/bin usr/bin; ln -s usr/bin tools ;;
busybox) cp "$(command -v busybox)" tools; for tool in $(busybox --list | grep -vx busybox); do ln -sf busybox tools/"$tool"; done; rm -f tools/sh ;;
toybox) cp -L "$(command -v toybox)" tools; for tool in $(toybox); do ln -sf toybox tools/"$tool"; done; rm -f tools/sh ;;
esac
# ksh93 keeps what a command prints in a file that it removes at once.
[ "$shell" != ksh ] || { mkdir tmp; mount -t tmpfs -o noexec none tmp; }
mount -o remount,ro none $root
chroot=$(command -v chroot)
exec "$(command -v env)" -i PATH=/shells:/tools "$chroot" $root /shells/sh "$@"
`;

/** Runs a shell of a root of its own, in a mount namespace that ends with it. Needs root on Linux. */
export function shellInRoot(shell: string, tools: "GNU" | "busybox" | "toybox"): string[] {
  return ["unshare", "--mount", "--propagation", "private", "sh", "-ec", setUp, "sh", shell, tools];
}
