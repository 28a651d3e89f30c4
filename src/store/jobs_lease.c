#include "store/jobs_row.h"

#include <string.h>

/* What a worker says, and what it is answered. */
typedef struct {
    st_jobs *jobs;
    const st_job_lease *lease;
    int64_t now_us;
    st_job_hold hold;
    const st_job_progress *progress;
    const char *result, *warnings; /* finish */
    const char *code, *sentence;   /* fail */
    bool again;
} word;

static word make_word(st_jobs *jobs, const st_job_lease *lease) {
    return (word){.jobs = jobs, .lease = lease, .now_us = st_jobs_now(jobs)};
}

static st_status say(word *w, st_db_fn fn, st_job_hold *hold, st_err *err) {
    st_status s = st_db_atomic(w->jobs->db, fn, w, err);
    if (s == ST_OK)
        *hold = w->hold;
    return s;
}

/* -- going on ---------------------------------------------------------------
 */

static st_status start(void *ctx, st_db_tx *tx, st_err *err) {
    word *w = ctx;
    const st_db_value values[] = {
        st_db_int(w->now_us), st_db_int(w->now_us),
        st_db_int(w->now_us + w->jobs->options.lease_us),
        st_db_text(w->lease->id)};
    st_status s = st_job_find_hold(tx, w->lease, &w->hold, err);
    if (s != ST_OK || w->hold != ST_JOB_HELD)
        return s;
    return st_db_run(tx,
                     "UPDATE jobs SET state = 'running', started_us = "
                     "COALESCE(started_us, ?), updated_us = ?, "
                     "lease_until_us = ? WHERE id = ?",
                     values, 4, NULL, err);
}

st_status st_jobs_start(st_jobs *jobs, const st_job_lease *lease,
                        st_job_hold *hold, st_err *err) {
    word w = make_word(jobs, lease);
    return say(&w, start, hold, err);
}

static st_status write_progress(word *w, st_db_tx *tx, st_err *err) {
    const st_job_progress *p = w->progress;
    st_db_value eta = st_db_int(p->eta_us);
    if (p->eta_us < 0)
        eta.type = ST_DB_NULL;
    double fraction = p->fraction > 0.0 ? p->fraction : 0.0;
    const st_db_value values[] = {st_db_text(p->phase),
                                  st_db_real(fraction < 1.0 ? fraction : 1.0),
                                  st_db_int(p->segment),
                                  st_db_int(p->segment_count),
                                  eta,
                                  st_db_text(p->preview),
                                  st_db_text(w->lease->id)};
    return st_db_run(tx,
                     "UPDATE jobs SET phase = ?, fraction = ?, segment = ?, "
                     "segment_count = ?, eta_us = ?, "
                     "preview = COALESCE(?, preview) WHERE id = ?",
                     values, 7, NULL, err);
}

static st_status beat(void *ctx, st_db_tx *tx, st_err *err) {
    word *w = ctx;
    const st_db_value values[] = {
        st_db_int(w->now_us + w->jobs->options.lease_us), st_db_int(w->now_us),
        st_db_text(w->lease->id)};
    st_status s = st_job_find_hold(tx, w->lease, &w->hold, err);
    if (s != ST_OK || w->hold != ST_JOB_HELD)
        return s;
    s = st_db_run(tx,
                  "UPDATE jobs SET lease_until_us = ?, updated_us = ? "
                  "WHERE id = ?",
                  values, 3, NULL, err);
    return s == ST_OK && w->progress != NULL ? write_progress(w, tx, err) : s;
}

st_status st_jobs_beat(st_jobs *jobs, const st_job_lease *lease,
                       const st_job_progress *progress, st_job_hold *hold,
                       st_err *err) {
    word w = make_word(jobs, lease);
    w.progress = progress;
    return say(&w, beat, hold, err);
}

static st_status look(void *ctx, st_db_tx *tx, st_err *err) {
    word *w = ctx;
    return st_job_find_hold(tx, w->lease, &w->hold, err);
}

st_status st_jobs_look(st_jobs *jobs, const st_job_lease *lease,
                       st_job_hold *hold, st_err *err) {
    word w = make_word(jobs, lease);
    st_status s = st_db_view(jobs->db, look, &w, err);
    if (s == ST_OK)
        *hold = w.hold;
    return s;
}

/* -- ending -----------------------------------------------------------------
 */

static st_status end_cancelled(word *w, st_db_tx *tx, st_err *err) {
    return st_job_end(tx, w->lease->id, ST_JOB_CANCELLED, "cancelled",
                      "It was cancelled.", w->now_us, err);
}

/* The same finish once more, whose answer was lost on the way? */
static st_status finished_before(word *w, st_db_tx *tx, st_err *err) {
    st_db_rows *rows = NULL;
    const st_db_value values[] = {st_db_text(w->lease->id),
                                  st_db_int(w->lease->fence)};
    st_status s = st_db_query(tx,
                              "SELECT 1 FROM jobs WHERE id = ? AND fence = ? "
                              "AND state = 'succeeded'",
                              values, 2, &rows, err);
    if (s == ST_OK && st_db_rows_count(rows) == 1)
        w->hold = ST_JOB_HELD;
    st_db_rows_free(rows);
    return s;
}

