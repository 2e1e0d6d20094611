// SPDX-License-Identifier: Apache-2.0
#ifndef OCELLI_IMAGE_LIMITS_H
#define OCELLI_IMAGE_LIMITS_H

#include "CImageCodecs.h"

// Products cannot overflow: both sides are bounded first.
static inline ocelli_codec_status ocelli_check_size(
    const ocelli_image_header *header, int64_t pixelLimit) {
  if (header->width < 1 || header->height < 1) return OCELLI_CODEC_CORRUPT;
  if (header->width > OCELLI_CODEC_SIDE_LIMIT || header->height > OCELLI_CODEC_SIDE_LIMIT ||
      header->width * header->height > pixelLimit) {
    return OCELLI_CODEC_TOO_LARGE;
  }
  return OCELLI_CODEC_OK;
}

#endif
