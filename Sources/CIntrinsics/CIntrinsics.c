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
#if defined(__AVX512F__)
  if (!(b & bit_AVX512F)) return 0;
#endif
  return 1;
}
#else
int ocelli_cpu_is_supported(void) { return 1; }
#endif
