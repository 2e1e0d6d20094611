// SPDX-License-Identifier: Apache-2.0
// Instructions of the integer kernels. Every one has a portable body with the same result.
#ifndef OCELLI_INTEGER_INTRINSICS_H
#define OCELLI_INTEGER_INTRINSICS_H

// Part of CIntrinsics.h, which declares the vectors.
#include <string.h>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

// sums[i] + the products of four unsigned bytes with the four signed bytes of lane i.
static inline ocelli_int32_vector ocelli_dot(
    ocelli_int32_vector sums, ocelli_int32_vector bytes, ocelli_int32_vector weights) {
#if defined(__AVX512VNNI__) && OCELLI_VECTOR_FLOATS == 16
  return (ocelli_int32_vector)_mm512_dpbusd_epi32((__m512i)sums, (__m512i)bytes, (__m512i)weights);
#elif defined(__AVX512BW__) && OCELLI_VECTOR_FLOATS == 16
  __m512i x = (__m512i)bytes, w = (__m512i)weights;
  __m512i even = _mm512_madd_epi16(
      _mm512_and_si512(x, _mm512_set1_epi16(255)), _mm512_srai_epi16(_mm512_slli_epi16(w, 8), 8));
  __m512i odd = _mm512_madd_epi16(_mm512_srli_epi16(x, 8), _mm512_srai_epi16(w, 8));
  return sums + (ocelli_int32_vector)even + (ocelli_int32_vector)odd;
#elif defined(__AVX2__) && OCELLI_VECTOR_FLOATS == 8
  __m256i x = (__m256i)bytes, w = (__m256i)weights;
  __m256i even = _mm256_madd_epi16(
      _mm256_and_si256(x, _mm256_set1_epi16(255)), _mm256_srai_epi16(_mm256_slli_epi16(w, 8), 8));
  __m256i odd = _mm256_madd_epi16(_mm256_srli_epi16(x, 8), _mm256_srai_epi16(w, 8));
  return sums + (ocelli_int32_vector)even + (ocelli_int32_vector)odd;
#elif defined(__SSE2__) && OCELLI_VECTOR_FLOATS == 4
  __m128i x = (__m128i)bytes, w = (__m128i)weights;
  __m128i even = _mm_madd_epi16(
      _mm_and_si128(x, _mm_set1_epi16(255)), _mm_srai_epi16(_mm_slli_epi16(w, 8), 8));
  __m128i odd = _mm_madd_epi16(_mm_srli_epi16(x, 8), _mm_srai_epi16(w, 8));
  return sums + (ocelli_int32_vector)even + (ocelli_int32_vector)odd;
#else
  for (int shift = 0; shift < 32; shift += 8) {
    ocelli_int32_vector x = (bytes >> shift) & 255;
    ocelli_int32_vector w = (weights << (24 - shift)) >> 24;
    sums += x * w;
  }
  return sums;
#endif
}

// A vector whose lanes all hold the four bytes at `bytes`.
static inline ocelli_int32_vector ocelli_repeat(const void *bytes) {
  int32_t four;
  memcpy(&four, bytes, 4);
  return (ocelli_int32_vector)four;
}

// Lane i: the bytes number i at a, b, c and d, from the lowest to the highest.
static inline ocelli_int32_vector ocelli_interleave(
    const uint8_t *a, const uint8_t *b, const uint8_t *c, const uint8_t *d) {
  return ocelli_load_bytes(a) | ocelli_load_bytes(b) << 8 | ocelli_load_bytes(c) << 16 |
         ocelli_load_bytes(d) << 24;
}

