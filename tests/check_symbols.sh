#!/bin/sh
# check_symbols.sh - what the linker is asked for: no clock, chance, jump, output or exit below tui/.
# Only sim/port.o may write a line and abort (hw_panic).  Objects or archives as arguments.
[ $# -gt 0 ] || { echo "check_symbols: no objects"; exit 2; }
nm -u -A "$@" | awk '
    { name = $NF; sub(/@.*/, "", name) }
    name ~ /^(_*(sig)?(set|long)jmp|_setjmp|__sigsetjmp)$/ { print $0 ": jump"; bad++ }
    name ~ /^(s?rand|rand_r|s?random|[delm]rand48|getrandom|getentropy|time|times|clock|clock_gettime|gettimeofday|localtime|gmtime|nanosleep|usleep|pthread_.*)$/ { print $0 ": clock, chance or thread"; bad++ }
    name ~ /^(exit|_exit|abort|(__)?v?printf(_chk)?|puts|putchar|perror|stdout|stderr)$/ &&
        $1 !~ /(:|\/)port\.o:$/ { print $0 ": output or end of the process"; bad++ }
    END { exit bad > 0 }'
