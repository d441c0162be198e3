# shellcheck shell=bash
# The database in a container, where docker or podman runs but no server program can be had.
# Needs messages.sh, database.sh.

IMAGE=docker.io/library/mysql:8.4 # the full name: podman may refuse a short one

container_engine() {
    local engine
    for engine in docker podman; do
        command -v "$engine" >/dev/null && "$engine" info >/dev/null 2>&1 && { printf '%s\n' "$engine"; return 0; }
    done
    return 1
}

# One name a checkout and purpose, so that two checkouts do not meet.
container_name() { printf 'tickbox-%s-%s' "${1##*/}" "$(printf '%s' "$1" | cksum | cut -d' ' -f1)"; }

# container_start ENGINE DIR keep|scratch: sets SERVER_PORT. The data live in a volume of the same
# name as the container: the server's user could not write to a folder of ours.
container_start() {
    local engine=$1 dir=$2 name tenths=1800
    name=$(container_name "$dir")
    "$engine" rm -f "$name" >/dev/null 2>&1
    [ "$3" = keep ] || "$engine" volume rm "$name" >/dev/null 2>&1
    say "Starting $IMAGE with $engine (the first time fetches it)"
    printf '%s\n' "$engine" >"$dir/engine"
    MYSQL_ROOT_PASSWORD=$ROOT_PASSWORD "$engine" run -d --rm --name "$name" -v "$name:/var/lib/mysql" -p 127.0.0.1::3306 \
        -e MYSQL_ROOT_PASSWORD "$IMAGE" \
        --mysqlx=OFF --skip-log-bin --max-connections=500 >"$dir/server.log" 2>&1 ||
        { show_end_of "$dir/server.log"; return 1; }
    # The image first runs a server that listens nowhere: wait for the one that names the port.
    until "$engine" logs "$name" 2>&1 | grep 'mysqld: ready for connections.*port: 3306 ' >/dev/null; do
        tenths=$((tenths - 1))
        [ "$tenths" -gt 0 ] || { say "The container did not become ready: $engine logs $name"; return 1; }
        sleep 0.1
    done
    SERVER_PORT=$("$engine" port "$name" 3306/tcp | sed -n '1s/.*://p')
    [ -n "$SERVER_PORT" ] && container_accounts "$engine" "$dir" "$name" && return 0
    show_end_of "$dir/server.log"
    return 1
}

# container_accounts ENGINE DIR NAME: whoever comes through the published port has an address of
# the engine's network. A volume from before there were passwords has none until now.
container_accounts() {
    local password
    for password in "$ROOT_PASSWORD" ''; do
        sed "s/@'127\.0\.0\.1'/@'%'/" "$2/init.sql" |
            MYSQL_PWD=$password "$1" exec -i -e MYSQL_PWD "$3" mysql -uroot >>"$2/server.log" 2>&1 && return 0
    done
    say "The database in the container does not take our password; ./ops/database reset starts anew, without the data."
    return 1
}

# container_client DIR ARGUMENT...: does not return.
container_client() {
    local dir=$1 engine
    shift
    engine=$(cat "$dir/engine")
    load_passwords "$dir"
    export MYSQL_PWD=$ROOT_PASSWORD
    exec "$engine" exec -it -e MYSQL_PWD "$(container_name "$dir")" mysql -uroot tickbox "$@"
}

container_stop() {
    [ -s "$1/engine" ] || return 0
    "$(cat "$1/engine")" stop -t 60 "$(container_name "$1")" >/dev/null 2>&1
    rm -f "$1/engine"
}

# Throws the container and its data away.
container_forget() {
    local engine name
    name=$(container_name "$1")
    engine=$(container_engine) || return 0
    "$engine" rm -f "$name" >/dev/null 2>&1
    "$engine" volume rm "$name" >/dev/null 2>&1
    return 0
}
