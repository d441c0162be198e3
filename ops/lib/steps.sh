# shellcheck shell=bash
# The steps of ops/test. Each answers 0 when it passed, $SKIP when it could not run for want of
# something optional, and says the reason for the summary in NOTE. The current folder is the
# checkout.

SKIP=77
NOTE=
TEST_LOGS=$ROOT/target/test-logs

# With .sqlx in place no build needs a database.
export SQLX_OFFLINE=true

fail() {
    NOTE=$*
    say "$*"
    return 1
}

# In CI nothing may go untested: there a step without its tool has failed.
skip() {
    [ "${CI:-}" != true ] || { fail "$*"; return; }
    NOTE=$*
    say "Skipped: $*"
    return "$SKIP"
}

# need_pip FOLDER LOCK_FILE: Python with the packages of that file, in a folder of .local/.
need_pip() {
    need_python || { skip "no suitable Python"; return; }
    pip_install "$LOCAL/$1" "$2" || skip "pip could not install $2"
}

# need_npm FOLDER: Node.js with the packages of that folder.
need_npm() {
    need_node "$1" || { skip "no suitable Node.js"; return; }
    npm_install "$1" || skip "npm ci failed in $1"
}

step_fmt() {
    cargo fmt --version >/dev/null 2>&1 || { fail "rustfmt is missing: rustup component add rustfmt"; return; }
    run cargo fmt --check || fail "cargo fmt repairs it"
}

step_clippy() {
    cargo clippy --version >/dev/null 2>&1 || { fail "clippy is missing: rustup component add clippy"; return; }
    # --locked here alone: it is enough to notice a stale Cargo.lock once
    # The tests that are measured are none of "all targets", since `cargo test` leaves them out.
    run cargo clippy --locked --all-targets --test measured -- -D warnings
}

step_shell() {
    provide shellcheck shellcheck || { skip "no shellcheck (https://www.shellcheck.net)"; return; }
    run shellcheck_all
}

# What can be run, with what it sources.
shellcheck_all() {
    local file
    xargs -0 -n 3 -P 2 shellcheck --check-sourced < <(list_scripts | while IFS= read -r file; do
        [ ! -x "$file" ] || is_python "$file" || printf '%s\0' "$file"
    done)
}

step_test() {
    mkdir -p "$TEST_LOGS" && find "$TEST_LOGS" -type f ! -name '*-server.log' ! -name '*-secrets.txt' -exec rm -f {} +
    scratch_database || { fail "no database server"; return; }
    local results=$LOCAL/test-results.txt status=0
    run cargo_test "$results" || status=1
    NOTE="$(count_tests passed "$results") passed, $(count_tests failed "$results") failed, on $(server_kind "$SCRATCH_URL")$(name_failed_tests "$results")"
    return "$status"
}

# The results go to stdout and to a file; what cargo says meanwhile goes to stderr as ever.
# Most tests wait most of the time, for a server or for a limit to pass, so there are two more than processors.
cargo_test() {
    RUST_TEST_THREADS=${RUST_TEST_THREADS:-$(($(getconf _NPROCESSORS_ONLN) + 2))} DATABASE_URL=$SCRATCH_URL cargo test --no-fail-fast | tee "$1"
}

count_tests() { awk -v what="$1;" '/^test result:/ { for (i = 2; i <= NF; i++) if ($i == what) n += $(i - 1) } END { print n + 0 }' "$2"; }

# The first few names; all of them stand above the summary.
name_failed_tests() {
    sed -n 's/^test \([^ ]*\).* \.\.\. FAILED$/\1/p' "$1" |
        awk 'NR <= 3 { names = names (NR > 1 ? ", " : "") $0 }
             END { if (NR) print ": " names (NR > 3 ? " and " NR - 3 " more" : "") }'
}

