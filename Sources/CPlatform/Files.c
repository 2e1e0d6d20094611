// SPDX-License-Identifier: Apache-2.0
#define _DEFAULT_SOURCE
#include "CPlatform.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int32_t failed(ocelli_file_step *step, ocelli_file_step where) {
  *step = where;
  return errno != 0 ? errno : EIO;
}

static int32_t write_all(int descriptor, const uint8_t *bytes, size_t count) {
  size_t done = 0;
  while (done < count) {
    ssize_t put = write(descriptor, bytes + done, count - done);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return errno;
    done += (size_t)put;
  }
  return 0;
}

int32_t ocelli_stream_open(
    const char *path, int32_t *descriptor, intptr_t *byteCount, ocelli_file_step *step) {
  // A pipe without a writer would block; for files the flag means nothing.
  int opened = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (opened < 0) return failed(step, OCELLI_FILE_OPEN);

  struct stat status;
  int32_t error = 0;
  if (fstat(opened, &status) != 0) {
    error = failed(step, OCELLI_FILE_OPEN);
  } else if (!S_ISREG(status.st_mode)) {
    errno = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
    error = failed(step, OCELLI_FILE_OPEN);
  } else if (status.st_size > PTRDIFF_MAX) {
    errno = EFBIG;
    error = failed(step, OCELLI_FILE_READ);
  }
  if (error != 0) {
    close(opened);
    return error;
  }
  *descriptor = opened;
  *byteCount = (intptr_t)status.st_size;
  return 0;
}

int32_t ocelli_stream_read(int32_t descriptor, void *bytes, intptr_t byteCount) {
  for (intptr_t done = 0; done < byteCount;) {
    ssize_t got = pread(descriptor, (char *)bytes + done, (size_t)(byteCount - done), done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) return EIO;  // The file has shrunk since its size was asked for.
    done += got;
  }
  return 0;
}

void ocelli_stream_close(int32_t descriptor) {
  if (descriptor >= 0) close(descriptor);
}

int32_t ocelli_file_open(
    const char *path, int32_t mapped, ocelli_file *file, ocelli_file_step *step) {
  *file = (ocelli_file){0};
  int32_t descriptor;
  intptr_t byteCount;
  int32_t error = ocelli_stream_open(path, &descriptor, &byteCount, step);
  if (error != 0) return error;
  if (byteCount > 0) {
    size_t count = (size_t)byteCount;
    void *bytes = mapped ? mmap(NULL, count, PROT_READ, MAP_PRIVATE, descriptor, 0) : malloc(count);
    if (bytes == NULL || bytes == MAP_FAILED) {
      error = failed(step, OCELLI_FILE_READ);
    } else {
      *file = (ocelli_file){.bytes = bytes, .byteCount = (intptr_t)count, .mapped = mapped};
      if (!mapped && (errno = ocelli_stream_read(descriptor, bytes, byteCount)) != 0) {
        error = failed(step, OCELLI_FILE_READ);
        ocelli_file_close(file);
      }
    }
  }
  close(descriptor);
  return error;
}

void ocelli_file_close(ocelli_file *file) {
  if (file->bytes != NULL) {
    if (file->mapped) munmap((void *)file->bytes, (size_t)file->byteCount);
    else free((void *)file->bytes);
  }
  *file = (ocelli_file){0};
}

// Makes the rename itself survive a power cut. Some file systems cannot sync a folder, which is no
// failure.
static void sync_folder(const char *path) {
  char folder[PATH_MAX];
  const char *slash = strrchr(path, '/');
  size_t length = slash == NULL ? 0 : (size_t)(slash - path) + 1;
  if (length >= sizeof folder) return;
  memcpy(folder, path, length);
  folder[length] = 0;
  int descriptor = open(length == 0 ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  fsync(descriptor);
  close(descriptor);
}

// Writes a character and the decimal digits of a number, 11 bytes at most; returns their end.
static char *append_number(char *target, char first, unsigned number) {
  char digits[10];
  int count = 0;
  do digits[count++] = (char)('0' + number % 10);
  while ((number /= 10) > 0);
  *target++ = first;
  while (count > 0) *target++ = digits[--count];
  return target;
}

// Creates a file beside path that did not exist, with the rights that path has or would get.
// Negative on failure.
static int create_beside(const char *path, char *temporary, size_t capacity) {
  static atomic_uint counter;
  for (int attempt = 0; attempt < 100; attempt++) {
    size_t length = strlen(path);
    if (length + 32 > capacity) {
      errno = ENAMETOOLONG;
      return -1;
    }
    memcpy(temporary, path, length);
    char *end = append_number(temporary + length, '.', (unsigned)getpid());
    end = append_number(end, '-', atomic_fetch_add(&counter, 1));
    memcpy(end, ".tmp", 5);
    int descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor >= 0) {
      struct stat existing;
      if (stat(path, &existing) == 0) (void)fchmod(descriptor, existing.st_mode & 0777);
      return descriptor;
    }
    if (errno != EEXIST) return -1;
  }
  return -1;
}

int32_t ocelli_file_write(
    const char *path, const void *bytes, intptr_t byteCount, ocelli_file_step *step) {
  char temporary[PATH_MAX];
  int descriptor = create_beside(path, temporary, sizeof temporary);
  if (descriptor < 0) return failed(step, OCELLI_FILE_CREATE);

  int32_t error = 0;
  if ((errno = write_all(descriptor, bytes, (size_t)byteCount)) != 0) {
    error = failed(step, OCELLI_FILE_WRITE);
  } else if (fsync(descriptor) != 0) {
    error = failed(step, OCELLI_FILE_WRITE);
  }
  if (close(descriptor) != 0 && error == 0) error = failed(step, OCELLI_FILE_WRITE);
  if (error == 0 && rename(temporary, path) != 0) error = failed(step, OCELLI_FILE_RENAME);
  if (error != 0) unlink(temporary);
  else sync_folder(path);
  return error;
}

void ocelli_error_text(int32_t code, char *text, intptr_t capacity) {
  if (capacity <= 0) return;
  const char *message = strerror(code);
  size_t length = strlen(message);
  if (length >= (size_t)capacity) length = (size_t)capacity - 1;
  memcpy(text, message, length);
  text[length] = 0;
}
