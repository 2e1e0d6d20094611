// SPDX-License-Identifier: Apache-2.0
#include "CIntrinsics.h"

#include "Outputs.h"
#include "Unroll.h"

// Whether there is an instruction for several lanes.
#if !OCELLI_REDUCES || defined(__ARM_NEON)
#define OCELLI_HAS_LANES 1
#else
#define OCELLI_HAS_LANES 0
#endif

// Channels whose input is transformed at a time.
enum { width = !OCELLI_HAS_LANES ? 1 : OCELLI_VECTOR_FLOATS >= 8 ? 16 : 8 };
typedef int16_t words __attribute__((ext_vector_type(width), aligned(2)));
typedef int8_t bytes __attribute__((ext_vector_type(width), aligned(1)));

// y = Bᵀ x; every sum fits into 16 bits.
static inline __attribute__((always_inline)) void transform(const words x[6], words y[6]) {
  const words even = x[4] - (x[2] << 2), odd = x[3] - (x[1] << 2);
  const words outer = x[4] - x[2], inner = (x[3] - x[1]) << 1;
  y[0] = ((x[0] - x[2]) << 2) + outer;
  y[1] = even + odd;
  y[2] = even - odd;
  y[3] = outer + inner;
  y[4] = outer - inner;
  y[5] = ((x[1] - x[3]) << 2) + x[5] - x[3];
}

void ocelli_winograd_input(
    const int8_t *pixels, intptr_t rowStride, intptr_t pixelStride, int32_t zeroPoint,
    intptr_t channels, int16_t *values, intptr_t valueStride) {
  const words zero = (words)(int16_t)zeroPoint;
  const intptr_t last = channels - width;
  for (intptr_t c = 0; c < channels; c += width) {
    // The last ones overlap with those before.
    if (c > last) c = last;
    words columns[6][6];
    OCELLI_EACH(j, 6) {
      words x[6];
      OCELLI_EACH(i, 6) {
        const int8_t *source = pixels + i * rowStride + j * pixelStride + c;
        x[i] = __builtin_convertvector(*(const bytes *)source, words) - zero;
      }
      transform(x, columns[j]);
    }
    OCELLI_EACH(i, 6) {
      words x[6], y[6];
      OCELLI_EACH(j, 6) x[j] = columns[j][i];
      transform(x, y);
      OCELLI_EACH(j, 6) *(words *)(values + (6 * i + j) * valueStride + c) = y[j];
    }
  }
}

// y = G x
static inline __attribute__((always_inline)) void transform_weights(
    const int32_t x[3], int32_t y[6]) {
  const int32_t even = x[0] + x[2], quarter = x[0] + 4 * x[2];
  y[0] = 6 * x[0];
  y[1] = -4 * (even + x[1]);
  y[2] = -4 * (even - x[1]);
  y[3] = quarter + 2 * x[1];
  y[4] = quarter - 2 * x[1];
  y[5] = 6 * x[2];
}

void ocelli_winograd_weights(
    const int8_t *taps, intptr_t rowBytes, intptr_t columnBytes, int16_t *weights,
    intptr_t stride) {
  int32_t rows[3][6];
  OCELLI_EACH(a, 3) {
    const int8_t *row = taps + a * rowBytes;
    const int32_t x[3] = {row[0], row[columnBytes], row[2 * columnBytes]};
    transform_weights(x, rows[a]);
  }
  for (int j = 0; j < 6; j++) {
    const int32_t x[3] = {rows[0][j], rows[1][j], rows[2][j]};
    int32_t y[6];
    transform_weights(x, y);
    OCELLI_EACH(i, 6) weights[(6 * i + j) * stride] = (int16_t)y[i];
  }
}

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

// y = Aᵀ m
static inline __attribute__((always_inline)) void transform_sums(
    const ocelli_int32_vector m[6], ocelli_int32_vector y[4]) {
  const ocelli_int32_vector even = m[1] + m[2], odd = m[1] - m[2];
  const ocelli_int32_vector outerEven = m[3] + m[4], outerOdd = m[3] - m[4];
  y[0] = m[0] + even + outerEven;
  y[1] = odd + (outerOdd << 1);
  y[2] = even + (outerEven << 2);
  y[3] = odd + (outerOdd << 3) + (m[5] << 2);
}

void ocelli_winograd_output(const int32_t *sums, intptr_t stride, int32_t *outputs) {
  ocelli_int32_vector columns[6][4];
  OCELLI_EACH(j, 6) {
    ocelli_int32_vector m[6];
    OCELLI_EACH(i, 6) m[i] = *(const ocelli_int32_vector *)(sums + (6 * i + j) * stride);
    transform_sums(m, columns[j]);
  }
  OCELLI_EACH(i, 4) {
    ocelli_int32_vector m[6], y[4];
    OCELLI_EACH(j, 6) m[j] = columns[j][i];
    transform_sums(m, y);
    OCELLI_EACH(j, 4) {
      ocelli_int32_vector *output = (ocelli_int32_vector *)outputs + 4 * i + j;
      // 9 · 954437177 = 1 modulo 2³², so this is 64 y.
      *output += y[j] * 954437177 >> 6;
    }
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
