# shellcheck shell=bash
# What `run` and `rolling` share: their packages, one at a time, a program to try. Needs ops/lib/all.sh.

FAULTS=$ROOT/tests/faults
PYTHON=$LOCAL/faults-python/bin/python
export PYTHONDONTWRITEBYTECODE=1 # nothing beside the sources

need_packages() {
    make_local
    need_python && pip_install "$LOCAL/faults-python" "$FAULTS/requirements.txt" || die "pip could not install tests/faults/requirements.txt"
}

faults_begin() {
    take_lock "$LOCAL/faults.lock" "the fault suite already runs in this folder"
    at_end faults_end
    if [ -z "${PROGRAM:-}" ]; then
        build_tickbox || die "the build failed"
        PROGRAM=$TICKBOX
    fi
    # a copy: another build may replace it meanwhile
    mkdir -p "$LOCAL/faults" && cp "$PROGRAM" "$LOCAL/faults/tickbox" || exit 1
    export PROGRAM=$LOCAL/faults/tickbox
}

faults_end() { rm -f "$LOCAL/faults.lock"; }
