// SPDX-License-Identifier: Apache-2.0
#ifndef OCELLI_DEPTHWISE_TILES_H
#define OCELLI_DEPTHWISE_TILES_H

#include <stdint.h>

#include "OutputStage.h"

// What the outputs of a convolution read that filters each channel alone: pixel (i, j) at `window`
// + i · `pixelRowBytes` + j · `pixelBytes`, from there tap (a, b) at a · `rowBytes` + b ·
// `columnBytes`.
typedef struct ocelli_depthwise {
  const int8_t *window;
  intptr_t rows, columns, pixelRowBytes, pixelBytes;
  intptr_t kernelRows, kernelColumns, rowBytes, columnBytes;
} ocelli_depthwise;

// The outputs of 8 channels, from bias[c] + Σ activations · weights; those of a tap are next to
// each other. Unless `areWide`, no weight is −128. Of activations 8 are read at each tap, whatever
// `output.channels` is.
void ocelli_depthwise_outputs(
    const ocelli_depthwise *depthwise, const int8_t *weights, const int32_t *bias,
    _Bool areWide, const ocelli_output *output, int8_t *target);

#endif
