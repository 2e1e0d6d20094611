#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what a build needs beyond Swift: libpng and libjpeg-turbo. Does nothing if they are already there.
#
# usage: setup.sh [python | board | qemu]    python: also what tools/venv.sh needs; board: what unpacks
#                                            Debian's sources; qemu: emulators for boards
set -euo pipefail

if ! command -v swift >/dev/null; then
  echo 'setup: swift is not on the PATH; get Swift 6.3 from https://www.swift.org/install' >&2
  exit 1
fi
if ! reason=$(swift --version 2>&1 >/dev/null); then
  echo "setup: $(command -v swift) does not start: ${reason%%$'\n'*}" >&2
  exit 1
fi

has_header() {
  local folder
  for folder in /usr/include /usr/local/include /opt/homebrew/include; do
    [[ -f $folder/$1 ]] && return 0
  done
  return 1
}

missing=()
has_header png.h || missing+=(libpng-dev)
has_header jpeglib.h || missing+=(libjpeg62-turbo-dev)
command -v make >/dev/null || missing+=(make)
if [[ ${1:-} == python ]]; then
  command -v python3 >/dev/null || missing+=(python3)
  python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
fi
if [[ ${1:-} == board ]]; then
  command -v dpkg-source >/dev/null || missing+=(dpkg-dev)
fi
if [[ ${1:-} == qemu ]]; then
  command -v qemu-aarch64-static >/dev/null || missing+=(qemu-user-static)
fi
((${#missing[@]} == 0)) && exit 0

if ! command -v apt-get >/dev/null; then
  echo "setup: install libpng and libjpeg-turbo with their headers (Debian: ${missing[*]})" >&2
  exit 1
fi
# Ubuntu does not have Debian's libjpeg62-turbo-dev; there libjpeg-dev is the same library.
if ! apt-cache show libjpeg62-turbo-dev >/dev/null 2>&1 && apt-cache show libjpeg-dev \
  >/dev/null 2>&1; then
  missing=("${missing[@]/libjpeg62-turbo-dev/libjpeg-dev}")
fi
install=(apt-get install --yes --no-install-recommends "${missing[@]}")
if [[ $(id -u) == 0 ]]; then
  as_root=(env DEBIAN_FRONTEND=noninteractive)
elif sudo --non-interactive true 2>/dev/null; then
  as_root=(sudo --non-interactive env DEBIAN_FRONTEND=noninteractive)
else
  echo "setup: run this, then try again:  sudo apt-get update && sudo ${install[*]}" >&2
  exit 1
fi
echo "setup: installing ${missing[*]}"
if ! "${as_root[@]}" "${install[@]}" >/dev/null 2>&1; then
  # A bare image has empty or old package lists.
  "${as_root[@]}" apt-get update >/dev/null
  "${as_root[@]}" "${install[@]}" >/dev/null
fi
