#include "core/hash.h"
#include "store/jobs_row.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    st_jobs *jobs;
    const st_job_order *order;
    char id[ST_UUID_TEXT_BYTES];
    char hash[ST_HASH_TEXT_BYTES];
    int64_t now_us;
    bool met; /* every job it needs has succeeded */
    st_job_ticket ticket;
} submission;

static st_status bad(st_err *err, const char *sentence) {
    return st_err_set(err, ST_BAD_ARG, "%s", sentence);
}

static st_status check(const st_job_order *o, st_err *err) {
    if (o->owner == NULL || o->owner[0] == '\0' || o->kind == NULL ||
        o->kind[0] == '\0' || o->body == NULL)
        return bad(err, "A job needs an owner, a kind and a body.");
    if ((unsigned)o->class >= ST_JOB_CLASS_COUNT || o->gpu_mb < 0 ||
        o->not_before_us < 0)
        return bad(err, "A job's class, video memory or time is out of range.");
    if (o->need_count < 0 || o->need_count > ST_JOB_NEEDS_MAX)
        return bad(err, "A job may need at most 64 others.");
    for (int i = 0; i < o->need_count; i++)
        if (!st_uuid_valid(o->needs[i]))
            return bad(err, "What a job needs are ids of jobs.");
    if (o->key != NULL &&
        (o->key[0] == '\0' || strlen(o->key) > (size_t)ST_JOB_KEY_MAX_BYTES))
        return bad(err, "An Idempotency-Key has 1 to 255 bytes.");
    return ST_OK;
}

/* End marks included, so that no two orders share their bytes. */
static void hash_order(const st_job_order *o, char text[ST_HASH_TEXT_BYTES]) {
    char numbers[96];
    st_hash hash;
    (void)snprintf(numbers, sizeof numbers, "%d %lld %lld %d", (int)o->class,
                   (long long)o->gpu_mb, (long long)o->not_before_us,
                   o->need_count);
    st_hash_init(&hash);
    st_hash_update(&hash, o->kind, strlen(o->kind) + 1);
    st_hash_update(&hash, numbers, strlen(numbers) + 1);
    for (int i = 0; i < o->need_count; i++)
        st_hash_update(&hash, o->needs[i], strlen(o->needs[i]) + 1);
    st_hash_update(&hash, o->body, strlen(o->body) + 1);
    st_hash_final(&hash, text);
}

/* *found: the key is known, and the ticket is that of its job. */
static st_status find_key(submission *s, st_db_tx *tx, bool *found,
                          st_err *err) {
    st_db_rows *rows = NULL;
    const st_db_value values[] = {st_db_text(s->order->owner),
                                  st_db_text(s->order->key)};
    *found = false;
    if (s->order->key == NULL)
        return ST_OK;
    st_status st = st_db_query(tx,
                               "SELECT id, idem_hash FROM jobs "
                               "WHERE owner = ? AND idem_key = ?",
                               values, 2, &rows, err);
    if (st != ST_OK)
        return st;
    *found = st_db_rows_count(rows) == 1;
    if (*found && strcmp(st_db_cell_text(rows, 0, 1), s->hash) != 0)
        st = st_err_set(err, ST_EXISTS,
                        "This Idempotency-Key was used for another job: send "
                        "the same content again, or a new key.");
    else if (*found)
        (void)snprintf(s->ticket.id, sizeof s->ticket.id, "%s",
                       st_db_cell_text(rows, 0, 0));
    s->ticket.again = *found;
    st_db_rows_free(rows);
    return st;
}

static st_status check_needs(submission *s, st_db_tx *tx, st_err *err) {
    s->met = true;
    for (int i = 0; i < s->order->need_count; i++) {
        st_job_state state = ST_JOB_QUEUED;
        st_status st = st_job_find_state(tx, s->order->needs[i],
                                         s->order->owner, &state, err);
        if (st != ST_OK)
            return st;
        s->met = s->met && state == ST_JOB_SUCCEEDED;
    }
    return ST_OK;
}

static st_status insert_job(submission *s, st_db_tx *tx, st_err *err) {
    const st_job_order *o = s->order;
    int64_t ready = o->not_before_us > s->now_us ? o->not_before_us : s->now_us;
    s->ticket.ready = s->met && ready == s->now_us;
    const st_db_value values[] = {
        st_db_text(s->id),
        st_db_text(o->owner),
        st_db_text(o->kind),
        st_db_int(o->class),
        st_db_int(o->gpu_mb),
        st_db_text(o->key),
        st_db_text(s->hash),
        st_db_int(s->now_us),
        st_db_int(s->now_us),
        st_db_int(ready),
        st_db_int(s->ticket.ready ? s->now_us : 0),
        st_db_int(st_jobs_policy(s->jobs, o->kind)->attempts_max)};
    return st_db_run(tx,
                     "INSERT INTO jobs (id, owner, kind, class, gpu_mb, state, "
                     "idem_key, idem_hash, created_us, updated_us, ready_us, "
                     "announced_us, attempt, attempts_max, fence, fraction, "
                     "segment, segment_count) VALUES (?, ?, ?, ?, ?, 'queued', "
                     "?, ?, ?, ?, ?, ?, 0, ?, 0, 0, 0, 0)",
                     values, 12, NULL, err);
}

