# shellcheck shell=bash
# The whole story in a text browser, which knows neither style nor script: w3m, in a terminal that tmux
# draws. Needs messages.sh, tools.sh, steps.sh.

step_text() {
    provide "w3m tmux" w3m tmux || { skip "no w3m or no tmux"; return; }
    on_scratch_app text text_story
}

text_story() {
    local home status=0
    home=$(mktemp -d) || return 1
    TERMINAL=$home/tmux
    text_open "$home" && text_walk || status=1
    tmux -S "$TERMINAL" kill-server 2>/dev/null
    rm -rf "$home"
    return "$status"
}

# Whoever reads the screen must find each word on one line, so the terminal is wide.
text_open() {
    local browser
    browser="env HOME=$1 w3m -cookie -o accept_cookie=1 -o show_cookie=0 -o wrap_search=1 $(address)/"
    LC_ALL=C.UTF-8 TERM=xterm tmux -u -S "$TERMINAL" -f /dev/null new-session -d -x 120 -y 50 "$browser"
}

keys() { tmux -u -S "$TERMINAL" send-keys "$@"; }
screen() { tmux -u -S "$TERMINAL" capture-pane -p; }

# sees WORDS: waits until the screen shows them.
sees() {
    local end=$((SECONDS + 15))
    until screen | grep -qF -- "$1"; do
        [ "$SECONDS" -lt "$end" ] || { say "The text browser does not show \"$1\", but:"; screen >&2; return 1; }
        sleep 0.1
    done
}

# find_words WORDS: puts the cursor on the first place that has them.
find_words() { keys g && keys / && keys -l -- "$1" && keys Enter; }

# press WORDS: what has them on it, a button or a link.
press() { find_words "$1" && keys Enter; }

# press_last WORDS: the same in the last place, below a heading of that name.
press_last() { keys G && keys '?' && keys -l -- "$1" && keys Enter Enter; }

# type_in LABEL TEXT: into the field below that label.
type_in() { find_words "$1" && keys Tab Enter && keys -l -- "$2" && keys Enter; }

text_walk() {
    local user password
    user="text-$$-$(date +%s)"
    password="lantern meadow $(random_hex 8)"
    [ -z "${SECRETS_FILE:-}" ] || printf '%s\n' "$password" >>"$SECRETS_FILE"
    sees "Do not have an account?" && press "Register" &&
        sees "Registration form" && type_in "First name" Ona && type_in "Last name" Petraite && type_in "Username" "$user" &&
        type_in "Password" "$password" && type_in "Confirm password" "$password" && press_last Register &&
        sees "Your account is ready." && type_in "Username" "$user" && type_in "Password" "$password" && press_last Login &&
        sees "Nothing to do." && type_in "New to-do" "Buy milk" && press "Add" &&
        sees "Added the to-do." && sees "1 of 1 open" && press "Complete" &&
        sees "Done: the to-do." && sees "0 of 1 open" && press "Reopen" &&
        sees "Open again: the to-do." && press "Remove" &&
        sees "Removed the to-do." && sees "0 of 0 open" && press "Undo" &&
        sees "Restored the to-do." && sees "Buy milk" && press "Done" &&
        sees "Nothing is done yet." && press "Open Today" &&
        sees "Buy milk" && press "Log out" &&
        sees "You are logged out."
}
