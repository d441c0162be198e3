# shellcheck shell=bash
# The steps of ops/test that hold the API to its document: linters, generated clients, hostile
# requests, the guide, other tools. Needs tools.sh, steps.sh; the current folder is the checkout.

CONTRACT_TOOLS=$LOCAL/contract/bin # from PyPI, with a Java of their own

# The newest Redocly wants a newer Node.js than some systems have; PyPI has one for these.
need_contract_node() {
    node_suffices tests/contract && return 0
    say "This Node.js is older than $(node_wanted tests/contract), or missing: installing one in .local/"
    need_python && pip_install "$LOCAL/node" tests/contract/node.txt && PATH=$LOCAL/node/bin:$PATH && node_suffices tests/contract
}

need_contract_packages() {
    need_contract_node || { skip "no suitable Node.js"; return; }
    npm_install tests/contract || skip "npm ci failed in tests/contract"
}

need_contract_tools() { need_pip contract tests/contract/requirements.txt; }

# The linters find their settings in the checkout's top folder; the validators have none.
step_document() {
    local bin=tests/contract/node_modules/.bin status=0
    need_contract_packages || return
    need_contract_tools || return
    export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true
    run "$bin/redocly" lint || status=1
    run "$bin/spectral" lint --fail-severity=hint openapi/openapi.json || status=1
    run node tests/contract/scalar.mjs openapi/openapi.json || status=1
    run "$CONTRACT_TOOLS/openapi-spec-validator" --validation-errors all openapi/openapi.json || status=1
    return "$status"
}

# Into tests/contract/clients/LANGUAGE/generated, side by side, once in a run.
GENERATED_CLIENTS=
generate_clients() {
    local log=$LOCAL/generator.log
    [ -z "$GENERATED_CLIENTS" ] || return 0
    rm -rf tests/contract/clients/*/generated
    if run "$CONTRACT_TOOLS/openapi-generator-cli" batch --fail-fast tests/contract/clients/*/generator.yaml >"$log" 2>&1; then
        GENERATED_CLIENTS=yes
    else
        show_end_of "$log" 40
        fail "openapi-generator failed; see .local/generator.log"
    fi
}

step_clients() {
    local bin=tests/contract/node_modules/.bin folder=tests/contract/clients
    need_contract_packages || return
    need_contract_tools || return
    generate_clients || return
    run types_for_fetch >/dev/null || { fail "openapi-typescript failed"; return; }
    run side_by_side \
        "$bin/tsc -p $folder/typescript" \
        "$bin/tsc -p $folder/openapi-fetch" \
        "$CONTRACT_TOOLS/mypy --config-file $folder/python/mypy.ini --cache-dir $LOCAL/mypy $folder/python/scenario.py" ||
        { fail "the types of a client do not fit (see above)"; return; }
    on_scratch_app clients run_scenarios
}

# In the top folder it would heed redocly.yaml.
types_for_fetch() {
    cd tests/contract && node_modules/.bin/openapi-typescript ../../openapi/openapi.json -o clients/openapi-fetch/generated/tickbox.ts
}

# side_by_side COMMAND...: each is one text, and all of them must succeed.
side_by_side() {
    local command status=0 running=
    set +m # all stay in the group that is stopped with us
    for command in "$@"; do
        $command &
        running="$running $!"
    done
    for command in $running; do wait "$command" || status=1; done
    return "$status"
}

run_scenarios() {
    local status=0 folder=tests/contract/clients
    export TICKBOX_URL PYTHONPATH=tests/contract/clients/python/generated PYTHONDONTWRITEBYTECODE=1
    TICKBOX_URL=$(address)
    say "TypeScript (typescript-fetch)"
    node "$folder/typescript/built/scenario.js" || status=1
    say "TypeScript (openapi-fetch)"
    node "$folder/openapi-fetch/built/scenario.js" || status=1
    say "Python"
    "$CONTRACT_TOOLS/python" "$folder/python/scenario.py" || status=1
    say "Dart, by the bodies that its clients make"
    "$CONTRACT_TOOLS/python" "$folder/dart_scenario.py" || status=1
    return "$status"
}

# Kotlin, Swift, Dart, Go, C# and Rust: what an app would send and can read. Nothing here compiles them.
step_models() {
    need_contract_tools || return
    generate_clients || return
    run "$CONTRACT_TOOLS/python" tests/contract/clients/models.py
}

# The short form is for every day, the long one (--long) tries more than ten thousand cases. What is
# tried is another choice each time; FUZZ_SEED=n repeats one.
step_fuzz() {
    local counts=$LOCAL/fuzz-counts.json report=$LOCAL/fuzz-report.json examples=60 status=0
    [ -z "$LONG" ] || examples=700
    need_contract_tools || return
    rm -f "$counts" "$report"
    on_scratch_app fuzz run_schemathesis "$examples" "$counts" "$report" || status=1
    [ -s "$report" ] || return 1
    NOTE=$("$CONTRACT_TOOLS/python" tests/contract/verdict.py "$report" "$counts") || status=1
    return "$status"
}

# run_schemathesis EXAMPLES COUNTS REPORT
run_schemathesis() {
    TICKBOX_URL=$(address) FUZZ_COUNTS=$2 PYTHONDONTWRITEBYTECODE=1 "$CONTRACT_TOOLS/schemathesis" run openapi/openapi.json \
        --max-examples "$1" --report json --report-json-path "$3" ${FUZZ_SEED:+--seed "$FUZZ_SEED"}
}

# What people try an API with, each by what it makes of the document.
step_tools() {
    need_contract_packages || return
    on_scratch_app tools run_tools
}

run_tools() { TICKBOX_URL=$(address) run node tests/contract/tools.mjs; }

# Its commands, and its clients: thousands of changes by two phones over a bad line.
step_guide() {
    local commands=$LOCAL/guide.txt phones=$LOCAL/phones.txt status=0
    need_python || { skip "no suitable Python"; return; }
    provide "curl jq" curl jq || { skip "no curl and jq, which the guide uses"; return; }
    need_contract_packages || return
    are_short openapi/client.py openapi/client.ts || { fail "a client is longer than 150 lines"; return; }
    run tests/contract/node_modules/.bin/tsc -p tests/contract/offline || { fail "openapi/client.ts does not compile"; return; }
    rm -f "$commands" "$phones"
    on_scratch_app guide run_guide "$commands" "$phones" || status=1
    NOTE="${NOTE:+$NOTE; }$(cat "$commands" "$phones" 2>/dev/null | paste -sd ';' - | sed 's/;/; /g')"
    return "$status"
}

# A client to copy is one to read.
are_short() { ! wc -l "$@" | grep -v total | awk '$1 > 150' | grep .; }

# run_guide COMMANDS PHONES: each file gets what was done.
run_guide() {
    local python status=0
    python=$(python_program)
    export TICKBOX_URL PYTHONDONTWRITEBYTECODE=1
    TICKBOX_URL=$(address)
    "$python" tests/contract/guide.py openapi/README.md >"$1" || status=1
    "$python" tests/contract/offline/phones.py tests/contract/offline/built/tests/contract/offline/phone.js >"$2" || status=1
    return "$status"
}
