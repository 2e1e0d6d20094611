#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Compares what `ocelli` computes on this machine with what ocelli-board computes on others under QEMU:
# the checksums of all outputs, for each model, picture and number of threads. For float models, whose last
# bits differ between CPUs, it compares the labels.
#
# usage: same-bytes.sh <ocelli> <pictures> <machine>... -- <model.tflite>...
#
# A machine is a folder of build/board, such as arm64 or amd64-x86-64-v3, optionally followed by a colon and
# a QEMU CPU. A model named *enhancer* is put in front of the classifier of the same data. Models that take
# no pictures are compared on as many random inputs. Missing files are reported and skipped.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tools/board/machine.sh

ocelli=$1 pictures=$2
shift 2
machines=()
while (($# > 0)) && [[ $1 != -- ]]; do machines+=("$1") && shift; done
shift
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
first=$(find "$pictures" -type f | sort | head -1)
count=$(find "$pictures" -type f | wc -l)

# One line per picture and number of threads, or one for all random inputs.
outputs() { # command...
  local threads
  if [[ $kind == numbers ]]; then
    "$@" "${bench[@]}" "$model" --inputs "$count" --runs 1 --threads 3 | grep -o '#[0-9a-f]*$'
    return
  fi
  for threads in 1 2 3; do
    "$@" classify "$pictures" --model "$classifier" "${front[@]}" --top 1 --checksum \
      --threads "$threads" | sed "s/$compared//"
  done
}

compared_count=0
for model in "$@"; do
  if [[ ! -f $model ]]; then
    echo "same-bytes: $model not found, skipped"
    continue
  fi
  kind=pictures classifier=${model//enhancer/classifier} front=() compared='.*#'
  [[ $model == "$classifier" ]] || front=(--enhancer "$model")
  "$ocelli" classify "$first" --model "$classifier" >/dev/null 2>&1 || kind=numbers
  "$ocelli" model info "$model" --json | grep -q '"format":"u\?int8"' || compared=' #.*'
  bench=(bench model)
  outputs "$ocelli" >"$folder/expected"
  bench=(bench)
  for machine in "${machines[@]}"; do
    set_board "$machine"
    outputs "${board[@]}" >"$folder/actual"
    if ! diff "$folder/expected" "$folder/actual" >"$folder/difference"; then
      echo "same-bytes: $model, $machine: outputs differ:" >&2
      head -4 "$folder/difference" >&2
      exit 1
    fi
    compared_count=$((compared_count + $(wc -l <"$folder/actual")))
  done
  echo "same-bytes: $model: the same on ${machines[*]}"
done
((compared_count > 0)) || { echo 'same-bytes: nothing was compared' >&2 && exit 1; }
echo "same-bytes: $compared_count outputs are the same"
