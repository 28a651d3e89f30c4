#include "core/alloc.h"
#include "store/jobs_row.h"

#include <string.h>

enum { SEGMENTS_MAX = 10000 };

static const char *const state_names[ST_SEGMENT_STATE_COUNT] = {
    "waiting", "done", "failed"};

const char *st_segment_state_name(st_segment_state state) {
    return (unsigned)state < ST_SEGMENT_STATE_COUNT ? state_names[state]
                                                    : "unknown";
}

/* -- cutting ----------------------------------------------------------------
 */

typedef struct {
    const st_job_lease *lease;
    const st_segment *segments;
    size_t count;
    int64_t now_us;
    st_job_hold hold;
} cut;

/* Are exactly these there from an earlier attempt? */
static st_status cut_before(cut *c, st_db_tx *tx, bool *same, st_err *err) {
    st_db_rows *rows = NULL;
    const st_db_value id = st_db_text(c->lease->id);
    st_status s = st_db_query(tx,
                              "SELECT from_frame, frames FROM job_segments "
                              "WHERE job_id = ? ORDER BY at",
                              &id, 1, &rows, err);
    if (s != ST_OK)
        return s;
    *same = st_db_rows_count(rows) == c->count;
    for (size_t i = 0; *same && i < c->count; i++)
        *same = st_db_cell_int(rows, i, 0) == c->segments[i].from_frame &&
                st_db_cell_int(rows, i, 1) == c->segments[i].frames;
    st_db_rows_free(rows);
    return ST_OK;
}

static st_status write_cut(cut *c, st_db_tx *tx, st_err *err) {
    const st_db_value id = st_db_text(c->lease->id);
    st_status s = st_db_run(tx, "DELETE FROM job_segments WHERE job_id = ?",
                            &id, 1, NULL, err);
    for (size_t i = 0; s == ST_OK && i < c->count; i++) {
        const st_db_value values[] = {
            id, st_db_int((int64_t)i), st_db_int(c->segments[i].from_frame),
            st_db_int(c->segments[i].frames), st_db_int(c->now_us)};
        s = st_db_run(tx,
                      "INSERT INTO job_segments (job_id, at, from_frame, "
                      "frames, state, attempt, updated_us) "
                      "VALUES (?, ?, ?, ?, 'waiting', 0, ?)",
                      values, 5, NULL, err);
    }
    return s;
}

static st_status cut_job(void *ctx, st_db_tx *tx, st_err *err) {
    cut *c = ctx;
    bool same = false;
    st_status s = st_job_find_hold(tx, c->lease, &c->hold, err);
    if (s != ST_OK || c->hold != ST_JOB_HELD)
        return s;
    s = cut_before(c, tx, &same, err);
    if (s == ST_OK && !same)
        s = write_cut(c, tx, err);
    const st_db_value values[] = {st_db_int((int64_t)c->count),
                                  st_db_text(c->lease->id)};
    return s == ST_OK
               ? st_db_run(tx, "UPDATE jobs SET segment_count = ? WHERE id = ?",
                           values, 2, NULL, err)
               : s;
}

st_status st_jobs_cut(st_jobs *jobs, const st_job_lease *lease,
                      const st_segment *segments, size_t count,
                      st_job_hold *hold, st_err *err) {
    bool ok = count >= 1 && count <= SEGMENTS_MAX;
    for (size_t i = 0; ok && i < count; i++)
        ok = segments[i].from_frame >= 0 && segments[i].frames > 0;
    if (!ok)
        return st_err_set(err, ST_BAD_ARG,
                          "A job is cut into 1 to %d segments of 1 frame or "
                          "more.",
                          SEGMENTS_MAX);
    cut c = {.lease = lease,
             .segments = segments,
             .count = count,
             .now_us = st_jobs_now(jobs)};
    st_status s = st_db_atomic(jobs->db, cut_job, &c, err);
    if (s == ST_OK)
        *hold = c.hold;
    return s;
}

/* -- one of them ------------------------------------------------------------
 */

typedef struct {
    const st_job_lease *lease;
    int64_t at;
    const char *result, *error;
    int64_t now_us;
    st_job_hold hold;
} piece;

static st_status end_piece(void *ctx, st_db_tx *tx, st_err *err) {
    piece *p = ctx;
    int64_t changed = 0;
    const st_db_value values[] = {
        st_db_text(p->result != NULL ? "done" : "failed"),
        st_db_text(p->result),
        st_db_text(p->error),
        st_db_int(p->now_us),
        st_db_text(p->lease->id),
        st_db_int(p->at)};
    st_status s = st_job_find_hold(tx, p->lease, &p->hold, err);
    if (s != ST_OK || p->hold != ST_JOB_HELD)
        return s;
    s = st_db_run(tx,
                  "UPDATE job_segments SET attempt = attempt + "
                  "CASE state WHEN 'done' THEN 0 ELSE 1 END, "
                  "result = CASE state WHEN 'done' THEN result ELSE ? END, "
                  "error = CASE state WHEN 'done' THEN error ELSE ? END, "
                  "state = CASE state WHEN 'done' THEN state ELSE ? END, "
                  "updated_us = ? WHERE job_id = ? AND at = ?",
                  (const st_db_value[]){values[1], values[2], values[0],
                                        values[3], values[4], values[5]},
                  6, &changed, err);
    if (s == ST_OK && changed == 0)
        s = st_err_set(err, ST_NOT_FOUND, "The job has no segment %lld.",
                       (long long)p->at);
    return s;
}

