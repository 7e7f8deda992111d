#!/bin/sh
# lint.sh - small files, narrow lines, no tabs, no trailing space.  LINT_ROOT= another tree.
cd "${LINT_ROOT:-$(dirname "$0")/..}" || exit 2
find sim vmm bt vt lessons tui tests docs samples -type f 2>/dev/null |
    grep -E '\.(c|h|def|S|asm|inc|awk|sh|md)$|/suites$' | sort | tr '\n' '\0' | xargs -0 -r awk '
    function complain(at, what) { printf "%s:%d: %s\n", file, at, what; bad++ }
    function finish() {
        files++
        most = file ~ /\.h$/ ? 120 : file ~ /^tests\// ? 650 : file ~ /^samples\// ? 170 : 600
        if (file ~ /\.h$/ && file ~ /^tests\//) most = 200
        if (file ~ /^sim\/uop\.h$|^sim\/api\/arch\.h$/) most = 160 # a table and its inline halves
        if (lines > most) complain(lines, "longer than " most " lines")
    }
    FNR == 1 { if (file) finish(); file = FILENAME; code = file !~ /\.(md|def|inc)$|suites$|\.awk$|\.sh$/ }
    { lines = FNR }
    /\t/ && file !~ /^samples\// { complain(FNR, "tab") }
    /[ \t]$/ { complain(FNR, "trailing space") }
    code && length($0) > (file ~ /^tests\// ? 120 : 110) { complain(FNR, "wide") }
    END { if (file) finish(); if (!bad) printf "lint: %d files\n", files; exit bad > 0 }' || exit 1
for f in $(find sim vmm bt vt lessons tui tests docs samples -type f -name '*.[chS]' 2>/dev/null); do
    [ -z "$(tail -c 1 "$f")" ] || { echo "$f: no newline at the end"; exit 1; }
done
