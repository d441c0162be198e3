# shellcheck shell=bash
# The step of ops/test that keeps ops/SCALE.md true to the simulation behind it. Needs tools.sh,
# steps.sh; the current folder is the checkout.

# Some two minutes: the tables are simulated anew.
step_scale() {
    local python tests=$LOCAL/scale-tests.txt
    need_python || { skip "no suitable Python"; return; }
    python=$(python_program)
    run "$python" -m unittest discover -s ops/scale 2>&1 | tee "$tests" >&2
    grep -q '^OK' "$tests" || { fail "the simulation does not agree with theory, or with itself"; return; }
    run "$python" ops/scale/run --check ops/SCALE.md >&2 || { fail "ops/SCALE.md says other than the simulation; ops/scale/run --write ops/SCALE.md repairs it"; return; }
    NOTE="$(sed -n 's/^Ran \([0-9]*\) tests.*/\1 tests/p' "$tests"), tables as printed"
}
