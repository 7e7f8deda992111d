# check_words.awk - words that do not belong where they stand; silent when there are none.
#   awk -f tests/check_words.awk FILES           (paths relative to the top, *.c *.h *.def)
# Comments and strings are not looked at.
BEGIN {
    jump    = "(^|[^a-z_0-9.>])(_?(set|long)jmp|sig(set|long)jmp)[ \t]*\\("
    clock   = "(^|[^a-z_0-9.>])(s?rand|rand_r|s?random|[dlm]rand48|getrandom|getentropy|gettimeofday|" \
              "clock|clock_gettime|times?|timer_create|alarm|setitimer|usleep|nanosleep|rdtsc|__rdtsc|" \
              "__builtin_ia32_rdtsc|pthread_[a-z_]+)[ \t]*\\("
    output  = "(^|[^a-z_0-9.>])(((_?exit|quick_exit|abort|v?printf|puts|putchar|perror)[ \t]*\\()|std(out|err)([^a-z_0-9]|$))"
    engines = "(^|[^a-zA-Z_0-9])engine_(bt|vt)[^a-zA-Z_0-9]"
}
function complain(what) {
    printf "%s:%d: %s\n", file, FNR, what
    bad++
}
function code(line,    out, at) { # without comments, strings, characters
    out = ""
    while (line != "") {
        if (inside) {
            at = index(line, "*/")
            if (!at) return out
            line = substr(line, at + 2)
            inside = 0
        } else if (match(line, /"([^"\\]|\\.)*"|'([^'\\]|\\.)*'|\/\/|\/\*/)) {
            out = out substr(line, 1, RSTART - 1) " "
            at = substr(line, RSTART, 2)
            line = substr(line, RSTART + RLENGTH)
            if (at == "//") return out
            if (at == "/*") inside = 1
        } else {
            return out line
        }
    }
    return out
}
FNR == 1 {
    file = FILENAME; sub(/^\.\//, "", file)
    top = file; sub(/\/.*/, "", top)
    below = top ~ /^(sim|vmm|bt|vt|lessons)$/
    inside = 0
    guards = 0
}
{
    text = code($0)
    panic = file == "sim/port.c" && (in_panic || text ~ /^void hw_panic\(/)
    in_panic = panic && text !~ /^}/
}
text ~ jump { complain("no jumps out of functions: a fault is a return value") }
below && text ~ clock { complain("no clock, chance or thread below tui/") }
below && !panic && text ~ output { complain("only hw_panic writes or ends the process below tui/") }
top == "vmm" && text ~ engines { complain("vmm/ does not name bt or vt") }
/^[ \t]*#[ \t]*(if|ifdef|ifndef|elif)/ && file ~ /\.h$/ && file != "sim/api/base.h" {
    if (guards++ || $0 !~ /^#ifndef [A-Z0-9_]+_H$/)
        complain("a header holds no condition but its guard")
}
below && /^[ \t]*#[ \t]*(if|ifdef|ifndef|elif)/ && file ~ /\.c$/ {
    complain("one program for all: no conditional compilation")
}
END { exit bad > 0 }
