// SPDX-License-Identifier: Apache-2.0
// Winograd's minimal filtering F(4×4, 3×3) in 16-bit integers (Lavin & Gray, arXiv:1509.09308),
// with factors in G and A so that neither has fractions.
#ifndef OCELLI_WINOGRAD_TILES_H
#define OCELLI_WINOGRAD_TILES_H

#include <stdint.h>

// Of how many registers of channels the product computes the sums at a time, and what its depth is
// a multiple of.
enum { OCELLI_WINOGRAD_VECTORS = 2, OCELLI_WINOGRAD_DEPTH = 8 };

// values[f · valueStride + c] = (Bᵀ (d − zeroPoint) B)[f] for d the 6×6 pixels of channel c; of 16
// channels or more.
void ocelli_winograd_input(
    const int8_t *pixels, intptr_t rowStride, intptr_t pixelStride, int32_t zeroPoint,
    intptr_t channels, int16_t *values, intptr_t valueStride);

// weights[f · stride] = (G w Gᵀ)[f] of the 3×3 weights at `taps`, whose rows and columns are so
// many bytes apart; G is 24 times the paper's.
void ocelli_winograd_weights(
    const int8_t *taps, intptr_t rowBytes, intptr_t columnBytes, int16_t *weights,
    intptr_t stride);

// sums[i][o] = Σ_k values[i · valueStride + k] · weights[k][o], modulo 2³², for `rows` tiles and
// two registers of channels. Weights of x86 are pairs, k and k + 1 in a lane.
void ocelli_winograd_product(
    const int16_t *values, intptr_t valueStride, const int16_t *weights, intptr_t depth,
    intptr_t rows, int32_t *sums);

// outputs[4 i + j] += y[i][j] for 16 registers of channels, where 576 y = Aᵀ m A and register f of
// m is at sums + f · stride; y is in -2²⁵ ..< 2²⁵.
void ocelli_winograd_output(const int32_t *sums, intptr_t stride, int32_t *outputs);

#endif
