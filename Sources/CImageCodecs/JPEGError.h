// SPDX-License-Identifier: Apache-2.0
// How libjpeg's errors and warnings become a status.
#ifndef OCELLI_JPEG_ERROR_H
#define OCELLI_JPEG_ERROR_H

#include "CImageCodecs.h"

#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

typedef struct ocelli_jpeg_error {
  struct jpeg_error_mgr manager;  // First: libjpeg hands back a pointer to it.
  jmp_buf failed;
  ocelli_codec_status failure;
} ocelli_jpeg_error;

// Returns what goes into the err field of a libjpeg object.
struct jpeg_error_mgr *ocelli_jpeg_error_initialize(ocelli_jpeg_error *error);

#endif