static st_status write_result(word *w, st_db_tx *tx, st_err *err) {
    const st_db_value values[] = {st_db_text(w->result),
                                  st_db_text(w->warnings),
                                  st_db_text(w->lease->id)};
    st_status s = st_job_end(tx, w->lease->id, ST_JOB_SUCCEEDED, NULL, NULL,
                             w->now_us, err);
    if (s != ST_OK)
        return s;
    return st_db_run(tx,
                     "UPDATE jobs SET result = ?, warnings = ?, fraction = 1 "
                     "WHERE id = ?",
                     values, 3, NULL, err);
}

static st_status finish(void *ctx, st_db_tx *tx, st_err *err) {
    word *w = ctx;
    st_status s = st_job_find_hold(tx, w->lease, &w->hold, err);
    if (s != ST_OK)
        return s;
    if (w->hold == ST_JOB_LOST)
        return finished_before(w, tx, err);
    return w->hold == ST_JOB_STOP ? end_cancelled(w, tx, err)
                                  : write_result(w, tx, err);
}

st_status st_jobs_finish(st_jobs *jobs, const st_job_lease *lease,
                         const char *result, const char *warnings,
                         st_job_hold *hold, st_err *err) {
    word w = make_word(jobs, lease);
    w.result = result;
    w.warnings = warnings;
    return say(&w, finish, hold, err);
}

/* Another attempt, or the end. */
static st_status failed(word *w, st_db_tx *tx, st_err *err) {
    st_db_rows *rows = NULL;
    const st_db_value id = st_db_text(w->lease->id);
    st_status s = st_db_query(
        tx, "SELECT kind, attempt, attempts_max FROM jobs WHERE id = ?", &id, 1,
        &rows, err);
    if (s != ST_OK)
        return s;
    const st_job_policy *policy =
        st_jobs_policy(w->jobs, st_db_cell_text(rows, 0, 0));
    int attempt = (int)st_db_cell_int(rows, 0, 1);
    bool last = attempt >= st_db_cell_int(rows, 0, 2);
    st_db_rows_free(rows);
    if (w->again && !last) {
        int64_t pause = st_jobs_backoff_us(policy, w->lease->id, attempt);
        return st_job_again(tx, w->lease->id, w->now_us + pause, w->code,
                            w->sentence, w->now_us, err);
    }
    return st_job_end(tx, w->lease->id, w->again ? ST_JOB_DEAD : ST_JOB_FAILED,
                      w->code, w->sentence, w->now_us, err);
}

static st_status fail(void *ctx, st_db_tx *tx, st_err *err) {
    word *w = ctx;
    st_status s = st_job_find_hold(tx, w->lease, &w->hold, err);
    if (s != ST_OK || w->hold == ST_JOB_LOST)
        return s;
    return w->hold == ST_JOB_STOP ? end_cancelled(w, tx, err)
                                  : failed(w, tx, err);
}

st_status st_jobs_fail(st_jobs *jobs, const st_job_lease *lease, bool again,
                       const char *code, const char *sentence,
                       st_job_hold *hold, st_err *err) {
    word w = make_word(jobs, lease);
    w.again = again;
    w.code = code;
    w.sentence = sentence;
    return say(&w, fail, hold, err);
}

static st_status stopped(void *ctx, st_db_tx *tx, st_err *err) {
    word *w = ctx;
    st_status s = st_job_find_hold(tx, w->lease, &w->hold, err);
    if (s != ST_OK || w->hold != ST_JOB_STOP)
        return s;
    return end_cancelled(w, tx, err);
}

st_status st_jobs_stopped(st_jobs *jobs, const st_job_lease *lease,
                          st_job_hold *hold, st_err *err) {
    word w = make_word(jobs, lease);
    return say(&w, stopped, hold, err);
}

static st_status release(void *ctx, st_db_tx *tx, st_err *err) {
    word *w = ctx;
    const st_db_value id = st_db_text(w->lease->id);
    st_status s = st_job_find_hold(tx, w->lease, &w->hold, err);
    if (s != ST_OK || w->hold == ST_JOB_LOST)
        return s;
    if (w->hold == ST_JOB_STOP)
        return end_cancelled(w, tx, err);
    s = st_job_again(tx, w->lease->id, w->now_us, NULL, NULL, w->now_us, err);
    if (s != ST_OK)
        return s;
    return st_db_run(tx, "UPDATE jobs SET attempt = attempt - 1 WHERE id = ?",
                     &id, 1, NULL, err);
}

st_status st_jobs_release(st_jobs *jobs, const st_job_lease *lease,
                          st_job_hold *hold, st_err *err) {
    word w = make_word(jobs, lease);
    return say(&w, release, hold, err);
}
