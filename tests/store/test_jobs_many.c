/* 500 jobs, 8 workers as threads of one process and as four processes. Some
 * drop their jobs, some speak too late, processes are killed and connections
 * cut; each job must be committed exactly once. */
#include "support/cases.h"

#include "core/clock.h"
#include "store/base.h"
#include "store/jobs.h"
#include "store/schema.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { JOBS = 500, OWNERS = 5, WORKERS = 8, PROCESSES = 4, LIMIT_S = 100 };

static const int64_t lease_us = 400000;

static st_job_policy policy = {NULL, 100, 10000, 50000};
static char program[256];
static char url[256];
static char log_path[64];
static atomic_int faults;
static atomic_int dropped;
static atomic_int refused;

static st_jobs_options options(void) {
    return (st_jobs_options){.lease_us = lease_us,
                             .running_max = 20,
                             .policies = &policy,
                             .policy_count = 1};
}

/* -- a worker ---------------------------------------------------------------
 */

static bool good(st_status s, const st_err *err) {
    if (s == ST_OK)
        return true;
    (void)fprintf(stderr, "%s: %s\n", st_status_name(s), err->text);
    (void)atomic_fetch_add(&faults, 1);
    return false;
}

static void note_commit(const st_job_lease *lease) {
    char line[64];
    int length = snprintf(line, sizeof line, "%s\n", lease->id);
    int fd = open(log_path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (fd < 0 || write(fd, line, (size_t)length) != length)
        (void)atomic_fetch_add(&faults, 1);
    (void)close(fd);
}

static void end_job(st_jobs *jobs, const st_job_lease *lease, bool broken) {
    st_job_hold hold = ST_JOB_LOST;
    st_err err = {0};
    st_status s =
        broken ? st_jobs_fail(jobs, lease, true, "x", "It broke.", &hold, &err)
               : st_jobs_finish(jobs, lease, "{}", NULL, &hold, &err);
    if (!good(s, &err))
        return;
    if (hold == ST_JOB_LOST)
        (void)atomic_fetch_add(&refused, 1);
    else if (!broken)
        note_commit(lease);
}

/* One in 16 is dropped, one in 16 is late, one in 16 breaks. */
static void do_job(st_jobs *jobs, const st_job_lease *lease) {
    st_job_hold hold = ST_JOB_LOST;
    st_err err = {0};
    unsigned fate = (unsigned)st_clock_ns() / 1000 * 2654435761U >> 28;
    const st_job_progress half = {.phase = "half", .fraction = 0.5};
    if (!good(st_jobs_start(jobs, lease, &hold, &err), &err) ||
        hold != ST_JOB_HELD)
        return;
    (void)usleep(500);
    if (fate == 0) {
        (void)atomic_fetch_add(&dropped, 1);
        return;
    }
    if (fate == 1)
        (void)usleep(2 * (unsigned)lease_us);
    if (good(st_jobs_beat(jobs, lease, &half, &hold, &err), &err))
        end_job(jobs, lease, fate == 2);
}

static bool all_done(st_jobs *jobs) {
    int64_t counts[ST_JOB_STATE_COUNT] = {0};
    st_err err = {0};
    return good(st_jobs_count(jobs, NULL, counts, &err), &err) &&
           counts[ST_JOB_SUCCEEDED] == JOBS;
}

static void *work(void *ctx) {
    st_jobs *jobs = ctx;
    const st_job_worker worker = {.name = "w", .cpu = true};
    for (;;) {
        st_job_lease lease;
        st_job_list list = {0};
        st_err err = {0};
        st_status s = st_jobs_reserve(jobs, &worker, &lease, &list, &err);
        st_job_list_free(&list);
        if (s == ST_OK)
            do_job(jobs, &lease);
        else if (s != ST_NOT_FOUND)
            (void)good(s, &err);
        else if (all_done(jobs))
            return NULL;
        else
            (void)usleep(5000);
    }
}

/* The whole of a worker process. */
static int work_process(void) {
    st_db *db = NULL;
    st_jobs *jobs = NULL;
    st_err err = {0};
    pthread_t threads[WORKERS / PROCESSES];
    const st_jobs_options o = options();
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!good(st_db_open(&db, url, NULL, &err), &err) ||
        !good(st_jobs_new(&jobs, db, &o, &err), &err))
        return 1;
    for (int i = 0; i < WORKERS / PROCESSES; i++)
        if (pthread_create(&threads[i], NULL, work, jobs) != 0)
            return 1;
    for (int i = 0; i < WORKERS / PROCESSES; i++)
        (void)pthread_join(threads[i], NULL);
    st_jobs_free(jobs);
    st_db_close(db);
    return atomic_load(&faults) == 0 ? 0 : 1;
}

