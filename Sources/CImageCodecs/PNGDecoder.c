// SPDX-License-Identifier: Apache-2.0
#include "ByteSource.h"
#include "Limits.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

struct ocelli_png_decoder {
  png_structp png;
  png_infop info;
  byte_reader reader;
  // What the reader gave last, and was not used.
  const uint8_t *bytes;
  size_t byteCount;
  // What the next longjmp means.
  ocelli_codec_status failure;
  jmp_buf failed;
  // Of a row as libpng gives it: of pixels, or of indices into the palette.
  int64_t rowByteCount;
  int64_t width;
  int64_t height;
  int64_t nextRow;
  // NULL unless the picture has one. libpng would look colours up too, but where there is none it
  // takes black without a word.
  png_colorp palette;
  int paletteCount;
  uint8_t *indices;
  // All rows of an interlaced picture, which has no first row before its last pass; else NULL.
  uint8_t *picture;
};

static void fail(png_structp png, png_const_charp message) {
  (void)message;
  ocelli_png_decoder *decoder = png_get_error_ptr(png);
  longjmp(decoder->failed, 1);
}

static void ignore_warning(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

static void read_bytes(png_structp png, png_bytep target, size_t count) {
  ocelli_png_decoder *decoder = png_get_io_ptr(png);
  while (count > 0) {
    if (decoder->byteCount == 0)
      decoder->byteCount = ocelli_byte_reader_next(&decoder->reader, &decoder->bytes);
    if (decoder->byteCount == 0) {
      decoder->failure = OCELLI_CODEC_TRUNCATED;
      png_error(png, "");
    }
    size_t part = count < decoder->byteCount ? count : decoder->byteCount;
    memcpy(target, decoder->bytes, part);
    target += part;
    count -= part;
    decoder->bytes += part;
    decoder->byteCount -= part;
  }
}

static png_voidp allocate(png_structp png, png_alloc_size_t count) {
  ocelli_png_decoder *decoder = png_get_mem_ptr(png);
  void *memory = malloc(count);
  if (memory == NULL) decoder->failure = OCELLI_CODEC_OUT_OF_MEMORY;
  return memory;
}

static void release(png_structp png, png_voidp memory) {
  (void)png;
  free(memory);
}

// Deflate makes at most 1032 bytes of one: a header that promises more is not worth an allocation.
static int is_plausible(const ocelli_png_decoder *decoder) {
  uint64_t rowByteCount = png_get_rowbytes(decoder->png, decoder->info);
  return rowByteCount * (uint64_t)decoder->height / 1032 <=
      (uint64_t)decoder->reader.source.byteCount;
}

// Asks libpng for 8-bit grey, RGB or indices.
static void set_transformations(png_structp png, png_infop info) {
  int bitDepth = png_get_bit_depth(png, info);
  int colorType = png_get_color_type(png, info);
  if (colorType == PNG_COLOR_TYPE_PALETTE) png_set_packing(png);
  if (colorType == PNG_COLOR_TYPE_GRAY && bitDepth < 8) png_set_expand_gray_1_2_4_to_8(png);
  if (bitDepth == 16) png_set_strip_16(png);
  png_set_strip_alpha(png);
}

// Reads an interlaced picture into memory.
static ocelli_codec_status read_passes(ocelli_png_decoder *decoder, int passes) {
  if ((uint64_t)decoder->rowByteCount * (uint64_t)decoder->height > SIZE_MAX) {
    return OCELLI_CODEC_OUT_OF_MEMORY;
  }
  decoder->picture = calloc((size_t)decoder->height, (size_t)decoder->rowByteCount);
  if (decoder->picture == NULL) return OCELLI_CODEC_OUT_OF_MEMORY;
  for (int pass = 0; pass < passes; pass++) {
    for (int64_t y = 0; y < decoder->height; y++) {
      png_read_row(decoder->png, decoder->picture + y * decoder->rowByteCount, NULL);
    }
  }
  png_read_end(decoder->png, NULL);
  return OCELLI_CODEC_OK;
}

static ocelli_codec_status open_header(
    ocelli_png_decoder *decoder, int64_t pixelLimit, ocelli_image_header *header) {
  if (setjmp(decoder->failed)) return decoder->failure;

  decoder->png = png_create_read_struct_2(
      PNG_LIBPNG_VER_STRING, decoder, fail, ignore_warning, decoder, allocate, release);
  if (decoder->png == NULL) return OCELLI_CODEC_OUT_OF_MEMORY;
  decoder->info = png_create_info_struct(decoder->png);
  if (decoder->info == NULL) return OCELLI_CODEC_OUT_OF_MEMORY;

  png_set_read_fn(decoder->png, decoder, read_bytes);
  // No limits but ours, which have a status of their own.
  png_set_user_limits(decoder->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  // Of what says nothing about pixels only the orientation matters.
  png_set_keep_unknown_chunks(decoder->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  png_set_keep_unknown_chunks(
      decoder->png, PNG_HANDLE_CHUNK_AS_DEFAULT, (png_const_bytep) "eXIf", 1);
  png_set_benign_errors(decoder->png, 1);
  png_read_info(decoder->png, decoder->info);

  int isGrey = !(png_get_color_type(decoder->png, decoder->info) & PNG_COLOR_MASK_COLOR);
  *header = (ocelli_image_header){
      .width = png_get_image_width(decoder->png, decoder->info),
      .height = png_get_image_height(decoder->png, decoder->info),
      .channels = isGrey ? 1 : 3,
  };
  ocelli_codec_status status = ocelli_check_size(header, pixelLimit);
  if (status != OCELLI_CODEC_OK) return status;

  int hasPalette = png_get_color_type(decoder->png, decoder->info) == PNG_COLOR_TYPE_PALETTE;
  decoder->rowByteCount = header->width * (hasPalette ? 1 : header->channels);
  decoder->width = header->width;
  decoder->height = header->height;
  if (!is_plausible(decoder)) return OCELLI_CODEC_TRUNCATED;

  set_transformations(decoder->png, decoder->info);
  int passes = png_set_interlace_handling(decoder->png);
  png_read_update_info(decoder->png, decoder->info);
  if (png_get_rowbytes(decoder->png, decoder->info) != (size_t)decoder->rowByteCount) {
    return OCELLI_CODEC_UNSUPPORTED;
  }
  if (hasPalette) {
    png_get_PLTE(decoder->png, decoder->info, &decoder->palette, &decoder->paletteCount);
    decoder->indices = malloc((size_t)header->width);
    if (decoder->indices == NULL) return OCELLI_CODEC_OUT_OF_MEMORY;
  }
  return passes > 1 ? read_passes(decoder, passes) : OCELLI_CODEC_OK;
}

ocelli_codec_status ocelli_png_open(
    ocelli_byte_source source, int64_t pixelLimit, ocelli_png_decoder **decoder,
    ocelli_image_header *header) {
  *header = (ocelli_image_header){0};
  *decoder = calloc(1, sizeof **decoder);
  if (*decoder == NULL) return OCELLI_CODEC_OUT_OF_MEMORY;
  ocelli_byte_reader_open(&(*decoder)->reader, source);
  (*decoder)->failure = OCELLI_CODEC_CORRUPT;

  ocelli_codec_status status = open_header(*decoder, pixelLimit, header);
  if (status != OCELLI_CODEC_OK) {
    ocelli_png_close(*decoder);
    *decoder = NULL;
  }
  return status;
}

static ocelli_codec_status read_row(ocelli_png_decoder *decoder, uint8_t *row) {
  if (decoder->picture != NULL) {
    const uint8_t *source = decoder->picture + decoder->nextRow * decoder->rowByteCount;
    memcpy(row, source, (size_t)decoder->rowByteCount);
    decoder->nextRow += 1;
    return OCELLI_CODEC_OK;
  }
  if (setjmp(decoder->failed)) return decoder->failure;
  png_read_row(decoder->png, row, NULL);
  decoder->nextRow += 1;
  if (decoder->nextRow == decoder->height) png_read_end(decoder->png, NULL);
  return OCELLI_CODEC_OK;
}

ocelli_codec_status ocelli_png_next_row(ocelli_png_decoder *decoder, uint8_t *row) {
  if (decoder->palette == NULL) return read_row(decoder, row);
  ocelli_codec_status status = read_row(decoder, decoder->indices);
  if (status != OCELLI_CODEC_OK) return status;
  for (int64_t x = 0; x < decoder->width; x++) {
    if (decoder->indices[x] >= decoder->paletteCount) return OCELLI_CODEC_CORRUPT;
    png_color color = decoder->palette[decoder->indices[x]];
    row[3 * x] = color.red;
    row[3 * x + 1] = color.green;
    row[3 * x + 2] = color.blue;
  }
  return OCELLI_CODEC_OK;
}

const uint8_t *ocelli_png_exif(ocelli_png_decoder *decoder, intptr_t *byteCount) {
  *byteCount = 0;
#ifdef PNG_eXIf_SUPPORTED
  png_uint_32 count = 0;
  png_bytep exif = NULL;
  if (png_get_eXIf_1(decoder->png, decoder->info, &count, &exif) & PNG_INFO_eXIf) {
    *byteCount = count;
    return exif;
  }
#endif
  return NULL;
}

void ocelli_png_close(ocelli_png_decoder *decoder) {
  if (decoder == NULL) return;
  if (decoder->png != NULL) png_destroy_read_struct(&decoder->png, &decoder->info, NULL);
  free(decoder->picture);
  free(decoder->indices);
  free(decoder);
}
