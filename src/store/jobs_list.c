#include "core/alloc.h"
#include "store/jobs_row.h"

#include <stdio.h>
#include <string.h>

enum { LIST_USUAL = 50, LIST_MAX = 500, SQL_BYTES = 2048 };

static void read_job(const st_db_rows *rows, size_t row, bool body,
                     st_job *job) {
    int c = 0;
    job->id = st_db_cell_text(rows, row, c++);
    job->owner = st_db_cell_text(rows, row, c++);
    job->kind = st_db_cell_text(rows, row, c++);
    (void)st_job_state_find(st_db_cell_text(rows, row, c++), &job->state);
    job->class = (st_job_class)st_db_cell_int(rows, row, c++);
    job->gpu_mb = st_db_cell_int(rows, row, c++);
    job->created_us = st_db_cell_int(rows, row, c++);
    job->updated_us = st_db_cell_int(rows, row, c++);
    job->ready_us = st_db_cell_int(rows, row, c++);
    job->started_us = st_db_cell_int(rows, row, c++);
    job->ended_us = st_db_cell_int(rows, row, c++);
    job->attempt = (int)st_db_cell_int(rows, row, c++);
    job->attempts_max = (int)st_db_cell_int(rows, row, c++);
    job->fence = st_db_cell_int(rows, row, c++);
    job->lease_until_us = st_db_cell_int(rows, row, c++);
    job->worker = st_db_cell_text(rows, row, c++);
    job->device = st_db_cell_text(rows, row, c++);
    job->phase = st_db_cell_text(rows, row, c++);
    job->fraction = st_db_cell_real(rows, row, c++);
    job->segment = st_db_cell_int(rows, row, c++);
    job->segment_count = st_db_cell_int(rows, row, c++);
    bool eta = st_db_cell(rows, row, c).type != ST_DB_NULL;
    job->eta_us = eta ? st_db_cell_int(rows, row, c) : -1;
    c++;
    job->preview = st_db_cell_text(rows, row, c++);
    job->result = st_db_cell_text(rows, row, c++);
    job->warnings = st_db_cell_text(rows, row, c++);
    job->error_code = st_db_cell_text(rows, row, c++);
    job->error = st_db_cell_text(rows, row, c++);
    job->body = body ? st_db_cell_text(rows, row, c) : NULL;
}

st_status st_job_list_make(st_db_rows *rows, bool body, st_job_list *out,
                           st_err *err) {
    size_t count = st_db_rows_count(rows);
    st_job *list = st_calloc(count, sizeof *list);
    if (list == NULL) {
        st_db_rows_free(rows);
        return st_err_set(err, ST_NO_MEM, "No memory is left.");
    }
    for (size_t i = 0; i < count; i++)
        read_job(rows, i, body, &list[i]);
    *out = (st_job_list){.jobs = list, .count = count, .rows = rows};
    return ST_OK;
}

void st_job_list_free(st_job_list *list) {
    st_free(list->jobs);
    st_db_rows_free(list->rows);
    *list = (st_job_list){0};
}

/* -- one --------------------------------------------------------------------
 */

typedef struct {
    const char *sql;
    const st_db_value *values;
    int count;
    st_db_rows *rows;
} question;

static st_status ask(void *ctx, st_db_tx *tx, st_err *err) {
    question *q = ctx;
    st_db_rows_free(q->rows); /* of a try before */
    q->rows = NULL;
    return st_db_query(tx, q->sql, q->values, q->count, &q->rows, err);
}

st_status st_jobs_get(st_jobs *jobs, const char *id, const char *owner,
                      st_job_list *out, st_err *err) {
    owner = owner == NULL ? "" : owner;
    const st_db_value values[] = {st_db_text(id), st_db_text(owner),
                                  st_db_text(owner)};
    question q = {.sql = "SELECT " ST_JOB_COLUMNS ", b.body FROM jobs j "
                         "JOIN job_bodies b ON b.job_id = j.id "
                         "WHERE j.id = ? AND (? = '' OR j.owner = ?)",
                  .values = values,
                  .count = 3};
    st_status s = st_db_view(jobs->db, ask, &q, err);
    if (s == ST_OK && st_db_rows_count(q.rows) == 0)
        s = st_err_set(err, ST_NOT_FOUND, "There is no job %.40s.", id);
    if (s == ST_OK)
        return st_job_list_make(q.rows, true, out, err);
    st_db_rows_free(q.rows);
    return s;
}

