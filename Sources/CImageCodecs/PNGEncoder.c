// SPDX-License-Identifier: Apache-2.0
#include "Limits.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

typedef struct png_encoder {
  jmp_buf failed;
  uint8_t *bytes;
  size_t byteCount;
  size_t capacity;
} png_encoder;

static void fail(png_structp png, png_const_charp message) {
  (void)message;
  png_encoder *encoder = png_get_error_ptr(png);
  longjmp(encoder->failed, 1);
}

static void ignore_warning(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

static void append_bytes(png_structp png, png_bytep source, size_t count) {
  png_encoder *encoder = png_get_io_ptr(png);
  if (count > encoder->capacity - encoder->byteCount) {
    size_t capacity = 2 * encoder->capacity + count + 4096;
    uint8_t *bytes = realloc(encoder->bytes, capacity);
    if (bytes == NULL) png_error(png, "");
    encoder->bytes = bytes;
    encoder->capacity = capacity;
  }
  memcpy(encoder->bytes + encoder->byteCount, source, count);
  encoder->byteCount += count;
}

static void flush_nothing(png_structp png) { (void)png; }

ocelli_codec_status ocelli_png_encode(
    const uint8_t *pixels, ocelli_image_header header, uint8_t **encoded,
    intptr_t *encodedByteCount) {
  *encoded = NULL;
  *encodedByteCount = 0;
  ocelli_codec_status status = ocelli_check_size(&header, INT64_MAX);
  if (status != OCELLI_CODEC_OK) return status;

  png_encoder encoder = {0};
  png_structp volatile png = NULL;
  png_infop volatile info = NULL;
  status = OCELLI_CODEC_OUT_OF_MEMORY;  // All that can go wrong with pixels of ours.
  if (!setjmp(encoder.failed)) {
    png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &encoder, fail, ignore_warning);
    info = png != NULL ? png_create_info_struct(png) : NULL;
    if (info != NULL) {
      png_set_write_fn(png, &encoder, append_bytes, flush_nothing);
      png_set_IHDR(
          png, info, (png_uint_32)header.width, (png_uint_32)header.height, 8,
          header.channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
          PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
      png_write_info(png, info);
      for (int64_t y = 0; y < header.height; y++) {
        png_write_row(png, pixels + y * header.width * header.channels);
      }
      png_write_end(png, NULL);
      status = OCELLI_CODEC_OK;
    }
  }
  png_structp ended = png;
  png_infop endedInfo = info;
  png_destroy_write_struct(&ended, &endedInfo);

  if (status != OCELLI_CODEC_OK) {
    free(encoder.bytes);
    return status;
  }
  *encoded = encoder.bytes;
  *encodedByteCount = (intptr_t)encoder.byteCount;
  return OCELLI_CODEC_OK;
}

void ocelli_codec_free(uint8_t *encoded) { free(encoded); }
