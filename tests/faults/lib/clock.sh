# shellcheck shell=bash
# A wrong clock for one server: libfaketime answers instead of the system, by what stands in a file. Only the
# date jumps, as when somebody sets it; what measures durations (CLOCK_MONOTONIC) goes on, as there.
# Needs packages.sh, nodes.sh.

# The one for programs with threads: the other locks itself.
faketime_library() {
    local file
    for file in /usr/lib/*/faketime/libfaketimeMT.so.1 /usr/lib64/faketime/libfaketimeMT.so.1 /usr/lib/faketime/libfaketimeMT.so.1; do
        [ ! -e "$file" ] || { printf '%s\n' "$file"; return 0; }
    done
    return 1
}

need_faketime() {
    faketime_library >/dev/null && return 0
    [ "$(uname)" = Linux ] && can_apt && apt_install "a clock that can be moved" faketime && faketime_library >/dev/null && return 0
    say "no libfaketime (Debian: faketime)"
    return 1
}

AS= # words before a server's program that make it another user's

# with_clock DIR COMMAND...: by the clock of that folder, if it has one. Does not return. The library comes after
# AS, since what it shares belongs to the user that loads it. Without the last of its settings libfaketime 0.9.10
# mends what MySQL has right, and each of its commits waits for a second.
with_clock() {
    local clock=$1/clock library
    shift
    if [ -s "$clock" ]; then
        library=$(faketime_library) || exit 1
        set -- env LD_PRELOAD="$library" FAKETIME_TIMESTAMP_FILE="$clock" FAKETIME_CACHE_DURATION=1 \
            FAKETIME_DONT_FAKE_MONOTONIC=1 FAKETIME_FORCE_MONOTONIC_FIX=0 "$@"
    fi
    # shellcheck disable=SC2086 # words
    exec $AS "$@"
}

# set_clock NUMBER SECONDS: from the right time, with a sign; the program looks once a second. Renamed into its
# place, so that nobody reads half a line.
set_clock() {
    local clock
    clock=$(node "$1")/clock
    printf '%s\n' "$2" >"$clock.new" && chmod 644 "$clock.new" && mv "$clock.new" "$clock"
}

# clock_of_its_own NUMBER: the server goes on by a clock that can be moved; it is right for now.
clock_of_its_own() {
    need_faketime || exit "$CANNOT"
    set_clock "$1" +0 && stop_to_restart "$(node "$1")" && restart_node "$1"
}

clock_of_all() {
    stop_to_restart "$(node "$1")"
    rm -f "$(node "$1")/clock"
    restart_node "$1"
}
