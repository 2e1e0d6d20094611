// SPDX-License-Identifier: Apache-2.0
// All that the board-clean Swift modules need from libc: threads, memory, clock.
#ifndef OCELLI_PLATFORM_H
#define OCELLI_PLATFORM_H

#include <stdint.h>

// A fixed set of threads that run the items of one loop at a time.
typedef struct ocelli_thread_pool ocelli_thread_pool;
typedef void (*ocelli_loop_body)(void *context, intptr_t item, intptr_t worker);

// Starts threadCount - 1 threads (the caller is worker 0). NULL when a thread cannot be started.
ocelli_thread_pool *ocelli_thread_pool_create(intptr_t threadCount);
// Runs body(context, i, worker) for every i in 0..<itemCount; returns when all have run. Not
// re-entrant.
void ocelli_thread_pool_run(
    ocelli_thread_pool *pool, intptr_t itemCount, ocelli_loop_body body, void *context);
void ocelli_thread_pool_destroy(ocelli_thread_pool *pool);

// Zeroed pages, aligned to at least 64 bytes, huge pages where the kernel grants them. NULL when
// out of memory.
void *ocelli_pages_allocate(intptr_t byteCount);
void ocelli_pages_free(void *pages, intptr_t byteCount);

// The most memory that the process has had resident, in bytes.
int64_t ocelli_peak_memory_bytes(void);

// Makes lines on standard output appear at once, also in a pipe.
void ocelli_line_buffer_output(void);
// Whether output was lost already: the disk is full, or the reader has gone.
_Bool ocelli_output_is_lost(void);
// Writes out what standard output still holds; 0 when any of the output was lost, before or now.
int32_t ocelli_flush_output(void);

// From now on SIGINT and SIGTERM do not end the process at once: the first of them is noted, and
// ends a read that waits; a second one kills.
void ocelli_note_stop_signals(void);
// The signal that was noted, or 0.
int32_t ocelli_noted_signal(void);

// CPUs that this process may use (taskset, containers), at least 1.
int32_t ocelli_cpu_count(void);

// Nanoseconds of a clock that never goes back.
int64_t ocelli_clock_nanoseconds(void);

// The step of a file operation that failed.
typedef enum ocelli_file_step {
  OCELLI_FILE_OPEN,
  OCELLI_FILE_READ,
  OCELLI_FILE_CREATE,
  OCELLI_FILE_WRITE,
  OCELLI_FILE_SYNCHRONIZE,
  OCELLI_FILE_RENAME,
  OCELLI_FILE_TRUNCATE,
} ocelli_file_step;

// The bytes of a file, in memory or mapped. An empty file has no bytes: NULL and 0.
typedef struct ocelli_file {
  const void *bytes;
  intptr_t byteCount;
  int32_t mapped;
} ocelli_file;

// Opens a regular file. Returns 0, or errno with *step saying where.
int32_t ocelli_file_open(
    const char *path, int32_t mapped, ocelli_file *file, ocelli_file_step *step);
void ocelli_file_close(ocelli_file *file);

// Opens a regular file to be read piece by piece. Returns 0, or errno with *step saying where.
int32_t ocelli_stream_open(
    const char *path, int32_t *descriptor, intptr_t *byteCount, ocelli_file_step *step);
// Reads the first bytes, all of which must be there. Returns 0, or errno.
int32_t ocelli_stream_read(int32_t descriptor, void *bytes, intptr_t byteCount);

// A file that is being written. Without a temporary file, bytes go to a device or a pipe at once.
typedef struct ocelli_new_file {
  int32_t descriptor;
  char *target;
  char *temporary;
} ocelli_new_file;

// Opens a device or a pipe as it is; otherwise creates a temporary file in the folder of the file
// that path leads to. Returns 0, or errno with *step saying where; then there is nothing to close.
int32_t ocelli_new_file_open(const char *path, ocelli_new_file *output, ocelli_file_step *step);
// Syncs the temporary file and renames it. Returns 0, or errno with *step saying where.
int32_t ocelli_new_file_commit(ocelli_new_file *output, ocelli_file_step *step);
// Removes the temporary file if it was not renamed.
void ocelli_new_file_close(ocelli_new_file *output);

// Opens or creates a file to be read and written. Returns 0, or errno.
int32_t ocelli_log_open(const char *path, int32_t *descriptor, _Bool *isRegular);
// Keeps the first bytes and goes to their end. Returns 0, or errno.
int32_t ocelli_log_cut(int32_t descriptor, intptr_t byteCount);

// Writes all bytes. Returns 0, or errno.
int32_t ocelli_descriptor_write(int32_t descriptor, const void *bytes, intptr_t byteCount);
// Waits until what was written is on disk. Returns 0, or errno.
int32_t ocelli_descriptor_synchronize(int32_t descriptor);
void ocelli_descriptor_close(int32_t descriptor);

// What there is at a path.
typedef enum ocelli_path_kind {
  OCELLI_PATH_OTHER,
  OCELLI_PATH_FOLDER,
  OCELLI_PATH_LINK_TO_FOLDER,
} ocelli_path_kind;
ocelli_path_kind ocelli_path_look(const char *path);

// Whether the file at a path can be read.
_Bool ocelli_is_readable(const char *path);

// Calls visit with the name of everything in a folder but itself and its parent, in any order.
// Returns 0, or errno.
int32_t ocelli_folder_list(
    const char *path, void (*visit)(void *context, const char *name), void *context);

// Creates a folder, and those above it. Returns 0, or errno; that it exists already is no error.
int32_t ocelli_folder_create(const char *path);

// Reads from standard input. Returns how many bytes came, 0 at the end, or -errno.
intptr_t ocelli_read_input(void *bytes, intptr_t byteCount);

// Writes all bytes to standard error.
void ocelli_write_error(const void *bytes, intptr_t byteCount);

// Writes bytes to standard output, which holds them back. Errors show when it is flushed.
void ocelli_write_output(const void *bytes, intptr_t byteCount);

// The system's text for an errno, as a C string of at most capacity bytes.
void ocelli_error_text(int32_t code, char *text, intptr_t capacity);

#endif
