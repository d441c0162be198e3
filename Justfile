# Every recipe calls a script in ops/ or plain cargo, so nothing here needs `just`.

export SQLX_OFFLINE := "true"

# say what the recipes do
[private]
default:
    @just --list --unsorted

# run Tickbox here with a private database, and print its address
up:
    ./ops/up

# everything that must pass, or only the steps named (just test fmt clippy)
test *steps:
    ./ops/test {{ steps }}

# only the browser tests, in all three engines
browser:
    ./ops/test browser engines

# the API against its document: linters, generated clients, hostile requests, the guide
contract:
    ./ops/test openapi document clients models fuzz tools guide

# ten thousand hostile requests and more (some minutes)
fuzz:
    ./ops/test --long fuzz

# what watches it, what it is made of, what is claimed of its security
audit:
    ./ops/test observe deny asvs

# what ops/SCALE.md says of users, machines and money, simulated anew
scale:
    ./ops/test scale

# break databases and instances under load: nothing acknowledged may be lost (some minutes)
faults *arguments:
    ./tests/faults/run {{ arguments }}

# replace the program under load: no request may fail
rolling *arguments:
    ./tests/faults/rolling {{ arguments }}

# does it compile? (quick; no database needed)
check:
    cargo check --all-targets --test measured

# format the code and apply what clippy suggests
fix:
    cargo fmt
    cargo clippy --fix --allow-dirty --allow-staged --all-targets --test measured
    cargo fmt

# write openapi/openapi.json anew, after a change of the API
openapi:
    ./ops/generate openapi

# write .sqlx anew, after a change of SQL or migrations (needs MySQL, not MariaDB)
sqlx:
    ./ops/generate sqlx

# an SQL prompt on the private database, while `just up` runs
db *arguments:
    ./ops/database client {{ arguments }}

# throw the private database's data away, after asking (just db-reset --yes: without)
db-reset *arguments:
    ./ops/database reset {{ arguments }}

# what a request costs, against the goals (just bench quick: what can be counted)
bench *what:
    ./tests/load/run {{ what }}
