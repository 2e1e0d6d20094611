#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Unpacks Debian's musl, libpng, zlib, libjpeg-turbo and libgcc of another architecture below
# build/sysroot. Needs no root, and leaves the system's own packages alone. Does nothing when they are
# there.
#
# usage: sysroot.sh <arm64 | armv7 | riscv64 | amd64>
set -euo pipefail
cd "$(dirname "$0")/../.."

case ${1:-} in
  arm64 | amd64) debian=$1 suite=bookworm ;;
  armv7) debian=armhf suite=bookworm ;;
  # Debian has RISC-V since its release 13.
  riscv64) debian=riscv64 suite=trixie ;;
  *) echo 'usage: sysroot.sh <arm64 | armv7 | riscv64 | amd64>' >&2 && exit 64 ;;
esac
target=build/sysroot/$1
[[ -f $target/.complete ]] && exit 0
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
if ! command -v apt-get >/dev/null || [[ ! -f $keyring ]]; then
  echo "sysroot: needs apt-get and $keyring, as Debian and its derivatives have them" >&2
  exit 1
fi

# An apt of our own, for one architecture.
apt=$PWD/build/sysroot/apt-$1
rm -rf "$apt" "$target"
mkdir -p "$apt"/{etc/apt.conf.d,lists/partial,cache/archives/partial,packages} "$target"
touch "$apt/status"
echo "deb [signed-by=$keyring] http://deb.debian.org/debian $suite main" >"$apt/etc/sources.list"
options=(
  -o Dir::Etc="$apt/etc" -o Dir::State="$apt" -o Dir::State::Lists="$apt/lists"
  -o Dir::State::status="$apt/status" -o Dir::Cache="$apt/cache" -o APT::Architecture="$debian"
  -o APT::Architectures="$debian" -o APT::Sandbox::User= -o Acquire::Languages=none
)
echo "sysroot: downloading Debian's libraries for $1"
apt-get "${options[@]}" --quiet=2 update
(cd "$apt/packages" && apt-get "${options[@]}" --quiet=2 download \
  musl-dev libpng-dev libjpeg62-turbo-dev zlib1g-dev libgcc-12-dev)
for package in "$apt"/packages/*.deb; do dpkg -x "$package" "$target"; done
rm -rf "$apt" "$target/usr/share"
touch "$target/.complete"
