// SPDX-License-Identifier: Apache-2.0
// Workers spin briefly between loops (a training step is hundreds of short loops), then sleep.
//
// Each thread has a share of neighbouring items, always the same one, and then helps with those of
// others: what it wrote in one loop it mostly reads in the next, and the caches of two CPUs do not
// have to exchange it.
//
// A share's state is one word on a cache line of its own, which says everything about the loop to
// that thread: a loop costs few exchanges of lines. A worker that comes in time marks its share as
// busy, takes items until there are none, and clears the mark; the caller, when it finds no more
// items, waits for the busy ones. So a worker that the system runs late, because other processes
// want its CPU, holds nobody up: others have taken its items.
#include "CPlatform.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { spinLimit = 4000 };

// The state of a share: the loop's number above whether its thread is busy above how many items
// nobody has taken. A thread changes it only where the number is that of the loop that it is in.
static const uint64_t stateItems = 0x7FFFFFFF, stateBusy = 0x80000000;
enum { stateNumberShift = 32 };

typedef struct {
  _Alignas(64) _Atomic(uint64_t) state;
  // Written before the state, read after an item was taken.
  intptr_t end;
} item_share;

struct ocelli_thread_pool {
  pthread_mutex_t mutex;
  pthread_cond_t wake, finished;
  intptr_t threadCount;
  pthread_t *threads;
  // Both change under the mutex, and are read without it to see whether anybody must be woken.
  _Atomic(int) sleepingWorkers, callerSleeps;
  _Atomic(int) stopping;
  uint32_t number;
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

// Takes an item of loop `number` from `share`; -1 when there is none.
static intptr_t take_item(item_share *share, uint32_t number) {
  uint64_t state = atomic_load_explicit(&share->state, memory_order_acquire);
  while (state >> stateNumberShift == number && (state & stateItems) > 0) {
    // Who finds no item left also sees that whoever took the last one is busy.
    if (atomic_compare_exchange_weak_explicit(
            &share->state, &state, state - 1, memory_order_acq_rel, memory_order_acquire))
      return share->end - (intptr_t)(state & stateItems);
  }
  return -1;
}

static void run_items(ocelli_thread_pool *pool, intptr_t thread, uint32_t number) {
  for (intptr_t other = 0; other < pool->threadCount; other++) {
    item_share *share = &pool->shares[(thread + other) % pool->threadCount];
    intptr_t item;
    while ((item = take_item(share, number)) >= 0) pool->body(pool->context, item, thread);
  }
}

static int is_another_loop(item_share *share, uint32_t seen) {
  return atomic_load_explicit(&share->state, memory_order_relaxed) >> stateNumberShift != seen;
}

// Blocks until another loop than number `seen` begins; 0 when the pool stops instead.
static int wait_for_loop(ocelli_thread_pool *pool, item_share *share, uint32_t seen) {
  for (int spin = 0; spin < spinLimit; spin++) {
    if (is_another_loop(share, seen)) return 1;
    if (atomic_load_explicit(&pool->stopping, memory_order_relaxed)) return 0;
    cpu_relax();
  }
  // A loop that begins at this very moment may not see the sleeper: the caller runs its items.
  pthread_mutex_lock(&pool->mutex);
  atomic_fetch_add(&pool->sleepingWorkers, 1);
  while (!is_another_loop(share, seen) && !atomic_load(&pool->stopping))
    pthread_cond_wait(&pool->wake, &pool->mutex);
  atomic_fetch_sub(&pool->sleepingWorkers, 1);
  int runs = !atomic_load(&pool->stopping);
  pthread_mutex_unlock(&pool->mutex);
  return runs;
}

// Marks the share as busy, and sees what was written before its loop began; the number of that
// loop.
static uint32_t enter(item_share *share) {
  uint64_t state = atomic_fetch_or_explicit(&share->state, stateBusy, memory_order_acquire);
  return state >> stateNumberShift;
}

static int is_busy(item_share *share) {
  return (atomic_load_explicit(&share->state, memory_order_acquire) & stateBusy) != 0;
}

static void leave(ocelli_thread_pool *pool, item_share *share) {
  atomic_fetch_and(&share->state, ~stateBusy);
  if (!atomic_load(&pool->callerSleeps)) return;
  pthread_mutex_lock(&pool->mutex);
  pthread_cond_signal(&pool->finished);
  pthread_mutex_unlock(&pool->mutex);
}

static void *worker_main(void *argument) {
  worker_start start = *(worker_start *)argument;
  free(argument);
  item_share *share = &start.pool->shares[start.worker];
  uint32_t number = 0;
  while (wait_for_loop(start.pool, share, number)) {
    number = enter(share);
    run_items(start.pool, start.worker, number);
    leave(start.pool, share);
  }
  return NULL;
}

static void wait_for_worker(ocelli_thread_pool *pool, item_share *share) {
  for (int spin = 0; spin < spinLimit; spin++) {
    if (!is_busy(share)) return;
    cpu_relax();
  }
  pthread_mutex_lock(&pool->mutex);
  // Not a plain store: QEMU lets a load pass one, and the last worker would not be seen to leave.
  atomic_exchange(&pool->callerSleeps, 1);
  while (atomic_load(&share->state) & stateBusy) pthread_cond_wait(&pool->finished, &pool->mutex);
  atomic_store(&pool->callerSleeps, 0);
  pthread_mutex_unlock(&pool->mutex);
}

void ocelli_thread_pool_run(
    ocelli_thread_pool *pool, intptr_t itemCount, ocelli_loop_body body, void *context) {
  if (pool->threadCount == 1 || itemCount <= 1) {
    for (intptr_t item = 0; item < itemCount; item++) body(context, item, 0);
    return;
  }
  // Nobody reads these before it has taken an item of this loop.
  pool->body = body;
  pool->context = context;
  uint32_t number = ++pool->number;
  intptr_t whole = itemCount / pool->threadCount, rest = itemCount % pool->threadCount;
  intptr_t end = itemCount;
  for (intptr_t thread = pool->threadCount - 1; thread >= 0; thread--) {
    item_share *share = &pool->shares[thread];
    uint64_t items = (uint64_t)(whole + (thread < rest));
    share->end = end;
    end -= (intptr_t)items;
    atomic_store_explicit(
        &share->state, (uint64_t)number << stateNumberShift | items, memory_order_release);
  }
  if (atomic_load(&pool->sleepingWorkers) > 0) {
    pthread_mutex_lock(&pool->mutex);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
  }

  run_items(pool, 0, number);
  for (intptr_t worker = 1; worker < pool->threadCount; worker++)
    wait_for_worker(pool, &pool->shares[worker]);
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
  if (pool->shares) memset(pool->shares, 0, (size_t)threadCount * sizeof *pool->shares);
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
