#!/bin/sh
# foreign.sh - kernels for i386 that Debian packages, and the loaders GRUB and SYSLINUX with what makes disks for
# them, unpacked below $BUILD/foreign: tests/kernels.sh starts them.
# Nothing is installed, and the system's apt keeps its own lists.  What cannot be had is left out with a line.
cd "$(dirname "$0")/.." || exit 2
BUILD=${BUILD:-build}
at=$BUILD/foreign
[ -e "$at/whole" ] && exit 0
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

fetch() { # package[:architecture]..: what there is below /boot and of programs; modules and manuals are not wanted
    (cd "$at" && apt-get download -qq "$@" >/dev/null 2>&1) || return
    for deb in "$at"/*.deb; do
        dpkg-deb --fsys-tarfile "$deb" | tar -xC "$at" --exclude='./lib/*' --exclude='./usr/share/*'
        rm -f "$deb"
    done
}
newest() { # which kind of Linux: its present package
    apt-cache depends "linux-image-$1:i386" 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[^:]*\).*/\1/p'
}
apt-get update -qq >/dev/null 2>&1 # one list of several may be out of reach
linux=$(newest 686) pae=$(newest 686-pae)
packages="${linux:-linux-image-686}:i386 ${pae:-linux-image-686-pae}:i386 gnumach-image-1.8-486:i386
          grub-rescue-pc grub-pc-bin grub-common syslinux syslinux-common mtools"
whole=yes
fetch $packages || for package in $packages; do
    fetch "$package" || { echo "foreign: $package cannot be had"; whole=; }
done
rm -rf "$at/lists" "$at/cache" "$at/etc"
[ -z "$whole" ] || : >"$at/whole"
