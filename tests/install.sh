#!/bin/sh
# install.sh - `make install` into an empty folder, run from there and from elsewhere, uninstall: nothing stays.
cd "$(dirname "$0")/.." || exit 2
BUILD=${BUILD:-build}
MAKEFLAGS=
export MAKEFLAGS
dest=$(mktemp -d) || exit 2
trap 'rm -rf "$dest" "$dest.log"' EXIT
make -s BUILD="$BUILD" DESTDIR="$dest" PREFIX=/usr install >"$dest.log" 2>&1 || { cat "$dest.log"; exit 1; }
bin=$dest/usr/bin/stepvisor
cd "$dest" || exit 2
fail() { echo "FAILED: $1"; exit 1; }
"$bin" --version | grep -q '^stepvisor' || fail "the program does not run"
grep -q '^\.TH' usr/share/man/man1/stepvisor.1 || fail "no man page"
"$bin" run usr/lib/stepvisor/samples/hello.S >out </dev/null || fail "a sample does not assemble there"
cmp -s out usr/lib/stepvisor/samples/hello.expect || fail "a sample prints something else"
"$bin" lesson </dev/null | grep -q popf || fail "no lessons are found"
files=$(find usr -type f | wc -l)
cd - >/dev/null
make -s BUILD="$BUILD" DESTDIR="$dest" PREFIX=/usr uninstall || fail "uninstall"
[ -z "$(find "$dest/usr" -type f -o -type l)" ] || fail "something stays: $(find "$dest/usr" -type f)"
echo "install: $files files, and none after uninstall"
