// SPDX-License-Identifier: Apache-2.0
// The instructions of 8-bit convolutions. Every function has a portable body, which gives the same
// integers.
#ifndef OCELLI_INTEGER_INTRINSICS_H
#define OCELLI_INTEGER_INTRINSICS_H

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

// How many elements of activations and weights a 32-bit lane holds for ocelli_dot, and what is
// added to activations there: bytes that are unsigned, q + 128, with the instructions of VNNI; else
// 16-bit integers, q itself.
#if (OCELLI_VECTOR_FLOATS == 16 && defined(__AVX512VNNI__)) || \
    (OCELLI_VECTOR_FLOATS == 8 && defined(__AVXVNNI__))
#define OCELLI_DOT_ELEMENTS 4
#define OCELLI_DOT_OFFSET 128
#else
#define OCELLI_DOT_ELEMENTS 2
#define OCELLI_DOT_OFFSET 0
#endif

// sum + Σ x · y over the 16-bit integers of each lane, modulo 2³²: nothing saturates.
static inline ocelli_int32_vector ocelli_dot_words(
    ocelli_int32_vector sum, ocelli_int32_vector x, ocelli_int32_vector y) {
#if OCELLI_VECTOR_FLOATS == 16 && defined(__AVX512VNNI__)
  return (ocelli_int32_vector)_mm512_dpwssd_epi32((__m512i)sum, (__m512i)x, (__m512i)y);
#elif OCELLI_VECTOR_FLOATS == 16 && defined(__AVX512BW__)
  return sum + (ocelli_int32_vector)_mm512_madd_epi16((__m512i)x, (__m512i)y);
#elif OCELLI_VECTOR_FLOATS == 8 && defined(__AVXVNNI__)
  return (ocelli_int32_vector)_mm256_dpwssd_avx_epi32((__m256i)sum, (__m256i)x, (__m256i)y);
#elif OCELLI_VECTOR_FLOATS == 8 && defined(__AVX2__)
  return sum + (ocelli_int32_vector)_mm256_madd_epi16((__m256i)x, (__m256i)y);
#elif OCELLI_VECTOR_FLOATS == 4 && defined(__SSE2__)
  return sum + (ocelli_int32_vector)_mm_madd_epi16((__m128i)x, (__m128i)y);
#elif defined(__aarch64__)
  int16x8_t a = vreinterpretq_s16_s32((int32x4_t)x), b = vreinterpretq_s16_s32((int32x4_t)y);
  int32x4_t low = vmull_s16(vget_low_s16(a), vget_low_s16(b));
  return sum + (ocelli_int32_vector)vpaddq_s32(low, vmull_high_s16(a, b));
#else
  return sum + (x >> 16) * (y >> 16) + (x << 16 >> 16) * (y << 16 >> 16);
#endif
}

// sum + Σ activations · weights over the elements of each lane. Nothing saturates.
static inline ocelli_int32_vector ocelli_dot(
    ocelli_int32_vector sum, ocelli_int32_vector activations, ocelli_int32_vector weights) {
#if OCELLI_VECTOR_FLOATS == 16 && defined(__AVX512VNNI__)
  return (ocelli_int32_vector)_mm512_dpbusd_epi32(
      (__m512i)sum, (__m512i)activations, (__m512i)weights);
#elif OCELLI_VECTOR_FLOATS == 8 && defined(__AVXVNNI__)
  return (ocelli_int32_vector)_mm256_dpbusd_avx_epi32(
      (__m256i)sum, (__m256i)activations, (__m256i)weights);
#else
  return ocelli_dot_words(sum, activations, weights);
#endif
}

typedef int64_t ocelli_int64_vector __attribute__((ext_vector_type(OCELLI_VECTOR_FLOATS)));

// ⌊(x · multiplier + 2³⁰) / 2³¹⌋ in all lanes; not for −2³¹ · −2³¹.
static inline ocelli_int32_vector ocelli_rounded_high_product(
    ocelli_int32_vector x, ocelli_int32_vector multiplier) {
#if OCELLI_VECTOR_FLOATS == 16
  const __m512i half = _mm512_set1_epi64(1 << 30);
  __m512i even = _mm512_mul_epi32((__m512i)x, (__m512i)multiplier);
  __m512i odd = _mm512_mul_epi32(
      _mm512_srli_epi64((__m512i)x, 32), _mm512_srli_epi64((__m512i)multiplier, 32));
  even = _mm512_srli_epi64(_mm512_add_epi64(even, half), 31);
  odd = _mm512_slli_epi64(_mm512_add_epi64(odd, half), 1);
  return (ocelli_int32_vector)_mm512_mask_blend_epi32(0xAAAA, even, odd);
#else
  ocelli_int64_vector product = __builtin_convertvector(x, ocelli_int64_vector) *
      __builtin_convertvector(multiplier, ocelli_int64_vector);
  return __builtin_convertvector((product + (1 << 30)) >> 31, ocelli_int32_vector);
#endif
}

