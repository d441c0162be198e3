# shellcheck shell=bash
# The throwaway server of the tests, beside the data of ./ops/up and never the same.
# Needs messages.sh, processes.sh, database.sh, ROOT and LOCAL.

SCRATCH=$LOCAL/test-database
SCRATCH_APP=$LOCAL/test-tickbox.pid
SCRATCH_URL= # of the database for the unit and integration tests
SCRATCH_LOCKED=

# Call first: takes the lock and arranges for everything to be stopped.
scratch_begin() {
    at_end scratch_end
    # settings for ./ops/up or for production; beside a DATABASE_URL the program refuses them
    unset DB_HOST DB_PORT DB_NAME DB_USERNAME DB_PASSWORD DB_TLS DB_TLS_CA
    make_local
    take_lock "$LOCAL/test.lock" "ops/test or ops/generate already runs in this folder; wait for it, or use another clone"
    SCRATCH_LOCKED=yes
    stop_leftover "$SCRATCH_APP" "$TICKBOX"
    database_stop_leftover "$SCRATCH"
    forget_scratch_data
}

# memory_folder: prints a new folder in memory, where there is plenty of it.
memory_folder() {
    local free
    free=$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }')
    [ "${free:-0}" -ge 2097152 ] && awk '$1 == "MemAvailable:" { free = $2 } END { exit free < 4194304 }' /proc/meminfo &&
        mktemp -d /dev/shm/tickbox.XXXXXX
}

# Data in memory are thrown away with the run; a run that was killed left a link to its own.
forget_scratch_data() {
    [ ! -L "$SCRATCH/data" ] || rm -rf "$(readlink "$SCRATCH/data")" "$SCRATCH/data"
}

scratch_end() {
    [ -n "$SCRATCH_LOCKED" ] || return
    stop_spawned "$SCRATCH_APP" 30
    database_stop "$SCRATCH"
    forget_scratch_data
    rm -f "$LOCAL/test.lock"
}

# Sets SCRATCH_URL, once in a run: to the server of TEST_DATABASE_URL or to a private one.
scratch_database() {
    [ -z "$SCRATCH_URL" ] || return 0
    if [ -n "${TEST_DATABASE_URL:-}" ]; then
        SCRATCH_URL=$TEST_DATABASE_URL
        return 0
    fi
    # Each test makes a database of its own: on a disk most of the time would go by waiting for it.
    DATA_FOLDER=$(memory_folder)
    database_start "$SCRATCH" scratch tickbox tickbox_sqlx tickbox_browser tickbox_engines tickbox_text tickbox_clients tickbox_fuzz tickbox_tools tickbox_guide || return 1
    SCRATCH_URL=$(database_url tickbox)
}

# scratch_url sqlx|browser|engines|text|clients|fuzz|tools|guide: a database of its own on the private server. A given server has the
# one that its URL names, since making more would need a client and rights that it may lack.
scratch_url() {
    if [ -n "${TEST_DATABASE_URL:-}" ]; then
        printf '%s\n' "$TEST_DATABASE_URL"
    else
        database_url "tickbox_$1"
    fi
}
