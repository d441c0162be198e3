#!/usr/bin/env bash
# MariaDB 10.11.19 (Debian 12: mariadb-server-core 1:10.11.19-0+deb12u1).
#
# Expected: with an index on (owner, removed, id), the ten oldest rows of an owner are found by reading ten entries,
# by SELECT and by DELETE alike: WHERE owner = 1 AND removed < ? ORDER BY removed LIMIT 10.
#
# What happens: SELECT reads ten; DELETE reads all 20,000 that the condition lets through, and sorts them.
#
#     SELECT ... ORDER BY removed LIMIT 10:  rows read 10, sorted 0
#     DELETE ... ORDER BY removed LIMIT 10:  rows read 20011, sorted 20000
#
# Ends with 1 when it is no longer so. Installs nothing: Debian's packages are unpacked in a temporary folder; their
# libraries are those of Debian's mariadb-server-core.
set -euo pipefail

work=$(mktemp -d)
server=
trap '[ -z "$server" ] || { kill "$server"; wait "$server" || true; }; rm -rf "$work"' EXIT
cd "$work"
version=1:10.11.19-0+deb12u1
apt-get -q download "mariadb-server-core=$version" "mariadb-client-core=$version" >download.log 2>&1 || { cat download.log >&2; exit 2; }
for package in ./*.deb; do dpkg-deb -x "$package" .; done
mkdir data
chmod 777 "$work" data
options=(--no-defaults --user="$(id -un)" --datadir="$work/data" --socket="$work/s" --skip-networking --lc-messages-dir="$work/usr/share/mysql")
printf 'CREATE DATABASE mysql;\nCREATE DATABASE try;\n' | usr/sbin/mariadbd "${options[@]}" --bootstrap --skip-grant-tables >boot.log 2>&1 || { tail -n 3 boot.log >&2; exit 2; }
usr/sbin/mariadbd "${options[@]}" --skip-grant-tables >server.log 2>&1 &
server=$!
sql() { usr/bin/mariadb --no-defaults --socket="$work/s" --batch --skip-column-names try; }
for _ in {1..100}; do echo 'SELECT 1' | sql >/dev/null 2>&1 && break || sleep 0.2; done

sql <<'SQL'
CREATE TABLE todos (owner INT NOT NULL, id INT NOT NULL, removed DATETIME, PRIMARY KEY (owner, id), KEY (owner, removed, id)) ENGINE = InnoDB;
INSERT INTO todos SELECT 1, seq, TIMESTAMP '2026-01-01 00:00:00' + INTERVAL seq SECOND FROM seq_1_to_20000;
ANALYZE TABLE todos;
SQL

# read_by STATEMENT: rows that the server read, and that it sorted
read_by() {
    printf 'FLUSH STATUS;\n%s;\nSHOW SESSION STATUS WHERE Variable_name LIKE "Handler_read%%" OR Variable_name = "Sort_rows";\n' "$1" | sql |
        awk '/^Handler_read/ { read += $2 } /^Sort_rows/ { sorted = $2 } END { print "rows read " read ", sorted " sorted }'
}

where="FROM todos WHERE owner = 1 AND removed < '2026-02-01' ORDER BY removed LIMIT 10"
echo 'SELECT VERSION()' | sql
selected=$(read_by "SELECT id $where")
deleted=$(read_by "DELETE $where")
printf 'SELECT ... ORDER BY removed LIMIT 10:  %s\nDELETE ... ORDER BY removed LIMIT 10:  %s\n' "$selected" "$deleted"
[ "${selected%%,*}" = "rows read 10" ] && [ "$(echo "$deleted" | tr -dc '0-9 ' | awk '{ print ($1 >= 20000) }')" = 1 ]
