#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Tests ocelli-board, under QEMU if it is for another machine: the self-test, bad input, a full disk, signals
# and, if this machine runs it natively, running out of memory. Then compares the outputs of the shipped int8
# classifiers with those of `ocelli`.
#
# usage: check.sh <ocelli> <build>...    a build: a folder of build/board, such as arm64
set -euo pipefail
cd "$(dirname "$0")/../.."
source tools/board/machine.sh

ocelli=${1:?usage: check.sh <ocelli> <build>...}
shift
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
model=weights/classifier-intel-int8-v1.tflite
fixtures=Tests/ImagingTests/Fixtures

fail() {
  echo "check: $*" >&2
  exit 1
}

# A wrapper to run the board's command in.
within=()

# Runs the board's command and expects an exit code and a text; an error must be a single line.
expect() { # code text argument...
  local code=0 wanted=$1 text=$2
  shift 2
  "${within[@]}" "${board[@]}" "$@" >"$folder/output" 2>"$folder/errors" </dev/null || code=$?
  [[ $code == "$wanted" ]] || fail "exit code $code, expected $wanted: $* ($(cat "$folder/errors"))"
  grep -q -- "$text" "$folder/output" "$folder/errors" || fail "no '$text': $*"
  [[ $wanted != 1 || $(wc -l <"$folder/errors") == 1 ]] || fail "more than one line: $*"
}

# A full disk, first for the output, then for saved pictures.
fill_disk() {
  ! "${board[@]}" info "$model" >/dev/full 2>"$folder/errors" || fail 'a full disk is not an error'
  grep -q 'is the disk full' "$folder/errors" || fail 'a full disk is not reported'
  within=(bash -c 'trap "" XFSZ && ulimit -f 1 && exec "$@"' bash)
  expect 1 'cannot be written' classify "$fixtures/rgb.jpg" --save-enhanced "$folder/saved" \
    --model weights/classifier-cifar10-int8-v1.tflite \
    --enhancer weights/enhancer-cifar10-int8-v1.tflite
  within=()
  [[ -z $(ls -A "$folder/saved") ]] || fail 'a half-written picture is left'
  rm -r "$folder/saved"
}

# The reader closes the pipe; then Ctrl-C.
stop() {
  local code=0 command writer
  for _ in {1..20}; do cat "$fixtures/rgb.jpg"; done >"$folder/stream"
  ("${board[@]}" classify - --model "$model" <"$folder/stream" 2>"$folder/errors" \
    || echo $? >"$folder/code") | head -1 >"$folder/first"
  grep -q '^-:1: ' "$folder/first" || fail 'a stream is not answered'
  [[ $(cat "$folder/code") == 141 && ! -s $folder/errors ]] \
    || fail "without a reader, it ended with $(cat "$folder/code" "$folder/errors")"
  mkfifo "$folder/pipe"
  "${board[@]}" classify - --model "$model" <"$folder/pipe" &
  command=$!
  sleep 60 >"$folder/pipe" &
  writer=$!
  sleep 1
  kill -INT "$command"
  wait "$command" || code=$?
  kill "$writer"
  wait "$writer" || true
  rm "$folder/pipe"
  [[ $code == 130 ]] || fail "interrupted, it ended with $code"
}

# Under ever lower memory limits, the command either answers or prints one error line.
run_out_of_memory() { # argument...
  local code limit failures=0
  for ((limit = 16384; limit > 0; limit -= 61)); do
    (ulimit -v "$limit" && exec "${board[@]}" --version) >/dev/null 2>&1 || break
    code=0
    (ulimit -v "$limit" && exec "${board[@]}" "$@") >"$folder/output" 2>"$folder/errors" || code=$?
    [[ $code == 0 ]] && continue
    failures=$((failures + 1))
    [[ $code == 1 && $(wc -l <"$folder/errors") == 1 ]] \
      || fail "with $limit kB of memory, exit code $code: $* ($(cat "$folder/errors"))"
  done
  ((failures > 0 && limit < 16384)) || fail "memory never ran out: $*"
}

try() { # build
  set_board "$1"
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
  fill_disk
  stop
  if [[ $1 == amd64* ]]; then
    run_out_of_memory classify "$fixtures/progressive.jpg" --model "$model"
    run_out_of_memory classify "$fixtures/rgb8-interlaced.png" --model "$model" --threads 3
  fi
  echo "check: $1: self-test, bad input, full disk and signals pass"
}

"$ocelli" dataset scenes --output "$folder/scenes" --train 10 --test 4 --size 64 >/dev/null
cp "$fixtures"/{420,cmyk,grey,progressive}.jpg "$fixtures"/{grey16,palette4,rgb8-interlaced}.png \
  "$fixtures/text.ppm" "$folder/scenes/test"
machines=()
for build in "$@"; do
  try "$build"
  case $build in
    # Without and with SDOT.
    arm64) machines+=(arm64:cortex-a53 arm64:cortex-a76) ;;
    *) machines+=("$build") ;;
  esac
done
tools/board/same-bytes.sh "$ocelli" "$folder/scenes/test" "${machines[@]}" -- \
  weights/classifier-*-int8-*.tflite
