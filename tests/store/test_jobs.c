#include "support/cases.h"

#include "store/base.h"
#include "store/jobs.h"
#include "store/schema.h"

#include <stdio.h>
#include <string.h>

/* One second and one minute of the tests' own clock. */
static const int64_t second = 1000000;
static const int64_t minute = 60000000;

static st_db *db;
static st_jobs *jobs;
static int64_t now;
static const st_job_worker cpu = {.name = "w", .cpu = true};

static int64_t read_clock(void *ctx) {
    (void)ctx;
    return now;
}

static int set_up(void **state) {
    (void)state;
    static const st_job_policy policies[] = {{"once", 1, 0, 0},
                                             {NULL, 3, 2000000, 600000000}};
    const st_jobs_options options = {
        .now_us = read_clock, .policies = policies, .policy_count = 2};
    st_err err = {0};
    now = INT64_C(1700000000000000);
    db = base_open(base_fresh(), NULL);
    base_ok(st_db_migrate(db, &err), &err);
    base_ok(st_jobs_new(&jobs, db, &options, &err), &err);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    st_jobs_free(jobs);
    st_db_close(db);
    return 0;
}

/* -- short words ------------------------------------------------------------
 */

static st_job_ticket put(const st_job_order *order) {
    st_job_ticket ticket;
    st_job_order full = *order;
    st_err err = {0};
    full.owner = full.owner == NULL ? "ann" : full.owner;
    full.kind = full.kind == NULL ? "master" : full.kind;
    full.body = full.body == NULL ? "{}" : full.body;
    now += 1000;
    base_ok(st_jobs_submit(jobs, &full, &ticket, &err), &err);
    return ticket;
}

static st_job_ticket put_plain(void) {
    return put(&(st_job_order){.class = ST_JOB_NORMAL});
}

static st_status take_as(const st_job_worker *worker, st_job_lease *lease) {
    st_job_list list = {0};
    st_err err = {0};
    st_status s = st_jobs_reserve(jobs, worker, lease, &list, &err);
    if (s != ST_NOT_FOUND)
        base_ok(s, &err);
    st_job_list_free(&list);
    return s;
}

static st_job_lease take(void) {
    st_job_lease lease = {0};
    assert_int_equal(take_as(&cpu, &lease), ST_OK);
    return lease;
}

/* The next one is this one. */
static st_job_lease take_this(const char *id) {
    st_job_lease lease = take();
    assert_string_equal(lease.id, id);
    return lease;
}

static void take_none(void) {
    st_job_lease lease;
    assert_int_equal(take_as(&cpu, &lease), ST_NOT_FOUND);
}

static st_job_hold finish(const st_job_lease *lease) {
    st_job_hold hold;
    st_err err = {0};
    base_ok(st_jobs_finish(jobs, lease, "{\"a\":1}", NULL, &hold, &err), &err);
    return hold;
}

static st_job_hold give_up(const st_job_lease *lease, bool again) {
    st_job_hold hold;
    st_err err = {0};
    base_ok(
        st_jobs_fail(jobs, lease, again, "crash", "It crashed.", &hold, &err),
        &err);
    return hold;
}

static st_job_hold look(const st_job_lease *lease) {
    st_job_hold hold;
    st_err err = {0};
    base_ok(st_jobs_look(jobs, lease, &hold, &err), &err);
    return hold;
}

static st_job_state cancel(const char *id) {
    st_job_state state;
    st_err err = {0};
    base_ok(st_jobs_cancel(jobs, id, "ann", &state, &err), &err);
    return state;
}

static st_job_list get(const char *id) {
    st_job_list list = {0};
    st_err err = {0};
    base_ok(st_jobs_get(jobs, id, NULL, &list, &err), &err);
    return list;
}

static void is(const char *id, st_job_state state) {
    st_job_list list = get(id);
    assert_string_equal(st_job_state_name(list.jobs[0].state),
                        st_job_state_name(state));
    st_job_list_free(&list);
}

