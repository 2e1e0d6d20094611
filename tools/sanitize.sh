#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the tests under a sanitizer.
#
# usage: sanitize.sh address|thread [ARGUMENT of swift test ...]
set -euo pipefail
cd "$(dirname "$0")/.."
kind=${1:?usage: sanitize.sh address|thread}
shift
# Swift keeps what it allocates once for all types alive on purpose: leaks are not looked for.
export ASAN_OPTIONS=detect_leaks=0:abort_on_error=1
export TSAN_OPTIONS=halt_on_error=1:suppressions=$PWD/tools/thread-sanitizer-suppressions.txt
options=(--disable-testable-imports)
if [[ $kind == address ]]; then
  options+=(-Xcc "-march=native")
else
  # Built for any CPU, so that those code paths are tested too. The tests of the command limit the
  # sizes of its files and memory, which the thread sanitizer's own shadow memory does not survive.
  # Experiments are trainings in a row, whose threads are tested by those of TrainingTests.
  options+=(--skip CommandTests --skip ExperimentsTests)
fi
swift test -c release --sanitize "$kind" --scratch-path ".build-$kind" "${options[@]}" "$@"
