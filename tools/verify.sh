#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Compares with the oracles: Python libraries read what Ocelli writes, and regenerate the golden files,
# which must equal those in Tests.
set -euo pipefail
cd "$(dirname "$0")/.."
python=$(realpath --no-symlinks "${PYTHON:-.venv/bin/python}")
flags=(-c release)
[[ -n ${CPU:-} ]] && flags+=(-Xcc "-march=$CPU")

written=build/oracles
rm -rf "$written"
OCELLI_ORACLE_FOLDER=$PWD/$written swift test "${flags[@]}" --filter OracleFiles
"$python" tools/oracles/interchange.py check "$written"

swift build "${flags[@]}" --product ocelli
rm -rf build/operators
"$python" tools/litert/compare_operators.py --cases 60 --keep build/operators
"$python" tools/litert/compare_exports.py
"$python" tools/litert/compare_models.py

tools/setup.sh qemu
for build in arm64 armv7 riscv64 amd64 'amd64 x86-64-v3' 'amd64 x86-64-v4' 'amd64 icelake-server'; do
  # shellcheck disable=SC2086
  tools/board/build.sh $build
done
tools/board/check.sh .build/release/ocelli arm64 armv7 riscv64 amd64
tools/board/long-stream.sh
# Every path of the kernels that QEMU or this machine can run, on 200 pictures.
pictures=build/verify-pictures
rm -rf "$pictures"
.build/release/ocelli dataset scenes --output "$pictures" --train 10 --test 200 --size 96
machines=(
  arm64:cortex-a53 arm64:max armv7 riscv64 amd64 amd64:Nehalem amd64-x86-64-v3 amd64-x86-64-v3:Haswell
)
for build in amd64-x86-64-v4 amd64-icelake-server; do
  ! build/board/$build/ocelli-board selftest >/dev/null 2>&1 || machines+=("$build")
done
tools/board/same-bytes.sh .build/release/ocelli "$pictures/test" "${machines[@]}" -- \
  weights/*-int8-*.tflite ../shared/models/*.tflite
# Random models of one operator: a few of each, more of those that have kernels of their own.
few=build/verify-few
rm -rf "$few" && mkdir "$few" && cp "$(find "$pictures/test" -type f | sort | head -1)" "$few"
tools/board/same-bytes.sh .build/release/ocelli "$few" "${machines[@]}" -- build/operators/*-1.tflite \
  build/operators/{CONV_2D,DEPTHWISE_CONV_2D,FULLY_CONNECTED,TRANSPOSE_CONV}-[2-5]?.tflite

for script in tools/oracles/*.py; do
  echo "verify: $script"
  # The usage line shows whether a script takes `make`, and whether it prints to a file.
  arguments=()
  if grep --quiet 'py make ' "$script"; then arguments=(make); fi
  output=$(sed -n 's/^usage:.* > \([^ ]*\).*/\1/p' "$script")
  if [[ -n $output ]]; then
    "$python" "$script" >"$output"
  else
    "$python" "$script" "${arguments[@]}"
  fi
done
if ! git diff --exit-code --stat -- Tests; then
  echo 'verify: the oracles no longer give the golden files in Tests' >&2
  exit 1
fi
if command -v chromedriver >/dev/null; then
  .build/release/ocelli experiment scenes --fraction 0.2 --epochs 0.25 --seeds 1 --controls C2 \
    --output build/verify-report
  .build/release/ocelli report build/verify-report
  "$python" tools/report/check.py build/verify-report/report.html
else
  echo 'verify: no chromium-driver, so no report was opened in a browser'
fi
echo 'verify: all golden files equal what the oracles give'