static st_jobs_swept sweep(void) {
    st_jobs_swept swept;
    st_err err = {0};
    base_ok(st_jobs_sweep(jobs, &swept, &err), &err);
    return swept;
}

/* -- the way of a job -------------------------------------------------------
 */

static void test_jobs_runs_through(void **state) {
    (void)state;
    st_err err = {0};
    st_job_hold hold;
    st_job_ticket ticket =
        put(&(st_job_order){.body = "{\"lufs\":-14}", .class = ST_JOB_NORMAL});
    assert_true(ticket.ready);
    assert_false(ticket.again);
    is(ticket.id, ST_JOB_QUEUED);
    st_job_lease lease = take_this(ticket.id);
    is(ticket.id, ST_JOB_LEASED);
    base_ok(st_jobs_start(jobs, &lease, &hold, &err), &err);
    is(ticket.id, ST_JOB_RUNNING);
    now += 10 * second;
    const st_job_progress half = {.phase = "limiting",
                                  .fraction = 0.5,
                                  .segment = 1,
                                  .segment_count = 2,
                                  .eta_us = 7 * second,
                                  .preview = "asset"};
    base_ok(st_jobs_beat(jobs, &lease, &half, &hold, &err), &err);
    assert_int_equal(hold, ST_JOB_HELD);
    st_job_list list = get(ticket.id);
    const st_job *job = &list.jobs[0];
    assert_string_equal(job->phase, "limiting");
    assert_string_equal(job->preview, "asset");
    assert_string_equal(job->body, "{\"lufs\":-14}");
    assert_true(job->fraction == 0.5 && job->eta_us == 7 * second);
    assert_true(job->lease_until_us == now + 30 * second);
    assert_true(job->started_us == now - 10 * second);
    st_job_list_free(&list);
    assert_int_equal(finish(&lease), ST_JOB_HELD);
    is(ticket.id, ST_JOB_SUCCEEDED);
    assert_int_equal(finish(&lease), ST_JOB_HELD); /* said twice: once done */
    assert_int_equal(give_up(&lease, true), ST_JOB_LOST);
    is(ticket.id, ST_JOB_SUCCEEDED);
    take_none();
}

static void test_jobs_key_gives_the_same_job(void **state) {
    (void)state;
    st_err err = {0};
    st_job_order order = {.owner = "ann",
                          .kind = "mix",
                          .body = "{}",
                          .key = "k1",
                          .class = ST_JOB_NORMAL};
    st_job_ticket first = put(&order);
    st_job_ticket second_time = put(&order);
    st_job_ticket ticket;
    assert_true(second_time.again);
    assert_string_equal(first.id, second_time.id);
    order.body = "{\"a\":1}";
    assert_int_equal(st_jobs_submit(jobs, &order, &ticket, &err), ST_EXISTS);
    order.owner = "bob"; /* keys are each owner's own */
    assert_string_not_equal(put(&order).id, first.id);
    order.key = "";
    assert_int_equal(st_jobs_submit(jobs, &order, &ticket, &err), ST_BAD_ARG);
}

static void test_jobs_late_worker_is_refused(void **state) {
    (void)state;
    st_err err = {0};
    st_job_hold hold;
    st_job_ticket ticket = put_plain();
    st_job_lease old = take();
    now += 31 * second;
    base_ok(st_jobs_beat(jobs, &old, NULL, &hold, &err), &err);
    assert_int_equal(hold, ST_JOB_HELD); /* late, but nobody took it */
    now += 31 * second;
    assert_int_equal(sweep().requeued, 1);
    assert_int_equal(look(&old), ST_JOB_LOST);
    now += 10 * second; /* its pause is over */
    st_job_lease fresh = take_this(ticket.id);
    assert_true(fresh.fence > old.fence);
    assert_int_equal(finish(&old), ST_JOB_LOST);
    assert_int_equal(give_up(&old, false), ST_JOB_LOST);
    base_ok(st_jobs_beat(jobs, &old, NULL, &hold, &err), &err);
    assert_int_equal(hold, ST_JOB_LOST);
    base_ok(st_jobs_release(jobs, &old, &hold, &err), &err);
    assert_int_equal(hold, ST_JOB_LOST);
    is(ticket.id, ST_JOB_LEASED);
    assert_int_equal(finish(&fresh), ST_JOB_HELD);
    assert_int_equal(finish(&old), ST_JOB_LOST);
}

