// SPDX-License-Identifier: Apache-2.0
#define _DEFAULT_SOURCE
#include "CPlatform.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

intptr_t ocelli_read_input(void *bytes, intptr_t byteCount) {
  for (;;) {
    ssize_t count = read(STDIN_FILENO, bytes, (size_t)byteCount);
    if (count >= 0) return count;
    if (errno != EINTR || ocelli_noted_signal() != 0) return -errno;
  }
}

void ocelli_write_error(const void *bytes, intptr_t byteCount) {
  // When this fails, there is nobody left to tell.
  (void)ocelli_descriptor_write(STDERR_FILENO, bytes, byteCount);
}

void ocelli_write_output(const void *bytes, intptr_t byteCount) {
  fwrite(bytes, 1, (size_t)byteCount, stdout);
}

void ocelli_line_buffer_output(void) { setvbuf(stdout, NULL, _IOLBF, 0); }

_Bool ocelli_output_is_lost(void) { return ferror(stdout) != 0; }

int32_t ocelli_flush_output(void) { return fflush(stdout) == 0 && !ferror(stdout); }
