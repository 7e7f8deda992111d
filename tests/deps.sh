#!/bin/sh
# deps.sh - the Debian packages a build needs: install what is missing when root, else say how.
#   tests/deps.sh         what building, running and `make test` need
#   tests/deps.sh check   the other compiler, the terminal multiplexer, firmware and kernels of `make check`
# With everything in place it is one dpkg-query.  On other systems it says what is needed, and goes on.
need="gcc make libc6-dev gcc-multilib libncurses-dev libreadline-dev libcapstone-dev libcunit1-dev
      libelf-dev libjansson-dev jq"
[ "$1" = check ] && need="$need clang libclang-rt-dev tmux seabios memtest86+ ipxe"
need=$(echo $need) # one line

if ! command -v dpkg-query >/dev/null; then
    echo "deps: not a Debian system; this needs the equivalents of: $need"
    exit 0
fi
have=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' $need 2>/dev/null |
       awk '$2 == "installed" { print $1 }')
missing=
for p in $need; do
    echo "$have" | grep -qx "$p" || missing="$missing $p"
done
[ "$1" = check ] && sh "$(dirname "$0")/foreign.sh"
[ -z "$missing" ] && exit 0
if [ "$(id -u)" -ne 0 ]; then
    echo "deps: missing; as root: apt-get install -y --no-install-recommends$missing"
    exit 1
fi
echo "deps: installing$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq </dev/null >/dev/null &&
    apt-get install -y -qq --no-install-recommends $missing </dev/null >/dev/null