# One at a time, each with the machine for itself. What they found stands in the summary.
step_measured() {
    local results=$LOCAL/measured-results.txt status=0
    scratch_database || { fail "no database server"; return; }
    run measured_tests "$results" || status=1
    NOTE=$(sed -n 's/.*\(login_timing\|slowloris\|purge\|unread\|refusals\): //p' "$results" | tr '\n' ';')
    return "$status"
}

# Half of the connections that there may be, since this is a debug build; and no flood of logins, for which it
# is too slow: ./tests/load/run quick has that.
measured_tests() {
    DATABASE_URL=$SCRATCH_URL UNREAD_CONNECTIONS=4096 cargo test --test measured -- --test-threads=1 --nocapture --skip flood:: | tee "$1"
}

# File names follow from the SQL alone; what is in them also follows from the server's own idea
# of each column, so MariaDB's description of the same query differs.
step_sqlx() {
    local fresh=$LOCAL/sqlx
    [ -d .sqlx ] || { fail "there is no .sqlx; ./ops/generate sqlx makes it"; return; }
    scratch_database || { fail "no database server"; return; }
    migrate_with_program "$(scratch_url sqlx)" || { fail "no migrated database to compare with; after a change of SQL run ./ops/generate sqlx"; return; }
    describe_queries "$fresh" "$(scratch_url sqlx)" || { fail "the queries do not fit the migrations"; return; }
    [ -n "$(ls "$fresh")" ] || { fail "no query was described, so nothing was compared"; return; }
    diff <(ls .sqlx) <(ls "$fresh") >&2 || { fail "other queries than the code has; ./ops/generate sqlx repairs it"; return; }
    if [ "$(server_kind "$SCRATCH_URL")" = MariaDB ]; then
        NOTE="file names only: the contents are those of MySQL, and this is MariaDB"
        return 0
    fi
    diff -r .sqlx "$fresh" >&2 || fail "queries are described differently; ./ops/generate sqlx repairs it"
}

step_openapi() {
    local fresh=$LOCAL/openapi.json
    [ -f openapi/openapi.json ] || { fail "there is no openapi/openapi.json; ./ops/generate openapi makes it"; return; }
    build_tickbox || { fail "the build failed"; return; }
    print_openapi >"$fresh" || { fail "\`tickbox openapi\` failed"; return; }
    diff -u openapi/openapi.json "$fresh" >&2 || fail "openapi.json is stale; ./ops/generate openapi repairs it"
}

# The suite itself takes minutes and servers of its own; here only whether it would notice.
step_ledger() {
    need_python || { skip "no suitable Python"; return; }
    run ./tests/faults/run --self-test || { fail "the fault suite does not notice what it should"; return; }
    NOTE="the suite itself: ./tests/faults/run, ./tests/faults/rolling"
}

step_browser() {
    need_npm tests/browser || { fail "$NOTE"; return; }
    need_chromium || { fail "no Chromium"; return; }
    on_scratch_app browser browser_tests
}

# What every engine has to pass, in the two besides Chromium, which `browser` tries.
step_engines() {
    local status=0
    need_npm tests/browser || { fail "$NOTE"; return; }
    need_firefox || { skip "no Firefox"; return; }
    provide "WebKitWebDriver Xvfb" webkit2gtk-driver xvfb || { skip "no WebKitGTK with a driver, or no Xvfb"; return; }
    : >"$LOCAL/engines.txt"
    on_scratch_app engines engine_tests || status=1
    [ ! -s "$LOCAL/engines.txt" ] || NOTE=$(paste -sd ';' "$LOCAL/engines.txt" | sed 's/;/; /g')
    return "$status"
}