/* -- the test's side --------------------------------------------------------
 */

static st_db *db;
static st_jobs *jobs;

static int set_up(void **state) {
    (void)state;
    st_err err = {0};
    const st_jobs_options o = options();
    (void)snprintf(url, sizeof url, "%s", base_fresh());
    (void)snprintf(log_path, sizeof log_path, "/tmp/stemma-jobs-XXXXXX");
    int fd = mkstemp(log_path);
    assert_true(fd >= 0);
    (void)close(fd);
    db = base_open(url, &(st_db_options){.connections = 12});
    base_ok(st_db_migrate(db, &err), &err);
    base_ok(st_jobs_new(&jobs, db, &o, &err), &err);
    for (int i = 0; i < JOBS; i++) {
        char owner[16];
        st_job_ticket ticket;
        (void)snprintf(owner, sizeof owner, "owner%d", i % OWNERS);
        const st_job_order order = {
            .owner = owner, .kind = "master", .body = "{}"};
        base_ok(st_jobs_submit(jobs, &order, &ticket, &err), &err);
    }
    atomic_store(&faults, 0);
    atomic_store(&dropped, 0);
    atomic_store(&refused, 0);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    st_jobs_free(jobs);
    st_db_close(db);
    (void)unlink(log_path);
    return 0;
}

static int by_text(const void *a, const void *b) {
    return strcmp(a, b);
}

/* No job is there twice; `unheard` may have been killed between the commit
 * and the note of it. */
static void check_log(int unheard) {
    static char ids[2 * JOBS][ST_UUID_TEXT_BYTES];
    int count = 0;
    FILE *file = fopen(log_path, "r");
    assert_non_null(file);
    while (count < 2 * JOBS && fscanf(file, "%36s", ids[count]) == 1)
        count++;
    (void)fclose(file);
    qsort(ids, (size_t)count, sizeof ids[0], by_text);
    for (int i = 1; i < count; i++)
        if (strcmp(ids[i - 1], ids[i]) == 0)
            fail_msg("job %s was committed twice", ids[i]);
    assert_in_range(count, JOBS - unheard, JOBS);
}

/* Sweep, and do harm each `harm_ms`, until all jobs are done. */
static void keep_house(void (*harm)(void), int harm_ms, const char *what) {
    int64_t begin = st_clock_ns();
    int64_t next = begin;
    while (!all_done(jobs)) {
        st_jobs_swept swept;
        st_err err = {0};
        (void)good(st_jobs_sweep(jobs, &swept, &err), &err);
        if (harm != NULL && st_clock_ns() >= next) {
            harm();
            next = st_clock_ns() + (int64_t)harm_ms * 1000000;
        }
        if (st_clock_seconds(begin, st_clock_ns()) > LIMIT_S)
            fail_msg("not all jobs are done after %d s", LIMIT_S);
        (void)usleep(20000);
    }
    print_message("%s: %d jobs in %.1f s, %d dropped, %d answers refused\n",
                  what, JOBS, st_clock_seconds(begin, st_clock_ns()),
                  atomic_load(&dropped), atomic_load(&refused));
}

static void cut(void) {
    (void)base_cut();
}

static void test_jobs_many_threads(void **state) {
    (void)state;
    pthread_t threads[WORKERS];
    for (int i = 0; i < WORKERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, jobs), 0);
    keep_house(cut, 150, "threads");
    for (int i = 0; i < WORKERS; i++)
        (void)pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&faults), 0);
    check_log(0);
}

