#include "core/alloc.h"
#include "core/clock.h"
#include "core/utf8.h"
#include "store/db_backend.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { CONNECTIONS_MAX = 256, PAUSE_MAX_MS = 250 };

static const st_db_backend *const backends[] = {&st_db_sqlite, &st_db_postgres};

struct st_db {
    const st_db_backend *backend;
    st_db_options options;
    char *url;
    char label[256];
    pthread_mutex_t lock;
    pthread_cond_t returned; /* a connection is idle, or one may be opened */
    pthread_cond_t written;  /* the one writer has ended */
    st_db_conn **idle;
    int idle_count;
    int open_count; /* idle ones and those in use */
    bool writing;
};

/* One call of st_db_atomic, st_db_alone or st_db_view. */
typedef struct {
    st_db *db;
    st_db_fn fn;
    void *ctx;
    const char *lock;
    bool write;
    int64_t deadline_ns;
    st_db_fault fault;
} work;

/* -- opening ----------------------------------------------------------------
 */

static bool has_scheme(const st_db_backend *backend, const char *url) {
    const char *at = backend->schemes;
    while (*at != '\0') {
        size_t length = strcspn(at, " ");
        if (strncmp(url, at, length) == 0)
            return true;
        at += length + strspn(at + length, " ");
    }
    return false;
}

static const st_db_backend *find_backend(const char *url) {
    for (size_t i = 0; i < sizeof backends / sizeof backends[0]; i++)
        if (has_scheme(backends[i], url))
            return backends[i];
    return NULL;
}

static st_status set_options(st_db_options *out, const st_db_options *given,
                             st_err *err) {
    *out = (st_db_options){0};
    if (given != NULL)
        *out = *given;
    if (out->connections < 0 || out->connections > CONNECTIONS_MAX ||
        out->patience_ms < 0 || out->statement_ms < 0)
        return st_err_set(err, ST_BAD_ARG,
                          "The database takes 1 to 256 connections and times "
                          "of 0 ms or more.");
    out->connections = out->connections == 0 ? 8 : out->connections;
    out->patience_ms = out->patience_ms == 0 ? 15000 : out->patience_ms;
    out->statement_ms = out->statement_ms == 0 ? 30000 : out->statement_ms;
    return ST_OK;
}

static void init_locks(st_db *db) {
    pthread_condattr_t monotonic;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&db->lock, NULL);
    (void)pthread_cond_init(&db->returned, &monotonic);
    (void)pthread_cond_init(&db->written, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
}

static st_status nothing(void *ctx, st_db_tx *tx, st_err *err) {
    (void)ctx;
    (void)tx;
    (void)err;
    return ST_OK;
}

st_status st_db_open(st_db **out, const char *url, const st_db_options *options,
                     st_err *err) {
    const st_db_backend *backend = find_backend(url);
    if (backend == NULL)
        return st_err_set(err, ST_UNSUPPORTED,
                          "No database is known by this URL: write "
                          "sqlite:/path/meta.db or postgres://host/name.");
    st_db_options checked;
    st_status s = set_options(&checked, options, err);
    if (s != ST_OK)
        return s;
    st_db *db = st_calloc(1, sizeof *db);
    if (db == NULL)
        return st_err_set(err, ST_NO_MEM, "No memory is left.");
    db->backend = backend;
    db->options = checked;
    init_locks(db);
    db->url = st_strdup(url);
    db->idle = st_calloc((size_t)checked.connections, sizeof(st_db_conn *));
    if (db->url == NULL || db->idle == NULL)
        s = st_err_set(err, ST_NO_MEM, "No memory is left.");
    else
        s = st_db_view(db, nothing, NULL, err);
    if (s != ST_OK) {
        st_db_close(db);
        return s;
    }
    *out = db;
    return ST_OK;
}

void st_db_close(st_db *db) {
    if (db == NULL)
        return;
    assert(db->open_count == db->idle_count);
    for (int i = 0; db->idle != NULL && i < db->idle_count; i++)
        db->backend->close(db->idle[i]);
    (void)pthread_cond_destroy(&db->written);
    (void)pthread_cond_destroy(&db->returned);
    (void)pthread_mutex_destroy(&db->lock);
    st_free(db->idle);
    st_free(db->url);
    st_free(db);
}

const char *st_db_kind(const st_db *db) {
    return db->backend->kind;
}

const char *st_db_label(const st_db *db) {
    return db->label;
}

/* -- the pool ---------------------------------------------------------------
 */

/* False when the deadline has passed. The lock is held. */
static bool wait_until(st_db *db, pthread_cond_t *cond, int64_t deadline_ns) {
    const struct timespec until = {.tv_sec = (time_t)(deadline_ns / 1000000000),
                                   .tv_nsec = (long)(deadline_ns % 1000000000)};
    return pthread_cond_timedwait(cond, &db->lock, &until) == 0;
}

