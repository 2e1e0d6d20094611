// SPDX-License-Identifier: Apache-2.0
// libpng and libjpeg-turbo behind one row-by-row interface. It is C because both report errors with
// longjmp, which must not cross Swift frames: every function here returns a status instead, and
// never prints.
#ifndef OCELLI_IMAGE_CODECS_H
#define OCELLI_IMAGE_CODECS_H

#include <stdint.h>

typedef enum ocelli_codec_status {
  OCELLI_CODEC_OK,
  // The bytes end before the picture does.
  OCELLI_CODEC_TRUNCATED,
  // The bytes contradict the format.
  OCELLI_CODEC_CORRUPT,
  // A side is longer than OCELLI_CODEC_SIDE_LIMIT, or there are more pixels than allowed.
  OCELLI_CODEC_TOO_LARGE,
  // A valid file of a kind that is not read, such as a JPEG of two channels.
  OCELLI_CODEC_UNSUPPORTED,
  OCELLI_CODEC_OUT_OF_MEMORY,
  // This build has no JPEG.
  OCELLI_CODEC_MISSING,
} ocelli_codec_status;

enum { OCELLI_CODEC_SIDE_LIMIT = 65535 };

typedef struct ocelli_image_header {
  int64_t width;
  int64_t height;
  // 1: grey, 3: red, green, blue; of 8 bits.
  int32_t channels;
} ocelli_image_header;

// Where a picture is: `bytes`, or where they are NULL the file that is open as `file`, which is
// read piece by piece.
typedef struct ocelli_byte_source {
  const uint8_t *bytes;
  intptr_t byteCount;
  int32_t file;
} ocelli_byte_source;

// Decoders read from a source that the caller keeps alive and unchanged until it closes them.
//
// open reads the header and checks it against the limits before it allocates anything of the
// picture's size; header is filled for OK and TOO_LARGE. next_row writes width * channels bytes;
// call it height times: the last call also checks what follows the pixels. After any status but OK,
// only close may be called. close accepts NULL.

// Alpha is dropped, palettes are looked up (an index without a colour is corrupt), 1, 2 and 4 bits
// are stretched to 8, and of 16 bits the upper 8 stay.
typedef struct ocelli_png_decoder ocelli_png_decoder;
ocelli_codec_status ocelli_png_open(
    ocelli_byte_source source, int64_t pixelLimit, ocelli_png_decoder **decoder,
    ocelli_image_header *header);
ocelli_codec_status ocelli_png_next_row(ocelli_png_decoder *decoder, uint8_t *row);
// The EXIF block in front of the pixels, from its byte order on, until the decoder is closed; NULL
// and 0 bytes where there is none.
const uint8_t *ocelli_png_exif(ocelli_png_decoder *decoder, intptr_t *byteCount);
void ocelli_png_close(ocelli_png_decoder *decoder);

// CMYK and YCCK become RGB, on Adobe's convention that the file holds inverted inks.
typedef struct ocelli_jpeg_decoder ocelli_jpeg_decoder;
ocelli_codec_status ocelli_jpeg_open(
    ocelli_byte_source source, int64_t pixelLimit, ocelli_jpeg_decoder **decoder,
    ocelli_image_header *header);
ocelli_codec_status ocelli_jpeg_next_row(ocelli_jpeg_decoder *decoder, uint8_t *row);
// As ocelli_png_exif.
const uint8_t *ocelli_jpeg_exif(ocelli_jpeg_decoder *decoder, intptr_t *byteCount);
void ocelli_jpeg_close(ocelli_jpeg_decoder *decoder);

// Encoders allocate *encoded, which the caller frees with ocelli_codec_free; NULL after any status
// but OK.
ocelli_codec_status ocelli_png_encode(
    const uint8_t *pixels, ocelli_image_header header, uint8_t **encoded,
    intptr_t *encodedByteCount);
// Chroma is halved both ways (4:2:0). quality is 1...100.
ocelli_codec_status ocelli_jpeg_encode(
    const uint8_t *pixels, ocelli_image_header header, int32_t quality, uint8_t **encoded,
    intptr_t *encodedByteCount);
void ocelli_codec_free(uint8_t *encoded);

#endif
