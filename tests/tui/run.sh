#!/bin/sh
# run.sh [NAME ..] - the screen: tests/tui/pty.c, then each NAME.keys typed into tmux.
#
# NAME.keys: line 1 is WIDTHxHEIGHT and the command; then a line of keys each (tmux send-keys), `=` compares
# the screen with the next part of NAME.screen (parts end with a line "=").  --write NAME accepts what
# is shown now.  Without tmux that half is left out.
top=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${BUILD:-build}
cd "$top" || exit 125
program=${STEPVISOR:-$BUILD/stepvisor}
[ -x "$program" ] || program=./stepvisor
case $program in /*) ;; *) program=$top/$program ;; esac
work=$(mktemp -d) || exit 125
socket=stepvisor-test-$$
trap 'tmux -L "$socket" kill-server 2>/dev/null; rm -rf "$work"' EXIT
write=
[ "$1" = --write ] && write=yes && shift
XDG_STATE_HOME=$work/state STEPVISOR_LESSONS=$top/lessons
export XDG_STATE_HOME STEPVISOR_LESSONS
unset NO_COLOR STEPVISOR_PLAIN COLUMNS LINES
passed=0 failed=0

# The screen, once it has stood still.
settled() {
    before=
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do
        sleep 0.12
        tmux -L "$socket" capture-pane -p -t t >"$work/now"
        [ "$before" = "$(cat "$work/now")" ] && [ -n "$before" ] && return
        before=$(cat "$work/now")
    done
}

# What is shown, against part $2 of NAME.screen: on a busy host it may come late.
shown() { # NAME part
    awk -v part="$2" '$0 == "=" { n++; next } n == part - 1' "$here/$1.screen" >"$work/due" 2>/dev/null
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        settled
        sed 's/ *$//' "$work/now" >"$work/shown"
        [ -n "$write" ] || cmp -s "$work/shown" "$work/due" && return
    done
}

play() { # NAME
    read -r size command <"$here/$1.keys"
    tmux -L "$socket" -f /dev/null new-session -d -s t -x "${size%x*}" -y "${size#*x}" \
        "PATH=$work:\$PATH LC_ALL=C $command; echo exit \$?; sleep 1000"
    : >"$work/got"
    settled
    part=0
    sed 1d "$here/$1.keys" | while IFS= read -r key; do
        case $key in
        '') ;;
        =) part=$((part + 1)); shown "$1" $part; cat "$work/shown" >>"$work/got"; echo = >>"$work/got" ;;
        *) tmux -L "$socket" send-keys -t t $key; sleep 0.15 ;;
        esac
    done
    tmux -L "$socket" kill-session -t t
}

here=$top/tests/tui
ln -s "$program" "$work/stepvisor"
if [ -z "$write" ] && [ $# -eq 0 ]; then
    ${CC:-gcc} -std=gnu11 -Wall -Wextra -O1 -o "$work/pty" tests/tui/pty.c -lutil || exit 1
    "$work/pty" "$program" samples/popf.S tests/tui/loop.S || failed=1
fi
command -v tmux >/dev/null || { echo "tui: no tmux, screens were not compared"; exit $failed; }
[ $# -gt 0 ] || set -- $(cd "$here" && ls ./*.keys | sed 's|^\./||; s|\.keys$||')
for name; do
    play "$name"
    if [ -n "$write" ]; then
        cp "$work/got" "$here/$name.screen"
    elif cmp -s "$work/got" "$here/$name.screen"; then
        passed=$((passed + 1))
        echo "ok    $name"
    else
        failed=$((failed + 1))
        echo "FAIL  $name"
        diff "$here/$name.screen" "$work/got" | head -40
    fi
done
echo "tui: $passed screens as expected, $failed failed"
[ $failed -eq 0 ]