static void test_jobs_retries_then_dies_then_is_requeued(void **state) {
    (void)state;
    st_err err = {0};
    int64_t pauses[2];
    st_job_ticket ticket = put_plain();
    for (int i = 0; i < 2; i++) {
        st_job_lease lease = take();
        assert_int_equal(give_up(&lease, true), ST_JOB_HELD);
        st_job_list list = get(ticket.id);
        pauses[i] = list.jobs[0].ready_us - now;
        assert_string_equal(list.jobs[0].error_code, "crash");
        st_job_list_free(&list);
        take_none();
        now += pauses[i];
    }
    assert_in_range(pauses[0], 1 * second, 2 * second);
    assert_in_range(pauses[1], 2 * second, 4 * second);
    st_job_lease lease = take();
    assert_int_equal(give_up(&lease, true), ST_JOB_HELD);
    is(ticket.id, ST_JOB_DEAD);
    take_none();
    base_ok(st_jobs_requeue(jobs, ticket.id, "ann", &err), &err);
    assert_int_equal(st_jobs_requeue(jobs, ticket.id, "ann", &err), ST_BAD_ARG);
    lease = take_this(ticket.id);
    assert_int_equal(finish(&lease), ST_JOB_HELD);
}

static void test_jobs_own_fault_fails_at_once(void **state) {
    (void)state;
    st_job_ticket ticket = put_plain();
    st_job_lease lease = take();
    assert_int_equal(give_up(&lease, false), ST_JOB_HELD);
    is(ticket.id, ST_JOB_FAILED);
    ticket = put(&(st_job_order){.kind = "once", .class = ST_JOB_NORMAL});
    lease = take();
    now += 31 * second;
    assert_int_equal(sweep().died, 1); /* silent on its only attempt */
    is(ticket.id, ST_JOB_DEAD);
}

static void test_jobs_release_costs_no_attempt(void **state) {
    (void)state;
    st_err err = {0};
    st_job_hold hold;
    st_job_ticket ticket =
        put(&(st_job_order){.kind = "once", .class = ST_JOB_NORMAL});
    for (int i = 0; i < 3; i++) {
        st_job_lease lease = take_this(ticket.id);
        base_ok(st_jobs_release(jobs, &lease, &hold, &err), &err);
        assert_int_equal(hold, ST_JOB_HELD);
    }
    is(ticket.id, ST_JOB_QUEUED);
}

static void test_jobs_cancel_in_every_state(void **state) {
    (void)state;
    st_err err = {0};
    st_job_hold hold;
    st_job_ticket queued = put_plain();
    assert_int_equal(cancel(queued.id), ST_JOB_CANCELLED);
    take_none();
    assert_int_equal(cancel(queued.id), ST_JOB_CANCELLED);

    st_job_ticket leased = put_plain();
    st_job_lease lease = take();
    assert_int_equal(cancel(leased.id), ST_JOB_CANCELLING);
    assert_int_equal(cancel(leased.id), ST_JOB_CANCELLING);
    assert_int_equal(look(&lease), ST_JOB_STOP);
    base_ok(st_jobs_stopped(jobs, &lease, &hold, &err), &err);
    is(leased.id, ST_JOB_CANCELLED);

    st_job_ticket running = put_plain();
    lease = take();
    base_ok(st_jobs_start(jobs, &lease, &hold, &err), &err);
    assert_int_equal(cancel(running.id), ST_JOB_CANCELLING);
    assert_int_equal(finish(&lease), ST_JOB_STOP); /* the cancel was first */
    is(running.id, ST_JOB_CANCELLED);

    st_job_ticket silent = put_plain();
    lease = take();
    assert_int_equal(cancel(silent.id), ST_JOB_CANCELLING);
    now += 31 * second;
    assert_int_equal(sweep().cancelled, 1);
    is(silent.id, ST_JOB_CANCELLED);

    st_job_ticket done = put_plain();
    lease = take();
    assert_int_equal(finish(&lease), ST_JOB_HELD);
    assert_int_equal(cancel(done.id), ST_JOB_SUCCEEDED);
    st_job_state none;
    assert_int_equal(st_jobs_cancel(jobs, done.id, "bob", &none, &err),
                     ST_NOT_FOUND);
}

