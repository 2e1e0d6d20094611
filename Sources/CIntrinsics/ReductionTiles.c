// SPDX-License-Identifier: Apache-2.0
#include "ReductionTiles.h"

#include "Unroll.h"

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

int32_t ocelli_reduction_elements(void) {
#if !OCELLI_REDUCES
  return 0;
#elif defined(__ARM_FEATURE_DOTPROD)
  return OCELLI_REDUCTION_SHORT;
#elif defined(__aarch64__) && defined(__linux__)
  // HWCAP_ASIMDDP
  return getauxval(AT_HWCAP) & (1 << 20) ? OCELLI_REDUCTION_SHORT : OCELLI_REDUCTION_LONG;
#else
  return OCELLI_REDUCTION_LONG;
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

#if defined(__ARM_NEON)
#include <arm_neon.h>

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

static inline __attribute__((always_inline)) int32x2_t add_up(int32x4_t sum) {
  return vpadd_s32(vget_low_s32(sum), vget_high_s32(sum));
}

static inline __attribute__((always_inline)) void reduce_long(
    const ocelli_reduction *reduction, const int8_t *weights, const int32_t *bias, const int rows,
    const _Bool areWide, int32_t *sums) {
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
  OCELLI_EACH(i, rows) {
    int32x4_t total = vcombine_s32(
        vpadd_s32(add_up(sum[i][0]), add_up(sum[i][1])),
        vpadd_s32(add_up(sum[i][2]), add_up(sum[i][3])));
    vst1q_s32(sums + 4 * i, vaddq_s32(total, vld1q_s32(bias)));
  }
}
#else
static inline __attribute__((always_inline)) void reduce_long(
    const ocelli_reduction *reduction, const int8_t *weights, const int32_t *bias, const int rows,
    const _Bool areWide, int32_t *sums) {
  (void)areWide;
  int32_t sum[4][4];
  OCELLI_EACH(i, rows)
    OCELLI_EACH(c, 4) sum[i][c] = bias[c];
  const intptr_t runBytes = reduction->runBytes, pixelBytes = reduction->pixelBytes;
  OCELLI_FOR_EACH_RUN(
    for (intptr_t k = 0; k < runBytes; k += 16) {
      const intptr_t count = runBytes - k < 16 ? runBytes - k : 16;
      for (intptr_t e = 0; e < count; e++) {
        int32_t y[4];
        OCELLI_EACH(c, 4) y[c] = weights[count * c + e];
        OCELLI_EACH(i, rows) {
          const int32_t x = run[i * pixelBytes + k + e];
          OCELLI_EACH(c, 4) sum[i][c] += x * y[c];
        }
      }
      weights += 4 * count;
    })
  OCELLI_EACH(i, rows)
    OCELLI_EACH(c, 4) sums[4 * i + c] = sum[i][c];
}
#endif

void ocelli_reduce_long(
    const ocelli_reduction *reduction, const int8_t *weights, const int32_t *bias, int rows,
    _Bool areWide, int32_t *sums) {
  if (areWide) {
    // Rare: models of TensorFlow Lite have no such weights.
    for (ocelli_reduction pixel = *reduction; rows > 0; rows--, sums += 4) {
      reduce_long(&pixel, weights, bias, 1, 1, sums);
      pixel.window += pixel.pixelBytes;
    }
    return;
  }
  switch (rows) {
    case 1: return reduce_long(reduction, weights, bias, 1, 0, sums);
#if !defined(__aarch64__)
    // Other CPUs have registers for the sums of two pixels.
    case 4: {
      ocelli_reduction lower = *reduction;
      lower.window += 2 * lower.pixelBytes;
      ocelli_reduce_long(&lower, weights, bias, 2, 0, sums + 8);
    }
    // fallthrough
    default: return reduce_long(reduction, weights, bias, 2, 0, sums);
#else
    case 2: return reduce_long(reduction, weights, bias, 2, 0, sums);
    default: return reduce_long(reduction, weights, bias, 4, 0, sums);
#endif
  }
}

#if defined(__aarch64__)
static inline __attribute__((always_inline, target("dotprod"))) void reduce_short(
    const ocelli_reduction *reduction, const int8_t *weights, const int32_t *bias, const int rows,
    int32_t *sums) {
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
    OCELLI_EACH(i, rows) {                                                         \
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
  OCELLI_EACH(i, rows)
    OCELLI_EACH(c, 2) vst1q_s32(sums + 8 * i + 4 * c, sum[i][c]);
}

__attribute__((target("dotprod"))) void ocelli_reduce_short(
    const ocelli_reduction *reduction, const int8_t *weights, const int32_t *bias, int rows,
    int32_t *sums) {
  switch (rows) {
    case 1: return reduce_short(reduction, weights, bias, 1, sums);
    case 2: return reduce_short(reduction, weights, bias, 2, sums);
    case 4: return reduce_short(reduction, weights, bias, 4, sums);
    default: return reduce_short(reduction, weights, bias, 8, sums);
  }
}
#else
void ocelli_reduce_short(
    const ocelli_reduction *reduction, const int8_t *weights, const int32_t *bias, int rows,
    int32_t *sums) {
  for (int i = 0; i < rows; i++) {
    const int8_t *next = weights;
    for (int c = 0; c < 8; c++) sums[8 * i + c] = bias[c];
    OCELLI_FOR_EACH_RUN(
      for (intptr_t k = 0; k < reduction->runBytes; k += 4, next += 32)
        for (int c = 0; c < 8; c++)
          for (int e = 0; e < 4; e++)
            sums[8 * i + c] += run[i * reduction->pixelBytes + k + e] * next[4 * c + e];)
  }
}
#endif
