// SPDX-License-Identifier: Apache-2.0
#ifdef OCELLI_JPEG
#include "JPEGError.h"
#include "Limits.h"

#include <jerror.h>
#include <stdlib.h>

// Collects the file in memory; libjpeg's own collector loses its buffer when an encoder fails.
typedef struct jpeg_collector {
  struct jpeg_destination_mgr manager;  // First: libjpeg hands back a pointer to it.
  uint8_t *bytes;
  size_t capacity;
} jpeg_collector;

static boolean grow(j_compress_ptr jpeg) {
  jpeg_collector *collector = (jpeg_collector *)jpeg->dest;
  size_t capacity = collector->capacity == 0 ? 16384 : 2 * collector->capacity;
  uint8_t *bytes = realloc(collector->bytes, capacity);
  if (bytes == NULL) ERREXIT1(jpeg, JERR_OUT_OF_MEMORY, 0);
  // libjpeg calls this when the buffer is full, whatever free_in_buffer says.
  collector->manager.next_output_byte = bytes + collector->capacity;
  collector->manager.free_in_buffer = capacity - collector->capacity;
  collector->bytes = bytes;
  collector->capacity = capacity;
  return TRUE;
}

static void start(j_compress_ptr jpeg) { grow(jpeg); }
static void finish(j_compress_ptr jpeg) { (void)jpeg; }

static void compress(
    struct jpeg_compress_struct *jpeg, const uint8_t *pixels, ocelli_image_header header,
    int32_t quality) {
  jpeg->image_width = (JDIMENSION)header.width;
  jpeg->image_height = (JDIMENSION)header.height;
  jpeg->input_components = header.channels;
  jpeg->in_color_space = header.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(jpeg);
  jpeg_set_quality(jpeg, quality, TRUE);
  jpeg_start_compress(jpeg, TRUE);
  while (jpeg->next_scanline < jpeg->image_height) {
    int64_t offset = (int64_t)jpeg->next_scanline * header.width * header.channels;
    JSAMPROW row = (JSAMPROW)(pixels + offset);
    jpeg_write_scanlines(jpeg, &row, 1);
  }
  jpeg_finish_compress(jpeg);
}

ocelli_codec_status ocelli_jpeg_encode(
    const uint8_t *pixels, ocelli_image_header header, int32_t quality, uint8_t **encoded,
    intptr_t *encodedByteCount) {
  *encoded = NULL;
  *encodedByteCount = 0;
  ocelli_codec_status status = ocelli_check_size(&header, INT64_MAX);
  if (status != OCELLI_CODEC_OK) return status;
  if (header.width > JPEG_MAX_DIMENSION || header.height > JPEG_MAX_DIMENSION) {
    return OCELLI_CODEC_TOO_LARGE;
  }

  struct jpeg_compress_struct jpeg = {0};
  jpeg_collector collector = {
      .manager = {
          .init_destination = start,
          .empty_output_buffer = grow,
          .term_destination = finish,
      }};
  ocelli_jpeg_error error;
  jpeg.err = ocelli_jpeg_error_initialize(&error);
  if (setjmp(error.failed)) {
    jpeg_destroy_compress(&jpeg);
    free(collector.bytes);
    return error.failure;
  }
  jpeg_create_compress(&jpeg);
  jpeg.dest = &collector.manager;
  compress(&jpeg, pixels, header, quality);
  *encoded = collector.bytes;
  *encodedByteCount = (intptr_t)(collector.capacity - collector.manager.free_in_buffer);
  jpeg_destroy_compress(&jpeg);
  return OCELLI_CODEC_OK;
}
#endif