/* -- whose turn it is -------------------------------------------------------
 */

static void test_jobs_classes_age(void **state) {
    (void)state;
    st_job_ticket batch = put(&(st_job_order){.class = ST_JOB_BATCH});
    st_job_ticket normal = put(&(st_job_order){.class = ST_JOB_NORMAL});
    st_job_ticket quick = put(&(st_job_order){.class = ST_JOB_INTERACTIVE});
    (void)take_this(quick.id);
    (void)take_this(normal.id);
    now += 11 * minute; /* lifted by two classes */
    st_job_ticket later = put(&(st_job_order){.class = ST_JOB_INTERACTIVE});
    (void)take_this(batch.id);
    (void)take_this(later.id);
}

static void test_jobs_owners_take_turns(void **state) {
    (void)state;
    st_job_ticket many[4];
    for (int i = 0; i < 4; i++)
        many[i] = put(&(st_job_order){.class = ST_JOB_NORMAL});
    st_job_ticket bob =
        put(&(st_job_order){.owner = "bob", .class = ST_JOB_NORMAL});
    st_job_lease lease = take_this(many[0].id);
    assert_int_equal(finish(&lease), ST_JOB_HELD);
    lease = take_this(bob.id); /* nobody is in work: he waits longest */
    st_job_ticket more =
        put(&(st_job_order){.owner = "bob", .class = ST_JOB_NORMAL});
    (void)take_this(many[1].id);
    assert_int_equal(finish(&lease), ST_JOB_HELD);
    (void)take_this(more.id); /* she has one in work, he none */
    (void)take_this(many[2].id);
}

static void test_jobs_owner_runs_five(void **state) {
    (void)state;
    st_job_lease leases[5];
    for (int i = 0; i < 7; i++)
        (void)put_plain();
    for (int i = 0; i < 5; i++)
        leases[i] = take();
    take_none();
    (void)put(&(st_job_order){.owner = "bob", .class = ST_JOB_NORMAL});
    (void)take();
    take_none();
    assert_int_equal(finish(&leases[3]), ST_JOB_HELD);
    (void)take();
    take_none();
}

static void test_jobs_wait_for_their_time(void **state) {
    (void)state;
    st_job_ticket ticket = put(&(st_job_order){.not_before_us = now + minute});
    assert_false(ticket.ready);
    take_none();
    assert_int_equal(sweep().announce_count, 0);
    now += minute;
    assert_int_equal(sweep().announce_count, 1);
    (void)take_this(ticket.id);
}

static void test_jobs_wait_for_others(void **state) {
    (void)state;
    st_err err = {0};
    st_job_ticket none;
    st_job_ticket a = put_plain();
    st_job_ticket b = put_plain();
    const char *needs[] = {a.id, b.id};
    st_job_ticket c = put(&(st_job_order){.needs = needs, .need_count = 2});
    const char *need_c[] = {c.id};
    st_job_ticket d = put(&(st_job_order){.needs = need_c, .need_count = 1});
    assert_false(c.ready);
    st_job_lease la = take_this(a.id);
    st_job_lease lb = take_this(b.id);
    take_none();
    assert_int_equal(finish(&la), ST_JOB_HELD);
    take_none();
    assert_int_equal(finish(&lb), ST_JOB_HELD);
    st_jobs_swept swept = sweep();
    assert_int_equal(swept.announce_count, 1);
    assert_string_equal(swept.announce[0].id, c.id);
    st_job_lease lc = take_this(c.id);
    take_none();
    assert_int_equal(give_up(&lc, false), ST_JOB_HELD);
    assert_int_equal(sweep().unmet, 1);
    is(d.id, ST_JOB_FAILED);
    st_job_order foreign = {.owner = "bob",
                            .kind = "mix",
                            .body = "{}",
                            .needs = needs,
                            .need_count = 1};
    assert_int_equal(st_jobs_submit(jobs, &foreign, &none, &err), ST_NOT_FOUND);
}

