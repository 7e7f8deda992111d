#!/bin/sh
# check_walls_selftest.sh - each wall is fed a file that breaks it, and must say so; and one that does not.
cd "$(dirname "$0")/.." || exit 2
here=$PWD
dir=$(mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT
cases=0 failed=0

report() { # got wanted what output
    cases=$((cases + 1))
    [ "$1" = "$2" ] && return
    failed=$((failed + 1))
    printf 'FAILED: %s: exit %s, wanted %s\n%s\n' "$3" "$1" "$2" "$4"
}
text() { # check.awk wanted path line..
    check=$1 want=$2 path=$3
    shift 3
    mkdir -p "$dir/$(dirname "$path")"
    printf '%s\n' "$@" >"$dir/$path"
    out=$(cd "$dir" && awk -f "$here/tests/$check" "$path")
    got=$?
    report $got "$want" "$check $path: $*" "$out"
}
object() { # check.sh wanted name line..
    check=$1 want=$2 name=$3
    shift 3
    printf '%s\n' "$@" >"$dir/$name.c"
    gcc -std=gnu11 -O1 -fno-pie -w -c -o "$dir/$name.o" "$dir/$name.c" || exit 2
    out=$(sh tests/"$check" "$dir/$name.o")
    got=$?
    report $got "$want" "$check: $*" "$out"
}

layers=check_layers.awk words=check_words.awk
text $layers 1 vmm/bad.c '#include "sim/cpu.h"'
text $layers 0 vmm/good.c '#include "sim/dev/platform.h"' '#include <string.h>'
text $layers 1 sim/api/bad.h '#include "sim/machine.h"'
text $layers 1 sim/dev/bad.c '#include "sim/machine.h"'
text $layers 0 sim/dev/good.c '#include "sim/api/base.h"' '#include "sim/dev/i8259.h"'
text $layers 1 sim/bad.c '#include "vmm/vmm.h"'
text $layers 1 bt/bad.c '#include "vt/vt.h"'
text $layers 1 bt/dev.c '#include "sim/dev/platform.h"'
text $layers 1 vt/bad.c '#include "bt/tc.h"'
text $layers 1 lessons/bad.c '#include "tui/view.h"'
text $layers 1 tui/impl.c '#include "lessons/debug_impl.h"'
text $layers 0 lessons/impl.c '#include "lessons/debug_impl.h"'
text $layers 1 vmm/sys.c '#include <stdio.h>'
text $layers 1 sim/sys.c '#include <time.h>'
text $layers 1 lessons/sys.c '#include <sys/time.h>'
text $layers 1 lessons/lib.c '#include <capstone/capstone.h>'
printf '#include <readline/readline.h>\n' >"$dir/tui/a.c"
cp "$dir/tui/a.c" "$dir/tui/b.c"
out=$(cd "$dir" && awk -f "$here/tests/$layers" tui/a.c tui/b.c)
report $? 1 "one file a library" "$out"
out=$(cd "$dir" && awk -f "$here/tests/$layers" tui/a.c)
report $? 0 "one file a library" "$out"

text $words 1 sim/jump.c 'int f(void) { return setjmp(env); }'
text $words 1 tui/jump.c 'void f(void) { longjmp(env, 1); }'
text $words 1 sim/chance.c 'int f(void) { return rand(); }'
text $words 1 lessons/clock.c 'int f(void) { return gettimeofday(&t, 0); }'
text $words 1 vmm/clock.c 'u64 f(void) { return time(NULL); }'
text $words 0 tui/clock.c 'u64 f(void) { return time(NULL); }'
text $words 0 vmm/said.c '/* setjmp() and time() and' ' printf("x") are not used */' 'const char *s = "exit(1)";'
text $words 1 lessons/end.c 'void f(void) { exit(1); }'
text $words 1 sim/print.c 'void f(void) { printf("x"); }'
text $words 1 lessons/print.c 'void f(void) { fprintf(stderr, "x"); }'
text $words 0 lessons/file.c 'void f(FILE *to) { fprintf(to, "x"); }'
text $words 0 sim/port.c 'void hw_panic(const struct hw *hw, const char *why)' '{' '    abort();' '}'
text $words 1 sim/port.c 'void other(void)' '{' '    abort();' '}'
text $words 0 lessons/buffer.c 'void f(char *b) { snprintf(b, 4, "x"); }'
text $words 1 vmm/names.c 'const struct engine *e = &engine_bt;'
text $words 1 sim/cond.h '#ifndef SIM_COND_H' '#define SIM_COND_H' '#if X' '#endif' '#endif'
text $words 0 sim/guard.h '#ifndef SIM_GUARD_H' '#define SIM_GUARD_H' '#endif'
text $words 1 bt/cond.c '#ifdef __x86_64__' '#endif'

object check_globals.sh 1 data 'int x = 1;'
object check_globals.sh 1 bss 'static int x; int f(void) { return ++x; }'
object check_globals.sh 0 table 'static const char *const t[] = { "a" }; const char *f(int i) { return t[i]; }'
object check_symbols.sh 1 clock '#include <time.h>' 'long f(void) { return time(0); }'
object check_symbols.sh 1 chance '#include <stdlib.h>' 'int f(void) { return rand(); }'
object check_symbols.sh 1 jump '#include <setjmp.h>' 'jmp_buf b; int f(void) { return setjmp(b); }'
object check_symbols.sh 1 print '#include <stdio.h>' 'void f(void) { printf("%d", 1); }'
object check_symbols.sh 1 stderr '#include <stdio.h>' 'void f(void) { fputs("x", stderr); }'
object check_symbols.sh 1 end '#include <stdlib.h>' 'void f(void) { exit(1); }'
object check_symbols.sh 0 plain '#include <string.h>' 'void f(void *p) { memset(p, 0, 9); }'

# lint.sh and the freestanding build, on a tree of their own
long=$(printf '%0130d' 0)
mkdir -p "$dir/tree/sim"
lint() { # wanted name content
    printf "$3" >"$dir/tree/sim/$2"
    out=$(LINT_ROOT="$dir/tree" sh tests/lint.sh)
    report $? "$1" "lint $2" "$out"
    rm -f "$dir/tree/sim/$2"
}
lint 0 good.c 'int x;\n'
lint 1 tab.c 'int\tx;\n'
lint 1 trail.c 'int x; \n'
lint 1 wide.c "/* $long */\n"
lint 1 tall.h "$(awk 'BEGIN { for (i = 0; i < 130; i++) printf "int x;\\n" }')"
lint 1 end.c 'int x;'
mkdir -p "$dir/vmm"
echo '#include <stdio.h>' >"$dir/vmm/hosted.c"
out=$(sh tests/freestanding/check.sh "$dir/vmm/hosted.c")
report $? 1 "freestanding: a hosted header" "$out"
echo 'int puts(const char *s); int f(void); int f(void) { return puts("x"); }' >"$dir/vmm/hosted.c"
out=$(sh tests/freestanding/check.sh "$dir/vmm/hosted.c")
report $? 1 "freestanding: a hosted function" "$out"

echo "walls selftest: $cases cases, $failed failed"
[ $failed -eq 0 ]