static st_status insert_rest(submission *s, st_db_tx *tx, st_err *err) {
    st_db_value values[] = {st_db_text(s->id), st_db_text(s->order->body)};
    st_status st =
        st_db_run(tx, "INSERT INTO job_bodies (job_id, body) VALUES (?, ?)",
                  values, 2, NULL, err);
    for (int i = 0; st == ST_OK && i < s->order->need_count; i++) {
        values[1] = st_db_text(s->order->needs[i]);
        st = st_db_run(tx,
                       "INSERT INTO job_deps (job_id, needs_id) VALUES (?, ?) "
                       "ON CONFLICT DO NOTHING",
                       values, 2, NULL, err);
    }
    return st;
}

static st_status submit(void *ctx, st_db_tx *tx, st_err *err) {
    submission *s = ctx;
    bool found = false;
    s->ticket = (st_job_ticket){0};
    st_status st = find_key(s, tx, &found, err);
    if (st != ST_OK || found)
        return st;
    memcpy(s->ticket.id, s->id, sizeof s->id);
    st = check_needs(s, tx, err);
    if (st == ST_OK)
        st = insert_job(s, tx, err);
    return st == ST_OK ? insert_rest(s, tx, err) : st;
}

st_status st_jobs_submit(st_jobs *jobs, const st_job_order *order,
                         st_job_ticket *out, st_err *err) {
    submission s = {.jobs = jobs, .order = order, .now_us = st_jobs_now(jobs)};
    st_status st = check(order, err);
    if (st != ST_OK)
        return st;
    if (st_uuid_next(&jobs->uuids, s.now_us, s.id) != ST_OK)
        return st_err_set(err, ST_IO, "The system gives no random numbers.");
    hash_order(order, s.hash);
    st = st_db_atomic(jobs->db, submit, &s, err);
    /* Two at the same moment: the other one was first. */
    if (st == ST_EXISTS && order->key != NULL)
        st = st_db_atomic(jobs->db, submit, &s, err);
    if (st == ST_OK)
        *out = s.ticket;
    return st;
}

/* -- second thoughts --------------------------------------------------------
 */

typedef struct {
    const char *id;
    const char *owner;
    int64_t now_us;
    st_job_state state;
} change;

static st_status cancel(void *ctx, st_db_tx *tx, st_err *err) {
    change *c = ctx;
    const st_db_value values[] = {st_db_int(c->now_us), st_db_text(c->id)};
    st_status s = st_job_find_state(tx, c->id, c->owner, &c->state, err);
    if (s != ST_OK || st_job_state_ended(c->state) ||
        c->state == ST_JOB_CANCELLING)
        return s;
    if (c->state == ST_JOB_QUEUED) {
        c->state = ST_JOB_CANCELLED;
        return st_job_end(tx, c->id, ST_JOB_CANCELLED, "cancelled",
                          "It was cancelled.", c->now_us, err);
    }
    c->state = ST_JOB_CANCELLING;
    return st_db_run(
        tx, "UPDATE jobs SET state = 'cancelling', updated_us = ? WHERE id = ?",
        values, 2, NULL, err);
}

st_status st_jobs_cancel(st_jobs *jobs, const char *id, const char *owner,
                         st_job_state *state, st_err *err) {
    change c = {.id = id, .owner = owner, .now_us = st_jobs_now(jobs)};
    st_status s = st_db_atomic(jobs->db, cancel, &c, err);
    if (s == ST_OK)
        *state = c.state;
    return s;
}

static st_status requeue(void *ctx, st_db_tx *tx, st_err *err) {
    change *c = ctx;
    st_status s = st_job_find_state(tx, c->id, c->owner, &c->state, err);
    if (s != ST_OK)
        return s;
    if (c->state != ST_JOB_DEAD && c->state != ST_JOB_FAILED &&
        c->state != ST_JOB_CANCELLED)
        return st_err_set(err, ST_BAD_ARG,
                          "Job %.40s is %s: only dead, failed and cancelled "
                          "ones are queued again.",
                          c->id, st_job_state_name(c->state));
    return st_job_anew(tx, c->id, c->now_us, err);
}

st_status st_jobs_requeue(st_jobs *jobs, const char *id, const char *owner,
                          st_err *err) {
    change c = {.id = id, .owner = owner, .now_us = st_jobs_now(jobs)};
    return st_db_atomic(jobs->db, requeue, &c, err);
}
