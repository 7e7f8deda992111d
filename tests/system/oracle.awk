# oracle.awk - one guest g on one emulator e: differences.txt, NAME.expect, what it printed.
FNR == 1 { file++ }
file == 1 && /^[a-z]/ && $1 == g && $2 == e { listed[$0] = 1 }
file == 2 { want[FNR] = $0; wanted = FNR }
file == 3 { got[FNR] = $0; printed = FNR }
END {
    lines = printed > wanted ? printed : wanted
    for (i = 1; i <= lines; i++) {
        if (got[i] == want[i] && i <= printed && i <= wanted)
            continue
        same++
        if (i > printed + 1)
            continue # one row for all that is missing at the end
        row = g " " e " " i (i <= printed ? " " got[i] : "- (nothing)")
        if (row in listed) {
            delete listed[row]
            continue
        }
        bad++
        unlisted[bad] = write ? row : "    not listed: " row
    }
    for (row in listed)
        unlisted[++bad] = "    stale: " row
    if (!write || bad)
        printf "%-12s %-6s %d lines, %d differ%s\n", g, e, wanted, same, bad ? ", " bad " unlisted or stale" : ""
    for (i = 1; i <= bad; i++)
        print unlisted[i]
    exit bad > 0
}
