#include "core/alloc.h"
#include "store/db_backend.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

enum { KEPT_STATEMENTS = 64, BUSY_MS = 1000 };

typedef struct {
    st_db_conn base;
    sqlite3 *sqlite;
    char path[PATH_MAX];
    struct {
        char *sql;
        sqlite3_stmt *statement;
    } kept[KEPT_STATEMENTS];
    bool reading; /* PRAGMA query_only is on */
} connection;

/* -- errors -----------------------------------------------------------------
 */

static st_status constraint(const connection *c, int code, st_err *err) {
    if (code == SQLITE_CONSTRAINT_UNIQUE ||
        code == SQLITE_CONSTRAINT_PRIMARYKEY)
        return st_err_set(err, ST_EXISTS, "sqlite:%s: there already: %s.",
                          c->path, sqlite3_errmsg(c->sqlite));
    return st_err_set(err, ST_BAD_DATA,
                      "sqlite:%s: breaks a rule of the schema: %s.", c->path,
                      sqlite3_errmsg(c->sqlite));
}

static st_status trouble(connection *c, st_status status, const char *advice,
                         st_err *err) {
    return st_err_set(err, status, "sqlite:%s: %s; %s.", c->path,
                      sqlite3_errmsg(c->sqlite), advice);
}

static st_status say(connection *c, int code, st_err *err) {
    switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        c->base.fault = ST_DB_FAULT_BUSY;
        return trouble(c, ST_TIMEOUT, "another program is writing to it", err);
    case SQLITE_CONSTRAINT:
        return constraint(c, code, err);
    case SQLITE_FULL:
        return trouble(c, ST_IO, "free some space on its disk", err);
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
        return trouble(c, ST_IO, "let this user write the file and its folder",
                       err);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return trouble(c, ST_BAD_DATA,
                       "put back a copy of the file, or name another one", err);
    case SQLITE_IOERR:
        return trouble(c, ST_IO, "look at the disk it lies on", err);
    case SQLITE_TOOBIG:
        return trouble(c, ST_LIMIT, "a value is too large for a row", err);
    case SQLITE_NOMEM:
        return trouble(c, ST_NO_MEM, "no memory is left", err);
    default:
        return trouble(c, ST_INTERNAL, "please report this", err);
    }
}

/* -- opening ----------------------------------------------------------------
 */

static void close_sqlite(st_db_conn *base) {
    connection *c = (connection *)base;
    for (int i = 0; i < KEPT_STATEMENTS; i++) {
        (void)sqlite3_finalize(c->kept[i].statement);
        st_free(c->kept[i].sql);
    }
    (void)sqlite3_close(c->sqlite);
    st_free(c);
}

/* SQLite would make it readable by everyone; its log takes over our mode. */
static st_status make_file(const char *path, st_err *err) {
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0)
        return close(fd) == 0 ? ST_OK : ST_IO;
    if (errno == ENOENT)
        return st_err_set(err, ST_NOT_FOUND,
                          "sqlite:%s: its folder is missing; make it first.",
                          path);
    return st_err_set(err, ST_IO, "sqlite:%s cannot be opened: %s.", path,
                      strerror(errno));
}

