// SPDX-License-Identifier: Apache-2.0
// The way from sums to bytes that IntegerTiles.h describes, for loops whose sums are still in
// registers.
#ifndef OCELLI_OUTPUTS_H
#define OCELLI_OUTPUTS_H

#include "CIntrinsics.h"

#if defined(__ARM_NEON)
#include <arm_neon.h>
#endif

// A loop of a few rounds, all spelled out: registers have no indices.
#define OCELLI_EACH(i, count) _Pragma("clang loop unroll(full)") for (int i = 0; i < (count); i++)

typedef int32_t ocelli_four_sums __attribute__((ext_vector_type(4)));
typedef int8_t ocelli_eight_bytes __attribute__((ext_vector_type(8)));

// Factors of a register of channels: `scales` in registers.
typedef struct ocelli_scale {
  ocelli_four_sums multiplier, left, right, mask;
} ocelli_scale;

// Those of register `index` of an output's channels.
static inline __attribute__((always_inline)) ocelli_scale ocelli_load_scale(
    const ocelli_output *output, const int index) {
  ocelli_scale scale;
  __builtin_memcpy(&scale, output->scales + 24 * index, sizeof scale);
  return scale;
}

#if defined(__ARM_NEON)
static inline __attribute__((always_inline)) int32x4_t ocelli_rounded(
    ocelli_four_sums sums, const ocelli_scale *scale, const ocelli_output *output) {
  const int32x4_t multiplier = (int32x4_t)scale->multiplier, left = (int32x4_t)scale->left;
  const int32x4_t right = (int32x4_t)scale->right;
  int32x4_t sum = (int32x4_t)sums;
  if (__builtin_expect(output->roundsOnce, 0)) {
    const int32x4_t total = vsubq_s32(vaddq_s32(left, right), vdupq_n_s32(31));
    const int64x2_t low = vrshlq_s64(
        vmull_s32(vget_low_s32(sum), vget_low_s32(multiplier)), vmovl_s32(vget_low_s32(total)));
    const int64x2_t high = vrshlq_s64(
        vmull_s32(vget_high_s32(sum), vget_high_s32(multiplier)),
        vmovl_s32(vget_high_s32(total)));
    return vcombine_s32(vmovn_s64(low), vmovn_s64(high));
  }
  sum = vqrdmulhq_s32(vshlq_s32(sum, left), multiplier);
  // Halves go away from 0: of negative numbers, 1 is subtracted before they are shifted.
  const int32x4_t mask = (int32x4_t)scale->mask;
  return vrshlq_s32(vsraq_n_s32(sum, vandq_s32(sum, mask), 31), right);
}
#else
static inline __attribute__((always_inline)) int64_t ocelli_rounded(
    int64_t sum, const ocelli_scale *scale, const int lane, const ocelli_output *output) {
  const int32_t left = scale->left[lane], right = -scale->right[lane];
  const int64_t multiplier = scale->multiplier[lane], one = 1;
  if (output->roundsOnce) {
    const int32_t total = 31 - left + right;
    return (sum * multiplier + (one << (total - 1))) >> total;
  }
  const int64_t high = (sum * (one << left) * multiplier + (one << 30)) >> 31;
  return right > 0 ? (high - (high < 0) + (one << (right - 1))) >> right : high;
}
#endif

// The outputs of two registers.
static inline __attribute__((always_inline)) ocelli_eight_bytes ocelli_outputs(
    ocelli_four_sums first, const ocelli_scale *firstScale, ocelli_four_sums second,
    const ocelli_scale *secondScale, const ocelli_output *output) {
#if defined(__ARM_NEON)
  const int16x8_t rounded = vcombine_s16(
      vqmovn_s32(ocelli_rounded(first, firstScale, output)),
      vqmovn_s32(ocelli_rounded(second, secondScale, output)));
  const int8x8_t moved =
      vqmovn_s16(vqaddq_s16(rounded, vdupq_n_s16((int16_t)output->zeroPoint)));
  return (ocelli_eight_bytes)vmin_s8(
      vmax_s8(moved, vdup_n_s8((int8_t)output->minimum)), vdup_n_s8((int8_t)output->maximum));
#else
  ocelli_eight_bytes bytes;
  OCELLI_EACH(lane, 8) {
    int64_t y = lane < 4 ? ocelli_rounded(first[lane], firstScale, lane, output)
                         : ocelli_rounded(second[lane - 4], secondScale, lane - 4, output);
    y += output->zeroPoint;
    y = y < output->minimum ? output->minimum : y > output->maximum ? output->maximum : y;
    bytes[lane] = (int8_t)y;
  }
  return bytes;
#endif
}

static __attribute__((noinline)) void ocelli_write_some(
    ocelli_eight_bytes bytes, intptr_t first, intptr_t count, int8_t *target) {
  int8_t all[8];
  __builtin_memcpy(all, &bytes, sizeof all);
  for (intptr_t i = 0; i < count; i++) target[i] = all[first + i];
}

// Writes the four channels of a pixel, from byte 0 or 4 on, or the first `channels` of them.
static inline __attribute__((always_inline)) void ocelli_write_four(
    ocelli_eight_bytes bytes, const int first, const ocelli_output *output, int8_t *target) {
  if (output->channels < 4) return ocelli_write_some(bytes, first, output->channels, target);
  typedef int32_t halves __attribute__((ext_vector_type(2)));
  const int32_t four = ((halves)bytes)[first / 4];
  __builtin_memcpy(target, &four, sizeof four);
}

// Writes the eight channels of a pixel, or the first `channels` of them.
static inline __attribute__((always_inline)) void ocelli_write_eight(
    ocelli_eight_bytes bytes, const ocelli_output *output, int8_t *target) {
  if (output->channels < 8) return ocelli_write_some(bytes, 0, output->channels, target);
  __builtin_memcpy(target, &bytes, sizeof bytes);
}

#endif
