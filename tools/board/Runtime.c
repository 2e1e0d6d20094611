// SPDX-License-Identifier: Apache-2.0
// What Embedded Swift and Debian's libraries ask of the C library, and musl does not have under these
// names.
#define _GNU_SOURCE
#include <setjmp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int __real_posix_memalign(void **memory, size_t alignment, size_t count);
int __wrap_posix_memalign(void **memory, size_t alignment, size_t count);

// Swift has no way to say that memory is out: the command says it, and ends.
int __wrap_posix_memalign(void **memory, size_t alignment, size_t count) {
  if (__real_posix_memalign(memory, alignment, count) == 0) return 0;
  static const char message[] = "ocelli-board: error: there is no memory left\n";
  ssize_t written = write(STDERR_FILENO, message, sizeof message - 1);
  (void)written;
  _exit(1);
}

// Seeds the hashes of sets and dictionaries, on whose order nothing depends.
void arc4random_buf(void *bytes, size_t count) { memset(bytes, 0x5A, count); }

// No variable of the environment changes what the libraries do.
char *getenv(const char *name) {
  (void)name;
  return NULL;
}

// The functions of glibc that check sizes: Debian builds its libraries with them. What they are told
// about sizes is the compiler's knowledge; (size_t)-1 is none.
void *__memcpy_chk(void *target, const void *source, size_t count, size_t room) {
  if (count > room) abort();
  return memcpy(target, source, count);
}

_Noreturn void __longjmp_chk(jmp_buf place, int value) { longjmp(place, value); }
