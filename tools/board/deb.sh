#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Packs ocelli-board as a Debian package without dependencies: the command, its manual, a model, and an
# example service.
#
# usage: deb.sh <arm64 | armv7 | riscv64 | amd64> [<CPU>]    (after build.sh)
set -euo pipefail
cd "$(dirname "$0")/../.."

architecture=${1:?usage: deb.sh <architecture> [<CPU>]} cpu=${2:-}
debian=${architecture/armv7/armhf}
version=$(sed -n 's/.*version = "\(.*\)".*/\1/p' Sources/SharedCommands/Build.swift)
model=classifier-intel-int8-v1
root=build/deb/$architecture
rm -rf "$root"
install -D "build/board/$architecture${cpu:+-$cpu}/ocelli-board" "$root/usr/bin/ocelli-board"
install -D -m 644 "weights/$model.tflite" "$root/usr/share/ocelli/weights/$model.tflite"
install -D -m 644 tools/board/ocelli-board.service \
  "$root/usr/share/doc/ocelli-board/examples/ocelli-board.service"
install -D -m 644 LICENSE "$root/usr/share/doc/ocelli-board/copyright"
install -d "$root/usr/share/man/man1" "$root/DEBIAN"
gzip --best --no-name <tools/board/ocelli-board.1 >"$root/usr/share/man/man1/ocelli-board.1.gz"
cat >"$root/DEBIAN/control" <<CONTROL
Package: ocelli-board
Version: $version
Architecture: $debian
Maintainer: Ocelli <ocelli@localhost>
Installed-Size: $(du -sk "$root/usr" | cut -f1)
Section: science
Priority: optional
Description: classifies pictures on small devices
 One static executable that runs int8 and float TensorFlow Lite models of
 convolutional networks on pictures, in a few megabytes of memory.
CONTROL
package=build/ocelli-board_${version}_$debian.deb
# Reproducible: the same files give the same bytes.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)} \
  dpkg-deb --root-owner-group --build "$root" "$package" >/dev/null
echo "board: $package, $(stat -c %s "$package") bytes"
