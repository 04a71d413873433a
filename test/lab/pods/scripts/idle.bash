# A process that does nothing, for ever. bash reaps what it adopts, as a pause container must.
echo ready
exec >/dev/null 2>&1
while :; do read -r _; done <>"$LAB_FOLDER/idle"
