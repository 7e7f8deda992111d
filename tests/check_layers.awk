# check_layers.awk - who may include whom; silent when the walls stand.
#   awk -f tests/check_layers.awk FILES          (paths relative to the top, *.c *.h *.def)
# Inside: each folder's own list.  System headers: the freestanding folders use four, the machine four
# more, clocks are for tui/ alone, and each screen library belongs to one file of tui/.
BEGIN {
    may["sim"]     = "^sim/"
    may["sim/api"] = "^sim/api/"
    may["sim/dev"] = "^sim/(dev|api)/"
    may["vmm"]     = "^(vmm/|sim/api/|sim/dev/)"
    may["bt"]      = "^(bt/|vmm/|sim/api/)"
    may["vt"]      = "^(vt/|vmm/|sim/api/)"
    may["lessons"] = "^(lessons/|vt/|bt/|vmm/|sim/)"
    may["tui"]     = "^(tui/|lessons/|vt/|bt/|vmm/|sim/)"
    may["tests"]   = "."
    free = "^(assert|stdbool|stddef|stdint|string)\\.h$"
    sys["sim/api"] = sys["sim/dev"] = sys["vmm"] = sys["bt"] = sys["vt"] = free
    sys["sim"]     = "^(assert|stdbool|stddef|stdint|string|stdio|stdlib|sys/mman)\\.h$"
    never["lessons"] = "^(time|sys/time|sys/times|sys/timex|sys/random|setjmp|signal|pthread)\\.h$"
    library = "^(n?curses[a-z]*/?(n?curses|panel|term)?|readline/[a-z]+|capstone/[a-z]+)\\.h$"
}
function complain(what) {
    printf "%s:%d: %s\n", file, FNR, what
    bad++
}
FNR == 1 {
    file = FILENAME; sub(/^\.\//, "", file)
    folder = file; sub(/\/[^\/]*$/, "", folder)
    top = file; sub(/\/.*/, "", top)
    from = (folder in may) ? folder : top
}
!(from in may) { next }
/^[ \t]*#[ \t]*include[ \t]*"/ {
    split($0, q, "\"")
    other = q[2]; sub(/\/[^\/]*$/, "", other)
    if (q[2] !~ may[from])
        complain(from "/ may not include \"" q[2] "\"")
    else if (q[2] ~ /_impl\.h$/ && other != folder && top != "tests")
        complain("\"" q[2] "\" is for " other "/ alone")
}
/^[ \t]*#[ \t]*include[ \t]*</ {
    split($0, q, /[<>]/)
    if ((from in sys) && q[2] !~ sys[from])
        complain(from "/ may not include <" q[2] ">")
    if ((from in never) && q[2] ~ never[from])
        complain(from "/ may not include <" q[2] ">")
    if (q[2] ~ library && top != "tests") {
        name = q[2]; sub(/[\/.].*/, "", name); sub(/^ncursesw/, "ncurses", name)
        if (top != "tui")
            complain("<" q[2] "> belongs into tui/")
        else if ((name in owner) && owner[name] != file)
            complain("<" q[2] "> is for " owner[name] " alone")
        else
            owner[name] = file
    }
}
END { exit bad > 0 }
