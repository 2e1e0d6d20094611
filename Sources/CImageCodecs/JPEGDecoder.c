// SPDX-License-Identifier: Apache-2.0
#ifdef OCELLI_JPEG
#include "ByteSource.h"
#include "JPEGError.h"
#include "Limits.h"

#include <stdlib.h>
#include <string.h>

// Each scan of a progressive file goes over the whole picture: a bound on what a small file can
// cost.
enum { SCAN_LIMIT = 200 };

struct ocelli_jpeg_decoder {
  struct jpeg_decompress_struct jpeg;
  ocelli_jpeg_error error;
  struct jpeg_progress_mgr progress;
  struct jpeg_source_mgr manager;
  byte_reader reader;
  int isCreated;
  // Cyan, magenta, yellow, black of one row; NULL unless the file has inks.
  uint8_t *inks;
};

static void limit_scans(j_common_ptr codec) {
  if (codec->is_decompressor && ((j_decompress_ptr)codec)->input_scan_number > SCAN_LIMIT) {
    ocelli_jpeg_error *error = (ocelli_jpeg_error *)codec->err;
    error->failure = OCELLI_CODEC_CORRUPT;
    longjmp(error->failed, 1);
  }
}

static void begin(j_decompress_ptr jpeg) { (void)jpeg; }

// The decoder is whole while it reads: where bytes are missing, the picture is.
static boolean fill_buffer(j_decompress_ptr jpeg) {
  ocelli_jpeg_decoder *decoder = jpeg->client_data;
  const uint8_t *bytes;
  size_t count = ocelli_byte_reader_next(&decoder->reader, &bytes);
  if (count == 0) {
    decoder->error.failure = OCELLI_CODEC_TRUNCATED;
    longjmp(decoder->error.failed, 1);
  }
  jpeg->src->next_input_byte = bytes;
  jpeg->src->bytes_in_buffer = count;
  return TRUE;
}

static void skip(j_decompress_ptr jpeg, long count) {
  if (count <= 0) return;
  while ((size_t)count > jpeg->src->bytes_in_buffer) {
    count -= (long)jpeg->src->bytes_in_buffer;
    fill_buffer(jpeg);
  }
  jpeg->src->next_input_byte += count;
  jpeg->src->bytes_in_buffer -= (size_t)count;
}

static void read_from(ocelli_jpeg_decoder *decoder, ocelli_byte_source source) {
  ocelli_byte_reader_open(&decoder->reader, source);
  decoder->manager = (struct jpeg_source_mgr){
      .init_source = begin,
      .fill_input_buffer = fill_buffer,
      .skip_input_data = skip,
      .resync_to_restart = jpeg_resync_to_restart,
      .term_source = begin,
  };
  decoder->jpeg.client_data = decoder;
  decoder->jpeg.src = &decoder->manager;
}

// A Huffman-coded block takes at least one bit for 64 pixels: a header that promises more is not
// worth an allocation.
static int is_plausible(const struct jpeg_decompress_struct *jpeg, intptr_t byteCount) {
  int64_t pixelCount = (int64_t)jpeg->image_width * jpeg->image_height;
  return jpeg->arith_code || pixelCount / 512 <= byteCount;
}