static pid_t pids[PROCESSES];
static int kills;

static pid_t start_process(void) {
    pid_t pid = fork();
    if (pid == 0) {
        (void)execl(program, program, url, log_path, (char *)NULL);
        _exit(127);
    }
    assert_true(pid > 0);
    return pid;
}

/* kill -9 of one process after the other, each started again. */
static void kill_one(void) {
    int status = 0;
    int i = kills % PROCESSES;
    if (kills++ >= 12)
        return;
    (void)kill(pids[i], SIGKILL);
    (void)waitpid(pids[i], &status, 0);
    pids[i] = start_process();
    (void)base_cut();
}

static void test_jobs_many_processes(void **state) {
    (void)state;
    kills = 0;
    for (int i = 0; i < PROCESSES; i++)
        pids[i] = start_process();
    (void)usleep(100000);
    keep_house(kill_one, 150, "processes");
    for (int i = 0; i < PROCESSES; i++) {
        int status = -1;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(atomic_load(&faults), 0);
    check_log(12 * WORKERS / PROCESSES);
}

/* -- one key, from many ------------------------------------------------------
 */

static void *submit_key(void *out) {
    st_err err = {0};
    const st_job_order order = {
        .owner = "ann", .kind = "mix", .body = "{}", .key = "once"};
    (void)good(st_jobs_submit(jobs, &order, out, &err), &err);
    return NULL;
}

static void test_jobs_many_with_one_key(void **state) {
    (void)state;
    pthread_t threads[WORKERS];
    st_job_ticket tickets[WORKERS];
    int first = 0;
    for (int i = 0; i < WORKERS; i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, submit_key, &tickets[i]), 0);
    for (int i = 0; i < WORKERS; i++)
        (void)pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&faults), 0);
    for (int i = 0; i < WORKERS; i++) {
        assert_string_equal(tickets[i].id, tickets[0].id);
        first += !tickets[i].again;
    }
    assert_int_equal(first, 1);
}

/* Eight at once may not take more than an owner's share. */
static void *take_one(void *ctx) {
    const st_job_worker worker = {.name = "w", .cpu = true};
    st_job_lease lease;
    st_job_list list = {0};
    st_err err = {0};
    st_status s = ST_OK;
    while (s == ST_OK) {
        s = st_jobs_reserve(jobs, &worker, &lease, &list, &err);
        st_job_list_free(&list);
    }
    if (s != ST_NOT_FOUND)
        (void)good(s, &err);
    return ctx;
}

static void test_jobs_many_keep_to_the_share(void **state) {
    (void)state;
    pthread_t threads[WORKERS];
    int64_t counts[ST_JOB_STATE_COUNT];
    st_err err = {0};
    for (int i = 0; i < WORKERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_one, NULL), 0);
    for (int i = 0; i < WORKERS; i++)
        (void)pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&faults), 0);
    for (int i = 0; i < OWNERS; i++) {
        char owner[16];
        (void)snprintf(owner, sizeof owner, "owner%d", i);
        base_ok(st_jobs_count(jobs, owner, counts, &err), &err);
        assert_int_equal(counts[ST_JOB_LEASED], 20);
    }
}

#define CASE(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        CASE(test_jobs_many_with_one_key),
        CASE(test_jobs_many_keep_to_the_share),
        CASE(test_jobs_many_threads),
        CASE(test_jobs_many_processes),
    };
    if (argc == 3) {
        (void)snprintf(url, sizeof url, "%s", argv[1]);
        (void)snprintf(log_path, sizeof log_path, "%s", argv[2]);
        return work_process();
    }
    if (readlink("/proc/self/exe", program, sizeof program - 1) < 0)
        return 1;
    int bad =
        cmocka_run_group_tests_name("sqlite", tests, base_sqlite, base_end);
    bad +=
        cmocka_run_group_tests_name("postgres", tests, base_postgres, base_end);
    return bad;
}
