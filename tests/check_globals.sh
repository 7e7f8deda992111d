#!/bin/sh
# check_globals.sh - a world is a value: no writable globals in these objects or archives.
# They must be built with -fno-pie, or constant tables of pointers land in .data.rel.ro and look writable.
[ $# -gt 0 ] || { echo "check_globals: no objects"; exit 2; }
bad=$(nm --defined-only -A "$@" | awk '$(NF-1) ~ /^[BbDdCcGgSs]$/')
[ -z "$bad" ] || { printf 'writable globals:\n%s\n' "$bad"; exit 1; }
