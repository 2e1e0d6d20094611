#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Tries ocelli-board, under QEMU where it is for another machine: the self-test, what it says to bad input,
# to a full disk and to signals, and the bytes of the shipped int8 classifiers beside those of `ocelli`.
#
# usage: check.sh <ocelli> <arm64 | armv7 | riscv64 | amd64>...
set -euo pipefail
cd "$(dirname "$0")/../.."

ocelli=${1:?usage: check.sh <ocelli> <architecture>...}
shift
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
model=weights/classifier-intel-int8-v1.tflite
fixtures=Tests/ImagingTests/Fixtures

fail() {
  echo "check: $*" >&2
  exit 1
}

# Runs the board's command and expects a code, and of an error one line that says so much.
expect() { # code text argument...
  local code=0 wanted=$1 text=$2
  shift 2
  "${board[@]}" "$@" >"$folder/output" 2>"$folder/errors" </dev/null || code=$?
  [[ $code == "$wanted" ]] || fail "exit code $code, expected $wanted: $* ($(cat "$folder/errors"))"
  grep -q -- "$text" "$folder/output" "$folder/errors" || fail "no '$text': $*"
  [[ $wanted != 1 || $(wc -l <"$folder/errors") == 1 ]] || fail "more than one line: $*"
}

try() { # architecture machine...
  board=("${@:2}")
  "${board[@]}" selftest --threads 2 >"$folder/selftest" || fail "$(grep -v ': pass' "$folder/selftest")"
  expect 0 'ocelli-board 0' --version
  expect 0 'USAGE' classify --help
  expect 64 'Unknown command' classfy
  expect 64 'Unknown option' classify --modle x
  expect 64 'Missing value' classify x.png --model
  expect 64 'expected 1 to 256' classify x.png --threads 0
  expect 64 'at least one picture' classify
  expect 1 'No such file' classify none.png --model "$model"
  expect 1 'cannot be opened' classify "$fixtures/rgb.jpg" --model none.tflite
  expect 1 'not a .tflite file' classify "$fixtures/rgb.jpg" --model LICENSE
  expect 1 'not a PNG' classify LICENSE --model "$model"
  expect 1 'expected a picture' classify "$fixtures/rgb.jpg" --model "$model" --enhancer "$model"
  expect 1 'holds no pictures' classify - --model "$model"
  head -c 700 "$fixtures/rgb.jpg" >"$folder/cut.jpg"
  expect 1 'ends before its picture does' classify "$folder/cut.jpg" --model "$model"
  head -c 9000 "$model" >"$folder/cut.tflite"
  expect 1 'cut or corrupt' info "$folder/cut.tflite"
  ! "${board[@]}" info "$model" >/dev/full 2>"$folder/errors" || fail 'a full disk is no error'
  grep -q 'is the disk full' "$folder/errors" || fail "a full disk is not told"
  # The reader of the lines goes away.
  for _ in 1 2 3; do cat "$fixtures/rgb.jpg"; done >"$folder/stream"
  "${board[@]}" classify - --model "$model" <"$folder/stream" | head -1 >"$folder/first" || true
  grep -q '^-:1: ' "$folder/first" || fail 'a stream is not answered'
  mkfifo "$folder/pipe"
  "${board[@]}" classify - --model "$model" <"$folder/pipe" &
  local code=0 command=$! writer
  sleep 60 >"$folder/pipe" &
  writer=$!
  sleep 1
  kill -INT "$command"
  wait "$command" || code=$?
  kill "$writer"
  wait "$writer" || true
  rm "$folder/pipe"
  [[ $code == 130 ]] || fail "interrupted, it ended with $code"
  echo "check: $1: self-test, bad input, full disk and signals are right"
}

"$ocelli" dataset scenes --output "$folder/scenes" --train 10 --test 4 --size 64 >/dev/null
cp "$fixtures"/{420,cmyk,grey,progressive}.jpg "$fixtures"/{grey16,palette4,rgb8-interlaced}.png \
  "$fixtures/text.ppm" "$folder/scenes/test"
machines=()
for architecture in "$@"; do
  file=build/board/$architecture/ocelli-board
  case $architecture in
    arm64) machines+=(arm64:cortex-a53 arm64:cortex-a76) && try arm64 qemu-aarch64-static "$file" ;;
    armv7) machines+=(armv7) && try armv7 qemu-arm-static "$file" ;;
    riscv64) machines+=(riscv64) && try riscv64 qemu-riscv64-static "$file" ;;
    amd64) machines+=(amd64) && try amd64 "$file" ;;
  esac
done
tools/board/same-bytes.sh "$ocelli" "$folder/scenes/test" "${machines[@]}" -- \
  weights/classifier-*-int8-*.tflite
