# shellcheck shell=bash
# What `run` and `rolling` share: one at a time, a program to try, servers around a Python script,
# and a summary. Needs ops/lib/all.sh.

export PYTHONDONTWRITEBYTECODE=1 # nothing beside the sources
FAULTS_KIND= # whose servers run
SUMMARY=
FAILED=

faults_begin() {
    trap faults_stop EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    make_local
    take_lock "$LOCAL/faults.lock" "the fault suite already runs in this folder"
    FAULTS_LOCKED=yes
    need_python || exit 1
    if [ -z "${PROGRAM:-}" ]; then
        build_tickbox || die "the build failed"
        PROGRAM=$TICKBOX
    fi
    # a copy: another build may replace it meanwhile
    mkdir -p "$LOCAL/faults" && cp "$PROGRAM" "$LOCAL/faults/tickbox" || exit 1
    PROGRAM=$LOCAL/faults/tickbox
}

FAULTS_LOCKED=
faults_stop() {
    local status=$?
    trap '' INT TERM HUP
    trap - EXIT
    stop_running
    [ -z "$FAULTS_KIND" ] || "$ROOT/tests/faults/servers" stop "$FAULTS_KIND"
    [ -z "$FAULTS_LOCKED" ] || rm -f "$LOCAL/faults.lock"
    exit "$status"
}

# faults_on KIND SCRIPT [ARGUMENT...]: a server that cannot be had is skipped, and in CI a failure.
faults_on() {
    local kind=$1 script=$2 began=$SECONDS word=passed status=0
    shift 2
    say ""
    say "== $script on $kind"
    FAULTS_KIND=$kind
    if ! run "$ROOT/tests/faults/servers" start "$kind"; then
        FAULTS_KIND=
        faults_skip "${script%.py} $kind" "its servers could not be started"
        return
    fi
    run "$(python_program)" "$ROOT/tests/faults/$script" --kind "$kind" --program "$PROGRAM" "$@" || status=$?
    case $status in
        0) ;;
        4) word="passed, but for what could not be tried here (above)" ;;
        *) word=FAILED FAILED=yes ;;
    esac
    "$ROOT/tests/faults/servers" stop "$kind"
    FAULTS_KIND=
    SUMMARY+=$(printf '  %-10s %-8s %4d s  %s' "${script%.py}" "$kind" $((SECONDS - began)) "$word")$'\n'
}

# faults_skip WHAT REASON: in CI nothing may go untried.
faults_skip() {
    local word="skipped: $2"
    [ "${CI:-}" != true ] || { word="FAILED: $2"; FAILED=yes; }
    SUMMARY+="  $1  $word"$'\n'
}

faults_end() {
    say ""
    printf 'Summary\n%s' "$SUMMARY"
    [ -z "$FAILED" ]
}
