#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Counts exactly the instructions that ocelli-board for arm64 executes per multiply-accumulate of a model,
# with a QEMU plugin. The first picture includes opening the model and is not counted.
#
# usage: count-instructions.sh <model.tflite> <QEMU's CPU, such as cortex-a53 or cortex-a76>...
set -euo pipefail
board=$(realpath "$(dirname "$0")/../../build/board/arm64/ocelli-board")
model=$(realpath "${1:?usage: count-instructions.sh <model.tflite> <CPU>...}")
plugin=$(dirname "$board")/count.so
clang -shared -fPIC -O2 -o "$plugin" "$(dirname "$0")/InstructionCount.c"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
# A random picture of 96 × 96 pixels, which no model enlarges.
{ printf 'P6 96 96 255\n' && head -c 27648 /dev/urandom; } >picture.ppm
work=$(qemu-aarch64 "$board" info "$model")
work=$(awk '/^work/ { gsub(",", "", $2); print $2 }' <<<"$work")

count() { # CPU picture...
  qemu-aarch64 -cpu "$1" -plugin "$plugin" "$board" classify "${@:2}" --model "$model" 2>&1 \
    >/dev/null | tail -1
}
for cpu in "${@:2}"; do
  one=$(count "$cpu" picture.ppm)
  three=$(count "$cpu" picture.ppm picture.ppm picture.ppm)
  awk -v cpu="$cpu" -v n="$(((three - one) / 2))" -v work="$work" \
    'BEGIN { printf "%s: %d instructions per picture, %.3f per multiply-accumulate\n", cpu, n, n / work }'
done
