// SPDX-License-Identifier: Apache-2.0
// C library functions that Embedded Swift and Debian's libraries need and musl does not have under these
// names.
#define _GNU_SOURCE
#include <setjmp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int __real_posix_memalign(void **memory, size_t alignment, size_t count);
int __wrap_posix_memalign(void **memory, size_t alignment, size_t count);

// Swift cannot report that memory has run out, so print an error and exit here.
int __wrap_posix_memalign(void **memory, size_t alignment, size_t count) {
  if (__real_posix_memalign(memory, alignment, count) == 0) return 0;
  static const char message[] = "ocelli-board: error: there is no memory left\n";
  ssize_t written = write(STDERR_FILENO, message, sizeof message - 1);
  (void)written;
  _exit(1);
}

// Only seeds the hashing of sets and dictionaries; nothing depends on their order.
void arc4random_buf(void *bytes, size_t count) { memset(bytes, 0x5A, count); }

// Environment variables must not change what the libraries do.
char *getenv(const char *name) {
  (void)name;
  return NULL;
}

// glibc's size-checking functions, which Debian's libraries are built with. `room` is the size of the
// target as far as the compiler knows it, (size_t)-1 if it does not.
void *__memcpy_chk(void *target, const void *source, size_t count, size_t room) {
  if (count > room) abort();
  return memcpy(target, source, count);
}

_Noreturn void __longjmp_chk(jmp_buf place, int value) { longjmp(place, value); }
