/* Changes of state that several callers make. */
#include "store/jobs_row.h"

#include <string.h>

st_status st_job_find_state(st_db_tx *tx, const char *id, const char *owner,
                            st_job_state *out, st_err *err) {
    st_db_rows *rows = NULL;
    owner = owner == NULL ? "" : owner;
    const st_db_value values[] = {st_db_text(id), st_db_text(owner),
                                  st_db_text(owner)};
    st_status s = st_db_query(
        tx, "SELECT state FROM jobs WHERE id = ? AND (? = '' OR owner = ?)",
        values, 3, &rows, err);
    if (s != ST_OK)
        return s;
    if (st_db_rows_count(rows) == 0)
        s = st_err_set(err, ST_NOT_FOUND, "There is no job %.40s.", id);
    else if (!st_job_state_find(st_db_cell_text(rows, 0, 0), out))
        s = st_err_set(err, ST_BAD_DATA, "Job %.40s is in no known state.", id);
    st_db_rows_free(rows);
    return s;
}

st_status st_job_find_hold(st_db_tx *tx, const st_job_lease *lease,
                           st_job_hold *out, st_err *err) {
    st_db_rows *rows = NULL;
    const st_db_value values[] = {st_db_text(lease->id),
                                  st_db_int(lease->fence)};
    st_status s =
        st_db_query(tx, "SELECT state FROM jobs WHERE id = ? AND fence = ?",
                    values, 2, &rows, err);
    if (s != ST_OK)
        return s;
    st_job_state state = ST_JOB_QUEUED;
    *out = ST_JOB_LOST;
    if (st_db_rows_count(rows) == 1)
        (void)st_job_state_find(st_db_cell_text(rows, 0, 0), &state);
    if (state == ST_JOB_LEASED || state == ST_JOB_RUNNING)
        *out = ST_JOB_HELD;
    if (state == ST_JOB_CANCELLING)
        *out = ST_JOB_STOP;
    st_db_rows_free(rows);
    return ST_OK;
}

/* The sweeper is to look at those who wait for this one. */
static st_status wake_others(st_db_tx *tx, const char *id, st_err *err) {
    const st_db_value value = st_db_text(id);
    return st_db_run(tx,
                     "UPDATE jobs SET announced_us = 0 WHERE state = 'queued' "
                     "AND announced_us <> 0 AND id IN "
                     "(SELECT job_id FROM job_deps WHERE needs_id = ?)",
                     &value, 1, NULL, err);
}

st_status st_job_end(st_db_tx *tx, const char *id, st_job_state state,
                     const char *code, const char *sentence, int64_t now_us,
                     st_err *err) {
    const st_db_value values[] = {st_db_text(st_job_state_name(state)),
                                  st_db_text(code),
                                  st_db_text(sentence),
                                  st_db_int(now_us),
                                  st_db_int(now_us),
                                  st_db_text(id)};
    st_status s =
        st_db_run(tx,
                  "UPDATE jobs SET state = ?, error_code = ?, error = ?, "
                  "ended_us = ?, updated_us = ?, lease_until_us = NULL, "
                  "eta_us = NULL WHERE id = ?",
                  values, 6, NULL, err);
    return s == ST_OK ? wake_others(tx, id, err) : s;
}

st_status st_job_again(st_db_tx *tx, const char *id, int64_t ready_us,
                       const char *code, const char *sentence, int64_t now_us,
                       st_err *err) {
    const st_db_value values[] = {st_db_text(code), st_db_text(sentence),
                                  st_db_int(ready_us), st_db_int(now_us),
                                  st_db_text(id)};
    return st_db_run(tx,
                     "UPDATE jobs SET state = 'queued', error_code = ?, "
                     "error = ?, ready_us = ?, updated_us = ?, "
                     "announced_us = 0, lease_until_us = NULL, worker = NULL, "
                     "device = NULL, eta_us = NULL WHERE id = ?",
                     values, 5, NULL, err);
}

st_status st_job_anew(st_db_tx *tx, const char *id, int64_t now_us,
                      st_err *err) {
    const st_db_value job[] = {st_db_int(now_us), st_db_text(id)};
    st_status s = st_job_again(tx, id, now_us, NULL, NULL, now_us, err);
    if (s == ST_OK)
        s = st_db_run(tx,
                      "UPDATE jobs SET attempt = 0, ended_us = NULL, "
                      "started_us = NULL, phase = NULL, fraction = 0, "
                      "warnings = NULL WHERE id = ?",
                      &job[1], 1, NULL, err);
    if (s == ST_OK)
        s = st_db_run(tx,
                      "UPDATE job_segments SET state = 'waiting', "
                      "error = NULL, updated_us = ? "
                      "WHERE job_id = ? AND state = 'failed'",
                      job, 2, NULL, err);
    return s;
}
