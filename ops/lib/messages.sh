# shellcheck shell=bash
# What the scripts say. Progress goes to stderr, so that stdout carries results only.

say() { printf '%s\n' "$*" >&2; }

# Ends the script: one clear line that says what to do.
die() {
    say "${0##*/}: $*"
    exit 1
}

# Shows the end of a log that explains a failure.
show_end_of() {
    [ -s "$1" ] || return 0
    say "The last lines of ${1#"$ROOT/"}:"
    tail -n "${2:-8}" "$1" | sed 's/^/    /' >&2
}

# A question whose answer is no unless it is y or yes; also no when nobody can answer.
confirm() {
    local answer=
    [ -t 0 ] || return 1
    printf '%s [y/N] ' "$1" >&2
    read -r answer || return 1
    case $answer in y | Y | yes | Yes | YES) return 0 ;; *) return 1 ;; esac
}

# usage FIRST_ARGUMENT: the comment at the top of the script; only asking for it is no mistake.
usage() {
    sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"
    case $1 in -h | --help) exit 0 ;; *) exit 2 ;; esac
}
