// SPDX-License-Identifier: Apache-2.0
// Workers spin briefly between loops (a training step is hundreds of short loops), then sleep.
//
// A loop is a gate that the caller opens and closes. A worker that comes in time enters, takes
// items until there are none, and leaves; the caller closes the gate when it finds no more items,
// and waits for the workers inside. So a worker that the system runs late, because other processes
// want its CPU, holds nobody up.
//
// Each worker begins with a share of neighbouring items, always the same one, and then helps with
// those of others: what it wrote in one loop it mostly reads in the next, and the caches of two
// CPUs do not have to exchange it.
#include "CPlatform.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { spinLimit = 4000 };

// The gate: the loop's number above whether it is open above how many workers are inside.
static const uint64_t gateInside = 0x7FFF, gateOpen = 0x8000;
enum { gateNumberShift = 16 };

// The items of one worker that nobody has taken, on a cache line of its own.
typedef struct {
  _Alignas(64) _Atomic(intptr_t) next;
  intptr_t end;
} item_share;

struct ocelli_thread_pool {
  pthread_mutex_t mutex;
  pthread_cond_t wake, finished;
  intptr_t threadCount;
  pthread_t *threads;
  // Both change under the mutex, and are read without it to see whether anybody must be woken.
  _Atomic(int) sleepingWorkers, callerSleeps;
  _Atomic(uint64_t) gate;
  _Atomic(int) stopping;
  item_share *shares;
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
  for (intptr_t other = 0; other < pool->threadCount; other++) {
    item_share *share = &pool->shares[(worker + other) % pool->threadCount];
    for (;;) {
      intptr_t item = atomic_fetch_add_explicit(&share->next, 1, memory_order_relaxed);
      if (item >= share->end) break;
      pool->body(pool->context, item, worker);
    }
  }
}

static int is_another_loop(uint64_t gate, uint64_t seen) {
  return (gate & gateOpen) && gate >> gateNumberShift != seen;
}

// Blocks until another loop than number `seen` begins; 0 when the pool stops instead.
static int wait_for_loop(ocelli_thread_pool *pool, uint64_t seen) {
  for (int spin = 0; spin < spinLimit; spin++) {
    if (atomic_load_explicit(&pool->stopping, memory_order_acquire)) return 0;
    if (is_another_loop(atomic_load_explicit(&pool->gate, memory_order_acquire), seen)) return 1;
    cpu_relax();
  }
  // The sleeper announces itself before it looks for the last time, the caller looks for sleepers
  // after it has begun a loop: one of the two sees the other.
  pthread_mutex_lock(&pool->mutex);
  atomic_fetch_add(&pool->sleepingWorkers, 1);
  while (!is_another_loop(atomic_load(&pool->gate), seen) && !atomic_load(&pool->stopping))
    pthread_cond_wait(&pool->wake, &pool->mutex);
  atomic_fetch_sub(&pool->sleepingWorkers, 1);
  int runs = !atomic_load(&pool->stopping);
  pthread_mutex_unlock(&pool->mutex);
  return runs;
}

// Enters the gate unless it is closed; the number of its loop.
static uint64_t enter(ocelli_thread_pool *pool, int *isInside) {
  uint64_t gate = atomic_load(&pool->gate);
  *isInside = 0;
  while ((gate & gateOpen) && !*isInside)
    *isInside = atomic_compare_exchange_weak(&pool->gate, &gate, gate + 1);
  return gate >> gateNumberShift;
}

static void leave(ocelli_thread_pool *pool) {
  uint64_t gate = atomic_fetch_sub(&pool->gate, 1) - 1;
  if ((gate & (gateOpen | gateInside)) != 0 || !atomic_load(&pool->callerSleeps)) return;
  pthread_mutex_lock(&pool->mutex);
  pthread_cond_signal(&pool->finished);
  pthread_mutex_unlock(&pool->mutex);
}

static void *worker_main(void *argument) {
  worker_start start = *(worker_start *)argument;
  free(argument);
  uint64_t seen = 0;
  while (wait_for_loop(start.pool, seen)) {
    int isInside;
    seen = enter(start.pool, &isInside);
    if (!isInside) continue;
    run_items(start.pool, start.worker);
    leave(start.pool);
  }
  return NULL;
}

void ocelli_thread_pool_run(
    ocelli_thread_pool *pool, intptr_t itemCount, ocelli_loop_body body, void *context) {
  if (pool->threadCount == 1 || itemCount <= 1) {
    for (intptr_t item = 0; item < itemCount; item++) body(context, item, 0);
    return;
  }
  // No worker reads these: the gate is closed, and nobody is inside.
  pool->body = body;
  pool->context = context;
  intptr_t whole = itemCount / pool->threadCount, rest = itemCount % pool->threadCount;
  for (intptr_t worker = 0, first = 0; worker < pool->threadCount; worker++) {
    atomic_store_explicit(&pool->shares[worker].next, first, memory_order_relaxed);
    first += whole + (worker < rest);
    pool->shares[worker].end = first;
  }
  uint64_t number = (atomic_load(&pool->gate) >> gateNumberShift) + 1;
  atomic_store(&pool->gate, number << gateNumberShift | gateOpen);
  if (atomic_load(&pool->sleepingWorkers) > 0) {
    pthread_mutex_lock(&pool->mutex);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
  }

  run_items(pool, 0);
  if ((atomic_fetch_and(&pool->gate, ~gateOpen) & gateInside) == 0) return;
  for (int spin = 0; spin < spinLimit; spin++) {
    if ((atomic_load_explicit(&pool->gate, memory_order_acquire) & gateInside) == 0) return;
    cpu_relax();
  }
  pthread_mutex_lock(&pool->mutex);
  atomic_store(&pool->callerSleeps, 1);
  while ((atomic_load(&pool->gate) & gateInside) != 0)
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
  pool->threadCount = 1;
  pool->threads = calloc((size_t)threadCount, sizeof *pool->threads);
  pool->shares = aligned_alloc(64, (size_t)threadCount * sizeof *pool->shares);
  for (intptr_t worker = 1; pool->threads && pool->shares && worker < threadCount; worker++) {
    worker_start *start = malloc(sizeof *start);
    if (!start) break;
    *start = (worker_start){pool, worker};
    if (pthread_create(&pool->threads[worker], NULL, worker_main, start) != 0) {
      free(start);
      break;
    }
    pool->threadCount++;
  }
  if (pool->threads && pool->shares && pool->threadCount == threadCount) return pool;
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
  free(pool->shares);
  free(pool->threads);
  free(pool);
}