// ⌊(x · multiplier + 2^(total − 1)) / 2^total⌋ in all lanes, for a total in 1 ... 62.
static inline ocelli_int32_vector ocelli_product_rounded_once(
    ocelli_int32_vector x, ocelli_int32_vector multiplier, ocelli_int32_vector total) {
  ocelli_int64_vector shift = __builtin_convertvector(total, ocelli_int64_vector);
  ocelli_int64_vector product = __builtin_convertvector(x, ocelli_int64_vector) *
      __builtin_convertvector(multiplier, ocelli_int64_vector);
  return __builtin_convertvector(
      (product + ((ocelli_int64_vector)1 << (shift - 1))) >> shift, ocelli_int32_vector);
}

// x · 2^count in all lanes, which must not overflow.
static inline ocelli_int32_vector ocelli_shift_left(
    ocelli_int32_vector x, ocelli_int32_vector count) {
  return x << count;
}

// ⌊x / 2^count⌋ in all lanes.
static inline ocelli_int32_vector ocelli_shift_right(
    ocelli_int32_vector x, ocelli_int32_vector count) {
  return x >> count;
}

// ⌊x / 2^count⌋ of the lanes as unsigned integers.
static inline ocelli_int32_vector ocelli_shift_right_unsigned(
    ocelli_int32_vector x, int32_t count) {
  typedef uint32_t lanes __attribute__((ext_vector_type(OCELLI_VECTOR_FLOATS)));
  return __builtin_bit_cast(ocelli_int32_vector, __builtin_bit_cast(lanes, x) >> count);
}

// 1 in the lanes that are negative, but 0 where `limit` is 0; `limit` is 0 or 1.
static inline ocelli_int32_vector ocelli_sign_bit(
    ocelli_int32_vector x, ocelli_int32_vector limit) {
  return (x >> 31) & limit;
}

// Each lane within `low`...`high`.
static inline ocelli_int32_vector ocelli_clamp(
    ocelli_int32_vector x, ocelli_int32_vector low, ocelli_int32_vector high) {
  return __builtin_elementwise_max(__builtin_elementwise_min(x, high), low);
}

// The magnitudes of `magnitude`, which are not negative, with the signs of `sign`.
static inline ocelli_float_vector ocelli_with_signs(
    ocelli_float_vector magnitude, ocelli_int32_vector sign) {
  return __builtin_bit_cast(
      ocelli_float_vector,
      __builtin_bit_cast(ocelli_int32_vector, magnitude) | (sign & INT32_MIN));
}

// The nearest integers of lanes whose magnitude is below 2³¹.
static inline ocelli_int32_vector ocelli_nearest(ocelli_float_vector x) {
#if OCELLI_VECTOR_FLOATS == 16
  return (ocelli_int32_vector)_mm512_cvtps_epi32((__m512)x);
#elif OCELLI_VECTOR_FLOATS == 8
  return (ocelli_int32_vector)_mm256_cvtps_epi32((__m256)x);
#elif defined(__SSE2__) || defined(__aarch64__)
  return __builtin_convertvector(__builtin_elementwise_rint(x), ocelli_int32_vector);
#else
  // Without an instruction that rounds: halves go away from 0, which nothing relies on.
  ocelli_int32_vector half = __builtin_bit_cast(ocelli_int32_vector, x) & INT32_MIN;
  half |= __builtin_bit_cast(int32_t, 0.5f);
  return __builtin_convertvector(
      x + __builtin_bit_cast(ocelli_float_vector, half), ocelli_int32_vector);
#endif
}

// The larger of `distance` and how far x is from its nearest integer, lane by lane.
static inline ocelli_float_vector ocelli_farther(
    ocelli_float_vector distance, ocelli_float_vector x) {
#if OCELLI_VECTOR_FLOATS == 16 && defined(__AVX512DQ__)
  // 0: to nearest, nothing after the point; 11: the larger magnitude.
  return (ocelli_float_vector)_mm512_range_ps(
      (__m512)distance, _mm512_reduce_ps((__m512)x, 0), 11);
#else
  ocelli_float_vector nearest = __builtin_convertvector(ocelli_nearest(x), ocelli_float_vector);
  return __builtin_elementwise_max(distance, __builtin_elementwise_abs(x - nearest));
#endif
}

