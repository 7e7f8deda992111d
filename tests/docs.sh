#!/bin/sh
# docs.sh - docs say what the tables say, name files and identifiers that exist, and are found from README.md.
#   tests/docs.sh           check          tests/docs.sh --write   bring the tables up to date
# Between `<!-- table NAME.def -->` and `<!-- end -->` stands what rows() makes of the table.
cd "$(dirname "$0")/.." || exit 2
new=$(mktemp) || exit 2
trap 'rm -f "$new" "$new.rows"' EXIT

rows() { # a table as markdown; quoted strings are the fields
    case $1 in
    cost.def) file=sim/api/cost.def ;;
    msr.def) file=sim/dev/msr.def ;;
    *) file=tui/$1 ;;
    esac
    awk -v table="$1" '
    function fields(line,    n) { # text[1..n]: the quoted strings
        n = 0
        while (match(line, /"([^"\\]|\\.)*"/)) {
            text[++n] = substr(line, RSTART + 1, RLENGTH - 2)
            gsub(/\\"/, "\"", text[n]); if (table !~ /options/) gsub(/\|/, "\\|", text[n])
            line = substr(line, RSTART + RLENGTH)
        }
        return n
    }
    BEGIN {
        if (table == "cost.def") print "| account | cycles | what | source |\n|---|---|---|---|"
        if (table == "options.def") print "```"
        if (table == "commands.def") print "| command | also | does |\n|---|---|---|"
        if (table == "msr.def") print "| number | name | reset | | rule | source |\n|---|---|---|---|---|---|"
        if (table == "keys.def") print "| key | does |\n|---|---|"
        if (table == "views.def") print "| view | shows |\n|---|---|"
    }
    /^C\(/ { fields($0); split($0, c, ","); gsub(/ /, "", c[2])
             printf "| %s | %s | %s | %s |\n", text[1], c[2], text[2], text[3] }
    /^M\(/ { fields($0); split($0, c, ","); gsub(/M\(0x| /, "", c[1]); gsub(/ 0x/, "", c[2])
             split($0, a, /", */); sub(/,.*/, "", a[3])
             printf "| %sh%s | %s | %s | %s | %s | %s |\n", toupper(c[1]), c[1] == c[2] ? "" : "-" toupper(c[2]) "h",
                    text[1], text[2], a[3], text[3], text[4] }
    /^VERB\(/ { fields($0); printf "stepvisor %s%s%s\n        %s\n", text[1], text[1] == "" ? "" : " ", text[2], text[3] }
    /^OPT\(/ { if (!options++) print ""
               fields($0); dash = length(text[1]) == 1 || text[1] == "ex" ? "-" : "--"
               printf "%-24s %s\n", dash text[1] (text[3] == "" ? "" : " " text[3]), text[4] }
    /^CMD\(/ { fields($0); printf "| `%s` | %s | %s |\n", text[1] (text[3] == "" ? "" : " " text[3]), text[2], text[4] }
    /^KEY\(/ { fields($0); printf "| `%s` | %s |\n", text[1], text[3] }
    /^VIEW\(/ { fields($0); printf "| %s | %s |\n", text[1], text[2] }
    END { if (table == "options.def") print "```" }' "$file" | sed 's/ *$//; s/\\\\|/\\|/g'
}

bad=0 tables=0
for doc in README.md docs/*.md; do
    [ -e "$doc" ] || continue
    : >"$new"
    skip=
    while IFS= read -r line; do
        case $line in
        '<!-- table '*) printf '%s\n' "$line" >>"$new"
            name=${line#<!-- table } name=${name% -->}
            rows "$name" >>"$new"
            tables=$((tables + 1)) skip=1 ;;
        '<!-- end -->') skip= ; printf '%s\n' "$line" >>"$new" ;;
        *) [ -n "$skip" ] || printf '%s\n' "$line" >>"$new" ;;
        esac
    done <"$doc"
    cmp -s "$new" "$doc" && continue
    if [ "$1" = --write ]; then
        cat "$new" >"$doc"
    else
        echo "$doc is not what the tables say (tests/docs.sh --write):"
        diff "$doc" "$new" | head -8
        bad=1
    fi
done

for doc in README.md docs/*.md; do
    [ -e "$doc" ] || continue
    # shellcheck disable=SC2013
    for f in $(grep -oE '`[a-z0-9.-]+/[A-Za-z0-9_./-]*`' "$doc" | tr -d '`' | sort -u); do
        [ -e "$f" ] || { echo "$doc names $f: there is none"; bad=1; }
    done
    for f in $(grep -oE '\([a-z./-]+\.md[)#]' "$doc" | tr -d '()#') $(grep -oE '\b[a-z-]+\.md\b' "$doc"); do
        [ -e "$(dirname "$doc")/$f" ] || [ -e "docs/$f" ] || [ -e "$f" ] || { echo "$doc names $f: there is none"; bad=1; }
    done
done

# what stands between backquotes and has an underscore is a name of the sources
grep -rIhoE '[A-Za-z_][A-Za-z0-9_]*' sim vmm bt vt lessons tui tests samples Makefile | sort -u >"$new"
for doc in README.md docs/*.md; do
    grep -oE '`[A-Za-z_][A-Za-z0-9_]*`' "$doc" | tr -d '`' | grep _ | sort -u | comm -23 - "$new" >"$new.rows"
    [ ! -s "$new.rows" ] || { echo "$doc names what the sources do not have:" $(cat "$new.rows"); bad=1; }
done
for doc in docs/*.md; do
    grep -q "($doc)" README.md || { echo "$doc: README.md does not lead there"; bad=1; }
done

# docs/rules.md names each system guest, and none that there is not
awk -F'|' '/^\|/ && ++row > 2 { gsub(/ /, "", $4); gsub(/,/, "\n", $4); print $4 }' docs/rules.md | sort -u > "$new"
for f in tests/system/*.expect; do
    basename "$f" .expect
done | sort | diff - "$new" > "$new.rows" || { echo "docs/rules.md (>) and tests/system (<):"; cat "$new.rows"; bad=1; }
[ $bad -eq 0 ] && echo "docs: $(ls README.md docs/*.md | wc -l) pages, $tables tables"
exit $bad
