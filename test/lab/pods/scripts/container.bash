# What a runtime does between clone(2) and the container's own program: join the cgroups, then the rest, then exec.
# Runs as the first process in the container's Linux namespaces. The environment says what to do: see container.ts.
set -e
# What is mounted here stays here.
mount --make-rprivate /
while read -r file; do
  # 0 stands for the writer, so that the PID's meaning in this PID namespace does not matter.
  echo 0 >"$file"
done <<<"$LAB_CGROUPS"
if [[ $LAB_HOSTNAME ]]; then echo "$LAB_HOSTNAME" >/proc/sys/kernel/hostname; fi
if [[ $LAB_PROC ]]; then mount -t proc proc /proc; fi

start='exec -a "$LAB_ARGV0" "$LAB_FOLDER/bin/$LAB_COMM" <"$LAB_FOLDER/scripts/$LAB_SCRIPT"'
# A cgroup namespace's root is the cgroup in which its maker stands (cgroup_namespaces(7)): only now.
if [[ $LAB_OWN_CGROUP ]]; then exec unshare --cgroup -- bash -c "$start"; fi
eval "$start"
