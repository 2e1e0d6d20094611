#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Compares with the oracles: Python's libraries read what Ocelli writes, and make the golden files
# anew, which must come out as they are in Tests.
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
"$python" tools/litert/compare_operators.py --cases 60
"$python" tools/litert/compare_exports.py
"$python" tools/litert/compare_models.py

tools/setup.sh qemu
for architecture in arm64 armv7 riscv64 amd64; do tools/board/build.sh "$architecture"; done
tools/board/check.sh .build/release/ocelli arm64 armv7 riscv64 amd64
tools/board/same-bytes.sh .build/release/ocelli Tests/ImagingTests/Fixtures arm64 armv7 riscv64 amd64 -- \
  weights/enhancer-*-int8-*.tflite

for script in tools/oracles/*.py; do
  echo "verify: $script"
  # A script's usage says whether it is told to make its files and whether it prints them.
  arguments=()
  if grep --quiet 'py make ' "$script"; then arguments=(make); fi
  output=$(sed -n 's/^usage:.* > \([^ ]*\).*/\1/p' "$script")
  "$python" "$script" "${arguments[@]}" >"${output:-/dev/stdout}"
done
if ! git diff --exit-code --stat -- Tests; then
  echo 'verify: the oracles no longer give the golden files that the tests hold' >&2
  exit 1
fi
if command -v chromedriver >/dev/null; then
  .build/release/ocelli experiment scenes --fraction 0.2 --epochs 0.25 --seeds 1 --controls C2 \
    --output build/verify-report
  .build/release/ocelli report build/verify-report
  "$python" tools/report/check.py build/verify-report/report.html
else
  echo 'verify: no chromium-driver: no report was opened in a browser'
fi
echo 'verify: all golden files are as the oracles give them'
