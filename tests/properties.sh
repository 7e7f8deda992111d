#!/bin/sh
# properties.sh - over samples and engines: run = single steps = watched run = second run; n forward and
# n back is where it began; engines agree at every tick.
cd "$(dirname "$0")/.." || exit 2
BUILD=${BUILD:-build}
exec "$BUILD/tests/prop/properties" straight "$BUILD"/samples/*.elf
