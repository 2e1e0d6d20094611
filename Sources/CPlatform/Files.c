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

// Creates a file beside output->target that did not exist, with the mode of new files. Returns 0,
// or errno.
static int32_t create_beside(ocelli_new_file *output) {
  static atomic_uint counter;
  size_t length = strlen(output->target);
  output->temporary = malloc(length + 32);
  if (output->temporary == NULL) return ENOMEM;
  memcpy(output->temporary, output->target, length);
  for (int attempt = 0; attempt < 100; attempt++) {
    char *end = append_number(output->temporary + length, '.', (unsigned)getpid());
    end = append_number(end, '-', atomic_fetch_add(&counter, 1));
    memcpy(end, ".tmp", 5);
    output->descriptor = open(output->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (output->descriptor >= 0) return 0;
    if (errno != EEXIST) break;
  }
  int32_t error = errno;
  free(output->temporary);
  output->temporary = NULL;
  return error;
}

int32_t ocelli_new_file_open(const char *path, ocelli_new_file *output, ocelli_file_step *step) {
  *output = (ocelli_new_file){.descriptor = -1};
  struct stat status;
  _Bool exists = stat(path, &status) == 0;
  if (exists && !S_ISREG(status.st_mode)) {
    do output->descriptor = open(path, O_WRONLY | O_CLOEXEC);
    while (output->descriptor < 0 && errno == EINTR);
    return output->descriptor < 0 ? failed(step, OCELLI_FILE_OPEN) : 0;
  }
  output->target = exists ? realpath(path, NULL) : strdup(path);
  if (output->target == NULL) return failed(step, OCELLI_FILE_CREATE);
  if ((errno = create_beside(output)) != 0) {
    int32_t error = failed(step, OCELLI_FILE_CREATE);
    ocelli_new_file_close(output);
    return error;
  }
  if (exists) (void)fchmod(output->descriptor, status.st_mode & 0777);
  return 0;
}

int32_t ocelli_new_file_commit(ocelli_new_file *output, ocelli_file_step *step) {
  if (output->temporary == NULL) return 0;
  if (fsync(output->descriptor) != 0) return failed(step, OCELLI_FILE_SYNCHRONIZE);
  int descriptor = output->descriptor;
  output->descriptor = -1;
  if (close(descriptor) != 0) return failed(step, OCELLI_FILE_WRITE);
  if (rename(output->temporary, output->target) != 0) return failed(step, OCELLI_FILE_RENAME);
  free(output->temporary);
  output->temporary = NULL;
  sync_folder(output->target);
  return 0;
}

void ocelli_new_file_close(ocelli_new_file *output) {
  if (output->descriptor >= 0) close(output->descriptor);
  if (output->temporary != NULL) unlink(output->temporary);
  free(output->temporary);
  free(output->target);
  *output = (ocelli_new_file){.descriptor = -1};
}

int32_t ocelli_log_open(const char *path, int32_t *descriptor, _Bool *isRegular) {
  int opened;
  do opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  while (opened < 0 && errno == EINTR);
  if (opened < 0) return errno;
  struct stat status;
  *isRegular = fstat(opened, &status) == 0 && S_ISREG(status.st_mode);
  *descriptor = opened;
  return 0;
}

int32_t ocelli_log_cut(int32_t descriptor, intptr_t byteCount) {
  if (ftruncate(descriptor, byteCount) != 0 || lseek(descriptor, byteCount, SEEK_SET) < 0)
    return errno;
  return 0;
}

int32_t ocelli_descriptor_write(int32_t descriptor, const void *bytes, intptr_t byteCount) {
  const char *next = bytes;
  while (byteCount > 0) {
    // Some systems refuse to write more than 2 GiB at once.
    size_t part = byteCount < 1 << 30 ? (size_t)byteCount : 1 << 30;
    ssize_t count = write(descriptor, next, part);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    next += count;
    byteCount -= count;
  }
  return 0;
}

int32_t ocelli_descriptor_synchronize(int32_t descriptor) {
  return fsync(descriptor) == 0 ? 0 : errno;
}

void ocelli_descriptor_close(int32_t descriptor) {
  if (descriptor >= 0) close(descriptor);
}

void ocelli_error_text(int32_t code, char *text, intptr_t capacity) {
  if (capacity <= 0) return;
  const char *message = strerror(code);
  size_t length = strlen(message);
  if (length >= (size_t)capacity) length = (size_t)capacity - 1;
  memcpy(text, message, length);
  text[length] = 0;
}