// Whether any lane is `limit` or more.
static inline _Bool ocelli_any_reaches(ocelli_float_vector x, float limit) {
#if OCELLI_VECTOR_FLOATS == 16
  return _mm512_cmp_ps_mask((__m512)x, _mm512_set1_ps(limit), _CMP_GE_OQ) != 0;
#elif OCELLI_VECTOR_FLOATS == 8
  return _mm256_movemask_ps(_mm256_cmp_ps((__m256)x, _mm256_set1_ps(limit), _CMP_GE_OQ)) != 0;
#else
  return __builtin_reduce_max(x) >= limit;
#endif
}

// Writes the first `count` bytes of a register of lanes.
static inline void ocelli_store_first_bytes(
    ocelli_byte_vector low, intptr_t count, int8_t *bytes) {
  if (count >= OCELLI_VECTOR_FLOATS) {
    __builtin_memcpy(bytes, &low, OCELLI_VECTOR_FLOATS);
    return;
  }
#if OCELLI_VECTOR_FLOATS == 16 && defined(__AVX512BW__) && defined(__AVX512VL__)
  _mm_mask_storeu_epi8(bytes, (__mmask16)((1u << count) - 1), __builtin_bit_cast(__m128i, low));
#else
  int8_t all[OCELLI_VECTOR_FLOATS];
  __builtin_memcpy(all, &low, OCELLI_VECTOR_FLOATS);
  for (intptr_t lane = 0; lane < count; lane++) bytes[lane] = all[lane];
#endif
}

// Writes the low bytes of the first `count` lanes.
static inline void ocelli_store_low_bytes(
    ocelli_int32_vector lanes, intptr_t count, int8_t *bytes) {
  ocelli_store_first_bytes(__builtin_convertvector(lanes, ocelli_byte_vector), count, bytes);
}

// Writes the first `count` lanes, clamped to what a byte holds.
static inline void ocelli_store_saturated_bytes(
    ocelli_int32_vector lanes, intptr_t count, int8_t *bytes) {
#if OCELLI_VECTOR_FLOATS == 16
  ocelli_byte_vector low = (ocelli_byte_vector)_mm512_cvtsepi32_epi8((__m512i)lanes);
#elif OCELLI_VECTOR_FLOATS == 8 && defined(__AVX2__)
  __m128i words = _mm_packs_epi32(
      _mm256_castsi256_si128((__m256i)lanes), _mm256_extracti128_si256((__m256i)lanes, 1));
  ocelli_byte_vector low;
  _mm_storel_epi64((__m128i *)&low, _mm_packs_epi16(words, words));
#else
  ocelli_byte_vector low = __builtin_convertvector(
      ocelli_clamp(lanes, (ocelli_int32_vector)-128, (ocelli_int32_vector)127),
      ocelli_byte_vector);
#endif
  ocelli_store_first_bytes(low, count, bytes);
}

// Byte i is byte order[i] of the register at `source`.
#if OCELLI_VECTOR_FLOATS == 16 && defined(__AVX512VBMI__)
#define OCELLI_PERMUTES_BYTES 1
#else
#define OCELLI_PERMUTES_BYTES 0
#endif
static inline ocelli_int32_vector ocelli_permute_bytes(
    ocelli_int32_vector order, const int8_t *source) {
#if OCELLI_PERMUTES_BYTES
  return (ocelli_int32_vector)_mm512_permutexvar_epi8(
      (__m512i)order, _mm512_loadu_si512(source));
#else
  uint8_t places[4 * OCELLI_VECTOR_FLOATS], result[4 * OCELLI_VECTOR_FLOATS];
  __builtin_memcpy(places, &order, sizeof places);
  for (int i = 0; i < 4 * OCELLI_VECTOR_FLOATS; i++) result[i] = (uint8_t)source[places[i]];
  __builtin_memcpy(&order, result, sizeof order);
  return order;
#endif
}

// An activation as ocelli_dot takes it.
#if OCELLI_REDUCES
typedef int8_t ocelli_dot_activation;
typedef int16_t ocelli_dot_weight;
#elif OCELLI_DOT_ELEMENTS == 4
typedef uint8_t ocelli_dot_activation;
typedef int8_t ocelli_dot_weight;
#else
typedef int16_t ocelli_dot_activation;
typedef int16_t ocelli_dot_weight;
#endif

// Copies `count` activations into the form that ocelli_dot takes.
static inline void ocelli_widen_activations(
    const int8_t *source, intptr_t count, ocelli_dot_activation *target) {
  for (intptr_t i = 0; i < count; i++)
    target[i] = (ocelli_dot_activation)(source[i] + OCELLI_DOT_OFFSET);
}

#endif
