#!/bin/sh
# foreign.sh - kernels for i386 that Debian packages, unpacked below $BUILD/foreign: tests/kernels.sh starts them.
# Nothing is installed, and the system's apt keeps its own lists.  What cannot be had is left out with a line.
cd "$(dirname "$0")/.." || exit 2
BUILD=${BUILD:-build}
at=$BUILD/foreign
[ -e "$at/complete" ] && exit 0
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || exit 0
mkdir -p "$at/lists/partial" "$at/cache/archives/partial" || exit 1
at=$(cd "$at" && pwd)
export APT_CONFIG=$at/apt.conf
cat >"$APT_CONFIG" <<END
APT::Architecture "amd64";
APT::Architectures { "amd64"; "i386"; };
APT::Sandbox::User "root";
Dir::State::lists "$at/lists";
Dir::Cache "$at/cache";
Acquire::Languages "none";
END

fetch() { # package
    (cd "$at" && apt-get download -qq "$1:i386" >/dev/null 2>&1 && dpkg-deb -x "$1"_*.deb "$at" &&
        rm -f "$1"_*.deb)
}
apt-get update -qq >/dev/null 2>&1 # one list of several may be out of reach
linux=$(apt-cache depends linux-image-686:i386 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[^:]*\).*/\1/p')
whole=yes
for package in ${linux:-linux-image-686} gnumach-image-1.8-486; do
    fetch "$package" || { echo "foreign: $package cannot be had"; whole=; }
done
rm -rf "$at/lists" "$at/cache" "$at/lib"
[ -z "$whole" ] || : >"$at/complete"
