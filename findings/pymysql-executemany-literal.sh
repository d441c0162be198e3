#!/usr/bin/env bash
# PyMySQL 1.2.4 with MariaDB 10.11.19 (Debian 12: mariadb-server-core 1:10.11.19-0+deb12u1).
#
# Expected: `executemany` sends an INSERT of many rows as one statement; its documentation says that it improves multi-row
# INSERT and REPLACE, and names no condition on what stands in VALUES.
#
# What happens: it does so only when VALUES holds nothing but placeholders. One literal among them, such as `VALUES
# (%s, 1)`, and each row is sent by itself, silently: a thousand statements and round trips in place of one. The same
# rows arrive.
#
#     VALUES (%s, %s):   1000 rows by 1 statement
#     VALUES (%s, 1):    1000 rows by 1000 statements
#
# Ends with 1 when it is no longer so. Needs python3 with venv; Debian's packages are unpacked in a temporary folder, and
# their libraries are those of Debian's mariadb-server-core.
set -euo pipefail

work=$(mktemp -d)
server=
trap '[ -z "$server" ] || { kill "$server"; wait "$server" || true; }; rm -rf "$work"' EXIT
cd "$work"
apt-get -q download mariadb-server-core=1:10.11.19-0+deb12u1 >download.log 2>&1 || { cat download.log >&2; exit 2; }
for package in ./*.deb; do dpkg-deb -x "$package" .; done
python3 -m venv python && python/bin/pip -q install pymysql==1.2.4 || exit 2
mkdir data
chmod 777 "$work" data
options=(--no-defaults --user="$(id -un)" --datadir="$work/data" --socket="$work/s" --skip-networking --lc-messages-dir="$work/usr/share/mysql")
printf 'CREATE DATABASE mysql;\nCREATE DATABASE try;\n' | usr/sbin/mariadbd "${options[@]}" --bootstrap --skip-grant-tables >boot.log 2>&1 || { tail -n 3 boot.log >&2; exit 2; }
usr/sbin/mariadbd "${options[@]}" --skip-grant-tables >server.log 2>&1 &
server=$!
for _ in {1..100}; do [ -S "$work/s" ] && break || sleep 0.2; done

python/bin/python - "$work/s" <<'PYTHON'
import sys
from importlib.metadata import version

import pymysql

connection = pymysql.connect(unix_socket=sys.argv[1], user="root", database="try", autocommit=True)
cursor = connection.cursor()
cursor.execute("CREATE TABLE rows_sent (a INT, b INT) ENGINE = InnoDB")


def inserts() -> int:
    cursor.execute("SHOW SESSION STATUS LIKE 'Com_insert'")
    return int(cursor.fetchone()[1])


def statements(values: str, rows: list[tuple[int, ...]]) -> int:
    before = inserts()
    sent = cursor.executemany(f"INSERT INTO rows_sent (a, b) VALUES {values}", rows)
    counted = inserts() - before
    print(f"VALUES {values + ':':12}{sent} rows by {counted} statement{'s' if counted > 1 else ''}")
    return counted


print("PyMySQL", version("pymysql"))
batched = statements("(%s, %s)", [(number, 1) for number in range(1000)])
single = statements("(%s, 1)", [(number,) for number in range(1000)])
sys.exit(0 if (batched, single) == (1, 1000) else 1)
PYTHON