static void test_jobs_after_a_cancelled_one_are_cancelled(void **state) {
    (void)state;
    st_job_ticket a = put_plain();
    const char *needs[] = {a.id};
    st_job_ticket b = put(&(st_job_order){.needs = needs, .need_count = 1});
    const char *need_b[] = {b.id};
    st_job_ticket c = put(&(st_job_order){.needs = need_b, .need_count = 1});
    assert_int_equal(cancel(a.id), ST_JOB_CANCELLED);
    assert_int_equal(sweep().unmet, 1);
    assert_int_equal(sweep().unmet, 1);
    is(b.id, ST_JOB_CANCELLED);
    is(c.id, ST_JOB_CANCELLED);
}

static void test_jobs_device_runs_one(void **state) {
    (void)state;
    st_err err = {0};
    st_job_lease lease;
    st_job_worker gpu = {
        .name = "g", .cpu = false, .gpu_mb = 8000, .device = "host/gpu0"};
    st_job_ticket small = put(&(st_job_order){.gpu_mb = 4000});
    st_job_ticket large = put(&(st_job_order){.gpu_mb = 16000});
    st_job_ticket other = put(&(st_job_order){.gpu_mb = 8000});
    st_job_ticket plain = put_plain();
    (void)take_this(plain.id);
    take_none(); /* without video memory */
    assert_int_equal(take_as(&gpu, &lease), ST_OK);
    assert_string_equal(lease.id, small.id);
    st_job_lease second_lease;
    assert_int_equal(take_as(&gpu, &second_lease), ST_NOT_FOUND);
    gpu.device = "host/gpu1";
    assert_int_equal(take_as(&gpu, &second_lease), ST_OK);
    assert_string_equal(second_lease.id, other.id);
    gpu.device = "host/gpu0";
    gpu.gpu_mb = 24000;
    assert_int_equal(finish(&lease), ST_JOB_HELD);
    assert_int_equal(take_as(&gpu, &lease), ST_OK);
    assert_string_equal(lease.id, large.id);
    st_job_list list = {0};
    gpu.device = NULL;
    assert_int_equal(st_jobs_reserve(jobs, &gpu, &lease, &list, &err),
                     ST_BAD_ARG);
}

/* -- segments ---------------------------------------------------------------
 */

static const st_segment three[] = {{.from_frame = 0, .frames = 100},
                                   {.from_frame = 100, .frames = 100},
                                   {.from_frame = 200, .frames = 50}};

static st_job_hold end_segment(const st_job_lease *lease, int64_t at,
                               const char *result) {
    st_job_hold hold;
    st_err err = {0};
    base_ok(st_jobs_segment(jobs, lease, at, result, "It broke.", &hold, &err),
            &err);
    return hold;
}

static void cut(const st_job_lease *lease, size_t count, st_job_hold want) {
    st_job_hold hold;
    st_err err = {0};
    base_ok(st_jobs_cut(jobs, lease, three, count, &hold, &err), &err);
    assert_int_equal(hold, want);
}

static void segments_are(const char *id, const char *want) {
    st_segment_list list = {0};
    char text[128] = "";
    st_err err = {0};
    base_ok(st_jobs_segments(jobs, id, &list, &err), &err);
    for (size_t i = 0; i < list.count; i++) {
        size_t used = strlen(text);
        (void)snprintf(
            text + used, sizeof text - used, "%s:%s ",
            st_segment_state_name(list.segments[i].state),
            list.segments[i].result == NULL ? "-" : list.segments[i].result);
    }
    assert_string_equal(text, want);
    st_segment_list_free(&list);
}

