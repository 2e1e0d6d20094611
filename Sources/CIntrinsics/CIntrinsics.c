// SPDX-License-Identifier: Apache-2.0
#include "CIntrinsics.h"

#if defined(__AVX__)
#include <cpuid.h>

int ocelli_cpu_is_supported(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_AVX)) return 0;
#if defined(__FMA__)
  if (!(c & bit_FMA)) return 0;
#endif
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 0;
#if defined(__AVX2__)
  if (!(b & bit_AVX2)) return 0;
#endif
  // Those of the AVX-512 that the kernels ask the compiler for.
  unsigned base = 0, more = 0;
#if defined(__AVX512F__)
  base |= bit_AVX512F;
#endif
#if defined(__AVX512DQ__)
  base |= bit_AVX512DQ;
#endif
#if defined(__AVX512BW__)
  base |= bit_AVX512BW;
#endif
#if defined(__AVX512VL__)
  base |= bit_AVX512VL;
#endif
#if defined(__AVX512VBMI__)
  more |= bit_AVX512VBMI;
#endif
#if defined(__AVX512VNNI__)
  more |= bit_AVX512VNNI;
#endif
  if ((b & base) != base || (c & more) != more) return 0;
#if defined(__AVXVNNI__)
  if (!__get_cpuid_count(7, 1, &a, &b, &c, &d) || !(a & bit_AVXVNNI)) return 0;
#endif
  return 1;
}
#else
int ocelli_cpu_is_supported(void) { return 1; }
#endif
