#!/bin/sh
# readme_screen.sh - print the 80x24 screen of README.md, taken from the running program in tmux.
#   tests/readme_screen.sh            print it
#   tests/readme_screen.sh --write    put it between the marks in README.md
# The guest is samples/popf.S under bt, one executed step after popf's callout.
cd "$(dirname "$0")/.." || exit 2
command -v tmux >/dev/null || { echo "no tmux"; exit 77; }
[ -x ./stepvisor ] || { echo "no ./stepvisor: make"; exit 2; }
state=$(mktemp -d) || exit 2
socket=$state/tmux
trap 'tmux -S "$socket" kill-server 2>/dev/null; rm -rf "$state"' EXIT
tm() { tmux -S "$socket" "$@"; }
env XDG_STATE_HOME="$state" TERM=xterm LC_ALL=C.UTF-8 \
    tmux -S "$socket" -f /dev/null new-session -d -x 80 -y 24 \
    "exec ./stepvisor samples/popf.S --engine bt --no-color --no-unicode"
tm set -g status off
sleep 1
for key in ${KEYS:-s s s s s s}; do
    tm send-keys "$key"
    sleep 0.3
done
sleep 0.5
tm capture-pane -p >"$state/screen"
sed -i 's/ *$//' "$state/screen"
if [ "$1" = --write ]; then
    awk -v screen="$state/screen" '
        /^<!-- screen -->/ { print; print "```"
                             while ((getline line < screen) > 0) print line
                             print "```"; skip = 1; next }
        /^<!-- end -->/ { skip = 0 }
        !skip { print }' README.md >"$state/readme" && cat "$state/readme" >README.md
else
    cat "$state/screen"
fi
