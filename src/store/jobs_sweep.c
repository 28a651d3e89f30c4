#include "store/jobs_row.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    st_jobs *jobs;
    int64_t now_us;
    st_jobs_swept *out;
} sweep;

/* -- leases -----------------------------------------------------------------
 */

static const char lapsed_sql[] =
    "SELECT id, kind, state, attempt, attempts_max FROM jobs"
    " WHERE state IN " ST_JOB_ACTIVE " AND lease_until_us < ?"
    " ORDER BY lease_until_us LIMIT ?";

static const char lapsed_text[] =
    "Its worker fell silent (it crashed, or its machine was cut off).";

static st_status take_back(sweep *s, st_db_tx *tx, const st_db_rows *rows,
                           size_t i, st_err *err) {
    const char *id = st_db_cell_text(rows, i, 0);
    const char *kind = st_db_cell_text(rows, i, 1);
    int attempt = (int)st_db_cell_int(rows, i, 3);
    if (strcmp(st_db_cell_text(rows, i, 2), "cancelling") == 0) {
        s->out->cancelled++;
        return st_job_end(tx, id, ST_JOB_CANCELLED, "cancelled",
                          "It was cancelled.", s->now_us, err);
    }
    if (attempt >= st_db_cell_int(rows, i, 4)) {
        s->out->died++;
        return st_job_end(tx, id, ST_JOB_DEAD, "lease_lapsed", lapsed_text,
                          s->now_us, err);
    }
    s->out->requeued++;
    int64_t pause =
        st_jobs_backoff_us(st_jobs_policy(s->jobs, kind), id, attempt);
    return st_job_again(tx, id, s->now_us + pause, "lease_lapsed", lapsed_text,
                        s->now_us, err);
}

static st_status sweep_leases(sweep *s, st_db_tx *tx, st_err *err) {
    st_db_rows *rows = NULL;
    const st_db_value values[] = {st_db_int(s->now_us),
                                  st_db_int(ST_JOBS_SWEEP_MAX)};
    st_status st = st_db_query(tx, lapsed_sql, values, 2, &rows, err);
    for (size_t i = 0; st == ST_OK && i < st_db_rows_count(rows); i++)
        st = take_back(s, tx, rows, i, err);
    st_db_rows_free(rows);
    return st;
}

/* -- needs that cannot be met -----------------------------------------------
 */

/* 0 where only cancelled ones stand in its way. */
static const char unmet_sql[] =
    "SELECT j.id, MAX(CASE WHEN n.state = 'cancelled' THEN 0 ELSE 1 END)"
    " FROM jobs j JOIN job_deps d ON d.job_id = j.id"
    " JOIN jobs n ON n.id = d.needs_id WHERE j.state = 'queued'"
    " AND n.state IN ('failed', 'cancelled', 'dead')"
    " GROUP BY j.id LIMIT ?";

static st_status sweep_needs(sweep *s, st_db_tx *tx, st_err *err) {
    st_db_rows *rows = NULL;
    const st_db_value limit = st_db_int(ST_JOBS_SWEEP_MAX);
    st_status st = st_db_query(tx, unmet_sql, &limit, 1, &rows, err);
    for (size_t i = 0; st == ST_OK && i < st_db_rows_count(rows); i++) {
        bool failed = st_db_cell_int(rows, i, 1) == 1;
        st = st_job_end(tx, st_db_cell_text(rows, i, 0),
                        failed ? ST_JOB_FAILED : ST_JOB_CANCELLED, "dependency",
                        failed ? "A job that it needs has failed."
                               : "A job that it needs was cancelled.",
                        s->now_us, err);
        s->out->unmet++;
    }
    st_db_rows_free(rows);
    return st;
}

/* -- announcements ----------------------------------------------------------
 */

static const char ready_sql[] =
    "SELECT j.id, j.class FROM jobs j WHERE j.state = 'queued'"
    " AND j.ready_us <= ? AND j.announced_us <= ?"
    " AND NOT EXISTS (SELECT 1 FROM job_deps d JOIN jobs n"
    "  ON n.id = d.needs_id WHERE d.job_id = j.id AND n.state <> 'succeeded')"
    " ORDER BY j.class, j.ready_us LIMIT ?";

static st_status announce(sweep *s, st_db_tx *tx, const st_db_rows *rows,
                          size_t i, st_err *err) {
    const char *id = st_db_cell_text(rows, i, 0);
    const st_db_value values[] = {st_db_int(s->now_us), st_db_text(id)};
    int at = s->out->announce_count++;
    (void)snprintf(s->out->announce[at].id, ST_UUID_TEXT_BYTES, "%s", id);
    s->out->announce[at].class = (st_job_class)st_db_cell_int(rows, i, 1);
    return st_db_run(tx, "UPDATE jobs SET announced_us = ? WHERE id = ?",
                     values, 2, NULL, err);
}

static st_status sweep_ready(sweep *s, st_db_tx *tx, st_err *err) {
    st_db_rows *rows = NULL;
    const st_db_value values[] = {
        st_db_int(s->now_us),
        st_db_int(s->now_us - s->jobs->options.announce_again_us),
        st_db_int(ST_JOBS_SWEEP_MAX)};
    st_status st = st_db_query(tx, ready_sql, values, 3, &rows, err);
    for (size_t i = 0; st == ST_OK && i < st_db_rows_count(rows); i++)
        st = announce(s, tx, rows, i, err);
    st_db_rows_free(rows);
    return st;
}

static st_status sweep_all(void *ctx, st_db_tx *tx, st_err *err) {
    sweep *s = ctx;
    *s->out = (st_jobs_swept){0};
    st_status st = sweep_leases(s, tx, err);
    if (st == ST_OK)
        st = sweep_needs(s, tx, err);
    return st == ST_OK ? sweep_ready(s, tx, err) : st;
}

st_status st_jobs_sweep(st_jobs *jobs, st_jobs_swept *out, st_err *err) {
    sweep s = {.jobs = jobs, .now_us = st_jobs_now(jobs), .out = out};
    return st_db_alone(jobs->db, "stemma.jobs.sweep", sweep_all, &s, err);
}

/* -- retention --------------------------------------------------------------
 */

typedef struct {
    int64_t before_us;
    int limit;
    int64_t removed;
} expiry;

static st_status expire(void *ctx, st_db_tx *tx, st_err *err) {
    expiry *e = ctx;
    const st_db_value values[] = {st_db_int(e->before_us), st_db_int(e->limit)};
    return st_db_run(tx,
                     "DELETE FROM jobs WHERE id IN (SELECT j.id FROM jobs j "
                     "WHERE j.state IN " ST_JOB_ENDED " AND j.ended_us < ? "
                     "AND NOT EXISTS (SELECT 1 FROM job_deps d "
                     "JOIN jobs w ON w.id = d.job_id WHERE d.needs_id = j.id "
                     "AND w.state NOT IN " ST_JOB_ENDED ") "
                     "ORDER BY j.ended_us LIMIT ?)",
                     values, 2, &e->removed, err);
}

st_status st_jobs_expire(st_jobs *jobs, int64_t before_us, int limit,
                         int64_t *removed, st_err *err) {
    expiry e = {.before_us = before_us, .limit = limit};
    st_status s = st_db_atomic(jobs->db, expire, &e, err);
    if (s == ST_OK)
        *removed = e.removed;
    return s;
}