static void test_jobs_failed_segments_are_retried_alone(void **state) {
    (void)state;
    st_err err = {0};
    st_job_hold hold;
    int64_t count = 0;
    st_job_ticket ticket = put_plain();
    segments_are(ticket.id, "");
    st_job_lease lease = take();
    cut(&lease, 3, ST_JOB_HELD);
    assert_int_equal(end_segment(&lease, 0, "blob0"), ST_JOB_HELD);
    assert_int_equal(end_segment(&lease, 1, NULL), ST_JOB_HELD);
    assert_int_equal(end_segment(&lease, 2, "blob2"), ST_JOB_HELD);
    assert_int_equal(st_jobs_segment(jobs, &lease, 3, "x", NULL, &hold, &err),
                     ST_NOT_FOUND);
    segments_are(ticket.id, "done:blob0 failed:- done:blob2 ");
    assert_int_equal(
        st_jobs_retry_segments(jobs, ticket.id, "ann", &count, &err),
        ST_BAD_ARG);
    assert_int_equal(give_up(&lease, false), ST_JOB_HELD);
    base_ok(st_jobs_retry_segments(jobs, ticket.id, "ann", &count, &err), &err);
    assert_int_equal(count, 1);
    segments_are(ticket.id, "done:blob0 waiting:- done:blob2 ");
    assert_int_equal(end_segment(&lease, 1, "late"), ST_JOB_LOST);
    lease = take_this(ticket.id);
    cut(&lease, 3, ST_JOB_HELD); /* the same cut keeps what is done */
    segments_are(ticket.id, "done:blob0 waiting:- done:blob2 ");
    assert_int_equal(end_segment(&lease, 0, "other"), ST_JOB_HELD);
    assert_int_equal(end_segment(&lease, 1, "blob1"), ST_JOB_HELD);
    segments_are(ticket.id, "done:blob0 done:blob1 done:blob2 ");
    cut(&lease, 2, ST_JOB_HELD); /* another one replaces it */
    segments_are(ticket.id, "waiting:- waiting:- ");
}

/* -- lists and upkeep -------------------------------------------------------
 */

static void test_jobs_list_in_pages(void **state) {
    (void)state;
    st_err err = {0};
    st_job_ticket made[7];
    int64_t counts[ST_JOB_STATE_COUNT];
    for (int i = 0; i < 7; i++)
        made[i] = put(&(st_job_order){.owner = i == 3 ? "bob" : "ann",
                                      .kind = i == 5 ? "mix" : "master"});
    assert_int_equal(cancel(made[0].id), ST_JOB_CANCELLED);
    st_job_filter filter = {.owner = "ann", .limit = 2};
    static const int order[] = {6, 5, 4, 2, 1, 0};
    char last[ST_UUID_TEXT_BYTES];
    for (int page = 0; page < 3; page++) {
        st_job_list list = {0};
        base_ok(st_jobs_list(jobs, &filter, &list, &err), &err);
        assert_int_equal(list.count, 2);
        assert_int_equal(list.more, page < 2);
        for (int i = 0; i < 2; i++)
            assert_string_equal(list.jobs[i].id, made[order[2 * page + i]].id);
        memcpy(last, list.jobs[1].id, sizeof last);
        filter.after = last;
        st_job_list_free(&list);
    }
    st_job_list list = {0};
    filter =
        (st_job_filter){.states = 1U << ST_JOB_CANCELLED | 1U << ST_JOB_DEAD};
    base_ok(st_jobs_list(jobs, &filter, &list, &err), &err);
    assert_int_equal(list.count, 1);
    st_job_list_free(&list);
    filter = (st_job_filter){.kind = "mix"};
    base_ok(st_jobs_list(jobs, &filter, &list, &err), &err);
    assert_int_equal(list.count, 1);
    st_job_list_free(&list);
    filter.limit = 501;
    assert_int_equal(st_jobs_list(jobs, &filter, &list, &err), ST_BAD_ARG);
    filter = (st_job_filter){.after = "' OR 1=1"};
    assert_int_equal(st_jobs_list(jobs, &filter, &list, &err), ST_BAD_ARG);
    base_ok(st_jobs_count(jobs, "ann", counts, &err), &err);
    assert_int_equal(counts[ST_JOB_QUEUED], 5);
    assert_int_equal(counts[ST_JOB_CANCELLED], 1);
    base_ok(st_jobs_count(jobs, NULL, counts, &err), &err);
    assert_int_equal(counts[ST_JOB_QUEUED], 6);
    assert_int_equal(st_jobs_get(jobs, made[3].id, "ann", &list, &err),
                     ST_NOT_FOUND);
}

