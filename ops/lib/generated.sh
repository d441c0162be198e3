# shellcheck shell=bash
# The generated files that are committed. Needs processes.sh, app.sh, scratch.sh; the current
# folder is the checkout.

# The document needs no settings; none must leak in either.
print_openapi() { env -u DATABASE_URL -u JWT_SECRET "$TICKBOX" openapi; }

# describe_queries DIR URL: fills DIR as .sqlx is filled, from a live server with the schema of
# the migrations. The macros write a query's description whenever they expand it, so the library
# is made to look changed; its date is put back afterwards, which spares every other build a
# recompilation. Only the library has SQL (tests/integration/layers.rs), and `cargo check` shares its dependencies with clippy.
describe_queries() {
    local dir=$1 url=$2 status=0
    rm -rf "$dir" && mkdir -p "$dir" || return 1
    touch -r src/lib.rs "$LOCAL/lib.rs.date" && touch src/lib.rs
    # not through `env`, whose words everybody can read: the URL holds a password
    DATABASE_URL=$url SQLX_OFFLINE=false SQLX_OFFLINE_DIR=$dir run cargo check --lib || status=1
    touch -r "$LOCAL/lib.rs.date" src/lib.rs
    name_database_tickbox "$dir"
    return "$status"
}

# MySQL says in which database a column's table is; the committed files say tickbox for all.
name_database_tickbox() {
    local file
    for file in "$1"/*.json; do
        [ -f "$file" ] || continue
        sed 's/^\( *"table": "\)[^".]*\./\1tickbox./' "$file" >"$file.new" && mv "$file.new" "$file"
    done
}

migrate_with_program() {
    build_tickbox || return 1
    load_secrets
    DATABASE_URL=$1 run "$TICKBOX" migrate
}
