// SPDX-License-Identifier: Apache-2.0
#include "Outputs.h"

#if defined(OCELLI_NARROW)
#include <stdlib.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

_Bool ocelli_has_byte_dot(void) {
#if defined(OCELLI_NARROW)
  const char *elements = getenv("OCELLI_NARROW");
  return elements != NULL && elements[0] == '4';
#elif defined(__ARM_FEATURE_DOTPROD)
  return 1;
#elif defined(__aarch64__) && defined(__linux__)
  // HWCAP_ASIMDDP
  return getauxval(AT_HWCAP) >> 20 & 1;
#else
  return 0;
#endif
}

// Calls BODY with the activations of each run.
#define OCELLI_FOR_EACH_RUN(BODY)                                                            \
  const int8_t *row = reduction->window;                                                     \
  for (intptr_t left = reduction->runCount; left > 0; left -= reduction->runsPerRow) {       \
    const int8_t *run = row;                                                                 \
    for (intptr_t column = 0; column < reduction->runsPerRow; column++) {                    \
      BODY                                                                                   \
      run += reduction->columnBytes;                                                         \
    }                                                                                        \
    row += reduction->rowBytes;                                                              \
  }

// Writes `count` of `rows` pixels, one register each.
static inline __attribute__((always_inline)) void write_long(
    const ocelli_four_sums sums[4], const int rows, intptr_t count, const ocelli_output *output,
    int8_t *target) {
  const ocelli_scale scale = ocelli_load_scale(output, 0);
  ocelli_eight_bytes pairs[2];
  OCELLI_EACH(pair, (rows + 1) / 2) {
    const int i = 2 * pair, next = i + 1 < rows ? i + 1 : i;
    pairs[pair] = ocelli_outputs(sums[i], &scale, sums[next], &scale, output);
  }
  OCELLI_EACH(i, rows) {
    // Of the largest tiles the last pixel may be one too many.
    if (i < 3 || i < count)
      ocelli_write_four(pairs[i / 2], i % 2 * 4, output, target + i * output->pixelBytes);
  }
}

#if defined(__ARM_NEON)
// sum + Σ x · y, in lanes: SMULL, SMLAL, SADALP. Of two products at a time, the sum fits into 16
// bits unless both weights are −128.
static inline __attribute__((always_inline)) int32x4_t add_long(
    int32x4_t sum, int8x16_t x, int8x16_t y, _Bool areWide) {
  int16x8_t products = vmull_s8(vget_low_s8(x), vget_low_s8(y));
  if (areWide) {
    sum = vpadalq_s16(sum, products);
    products = vmull_s8(vget_high_s8(x), vget_high_s8(y));
  } else {
    products = vmlal_s8(products, vget_high_s8(x), vget_high_s8(y));
  }
  return vpadalq_s16(sum, products);
}

// The lanes of each register added up.
static inline __attribute__((always_inline)) int32x4_t add_up(const int32x4_t sum[4]) {
#if defined(__aarch64__)
  return vpaddq_s32(vpaddq_s32(sum[0], sum[1]), vpaddq_s32(sum[2], sum[3]));
#else
  int32x2_t half[4];
  OCELLI_EACH(c, 4) half[c] = vpadd_s32(vget_low_s32(sum[c]), vget_high_s32(sum[c]));
  return vcombine_s32(vpadd_s32(half[0], half[1]), vpadd_s32(half[2], half[3]));
#endif
}

