#!/bin/sh
# torture.sh - small samples with a snapshot at every step, all caches dropped at every step, and
# blocks of one instruction: forward n and back n, every page that is not marked compared.
cd "$(dirname "$0")/.." || exit 2
BUILD=${BUILD:-build}
exec "$BUILD/tests/prop/properties" torture "$BUILD"/samples/*.elf
