# shellcheck shell=bash
# A private MySQL or MariaDB in a folder of ours: own data, loopback only, no system service
# touched. database_start finds a way to have one; database_stop undoes it.
# Needs messages.sh, processes.sh, ports.sh, packages.sh, tools.sh, app.sh.

HOW_TO_INSTALL='no database server: set DATABASE_URL=mysql://user:password@host/name, or install one (Debian, Ubuntu: sudo apt install mariadb-server-core mariadb-client-core; Fedora: sudo dnf install mariadb-server; macOS: brew install mysql), or run all of it in containers: ops/compose.yaml'

# For `ops/generate sqlx`, which needs MySQL, and a schema before the program can be built.
ONLY_KIND=       # MySQL: MariaDB will not do
WITH_MIGRATIONS= # a database that gets the schema of migrations/ when the server starts
# For `ops/image/smoke`: the folder with the certificates of trustme, as the data folder sees it.
WITH_TLS= # the server has that certificate
# For `ops/test`: the data lie in this folder, an empty one, instead of beside their log.
DATA_FOLDER=

# Where server programs hide: an ordinary user's PATH on Debian has no /usr/sbin, and Homebrew
# keeps versioned formulas off the PATH.
server_places() {
    local place
    printf '%s' "$PATH:/usr/sbin:/usr/local/sbin:/usr/libexec:/usr/local/mysql/bin"
    for place in /opt/homebrew /usr/local /home/linuxbrew/.linuxbrew; do
        printf ':%s' "$place"/bin "$place"/opt/mysql*/bin "$place"/opt/mariadb*/bin
    done
}

# "MySQL 8.4" or "MariaDB 10.11"
server_version() {
    "$1" --no-defaults --version 2>/dev/null | sed -n \
        -e 's/.*Ver \([0-9]*\.[0-9]*\).*MariaDB.*/MariaDB \1/p' -e t \
        -e 's/.*Ver \([0-9]*\.[0-9]*\).*/MySQL \1/p'
}

server_suffices() {
    case $1 in
        MySQL*) version_at_least "${1#* }" 8.0 ;;
        MariaDB*) version_at_least "${1#* }" 10.11 ;;
        *) return 1 ;;
    esac
}

# find_server KIND: the first server program of that kind that is new enough and complete.
find_server() {
    local kind=$1 IFS=: place program version
    for place in $(server_places); do
        for program in "$place/mysqld" "$place/mariadbd"; do
            [ -x "$program" ] && [ ! -d "$program" ] || continue
            version=$(server_version "$program")
            [ "${version% *}" = "$kind" ] && server_suffices "$version" || continue
            [ "$kind" = MySQL ] || mariadb_installer "$program" >/dev/null || continue
            printf '%s\n' "$program"
            return 0
        done
    done
    return 1
}

# MariaDB's own set-up script; it needs my_print_defaults, which Debian packs with the clients.
mariadb_installer() {
    local here PATH=$PATH
    here=$(dirname "$1")
    PATH=$here:$PATH:/usr/bin:/usr/sbin
    command -v my_print_defaults >/dev/null || return 1
    command -v mariadb-install-db || command -v mysql_install_db
}

# MySQL first: .sqlx is prepared against it. Existing data need the kind that made them.
choose_server() {
    local made_by=$ONLY_KIND
    [ ! -s "$1/made-by" ] || read -r made_by <"$1/made-by"
    case $made_by in
        '') find_server MySQL || find_server MariaDB ;;
        *) find_server "${made_by% *}" ;;
    esac
}

# -core packages hold the program alone: no service, no user, nothing started.
apt_install_server() {
    local package
    can_apt || return 1
    apt_knows mariadb-server-core || apt_refresh
    for package in mysql-server-core-8.4 mysql-server-core-8.0 mysql-server-core; do
        if apt_knows "$package" && apt_install "a database server" "$package"; then return 0; fi
    done
    [ -z "$ONLY_KIND" ] || return 1
    apt_install "a database server" mariadb-server-core mariadb-client-core
}

# Any account of the machine can reach a loopback port, so the server's accounts have passwords.
ROOT_PASSWORD= # of the server's root: for the tests, ./ops/database and ourselves
APP_PASSWORD=  # of its user tickbox, who may use the database tickbox and nothing else
DB_LOGIN=      # user:password for database_url

# load_passwords DIR: those of the server in DIR; hexadecimal, so they need no quoting anywhere.
load_passwords() {
    ROOT_PASSWORD=$(kept_secret "$1/secrets.env" ROOT_PASSWORD 24) &&
        APP_PASSWORD=$(kept_secret "$1/secrets.env" APP_PASSWORD 24) || die "cannot write $1/secrets.env"
}

# private_file FILE: stdin into a new file that only we can read, whoever could read an old one.
private_file() { rm -f "$1" && (umask 077 && cat >"$1"); }