static inline __attribute__((always_inline)) void reduce_long(
    const ocelli_reduction *reduction, const int8_t *weights, const int32_t *bias,
    const _Bool areWide, const int rows, intptr_t count, const ocelli_output *output,
    int8_t *target) {
  int32x4_t sum[4][4];
  OCELLI_EACH(i, rows)
    OCELLI_EACH(c, 4) sum[i][c] = vdupq_n_s32(0);
  const intptr_t runBytes = reduction->runBytes;
  intptr_t pixels[4];
  OCELLI_EACH(i, rows) {
    pixels[i] = i * reduction->pixelBytes;
    __asm__("" : "+r"(pixels[i]));
  }
  OCELLI_FOR_EACH_RUN(
    intptr_t k = 0;
    for (; k + 16 <= runBytes; k += 16) {
      int8x16_t x[4];
      OCELLI_EACH(i, rows) x[i] = vld1q_s8(run + k + pixels[i]);
      OCELLI_EACH(c, 4) {
        int8x16_t y = vld1q_s8(weights + 16 * c);
        OCELLI_EACH(i, rows) sum[i][c] = add_long(sum[i][c], x[i], y, areWide);
      }
      weights += 64;
    }
    if (k < runBytes) {
      int8x8_t x[4];
      OCELLI_EACH(i, rows) x[i] = vld1_s8(run + k + pixels[i]);
      OCELLI_EACH(c, 4) {
        int8x8_t y = vld1_s8(weights + 8 * c);
        OCELLI_EACH(i, rows) sum[i][c] = vpadalq_s16(sum[i][c], vmull_s8(x[i], y));
      }
      weights += 32;
    })
  ocelli_four_sums totals[4];
  OCELLI_EACH(i, rows) {
    totals[i] = (ocelli_four_sums)vaddq_s32(add_up(sum[i]), vld1q_s32(bias));
  }
  write_long(totals, rows, count, output, target);
}
#else
static inline __attribute__((always_inline)) void reduce_long(
    const ocelli_reduction *reduction, const int8_t *weights, const int32_t *bias,
    const _Bool areWide, const int rows, intptr_t count, const ocelli_output *output,
    int8_t *target) {
  (void)areWide;
  ocelli_four_sums sum[4];
  OCELLI_EACH(i, rows)
    OCELLI_EACH(c, 4) sum[i][c] = bias[c];
  const intptr_t runBytes = reduction->runBytes, pixelBytes = reduction->pixelBytes;
  OCELLI_FOR_EACH_RUN(
    for (intptr_t k = 0; k < runBytes; k += 16) {
      const intptr_t elements = runBytes - k < 16 ? runBytes - k : 16;
      for (intptr_t e = 0; e < elements; e++) {
        int32_t y[4];
        OCELLI_EACH(c, 4) y[c] = weights[elements * c + e];
        OCELLI_EACH(i, rows) {
          const int32_t x = run[i * pixelBytes + k + e];
          OCELLI_EACH(c, 4) sum[i][c] += x * y[c];
        }
      }
      weights += 4 * elements;
    })
  write_long(sum, rows, count, output, target);
}
#endif

// The most pixels whose sums stay in registers.
#if defined(__aarch64__)
enum { largest = 4 };
#else
enum { largest = 2 };
#endif

void ocelli_reduce_long(
    const ocelli_reduction *reduction, const int8_t *weights, const int32_t *bias,
    _Bool areWide, intptr_t pixels, const ocelli_output *output, int8_t *target) {
  ocelli_reduction tile = *reduction;
  while (pixels > 0) {
    // A height that is nearly used up costs less than two smaller ones. Wide weights are rare:
    // models of TensorFlow Lite have none.
    const intptr_t rows = areWide ? 1 : largest == 4 && pixels >= 3 ? 4 : pixels >= 2 ? 2 : 1;
    if (areWide) {
      reduce_long(&tile, weights, bias, 1, 1, pixels, output, target);
    } else if (rows == 1) {
      reduce_long(&tile, weights, bias, 0, 1, pixels, output, target);
    } else if (largest == 2 || rows == 2) {
      reduce_long(&tile, weights, bias, 0, 2, pixels, output, target);
    } else {
      reduce_long(&tile, weights, bias, 0, largest, pixels, output, target);
    }
    pixels -= rows;
    tile.window += rows * tile.pixelBytes;
    target += rows * output->pixelBytes;
  }
}

