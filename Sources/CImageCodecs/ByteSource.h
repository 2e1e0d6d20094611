// SPDX-License-Identifier: Apache-2.0
// The bytes of a picture, one after the other: in memory, or read from a file as they are needed.
#ifndef OCELLI_BYTE_SOURCE_H
#define OCELLI_BYTE_SOURCE_H

#include "CImageCodecs.h"

#include <stddef.h>

enum { BYTE_CHUNK = 1 << 14 };

typedef struct byte_reader {
  ocelli_byte_source source;
  // What of the file was read already.
  intptr_t offset;
  uint8_t chunk[BYTE_CHUNK];
} byte_reader;

void ocelli_byte_reader_open(byte_reader *reader, ocelli_byte_source source);

// The next bytes, at least one; 0 at the end. They are valid until the next call.
size_t ocelli_byte_reader_next(byte_reader *reader, const uint8_t **bytes);

#endif
