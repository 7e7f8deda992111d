#!/bin/sh
# run.sh [FILE.t ..] - command line cases.  In a .t file:
#
#   # words                a comment
#   $ stepvisor --version  the command (sh; stepvisor is the program at the top of the tree)
#   stepvisor 0.1          what it prints, stdout and stderr together; a line "..." stands for any lines
#   ? 0                    its exit code (0 when not given); only a comment or a command may follow
#
# One line a case, the count at the end; exit status 0 when all passed.
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
program=${STEPVISOR:-$top/stepvisor}
work=$(mktemp -d) || exit 125
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/state"
ln -s "$program" "$work/bin/stepvisor"
cd "$top" || exit 125
PATH=$work/bin:$PATH XDG_STATE_HOME=$work/state TERM=dumb LC_ALL=C
STEPVISOR_LESSONS=$top/lessons
export PATH XDG_STATE_HOME TERM LC_ALL STEPVISOR_LESSONS
passed=0 failed=0

# Lines of $2 against $1, in which "..." matches any number of lines.
matches() {
    awk 'function fits(i, j) {
             while (i <= n && want[i] != "...") {
                 if (j > m || want[i] != got[j]) return 0
                 i++; j++
             }
             if (i > n) return j == m + 1
             for (; j <= m + 1; j++) if (fits(i + 1, j)) return 1
             return 0
         }
         FILENAME == ARGV[1] { want[++n] = $0; next }
         { got[++m] = $0 }
         END { exit !fits(1, 1) }' "$1" "$2"
}

finish() {
    [ -n "$command" ] || return
    timeout 120 sh -c "$command" >"$work/got" 2>&1 </dev/null
    code=$?
    if [ "$code" -eq "$want_code" ] && matches "$work/want" "$work/got"; then
        passed=$((passed + 1))
        printf 'ok    %s\n' "$command"
    else
        failed=$((failed + 1))
        printf 'FAIL  %s\n' "$command"
        [ "$code" -eq "$want_code" ] || printf '      exit code %s, expected %s\n' "$code" "$want_code"
        diff "$work/want" "$work/got" | sed 's/^/      /' | head -40
    fi
    command=
}

[ $# -gt 0 ] || set -- "$here"/*.t
for file; do
    command=
    while IFS= read -r line || [ -n "$line" ]; do
        case $line in
        '#'*) ;;
        '$ '*) finish; command=${line#\$ }; want_code=0; : >"$work/want" ;;
        '? '*) want_code=${line#? }; finish ;;
        *)
            if [ -n "$command" ]; then
                printf '%s\n' "$line" >>"$work/want"
            else
                failed=$((failed + 1))
                printf 'FAIL  %s: of no command: %s\n' "$file" "$line"
            fi ;;
        esac
    done <"$file"
    finish
done
printf 'cli: %d cases, %d failed\n' $((passed + failed)) "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
