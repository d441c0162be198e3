#!/usr/bin/env bash
# MariaDB 10.11.19 with Galera 26.4.23 (Debian 12: mariadb-server-core 1:10.11.19-0+deb12u1, galera-4
# 26.4.23-0+deb12u1), over the binary protocol.
#
# Expected: a transaction that loses against one of another node is rolled back, and the client is told so by error
# 1213 at its next command: "Deadlock found when trying to get lock; try restarting transaction". A COMMIT that
# succeeds has stored the whole transaction.
#
# What happens: when that next command prepares a SELECT (COM_STMT_PREPARE), the error is now and then forgotten. What
# follows then runs outside any transaction, each statement committed by itself, and COMMIT succeeds: the UPDATE before
# the SELECT is lost, the INSERT after it is stored.
#
#     BEGIN, UPDATE, prepare and execute a SELECT, INSERT, COMMIT:   5 of 241 acknowledged by halves
#     BEGIN, UPDATE, the SELECT as text, INSERT, COMMIT:             0 of 600
#
# How many it takes differs from run to run. What helps: prepare every statement before the transaction begins.
#
# Ends with 1 when it is no longer so. Needs python3 with venv, and PyPI; installs nothing else: Debian's packages are
# unpacked in a temporary folder, and their libraries are those of Debian's mariadb-server-core and galera-4.
set -euo pipefail