#if defined(__aarch64__)
static inline __attribute__((always_inline, target("dotprod"))) void reduce_short(
    const ocelli_reduction *reduction, const int8_t *weights, const int32_t *bias, const int rows,
    intptr_t count, const ocelli_output *output, int8_t *target) {
  int32x4_t sum[8][2];
  OCELLI_EACH(i, rows)
    OCELLI_EACH(c, 2) sum[i][c] = vld1q_s32(bias + 4 * c);
  const intptr_t runBytes = reduction->runBytes;
  intptr_t pixels[8];
  OCELLI_EACH(i, rows) {
    pixels[i] = i * reduction->pixelBytes;
    // Kept in a register: else the compiler adds them up one by one in the loop.
    __asm__("" : "+r"(pixels[i]));
  }
#define OCELLI_ADD_SHORT(DOT, LANE)                                                          \
  {                                                                                          \
    int8x16_t y0 = vld1q_s8(weights), y1 = vld1q_s8(weights + 16);                           \
    weights += 32;                                                                           \
    OCELLI_EACH(i, rows) {                                                                   \
      sum[i][0] = DOT(sum[i][0], y0, x[i], LANE);                                            \
      sum[i][1] = DOT(sum[i][1], y1, x[i], LANE);                                            \
    }                                                                                        \
  }
  OCELLI_FOR_EACH_RUN(
    intptr_t k = 0;
    for (; k + 16 <= runBytes; k += 16) {
      int8x16_t x[8];
      OCELLI_EACH(i, rows) x[i] = vld1q_s8(run + k + pixels[i]);
      OCELLI_ADD_SHORT(vdotq_laneq_s32, 0)
      OCELLI_ADD_SHORT(vdotq_laneq_s32, 1)
      OCELLI_ADD_SHORT(vdotq_laneq_s32, 2)
      OCELLI_ADD_SHORT(vdotq_laneq_s32, 3)
    }
    if (k < runBytes) {
      int8x8_t x[8];
      OCELLI_EACH(i, rows) x[i] = vld1_s8(run + k + pixels[i]);
      OCELLI_ADD_SHORT(vdotq_lane_s32, 0)
      OCELLI_ADD_SHORT(vdotq_lane_s32, 1)
    })
  const ocelli_scale low = ocelli_load_scale(output, 0), high = ocelli_load_scale(output, 1);
  ocelli_eight_bytes bytes[8];
  OCELLI_EACH(i, rows) bytes[i] = ocelli_outputs(
      (ocelli_four_sums)sum[i][0], &low, (ocelli_four_sums)sum[i][1], &high, output);
  OCELLI_EACH(i, rows) {
    if (i < count) ocelli_write_eight(bytes[i], output, target + i * output->pixelBytes);
  }
}

__attribute__((target("dotprod"))) void ocelli_reduce_short(
    const ocelli_reduction *reduction, const int8_t *weights, const int32_t *bias,
    intptr_t pixels, const ocelli_output *output, int8_t *target) {
  ocelli_reduction tile = *reduction;
  while (pixels > 0) {
    const intptr_t rows = pixels >= 7 ? 8 : pixels >= 3 ? 4 : pixels;
    switch (rows) {
      case 1: reduce_short(&tile, weights, bias, 1, pixels, output, target); break;
      case 2: reduce_short(&tile, weights, bias, 2, pixels, output, target); break;
      case 4: reduce_short(&tile, weights, bias, 4, pixels, output, target); break;
      default: reduce_short(&tile, weights, bias, 8, pixels, output, target); break;
    }
    pixels -= rows;
    tile.window += rows * tile.pixelBytes;
    target += rows * output->pixelBytes;
  }
}
#else
void ocelli_reduce_short(
    const ocelli_reduction *reduction, const int8_t *weights, const int32_t *bias,
    intptr_t pixels, const ocelli_output *output, int8_t *target) {
  const ocelli_scale low = ocelli_load_scale(output, 0), high = ocelli_load_scale(output, 1);
  for (intptr_t i = 0; i < pixels; i++) {
    const int8_t *next = weights;
    ocelli_four_sums sum[2];
    for (int c = 0; c < 8; c++) sum[c / 4][c % 4] = bias[c];
    OCELLI_FOR_EACH_RUN(
      for (intptr_t k = 0; k < reduction->runBytes; k += 4, next += 32)
        for (int c = 0; c < 8; c++)
          for (int e = 0; e < 4; e++)
            sum[c / 4][c % 4] += run[i * reduction->pixelBytes + k + e] * next[4 * c + e];)
    const ocelli_eight_bytes bytes = ocelli_outputs(sum[0], &low, sum[1], &high, output);
    ocelli_write_eight(bytes, output, target + i * output->pixelBytes);
  }
}
#endif
