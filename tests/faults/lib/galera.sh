# shellcheck shell=bash
# Three MariaDB servers in Galera, every one of which takes writes: the hard mode, since two of them
# may accept the same row and only one of them may commit. Needs nodes.sh, HOME_OF_KIND.

NOBODY=65534 # rsync's state transfer fails as root, so that the nodes run as nobody there
SYNC_SECONDS=120

galera_provider() {
    local file
    for file in /usr/lib/galera /usr/lib /usr/lib64/galera-4 /usr/lib64/galera; do
        [ ! -e "$file/libgalera_smm.so" ] || { printf '%s\n' "$file/libgalera_smm.so"; return 0; }
    done
    return 1
}

# The scripts that copy a node's data look at ports with one of three programs.
has_galera() {
    galera_provider >/dev/null && find_server MariaDB >/dev/null && command -v rsync >/dev/null && command -v socat >/dev/null &&
        { command -v ss || command -v lsof || command -v sockstat; } >/dev/null
}

need_galera() {
    has_galera && return 0
    can_apt && apt_install "Galera" galera-4 mariadb-server-core mariadb-client-core rsync socat iproute2 && has_galera && return 0
    say "Galera needs MariaDB with libgalera_smm.so, rsync, socat and ss (Debian: galera-4 mariadb-server-core rsync socat iproute2)"
    return 1
}

# The scripts that copy a node's data. Debian packs them with mariadb-server, which would set up a
# service: it is unpacked here, not installed.
galera_scripts() {
    local bin=$HOME_OF_KIND/bin unpacked=$LOCAL/mariadb-server
    PATH=$(cd "$HOME_OF_KIND" && pwd -P)/bin:$PATH
    ! command -v wsrep_sst_rsync >/dev/null || return 0
    if [ ! -x "$unpacked/usr/bin/wsrep_sst_rsync" ]; then
        can_apt && rm -rf "$unpacked" && mkdir -p "$unpacked" &&
            (cd "$unpacked" && apt-get -q download mariadb-server && dpkg -x mariadb-server_*.deb .) >>"$LOCAL/apt.log" 2>&1 ||
            { say "Galera needs wsrep_sst_rsync (Debian: in mariadb-server)"; return 1; }
    fi
    mkdir -p "$bin" && cp "$unpacked"/usr/bin/wsrep_sst_{common,rsync} "$bin"
}

galera_start() {
    local number
    need_galera && galera_home && galera_scripts || return 1
    for number in $NODES; do galera_prepare "$number" || return 1; done
    galera_own
    galera_launch 1 --wsrep-new-cluster && wait_for $SYNC_SECONDS galera_is_synced 1 || return 1
    # replicated, and part of what the others copy
    { account_lines; printf 'CREATE DATABASE tickbox CHARACTER SET utf8mb4;\n'; } | private_file "$(node 1)/accounts.sql"
    sql_as_made 1 "$(node 1)/accounts.sql" || return 1
    for number in 2 3; do
        galera_launch "$number" && wait_for $SYNC_SECONDS galera_is_synced "$number" || return 1
    done
    DB_LOGIN=root:$ROOT_PASSWORD
}

# nobody cannot enter .local, so as root the data lie where everybody may walk.
galera_home() {
    local home
    [ "$(id -u)" = 0 ] || return 0
    home=$(mktemp -d "${TMPDIR:-/tmp}/tickbox-galera.XXXXXX") && chmod 711 "$home" || return 1
    rm -rf "$HOME_OF_KIND" && ln -s "$home" "$HOME_OF_KIND"
}

galera_forget() {
    local home
    home=$(readlink "$HOME_OF_KIND") || return 0
    case $home in */tickbox-galera.*) rm -rf "$home" ;; esac
    rm -f "$HOME_OF_KIND"
}

galera_prepare() {
    local dir name
    mkdir -p "$HOME_OF_KIND/node$1"
    dir=$(node "$1")
    cp "$(node 1)/secrets.env" "$dir/secrets.env" 2>/dev/null
    prepare_node "$dir" || return 1
    for name in port cluster-port ist-port sst-port; do new_port "$dir/$name" || return 1; done
    if [ "$1" = 1 ]; then
        initialise "$(find_server MariaDB)" "$dir" || { explain_failed_initialise "$dir"; return 1; }
    else
        cp -r "$(node 1)/data" "$dir/data"
    fi
}

galera_own() {
    local number
    [ "$(id -u)" = 0 ] || return 0
    for number in $NODES; do chown -R $NOBODY:$NOBODY "$(node "$number")"; done
}

