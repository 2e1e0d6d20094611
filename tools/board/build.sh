#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Compiles ocelli-board as Embedded Swift and links it with musl: one static executable,
# build/board/<architecture>/ocelli-board.
#
# Swift modules are compiled to intermediate code only; what the command reaches of them becomes
# machine code in one go, with the command itself.
#
# usage: build.sh <arm64 | armv7 | riscv64 | amd64> [<CPU>]    CPU: as clang's -mcpu names it
set -euo pipefail
cd "$(dirname "$0")/../.."

architecture=${1:-} cpu=${2:-}
case $architecture in
  arm64)
    triple=aarch64-none-none-elf linux=aarch64-linux-musl gnu=aarch64-linux-gnu
    machine=(-mcpu="${cpu:-generic}")
    ;;
  armv7)
    triple=armv7-none-none-eabi linux=armv7-linux-musleabihf gnu=arm-linux-gnueabihf
    machine=(-mcpu="${cpu:-cortex-a7}" -mfloat-abi=hard -mfpu=neon-vfpv4)
    ;;
  riscv64)
    triple=riscv64-none-none-eabi linux=riscv64-linux-musl gnu=riscv64-linux-gnu
    machine=(-march="${cpu:-rv64gc}" -mabi=lp64d)
    ;;
  amd64)
    triple=x86_64-unknown-none-elf linux=x86_64-linux-musl gnu=x86_64-linux-gnu
    machine=(-march="${cpu:-x86-64}")
    ;;
  *) echo 'usage: build.sh <arm64 | armv7 | riscv64 | amd64> [<CPU>]' >&2 && exit 64 ;;
esac
tools/board/sysroot.sh "$architecture"
sysroot=$PWD/build/sysroot/$architecture
musl=$(echo "$sysroot"/usr/lib/*-linux-musl*)
out=$PWD/build/board/$architecture
mkdir -p "$out"
swift_folder=$(dirname "$(realpath "$(command -v swiftc)")")
PATH=$swift_folder:$PATH

# What was built for another CPU, by other tools or in another way is of no use.
settings="$cpu $(swiftc --version 2>/dev/null | head -1) $(sha256sum <tools/board/build.sh)"
if [[ $(cat "$out/settings" 2>/dev/null) != "$settings" ]]; then
  rm -rf "$out" && mkdir -p "$out" && echo "$settings" >"$out/settings"
fi

is_older() { # target source...
  [[ ! -e $1 ]] || [[ -n $(find "${@:2}" -newer "$1" -print -quit) ]]
}

c_modules=(CPlatform CIntrinsics CImageCodecs)
module_maps=()
for module in "${c_modules[@]}"; do
  mkdir -p "$out/$module"
  map=$out/$module/module.modulemap
  [[ -f $map ]] || cat >"$map" <<<"module $module { umbrella \"$PWD/Sources/$module/include\" export * }"
  module_maps+=(-Xcc -fmodule-map-file="$map")
done

compile_c() { # source folder
  local source=$1 object
  object=$out/$(basename "${source%.c}").o
  is_older "$object" "$source" "$(dirname "$source")" || return 0
  clang --target="$linux" "${machine[@]}" -std=c11 -O2 -Wall -Wextra -ffunction-sections \
    -fdata-sections -nostdlibinc -isystem "${musl/lib/include}" -isystem "$sysroot/usr/include" \
    -isystem "$sysroot/usr/include/$gnu" -DOCELLI_JPEG -I "$(dirname "$source")/include" \
    -c "$source" -o "$object"
}
for source in Sources/{CPlatform,CIntrinsics,CImageCodecs}/*.c tools/board/Runtime.c; do
  compile_c "$source"
done

swift_flags=(
  -target "$triple" -swift-version 6 -enable-experimental-feature Embedded
  -enable-upcoming-feature InternalImportsByDefault -enable-upcoming-feature MemberImportVisibility
  -enable-upcoming-feature ExistentialAny -wmo -parse-as-library -package-name ocelli -I "$out"
  -Xfrontend -function-sections "${module_maps[@]}"
)
for option in "${machine[@]}" -isystem "${musl/lib/include}"; do swift_flags+=(-Xcc "$option"); done

built=()
# Compiles a module behind those that it imports.
build_module() { # name
  local module=$1 import sources=() imported=()
  [[ " ${built[*]} " == *" $module "* ]] && return 0
  mapfile -t sources < <(find "Sources/$module" -name '*.swift' | sort)
  for import in $(sed -n 's/^\(@_exported \)\?\(public \|package \)\?import //p' "${sources[@]}" \
    | sort -u); do
    [[ -d Sources/$import && $import != C[A-Z]* ]] || continue
    build_module "$import"
    imported+=("$out/$import.swiftmodule")
  done
  built+=("$module")
  local result=$out/$module.swiftmodule action=(-emit-module -emit-module-path)
  if [[ $module == BoardCommand ]]; then
    result=$out/$module.o action=(-c -o)
  fi
  is_older "$result" "Sources/$module" "${imported[@]}" Sources/C*/include || return 0
  echo "board: compiling $module for $architecture"
  swiftc "${swift_flags[@]}" -O -module-name "$module" "${action[@]}" "$result" "${sources[@]}"
}
build_module BoardCommand
# Those that this command does without are for boards, too.
for module in $(tools/board-clean-targets.sh); do
  [[ $module == C[A-Z]* || ! -d Sources/$module ]] || build_module "$module"
done

is_older "$out/ocelli-board" "$out"/*.o || exit 0
clang --target="$linux" -fuse-ld=lld -nostdlib -static -Wl,--gc-sections -Wl,--strip-all \
  -Wl,--icf=all -Wl,--no-eh-frame-hdr -Wl,-z,noseparate-code -Wl,--wrap=posix_memalign -o "$out/ocelli-board" \
  "$musl/crt1.o" "$musl/crti.o" "$out"/*.o \
  "$sysroot/usr/lib/$gnu"/{libpng,libjpeg,libz}.a "$musl/libc.a" \
  "$(echo "$sysroot"/usr/lib/gcc/*/12/libgcc.a)" "$musl/libc.a" "$musl/crtn.o"
# Nothing unwinds the stack.
llvm-objcopy --remove-section .eh_frame --remove-section .comment "$out/ocelli-board"
echo "board: $out/ocelli-board, $(stat -c %s "$out/ocelli-board") bytes"