static ocelli_codec_status open_header(
    ocelli_jpeg_decoder *decoder, ocelli_byte_source source, int64_t pixelLimit,
    ocelli_image_header *header) {
  struct jpeg_decompress_struct *jpeg = &decoder->jpeg;
  jpeg->err = ocelli_jpeg_error_initialize(&decoder->error);
  if (setjmp(decoder->error.failed)) {
    header->width = jpeg->image_width;
    header->height = jpeg->image_height;
    return decoder->error.failure;
  }

  jpeg_create_decompress(jpeg);
  decoder->isCreated = 1;
  decoder->progress.progress_monitor = limit_scans;
  jpeg->progress = &decoder->progress;
  read_from(decoder, source);
  // EXIF lies in a segment of this kind; a segment has at most 65,533 bytes.
  jpeg_save_markers(jpeg, JPEG_APP0 + 1, 0xFFFF);
  jpeg_read_header(jpeg, TRUE);

  int components = jpeg->num_components;
  *header = (ocelli_image_header){
      .width = jpeg->image_width,
      .height = jpeg->image_height,
      .channels = components == 1 ? 1 : 3,
  };
  ocelli_codec_status status = ocelli_check_size(header, pixelLimit);
  if (status != OCELLI_CODEC_OK) return status;
  if (components != 1 && components != 3 && components != 4) return OCELLI_CODEC_UNSUPPORTED;
  if (!is_plausible(jpeg, source.byteCount)) return OCELLI_CODEC_TRUNCATED;

  jpeg->out_color_space = components == 1 ? JCS_GRAYSCALE : components == 3 ? JCS_RGB : JCS_CMYK;
  if (components == 4) {
    decoder->inks = malloc(4 * (size_t)header->width);
    if (decoder->inks == NULL) return OCELLI_CODEC_OUT_OF_MEMORY;
  }
  jpeg_start_decompress(jpeg);
  return OCELLI_CODEC_OK;
}

ocelli_codec_status ocelli_jpeg_open(
    ocelli_byte_source source, int64_t pixelLimit, ocelli_jpeg_decoder **decoder,
    ocelli_image_header *header) {
  *header = (ocelli_image_header){0};
  *decoder = calloc(1, sizeof **decoder);
  if (*decoder == NULL) return OCELLI_CODEC_OUT_OF_MEMORY;
  ocelli_codec_status status = open_header(*decoder, source, pixelLimit, header);
  if (status != OCELLI_CODEC_OK) {
    ocelli_jpeg_close(*decoder);
    *decoder = NULL;
  }
  return status;
}

// Rounded a * b / 255 of bytes.
static inline int multiply_bytes(int a, int b) {
  int product = a * b + 128;
  return (product + (product >> 8)) >> 8;
}

// Inks are stored inverted, so each is the light that it lets through: light = black' - black' * (1
// - ink').
static void print_inks(const uint8_t *inks, uint8_t *row, int64_t width) {
  for (int64_t x = 0; x < width; x++) {
    int light = inks[4 * x + 3];
    for (int channel = 0; channel < 3; channel++) {
      row[3 * x + channel] = (uint8_t)(light - multiply_bytes(255 - inks[4 * x + channel], light));
    }
  }
}

ocelli_codec_status ocelli_jpeg_next_row(ocelli_jpeg_decoder *decoder, uint8_t *row) {
  struct jpeg_decompress_struct *jpeg = &decoder->jpeg;
  if (setjmp(decoder->error.failed)) return decoder->error.failure;

  JSAMPROW target = decoder->inks != NULL ? decoder->inks : row;
  if (jpeg_read_scanlines(jpeg, &target, 1) != 1) return OCELLI_CODEC_TRUNCATED;
  if (decoder->inks != NULL) print_inks(decoder->inks, row, jpeg->output_width);
  if (jpeg->output_scanline == jpeg->output_height) jpeg_finish_decompress(jpeg);
  return OCELLI_CODEC_OK;
}

const uint8_t *ocelli_jpeg_exif(ocelli_jpeg_decoder *decoder, intptr_t *byteCount) {
  static const char name[6] = "Exif\0";
  *byteCount = 0;
  for (jpeg_saved_marker_ptr marker = decoder->jpeg.marker_list; marker; marker = marker->next) {
    if (marker->data_length < sizeof name || memcmp(marker->data, name, sizeof name)) continue;
    *byteCount = (intptr_t)(marker->data_length - sizeof name);
    return marker->data + sizeof name;
  }
  return NULL;
}

void ocelli_jpeg_close(ocelli_jpeg_decoder *decoder) {
  if (decoder == NULL) return;
  if (decoder->isCreated) jpeg_destroy_decompress(&decoder->jpeg);
  free(decoder->inks);
  free(decoder);
}
#endif
