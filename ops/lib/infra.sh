# shellcheck shell=bash
# The step of ops/test for ops/infra, which is published as a repository of its own.
# Needs tools.sh, steps.sh; the current folder is the checkout.

# Who knows of ops/infra: what publishes and checks it, and what people read. Nothing that is built or deployed.
KNOWS_INFRA='^(ops/publish-infra|ops/lib/(infra|steps)\.sh|ops/test|Justfile|\.ci/|\.github/|[^:]*\.md:)'

step_infra() {
    local python=$LOCAL/infra-tools/bin/python
    need_pip infra-tools ops/infra/requirements.txt || return
    command -v git >/dev/null && git rev-parse --git-dir >/dev/null 2>&1 || { skip "no git repository"; return; }
    run "$python" ops/infra/check --self-test >&2 || { fail "ops/infra/check does not notice what it should"; return; }
    infra_stays_apart || { fail "ops/infra and the rest of the repository know of each other (the lines are above)"; return; }
    local work=$LOCAL/infra
    rm -rf "$work" && mkdir -p "$work" || { fail "cannot write $work"; return; }
    publishing_holds "$work" || { fail "ops/publish-infra does not do what it says"; return; }
    # Where terraform or the provider cannot be had, its own pipeline validates and tests: that is said, not counted.
    (cd "$work/published" && CI='' run "$python" check) >"$work/check.txt" 2>&1 || { cat "$work/check.txt" >&2; fail "the published tree does not stand alone"; return; }
    cat "$work/check.txt" >&2
    NOTE=$(sed -n 's/^Left out: //p' "$work/check.txt" | tr '\n' ';')
}

infra_stays_apart() {
    local found=0
    git grep -n -I 'ops/infra' -- . ':!ops/infra' | grep -Ev "$KNOWS_INFRA" >&2 && found=1
    git grep -n -I -E '(^|[^[:alnum:]_/.-])(\./)?(ops|src|assets|migrations|openapi|tests/(browser|contract|integration))/|Containerfile|Cargo\.|\.\./\.\./\.\./' \
        -- ops/infra ':!ops/infra/check' >&2 && found=1
    return "$found"
}

# expect_refusal WORDS COMMAND...: fails, and says so
expect_refusal() {
    local words=$1 output
    shift
    output=$("$@" 2>&1) && { say "not refused: $*"; return 1; }
    case $output in *"$words"*) ;; *) say "refused without the words \"$words\": $output"; return 1 ;; esac
}

# commit REPOSITORY AUTHOR MESSAGE: everything that is there, on a date that depends on nothing
commit() {
    git -C "$1" add -A && GIT_AUTHOR_DATE='1700000000 +0200' GIT_COMMITTER_DATE='1700000001 +0200' \
        git -C "$1" -c user.name=Committer -c user.email=committer@example.com -c commit.gpgsign=false \
        commit -q --author="$2 <author@example.com>" -m "$3"
}

# In a repository of its own, with the tree as it is here: a checkout may be dirty, or have no history.
publishing_holds() {
    local repository=$1/repository remote=$1/remote.git publish first second
    mkdir -p "$repository/ops/lib" && git -C "$repository" init -q -b main && git init -q --bare -b main "$remote" || return 1
    publish=$repository/ops/publish-infra
    cp ops/publish-infra "$publish" && cp ops/lib/*.sh "$repository/ops/lib/" || return 1
    expect_refusal "nothing has been committed" "$publish" "$remote" || return 1
    commit "$repository" Somebody "Before there is an infrastructure" || return 1
    expect_refusal "is not committed" "$publish" "$remote" || return 1
    git ls-files -z -co --exclude-standard ops/infra | while IFS= read -r -d '' file; do
        [ ! -e "$file" ] || { mkdir -p "$repository/${file%/*}" && cp -p "$file" "$repository/$file"; } || return 1
    done
    expect_refusal "is not committed" "$publish" "$remote" || return 1
    commit "$repository" "Ona Petraitė" "The infrastructure" && echo more >"$repository/other" && commit "$repository" Somebody "Something else" || return 1
    echo '# not committed' >>"$repository/ops/infra/.gitignore"
    expect_refusal "changes that are not committed" "$publish" "$remote" && git -C "$repository" checkout -q ops/infra || return 1
    first=$("$publish" --dry-run "$remote") || return 1
    [ -z "$(git -C "$remote" for-each-ref)" ] || { say "--dry-run has pushed"; return 1; }
    [ "$("$publish" "$remote")" = "$first" ] && git clone -q "$remote" "$1/published" || return 1
    diff -r -x .git "$repository/ops/infra" "$1/published" >&2 || return 1
    [ "$(git -C "$1/published" log --format='%an|%ae|%ad|%cn|%cd|%s' --date=raw)" = "Ona Petraitė|author@example.com|1700000000 +0200|Committer|1700000001 +0200|The infrastructure" ] ||
        { say "author, dates or message were not kept, or other commits were published"; return 1; }
    # A branch that touches it, merged after main has gone on, is no reason to force anything; one that does not leaves no trace.
    git -C "$repository" checkout -q -b side HEAD~1 && echo '# side' >>"$repository/ops/infra/.tflint.hcl" && commit "$repository" Side "From the side" &&
        git -C "$repository" checkout -q -b elsewhere main && echo elsewhere >"$repository/elsewhere" && commit "$repository" Else "Elsewhere" &&
        git -C "$repository" checkout -q main && echo '# more' >>"$repository/ops/infra/.gitignore" && commit "$repository" Main "More" && "$publish" "$remote" >/dev/null || return 1
    merge "$repository" side && second=$("$publish" "$remote") && merge "$repository" elsewhere || return 1
    [ "$(git -C "$remote" rev-parse 'main^{tree}')" = "$(git -C "$repository" rev-parse HEAD:ops/infra)" ] || { say "another tree was published"; return 1; }
    [ "$("$publish" "$remote")" = "$second" ] || { say "a commit that changed nothing of it was published"; return 1; }
    expect_refusal "lacks the older history" publish_from_shallow "$1" "$remote" || return 1
    # What somebody has pushed there directly is not overwritten.
    git clone -q "$remote" "$1/direct" && echo '# direct' >>"$1/direct/.gitignore" && commit "$1/direct" Direct "Directly" && git -C "$1/direct" push -q origin main || return 1
    expect_refusal "does not take it" "$publish" "$remote"
}

# merge REPOSITORY BRANCH
merge() { git -C "$1" -c user.name=Committer -c user.email=committer@example.com merge -q -m "Merge" "$2"; }

publish_from_shallow() {
    git clone -q --depth 1 "file://$1/repository" "$1/shallow" && "$1/shallow/ops/publish-infra" "$2"
}
