// SPDX-License-Identifier: Apache-2.0
// The JPEG functions of a build without libjpeg-turbo.
#ifndef OCELLI_JPEG
#include "CImageCodecs.h"

#include <stddef.h>

ocelli_codec_status ocelli_jpeg_open(
    ocelli_byte_source source, int64_t pixelLimit, ocelli_jpeg_decoder **decoder,
    ocelli_image_header *header) {
  (void)source;
  (void)pixelLimit;
  *decoder = NULL;
  *header = (ocelli_image_header){0};
  return OCELLI_CODEC_MISSING;
}

ocelli_codec_status ocelli_jpeg_next_row(ocelli_jpeg_decoder *decoder, uint8_t *row) {
  (void)decoder;
  (void)row;
  return OCELLI_CODEC_MISSING;
}

const uint8_t *ocelli_jpeg_exif(ocelli_jpeg_decoder *decoder, intptr_t *byteCount) {
  (void)decoder;
  *byteCount = 0;
  return NULL;
}

void ocelli_jpeg_close(ocelli_jpeg_decoder *decoder) { (void)decoder; }

ocelli_codec_status ocelli_jpeg_encode(
    const uint8_t *pixels, ocelli_image_header header, int32_t quality, uint8_t **encoded,
    intptr_t *encodedByteCount) {
  (void)pixels;
  (void)header;
  (void)quality;
  *encoded = NULL;
  *encodedByteCount = 0;
  return OCELLI_CODEC_MISSING;
}
#endif
