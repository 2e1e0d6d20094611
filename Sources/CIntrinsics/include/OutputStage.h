// SPDX-License-Identifier: Apache-2.0
#ifndef OCELLI_OUTPUT_STAGE_H
#define OCELLI_OUTPUT_STAGE_H

#include <stdint.h>

// How registers of four 32-bit sums become the 8-bit outputs of pixels:
//
//     y = clamp(R(sum) + zeroPoint, minimum, maximum)
//
// R is that of `ExactOutput`. Each register of channels has 24 integers of `scales`, as
// `Requantization.pack` writes them. Of each pixel the first `channels` are written; the next is
// `pixelBytes` further, the next row of them `rowBytes`.
typedef struct ocelli_output {
  const int32_t *scales;
  int32_t zeroPoint, minimum, maximum;
  _Bool roundsOnce;
  intptr_t channels, pixelBytes, rowBytes;
} ocelli_output;

// Writes 4 channels of `rows` × `columns` pixels, at most 4 × 4; sums[4 i + j] is a register.
void ocelli_write_outputs(
    const int32_t *sums, intptr_t rows, intptr_t columns, const ocelli_output *output,
    int8_t *target);

#endif
