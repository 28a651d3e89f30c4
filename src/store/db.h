/* db: one SQL database behind one set of calls, SQLite or PostgreSQL by URL.
 * Source: design.md sections 2 and 9; sqlite.org (WAL, SQLITE_BUSY); the
 * PostgreSQL 15 manual, chapters 13 (isolation) and 34 (libpq).
 *
 * SQL is written once, in the subset both understand: TEXT, BIGINT and DOUBLE
 * PRECISION columns, JSON as TEXT, `?` for values, ON CONFLICT, RETURNING;
 * counts and sums CAST to BIGINT. Every transaction is serialisable on both,
 * so a closure that reads and then writes is right as it stands. A broken
 * rule of the schema ends the transaction on PostgreSQL: say ON CONFLICT
 * where a row may be there already. */
#ifndef ST_STORE_DB_H
#define ST_STORE_DB_H

#include "core/attr.h"
#include "core/err.h"
#include "core/log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct st_db st_db;           /* a database and its connections */
typedef struct st_db_tx st_db_tx;     /* a transaction, inside a closure */
typedef struct st_db_rows st_db_rows; /* what a query gave, all of it */

/* -- opening ----------------------------------------------------------------
 */

/* 0 means the value in brackets. */
typedef struct {
    int connections;   /* at most, 1..256 [8] */
    int patience_ms;   /* retries, reconnecting and waiting together [15000] */
    int statement_ms;  /* PostgreSQL: one statement at most [30000] */
    const st_log *log; /* lost connections; may be NULL; must outlive the db */
} st_db_options;

/* `sqlite:/path/meta.db` (made with mode 0600 where missing; write-ahead log,
 * foreign keys, commits synced) or `postgres://user@host/name?sslmode=...`
 * (`postgresql:` too; every parameter of libpq). options may be NULL.
 * Connects once, so that a wrong URL is told now, and waits patience_ms for a
 * server that is starting: ST_UNSUPPORTED (no such scheme), ST_BAD_ARG (URL
 * or options), ST_NOT_FOUND (no such folder), ST_IO (no server answers, or it
 * lets nobody in), ST_NO_MEM. The sentence never shows a password. [any] */
ST_MUST_USE st_status st_db_open(st_db **out, const char *url,
                                 const st_db_options *options, st_err *err);
/* All transactions must have ended. NULL is fine. [one at a time] */
void st_db_close(st_db *db);
/* "sqlite" or "postgres". [any] */
const char *st_db_kind(const st_db *db);
/* "sqlite:/path" or "postgres://host:port/name": for people, no secrets.
 * Borrowed. [any] */
const char *st_db_label(const st_db *db);

/* -- transactions -----------------------------------------------------------
 */

/* The work of one transaction. Another status than ST_OK rolls it back. It
 * may be run several times, so it sets all it fills in and touches nothing
 * outside; a failing call of st_db_run or st_db_query must be passed on, or
 * nothing can be retried. */
typedef st_status (*st_db_fn)(void *ctx, st_db_tx *tx, st_err *err);

/* Run fn in a transaction and commit. Run again, with growing pauses within
 * patience_ms, where the database was busy, refused the order of things
 * (serialisation, deadlock) or its connection was lost before the commit
 * began. A connection lost in the commit itself: PostgreSQL is asked what
 * became of it, so ST_OK and a retry both stay true; where no server answers,
 * ST_IO with a sentence that says so. Otherwise: what fn returned, ST_TIMEOUT
 * (patience over, or a statement too slow), ST_IO. Not inside another one
 * of the same thread. [any] */
ST_MUST_USE st_status st_db_atomic(st_db *db, st_db_fn fn, void *ctx,
                                   st_err *err);
/* The same while holding the lock `name`, which no other such call on the
 * database holds, from any process: for work that would collide each time.
 * [any] */
ST_MUST_USE st_status st_db_alone(st_db *db, const char *name, st_db_fn fn,
                                  void *ctx, st_err *err);
/* The same for reading only: sees one moment, waits for no writer. Writing
 * inside it is refused. [any] */
ST_MUST_USE st_status st_db_view(st_db *db, st_db_fn fn, void *ctx,
                                 st_err *err);

/* -- values and statements --------------------------------------------------
 */

typedef enum {
    ST_DB_NULL = 0,
    ST_DB_INT,
    ST_DB_REAL,
    ST_DB_TEXT,
    ST_DB_BYTES
} st_db_type;

typedef struct {
    st_db_type type;
    int64_t integer;
    double real;
    const void *data; /* TEXT, BYTES: borrowed until the call returns */
    size_t bytes;
} st_db_value;

st_db_value st_db_int(int64_t value);
st_db_value st_db_real(double value);
/* UTF-8 without NUL; other text is ST_BAD_DATA when used. NULL: SQL NULL. */
st_db_value st_db_text(const char *value);
st_db_value st_db_bytes(const void *data, size_t bytes);

/* One statement without a result; *changed (may be NULL) gets the rows
 * written. ST_EXISTS (a unique row is there already), ST_BAD_DATA (another
 * rule of the schema broken, bad text), ST_TIMEOUT, ST_IO, ST_INTERNAL (the
 * statement is wrong). [one at a time] a tx, here and below. */
ST_MUST_USE st_status st_db_run(st_db_tx *tx, const char *sql,
                                const st_db_value *values, int count,
                                int64_t *changed, st_err *err);
/* One statement with rows; *out is freed with st_db_rows_free and may
 * outlive the transaction. Also ST_NO_MEM, ST_LIMIT (over 256 MiB). */
ST_MUST_USE st_status st_db_query(st_db_tx *tx, const char *sql,
                                  const st_db_value *values, int count,
                                  st_db_rows **out, st_err *err);
/* Several statements without values, split at ';' outside of quotes and
 * comments: schemas. */
ST_MUST_USE st_status st_db_script(st_db_tx *tx, const char *sql, st_err *err);

/* -- rows -------------------------------------------------------------------
 */

/* NULL is fine, here and in _count (0). [any] */
void st_db_rows_free(st_db_rows *rows);
size_t st_db_rows_count(const st_db_rows *rows);
/* Cell of row [0, count) and column, from 0; outside of them is a programmer
 * mistake. Text is NUL-terminated. The value is borrowed from the rows. */
st_db_value st_db_cell(const st_db_rows *rows, size_t row, int column);
/* The same as what is asked for: an integer (a real is truncated, text is
 * 0), a real, or text (NULL where it is none); SQL NULL gives 0 or NULL. */
int64_t st_db_cell_int(const st_db_rows *rows, size_t row, int column);
double st_db_cell_real(const st_db_rows *rows, size_t row, int column);
const char *st_db_cell_text(const st_db_rows *rows, size_t row, int column);

#endif
