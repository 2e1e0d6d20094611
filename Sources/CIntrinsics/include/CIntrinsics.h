// SPDX-License-Identifier: Apache-2.0
// What the compiler knows about the target CPU and Swift cannot ask: vector width and register
// count. Swift sees these as constants and as the type SIMD4, SIMD8 or SIMD16<Float>.
#ifndef OCELLI_INTRINSICS_H
#define OCELLI_INTRINSICS_H

#include <stdint.h>

#if defined(__AVX512VBMI__) && defined(__AVX512BW__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
#define OCELLI_VECTOR_FLOATS 16
#define OCELLI_VECTOR_REGISTERS 32
#elif defined(__AVX__)
#define OCELLI_VECTOR_FLOATS 8
#define OCELLI_VECTOR_REGISTERS 16
#elif defined(__aarch64__) || defined(OCELLI_NARROW)
#define OCELLI_VECTOR_FLOATS 4
#define OCELLI_VECTOR_REGISTERS 32
#else
#define OCELLI_VECTOR_FLOATS 4
#define OCELLI_VECTOR_REGISTERS 16
#endif

typedef float ocelli_float_vector __attribute__((ext_vector_type(OCELLI_VECTOR_FLOATS)));
typedef int32_t ocelli_int32_vector __attribute__((ext_vector_type(OCELLI_VECTOR_FLOATS)));

// Bytes in and out of 32-bit lanes; in Swift such conversions compile to loops over lanes.
typedef uint8_t ocelli_byte_vector
    __attribute__((ext_vector_type(OCELLI_VECTOR_FLOATS), aligned(1)));

static inline ocelli_int32_vector ocelli_load_bytes(const uint8_t *bytes) {
  return __builtin_convertvector(*(const ocelli_byte_vector *)bytes, ocelli_int32_vector);
}

static inline void ocelli_store_bytes(ocelli_int32_vector lanes, uint8_t *bytes) {
  *(ocelli_byte_vector *)bytes = __builtin_convertvector(lanes, ocelli_byte_vector);
}

// Signed bytes into 32-bit lanes.
typedef int8_t ocelli_signed_byte_vector
    __attribute__((ext_vector_type(OCELLI_VECTOR_FLOATS), aligned(1)));

static inline ocelli_int32_vector ocelli_load_signed_bytes(const int8_t *bytes) {
  return __builtin_convertvector(*(const ocelli_signed_byte_vector *)bytes, ocelli_int32_vector);
}

// The larger and the smaller of each pair of lanes; Swift compares integer vectors lane by lane.
static inline ocelli_int32_vector ocelli_maximum(ocelli_int32_vector x, ocelli_int32_vector y) {
  return __builtin_elementwise_max(x, y);
}

static inline ocelli_int32_vector ocelli_minimum(ocelli_int32_vector x, ocelli_int32_vector y) {
  return __builtin_elementwise_min(x, y);
}

// Between integer and float lanes; to an integer towards 0, from floats in the range of int32_t.
static inline ocelli_float_vector ocelli_to_floats(ocelli_int32_vector x) {
  return __builtin_convertvector(x, ocelli_float_vector);
}

static inline ocelli_int32_vector ocelli_truncate(ocelli_float_vector x) {
  return __builtin_convertvector(x, ocelli_int32_vector);
}

// y[i] = table[x[i]] for bytes; y may be x.
static inline void ocelli_lookup(
    const uint8_t *table, const uint8_t *x, uint8_t *y, int64_t count) {
  int64_t i = 0;
#if defined(__AVX512VBMI__) && defined(__AVX512BW__)
  __m512i first = _mm512_loadu_si512(table), second = _mm512_loadu_si512(table + 64);
  __m512i third = _mm512_loadu_si512(table + 128), fourth = _mm512_loadu_si512(table + 192);
  for (; i + 64 <= count; i += 64) {
    __m512i index = _mm512_loadu_si512(x + i);
    __m512i low = _mm512_permutex2var_epi8(first, index, second);
    __m512i high = _mm512_permutex2var_epi8(third, index, fourth);
    _mm512_storeu_si512(y + i, _mm512_mask_blend_epi8(_mm512_movepi8_mask(index), low, high));
  }
#endif
  for (; i < count; i++) y[i] = table[x[i]];
}

// Bytes that hold a bit a lane.
#define OCELLI_VECTOR_BIT_BYTES ((OCELLI_VECTOR_FLOATS + 7) / 8)
typedef _Bool ocelli_bit_vector __attribute__((ext_vector_type(OCELLI_VECTOR_FLOATS)));

// A bit for each lane: whether it is above 0.
static inline void ocelli_store_positive(ocelli_float_vector x, uint8_t *bits) {
  ocelli_bit_vector positive = __builtin_convertvector(x > 0.0f, ocelli_bit_vector);
  __builtin_memcpy(bits, &positive, OCELLI_VECTOR_BIT_BYTES);
}

// The lanes whose bit is set, the others 0.
static inline ocelli_float_vector ocelli_keep(ocelli_float_vector x, const uint8_t *bits) {
  ocelli_bit_vector kept;
  __builtin_memcpy(&kept, bits, OCELLI_VECTOR_BIT_BYTES);
  return __builtin_bit_cast(
      ocelli_float_vector,
      __builtin_bit_cast(ocelli_int32_vector, x) &
          -__builtin_convertvector(kept, ocelli_int32_vector));
}

// The square roots of all lanes, correctly rounded; Swift's squareRoot() of a vector calls sqrtf
// for each.
static inline ocelli_float_vector ocelli_square_root(ocelli_float_vector x) {
  return __builtin_elementwise_sqrt(x);
}

// Whether this CPU has the vectors that the build uses.
int ocelli_cpu_is_supported(void);

// x · y + z in all lanes, rounded once where the CPU can: Swift's addingProduct() of a vector is a
// loop over its lanes, which the optimiser puts together again only in part.
static inline ocelli_float_vector ocelli_multiply_add(
    ocelli_float_vector x, ocelli_float_vector y, ocelli_float_vector z) {
#if defined(__FMA__) || defined(__aarch64__) || defined(__ARM_FEATURE_FMA) || defined(__riscv_f)
  return __builtin_elementwise_fma(x, y, z);
#else
  return x * y + z;
#endif
}

// Asks for the cache line at `address`, which need not be readable; nothing is read.
static inline void ocelli_prefetch(const void *address) {
  __builtin_prefetch(address);
}

#include "IntegerTiles.h"

#include "IntegerIntrinsics.h"

#endif
