# A master with two workers.
for _ in 1 2; do
  (exec -a "nginx: worker process" "$LAB_FOLDER/bin/nginx" <"$LAB_FOLDER/scripts/idle.bash") &
done
. "$LAB_FOLDER/scripts/idle.bash"
