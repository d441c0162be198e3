# shellcheck shell=bash
# The steps of ops/test that build nothing: what watches the program, what it is made of, what is
# claimed of its security. Needs tools.sh, steps.sh; the current folder is the checkout.

step_observe() {
    local expressions=$LOCAL/dashboard-expressions.yml count=$LOCAL/observe.txt status=0
    need_python || { skip "no suitable Python"; return; }
    have_promtool || { skip "no promtool (https://prometheus.io/download)"; return; }
    "$(python_program)" ops/observe/check.py "$expressions" >"$count" || { fail "the files of ops/observe do not fit each other (the faults are above)"; return; }
    run promtool check rules ops/observe/alerts.yml "$expressions" >&2 || { fail "an expression does not parse"; return; }
    run promtool test rules ops/observe/alerts.test.yml >&2 || status=1
    NOTE=$(cat "$count")
    return "$status"
}

# Advisories need the network and change without us: `./ops/test --long deny` asks for them too.
step_deny() {
    have_cargo_deny || { skip "no cargo-deny (cargo install --locked cargo-deny)"; return; }
    run cargo-deny --locked check ${LONG:+advisories} bans licenses sources >&2 || { fail "a dependency breaks the rules of deny.toml"; return; }
    [ -n "$LONG" ] || NOTE="advisories only with --long"
}

step_asvs() {
    need_python || { skip "no suitable Python"; return; }
    NOTE=$("$(python_program)" ops/security/count) || { fail "ops/security/ASVS.md claims what is not so (the faults are above)"; return; }
    "$(python_program)" ops/security/limits --check ops/security/README.md >&2 || fail "ops/security/README.md says other of the limits than their simulation, or an attacker gets more than before"
}
