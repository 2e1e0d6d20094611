// SPDX-License-Identifier: Apache-2.0
#include "Outputs.h"

// Asks for the weights that the next point reads in as many products from here.
#define OCELLI_PREFETCH(weights)                                                             \
  __builtin_prefetch((weights) + 2 * OCELLI_VECTOR_FLOATS * depth);                          \
  __builtin_prefetch((weights) + 2 * OCELLI_VECTOR_FLOATS * depth + 32);

static inline __attribute__((always_inline)) void product(
    const int16_t *values, const intptr_t valueStride, const int16_t *weights,
    const intptr_t depth, const int rows, int32_t *sums) {
  ocelli_int32_vector sum[8][2];
  OCELLI_EACH(i, rows) sum[i][0] = sum[i][1] = 0;
#if defined(__ARM_NEON)
#if defined(__aarch64__)
#define OCELLI_ADD(x, e)                                                                     \
  sum[i][0] = vmlal_laneq_s16(sum[i][0], vget_low_s16(y), x, e);                             \
  sum[i][1] = vmlal_high_laneq_s16(sum[i][1], y, x, e);
#else
#define OCELLI_ADD(x, e)                                                                     \
  sum[i][0] = vmlal_lane_s16(                                                                \
      sum[i][0], vget_low_s16(y), e < 4 ? vget_low_s16(x) : vget_high_s16(x), e % 4);        \
  sum[i][1] = vmlal_lane_s16(                                                                \
      sum[i][1], vget_high_s16(y), e < 4 ? vget_low_s16(x) : vget_high_s16(x), e % 4);
#endif
#define OCELLI_STEP(e)                                                                       \
  {                                                                                          \
    const int16x8_t y = vld1q_s16(weights + 8 * (e));                                        \
    OCELLI_EACH(i, rows) { OCELLI_ADD(x[i], e) }                                             \
  }
  for (intptr_t k = 0; k < depth; k += 8, weights += 64) {
    OCELLI_PREFETCH(weights)
    int16x8_t x[8];
    OCELLI_EACH(i, rows) x[i] = vld1q_s16(values + i * valueStride + k);
    OCELLI_STEP(0) OCELLI_STEP(1) OCELLI_STEP(2) OCELLI_STEP(3)
    OCELLI_STEP(4) OCELLI_STEP(5) OCELLI_STEP(6) OCELLI_STEP(7)
  }
#elif OCELLI_REDUCES
  for (intptr_t k = 0; k < depth; k++, weights += 2 * OCELLI_VECTOR_FLOATS) {
    OCELLI_EACH(o, 2 * OCELLI_VECTOR_FLOATS) {
      const int32_t y = weights[o];
      OCELLI_EACH(i, rows) {
        // Unsigned: the sum may wrap around.
        uint32_t *lane = (uint32_t *)&sum[i][0] + o;
        *lane += (uint32_t)(values[i * valueStride + k] * y);
      }
    }
  }
#else
  for (intptr_t k = 0; k < depth; k += 2, weights += 4 * OCELLI_VECTOR_FLOATS) {
    OCELLI_PREFETCH(weights)
    const ocelli_int32_vector *y = (const ocelli_int32_vector *)weights;
    OCELLI_EACH(i, rows) {
      int32_t pair;
      __builtin_memcpy(&pair, values + i * valueStride + k, sizeof pair);
      sum[i][0] = ocelli_dot_words(sum[i][0], (ocelli_int32_vector)pair, y[0]);
      sum[i][1] = ocelli_dot_words(sum[i][1], (ocelli_int32_vector)pair, y[1]);
    }
  }
#endif
  OCELLI_EACH(i, rows) __builtin_memcpy(sums + 2 * i * OCELLI_VECTOR_FLOATS, sum[i], sizeof sum[i]);
}

// The most tiles whose sums stay in registers.
enum { largest = !OCELLI_HAS_LANES ? 2 : OCELLI_VECTOR_REGISTERS >= 32 ? 8 : 4 };

void ocelli_winograd_product(
    const int16_t *values, intptr_t valueStride, const int16_t *weights, intptr_t depth,
    intptr_t rows, int32_t *sums) {
  while (rows > 0) {
    intptr_t count = rows >= largest ? largest : rows >= 4 ? 4 : rows >= 2 ? 2 : 1;
    switch (count) {
      case 1: product(values, valueStride, weights, depth, 1, sums); break;
      case 2: product(values, valueStride, weights, depth, 2, sums); break;
#if OCELLI_HAS_LANES
      case 4: product(values, valueStride, weights, depth, 4, sums); break;
#if OCELLI_VECTOR_REGISTERS >= 32
      default: product(values, valueStride, weights, depth, 8, sums); break;
#endif
#endif
    }
    rows -= count;
    values += count * valueStride;
    sums += 2 * count * OCELLI_VECTOR_FLOATS;
  }
}

void ocelli_write_outputs(
    const int32_t *sums, intptr_t rows, intptr_t columns, const ocelli_output *output,
    int8_t *target) {
  const ocelli_four_sums *lanes = (const ocelli_four_sums *)sums;
  const ocelli_scale scale = ocelli_load_scale(output, 0);
  const ocelli_output stage = *output;
  for (intptr_t i = 0; i < rows; i++, lanes += 4, target += stage.rowBytes) {
    ocelli_eight_bytes pairs[2];
    OCELLI_EACH(pair, 2) pairs[pair] =
        ocelli_outputs(lanes[2 * pair], &scale, lanes[2 * pair + 1], &scale, &stage);
    OCELLI_EACH(j, 4) {
      if (j < columns)
        ocelli_write_four(pairs[j / 2], j % 2 * 4, &stage, target + j * stage.pixelBytes);
    }
  }
}