static st_status too_long(st_db *db, const char *what, st_err *err) {
    return st_err_set(err, ST_TIMEOUT,
                      "%s: %s for %d ms; try again later, or allow more "
                      "connections.",
                      db->label, what, db->options.patience_ms);
}

static st_status begin_writing(work *w, st_err *err) {
    st_db *db = w->db;
    if (!w->write || !db->backend->one_writer)
        return ST_OK;
    bool waiting = true;
    (void)pthread_mutex_lock(&db->lock);
    while (db->writing && waiting)
        waiting = wait_until(db, &db->written, w->deadline_ns);
    bool free = !db->writing;
    db->writing = true;
    (void)pthread_mutex_unlock(&db->lock);
    return free ? ST_OK : too_long(db, "other writers had the database", err);
}

static void end_writing(const work *w) {
    if (!w->write || !w->db->backend->one_writer)
        return;
    (void)pthread_mutex_lock(&w->db->lock);
    w->db->writing = false;
    (void)pthread_cond_signal(&w->db->written);
    (void)pthread_mutex_unlock(&w->db->lock);
}

static void give_up_place(st_db *db) {
    (void)pthread_mutex_lock(&db->lock);
    db->open_count--;
    (void)pthread_cond_signal(&db->returned);
    (void)pthread_mutex_unlock(&db->lock);
}

static st_status open_one(work *w, st_db_conn **out, st_err *err) {
    st_db *db = w->db;
    char label[256] = "";
    st_status s =
        db->backend->open(out, db->url, &db->options, label, &w->fault, err);
    (void)pthread_mutex_lock(&db->lock);
    if (db->label[0] == '\0')
        memcpy(db->label, label, sizeof label);
    (void)pthread_mutex_unlock(&db->lock);
    if (s != ST_OK)
        give_up_place(db);
    return s;
}

/* An idle connection, or a new one. */
static st_status take(work *w, st_db_conn **out, st_err *err) {
    st_db *db = w->db;
    bool waiting = true;
    *out = NULL;
    (void)pthread_mutex_lock(&db->lock);
    while (db->idle_count == 0 && db->open_count == db->options.connections &&
           waiting)
        waiting = wait_until(db, &db->returned, w->deadline_ns);
    bool fresh = false;
    if (db->idle_count > 0)
        *out = db->idle[--db->idle_count];
    else if ((fresh = db->open_count < db->options.connections))
        db->open_count++;
    (void)pthread_mutex_unlock(&db->lock);
    if (fresh)
        return open_one(w, out, err);
    return *out != NULL ? ST_OK
                        : too_long(db, "all connections were in use", err);
}

static void give_back(st_db *db, st_db_conn *conn) {
    (void)pthread_mutex_lock(&db->lock);
    db->idle[db->idle_count++] = conn;
    (void)pthread_cond_signal(&db->returned);
    (void)pthread_mutex_unlock(&db->lock);
}

/* A lost one mostly means that the server went: those idle went with it. */
static void drop_with_idle(st_db *db, st_db_conn *conn) {
    for (; conn != NULL;) {
        db->backend->close(conn);
        (void)pthread_mutex_lock(&db->lock);
        db->open_count--;
        conn = db->idle_count > 0 ? db->idle[--db->idle_count] : NULL;
        (void)pthread_cond_signal(&db->returned);
        (void)pthread_mutex_unlock(&db->lock);
    }
}

/* -- transactions -----------------------------------------------------------
 */

static st_status swallowed(const st_db *db, st_err *err) {
    return st_err_set(err, ST_INTERNAL,
                      "%s: a transaction went on after a statement had failed; "
                      "nothing was written. Please report this.",
                      db->label);
}

static st_status run_on(work *w, st_db_conn *conn, st_err *err) {
    const st_db_backend *backend = w->db->backend;
    st_db_tx tx = {.backend = backend, .conn = conn};
    conn->fault = ST_DB_FAULT_NONE;
    conn->failed = false;
    st_status s = backend->begin(conn, w->write, w->lock, err);
    if (s == ST_OK)
        s = w->fn(w->ctx, &tx, err);
    if (s == ST_OK && conn->failed)
        s = swallowed(w->db, err);
    if (s == ST_OK)
        return backend->commit(conn, err);
    backend->rollback(conn);
    return s;
}

static st_status try_once(work *w, st_err *err) {
    st_db_conn *conn = NULL;
    w->fault = ST_DB_FAULT_NONE;
    st_status s = begin_writing(w, err);
    if (s != ST_OK)
        return s;
    s = take(w, &conn, err);
    if (s == ST_OK) {
        assert(conn != NULL);
        s = run_on(w, conn, err);
        w->fault = s == ST_OK ? ST_DB_FAULT_NONE : conn->fault;
        if (conn->broken)
            drop_with_idle(w->db, conn);
        else
            give_back(w->db, conn);
    }
    end_writing(w);
    return s;
}

