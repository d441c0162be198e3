# shellcheck shell=bash
# Three MySQL servers in group replication with a single primary: what RDS Multi-AZ and Aurora do
# to a client when they fail over, on one machine. Needs nodes.sh, HOME_OF_KIND.

GROUP_NAME=7b1d2c94-3d0c-4f9e-9b7e-5f0c6a7d8e11
# A member that does not answer is suspected after 5 s, which nobody can set, and expelled so much
# later: at once instead of MySQL's 5 s, which are 15 in truth, since it looks that rarely.
GROUP_EXPEL_SECONDS=0
REJOIN_SECONDS=120

# MySQL takes no more than 32 characters for this one.
replica_password() { printf '%s' "${APP_PASSWORD:0:32}"; }

group_program() { printf '%s\n' "${MYSQLD:-$(find_server MySQL)}" | grep .; }

group_start() {
    local number program
    program=$(group_program) || { say "Group replication needs MySQL's mysqld: MYSQLD=/path/to/mysqld"; return 1; }
    for number in $NODES; do
        mkdir -p "$HOME_OF_KIND/node$number"
        prepare_node "$(node "$number")" && new_port "$(node "$number")/port" && new_port "$(node "$number")/group-port" || return 1
        group_data "$program" "$number" || return 1
    done
    for number in $NODES; do group_launch "$number" --init-file="$(node "$number")/init.sql" || return 1; done
    group_join 1 bootstrap && group_join 2 && group_join 3 || return 1
    sql 1 "CREATE DATABASE tickbox CHARACTER SET utf8mb4" || return 1
    DB_LOGIN=root:$ROOT_PASSWORD
}

# Prepared once and copied: to prepare takes eight seconds. auto.cnf holds the identity of a server.
group_data() {
    local program=$1 dir
    dir=$(node "$2")
    cp "$(node 1)/secrets.env" "$dir/secrets.env" 2>/dev/null
    load_passwords "$dir"
    write_client_file "$dir/client.cnf"
    group_init_sql | private_file "$dir/init.sql"
    if [ "$2" = 1 ]; then
        initialise "$program" "$dir" || { explain_failed_initialise "$dir"; return 1; }
    else
        cp -r "$(node 1)/data" "$dir/data" && rm -f "$dir/data/auto.cnf"
    fi
}

# Accounts are each member's own: in the log they would be changes that the group does not know.
group_init_sql() {
    printf 'SET SQL_LOG_BIN=0;\n'
    account_lines
    printf "CREATE USER IF NOT EXISTS 'replica'@'127.0.0.1' IDENTIFIED BY '%s';\n" "$(replica_password)"
    printf "GRANT REPLICATION SLAVE, CONNECTION_ADMIN, BACKUP_ADMIN, GROUP_REPLICATION_STREAM ON *.* TO 'replica'@'127.0.0.1';\n"
}

# group_launch NUMBER [OPTION...]
group_launch() {
    local number=$1 dir
    shift
    dir=$(node "$number")
    : >"$dir/server.log"
    # shellcheck disable=SC2046 # words without spaces
    spawn "$dir/server.pid" with_clock "$dir" "$(group_program)" --no-defaults $(user_option) --datadir="$dir/data" \
        --bind-address=127.0.0.1 --port="$(cat "$dir/port")" --socket=s.sock --pid-file="$dir/mysqld.pid" \
        --secure-file-priv=NULL --mysqlx=OFF --skip-name-resolve $(cluster_options) \
        --max-connect-errors=4294967295 --server-id="$number" --gtid-mode=ON --enforce-gtid-consistency=ON --log-bin=bin \
        --report-host=127.0.0.1 --report-port="$(cat "$dir/port")" --plugin-load-add=group_replication.so \
        --group-replication-group-name=$GROUP_NAME --group-replication-start-on-boot=OFF \
        --group-replication-local-address="127.0.0.1:$(cat "$dir/group-port")" --group-replication-group-seeds="$(group_seeds)" \
        --group-replication-member-expel-timeout=$GROUP_EXPEL_SECONDS --group-replication-recovery-get-public-key=ON \
        "$@" >>"$dir/server.log" 2>&1
    wait_log "$dir" "$(cat "$dir/server.pid")" 60 'ready for connections'
}

group_seeds() {
    local number seeds=
    for number in $NODES; do seeds=$seeds,127.0.0.1:$(cat "$(node "$number")/group-port"); done
    printf '%s\n' "${seeds#,}"
}

# group_join NUMBER [bootstrap]: for the first time.
group_join() {
    sql "$1" "CHANGE REPLICATION SOURCE TO SOURCE_USER='replica', SOURCE_PASSWORD='$(replica_password)' FOR CHANNEL 'group_replication_recovery'" || return 1
    if [ -n "${2:-}" ]; then
        sql "$1" "SET GLOBAL group_replication_bootstrap_group=ON; START GROUP_REPLICATION; SET GLOBAL group_replication_bootstrap_group=OFF" || return 1
    else
        wait_for $REJOIN_SECONDS group_enter "$1" || return 1
    fi
    wait_for $REJOIN_SECONDS group_is_online "$1"
}

# Refused as long as the group still holds the member's former self for one of its own.
group_enter() {
    sql "$1" "START GROUP_REPLICATION" 2>"$(node "$1")/join.log" ||
        grep -q 'already running' "$(node "$1")/join.log"
}

# Of one that was never started the server knows no name, so the state is asked of the only line it has.
group_state() {
    sql "$1" "SELECT member_state FROM performance_schema.replication_group_members WHERE member_id IN ('', @@server_uuid)" 2>/dev/null
}

group_is_online() { [ "$(group_state "$1")" = ONLINE ]; }

# Until every member sees three. One that slept thinks for a moment that it still belongs to them.
group_restart() {
    local end=$((SECONDS + REJOIN_SECONDS))
    # Outside its group it would take writes that the group never gets, hence read-only, as
    # group_replication_start_on_boot makes it too.
    is_alive "$(cat "$(node "$1")/server.pid")" || group_launch "$1" --super-read-only=ON || return 1
    until group_is_whole; do
        [ "$SECONDS" -lt "$end" ] || return 1
        case $(group_state "$1") in
            OFFLINE | ERROR)
                sql "$1" "STOP GROUP_REPLICATION"
                group_enter "$1"
                ;;
        esac
        sleep 0.2
    done
}

# After its restart a member is none that takes writes; the fault wants it to be.
group_promote() { sql "$1" "SELECT group_replication_set_as_primary(@@server_uuid)" >/dev/null; }

group_is_whole() {
    local number online="SELECT COUNT(*) FROM performance_schema.replication_group_members WHERE member_state='ONLINE'"
    for number in $NODES; do
        [ "$(sql "$number" "$online")" = 3 ] || return 1
    done
}
