#include "store/jobs_row.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    st_jobs *jobs;
    const st_job_worker *worker;
    int64_t now_us;
    st_job_lease lease;
    st_db_rows *rows;
} reservation;

/* Integers only, so that both databases order alike. */
static const char next_sql[] =
    "SELECT j.id, j.owner FROM jobs j"
    " LEFT JOIN (SELECT owner, COUNT(*) AS active FROM jobs"
    "  WHERE state IN " ST_JOB_ACTIVE " GROUP BY owner) r ON r.owner = j.owner"
    " LEFT JOIN job_owners o ON o.owner = j.owner"
    " WHERE j.state = 'queued' AND j.ready_us <= ?"
    " AND ((j.gpu_mb = 0 AND ? = 1) OR (j.gpu_mb > 0 AND j.gpu_mb <= ?))"
    " AND COALESCE(r.active, 0) < ?"
    " AND NOT EXISTS (SELECT 1 FROM job_deps d JOIN jobs n"
    "  ON n.id = d.needs_id WHERE d.job_id = j.id AND n.state <> 'succeeded')"
    " ORDER BY CASE WHEN (? - j.ready_us) / ? >= j.class THEN 0"
    "  ELSE j.class - (? - j.ready_us) / ? END,"
    " COALESCE(r.active, 0), COALESCE(o.served, 0), j.ready_us, j.id LIMIT 1";

/* Video memory it may use now: none while its device is in use. */
static st_status free_mb(reservation *r, st_db_tx *tx, int64_t *mb,
                         st_err *err) {
    st_db_rows *rows = NULL;
    const st_db_value value = st_db_text(r->worker->device);
    *mb = r->worker->gpu_mb;
    if (*mb == 0)
        return ST_OK;
    st_status s = st_db_query(tx,
                              "SELECT 1 FROM jobs WHERE device = ? AND state "
                              "IN " ST_JOB_ACTIVE " AND gpu_mb > 0 LIMIT 1",
                              &value, 1, &rows, err);
    if (s == ST_OK && st_db_rows_count(rows) > 0)
        *mb = 0;
    st_db_rows_free(rows);
    return s;
}

static st_status find_next(reservation *r, st_db_tx *tx, st_db_rows **out,
                           st_err *err) {
    const st_jobs_options *o = &r->jobs->options;
    int64_t mb = 0;
    st_status s = free_mb(r, tx, &mb, err);
    if (s != ST_OK)
        return s;
    const st_db_value now = st_db_int(r->now_us);
    const st_db_value ageing = st_db_int(o->ageing_us);
    const st_db_value values[] = {now,           st_db_int(r->worker->cpu),
                                  st_db_int(mb), st_db_int(o->running_max),
                                  now,           ageing,
                                  now,           ageing};
    return st_db_query(tx, next_sql, values, 8, out, err);
}

static st_status note_served(st_db_tx *tx, const char *owner, st_err *err) {
    const st_db_value value = st_db_text(owner);
    return st_db_run(tx,
                     "INSERT INTO job_owners (owner, served) SELECT ?, "
                     "COALESCE(MAX(served), 0) + 1 FROM job_owners WHERE 1 = 1 "
                     "ON CONFLICT (owner) DO UPDATE "
                     "SET served = excluded.served",
                     &value, 1, NULL, err);
}

static st_status lease_job(reservation *r, st_db_tx *tx, const char *id,
                           st_err *err) {
    const st_db_value values[] = {
        st_db_int(r->now_us + r->jobs->options.lease_us),
        st_db_text(r->worker->name), st_db_text(r->worker->device),
        st_db_int(r->now_us), st_db_text(id)};
    return st_db_run(tx,
                     "UPDATE jobs SET state = 'leased', fence = fence + 1, "
                     "attempt = attempt + 1, lease_until_us = ?, worker = ?, "
                     "device = CASE WHEN gpu_mb > 0 THEN ? END, phase = NULL, "
                     "fraction = 0, segment = 0, eta_us = NULL, "
                     "updated_us = ? WHERE id = ? AND state = 'queued'",
                     values, 5, NULL, err);
}

static st_status read_job(reservation *r, st_db_tx *tx, const char *id,
                          st_err *err) {
    const st_db_value value = st_db_text(id);
    (void)snprintf(r->lease.id, sizeof r->lease.id, "%s", id);
    return st_db_query(tx,
                       "SELECT " ST_JOB_COLUMNS ", b.body FROM jobs j "
                       "JOIN job_bodies b ON b.job_id = j.id WHERE j.id = ?",
                       &value, 1, &r->rows, err);
}

static st_status reserve(void *ctx, st_db_tx *tx, st_err *err) {
    reservation *r = ctx;
    st_db_rows *next = NULL;
    st_db_rows_free(r->rows); /* of a try before */
    r->rows = NULL;
    st_status s = find_next(r, tx, &next, err);
    if (s == ST_OK && st_db_rows_count(next) == 0)
        s = st_err_set(err, ST_NOT_FOUND, "No job is ready for this worker.");
    const char *id = s == ST_OK ? st_db_cell_text(next, 0, 0) : NULL;
    if (s == ST_OK)
        s = note_served(tx, st_db_cell_text(next, 0, 1), err);
    if (s == ST_OK)
        s = lease_job(r, tx, id, err);
    if (s == ST_OK)
        s = read_job(r, tx, id, err);
    st_db_rows_free(next);
    return s;
}

st_status st_jobs_reserve(st_jobs *jobs, const st_job_worker *worker,
                          st_job_lease *lease, st_job_list *out, st_err *err) {
    if (worker->gpu_mb < 0 || (worker->gpu_mb > 0 && worker->device == NULL))
        return st_err_set(err, ST_BAD_ARG,
                          "A worker with video memory names its device.");
    reservation r = {
        .jobs = jobs, .worker = worker, .now_us = st_jobs_now(jobs)};
    /* Alone: all would choose the same job. */
    st_status s =
        st_db_alone(jobs->db, "stemma.jobs.reserve", reserve, &r, err);
    if (s != ST_OK) {
        st_db_rows_free(r.rows);
        return s;
    }
    s = st_job_list_make(r.rows, true, out, err);
    if (s == ST_OK) {
        r.lease.fence = out->jobs[0].fence;
        *lease = r.lease;
    }
    return s;
}