# on_scratch_app NAME COMMAND...: runs the command beside a program of its own, on a database of
# its own. The program's log and the secrets that the command notes are swept by `logs`.
on_scratch_app() {
    local name=$1 status=0
    shift
    mkdir -p "$TEST_LOGS" && rm -f "$TEST_LOGS/$name-server.log" "$TEST_LOGS/$name-secrets.txt"
    build_tickbox || { fail "the build failed"; return; }
    scratch_database || { fail "no database server"; return; }
    start_scratch_app "$name" || { fail "tickbox did not start; see target/test-logs/$name-server.log"; return; }
    SECRETS_FILE=$TEST_LOGS/$name-secrets.txt run "$@" || status=1
    stop_spawned "$SCRATCH_APP" 30
    return "$status"
}

# Without limits: the tests register dozens of people from one address.
start_scratch_app() {
    local log=$TEST_LOGS/$1-server.log
    load_secrets
    LISTEN=127.0.0.1:$(free_port) || return 1
    read_listen
    DATABASE_URL=$(scratch_url "$1") LISTEN=$LISTEN MIGRATE_ON_START=true LOG_FORMAT=json RUST_LOG=debug RATE_LIMITS=off \
        spawn "$SCRATCH_APP" "$TICKBOX" >"$log" 2>&1
    wait_ready "$(cat "$SCRATCH_APP")" 60 && return 0
    stop_spawned "$SCRATCH_APP" 5
    show_end_of "$log"
    return 1
}

# Two files at a time, where Node.js can: each has a Chromium of its own.
browser_tests() {
    local two=
    ! node --help | grep -q -- --test-concurrency || two=--test-concurrency=2
    cd tests/browser && mkdir -p "$ROOT/target/screenshots" &&
        TICKBOX_URL=$(address) CHROMIUM=$(chromium_program) SCREENSHOTS=$ROOT/target/screenshots node --test ${two:+"$two"}
}

# Side by side; what each says is shown when both are done.
engine_tests() {
    local status=0 firefox webkit
    set +m # both stay in the group that is stopped with us
    cd tests/browser || return 1
    engine_test firefox >"$LOCAL/firefox.txt" 2>&1 &
    firefox=$!
    engine_test webkit >"$LOCAL/webkit.txt" 2>&1 &
    webkit=$!
    wait "$firefox" || status=1
    wait "$webkit" || status=1
    cat "$LOCAL/firefox.txt" "$LOCAL/webkit.txt"
    return "$status"
}

engine_test() {
    local began=$SECONDS passed=passed
    TICKBOX_URL=$(address) ENGINE=$1 FIREFOX=$(firefox_program) npm run --silent everywhere || passed=FAILED
    printf '%s %s in %d s\n' "$1" "$passed" $((SECONDS - began)) >>"$LOCAL/engines.txt"
    [ "$passed" = passed ]
}

# Looks for every secret in every log. A sweep over nothing must not pass.
# The browser's files and those of the Rust tests must be there; of the others, what there is.
step_logs() {
    local file found=0 secrets=$LOCAL/secrets-to-find.txt
    for file in secrets.txt browser-secrets.txt browser-server.log; do
        [ -s "$TEST_LOGS/$file" ] || { fail "target/test-logs/$file is missing or empty; run: ./ops/test test browser logs"; return; }
    done
    [ -n "$(find "$TEST_LOGS" -name '*.log' ! -name '*-server.log')" ] || { fail "the integration tests left no logs in target/test-logs"; return; }
    (umask 077 && { cat "$TEST_LOGS"/*secrets.txt; printf '%s\n' "$ROOT_PASSWORD"; } | tr -d '\r' | grep . | sort -u >"$secrets")
    [ -s "$secrets" ] || { fail "the files of secrets hold no secret"; return; }
    for file in "$TEST_LOGS"/*.log; do
        [ -s "$file" ] || { fail "${file#"$ROOT/"} is empty"; return; }
        grep -aFn -f "$secrets" "$file" | cut -c1-300 | sed "s|^|${file##*/}:|" >&2 && found=1
    done
    NOTE="$(wc -l <"$secrets" | tr -d ' ') secrets"
    rm -f "$secrets"
    [ "$found" = 0 ] || fail "secrets stand in the logs (the lines are above)"
}
