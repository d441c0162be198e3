#!/usr/bin/env bash
# MariaDB 10.11.19 (Debian 12: mariadb-server-core 1:10.11.19-0+deb12u1) and sqlx 0.9.0.
#
# Expected: a column of BIGINT UNSIGNED in a union with a row whose value is NULL stays BIGINT UNSIGNED, as it does on
# MySQL (9.7 says so of the same statement); and where a server names another type than the one that a program was
# checked against, reading it as u64 is an error.
#
# What happens: MariaDB makes it DECIMAL(20,0), which its protocol sends as digits. With a type for the null,
# CAST(NULL AS UNSIGNED), it stays what it is. sqlx without its check of the type, as its macros `query!` and
# `query_as!` read each column (`try_get_unchecked`), takes the digits of 300 for the bytes of a number:
#
#     type with NULL:           decimal(20,0)
#     type with CAST(NULL ...): bigint(20) unsigned
#     sqlx, get_unchecked:      3158067
#     sqlx, try_get:            mismatched types
#
# A program whose statements were checked against MySQL therefore reads other numbers on MariaDB, without an error.
#
# Ends with 1 when it is no longer so. Installs nothing: Debian's packages are unpacked in a temporary folder; their
# libraries are those of Debian's mariadb-server-core. Needs cargo.
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

echo 'CREATE TABLE numbers (n BIGINT UNSIGNED NOT NULL); INSERT INTO numbers VALUES (300)' | sql
# type_with NULL: the type of the column in a union with it
type_with() {
    printf 'CREATE OR REPLACE TABLE seen AS SELECT n FROM numbers UNION ALL SELECT %s; SHOW COLUMNS FROM seen;\n' "$1" | sql | cut -f 2
}

mkdir -p reader/src
cat >reader/Cargo.toml <<'TOML'
[package]
name = "reader"
version = "0.0.0"
edition = "2021"

[dependencies]
sqlx = { version = "=0.9.0", default-features = false, features = ["mysql", "runtime-tokio"] }
tokio = { version = "1", features = ["rt"] }
TOML
cat >reader/src/main.rs <<'RUST'
use sqlx::{mysql::{MySqlConnectOptions, MySqlConnection}, ConnectOptions as _, Row as _};

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let socket = std::env::args().nth(1).unwrap();
        let options = MySqlConnectOptions::new().socket(socket).username("root").database("try");
        let mut connection: MySqlConnection = options.connect().await.unwrap();
        let query = sqlx::query("SELECT n FROM numbers UNION ALL SELECT NULL");
        let row = query.fetch_all(&mut connection).await.unwrap().swap_remove(0);
        println!("sqlx, get_unchecked:      {}", row.get_unchecked::<u64, _>(0));
        let checked = row.try_get::<u64, _>(0).map_err(|error| error.to_string());
        println!("sqlx, try_get:            {}", if checked.unwrap_err().contains("mismatched types") { "mismatched types" } else { "another error" });
    });
}
RUST
CARGO_TARGET_DIR=$work/target cargo build --quiet --manifest-path reader/Cargo.toml >build.log 2>&1 || { tail -n 5 build.log >&2; exit 2; }

echo 'SELECT VERSION()' | sql
seen=$(
    printf 'type with NULL:           %s\n' "$(type_with NULL)"
    printf 'type with CAST(NULL ...): %s\n' "$(type_with 'CAST(NULL AS UNSIGNED)')"
    target/debug/reader "$work/s"
)
echo "$seen"
[ "$seen" = 'type with NULL:           decimal(20,0)
type with CAST(NULL ...): bigint(20) unsigned
sqlx, get_unchecked:      3158067
sqlx, try_get:            mismatched types' ]
