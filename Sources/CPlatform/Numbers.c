// SPDX-License-Identifier: Apache-2.0
// Numbers to text and back, as printf and strtof have them, in less code than a C library's, which
// a static executable has to bring with it.
#include "CPlatform.h"

#include <math.h>
#include <string.h>

// A non-negative integer, its low 32 bits first: 2¹⁰²⁴ · 10¹⁷ fits, and 2⁵³ · 10³⁴⁵.
enum { limbCount = 40, decimalCapacity = 400 };
typedef struct {
  uint32_t limbs[limbCount];
} big_integer;

static void multiply(big_integer *x, uint32_t factor) {
  uint64_t carry = 0;
  for (int i = 0; i < limbCount; i++) {
    carry += (uint64_t)x->limbs[i] * factor;
    x->limbs[i] = (uint32_t)carry;
    carry >>= 32;
  }
}

static uint32_t divide(big_integer *x, uint32_t divisor) {
  uint64_t rest = 0;
  for (int i = limbCount - 1; i >= 0; i--) {
    rest = rest << 32 | x->limbs[i];
    x->limbs[i] = (uint32_t)(rest / divisor);
    rest %= divisor;
  }
  return (uint32_t)rest;
}

static int is_zero(const big_integer *x) {
  for (int i = 0; i < limbCount; i++)
    if (x->limbs[i] != 0) return 0;
  return 1;
}

// The integer nearest to value · 10^power, of two the even one, in decimal digits from the last to
// the first. Returns how many; none for 0.
static int scaled_digits(double value, int power, char *digits) {
  int exponent;
  uint64_t mantissa = (uint64_t)ldexp(frexp(value, &exponent), 53);
  // Two bits more than wanted are computed, and whether any behind them is set.
  exponent -= 53 - 2;
  big_integer x = {{(uint32_t)mantissa, (uint32_t)(mantissa >> 32)}};
  int isInexact = 0;
  for (int i = 0; i < power; i++) multiply(&x, 10);
  for (int i = 0; i < exponent; i += 16)
    multiply(&x, 1u << (exponent - i < 16 ? exponent - i : 16));
  for (int i = 0; i > exponent && !is_zero(&x); i -= 16)
    isInexact |= divide(&x, 1u << (i - exponent < 16 ? i - exponent : 16)) != 0;
  for (int i = 0; i > power && !is_zero(&x); i--) isInexact |= divide(&x, 10) != 0;
  uint32_t rest = divide(&x, 4);
  if (rest == 3 || (rest == 2 && (isInexact || (x.limbs[0] & 1)))) {
    for (int i = 0; i < limbCount && ++x.limbs[i] == 0; i++) {}
  }
  int count = 0;
  while (!is_zero(&x)) digits[count++] = (char)('0' + divide(&x, 10));
  return count;
}

typedef struct {
  char text[decimalCapacity];
  int count;
} decimal;

static void append(decimal *target, char character) {
  if (target->count < decimalCapacity) target->text[target->count++] = character;
}

// `count` digits, the last first, with a point in front of the last `behind` of them.
static void append_digits(decimal *target, const char *digits, int count, int behind) {
  for (int i = count > behind ? count - 1 : behind; i >= 0; i--) {
    append(target, i < count ? digits[i] : '0');
    if (i == behind && behind > 0) append(target, '.');
  }
}

static void strip_zeros(decimal *target) {
  if (memchr(target->text, '.', (size_t)target->count) == NULL) return;
  while (target->text[target->count - 1] == '0') target->count--;
  if (target->text[target->count - 1] == '.') target->count--;
}

// The digits that count alone, and of numbers far from 1 a power of ten.
static void append_significant(decimal *target, double value, int count) {
  char digits[decimalCapacity];
  int exponent, found;
  frexp(value, &exponent);
  int power = value == 0 ? 0 : (exponent - 1) * 1233 >> 12;
  // That is the logarithm, or one less; and rounding may make one digit more.
  while ((found = scaled_digits(value, count - 1 - power, digits)) > count) power++;
  if (value != 0 && found < count) found = scaled_digits(value, count - 1 - --power, digits);
  int isPlain = power >= -4 && power < count;
  append_digits(target, digits, found, isPlain ? count - 1 - power : count - 1);
  strip_zeros(target);
  if (isPlain) return;
  append(target, 'e');
  append(target, power < 0 ? '-' : '+');
  int size = power < 0 ? -power : power;
  if (size >= 100) append(target, (char)('0' + size / 100));
  append(target, (char)('0' + size / 10 % 10));
  append(target, (char)('0' + size % 10));
}

intptr_t ocelli_number_text(
    double value, int32_t digits, _Bool areSignificant, char *text, intptr_t capacity) {
  decimal result = {.count = 0};
  if (signbit(value)) append(&result, '-');
  value = fabs(value);
  if (!isfinite(value)) {
    for (const char *name = isnan(value) ? "nan" : "inf"; *name != 0; name++)
      append(&result, *name);
  } else if (areSignificant) {
    append_significant(&result, value, digits < 1 ? 1 : digits > 17 ? 17 : digits);
  } else {
    char all[decimalCapacity];
    int behind = digits < 0 ? 0 : digits > 17 ? 17 : digits;
    append_digits(&result, all, scaled_digits(value, behind, all), behind);
  }
  if (result.count > capacity) result.count = (int)capacity;
  memcpy(text, result.text, (size_t)result.count);
  return result.count;
}

static const char *skip_digits(const char *text, double *value, int *count) {
  for (; *text >= '0' && *text <= '9'; text++, ++*count) *value = 10 * *value + (*text - '0');
  return text;
}

_Bool ocelli_parse_float(const char *text, float *value) {
  double sign = *text == '-' ? -1 : 1, number = 0, power = 0;
  int count = 0, behind = 0, powerCount = 0;
  if (*text == '-' || *text == '+') text++;
  text = skip_digits(text, &number, &count);
  if (*text == '.') text = skip_digits(text + 1, &number, &behind);
  if (count + behind == 0) return 0;
  if (*text == 'e' || *text == 'E') {
    double powerSign = text[1] == '-' ? -1 : 1;
    text = skip_digits(text + 1 + (text[1] == '-' || text[1] == '+'), &power, &powerCount);
    if (powerCount == 0) return 0;
    power *= powerSign;
  }
  if (*text != 0) return 0;
  // Of the numbers that people write, both factors are exact, and the result is the nearest.
  power -= behind;
  double scale = 1;
  for (double left = fabs(power); left > 0 && left < 400; left--) scale *= 10;
  if (fabs(power) >= 400) scale = INFINITY;
  *value = (float)(sign * (number == 0 ? 0 : power < 0 ? number / scale : number * scale));
  return 1;
}
