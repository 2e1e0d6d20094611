#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Classifies a stream of 100,000 pictures, some of them damaged, with ocelli-board for this machine, and
# compares its memory after 1,000 of them with its memory after all.
#
# usage: long-stream.sh [<build> [<pictures>]]    a build: a folder of build/board; default: amd64, 100000
set -euo pipefail
cd "$(dirname "$0")/../.."
source tools/board/machine.sh

set_board "${1:-amd64}"
pictures=${2:-100000}
fixtures=Tests/ImagingTests/Fixtures
folder=$(mktemp -d)
command=
trap 'kill $command 2>/dev/null || true; rm -rf "$folder"' EXIT

# Ten pictures, a hundred times.
{
  cat "$fixtures"/{420,cmyk,progressive,optimized-restart}.jpg "$fixtures"/{rgb8,grey16,palette4}.png \
    "$fixtures"/{rgb8-interlaced.png,maximum-100.ppm}
  head -c 700 "$fixtures/rgb.jpg"
} >"$folder/ten"
for _ in {1..100}; do cat "$folder/ten"; done >"$folder/thousand"

mkfifo "$folder/stream"
"${board[@]}" classify - --model weights/classifier-cifar10-int8-v1.tflite \
  <"$folder/stream" >"$folder/lines" 2>"$folder/errors" &
command=$!
exec 3>"$folder/stream"

# Sends $1 thousand pictures, waits until $2 in all are answered, and prints the resident memory in kB.
memory_behind() { # thousands, pictures in all
  local sent
  for ((sent = 0; sent < $1; sent++)); do cat "$folder/thousand" >&3; done
  # The last picture is damaged, which is only noticed when the next one comes.
  until (($(wc -l <"$folder/lines") >= $2 * 9 / 10)); do
    kill -0 "$command" || return
    sleep 0.2
  done
  awk '/^VmRSS/ { print $2 }' "/proc/$command/status"
}
early=$(memory_behind 1 1000)
late=$(memory_behind $((pictures / 1000 - 1)) "$pictures")
exec 3>&-
code=0
wait "$command" || code=$?
echo "long-stream: $early kB after 1000 pictures, $late kB after $pictures"
# Each damaged picture is reported in one line.
[[ $code == 1 && $(wc -l <"$folder/errors") == $((pictures / 10)) ]] \
  || { echo "long-stream: ended with $code: $(tail -1 "$folder/errors")" >&2 && exit 1; }
((late <= early + 64)) || { echo 'long-stream: memory grows' >&2 && exit 1; }
