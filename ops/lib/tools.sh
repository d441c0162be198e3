# shellcheck shell=bash
# The programs that building and testing need, each found, installed, or named in one line.
# Needs messages.sh, packages.sh, ROOT and LOCAL.

# version_at_least HAVE WANT: compares MAJOR.MINOR.
version_at_least() {
    local have_major=${1%%.*} want_major=${2%%.*} have_minor want_minor
    have_minor=${1#*.} want_minor=${2#*.}
    have_minor=${have_minor%%.*} want_minor=${want_minor%%.*}
    [ "$have_major" -gt "$want_major" ] ||
        { [ "$have_major" -eq "$want_major" ] && [ "$have_minor" -ge "$want_minor" ]; }
}

need_rust() {
    local want have
    want=$(sed -n 's/^rust-version *= *"\([0-9.]*\)".*/\1/p' "$ROOT/Cargo.toml")
    # rustup adds this folder to the PATH of the next login, not of this shell
    command -v cargo >/dev/null || PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
    command -v cargo >/dev/null || die "Rust is missing: install it from https://rustup.rs, then run this again"
    have=$(cargo --version 2>/dev/null | sed -n 's/^cargo \([0-9]*\.[0-9]*\).*/\1/p')
    [ -n "$have" ] || die "cargo does not run: $(cargo --version 2>&1 | head -n 1); \`rustup default stable\` usually repairs it"
    [ -z "$want" ] || version_at_least "$have" "$want" ||
        die "Rust $want or newer is needed and this is $have: run \`rustup update stable\` (or install from https://rustup.rs)"
}

# Links a program, since a compiler alone (without the C library's files) is not enough.
need_linker() {
    if [ "$(uname)" = Darwin ] && ! xcode-select -p >/dev/null 2>&1; then
        die "a C compiler is missing: run \`xcode-select --install\`"
    fi
    printf 'int main(void) { return 0; }\n' >"$LOCAL/probe.c"
    cc "$LOCAL/probe.c" -o "$LOCAL/probe" >/dev/null 2>&1 ||
        die "a C compiler and linker (cc) is missing: \`sudo apt install build-essential\` on Debian and Ubuntu, \`sudo dnf install gcc\` on Fedora"
    rm -f "$LOCAL/probe.c" "$LOCAL/probe"
}

need_build_tools() {
    need_rust
    need_linker
}

chromium_program() {
    local name
    for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable chromium-headless-shell \
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" \
        /Applications/Chromium.app/Contents/MacOS/Chromium; do
        [ -n "$name" ] && command -v "$name" && return 0
    done
    return 1
}

# Ubuntu's package of that name only fetches a snap, which needs a running snapd.
is_ubuntu() { grep -q '^ID=ubuntu' /etc/os-release 2>/dev/null; }

need_chromium() {
    chromium_program >/dev/null && return 0
    if ! is_ubuntu && can_apt && apt_install "a browser for the tests" chromium && chromium_program >/dev/null; then return 0; fi
    say "No Chromium: install Chromium or Google Chrome, or set CHROMIUM to the program's path."
    return 1
}

node_wanted() {
    sed -n 's/.*"node" *: *"[^0-9]*\([0-9][0-9.]*\).*/\1/p' "$ROOT/tests/browser/package.json" | head -n 1
}

node_suffices() {
    local have want
    command -v node >/dev/null && command -v npm >/dev/null || return 1
    have=$(node --version | sed 's/^v//')
    want=$(node_wanted)
    version_at_least "$have" "${want:-18}.0"
}

need_node() {
    node_suffices && return 0
    if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
        can_apt && apt_install "Node.js for the browser tests" nodejs npm && node_suffices && return 0
    fi
    say "Node.js $(node_wanted) or newer with npm is needed for the browser tests: https://nodejs.org"
    return 1
}

have_shellcheck() {
    command -v shellcheck >/dev/null && return 0
    can_apt && apt_install shellcheck shellcheck && command -v shellcheck >/dev/null
}
