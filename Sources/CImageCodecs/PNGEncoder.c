// SPDX-License-Identifier: Apache-2.0
// Writes PNG files of 8 bits: of all that libpng can write, these few chunks are what is needed.
// Source: www.w3.org/TR/png-3
#include "Limits.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

// The file as far as it is written; after a failure `bytes` is NULL.
typedef struct {
  uint8_t *bytes;
  size_t byteCount, capacity;
} png_file;

static void append(png_file *file, const void *bytes, size_t count) {
  if (file->bytes == NULL || count == 0) return;
  if (count > file->capacity - file->byteCount) {
    size_t capacity = 2 * file->capacity + count;
    uint8_t *larger = realloc(file->bytes, capacity);
    if (larger == NULL) free(file->bytes);
    file->bytes = larger;
    file->capacity = capacity;
    if (larger == NULL) return;
  }
  memcpy(file->bytes + file->byteCount, bytes, count);
  file->byteCount += count;
}

static void store_number(uint8_t bytes[4], uint32_t number) {
  for (int i = 0; i < 4; i++) bytes[i] = (uint8_t)(number >> (24 - 8 * i));
}

static void append_number(png_file *file, uint32_t number) {
  uint8_t bytes[4];
  store_number(bytes, number);
  append(file, bytes, 4);
}

static void append_chunk(png_file *file, const char *type, const uint8_t *bytes, size_t count) {
  append_number(file, (uint32_t)count);
  append(file, type, 4);
  append(file, bytes, count);
  uLong sum = crc32(0, (const Bytef *)type, 4);
  if (count > 0) sum = crc32(sum, bytes, (uInt)count);
  append_number(file, (uint32_t)sum);
}

static int paeth(int left, int up, int corner) {
  int estimate = left + up - corner;
  int a = abs(estimate - left), b = abs(estimate - up), c = abs(estimate - corner);
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

// Writes `row` less what filter `type` predicts; returns how far from 0 that is in all. Above the
// first row all is 0.
static long filter(
    int type, const uint8_t *row, const uint8_t *above, size_t count, size_t channels,
    uint8_t *target) {
  long size = 0;
  target[0] = (uint8_t)type;
  for (size_t i = 0; i < count; i++) {
    int left = i < channels ? 0 : row[i - channels], up = above == NULL ? 0 : above[i];
    int corner = i < channels || above == NULL ? 0 : above[i - channels];
    int predicted = type == 0 ? 0
        : type == 1           ? left
        : type == 2           ? up
        : type == 3           ? (left + up) / 2
                              : paeth(left, up, corner);
    target[i + 1] = (uint8_t)(row[i] - predicted);
    size += abs((int8_t)target[i + 1]);
  }
  return size;
}

// Compresses the rows, each by the filter that leaves the least.
static void append_pixels(
    png_file *file, z_stream *stream, const uint8_t *pixels, ocelli_image_header header,
    uint8_t *filtered, uint8_t *candidate) {
  uint8_t chunk[8192];
  stream->next_out = chunk;
  stream->avail_out = sizeof chunk;
  size_t channels = (size_t)header.channels, count = (size_t)header.width * channels;
  for (int64_t y = 0; y < header.height; y++) {
    const uint8_t *row = pixels + (size_t)y * count, *above = y == 0 ? NULL : row - count;
    long least = filter(0, row, above, count, channels, filtered);
    for (int type = 1; type <= 4; type++) {
      long size = filter(type, row, above, count, channels, candidate);
      if (size >= least) continue;
      least = size;
      memcpy(filtered, candidate, count + 1);
    }
    stream->next_in = filtered;
    stream->avail_in = (uInt)(count + 1);
    int isLast = y + 1 == header.height, status;
    do {
      status = deflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH);
      if (stream->avail_out > 0 && status != Z_STREAM_END) continue;
      append_chunk(file, "IDAT", chunk, sizeof chunk - stream->avail_out);
      stream->next_out = chunk;
      stream->avail_out = sizeof chunk;
    } while (isLast ? status == Z_OK : stream->avail_in > 0);
  }
}

ocelli_codec_status ocelli_png_encode(
    const uint8_t *pixels, ocelli_image_header header, uint8_t **encoded,
    intptr_t *encodedByteCount) {
  *encoded = NULL;
  *encodedByteCount = 0;
  ocelli_codec_status status = ocelli_check_size(&header, INT64_MAX);
  if (status != OCELLI_CODEC_OK) return status;

  size_t rowByteCount = (size_t)header.width * (size_t)header.channels + 1;
  uint8_t *rows = malloc(2 * rowByteCount);
  png_file file = {.bytes = malloc(4096), .capacity = 4096};
  z_stream stream = {0};
  if (rows != NULL && file.bytes != NULL &&
      deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15, 8, Z_FILTERED) == Z_OK) {
    append(&file, "\x89PNG\r\n\x1a\n", 8);
    uint8_t facts[13] = {[8] = 8, [9] = header.channels == 1 ? 0 : 2};
    store_number(facts, (uint32_t)header.width);
    store_number(facts + 4, (uint32_t)header.height);
    append_chunk(&file, "IHDR", facts, sizeof facts);
    append_pixels(&file, &stream, pixels, header, rows, rows + rowByteCount);
    append_chunk(&file, "IEND", NULL, 0);
    deflateEnd(&stream);
  } else {
    free(file.bytes);
    file.bytes = NULL;
  }
  free(rows);
  if (file.bytes == NULL) return OCELLI_CODEC_OUT_OF_MEMORY;
  *encoded = file.bytes;
  *encodedByteCount = (intptr_t)file.byteCount;
  return OCELLI_CODEC_OK;
}

void ocelli_codec_free(uint8_t *encoded) { free(encoded); }