static void test_jobs_are_announced_again(void **state) {
    (void)state;
    st_job_ticket ticket = put_plain();
    assert_int_equal(sweep().announce_count, 0); /* submit said so itself */
    now += 61 * second;
    st_jobs_swept swept = sweep();
    assert_int_equal(swept.announce_count, 1);
    assert_string_equal(swept.announce[0].id, ticket.id);
    assert_int_equal(sweep().announce_count, 0);
    (void)take();
    now += 31 * second;
    assert_int_equal(sweep().requeued, 1);
    now += 10 * second;
    assert_int_equal(sweep().announce_count, 1);
}

static void test_jobs_expire(void **state) {
    (void)state;
    st_err err = {0};
    int64_t removed = 0;
    st_job_list list = {0};
    st_job_ticket old = put_plain();
    st_job_ticket needed = put_plain();
    const char *needs[] = {needed.id};
    st_job_ticket waits = put(&(st_job_order){
        .needs = needs, .need_count = 1, .not_before_us = now + 1000 * minute});
    for (int i = 0; i < 2; i++) {
        st_job_lease lease = take();
        cut(&lease, 3, ST_JOB_HELD);
        assert_int_equal(finish(&lease), ST_JOB_HELD);
    }
    base_ok(st_jobs_expire(jobs, now, 10, &removed, &err), &err);
    assert_int_equal(removed, 0); /* not before, but at this moment */
    now += minute;
    base_ok(st_jobs_expire(jobs, now, 10, &removed, &err), &err);
    assert_int_equal(removed, 1);
    assert_int_equal(st_jobs_get(jobs, old.id, NULL, &list, &err),
                     ST_NOT_FOUND);
    segments_are(old.id, "");
    is(needed.id, ST_JOB_SUCCEEDED);
    is(waits.id, ST_JOB_QUEUED);
}

#define CASE(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(test_jobs_runs_through),
        CASE(test_jobs_key_gives_the_same_job),
        CASE(test_jobs_late_worker_is_refused),
        CASE(test_jobs_retries_then_dies_then_is_requeued),
        CASE(test_jobs_own_fault_fails_at_once),
        CASE(test_jobs_release_costs_no_attempt),
        CASE(test_jobs_cancel_in_every_state),
        CASE(test_jobs_classes_age),
        CASE(test_jobs_owners_take_turns),
        CASE(test_jobs_owner_runs_five),
        CASE(test_jobs_wait_for_their_time),
        CASE(test_jobs_wait_for_others),
        CASE(test_jobs_after_a_cancelled_one_are_cancelled),
        CASE(test_jobs_device_runs_one),
        CASE(test_jobs_failed_segments_are_retried_alone),
        CASE(test_jobs_list_in_pages),
        CASE(test_jobs_are_announced_again),
        CASE(test_jobs_expire),
    };
    int bad =
        cmocka_run_group_tests_name("sqlite", tests, base_sqlite, base_end);
    bad +=
        cmocka_run_group_tests_name("postgres", tests, base_postgres, base_end);
    return bad;
}
