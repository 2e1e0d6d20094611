// SPDX-License-Identifier: Apache-2.0
// Sums of products of bytes for CPUs whose registers are narrow: a register holds elements of one
// channel along the sum, and is added up at its end. What each function gives is the same integers
// everywhere.
#ifndef OCELLI_REDUCTION_TILES_H
#define OCELLI_REDUCTION_TILES_H

#include <stddef.h>
#include <stdint.h>

#include "OutputStage.h"

// Whether convolutions are computed so in this build. Of a build for x86-64 without more, the
// option -DOCELLI_NARROW makes one that tests the portable loops.
#if defined(__aarch64__) || defined(__ARM_NEON) || defined(__riscv) || defined(OCELLI_NARROW)
#define OCELLI_REDUCES 1
#else
#define OCELLI_REDUCES 0
#endif

// Consecutive elements of a channel that weights are packed by: 16 in panels of 4 channels, or 4 in
// panels of 8 where the CPU has the instruction SDOT.
enum { OCELLI_REDUCTION_LONG = 16, OCELLI_REDUCTION_SHORT = 4 };
_Bool ocelli_has_byte_dot(void);

// What pixels read: runs of `runBytes` activations, a multiple of 8, `runsPerRow` of them
// `columnBytes` apart, and so on in rows `rowBytes` apart. Pixel i is i · `pixelBytes` further.
typedef struct ocelli_reduction {
  const int8_t *window;
  intptr_t pixelBytes, runBytes, runCount, runsPerRow, columnBytes, rowBytes;
} ocelli_reduction;

// The outputs of `pixels` pixels in 4 channels, from bias[c] + Σ activations of pixel i · weights
// of channel c. In each run the weights of 16 elements of channel 0 come first, then those of
// channels 1 to 3, and so on; 8 elements may be left at the end. Unless `areWide`, no weight is
// −128: two products then fit into 16 bits. What some pixels behind the last read must be there.
void ocelli_reduce_long(
    const ocelli_reduction *reduction, const int8_t *weights, const int32_t *bias,
    _Bool areWide, intptr_t pixels, const ocelli_output *output, int8_t *target);

// The same in 8 channels: the weights of 4 elements of channels 0 to 7, and so on.
void ocelli_reduce_short(
    const ocelli_reduction *reduction, const int8_t *weights, const int32_t *bias,
    intptr_t pixels, const ocelli_output *output, int8_t *target);

#endif
