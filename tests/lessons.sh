#!/bin/sh
# lessons.sh - every lesson can be finished in plain mode, with answers given for the student, and
# twice with the same output.
cd "$(dirname "$0")/.." || exit 2
BUILD=${BUILD:-build}
STEPVISOR_LESSONS=$PWD/lessons # objects stand in $BUILD/lessons
export STEPVISOR_LESSONS
state=$(mktemp -d) || exit 2
trap 'rm -rf "$state"' EXIT
n=0 failed=0
for d in lessons/*/lesson.toml; do
    [ -e "$d" ] || { echo "no lesson in lessons/"; exit 1; }
    name=$(sed -n 's/^name *= *"\(.*\)"/\1/p' "$d" | head -1)
    n=$((n + 1))
    for i in 1 2; do
        XDG_STATE_HOME=$state/$i timeout 60 "$BUILD/stepvisor" lesson "$name" --plain --demo \
            >"$state/$name.$i" 2>&1 </dev/null || {
            failed=$((failed + 1))
            echo "FAILED: $name, exit $?"
            tail -n 15 "$state/$name.$i"
        }
    done
    cmp -s "$state/$name.1" "$state/$name.2" || {
        failed=$((failed + 1))
        echo "FAILED: $name differs between two runs"
    }
done
echo "lessons: $n, $failed failed"
[ $failed -eq 0 ]
