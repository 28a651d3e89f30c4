/* db_backend: what a database must be able to do to stand behind db.h.
 * Source: db.h; used by db*.c alone.
 *
 * A back end is one file that ends in one const st_db_backend, listed in
 * db.c. A connection is used by one thread at a time. */
#ifndef ST_STORE_DB_BACKEND_H
#define ST_STORE_DB_BACKEND_H

#include "store/db.h"

/* What a failure means for whoever might try again. */
typedef enum {
    ST_DB_FAULT_NONE = 0, /* no use trying again */
    ST_DB_FAULT_BUSY,     /* nothing was done: run the whole thing again */
    ST_DB_FAULT_LOST      /* the same, on a new connection */
} st_db_fault;

/* The first member of every connection. */
typedef struct {
    st_db_fault fault; /* of the last call that failed; set by the back end */
    bool broken;       /* not to be used again; set by the back end */
    bool failed;       /* a statement of this transaction has failed */
} st_db_conn;

typedef struct {
    const char *kind;    /* "sqlite" */
    const char *schemes; /* "sqlite:", several separated by spaces */
    bool one_writer;     /* writers wait in line in the process */
    /* A connection, ready for use. *fault says whether trying again may
     * help. label[256] is filled in for people. */
    st_status (*open)(st_db_conn **out, const char *url,
                      const st_db_options *options, char label[256],
                      st_db_fault *fault, st_err *err);
    void (*close)(st_db_conn *conn);
    /* write false: a reading one. lock: NULL, or a name to hold until the
     * transaction has ended. */
    st_status (*begin)(st_db_conn *conn, bool write, const char *lock,
                       st_err *err);
    /* Whatever it returns, the transaction has ended. A fault says that
     * nothing was committed. */
    st_status (*commit)(st_db_conn *conn, st_err *err);
    void (*rollback)(st_db_conn *conn);
    /* rows and changed: either may be NULL. */
    st_status (*run)(st_db_conn *conn, const char *sql,
                     const st_db_value *values, int count, st_db_rows *rows,
                     int64_t *changed, st_err *err);
} st_db_backend;

extern const st_db_backend st_db_sqlite;
extern const st_db_backend st_db_postgres;

struct st_db_tx {
    const st_db_backend *backend;
    st_db_conn *conn;
};

/* -- rows being filled ------------------------------------------------------
 */

st_db_rows *st_db_rows_new(void);
/* Before the first cell; a statement without columns says 0. */
void st_db_rows_columns(st_db_rows *rows, int columns);
/* The next cell, row by row; text and bytes are copied. ST_NO_MEM, ST_LIMIT.
 */
ST_MUST_USE st_status st_db_rows_add(st_db_rows *rows, st_db_value value);

/* -- SQL text ---------------------------------------------------------------
 */

/* `sql` with each `?` outside of quotes and comments as $1, $2, ...; freed
 * with st_free. ST_NO_MEM. [any] */
ST_MUST_USE st_status st_db_dollars(char **out, const char *sql);
/* Bytes of the first statement of `sql`, its ';' included; 0 at the end of
 * the text (only blanks and comments left). [any] */
size_t st_db_statement(const char *sql);

#endif