work=$(mktemp -d)
servers=()
finish() {
    [ ${#servers[@]} = 0 ] || { kill "${servers[@]}"; wait "${servers[@]}"; } 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
cd "$work"
apt-get -q download mariadb-server-core=1:10.11.19-0+deb12u1 mariadb-client-core=1:10.11.19-0+deb12u1 galera-4=26.4.23-0+deb12u1 >download.log 2>&1 ||
    { cat download.log >&2; exit 2; }
for package in ./*.deb; do dpkg-deb -x "$package" .; done
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check PyMySQL==1.2.4

chmod 777 "$work"
options=(--no-defaults --user="$(id -un)" --skip-networking --skip-grant-tables --lc-messages-dir="$work/usr/share/mysql"
    --innodb-autoinc-lock-mode=2 --binlog-format=ROW --innodb-flush-log-at-trx-commit=0)
mkdir data1
printf 'CREATE DATABASE mysql;\nCREATE DATABASE try;\n' | usr/sbin/mariadbd "${options[@]}" --datadir="$work/data1" --bootstrap >boot.log 2>&1 ||
    { tail -n 3 boot.log >&2; exit 2; }
cp -r data1 data2

# Two ports of each node, its own and the one for what it missed, that nobody listens at.
mapfile -t ports < <(python3 -c 'import socket
sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(4)]
for socket in sockets: print(socket.getsockname()[1])')

ask() { usr/bin/mariadb --no-defaults --socket="$work/s$1" --batch --skip-column-names --execute "$2" 2>/dev/null; }

# start NODE PORT OTHER-PORT [OPTION]
start() {
    local node=$1 port=$2 other=$3
    shift 3
    usr/sbin/mariadbd "${options[@]}" --datadir="$work/data$node" --socket="$work/s$node" --wsrep-on=ON \
        --wsrep-provider="$work/usr/lib/galera/libgalera_smm.so" --wsrep-cluster-name=try --wsrep-node-address="127.0.0.1:$port" \
        --wsrep-cluster-address="gcomm://127.0.0.1:${ports[0]},127.0.0.1:${ports[2]}" --wsrep-sst-method=skip \
        --wsrep-provider-options="gmcast.listen_addr=tcp://127.0.0.1:$port;ist.recv_addr=127.0.0.1:$other;gcache.size=16M" "$@" \
        >"server$node.log" 2>&1 &
    servers+=($!)
    for _ in {1..150}; do
        ! ask "$node" "SHOW STATUS LIKE 'wsrep_local_state_comment'" | grep -q Synced || return 0
        sleep 0.2
    done
    tail -n 5 "server$node.log" >&2
    exit 2
}

start 1 "${ports[0]}" "${ports[1]}" --wsrep-new-cluster
# The second one has the same data, and says so: it need not copy them.
state=$(ask 1 "SHOW STATUS LIKE 'wsrep_cluster_state_uuid'" | cut -f 2)
position=$(ask 1 "SHOW STATUS LIKE 'wsrep_last_committed'" | cut -f 2)
printf '# GALERA saved state\nversion: 2.1\nuuid: %s\nseqno: %s\nsafe_to_bootstrap: 0\n' "$state" "$position" >data2/grastate.dat
start 2 "${ports[2]}" "${ports[3]}"

cat >look.py <<'LOOK'
import random
import sys
import threading
import time

import pymysql
from pymysql.constants import COMMAND

SELECT = "SELECT ours FROM counter WHERE id = 1"


def connect(node):
    return pymysql.connect(unix_socket=f"s{node}", user="root", database="try", autocommit=True)


def prepare(connection, statement):
    """Sends COM_STMT_PREPARE, and gives the number of the statement, which has no parameters and one column."""
    connection._execute_command(COMMAND.COM_STMT_PREPARE, statement)
    answer = connection._read_packet().get_all_data()
    connection._read_packet(), connection._read_packet()  # the column, and that it was the last
    return answer[1:5]


def execute(connection, statement):
    connection._execute_command(COMMAND.COM_STMT_EXECUTE, statement + b"\0\1\0\0\0")
    connection._read_packet(), connection._read_packet(), connection._read_packet()  # one column
    while not connection._read_packet().is_eof_packet():
        pass


def compete(stop):
    """What another node does to the same row, in transactions of one statement."""
    cursor, chance = connect(2).cursor(), random.Random(1)
    while not stop.is_set():
        try:
            cursor.execute("UPDATE counter SET theirs = theirs + 1 WHERE id = 1")
        except pymysql.err.OperationalError:
            pass
        time.sleep(chance.random() * 0.003)


def transaction(number, is_prepared):
    """Whether COMMIT succeeded."""
    connection = connect(1)
    cursor = connection.cursor()
    try:
        cursor.execute("BEGIN")
        cursor.execute("UPDATE counter SET ours = ours + 1 WHERE id = 1")
        if is_prepared:
            execute(connection, prepare(connection, SELECT))
        else:
            cursor.execute(SELECT)
        cursor.execute(f"INSERT INTO entry VALUES ({number})")
        cursor.execute("COMMIT")
        return True
    except pymysql.err.OperationalError as error:
        assert error.args[0] == 1213, error
        return False
    finally:
        connection.close()


def count_halves(is_prepared, wanted, most):
    """Tries until so many were stored by halves, or so many were acknowledged."""
    cursor = connect(1).cursor()
    for statement in (
        "CREATE OR REPLACE TABLE counter (id INT PRIMARY KEY, ours INT, theirs INT) ENGINE = InnoDB",
        "CREATE OR REPLACE TABLE entry (id INT PRIMARY KEY) ENGINE = InnoDB",
        "INSERT INTO counter VALUES (1, 0, 0)",
    ):
        cursor.execute(statement)
    time.sleep(1)
    stop = threading.Event()
    other = threading.Thread(target=compete, args=(stop,))
    other.start()
    acknowledged = halves = number = 0
    while acknowledged < most and halves < wanted:
        number += 1
        acknowledged += transaction(number, is_prepared)
        cursor.execute("SELECT (SELECT COUNT(*) FROM entry) - ours FROM counter")
        halves = cursor.fetchone()[0]
    stop.set()
    other.join()
    return halves, acknowledged


prepared = count_halves(True, wanted=5, most=2000)
text = count_halves(False, wanted=1, most=600)
print("the SELECT is prepared: %d of %d acknowledged by halves" % prepared)
print("the SELECT is sent as text: %d of %d acknowledged by halves" % text)
sys.exit(not (prepared[0] > 0 and text[0] == 0))
LOOK
ask 1 'SELECT VERSION()'
python/bin/python look.py
