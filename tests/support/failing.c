#include "support/cases.h"

#include "support/failing.h"

#include <stdatomic.h>

/* Live blocks of the run, in an open hash table; small enough to scan. */
enum { SLOTS = 1 << 16 };
static void *live[SLOTS];
static int live_count;
static atomic_flag busy = ATOMIC_FLAG_INIT;
static atomic_bool active;
static atomic_int left; /* allocations until the one that fails */
static atomic_bool fired;

static void lock(void) {
    while (atomic_flag_test_and_set(&busy))
        ;
}

static void unlock(void) {
    atomic_flag_clear(&busy);
}

static size_t first_slot(const void *block) {
    return (size_t)(((uintptr_t)block >> 4) * 2654435761u) % SLOTS;
}

bool failing_now(void) {
    if (!atomic_load(&active) || atomic_fetch_sub(&left, 1) != 1)
        return false;
    atomic_store(&fired, true);
    return true;
}

void failing_made(void *block) {
    if (block == NULL || !atomic_load(&active))
        return;
    lock();
    size_t i = first_slot(block);
    while (live[i] != NULL && live_count < SLOTS / 2)
        i = (i + 1) % SLOTS;
    live[i] = block;
    live_count++;
    unlock();
}

/* Close the gap that removing slot i leaves in its run. */
static void remove_at(size_t i) {
    live[i] = NULL;
    for (size_t j = (i + 1) % SLOTS; live[j] != NULL; j = (j + 1) % SLOTS) {
        size_t home = first_slot(live[j]);
        if ((j + SLOTS - home) % SLOTS < (j + SLOTS - i) % SLOTS)
            continue;
        live[i] = live[j];
        live[j] = NULL;
        i = j;
    }
}

void failing_freed(void *block) {
    if (block == NULL || !atomic_load(&active))
        return;
    lock();
    for (size_t i = first_slot(block); live[i] != NULL; i = (i + 1) % SLOTS)
        if (live[i] == block) {
            remove_at(i);
            live_count--;
            break;
        }
    unlock();
}

static void forget_all(void) {
    for (size_t i = 0; i < SLOTS; i++)
        live[i] = NULL;
    live_count = 0;
}

int failing_run(failing_fn fn, void *ctx) {
    for (int n = 1;; n++) {
        forget_all();
        atomic_store(&left, n);
        atomic_store(&fired, false);
        atomic_store(&active, true);
        st_status status = fn(ctx);
        atomic_store(&active, false);
        if (live_count != 0)
            fail_msg("allocation %d fails: %d block(s) leaked", n, live_count);
        if (!atomic_load(&fired)) {
            if (status != ST_OK)
                fail_msg("no allocation fails: %s", st_status_name(status));
            return n - 1;
        }
        if (status != ST_NO_MEM && status != ST_OK)
            fail_msg("allocation %d fails: %s, not no memory", n,
                     st_status_name(status));
    }
}
