#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Kills a training run with SIGKILL at random moments, resumes it each time, and checks that its models, state and metrics
# end in the same bytes as those of an uninterrupted run.
#
# usage: kill-test.sh OCELLI [KILLS] [SEED]
set -euo pipefail

ocelli=${1:?usage: kill-test.sh OCELLI [KILLS] [SEED]}
kills=${2:-20}
RANDOM=${3:-1}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

"$ocelli" dataset scenes --output "$folder/scenes" --train 1500 --test 100 > /dev/null
# `exec`, so that a kill hits the run and not a shell around it.
run() {
  exec "$ocelli" train classifier --data "$folder/scenes" --output "$1" --epochs 6 --shift 2 \
    --cutout 8 --mixup 0.2 --averaging exponential --save-interval 0 --resume
}

start=$(date +%s%N)
(run "$folder/whole" > /dev/null)
milliseconds=$((($(date +%s%N) - start) / 1000000))

done=0
while [ "$done" -lt "$kills" ]; do
  run "$folder/killed" > /dev/null 2>&1 &
  pid=$!
  # Moments spread over the duration of a run, so that every part of it is hit.
  delay=$((RANDOM % (milliseconds / 3 + 1) + 20))
  sleep "$(printf '%d.%03d' $((delay / 1000)) $((delay % 1000)))"
  kill -9 "$pid" 2> /dev/null || true
  status=0
  wait "$pid" 2> /dev/null || status=$?
  if [ "$status" -eq 137 ]; then
    done=$((done + 1))
  elif [ "$status" -eq 0 ]; then
    # It ended before the kill: start again.
    cmp "$folder/whole/last.safetensors" "$folder/killed/last.safetensors"
    rm -rf "$folder/killed"
  else
    echo "a resumed run failed with $status" >&2
    exit 1
  fi
done
(run "$folder/killed" > /dev/null)

for file in last.safetensors best.safetensors metrics.jsonl; do
  cmp "$folder/whole/$file" "$folder/killed/$file"
done
if ls "$folder/killed" | grep '\.safetensors\.'; then
  echo "killed runs left temporary files" >&2
  exit 1
fi
echo "killed $kills times; every byte is the same"