/* Between half of and the whole of 1, 2, 4, ... 250 ms, so that those who
 * collided part. */
static void pause_before(int round) {
    int64_t ms = round < 8 ? INT64_C(1) << round : PAUSE_MAX_MS;
    uint64_t spread = (uint64_t)st_clock_ns() * UINT64_C(0x9E3779B97F4A7C15);
    int64_t ns = ms * 500000;
    ns += (int64_t)((spread >> 33) % (uint64_t)ns);
    const struct timespec rest = {.tv_sec = 0, .tv_nsec = (long)ns};
    (void)nanosleep(&rest, NULL);
}

static void tell_lost(const st_db *db, const st_err *err) {
    st_log_print(db->options.log, ST_LOG_WARN, "store", "%s Trying again.",
                 err->text);
}

static st_status out_of_patience(const work *w, st_status s, st_err *err,
                                 const st_err *last) {
    return st_err_set(err, s, "Tried for %d ms: %s", w->db->options.patience_ms,
                      last->text);
}

static st_status run(st_db *db, st_db_fn fn, void *ctx, const char *lock,
                     bool write, st_err *err) {
    work w = {.db = db, .fn = fn, .ctx = ctx, .lock = lock, .write = write};
    w.deadline_ns = st_clock_ns() + (int64_t)db->options.patience_ms * 1000000;
    st_err last = {0};
    for (int round = 0;; round++) {
        last = (st_err){0};
        st_status s = try_once(&w, &last);
        if (s == ST_OK)
            return ST_OK;
        if (w.fault == ST_DB_FAULT_NONE) {
            if (err != NULL)
                *err = last;
            return s;
        }
        if (w.fault == ST_DB_FAULT_LOST)
            tell_lost(db, &last);
        if (st_clock_ns() >= w.deadline_ns)
            return out_of_patience(
                &w, w.fault == ST_DB_FAULT_BUSY ? ST_TIMEOUT : ST_IO, err,
                &last);
        pause_before(round);
    }
}

st_status st_db_atomic(st_db *db, st_db_fn fn, void *ctx, st_err *err) {
    return run(db, fn, ctx, NULL, true, err);
}

st_status st_db_alone(st_db *db, const char *name, st_db_fn fn, void *ctx,
                      st_err *err) {
    return run(db, fn, ctx, name, true, err);
}

st_status st_db_view(st_db *db, st_db_fn fn, void *ctx, st_err *err) {
    return run(db, fn, ctx, NULL, false, err);
}

/* -- statements -------------------------------------------------------------
 */

/* Both databases must refuse the same text, or rows could not move. */
static bool sound_text(const st_db_value *value) {
    const char *text = value->data;
    size_t at = 0;
    if (value->type != ST_DB_TEXT)
        return true;
    while (at < value->bytes) {
        size_t length = st_utf8_length(text + at, value->bytes - at);
        if (length == 0 || text[at] == '\0')
            return false;
        at += length;
    }
    return true;
}

static st_status statement(st_db_tx *tx, const char *sql,
                           const st_db_value *values, int count,
                           st_db_rows *rows, int64_t *changed, st_err *err) {
    for (int i = 0; i < count; i++)
        if (!sound_text(&values[i]))
            return st_err_set(err, ST_BAD_DATA,
                              "A text for the database is not UTF-8: send it "
                              "as UTF-8 without NUL.");
    st_status s =
        tx->backend->run(tx->conn, sql, values, count, rows, changed, err);
    tx->conn->failed = tx->conn->failed || s != ST_OK;
    return s;
}

st_status st_db_run(st_db_tx *tx, const char *sql, const st_db_value *values,
                    int count, int64_t *changed, st_err *err) {
    return statement(tx, sql, values, count, NULL, changed, err);
}

st_status st_db_query(st_db_tx *tx, const char *sql, const st_db_value *values,
                      int count, st_db_rows **out, st_err *err) {
    st_db_rows *rows = st_db_rows_new();
    if (rows == NULL)
        return st_err_set(err, ST_NO_MEM, "No memory is left.");
    st_status s = statement(tx, sql, values, count, rows, NULL, err);
    if (s == ST_OK)
        *out = rows;
    else
        st_db_rows_free(rows);
    return s;
}

st_status st_db_script(st_db_tx *tx, const char *sql, st_err *err) {
    for (size_t bytes = 0; (bytes = st_db_statement(sql)) > 0; sql += bytes) {
        char *one = st_calloc(bytes + 1, 1);
        if (one == NULL)
            return st_err_set(err, ST_NO_MEM, "No memory is left.");
        memcpy(one, sql, bytes);
        st_status s = st_db_run(tx, one, NULL, 0, NULL, err);
        st_free(one);
        if (s != ST_OK)
            return s;
    }
    return ST_OK;
}
