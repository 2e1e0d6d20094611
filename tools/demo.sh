#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Ocelli in under four minutes: draws scenes, trains a classifier on clean ones, shows how it fails on degraded
# ones, trains an enhancer in front of it, and prints the gain.
#
# usage: demo.sh OCELLI [FOLDER]
set -euo pipefail

ocelli=${1:?usage: demo.sh OCELLI [FOLDER]}
folder=${2:-build/demo}
degradation=dull=0.3,blur=0.4,noise=0.02,jpeg=70

rm -rf "$folder"
mkdir -p "$folder"

echo "1. Scenes: ten kinds of objects, mostly on the background of their kind"
"$ocelli" dataset scenes --output "$folder/scenes" --train 4000 --test 2000 --correlation 0.5

echo "2. A classifier, trained on clean scenes, then frozen"
"$ocelli" train classifier --data "$folder/scenes" --output "$folder/classifier" --epochs 10

echo "3. An enhancer that learns to reproduce degraded scenes, then to make the classifier right"
"$ocelli" train enhancer --data "$folder/scenes" --degrade "$degradation" \
  --classifier "$folder/classifier/best.safetensors" --output "$folder/enhancer" \
  --reconstruct-epochs 5 --epochs 15

echo "4. Clean scenes: the classifier alone"
"$ocelli" evaluate --data "$folder/scenes" --classifier "$folder/classifier/best.safetensors" \
  --part both

echo "5. Degraded scenes ($degradation): alone, and behind the enhancer"
"$ocelli" evaluate --data "$folder/scenes" --degrade "$degradation" \
  --classifier "$folder/classifier/best.safetensors" \
  --enhancer "$folder/enhancer/enhance/best.safetensors" --part both \
  --picture "$folder/enhanced.png"
