// SPDX-License-Identifier: Apache-2.0
// Sums of products of bytes for CPUs whose registers are narrow: a register holds elements of one
// channel along the sum, and is added up at its end. What each function gives is the same integers
// everywhere.
#ifndef OCELLI_REDUCTION_TILES_H
#define OCELLI_REDUCTION_TILES_H

#include <stddef.h>
#include <stdint.h>

// Whether convolutions are computed so in this build.
#ifndef OCELLI_REDUCES
#if defined(__aarch64__) || defined(__ARM_NEON) || defined(__riscv)
#define OCELLI_REDUCES 1
#else
#define OCELLI_REDUCES 0
#endif
#endif

// Consecutive elements of a channel that weights are packed by for this CPU: 16 in panels of 4
// channels, or 4 in panels of 8 where it has the instruction SDOT.
enum { OCELLI_REDUCTION_LONG = 16, OCELLI_REDUCTION_SHORT = 4 };
int32_t ocelli_reduction_elements(void);

// What the pixels of a tile read: runs of `runBytes` activations, a multiple of 8, `runsPerRow` of
// them `columnBytes` apart, and so on in rows `rowBytes` apart. Pixel i is i · `pixelBytes`
// further.
typedef struct ocelli_reduction {
  const int8_t *window;
  intptr_t pixelBytes, runBytes, runCount, runsPerRow, columnBytes, rowBytes;
} ocelli_reduction;

// sums[i][c] = bias[c] + Σ activations of pixel i · weights of channel c, for `rows` pixels: 1, 2
// or 4 with 4 channels. In each run the weights of 16 elements of channel 0 come first, then those
// of channels 1 to 3, and so on; 8 elements may be left at the end. Unless `areWide`, no weight is
// −128: two products then fit into 16 bits.
void ocelli_reduce_long(
    const ocelli_reduction *reduction, const int8_t *weights, const int32_t *bias, int rows,
    _Bool areWide, int32_t *sums);

// The same for 1, 2, 4 or 8 pixels with 8 channels: the weights of 4 elements of channels 0 to 7,
// and so on.
void ocelli_reduce_short(
    const ocelli_reduction *reduction, const int8_t *weights, const int32_t *bias, int rows,
    int32_t *sums);

#endif
