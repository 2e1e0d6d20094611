#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Compiles ocelli-board as Embedded Swift and links it with musl: one static executable,
# build/board/<architecture>/ocelli-board, or build/board/<architecture>-<CPU>/ocelli-board.
#
# Kernels and Imaging, the inner loops, are compiled for speed, everything else for size. Modules
# compiled for size stay in intermediate form until the command, which compiles what it uses of them.
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
out=$PWD/build/board/$architecture${cpu:+-$cpu}
swift_folder=$(dirname "$(realpath "$(command -v swiftc)")")
PATH=$swift_folder:$PATH

# Start again if the tools or this script have changed.
settings="$(swiftc --version 2>/dev/null | head -1) $(sha256sum <tools/board/build.sh)"
if [[ $(cat "$out/settings" 2>/dev/null) != "$settings" ]]; then
  rm -rf "$out" && mkdir -p "$out"/{fast,libraries} && echo "$settings" >"$out/settings"
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

c_flags=(
  --target="$linux" "${machine[@]}" -std=gnu11 -ffunction-sections -fdata-sections
  -fno-asynchronous-unwind-tables -nostdlibinc -isystem "${musl/lib/include}"
)
source_folder=$sysroot/usr/src
compile_c() { # source folder
  local source=$1 object level=-Os
  object=$out/$(basename "${source%.c}").o
  [[ $source != Sources/CIntrinsics/* ]] || level=-O2
  is_older "$object" "$source" "$(dirname "$source")" || return 0
  clang "${c_flags[@]}" "$level" -Wall -Wextra -isystem "$source_folder/libpng" \
    -isystem "$source_folder/zlib" -isystem "$sysroot/usr/include" -isystem "$sysroot/usr/include/$gnu" -DOCELLI_JPEG \
    -I "$(dirname "$source")/include" -c "$source" -o "$object"
}
for source in Sources/{CPlatform,CIntrinsics,CImageCodecs}/*.c tools/board/Runtime.c; do
  compile_c "$source"
done

# libpng and zlib with a section per function, so that unused functions are dropped: Debian's archives
# are not built that way.
for source in "$source_folder"/libpng/png*.c \
  "$source_folder"/zlib/{adler32,crc32,deflate,inffast,inflate,inftrees,trees,zutil}.c; do
  object=$out/libraries/$(basename "${source%.c}").o
  [[ -e $object || $source == */pngtest.c ]] \
    || clang "${c_flags[@]}" -Os -w -DPNG_ARM_NEON_OPT=0 -I "$source_folder/zlib" -c "$source" \
      -o "$object"
done

swift_flags=(
  -target "$triple" -swift-version 6 -enable-experimental-feature Embedded
  -enable-upcoming-feature InternalImportsByDefault -enable-upcoming-feature MemberImportVisibility
  -enable-upcoming-feature ExistentialAny -wmo -parse-as-library -package-name ocelli -I "$out"
  -Xfrontend -function-sections "${module_maps[@]}"
)
for option in "${machine[@]}" -isystem "${musl/lib/include}"; do swift_flags+=(-Xcc "$option"); done

built=()
# Compiles a module after those that it imports.
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
  local result=$out/$module.swiftmodule action
  case $module in
    Kernels | Imaging)
      action=(-O -c -o "$out/fast/$module.o" -emit-module -emit-module-path)
      ;;
    BoardCommand) result=$out/$module.o action=(-Osize -c -o) ;;
    *) action=(-Osize -emit-module -emit-module-path) ;;
  esac
  is_older "$result" "Sources/$module" "${imported[@]}" Sources/C*/include || return 0
  echo "board: compiling $module for $architecture"
  swiftc "${swift_flags[@]}" -module-name "$module" "${action[@]}" "$result" "${sources[@]}"
}
build_module BoardCommand
# Also compile the board-clean modules that this command does not use.
for module in $(tools/board-clean-targets.sh); do
  [[ $module == C[A-Z]* || ! -d Sources/$module ]] || build_module "$module"
done

is_older "$out/ocelli-board" "$out"/*.o "$out"/fast/*.o || exit 0
# Functions that libjpeg-turbo's decoder references but never calls here: encoding, palettes, scaled
# decoding, unsmoothed colours, error texts, environment variables.
jpeg=$sysroot/usr/lib/$gnu/libjpeg.a
functions=$(llvm-nm --undefined-only --just-symbol-name "$jpeg" 2>/dev/null | sort -u)
encoding='convsamp|downsample|fdct|gray_convert|huff_|_mcu_|quantize|_ycc_convert'
never_called=$(
  printf '%s\n' jinit_{1pass,2pass}_quantizer jinit_merged_upsampler __snprintf_chk __fprintf_chk pow
  grep -E 'scanf$' <<<"$functions"
  grep -E '^jpeg_idct_([0-9]|float|ifast)' <<<"$functions"
  grep -E "^jsimd_.*($encoding|merged|_float|_ifast|_2x2|_4x4|rgb565).*_(neon|sse2?|avx2)\$" \
    <<<"$functions" || true
  # Not called with SIMD, either. ARMv7 needs it: there SIMD is detected at start.
  [[ $architecture == armv7 ]] || ! grep -q '^jsimd_idct_islow_' <<<"$functions" || echo jpeg_idct_islow
)
# Nothing unwinds the stack, so .eh_frame can go.
cat >"$out/link.ld" <<SCRIPT
${never_called//$'\n'/ = abort;$'\n'} = abort;
SECTIONS { /DISCARD/ : { *(.eh_frame) *(.comment) } } INSERT AFTER .rodata;
SCRIPT
# Of duplicate definitions the linker keeps the first: the fast one for kernels, the small one for others.
clang --target="$linux" -fuse-ld=lld -nostdlib -static -Wl,--gc-sections -Wl,--strip-all \
  -Wl,--icf=all -Wl,--no-eh-frame-hdr -Wl,-z,noseparate-code -Wl,--wrap=posix_memalign \
  -Wl,-T,"$out/link.ld" -o "$out/ocelli-board" "$musl/crt1.o" "$musl/crti.o" \
  "$out"/fast/Kernels.o "$out"/*.o "$out"/fast/Imaging.o "$out"/libraries/*.o \
  "$jpeg" "$musl/libc.a" \
  "$(echo "$sysroot"/usr/lib/gcc/*/12/libgcc.a)" "$musl/libc.a" "$musl/crtn.o"
echo "board: $out/ocelli-board, $(stat -c %s "$out/ocelli-board") bytes"
