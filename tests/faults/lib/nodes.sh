# shellcheck shell=bash
# What the nodes of every kind share: their folders, passwords, ports, and a way to send SQL.
# Needs ops/lib/all.sh, HOME_OF_KIND.

NODES="1 2 3"

# node NUMBER: its folder, by its real name, since the folder of a kind may be a link.
node() { printf '%s/node%s\n' "$(cd "$HOME_OF_KIND" 2>/dev/null && pwd -P)" "$1"; }

prepare_node() {
    mkdir -p "$1" && chmod 700 "$1" || return 1
    load_passwords "$1"
    write_client_file "$1/client.cnf"
}

# stop_to_restart DIR: politely; its pid stays noted, so that a restart finds it ended.
stop_to_restart() {
    local pid
    pid=$(cat "$1/server.pid")
    stop_group "$pid" 60
}

# new_port FILE: one that no node has been given before.
new_port() {
    local port
    while port=$(free_port); do
        grep -qsx "$port" "$HOME_OF_KIND"/node*/*port || { printf '%s\n' "$port" >"$1"; return; }
    done
    return 1
}

# By the socket, as ops/database does: no port, no TLS questions, no password in a command line.
sql() {
    local dir client
    dir=$(node "$1")
    client=$(PATH=$(server_places) command -v mariadb || PATH=$(server_places) command -v mysql) ||
        die "no SQL client: sudo apt install mariadb-client-core"
    cd "$dir/data" && "$client" --defaults-file="$dir/client.cnf" --socket=s.sock --connect-timeout=5 --batch --skip-column-names --execute "$2"
}

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.2
    done
}

# wait_log DIR PID SECONDS PATTERN: until the server's log says so, or the server has gone.
wait_log() {
    local end=$((SECONDS + $3))
    until grep -q -- "$4" "$1/server.log"; do
        [ "$SECONDS" -lt "$end" ] && is_alive "$2" || { show_end_of "$1/server.log"; return 1; }
        sleep 0.1
    done
}

# Each commit reaches the system, so that kill -9 loses nothing, but not the disk at once: three
# members on one disk would wait for each other, and a power cut is no part of the suite.
cluster_options() { printf '%s\n' --innodb-buffer-pool-size=64M --innodb-flush-log-at-trx-commit=2 --sync-binlog=0; }