/* -- many -------------------------------------------------------------------
 */

typedef struct {
    char sql[SQL_BYTES];
    st_db_value values[16];
    int count;
} statement;

static void add(statement *s, const char *text) {
    size_t used = strlen(s->sql);
    (void)snprintf(s->sql + used, sizeof s->sql - used, "%s", text);
}

static void add_with(statement *s, const char *text, st_db_value value) {
    add(s, text);
    s->values[s->count++] = value;
}

static void add_states(statement *s, unsigned states) {
    const char *before = " AND j.state IN (";
    for (int i = 0; i < ST_JOB_STATE_COUNT; i++)
        if ((states >> i & 1U) != 0) {
            add(s, before);
            add_with(s, "?", st_db_text(st_job_state_name((st_job_state)i)));
            before = ", ";
        }
    add(s, ")");
}

static st_status check_filter(const st_job_filter *f, st_err *err) {
    if (f->limit < 0 || f->limit > LIST_MAX ||
        f->states >= 1U << ST_JOB_STATE_COUNT)
        return st_err_set(err, ST_BAD_ARG,
                          "A page of jobs holds 1 to %d of them.", LIST_MAX);
    if (f->after != NULL && !st_uuid_valid(f->after))
        return st_err_set(err, ST_BAD_ARG,
                          "Give the id of the last job of the page before.");
    return ST_OK;
}

static void write_list(statement *s, const st_job_filter *f, int limit) {
    add(s, "SELECT " ST_JOB_COLUMNS " FROM jobs j WHERE 1 = 1");
    if (f->owner != NULL)
        add_with(s, " AND j.owner = ?", st_db_text(f->owner));
    if (f->kind != NULL)
        add_with(s, " AND j.kind = ?", st_db_text(f->kind));
    if (f->after != NULL)
        add_with(s, " AND j.id < ?", st_db_text(f->after));
    if (f->states != 0)
        add_states(s, f->states);
    add_with(s, " ORDER BY j.id DESC LIMIT ?", st_db_int(limit + 1));
}

st_status st_jobs_list(st_jobs *jobs, const st_job_filter *filter,
                       st_job_list *out, st_err *err) {
    st_status s = check_filter(filter, err);
    if (s != ST_OK)
        return s;
    int limit = filter->limit == 0 ? LIST_USUAL : filter->limit;
    statement text = {0};
    write_list(&text, filter, limit);
    question q = {.sql = text.sql, .values = text.values, .count = text.count};
    s = st_db_view(jobs->db, ask, &q, err);
    if (s != ST_OK) {
        st_db_rows_free(q.rows);
        return s;
    }
    s = st_job_list_make(q.rows, false, out, err);
    if (s == ST_OK && out->count > (size_t)limit) {
        out->count = (size_t)limit;
        out->more = true;
    }
    return s;
}

st_status st_jobs_count(st_jobs *jobs, const char *owner,
                        int64_t counts[ST_JOB_STATE_COUNT], st_err *err) {
    owner = owner == NULL ? "" : owner;
    const st_db_value values[] = {st_db_text(owner), st_db_text(owner)};
    question q = {.sql = "SELECT state, COUNT(*) FROM jobs "
                         "WHERE ? = '' OR owner = ? GROUP BY state",
                  .values = values,
                  .count = 2};
    st_status s = st_db_view(jobs->db, ask, &q, err);
    if (s == ST_OK)
        memset(counts, 0, ST_JOB_STATE_COUNT * sizeof counts[0]);
    for (size_t i = 0; s == ST_OK && i < st_db_rows_count(q.rows); i++) {
        st_job_state state;
        if (st_job_state_find(st_db_cell_text(q.rows, i, 0), &state))
            counts[state] = st_db_cell_int(q.rows, i, 1);
    }
    st_db_rows_free(q.rows);
    return s;
}
