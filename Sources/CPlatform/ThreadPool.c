// SPDX-License-Identifier: Apache-2.0
// Workers spin briefly between loops (a training step is hundreds of short loops), then sleep.
#include "CPlatform.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { spinLimit = 4000 };

struct ocelli_thread_pool {
  pthread_mutex_t mutex;
  pthread_cond_t wake, finished;
  intptr_t threadCount;
  pthread_t *threads;
  // Both change under the mutex, and are read without it to see whether anybody must be woken.
  _Atomic(int) sleepingWorkers, callerSleeps;
  _Atomic(uint64_t) generation;
  _Atomic(intptr_t) nextItem, activeWorkers;
  _Atomic(int) stopping;
  intptr_t itemCount;
  ocelli_loop_body body;
  void *context;
};

typedef struct {
  ocelli_thread_pool *pool;
  intptr_t worker;
} worker_start;

static void cpu_relax(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
  __asm__ volatile("yield");
#endif
}

static void run_items(ocelli_thread_pool *pool, intptr_t worker) {
  for (;;) {
    intptr_t item = atomic_fetch_add_explicit(&pool->nextItem, 1, memory_order_relaxed);
    if (item >= pool->itemCount) return;
    pool->body(pool->context, item, worker);
  }
}

// Blocks until a loop newer than `seen` begins; 0 when the pool stops instead.
static uint64_t wait_for_loop(ocelli_thread_pool *pool, uint64_t seen) {
  for (int spin = 0; spin < spinLimit; spin++) {
    if (atomic_load_explicit(&pool->stopping, memory_order_acquire)) return 0;
    uint64_t generation = atomic_load_explicit(&pool->generation, memory_order_acquire);
    if (generation != seen) return generation;
    cpu_relax();
  }
  // The sleeper announces itself before it looks for the last time, the caller looks for sleepers
  // after it has begun a loop: one of the two sees the other.
  pthread_mutex_lock(&pool->mutex);
  atomic_fetch_add(&pool->sleepingWorkers, 1);
  while (atomic_load(&pool->generation) == seen && !atomic_load(&pool->stopping))
    pthread_cond_wait(&pool->wake, &pool->mutex);
  atomic_fetch_sub(&pool->sleepingWorkers, 1);
  uint64_t generation = atomic_load(&pool->stopping) ? 0 : atomic_load(&pool->generation);
  pthread_mutex_unlock(&pool->mutex);
  return generation;
}

static void *worker_main(void *argument) {
  worker_start start = *(worker_start *)argument;
  free(argument);
  uint64_t seen = 1;
  while ((seen = wait_for_loop(start.pool, seen)) != 0) {
    run_items(start.pool, start.worker);
    if (atomic_fetch_sub(&start.pool->activeWorkers, 1) == 1 &&
        atomic_load(&start.pool->callerSleeps)) {
      pthread_mutex_lock(&start.pool->mutex);
      pthread_cond_signal(&start.pool->finished);
      pthread_mutex_unlock(&start.pool->mutex);
    }
  }
  return NULL;
}

void ocelli_thread_pool_run(
    ocelli_thread_pool *pool, intptr_t itemCount, ocelli_loop_body body, void *context) {
  if (pool->threadCount == 1 || itemCount <= 1) {
    for (intptr_t item = 0; item < itemCount; item++) body(context, item, 0);
    return;
  }
  // No worker reads these: all have finished the loop before.
  pool->itemCount = itemCount;
  pool->body = body;
  pool->context = context;
  atomic_store_explicit(&pool->nextItem, 0, memory_order_relaxed);
  atomic_store_explicit(&pool->activeWorkers, pool->threadCount - 1, memory_order_relaxed);
  atomic_fetch_add(&pool->generation, 1);
  if (atomic_load(&pool->sleepingWorkers) > 0) {
    pthread_mutex_lock(&pool->mutex);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
  }

  run_items(pool, 0);
  for (int spin = 0; spin < spinLimit; spin++) {
    if (atomic_load_explicit(&pool->activeWorkers, memory_order_acquire) == 0) return;
    cpu_relax();
  }
  pthread_mutex_lock(&pool->mutex);
  atomic_store(&pool->callerSleeps, 1);
  while (atomic_load(&pool->activeWorkers) != 0)
    pthread_cond_wait(&pool->finished, &pool->mutex);
  atomic_store(&pool->callerSleeps, 0);
  pthread_mutex_unlock(&pool->mutex);
}

ocelli_thread_pool *ocelli_thread_pool_create(intptr_t threadCount) {
  ocelli_thread_pool *pool = calloc(1, sizeof *pool);
  if (!pool) return NULL;
  pthread_mutex_init(&pool->mutex, NULL);
  pthread_cond_init(&pool->wake, NULL);
  pthread_cond_init(&pool->finished, NULL);
  atomic_store(&pool->generation, 1);
  pool->threadCount = 1;
  pool->threads = calloc((size_t)threadCount, sizeof *pool->threads);
  for (intptr_t worker = 1; pool->threads && worker < threadCount; worker++) {
    worker_start *start = malloc(sizeof *start);
    if (!start) break;
    *start = (worker_start){pool, worker};
    if (pthread_create(&pool->threads[worker], NULL, worker_main, start) != 0) {
      free(start);
      break;
    }
    pool->threadCount++;
  }
  if (pool->threadCount == threadCount) return pool;
  ocelli_thread_pool_destroy(pool);
  return NULL;
}

void ocelli_thread_pool_destroy(ocelli_thread_pool *pool) {
  pthread_mutex_lock(&pool->mutex);
  atomic_store(&pool->stopping, 1);
  pthread_cond_broadcast(&pool->wake);
  pthread_mutex_unlock(&pool->mutex);
  for (intptr_t worker = 1; worker < pool->threadCount; worker++) {
    pthread_join(pool->threads[worker], NULL);
  }
  pthread_cond_destroy(&pool->finished);
  pthread_cond_destroy(&pool->wake);
  pthread_mutex_destroy(&pool->mutex);
  free(pool->threads);
  free(pool);
}