static st_status prepare_sqlite(connection *c, st_err *err) {
    static const char *const settings =
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        "PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF;";
    int code = sqlite3_open_v2(
        c->path, &c->sqlite, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code != SQLITE_OK && c->sqlite == NULL)
        return st_err_set(err, ST_NO_MEM, "No memory is left.");
    if (code != SQLITE_OK)
        return say(c, code, err);
    (void)sqlite3_extended_result_codes(c->sqlite, 1);
    (void)sqlite3_busy_timeout(c->sqlite, BUSY_MS);
    (void)sqlite3_db_config(c->sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(c->sqlite, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    (void)sqlite3_db_config(c->sqlite, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    code = sqlite3_exec(c->sqlite, settings, NULL, NULL, NULL);
    return code == SQLITE_OK ? ST_OK : say(c, code, err);
}

static st_status open_sqlite(st_db_conn **out, const char *url,
                             const st_db_options *options, char label[256],
                             st_db_fault *fault, st_err *err) {
    (void)options;
    const char *path = url + strlen("sqlite:");
    if (strncmp(path, "//", 2) == 0)
        path += 2;
    if (path[0] == '\0' || path[0] == ':' || strlen(path) >= PATH_MAX)
        return st_err_set(err, ST_BAD_ARG,
                          "Write sqlite:/path/meta.db: a file is needed, which "
                          "several connections can open.");
    st_status s = make_file(path, err);
    if (s != ST_OK)
        return s;
    connection *c = st_calloc(1, sizeof *c);
    if (c == NULL)
        return st_err_set(err, ST_NO_MEM, "No memory is left.");
    memcpy(c->path, path, strlen(path) + 1);
    (void)snprintf(label, 256, "sqlite:%s", path);
    s = prepare_sqlite(c, err);
    *fault = c->base.fault;
    if (s == ST_OK)
        *out = &c->base;
    else
        close_sqlite(&c->base);
    return s;
}

/* -- statements -------------------------------------------------------------
 */

static unsigned slot_of(const char *sql) {
    unsigned hash = 2166136261U;
    for (; *sql != '\0'; sql++)
        hash = (hash ^ (unsigned char)*sql) * 16777619U;
    return hash % KEPT_STATEMENTS;
}

/* The compiled statement, kept for the next time. */
static st_status compile(connection *c, const char *sql, sqlite3_stmt **out,
                         st_err *err) {
    unsigned slot = slot_of(sql);
    if (c->kept[slot].sql != NULL && strcmp(c->kept[slot].sql, sql) == 0) {
        *out = c->kept[slot].statement;
        return ST_OK;
    }
    const char *rest = "";
    sqlite3_stmt *made = NULL;
    int code = sqlite3_prepare_v3(c->sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT,
                                  &made, &rest);
    char *copy = code == SQLITE_OK ? st_strdup(sql) : NULL;
    if (copy == NULL || st_db_statement(rest) > 0 || made == NULL) {
        (void)sqlite3_finalize(made);
        st_free(copy);
        if (code != SQLITE_OK)
            return say(c, code, err);
        return st_err_set(err, copy == NULL ? ST_NO_MEM : ST_INTERNAL,
                          "sqlite:%s: one statement at a time.", c->path);
    }
    (void)sqlite3_finalize(c->kept[slot].statement);
    st_free(c->kept[slot].sql);
    c->kept[slot].sql = copy;
    c->kept[slot].statement = made;
    *out = made;
    return ST_OK;
}

static int bind_one(sqlite3_stmt *statement, int at, const st_db_value *v) {
    switch (v->type) {
    case ST_DB_INT:
        return sqlite3_bind_int64(statement, at, v->integer);
    case ST_DB_REAL:
        return sqlite3_bind_double(statement, at, v->real);
    case ST_DB_TEXT:
        return sqlite3_bind_text64(statement, at, v->data, v->bytes,
                                   SQLITE_STATIC, SQLITE_UTF8);
    case ST_DB_BYTES:
        return v->bytes == 0 ? sqlite3_bind_zeroblob(statement, at, 0)
                             : sqlite3_bind_blob64(statement, at, v->data,
                                                   v->bytes, SQLITE_STATIC);
    case ST_DB_NULL:
        break;
    }
    return sqlite3_bind_null(statement, at);
}

static st_db_value column_value(sqlite3_stmt *statement, int i) {
    switch (sqlite3_column_type(statement, i)) {
    case SQLITE_INTEGER:
        return st_db_int(sqlite3_column_int64(statement, i));
    case SQLITE_FLOAT:
        return st_db_real(sqlite3_column_double(statement, i));
    case SQLITE_TEXT: {
        st_db_value text = {.type = ST_DB_TEXT};
        text.data = sqlite3_column_text(statement, i);
        text.bytes = (size_t)sqlite3_column_bytes(statement, i);
        return text;
    }
    case SQLITE_BLOB: {
        const void *data = sqlite3_column_blob(statement, i);
        return st_db_bytes(data, (size_t)sqlite3_column_bytes(statement, i));
    }
    default:
        return (st_db_value){.type = ST_DB_NULL};
    }
}

static st_status keep_row(sqlite3_stmt *statement, st_db_rows *rows,
                          st_err *err) {
    int columns = sqlite3_column_count(statement);
    for (int i = 0; i < columns; i++) {
        st_status s = st_db_rows_add(rows, column_value(statement, i));
        if (s != ST_OK)
            return st_err_set(err, s,
                              "A query gave more than memory holds: ask for "
                              "fewer rows.");
    }
    return ST_OK;
}

static st_status step_all(connection *c, sqlite3_stmt *statement,
                          st_db_rows *rows, st_err *err) {
    if (rows != NULL)
        st_db_rows_columns(rows, sqlite3_column_count(statement));
    for (;;) {
        int code = sqlite3_step(statement);
        if (code == SQLITE_DONE)
            return ST_OK;
        if (code != SQLITE_ROW)
            return say(c, code, err);
        st_status s = rows == NULL ? ST_OK : keep_row(statement, rows, err);
        if (s != ST_OK)
            return s;
    }
}

static st_status run_sqlite(st_db_conn *base, const char *sql,
                            const st_db_value *values, int count,
                            st_db_rows *rows, int64_t *changed, st_err *err) {
    connection *c = (connection *)base;
    sqlite3_stmt *statement = NULL;
    st_status s = compile(c, sql, &statement, err);
    if (s != ST_OK)
        return s;
    assert(sqlite3_bind_parameter_count(statement) == count);
    int code = SQLITE_OK;
    for (int i = 0; i < count && code == SQLITE_OK; i++)
        code = bind_one(statement, i + 1, &values[i]);
    s = code == SQLITE_OK ? step_all(c, statement, rows, err)
                          : say(c, code, err);
    if (s == ST_OK && changed != NULL)
        *changed = sqlite3_changes64(c->sqlite);
    (void)sqlite3_reset(statement);
    (void)sqlite3_clear_bindings(statement);
    return s;
}

/* -- transactions -----------------------------------------------------------
 */

static st_status plain(connection *c, const char *sql, st_err *err) {
    return run_sqlite(&c->base, sql, NULL, 0, NULL, NULL, err);
}

/* A writer has the whole database to itself, so a named lock adds nothing. */
static st_status begin_sqlite(st_db_conn *base, bool write, const char *lock,
                              st_err *err) {
    (void)lock;
    connection *c = (connection *)base;
    if (write)
        return plain(c, "BEGIN IMMEDIATE", err);
    st_status s = plain(c, "PRAGMA query_only=ON", err);
    c->reading = true;
    return s == ST_OK ? plain(c, "BEGIN", err) : s;
}

static void rollback_sqlite(st_db_conn *base) {
    connection *c = (connection *)base;
    st_db_fault fault = base->fault;
    if (!sqlite3_get_autocommit(c->sqlite) &&
        plain(c, "ROLLBACK", NULL) != ST_OK)
        base->broken = true;
    if (c->reading && plain(c, "PRAGMA query_only=OFF", NULL) != ST_OK)
        base->broken = true;
    c->reading = false;
    base->fault = fault;
}

static st_status commit_sqlite(st_db_conn *base, st_err *err) {
    st_status s = plain((connection *)base, "COMMIT", err);
    rollback_sqlite(base); /* what is left of it */
    return s;
}

const st_db_backend st_db_sqlite = {
    .kind = "sqlite",
    .schemes = "sqlite:",
    .one_writer = true,
    .open = open_sqlite,
    .close = close_sqlite,
    .begin = begin_sqlite,
    .commit = commit_sqlite,
    .rollback = rollback_sqlite,
    .run = run_sqlite,
};
