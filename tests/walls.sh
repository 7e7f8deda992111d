#!/bin/sh
# walls.sh - folders, words, globals, symbols.
cd "$(dirname "$0")/.." || exit 2
BUILD=${BUILD:-build}
bad=0
files=$(find sim vmm bt vt lessons tui tests -name '*.[ch]' -o -name '*.def' | sort)
awk -f tests/check_layers.awk $files || bad=1
awk -f tests/check_words.awk $files || bad=1
sh tests/check_globals.sh "$BUILD/libstepvisor.a" || bad=1
sh tests/check_symbols.sh "$BUILD/libstepvisor.a" || bad=1
[ $bad -eq 0 ] && echo "walls stand: $(echo "$files" | wc -l) files, $(ar t "$BUILD/libstepvisor.a" | wc -l) objects"
exit $bad
