#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the tests under a sanitizer.
#
# usage: sanitize.sh address|thread [ARGUMENT of swift test ...]
set -euo pipefail
cd "$(dirname "$0")/.."
kind=${1:?usage: sanitize.sh address|thread}
shift
# Swift keeps type metadata alive on purpose, so leak detection is off.
export ASAN_OPTIONS=detect_leaks=0:abort_on_error=1
export TSAN_OPTIONS=halt_on_error=1:suppressions=$PWD/tools/thread-sanitizer-suppressions.txt
options=(--disable-testable-imports)
if [[ $kind == address ]]; then
  options+=(-Xcc "-march=native")
else
  # Built for any CPU, so that those code paths are tested too. The threaded loops of the other tests are
  # covered by these. The command's tests limit memory, which the sanitizer's shadow memory does not survive.
  export TESTS="KernelsTests NetworkTests ScenesTests DatasetsTests TrainingTests ExplanationTests"
fi
swift test -c release --sanitize "$kind" --scratch-path ".build-$kind" "${options[@]}" "$@"
