// SPDX-License-Identifier: Apache-2.0
#define _DEFAULT_SOURCE
#include "ByteSource.h"

#include <errno.h>
#include <unistd.h>

void ocelli_byte_reader_open(byte_reader *reader, ocelli_byte_source source) {
  reader->source = source;
  reader->offset = 0;
}

size_t ocelli_byte_reader_next(byte_reader *reader, const uint8_t **bytes) {
  intptr_t left = reader->source.byteCount - reader->offset;
  if (left <= 0) return 0;
  if (reader->source.bytes != NULL) {
    *bytes = reader->source.bytes + reader->offset;
    reader->offset += left;
    return (size_t)left;
  }
  size_t wanted = left < BYTE_CHUNK ? (size_t)left : BYTE_CHUNK;
  ssize_t count;
  do count = pread(reader->source.file, reader->chunk, wanted, reader->offset);
  while (count < 0 && errno == EINTR);
  // A file that cannot be read any further ends here.
  if (count <= 0) return 0;
  reader->offset += count;
  *bytes = reader->chunk;
  return (size_t)count;
}
