until read -r comm <"/proc/$PPID/comm" && [[ $comm == sleep ]]; do read -r -t 0.02 _; done <>"$LAB_FOLDER/idle"
echo ready
exit 0
