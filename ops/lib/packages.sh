# shellcheck shell=bash
# Installing what is missing, with apt only. Needs messages.sh and LOCAL (folder for logs).

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif sudo -n true 2>/dev/null || [ ! -t 0 ]; then
        sudo -n "$@" # -n: without a terminal a question would wait for ever
    else
        sudo "$@"
    fi
}

can_become_root() {
    [ "$(id -u)" = 0 ] && return 0
    command -v sudo >/dev/null || return 1
    sudo -n true 2>/dev/null && return 0
    if [ ! -t 0 ]; then
        say "sudo wants a password here, and there is no terminal to ask on."
        return 1
    fi
    say "The next step installs packages; sudo may ask for your password."
    sudo true
}

can_apt() { command -v apt-get >/dev/null && can_become_root; }

# Not `apt-cache show`: that also knows names which are only mentioned by other packages.
# All of it is read: where the reader stops at the line it wants, apt ends with a broken pipe, and that counts here.
apt_knows() { LC_ALL=C apt-cache policy "$1" 2>/dev/null | grep 'Candidate: [0-9]' >/dev/null; }

APT_FRESH= # the lists were fetched in this run

# A bare image has no package lists, and old lists name packages that are gone.
apt_refresh() {
    [ -z "$APT_FRESH" ] || return 0
    APT_FRESH=yes
    say "Fetching the package lists (log: ${LOCAL##*/}/apt.log)"
    as_root apt-get -q -o APT::Update::Error-Mode=any update </dev/null >>"$LOCAL/apt.log" 2>&1 ||
        say "Some package lists could not be fetched; is the network up? Going on without them."
}

# apt_install WHAT PACKAGE...
apt_install() {
    local what=$1
    shift
    apt_knows "$1" || apt_refresh
    say "Installing $what with apt: $* (log: ${LOCAL##*/}/apt.log)"
    apt_get_install "$@" && return 0
    [ -z "$APT_FRESH" ] && apt_refresh && apt_get_install "$@" && return 0
    say "apt could not install $what."
    grep '^E: ' "$LOCAL/apt.log" | tail -n 1 | sed 's/^/    /' >&2
    return 1
}

# The lock timeout is for fresh Ubuntu machines, which update themselves in the background.
apt_get_install() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends \
        -o DPkg::Lock::Timeout=120 "$@" </dev/null >>"$LOCAL/apt.log" 2>&1
}