# write_init_sql FILE NAME...: what the server reads at each start, with databases of these names.
write_init_sql() {
    local file=$1 name
    shift
    {
        account_lines
        for name in "$@"; do
            printf 'CREATE DATABASE IF NOT EXISTS %s CHARACTER SET utf8mb4;\n' "$name"
        done
        [ -z "$WITH_MIGRATIONS" ] || migrations_as_lines "$WITH_MIGRATIONS"
    } | private_file "$file"
}

# Passwords are set anew at each start, since older data have none. MySQL makes root@localhost
# only, which 127.0.0.1 does not match when names are not resolved. MariaDB makes accounts without
# a password; those it names after the machine cannot log in, for the same reason.
account_lines() {
    local user
    printf "DROP USER IF EXISTS ''@'localhost', 'root'@'::1';\n"
    printf "CREATE USER IF NOT EXISTS '%s'@'127.0.0.1' IDENTIFIED BY '%s';\n" root "$ROOT_PASSWORD" tickbox "$APP_PASSWORD"
    for user in "root'@'localhost" "root'@'127.0.0.1"; do
        printf "ALTER USER '%s' IDENTIFIED BY '%s';\n" "$user" "$ROOT_PASSWORD"
    done
    printf "ALTER USER 'tickbox'@'127.0.0.1' IDENTIFIED BY '%s';\n" "$APP_PASSWORD"
    printf "GRANT ALL PRIVILEGES ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION;\n"
    printf "GRANT ALL PRIVILEGES ON tickbox.* TO 'tickbox'@'127.0.0.1';\n"
}

# For ./ops/database; an option file, since neither words nor the environment suit every client.
write_client_file() { printf '[client]\nuser=root\npassword=%s\n' "$ROOT_PASSWORD" | private_file "$1"; }