// FixedPointMultiplier.apply in all lanes.
static inline ocelli_int32_vector ocelli_requantize(
    ocelli_int32_vector sums, ocelli_int32_vector multipliers, ocelli_int32_vector left_shifts,
    ocelli_int32_vector right_shifts) {
  ocelli_int32_vector x = sums << left_shifts, high;
#if defined(__AVX512F__) && OCELLI_VECTOR_FLOATS == 16
  __m512i half = _mm512_set1_epi64(1 << 30);
  __m512i even = _mm512_add_epi64(_mm512_mul_epi32((__m512i)x, (__m512i)multipliers), half);
  __m512i odd = _mm512_add_epi64(
      _mm512_mul_epi32(
          _mm512_srli_epi64((__m512i)x, 32), _mm512_srli_epi64((__m512i)multipliers, 32)),
      half);
  high = (ocelli_int32_vector)_mm512_mask_blend_epi32(
      0xAAAA, _mm512_srli_epi64(even, 31), _mm512_slli_epi64(odd, 1));
#else
  for (int i = 0; i < OCELLI_VECTOR_FLOATS; i++)
    high[i] = (int32_t)(((int64_t)x[i] * multipliers[i] + (1 << 30)) >> 31);
#endif
  ocelli_int32_vector mask = ((ocelli_int32_vector)1 << right_shifts) - 1;
  ocelli_int32_vector threshold = (mask >> 1) - (high >> 31);
  // A comparison that holds is −1.
  return (high >> right_shifts) - ((high & mask) > threshold);
}

// FixedPointMultiplier.applyRoundingOnce in all lanes.
static inline ocelli_int32_vector ocelli_requantize_once(
    ocelli_int32_vector sums, ocelli_int32_vector multipliers, ocelli_int32_vector left_shifts,
    ocelli_int32_vector right_shifts) {
  ocelli_int32_vector total = 31 - left_shifts + right_shifts;
#if defined(__AVX512F__) && OCELLI_VECTOR_FLOATS == 16
  __m512i x = (__m512i)sums, m = (__m512i)multipliers, one = _mm512_set1_epi64(1);
  __m512i even_total = _mm512_and_si512((__m512i)total, _mm512_set1_epi64(63));
  __m512i odd_total = _mm512_srli_epi64((__m512i)total, 32);
  __m512i even = _mm512_add_epi64(
      _mm512_mul_epi32(x, m), _mm512_sllv_epi64(one, _mm512_sub_epi64(even_total, one)));
  __m512i odd = _mm512_add_epi64(
      _mm512_mul_epi32(_mm512_srli_epi64(x, 32), _mm512_srli_epi64(m, 32)),
      _mm512_sllv_epi64(one, _mm512_sub_epi64(odd_total, one)));
  return (ocelli_int32_vector)_mm512_mask_blend_epi32(
      0xAAAA, _mm512_srav_epi64(even, even_total),
      _mm512_slli_epi64(_mm512_srav_epi64(odd, odd_total), 32));
#else
  for (int i = 0; i < OCELLI_VECTOR_FLOATS; i++)
    sums[i] = (int32_t)(((int64_t)sums[i] * multipliers[i] + ((int64_t)1 << (total[i] - 1))) >>
                        total[i]);
  return sums;
#endif
}

// Signed bytes as lanes.
static inline ocelli_int32_vector ocelli_load_int8(const int8_t *bytes) {
  typedef int8_t narrow_vector __attribute__((ext_vector_type(OCELLI_VECTOR_FLOATS), aligned(1)));
  return __builtin_convertvector(*(const narrow_vector *)bytes, ocelli_int32_vector);
}

// min(max(x, low), high), narrowed; the first `count` lanes are written.
static inline void ocelli_store_int8(
    ocelli_int32_vector x, int32_t low, int32_t high, int8_t *target, long count) {
  typedef int8_t narrow_vector __attribute__((ext_vector_type(OCELLI_VECTOR_FLOATS), aligned(1)));
  x = __builtin_elementwise_min(
      __builtin_elementwise_max(x, (ocelli_int32_vector)low), (ocelli_int32_vector)high);
  narrow_vector bytes = __builtin_convertvector(x, narrow_vector);
  if (count >= OCELLI_VECTOR_FLOATS)
    *(narrow_vector *)target = bytes;
  else
    memcpy(target, &bytes, (size_t)count);
}

#endif