# The accounts as the installer made them have no password yet.
sql_as_made() {
    cd "$(node "$1")/data" && PATH=$(server_places) mariadb --no-defaults --user=root --socket=s.sock <"$2"
}

# galera_launch NUMBER [OPTION...]
galera_launch() {
    local dir AS=
    galera_scripts || return 1
    dir=$(node "$1")
    shift
    [ "$(id -u)" != 0 ] || AS="setpriv --reuid=$NOBODY --regid=$NOBODY --clear-groups"
    : >"$dir/server.log"
    # shellcheck disable=SC2046,SC2086 # words
    spawn "$dir/server.pid" with_clock "$dir" "$(find_server MariaDB)" --no-defaults --datadir="$dir/data" --bind-address=127.0.0.1 \
        --port="$(cat "$dir/port")" --socket=s.sock --pid-file="$dir/mysqld.pid" --skip-name-resolve \
        $(cluster_options) --innodb-autoinc-lock-mode=2 --binlog-format=ROW --performance-schema=OFF \
        --max-connect-errors=4294967295 --max-connections=500 --character-set-server=utf8mb4 \
        --wsrep-on=ON --wsrep-provider="$(galera_provider)" --wsrep-cluster-name=tickbox \
        --wsrep-cluster-address="gcomm://$(galera_members)" --wsrep-node-name="${dir##*/}" \
        --wsrep-node-address="127.0.0.1:$(cat "$dir/cluster-port")" --wsrep-node-incoming-address="127.0.0.1:$(cat "$dir/port")" \
        --wsrep-sst-method=rsync --wsrep-sst-receive-address="127.0.0.1:$(cat "$dir/sst-port")" \
        --wsrep-provider-options="gmcast.listen_addr=tcp://127.0.0.1:$(cat "$dir/cluster-port");ist.recv_addr=127.0.0.1:$(cat "$dir/ist-port");gcache.size=64M" \
        "$@" >>"$dir/server.log" 2>&1
    wait_log "$dir" "$(cat "$dir/server.pid")" $SYNC_SECONDS 'ready for connections'
}

galera_members() {
    local number members=
    for number in $NODES; do members=$members,127.0.0.1:$(cat "$(node "$number")/cluster-port"); done
    printf '%s\n' "${members#,}"
}

galera_is_synced() {
    local says="SHOW STATUS LIKE 'wsrep_local_state_comment'"
    { sql "$1" "$says" || printf '%s' "$says" | sql_as_made "$1" /dev/stdin; } 2>/dev/null | grep -q Synced
}

# After a kill the node does not know how far it came; its own log does. With that it fetches what it
# missed (IST); without it a neighbour would stand still to copy everything.
galera_restart() {
    local dir position
    dir=$(node "$1")
    ! galera_gave_up "$1" || stop_to_restart "$dir"
    if ! is_alive "$(cat "$dir/server.pid")"; then
        position=$(galera_position "$dir")
        galera_launch "$1" ${position:+--wsrep-start-position="$position"} || return 1
    fi
    wait_for $SYNC_SECONDS galera_is_whole
}

# A node that could not apply what the others have, as with a full disk, leaves them for good: its server
# lives on, refuses everything, and waits for somebody who starts it again.
galera_gave_up() {
    is_alive "$(cat "$(node "$1")/server.pid")" &&
        sql "$1" "SHOW STATUS LIKE 'wsrep_local_state_comment'" 2>/dev/null | grep -q Inconsistent
}

# Every node sees three. One that slept thinks for a moment that it still belongs to them.
galera_is_whole() {
    local number
    for number in $NODES; do
        [ "$(sql "$number" "SHOW STATUS LIKE 'wsrep_cluster_size'" 2>/dev/null | cut -f 2)" = 3 ] &&
            galera_is_synced "$number" && [ "$(sql "$number" "SHOW STATUS LIKE 'wsrep_ready'" | cut -f 2)" = ON ] || return 1
    done
}

galera_position() {
    local as=
    [ "$(id -u)" != 0 ] || as="setpriv --reuid=$NOBODY --regid=$NOBODY --clear-groups"
    # shellcheck disable=SC2086 # words
    $as "$(find_server MariaDB)" --no-defaults --datadir="$1/data" --wsrep-on=ON --wsrep-provider="$(galera_provider)" \
        --wsrep-recover --log-error-verbosity=3 --skip-networking --socket=s.sock 2>&1 </dev/null |
        sed -n 's/.*Recovered position: *//p' | tail -n 1
}
