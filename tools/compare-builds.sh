#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs two builds of `ocelli` with the same commands and compares all files that they write, byte for byte.
#
#   tools/compare-builds.sh OLD NEW [FOLDER]
#
# A build whose files are in the folder already is not run again.
#
# Covered, on 1 and on 3 threads: scenes, three epochs of each architecture, all enhancers, quantisation-aware
# training, quantisation, packing for every CPU, explanations, assessments, experiments and their reports.
# Takes about two minutes a build on two cores. For changes that must not change a result.
set -euo pipefail
[ $# -ge 2 ] || { sed -n '4,11s/^# \{0,1\}//p' "$0" >&2; exit 64; }
old=$(realpath "$1") new=$(realpath "$2")
folder=${3:-build/compare-builds}
weights=$(realpath "$(dirname "$0")/../weights")

# Everything with the command $ocelli on $threads threads, in the current folder.
record() {
  local degrade=dull=0.5,blur=0.8,noise=0.05,jpeg=40 run
  run="--data scenes --epochs 3 --batch 16 --threads $threads --save-interval 1000"
  "$ocelli" dataset scenes --output scenes --train 240 --test 80 --threads "$threads"
  "$ocelli" dataset scenes --output degraded --train 40 --test 20 --degrade $degrade --seed 3
  "$ocelli" dataset pack scenes --output scenes.safetensors
  "$ocelli" dataset info scenes --json > info.json
  "$ocelli" train classifier $run --output small-cnn
  "$ocelli" train classifier $run --output resnet8 --architecture resnet8 --mixup 0.2 --jitter 0.2
  "$ocelli" train classifier $run --output mobilenet --architecture mobilenet-v1 --width 0.25 --cutout 6
  "$ocelli" train classifier $run --output vgg16 --architecture vgg16 --width 0.125 --normalized --dense-units 32
  "$ocelli" train classifier $run --output speed-run --recipe speed-run --width 0.25
  "$ocelli" train classifier $run --output sgd --optimizer sgd --schedule cosine --averaging exponential --crop 0.8
  local classifier=small-cnn/best.safetensors
  "$ocelli" train enhancer $run --degrade $degrade --classifier $classifier --output unet --width 8 --depth 2
  "$ocelli" train enhancer $run --degrade $degrade --classifier $classifier --output residual --width 4 --depth 2 \
    --head bounded:0.3 --upsampling bilinear --reconstruction 1 --total-variation 0.1
  "$ocelli" train enhancer $run --degrade $degrade --classifier resnet8/best.safetensors --output own \
    --architecture 'own(2-2)' --width 4 --unsupervised
  "$ocelli" train classifier $run --initial $classifier --quantization-aware --output rounded
  local enhancer=unet/enhance/best.safetensors name
  for name in small-cnn resnet8 mobilenet vgg16 speed-run sgd; do
    "$ocelli" quantize $name/best.safetensors --data scenes --threads "$threads" --output $name.tflite \
      --json > $name-quantize.json
    "$ocelli" quantize $name/best.safetensors --type float16 --output $name-float16.tflite
    "$ocelli" model info $name.tflite --json > $name-info.json
  done
  "$ocelli" quantize rounded/best.safetensors --output rounded.tflite
  "$ocelli" quantize $enhancer --data scenes --degrade $degrade --threads "$threads" --output unet.tflite
  "$ocelli" train enhancer $run --degrade $degrade --classifier rounded.tflite --output of-integers --width 4 --depth 1
  for name in x86-64 x86-64-v3 x86-64-v3-vnni x86-64-v4 x86-64-v4-vnni arm64 arm64-dotprod armv7 riscv64; do
    "$ocelli" model pack small-cnn.tflite --cpu $name --output packed-$name.tflite
    "$ocelli" model pack "$weights/classifier-cifar10-int8-v1.tflite" --cpu $name --output cifar10-$name.tflite
  done
  "$ocelli" evaluate --data scenes --degrade $degrade --classifier $classifier --enhancer $enhancer --json \
    --per-class --picture enhanced.png --threads "$threads" > evaluate.json
  "$ocelli" evaluate --data scenes --degrade $degrade --classifier small-cnn.tflite --enhancer unet.tflite \
    --threads "$threads" > evaluate.txt
  "$ocelli" classify scenes/test --model small-cnn.tflite --checksum --json --threads "$threads" > classify.json
  "$ocelli" classify scenes/test/star --model $classifier --enhancer $enhancer --save-enhanced enhanced > classify.txt
  "$ocelli" explain scenes/test/star --degrade $degrade --classifier $classifier --enhancer $enhancer \
    --method grad-cam lime integrated-gradients occlusion guided-backpropagation --samples 100 --internals pool2 \
    --threads "$threads" --output explained > explain.txt
  "$ocelli" assess --classifier $classifier --data scenes --enhancer $enhancer --degrade $degrade \
    --transfer resnet8/best.safetensors --output assessed --threads "$threads" > assess.txt
  "$ocelli" experiment scenes --epochs 0.2 --scale 0.25 --seeds 1 --threads "$threads" --output experiment \
    > experiment.txt
  "$ocelli" report experiment --assessment assessed/assessment.json --output report.html
}

for threads in 1 3; do
  for build in old new; do
    place=$folder/$build-$threads
    [ ! -e "$place/done" ] || continue
    rm -rf "$place" && mkdir -p "$place"
    ocelli=${!build}
    # In the background, since `set -e` is off in what stands before `||`.
    (cd "$place" && record) > "$place.log" 2>&1 &
    wait $! || { tail -n 5 "$place.log" >&2; exit 1; }
    touch "$place/done"
  done
done

# These hold times, which no two runs share.
failed=0
for threads in 1 3; do
  diff -rq -x time.json -x times.json -x 'events.out.*' -x report.html -x experiment.txt \
    "$folder/old-$threads" "$folder/new-$threads" || failed=1
done
[ $failed = 0 ] && echo "All $(find "$folder/new-1" -type f | wc -l) files are equal, on 1 and on 3 threads."
exit $failed