st_status st_jobs_segment(st_jobs *jobs, const st_job_lease *lease, int64_t at,
                          const char *result, const char *error,
                          st_job_hold *hold, st_err *err) {
    piece p = {.lease = lease,
               .at = at,
               .result = result,
               .error = result == NULL ? error : NULL,
               .now_us = st_jobs_now(jobs)};
    st_status s = st_db_atomic(jobs->db, end_piece, &p, err);
    if (s == ST_OK)
        *hold = p.hold;
    return s;
}

/* -- all of them ------------------------------------------------------------
 */

typedef struct {
    const char *id;
    const char *owner;
    int64_t now_us;
    int64_t count;
    st_db_rows *rows;
} all;

static st_status read_all(void *ctx, st_db_tx *tx, st_err *err) {
    all *a = ctx;
    const st_db_value id = st_db_text(a->id);
    st_db_rows_free(a->rows); /* of a try before */
    a->rows = NULL;
    return st_db_query(tx,
                       "SELECT from_frame, frames, state, attempt, result, "
                       "error FROM job_segments WHERE job_id = ? ORDER BY at",
                       &id, 1, &a->rows, err);
}

static st_segment_state state_of(const char *name) {
    for (int i = 0; i < ST_SEGMENT_STATE_COUNT; i++)
        if (name != NULL && strcmp(name, state_names[i]) == 0)
            return (st_segment_state)i;
    return ST_SEGMENT_WAITING;
}

static void read_segment(const st_db_rows *rows, size_t i, st_segment *out) {
    out->from_frame = st_db_cell_int(rows, i, 0);
    out->frames = st_db_cell_int(rows, i, 1);
    out->state = state_of(st_db_cell_text(rows, i, 2));
    out->attempt = (int)st_db_cell_int(rows, i, 3);
    out->result = st_db_cell_text(rows, i, 4);
    out->error = st_db_cell_text(rows, i, 5);
}

st_status st_jobs_segments(st_jobs *jobs, const char *id, st_segment_list *out,
                           st_err *err) {
    all a = {.id = id};
    st_status s = st_db_view(jobs->db, read_all, &a, err);
    size_t count = s == ST_OK ? st_db_rows_count(a.rows) : 0;
    st_segment *list = s == ST_OK ? st_calloc(count, sizeof *list) : NULL;
    if (list == NULL) {
        st_db_rows_free(a.rows);
        return s != ST_OK ? s
                          : st_err_set(err, ST_NO_MEM, "No memory is left.");
    }
    for (size_t i = 0; i < count; i++)
        read_segment(a.rows, i, &list[i]);
    *out = (st_segment_list){.segments = list, .count = count, .rows = a.rows};
    return ST_OK;
}

void st_segment_list_free(st_segment_list *list) {
    st_free(list->segments);
    st_db_rows_free(list->rows);
    *list = (st_segment_list){0};
}

static st_status count_failed(all *a, st_db_tx *tx, st_err *err) {
    st_db_rows *rows = NULL;
    const st_db_value id = st_db_text(a->id);
    st_status s = st_db_query(tx,
                              "SELECT COUNT(*) FROM job_segments "
                              "WHERE job_id = ? AND state = 'failed'",
                              &id, 1, &rows, err);
    if (s == ST_OK)
        a->count = st_db_cell_int(rows, 0, 0);
    st_db_rows_free(rows);
    return s;
}

static st_status retry(void *ctx, st_db_tx *tx, st_err *err) {
    all *a = ctx;
    st_job_state state = ST_JOB_QUEUED;
    st_status s = st_job_find_state(tx, a->id, a->owner, &state, err);
    if (s == ST_OK)
        s = count_failed(a, tx, err);
    if (s != ST_OK)
        return s;
    if (!st_job_state_ended(state) || a->count == 0)
        return st_err_set(err, ST_BAD_ARG,
                          "Job %.40s is %s with %lld failed segments: only "
                          "those of an ended job are tried again.",
                          a->id, st_job_state_name(state), (long long)a->count);
    return st_job_anew(tx, a->id, a->now_us, err);
}

st_status st_jobs_retry_segments(st_jobs *jobs, const char *id,
                                 const char *owner, int64_t *count,
                                 st_err *err) {
    all a = {.id = id, .owner = owner, .now_us = st_jobs_now(jobs)};
    st_status s = st_db_atomic(jobs->db, retry, &a, err);
    if (s == ST_OK)
        *count = a.count;
    return s;
}
