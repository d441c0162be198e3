# shellcheck shell=bash
# What `run` and `rolling` share: their packages, one at a time, a program to try. Needs ops/lib/all.sh.

FAULTS=$ROOT/tests/faults
PYTHON=$LOCAL/faults-python/bin/python
FAULTS_LOCKED=
export PYTHONDONTWRITEBYTECODE=1 # nothing beside the sources

need_packages() {
    make_local
    need_python && pip_install "$LOCAL/faults-python" "$FAULTS/requirements.txt" || die "pip could not install tests/faults/requirements.txt"
}

faults_begin() {
    trap faults_stop EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    take_lock "$LOCAL/faults.lock" "the fault suite already runs in this folder"
    FAULTS_LOCKED=yes
    if [ -z "${PROGRAM:-}" ]; then
        build_tickbox || die "the build failed"
        PROGRAM=$TICKBOX
    fi
    # a copy: another build may replace it meanwhile
    mkdir -p "$LOCAL/faults" && cp "$PROGRAM" "$LOCAL/faults/tickbox" || exit 1
    export PROGRAM=$LOCAL/faults/tickbox
}

faults_stop() {
    local status=$?
    trap '' INT TERM HUP
    trap - EXIT
    stop_running
    [ -z "$FAULTS_LOCKED" ] || rm -f "$LOCAL/faults.lock"
    exit "$status"
}
