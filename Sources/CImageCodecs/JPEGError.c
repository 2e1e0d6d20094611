// SPDX-License-Identifier: Apache-2.0
#ifdef OCELLI_JPEG
#include "JPEGError.h"

#include <jerror.h>

static ocelli_codec_status status_of_error(int code) {
  switch (code) {
    case JERR_OUT_OF_MEMORY:
      return OCELLI_CODEC_OUT_OF_MEMORY;
    case JERR_INPUT_EMPTY:
    case JERR_INPUT_EOF:
      return OCELLI_CODEC_TRUNCATED;
    case JERR_IMAGE_TOO_BIG:
      return OCELLI_CODEC_TOO_LARGE;
    case JERR_ARITH_NOTIMPL:
    case JERR_BAD_PRECISION:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_NOT_COMPILED:
    case JERR_SOF_UNSUPPORTED:
      return OCELLI_CODEC_UNSUPPORTED;
    default:
      return OCELLI_CODEC_CORRUPT;
  }
}

static void fail(j_common_ptr codec) {
  ocelli_jpeg_error *error = (ocelli_jpeg_error *)codec->err;
  error->failure = status_of_error(codec->err->msg_code);
  longjmp(error->failed, 1);
}

// A negative level is a warning: libjpeg would go on with made-up pixels. Stop where it would
// invent any.
static void judge_warning(j_common_ptr codec, int level) {
  if (level >= 0) return;
  ocelli_jpeg_error *error = (ocelli_jpeg_error *)codec->err;
  switch (codec->err->msg_code) {
    case JWRN_JPEG_EOF:
      error->failure = OCELLI_CODEC_TRUNCATED;
      longjmp(error->failed, 1);
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_MUST_RESYNC:
      error->failure = OCELLI_CODEC_CORRUPT;
      longjmp(error->failed, 1);
    default:
      codec->err->num_warnings += 1;
  }
}

static void print_nothing(j_common_ptr codec) { (void)codec; }

struct jpeg_error_mgr *ocelli_jpeg_error_initialize(ocelli_jpeg_error *error) {
  jpeg_std_error(&error->manager);
  error->manager.error_exit = fail;
  error->manager.emit_message = judge_warning;
  error->manager.output_message = print_nothing;
  error->failure = OCELLI_CODEC_CORRUPT;
  return &error->manager;
}
#endif
