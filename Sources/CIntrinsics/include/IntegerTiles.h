// SPDX-License-Identifier: Apache-2.0
// The innermost loops of 8-bit convolutions that Swift cannot spell. Every function gives the same
// integers in every build.
#ifndef OCELLI_INTEGER_TILES_H
#define OCELLI_INTEGER_TILES_H

#include <stddef.h>
#include <stdint.h>

// Whether registers are narrow in this build, so that they hold elements of one channel's sum. The
// option -DOCELLI_NARROW makes a build for x86-64 that runs the portable loops: `make narrow` tests
// them.
#if defined(__aarch64__) || defined(__ARM_NEON) || defined(__riscv) || defined(OCELLI_NARROW)
#define OCELLI_REDUCES 1
#else
#define OCELLI_REDUCES 0
#endif

// MARK: - From sums to bytes

// How registers of four 32-bit sums become the 8-bit outputs of pixels:
//
//     y = clamp(R(sum) + zeroPoint, minimum, maximum)
//
// R is that of `ExactOutput`. Each register of channels has 24 integers of `scales`, as
// `Requantization.pack` writes them. Of each pixel the first `channels` are written; the next pixel
// is `pixelBytes` further, the next row `rowBytes`.
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

// MARK: - Convolutions across channels, in narrow registers

// Consecutive elements of a channel that weights are packed by: 16 in panels of 4 channels, or 4 in
// panels of 8 where the CPU has the instruction SDOT.
enum { OCELLI_REDUCTION_LONG = 16, OCELLI_REDUCTION_SHORT = 4 };

// Whether this CPU has SDOT. In a build with -DOCELLI_NARROW, whether the environment's variable of
// that name is 4: so one build tests both loops.
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

// MARK: - Depthwise convolutions, in narrow registers

// What outputs read: pixel (i, j) at `window` + i · `pixelRowBytes` + j · `pixelBytes`, from there
// tap (a, b) at a · `rowBytes` + b · `columnBytes`.
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

// MARK: - Winograd's filtering, in 16-bit integers

// Of how many registers of channels the product computes the sums at a time, and what its depth is
// a multiple of.
enum { OCELLI_WINOGRAD_VECTORS = 2, OCELLI_WINOGRAD_DEPTH = 8 };

// A register of 16-bit integers, one for each channel that is transformed at a time; a single
// integer where no instruction takes several lanes.
#if OCELLI_REDUCES && !defined(__ARM_NEON)
#define OCELLI_HAS_LANES 0
#define OCELLI_WORDS 1
typedef int16_t ocelli_words;
typedef int8_t ocelli_word_bytes;
#else
#define OCELLI_HAS_LANES 1
#if OCELLI_VECTOR_FLOATS >= 8
#define OCELLI_WORDS 16
#else
#define OCELLI_WORDS 8
#endif
typedef int16_t ocelli_words __attribute__((ext_vector_type(OCELLI_WORDS)));
typedef int8_t ocelli_word_bytes __attribute__((ext_vector_type(OCELLI_WORDS), aligned(1)));
#endif

// The bytes at `bytes`, less `offset`. In Swift the conversion compiles to a loop over the lanes.
static inline ocelli_words ocelli_load_words(const int8_t *bytes, int32_t offset) {
#if OCELLI_HAS_LANES
  return __builtin_convertvector(*(const ocelli_word_bytes *)bytes, ocelli_words) -
      (ocelli_words)(int16_t)offset;
#else
  return (int16_t)(*bytes - offset);
#endif
}

// sums[i][o] = Σ_k values[i · valueStride + k] · weights[k][o], modulo 2³², for `rows` tiles and
// two registers of channels. Weights of x86 are pairs, k and k + 1 in a lane.
void ocelli_winograd_product(
    const int16_t *values, intptr_t valueStride, const int16_t *weights, intptr_t depth,
    intptr_t rows, int32_t *sums);

#endif
