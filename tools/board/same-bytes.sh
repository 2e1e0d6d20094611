#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Compares what `ocelli` computes on this machine with what ocelli-board computes on others, under QEMU:
# the checksums of all outputs, for each model, picture and number of threads.
#
# usage: same-bytes.sh <ocelli> <pictures> <architecture[:QEMU's CPU]>... -- <model.tflite>...
#
# A model named *enhancer* is put in front of the classifier of the same data. Models that take no
# pictures are compared on numbers by chance. Missing files are passed over with a word.
set -euo pipefail
cd "$(dirname "$0")/../.."

ocelli=$1 pictures=$2
shift 2
architectures=()
while (($# > 0)) && [[ $1 != -- ]]; do architectures+=("$1") && shift; done
shift
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# The checksums, a line each, of all pictures, or of numbers by chance.
outputs() { # threads model command...
  local threads=$1 model=$2 front=()
  shift 2
  if [[ $model == *enhancer* ]]; then
    front=(--enhancer "$model")
    model=${model//enhancer/classifier}
  fi
  if [[ $takes_pictures == yes ]]; then
    "$@" classify "$pictures" --model "$model" "${front[@]}" --top 1 --checksum --threads "$threads" \
      | sed 's/.*#/#/'
  fi
  "$@" "${bench[@]}" "$model" --runs 1 --threads "$threads" | grep -o '#[0-9a-f]*$'
}

compared=0
for model in "$@"; do
  if [[ ! -f $model ]]; then
    echo "same-bytes: $model is not there, left out"
    continue
  fi
  takes_pictures=yes
  first=$(find "$pictures" -type f | sort | head -1)
  "$ocelli" classify "$first" --model "${model//enhancer/classifier}" >/dev/null 2>&1 \
    || takes_pictures=no
  for threads in 1 2 3; do
    bench=(bench model)
    outputs "$threads" "$model" "$ocelli" >"$folder/expected"
    bench=(bench)
    for machine in "${architectures[@]}"; do
      IFS=: read -r architecture emulated <<<"$machine"
      board=(build/board/"$architecture"/ocelli-board)
      case $architecture in
        arm64) board=(qemu-aarch64-static ${emulated:+-cpu "$emulated"} "${board[@]}") ;;
        armv7) board=(qemu-arm-static ${emulated:+-cpu "$emulated"} "${board[@]}") ;;
        riscv64) board=(qemu-riscv64-static ${emulated:+-cpu "$emulated"} "${board[@]}") ;;
      esac
      outputs "$threads" "$model" "${board[@]}" >"$folder/actual"
      if ! diff "$folder/expected" "$folder/actual" >"$folder/difference"; then
        echo "same-bytes: $model, $machine, $threads threads: outputs differ:" >&2
        head -4 "$folder/difference" >&2
        exit 1
      fi
      compared=$((compared + $(wc -l <"$folder/actual")))
    done
  done
  echo "same-bytes: $model: the same on ${architectures[*]}"
done
((compared > 0)) || { echo 'same-bytes: nothing was compared' >&2 && exit 1; }
echo "same-bytes: $compared outputs are the same"
