// SPDX-License-Identifier: Apache-2.0
#include "Outputs.h"

typedef struct ocelli_eight_sums {
  ocelli_four_sums low, high;
} ocelli_eight_sums;

#if defined(__ARM_NEON)
static inline __attribute__((always_inline)) ocelli_eight_sums add(
    ocelli_eight_sums sums, int16x8_t products) {
  sums.low = (ocelli_four_sums)vaddw_s16((int32x4_t)sums.low, vget_low_s16(products));
  sums.high = (ocelli_four_sums)vaddw_s16((int32x4_t)sums.high, vget_high_s16(products));
  return sums;
}

// 3×3 taps, unless weights are wide: of two products at a time, the sum fits into 16 bits if not
// both weights are −128.
typedef struct nine_taps {
  int8x8_t weights[9];
  intptr_t places[9];
} nine_taps;

static inline __attribute__((always_inline)) ocelli_eight_sums sum_nine(
    const nine_taps *taps, const int8_t *window, ocelli_eight_sums sums) {
  int16x8_t products = {0};
  OCELLI_EACH(tap, 9) {
    const int8x8_t x = vld1_s8(window + taps->places[tap]), y = taps->weights[tap];
    products = tap % 2 ? vmlal_s8(products, x, y) : vmull_s8(x, y);
    if (tap % 2 || tap == 8) sums = add(sums, products);
  }
  return sums;
}

static inline ocelli_eight_sums add_tap(
    ocelli_eight_sums sums, const int8_t *x, const int8_t *weights) {
  return add(sums, vmull_s8(vld1_s8(x), vld1_s8(weights)));
}
#else
static inline ocelli_eight_sums add_tap(
    ocelli_eight_sums sums, const int8_t *x, const int8_t *weights) {
  OCELLI_EACH(c, 4) {
    sums.low[c] += x[c] * weights[c];
    sums.high[c] += x[c + 4] * weights[c + 4];
  }
  return sums;
}
#endif

static inline ocelli_eight_sums sum_any(
    const ocelli_depthwise *depthwise, const int8_t *window, const int8_t *weights,
    ocelli_eight_sums sums) {
  for (intptr_t a = 0; a < depthwise->kernelRows; a++, window += depthwise->rowBytes) {
    const int8_t *x = window;
    for (intptr_t b = 0; b < depthwise->kernelColumns; b++, x += depthwise->columnBytes) {
      sums = add_tap(sums, x, weights);
      weights += 8;
    }
  }
  return sums;
}

// Writes the outputs, whose sums are SUM of what is read at `window`.
#define OCELLI_FOR_EACH_PIXEL(SUM)                                                           \
  for (intptr_t i = 0; i < depthwise->rows; i++) {                                           \
    const int8_t *window = depthwise->window + i * depthwise->pixelRowBytes;                 \
    int8_t *pixel = target + i * stage.rowBytes;                                             \
    for (intptr_t j = 0; j < columns; j++, window += pixelBytes) {                           \
      const ocelli_eight_sums sums = SUM;                                                    \
      const ocelli_eight_bytes bytes =                                                       \
          ocelli_outputs(sums.low, &low, sums.high, &high, &stage);                          \
      ocelli_write_eight(bytes, &stage, pixel);                                              \
      pixel += stage.pixelBytes;                                                             \
    }                                                                                        \
  }

void ocelli_depthwise_outputs(
    const ocelli_depthwise *depthwise, const int8_t *weights, const int32_t *bias,
    _Bool areWide, const ocelli_output *output, int8_t *target) {
  // In registers: what is written could be the memory behind a pointer.
  const ocelli_scale low = ocelli_load_scale(output, 0), high = ocelli_load_scale(output, 1);
  const ocelli_output stage = *output;
  const intptr_t columns = depthwise->columns, pixelBytes = depthwise->pixelBytes;
  ocelli_eight_sums start;
  __builtin_memcpy(&start, bias, sizeof start);
#if defined(__ARM_NEON)
  if (depthwise->kernelRows == 3 && depthwise->kernelColumns == 3 && !areWide) {
    nine_taps taps;
    OCELLI_EACH(tap, 9) {
      taps.weights[tap] = vld1_s8(weights + 8 * tap);
      taps.places[tap] = tap / 3 * depthwise->rowBytes + tap % 3 * depthwise->columnBytes;
    }
    OCELLI_FOR_EACH_PIXEL(sum_nine(&taps, window, start))
    return;
  }
#else
  (void)areWide;
#endif
  OCELLI_FOR_EACH_PIXEL(sum_any(depthwise, window, weights, start))
}
