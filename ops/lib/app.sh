# shellcheck shell=bash
# Building tickbox, its secrets, its address, waiting until it is ready.
# Needs messages.sh, processes.sh, ports.sh, ROOT and LOCAL.

TICKBOX=${CARGO_TARGET_DIR:-$ROOT/target}/debug/tickbox

# The dev profile: quick to compile, with the password hash optimised. Queries are checked
# against the committed .sqlx, so no database is needed.
build_tickbox() {
    # cargo would look for its settings from the current folder on.
    run env SQLX_OFFLINE=true cargo --config "$ROOT/.cargo/config.toml" build --manifest-path "$ROOT/Cargo.toml"
}

random_hex() { od -An -tx1 -N "$1" /dev/urandom | tr -d ' \n'; }

# kept_secret FILE NAME BYTES: prints it; made at the first call and kept in a file that only we read.
kept_secret() {
    local file=$1 name=$2
    if ! grep -q "^$name=." "$file" 2>/dev/null; then
        (
            umask 077
            { cat "$file" 2>/dev/null; printf '%s=%s\n' "$name" "$(random_hex "$3")"; } >"$file.new"
        ) && mv "$file.new" "$file" || return 1
    fi
    sed -n "s/^$name=\(.\)/\1/p" "$file" | grep .
}

# Kept, so that people stay logged in over a restart. The environment wins.
load_secrets() {
    local kept
    kept=$(kept_secret "$LOCAL/secrets.env" JWT_SECRET 48) || die "cannot write $LOCAL/secrets.env"
    [ -n "${JWT_SECRET:-}" ] || JWT_SECRET=$kept
    export JWT_SECRET
}

# Splits LISTEN into HOST and PORT; HOST is where we can reach it ourselves.
read_listen() {
    PORT=${LISTEN##*:}
    HOST=${LISTEN%:*}
    HOST=${HOST#[}
    HOST=${HOST%]}
    case $PORT in '' | *[!0-9]*) PORT=bad ;; esac
    if [ "$HOST" = "$LISTEN" ] || [ -z "$HOST" ] || [ "$PORT" = bad ] || [ "$PORT" -lt 1 ] || [ "$PORT" -gt 65535 ]; then
        die "LISTEN=$LISTEN is not an address and a port, such as 127.0.0.1:8081"
    fi
    case $HOST in 0.0.0.0) HOST=127.0.0.1 ;; ::) HOST=::1 ;; esac
}

address() {
    case $HOST in *:*) printf 'http://[%s]:%s\n' "$HOST" "$PORT" ;; *) printf 'http://%s:%s\n' "$HOST" "$PORT" ;; esac
}

# wait_ready PID SECONDS: until /readyz answers 200, or the process is gone, or we give up. An
# answer may take a while itself, so it is the clock that counts.
wait_ready() {
    local end=$((SECONDS + $2)) status=
    while [ "$SECONDS" -lt "$end" ]; do
        status=$(http_status "$HOST" "$PORT" /readyz)
        [ "$status" != 200 ] || return 0
        kill -0 "$1" 2>/dev/null || return 1
        sleep 0.1
    done
    explain_not_ready "$2" "$status"
    return 1
}

# explain_not_ready SECONDS STATUS
explain_not_ready() {
    case $2 in
        503) say "Tickbox serves, but its database did not answer it within $1 seconds ($(address)/readyz says 503)." ;;
        '') say "Tickbox runs, but nothing answered at $(address)/readyz within $1 seconds; is LISTEN=$LISTEN an address of this machine?" ;;
        *) say "Tickbox did not become ready within $1 seconds ($(address)/readyz says $2)." ;;
    esac
}
