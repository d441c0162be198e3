# shellcheck shell=bash
# Starting, stopping and recognising processes without ps, ss or python: a minimal system has none.
#
# Every child gets a process group of its own. Ctrl-C then reaches the script alone, which stops
# its children in the right order (the program before its database), and a signal to the group
# also ends what a child started (cargo's compilers).

RUNNING= # the group that `run` waits for

# Runs a command to its end. Other than a plain foreground command it lets the script act on
# SIGTERM at once: bash runs traps while it waits, but not while a foreground command runs.
run() {
    local status=0
    set -m
    "$@" </dev/null &
    RUNNING=$!
    set +m
    wait "$RUNNING" || status=$?
    RUNNING=
    return "$status"
}

# spawn PID_FILE COMMAND...: starts a command that stays, and notes its pid.
spawn() {
    local pid_file=$1
    shift
    set -m
    "$@" </dev/null &
    printf '%s\n' "$!" >"$pid_file"
    set +m
}

command_of() {
    if [ -d /proc/self ]; then
        tr '\0' ' ' <"/proc/$1/cmdline"
    else
        ps -o command= -p "$1"
    fi 2>/dev/null
}

# Not kill -0 alone: that also finds the zombies which a container without an init keeps.
is_alive() { kill -0 "$1" 2>/dev/null && [ -n "$(command_of "$1")" ]; }

# Ends a process group: politely, then after SECONDS by force.
stop_group() {
    local pid=$1 tenths=$(($2 * 10))
    kill -TERM -- "-$pid" 2>/dev/null || kill -TERM "$pid" 2>/dev/null
    while is_alive "$pid" && [ "$tenths" -gt 0 ]; do
        tenths=$((tenths - 1))
        sleep 0.1
    done
    if is_alive "$pid"; then
        say "Process $pid did not stop when asked; ending it."
        kill -KILL -- "-$pid" 2>/dev/null || kill -KILL "$pid" 2>/dev/null
    fi
    wait "$pid" 2>/dev/null
    return 0
}

stop_running() {
    [ -z "$RUNNING" ] || stop_group "$RUNNING" 10
    RUNNING=
}

# at_end FUNCTION: called whenever the script ends, by itself or by a signal, after what `run` waits for was stopped.
at_end() {
    # shellcheck disable=SC2064 # its name as it is now
    trap "end $1" EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

end() {
    local status=$?
    trap '' INT TERM HUP
    trap - EXIT
    stop_running
    "$1"
    exit "$status"
}

# stop_spawned PID_FILE SECONDS
stop_spawned() {
    [ -s "$1" ] || return 0
    stop_group "$(cat "$1")" "$2"
    rm -f "$1"
}

# stop_leftover PID_FILE PART_OF_ITS_COMMAND: what a killed script left running. The number may
# belong to somebody else by now, so the command line must be the one we started.
stop_leftover() {
    local pid
    [ -s "$1" ] || return 0
    pid=$(cat "$1")
    case $(command_of "$pid") in
        *"$2"*)
            say "Stopping process $pid, left over from a run that was killed."
            stop_group "$pid" 60
            ;;
    esac
    rm -f "$1"
}

# take_lock FILE MESSAGE: one at a time. A symbolic link is made at once or not at all, and its
# text names the owner, so there is no moment in which a lock has no owner.
take_lock() {
    local owner pid name
    if ln -s "$$:${0##*/}" "$1" 2>/dev/null; then return 0; fi
    owner=$(readlink "$1") || owner=none:none
    pid=${owner%%:*} name=${owner#*:}
    case "$(command_of "$pid") " in
        *[/\ ]"$name "*) die "$2 (process $pid)" ;;
    esac
    rm -f "$1" # its owner was killed
    ln -s "$$:${0##*/}" "$1" || die "cannot write $1"
}
