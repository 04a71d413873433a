/**
 * What runs a command (sys.argv[1:]) in another PID namespace, in Python 3, and takes in whatever it leaves behind
 * (prctl(2), PR_SET_CHILD_SUBREAPER): otherwise that would be the container's first process's, which seldom asks how its
 * children ended, and what has ended would stay in the container for good. It ends with the command's exit status
 * once none is left: when the command ends, or the terminal does, all are told (SIGHUP), and killed a second later.
 *
 * It leads the session, so that the terminal's end is told to it alone. /proc may be the node's: it gives PIDs in two
 * PID namespaces then (NSpid in proc_pid_status(5)), the last is the one that kill(2) takes here. A child's PID cannot
 * be another's before it was asked for here.
 */
const program = `
import ctypes, os, signal, sys, time
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
heard = {signal.SIGHUP, signal.SIGTERM, signal.SIGCHLD}
signal.pthread_sigmask(signal.SIG_BLOCK, heard)
command = os.fork()
if command == 0:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, heard)
    for each in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(each, signal.SIG_DFL)
    try:
        os.execvp(sys.argv[1], sys.argv[1:])
    finally:
        os._exit(127)
for each in (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP):
    signal.signal(each, lambda *_: None)
def tell(*numbers):
    me = os.readlink("/proc/self")
    for child in open("/proc/%s/task/%s/children" % (me, me)).read().split():
        for line in open("/proc/%s/status" % child, errors="replace"):
            if line.startswith("NSpid:"):
                for number in numbers:
                    os.kill(int(line.split()[-1]), number)
code = 0
patience = None
while True:
    told = signal.sigtimedwait(heard, 60 if patience is None else 0.1)
    over = told is not None and told.si_signo != signal.SIGCHLD
    try:
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            if pid == command:
                over = True
                code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)
    except ChildProcessError:
        sys.exit(code)
    if patience is not None and time.monotonic() > patience:
        tell(signal.SIGKILL)
    elif over and patience is None:
        patience = time.monotonic() + 1
        tell(signal.SIGHUP, signal.SIGCONT)
`;

/** The program in one line, for `python3 -c`: a csh takes no line breaks in a word. */
export const shellKeeper = `exec(${JSON.stringify(program)})`;
