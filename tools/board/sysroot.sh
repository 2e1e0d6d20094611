#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Unpacks Debian's musl, libjpeg-turbo and libgcc for another architecture, and its sources of libpng and
# zlib, into build/sysroot. Needs no root and leaves the system's own packages alone. Does nothing if they
# are already there.
#
# usage: sysroot.sh <arm64 | armv7 | riscv64 | amd64>
set -euo pipefail
cd "$(dirname "$0")/../.."

case ${1:-} in
  arm64 | amd64) debian=$1 suite=bookworm ;;
  armv7) debian=armhf suite=bookworm ;;
  # Debian supports RISC-V since release 13.
  riscv64) debian=riscv64 suite=trixie ;;
  *) echo 'usage: sysroot.sh <arm64 | armv7 | riscv64 | amd64>' >&2 && exit 64 ;;
esac
target=build/sysroot/$1
[[ -f $target/.complete && -d $target/usr/src ]] && exit 0
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
if ! command -v apt-get >/dev/null || ! command -v dpkg-source >/dev/null || [[ ! -f $keyring ]]; then
  echo "sysroot: needs apt-get, dpkg-source (Debian: dpkg-dev) and $keyring, as Debian and its" \
    "derivatives have them" >&2
  exit 1
fi

# A private apt, for one architecture.
apt=$PWD/build/sysroot/apt-$1
rm -rf "$apt" "$target"
mkdir -p "$apt"/{etc/apt.conf.d,etc/preferences.d,lists/partial,cache/archives/partial,packages} \
  "$target"
touch "$apt/status"
repository="[signed-by=$keyring] http://deb.debian.org/debian"
cat >"$apt/etc/sources.list" <<SOURCES
deb $repository $suite main
deb-src $repository bookworm main
SOURCES
options=(
  -o Dir::Etc="$apt/etc" -o Dir::State="$apt" -o Dir::State::Lists="$apt/lists"
  -o Dir::State::status="$apt/status" -o Dir::Cache="$apt/cache" -o APT::Architecture="$debian"
  -o APT::Architectures="$debian" -o APT::Sandbox::User= -o Acquire::Languages=none
)
echo "sysroot: downloading Debian's libraries for $1"
apt-get "${options[@]}" --quiet=2 update
(cd "$apt/packages" && apt-get "${options[@]}" --quiet=2 download \
  musl-dev libjpeg62-turbo-dev libgcc-12-dev \
  && apt-get "${options[@]}" --quiet=2 source --download-only libpng1.6 zlib)
for package in "$apt"/packages/*.deb; do dpkg -x "$package" "$target"; done
rm -rf "$target/usr/share"
mkdir -p "$target/usr/src"
for library in libpng zlib; do
  # apt has already checked it.
  dpkg-source --no-check --no-copy --extract "$apt/packages/$library"*.dsc \
    "$target/usr/src/$library" >/dev/null
done
# libpng without its simplified and progressive interfaces, its console output, and chunks that do not
# affect what is seen, which it skips.
texts='\(COMPRESSED_\)\?TEXT\|tEXt\|[zi]TXt'
facts='hIST\|iCCP\|oFFs\|pCAL\|pHYs\|sCAL\|sPLT\|tIME'
sed -e '/SIMPLIFIED\|PROGRESSIVE\|CONSOLE_IO/d' \
  -e "/PNG_\(READ_\|WRITE_\)\?\($texts\|$facts\)_SUPPORTED/d" \
  "$target/usr/src/libpng/scripts/pnglibconf.h.prebuilt" >"$target/usr/src/libpng/pnglibconf.h"
rm -rf "$apt"
touch "$target/.complete"
