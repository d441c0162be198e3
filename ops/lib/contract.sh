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

# Both linters find their settings in the checkout's top folder.
step_document() {
    local bin=tests/contract/node_modules/.bin status=0
    need_contract_packages || return
    export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true
    run "$bin/redocly" lint || status=1
    run "$bin/spectral" lint --fail-severity=hint openapi/openapi.json || status=1
    return "$status"
}

# generate_clients LANGUAGE...: into tests/contract/clients/LANGUAGE/generated
generate_clients() {
    local language log=$LOCAL/generator.log
    for language in "$@"; do
        rm -rf "tests/contract/clients/$language/generated"
        shift
        set -- "$@" "tests/contract/clients/$language/generator.yaml"
    done
    run "$CONTRACT_TOOLS/openapi-generator-cli" batch --fail-fast "$@" >"$log" 2>&1 && return 0
    show_end_of "$log" 40
    return 1
}

step_clients() {
    need_contract_packages || return
    need_contract_tools || return
    generate_clients typescript python dart dart-dio || { fail "openapi-generator failed; see .local/generator.log"; return; }
    run tests/contract/node_modules/.bin/tsc -p tests/contract/clients/typescript || { fail "the TypeScript client does not compile"; return; }
    run "$CONTRACT_TOOLS/mypy" --config-file tests/contract/clients/python/mypy.ini --cache-dir "$LOCAL/mypy" \
        tests/contract/clients/python/scenario.py || { fail "the Python client's types do not fit"; return; }
    on_scratch_app clients run_scenarios
}

run_scenarios() {
    local status=0
    export TICKBOX_URL PYTHONPATH=tests/contract/clients/python/generated PYTHONDONTWRITEBYTECODE=1
    TICKBOX_URL=$(address)
    say "TypeScript"
    node tests/contract/clients/typescript/built/scenario.js || status=1
    say "Python"
    "$CONTRACT_TOOLS/python" tests/contract/clients/python/scenario.py || status=1
    say "Dart, by the bodies that its clients make"
    "$CONTRACT_TOOLS/python" tests/contract/clients/dart_scenario.py || status=1
    return "$status"
}

# Kotlin, Swift and Dart: what Android, iOS and Flutter would get. Nothing here compiles them.
step_models() {
    need_contract_tools || return
    generate_clients kotlin swift dart dart-dio || { fail "openapi-generator failed; see .local/generator.log"; return; }
    run "$CONTRACT_TOOLS/python" tests/contract/clients/models.py
}

# The short form is for every day, the long one (--long) tries more than ten thousand cases. What is
# tried is another choice each time; FUZZ_SEED=n repeats one.
step_fuzz() {
    local counts=$LOCAL/fuzz-counts.json report=$LOCAL/fuzz-report.json examples=60 status=0
    [ -z "$LONG" ] || examples=1100
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

step_guide() {
    local count=$LOCAL/guide.txt status=0
    need_python || { skip "no suitable Python"; return; }
    provide "curl jq" curl jq || { skip "no curl and jq, which the guide uses"; return; }
    on_scratch_app guide run_guide >"$count" || status=1
    [ ! -s "$count" ] || NOTE=$(cat "$count")
    return "$status"
}

run_guide() {
    TICKBOX_URL=$(address) "$(python_program)" tests/contract/guide.py openapi/README.md
}
