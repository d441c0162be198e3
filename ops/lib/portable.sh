# shellcheck shell=bash
# The step of ops/test that keeps every script to what Debian 12 has: Python 3.11.2, bash 5.2, git 2.39, Node.js
# 18; and to macOS's bash 3.2 what people run there. Needs tools.sh, steps.sh, workflows.sh; the current folder is the
# checkout.

PORTABLE_TOOLS=$LOCAL/portable-tools/bin # from PyPI

step_portable() {
    local scripts=() python=() javascript=() file
    need_pip portable-tools ops/portable/requirements.txt && need_npm ops/portable || return
    versions_noticed "$LOCAL/too-new" || { fail "what looks for versions finds nothing where there is something"; return; }
    while IFS= read -r file; do
        scripts+=("$file")
        is_python "$file" && python+=("$file")
    done < <(list_scripts)
    while IFS= read -r file; do javascript+=("$file"); done < <(list_files | grep '\.mjs$')
    [ "${#python[@]}" -gt 0 ] && [ "${#python[@]}" -lt "${#scripts[@]}" ] && [ "${#javascript[@]}" -gt 0 ] ||
        { fail "no scripts were found"; return; }
    lint_tables "${scripts[@]}" && lint_python "${python[@]}" && lint_types "${python[@]}" && lint_bash "${scripts[@]}" &&
        lint_javascript "${javascript[@]}" || return
    NOTE="${#python[@]} scripts of Python, $((${#scripts[@]} - ${#python[@]})) of bash, ${#javascript[@]} of JavaScript; here run Python $("$(python_program)" -c 'import platform; print(platform.python_version())') and bash ${BASH_VERSION%%(*}"
}

# What is kept, and what is not committed yet.
list_files() {
    git ls-files -co --exclude-standard 2>/dev/null || find . -type f ! -path './target/*' ! -path './.local/*' ! -path '*/node_modules/*' | sed 's|^\./||'
}

list_scripts() {
    local file
    list_files | while IFS= read -r file; do [ ! -f "$file" ] || printf '%s\0' "$file"; done |
        xargs -0 awk 'FNR == 1 && (FILENAME ~ /[.](py|sh)$/ || /^#!.*(python|bash|\/sh)/) { print FILENAME } { nextfile }'
}

is_python() {
    case $1 in *.py) return 0 ;; *.sh) return 1 ;; *) head -n 1 "$1" | grep -aq python ;; esac
}

# By the tables of ops/portable/check.py, which know the small versions too.
lint_tables() { run "$(python_program)" ops/portable/check.py "$@" >&2 || fail "a script needs more than Debian 12 has"; }

# By what the manual says of each module, function and word of the language.
lint_python() { run "$PORTABLE_TOOLS/vermin" --no-tips --no-parse-comments --violations --target=3.11- "$@" >&2 || fail "a script needs more than Python 3.11"; }

# By types, which also know what the methods of an object are. Other faults of types are no matter of versions.
# One folder at a time: names of files are no names of modules for all of them.
lint_types() {
    local folder
    while IFS= read -r folder; do
        run types_of "$folder" "$@" >&2 || { fail "a script in $folder uses what Python 3.11 does not have"; return; }
    done < <(for file in "$@"; do printf '%s\n' "${file%/*}"; done | sort -u)
}

# types_of FOLDER FILE...: of the files, those in that folder.
types_of() {
    local folder=$1 file files=()
    shift
    for file in "$@"; do [ "${file%/*}" != "$folder" ] || files+=("${file##*/}"); done
    cd "$folder" && "$PORTABLE_TOOLS/mypy" --config-file= --python-version 3.11 --check-untyped-defs --ignore-missing-imports --no-error-summary \
        --cache-dir "$LOCAL/mypy-portable" --scripts-are-modules --follow-imports silent \
        --disable-error-code union-attr --disable-error-code assignment --disable-error-code arg-type \
        --disable-error-code var-annotated --disable-error-code list-item --disable-error-code index \
        --disable-error-code name-defined "${files[@]}"
}

# By tables of what each version of the language and of Node.js brought; methods by their names alone.
lint_javascript() {
    run ops/portable/node_modules/.bin/eslint --config ops/portable/eslint.config.mjs --no-warn-ignored "$@" >&2 ||
        fail "a script needs more than Node.js 18"
}

# Whether this machine's bash reads them at all.
lint_bash() {
    local file status=0
    for file in "$@"; do is_python "$file" || bash -n "$file" || status=1; done
    [ "$status" = 0 ] || fail "bash $BASH_VERSION cannot read a script"
}

# versions_noticed FOLDER: whether each finds what is too new in a script put before it.
versions_noticed() {
    rm -rf "$1" && mkdir -p "$1/ops/lib" || return 1
    printf 'import tarfile\nwith tarfile.open("a") as archive:\n    archive.extractall("b", filter="data")\n' >"$1/small.py" &&
        printf 'import itertools\nlist(itertools.batched([1], 2))\n' >"$1/module.py" &&
        printf 'from pathlib import Path\ndef look(folder: Path):\n    return folder.walk()\n' >"$1/method.py" &&
        printf 'echo "$%s date; }"\n' '{' >"$1/newer.sh" && printf '%s config get user.name\n' git >"$1/git.sh" &&
        printf '%s -t lines\n' mapfile >"$1/ops/lib/macos.sh" && printf 'if true; then\n' >"$1/unreadable.sh" &&
        printf 'console.log([2, 1].toSorted());\n' >"$1/method.mjs" && printf 'console.log(import.meta.dirname);\n' >"$1/node.mjs" || return 1
    expect_finding 3.11.4 lint_tables "$1/small.py" &&
        expect_finding batched lint_python "$1/module.py" &&
        expect_finding walk lint_types "$1/method.py" &&
        expect_finding "bash 5.3" lint_tables "$1/newer.sh" &&
        expect_finding "git 2.46" lint_tables "$1/git.sh" &&
        expect_finding mapfile lint_tables "$1/ops/lib/macos.sh" &&
        expect_finding "unexpected end" lint_bash "$1/unreadable.sh" &&
        expect_finding toSorted lint_javascript "$1/method.mjs" &&
        expect_finding import.meta.dirname lint_javascript "$1/node.mjs"
}
