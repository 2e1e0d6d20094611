#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Feeds mutated files to the readers of models and pictures under the address sanitizer (libFuzzer).
# An input that makes one fail is left in build/fuzz; pass that file as an argument to reproduce it.
#
# usage: fuzz.sh model|image [SECONDS | FILE]
set -euo pipefail
cd "$(dirname "$0")/.."
kind=${1:?usage: fuzz.sh model|image [SECONDS | FILE]}
folder=build/fuzz/$kind
mkdir -p "$folder/seeds" "$folder/corpus"

# All modules are instrumented, not just the one that is linked with libFuzzer.
build=(swift build -c release --scratch-path .build-fuzz --sanitize address --sanitize fuzzer
  -Xswiftc -sanitize-coverage=edge,inline-8bit-counters,pc-table -Xcc -march=native)
export FUZZ=1
"${build[@]}" --product Fuzzing
fuzzer=$("${build[@]}" --show-bin-path)/Fuzzing

if [[ $kind == model ]]; then
  # One model of each operator: small files that together cover everything.
  python3 - Tests/Fixtures/operators.safetensors "$folder/seeds" <<'PYTHON'
import json, pathlib, struct, sys
data = pathlib.Path(sys.argv[1]).read_bytes()
start = 8 + struct.unpack("<Q", data[:8])[0]
for number, (name, tensor) in enumerate(json.loads(data[8:start]).items()):
    if name.endswith("/model"):
        first, end = tensor["data_offsets"]
        (pathlib.Path(sys.argv[2]) / f"{number}.tflite").write_bytes(data[start + first : start + end])
PYTHON
else
  cp Tests/ImagingTests/Fixtures/*.{png,jpg,ppm,pgm} "$folder/seeds"
fi

# The Swift runtime's own crash reports conflict with the sanitizer.
export SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0:handle_sigill=1 OCELLI_FUZZ=$kind
options=(-timeout=10 -rss_limit_mb=1500 -malloc_limit_mb=600 -artifact_prefix="$folder/")
if [[ -f ${2:-} ]]; then exec "$fuzzer" "${options[@]}" -runs=1 "$2"; fi
"$fuzzer" "${options[@]}" -max_len=16384 -max_total_time="${2:-600}" "$folder/corpus" "$folder/seeds"