# A start-up file is read by lines; a migration is one statement.
migrations_as_lines() {
    local file
    printf 'USE %s;\n' "$1"
    for file in "$ROOT"/migrations/*.sql; do
        sed '/^ *--/d' "$file" | tr '\n' ' ' | sed 's/[; ]*$/;/'
        printf '\n'
    done
}

# Only root needs to name a user, and must: the servers refuse to run as root unasked.
user_option() { [ "$(id -u)" != 0 ] || printf '%s' --user=root; }

# Fills a scratch folder and renames it: an interrupted run leaves nothing that looks complete.
# Relative paths, because MariaDB's script does not quote its own.
initialise() (
    cd "$2" || exit 1
    rm -rf data.new && if [ -n "$DATA_FOLDER" ]; then ln -s "$DATA_FOLDER" data.new; else mkdir data.new; fi || exit 1
    say "Preparing a private database in ${2#"$ROOT/"} with $(server_version "$1")"
    # shellcheck disable=SC2046 # no word when there is no option
    case $(server_version "$1") in
        MariaDB*)
            "$(mariadb_installer "$1")" --no-defaults $(user_option) --datadir=./data.new \
                --auth-root-authentication-method=normal --skip-test-db
            ;;
        *) "$1" --no-defaults $(user_option) --initialize-insecure --datadir="$2/data.new" ;;
    esac >init.log 2>&1 </dev/null || exit 1
    server_version "$1" >made-by
    mv data.new data
)

# MariaDB's script ends with a page of addresses, whatever went wrong above it.
explain_failed_initialise() {
    local errors
    errors=$(grep -e ERROR -e 'failed!' "$1/init.log") || errors=$(cat "$1/init.log")
    say "It could not be prepared (log: ${1#"$ROOT/"}/init.log):"
    printf '%s\n' "$errors" | tail -n 5 | sed 's/^/    /' >&2
    if [ -e /etc/apparmor.d/usr.sbin.mysqld ]; then
        say "AppArmor keeps the installed mysqld inside its own folders; use that server instead: DATABASE_URL=mysql://user:password@127.0.0.1/name"
    fi
}

# speed_options keep|scratch: people's data keep the server's own durability; what a test run
# throws away need not survive a power cut.
speed_options() {
    printf '%s\n' --skip-log-bin --performance-schema=OFF
    [ "$1" = keep ] || printf '%s\n' --innodb-flush-log-at-trx-commit=2 --skip-innodb-doublewrite \
        --innodb-flush-method=nosync --innodb-buffer-pool-size=64M --max-connections=500
}

# Words without spaces, whatever the checkout's folder is called.
tls_options() {
    [ -z "$WITH_TLS" ] || printf '%s\n' --ssl-ca="$WITH_TLS/client.pem" --ssl-cert="$WITH_TLS/server.pem" \
        --ssl-key="$WITH_TLS/server.key"
}

# launch PROGRAM DIR keep|scratch PORT: starts it and waits for the server's own word in its
# log. The socket file appears earlier, and probing connections count as errors.
launch() {
    local program=$1 dir=$2 keep=$3 port=$4 tenths=1200 pid only=--skip-name-resolve
    case $(server_version "$program") in MySQL*) only=--mysqlx=OFF ;; esac
    : >"$dir/server.log"
    mkdir -p "$dir/files" # stays empty: the server's SQL reads and writes files nowhere else
    # The socket is relative to the data folder: paths over about 100 bytes are refused.
    # shellcheck disable=SC2046 # the options are words without spaces
    spawn "$dir/server.pid" "$program" --no-defaults $(user_option) --datadir="$dir/data" \
        --bind-address=127.0.0.1 --port="$port" --socket=s.sock --pid-file="$dir/mysqld.pid" \
        --init-file="$dir/init.sql" --secure-file-priv="$dir/files" --character-set-server=utf8mb4 --skip-name-resolve \
        --max-connect-errors=4294967295 "$only" $(speed_options "$keep") $(tls_options) >>"$dir/server.log" 2>&1
    pid=$(cat "$dir/server.pid")
    while [ "$tenths" -gt 0 ]; do
        grep -q 'ready for connections' "$dir/server.log" && return 0
        kill -0 "$pid" 2>/dev/null || break
        tenths=$((tenths - 1))
        sleep 0.1
    done
    stop_spawned "$dir/server.pid" 10
    return 1
}

# start_private PROGRAM DIR keep|scratch: sets SERVER_PORT; the last one again where it is free.
start_private() {
    local program=$1 dir=$2 keep=$3 tries=0
    if [ ! -d "$dir/data" ] && ! initialise "$program" "$dir"; then
        explain_failed_initialise "$dir"
        return 1
    fi
    SERVER_PORT=
    [ ! -s "$dir/port" ] || SERVER_PORT=$(cat "$dir/port")
    while [ "$tries" -lt 5 ]; do
        tries=$((tries + 1))
        if [ -z "$SERVER_PORT" ] || port_taken 127.0.0.1 "$SERVER_PORT"; then SERVER_PORT=$(free_port) || return 1; fi
        if launch "$program" "$dir" "$keep" "$SERVER_PORT"; then
            printf '%s\n' "$SERVER_PORT" >"$dir/port"
            return 0
        fi
        grep -qi 'address already in use' "$dir/server.log" || break
        SERVER_PORT=
    done
    say "The database server did not start."
    show_end_of "$dir/server.log"
    return 1
}

# Data of one kind cannot be opened by the other.
explain_other_kind() {
    local made_by
    [ -s "$1/made-by" ] || return 0
    read -r made_by <"$1/made-by"
    say "The data in ${1#"$ROOT/"} were made by $made_by, which is not installed any more: install it again, or start anew with ./ops/database reset"
    return 1
}

# database_start DIR keep|scratch NAME...: the first way that works. Sets SERVER_PORT.
database_start() {
    local dir=$1 keep=$2 program
    shift 2
    database_stop_leftover "$dir"
    [ "$keep" = keep ] || rm -rf "$dir"
    mkdir -p "$dir" && chmod 700 "$dir" || return 1
    load_passwords "$dir"
    write_init_sql "$dir/init.sql" "$@" && write_client_file "$dir/client.cnf" || return 1
    DB_LOGIN=root:$ROOT_PASSWORD # the tests make and drop databases
    [ "$keep" != keep ] || DB_LOGIN=tickbox:$APP_PASSWORD
    if program=$(choose_server "$dir") || { explain_other_kind "$dir" && apt_install_server && program=$(choose_server "$dir"); }; then
        start_private "$program" "$dir" "$keep"
        return
    fi
    [ ! -s "$dir/made-by" ] || return 1
    [ -n "$ONLY_KIND" ] || say "$HOW_TO_INSTALL"
    return 1
}

database_stop() { stop_spawned "$1/server.pid" 60; }
database_stop_leftover() { stop_leftover "$1/server.pid" "--datadir=$1/data"; }

database_url() { printf 'mysql://%s@127.0.0.1:%s/%s\n' "$DB_LOGIN" "$SERVER_PORT" "$1"; }

# server_kind URL: MySQL or MariaDB, by the server's greeting (dd takes what is there and does
# not wait for more).
server_kind() {
    local rest host port
    rest=${1#*://}
    rest=${rest##*@}
    rest=${rest%%[/?]*}
    host=${rest%%:*}
    port=${rest#"$host"}
    port=${port#:}
    (exec 3<>"/dev/tcp/$host/${port:-3306}" && dd bs=512 count=1 <&3 | tr -d '\0' | grep -aq MariaDB) 2>/dev/null &&
        printf 'MariaDB\n' && return
    printf 'MySQL\n'
}
