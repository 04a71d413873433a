# A program that never waits for its child: once that ends it stays a zombie until the parent ends and pause reaps it.
# The child may not end before `sleep` runs here, because bash would reap it.
(exec -a "report-job" "$LAB_FOLDER/bin/report-job" <"$LAB_FOLDER/scripts/job.bash") &
exec sleep infinity
