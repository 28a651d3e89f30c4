#include "core/alloc.h"
#include "core/clock.h"
#include "store/db_backend.h"

#include <assert.h>
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libpq-fe.h>

/* Types of the server's catalogue, pg_type.dat. */
enum {
    OID_BOOL = 16,
    OID_BYTES = 17,
    OID_NAME = 19,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_REAL = 701,
    OID_VARCHAR = 1043
};
enum { VALUES_MAX = 64, XID_BYTES = 24, SETTLE_MS = 5000 };

typedef struct {
    st_db_conn base;
    PGconn *pg;
    char *url;
    int statement_ms;
    char label[256];
    char xid[XID_BYTES]; /* of the writing transaction; "" in a reading one */
    bool locked;         /* holds an advisory lock */
} connection;

/* -- errors -----------------------------------------------------------------
 */

/* The server's message as part of a sentence: its first line, without '.'. */
static void first_line(char out[256], const char *text) {
    if (text == NULL || text[0] == '\0')
        text = "no answer";
    (void)snprintf(out, 256, "%.*s", (int)strcspn(text, "\n"), text);
    size_t length = strlen(out);
    if (length > 0 && out[length - 1] == '.')
        out[length - 1] = '\0';
}

static st_status tell(const connection *c, st_status status, const char *text,
                      const char *advice, st_err *err) {
    char line[256];
    first_line(line, text);
    return st_err_set(err, status, "%s: %s; %s.", c->label, line, advice);
}

static st_status lost(connection *c, const char *text, st_err *err) {
    c->base.fault = ST_DB_FAULT_LOST;
    c->base.broken = true;
    return tell(c, ST_IO, text, "look whether the server runs", err);
}

/* A SQLSTATE and what it means to a caller. The first match counts. */
static const struct {
    const char *begins;
    st_db_fault fault;
    st_status status;
    const char *advice;
} meanings[] = {
    {"40001", ST_DB_FAULT_BUSY, ST_TIMEOUT, "others write the same rows"},
    {"40P01", ST_DB_FAULT_BUSY, ST_TIMEOUT, "others write the same rows"},
    {"55P03", ST_DB_FAULT_BUSY, ST_TIMEOUT, "others hold a lock"},
    {"57014", ST_DB_FAULT_NONE, ST_TIMEOUT, "the statement took too long"},
    {"57P", ST_DB_FAULT_LOST, ST_IO, "the server is going down"},
    {"08", ST_DB_FAULT_LOST, ST_IO, "look whether the server runs"},
    {"25P03", ST_DB_FAULT_LOST, ST_IO, "a transaction stood still too long"},
    {"23505", ST_DB_FAULT_NONE, ST_EXISTS, "such a row is there already"},
    {"23", ST_DB_FAULT_NONE, ST_BAD_DATA, "it breaks a rule of the schema"},
    {"22", ST_DB_FAULT_NONE, ST_BAD_DATA, "the value fits no such column"},
    {"25006", ST_DB_FAULT_NONE, ST_IO, "name the server that may be written"},
    {"42501", ST_DB_FAULT_NONE, ST_IO, "give this user the right to do so"},
    {"53100", ST_DB_FAULT_NONE, ST_IO, "free some space on the server's disk"},
    {"53", ST_DB_FAULT_BUSY, ST_IO, "the server has too much to do"},
    {"54", ST_DB_FAULT_NONE, ST_LIMIT, "a value is too large for a row"},
    {"", ST_DB_FAULT_NONE, ST_INTERNAL, "please report this"},
};

static st_status refused(connection *c, const PGresult *result, st_err *err) {
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (PQstatus(c->pg) == CONNECTION_BAD)
        return lost(c, text != NULL ? text : PQerrorMessage(c->pg), err);
    size_t i = 0;
    state = state == NULL ? "" : state;
    while (strncmp(state, meanings[i].begins, strlen(meanings[i].begins)) != 0)
        i++;
    c->base.fault = meanings[i].fault;
    c->base.broken = c->base.broken || c->base.fault == ST_DB_FAULT_LOST;
    return tell(c, meanings[i].status,
                text != NULL ? text : PQerrorMessage(c->pg), meanings[i].advice,
                err);
}

static bool went_well(const PGresult *result) {
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

/* Our own statements, without values; the result of the last one. */
static st_status plain(connection *c, const char *sql, PGresult **out,
                       st_err *err) {
    PGresult *result = PQexec(c->pg, sql);
    if (!went_well(result)) {
        st_status s = refused(c, result, err);
        PQclear(result);
        return s;
    }
    if (out != NULL)
        *out = result;
    else
        PQclear(result);
    return ST_OK;
}

/* -- opening ----------------------------------------------------------------
 */

static void close_postgres(st_db_conn *base) {
    connection *c = (connection *)base;
    PQfinish(c->pg);
    st_free(c->url);
    st_free(c);
}

static void ignore_notice(void *ctx, const char *text) {
    (void)ctx;
    (void)text;
}

static void set_label(connection *c) {
    const char *host = PQhost(c->pg);
    const char *name = PQdb(c->pg);
    const char *port = PQport(c->pg);
    (void)snprintf(c->label, sizeof c->label, "postgres://%s:%s/%s",
                   host == NULL ? "" : host, port == NULL ? "" : port,
                   name == NULL ? "" : name);
}

/* libpq gives no code for a refused connection. What a server says for good
 * begins with FATAL, except while it starts, stops or is full. */
static bool may_change(const char *text) {
    static const char *const passing[] = {"starting up", "shutting down",
                                          "recovery",    "too many",
                                          "terminating", "connection slots"};
    if (strstr(text, "FATAL") == NULL)
        return true;
    for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++)
        if (strstr(text, passing[i]) != NULL)
            return true;
    return false;
}

static st_status not_connected(connection *c, st_err *err) {
    st_status s = lost(c, PQerrorMessage(c->pg), err);
    if (may_change(PQerrorMessage(c->pg)))
        return s;
    c->base.fault = ST_DB_FAULT_NONE;
    return tell(c, ST_IO, PQerrorMessage(c->pg),
                "check user, password and database in the URL", err);
}

/* What the URL says comes last and wins. */
static PGconn *connect_url(const char *url) {
    const char *const keys[] = {"connect_timeout",  "application_name",
                                "keepalives_idle",  "keepalives_interval",
                                "tcp_user_timeout", "client_encoding",
                                "dbname",           NULL};
    const char *const values[] = {"5",     "stemma", "15", "5",
                                  "30000", "UTF8",   url,  NULL};
    return PQconnectdbParams(keys, values, 1);
}

static st_status connect_now(connection *c, st_err *err) {
    char settings[256];
    c->pg = connect_url(c->url);
    if (c->pg == NULL)
        return st_err_set(err, ST_NO_MEM, "No memory is left.");
    set_label(c);
    if (PQstatus(c->pg) != CONNECTION_OK)
        return not_connected(c, err);
    (void)PQsetNoticeProcessor(c->pg, ignore_notice, NULL);
    (void)snprintf(settings, sizeof settings,
                   "SET statement_timeout = %d; SET lock_timeout = %d;"
                   "SET idle_in_transaction_session_timeout = 60000;"
                   "SET standard_conforming_strings = on;"
                   "SET synchronous_commit = on",
                   c->statement_ms, c->statement_ms / 3 + 1);
    return plain(c, settings, NULL, err);
}

static st_status check_url(const char *url, st_err *err) {
    char line[256];
    char *text = NULL;
    PQconninfoOption *parts = PQconninfoParse(url, &text);
    if (parts != NULL) {
        PQconninfoFree(parts);
        return ST_OK;
    }
    first_line(line, text);
    PQfreemem(text);
    /* libpq repeats the URL, and with it the password. */
    char *secret = strstr(line, "postgres");
    if (secret != NULL)
        *secret = '\0';
    return st_err_set(
        err, ST_BAD_ARG,
        "The URL of the database is not well formed (%s): write "
        "postgres://user:password@host:5432/name?sslmode=require.",
        line);
}

static st_status open_postgres(st_db_conn **out, const char *url,
                               const st_db_options *options, char label[256],
                               st_db_fault *fault, st_err *err) {
    st_status s = check_url(url, err);
    if (s != ST_OK)
        return s;
    connection *c = st_calloc(1, sizeof *c);
    if (c == NULL)
        return st_err_set(err, ST_NO_MEM, "No memory is left.");
    c->url = st_strdup(url);
    c->statement_ms = options->statement_ms;
    s = c->url == NULL ? st_err_set(err, ST_NO_MEM, "No memory is left.")
                       : connect_now(c, err);
    memcpy(label, c->label, sizeof c->label);
    *fault = c->base.fault;
    if (s == ST_OK)
        *out = &c->base;
    else
        close_postgres(&c->base);
    return s;
}

/* -- values -----------------------------------------------------------------
 */

/* One statement's values in the form PQexecParams takes: binary. */
typedef struct {
    Oid types[VALUES_MAX];
    const char *values[VALUES_MAX];
    int lengths[VALUES_MAX];
    int formats[VALUES_MAX];
    uint64_t words[VALUES_MAX]; /* numbers, big-endian */
} arguments;

static void put_word(arguments *a, int i, uint64_t bits, Oid type) {
    a->words[i] = htobe64(bits);
    a->values[i] = (const char *)&a->words[i];
    a->lengths[i] = 8;
    a->types[i] = type;
}

static void put_value(arguments *a, int i, const st_db_value *v) {
    uint64_t bits = 0;
    a->formats[i] = 1;
    switch (v->type) {
    case ST_DB_INT:
        put_word(a, i, (uint64_t)v->integer, OID_INT8);
        break;
    case ST_DB_REAL:
        memcpy(&bits, &v->real, sizeof bits);
        put_word(a, i, bits, OID_REAL);
        break;
    case ST_DB_TEXT:
    case ST_DB_BYTES:
        a->values[i] = v->bytes == 0 ? "" : v->data;
        a->lengths[i] = (int)v->bytes;
        a->types[i] = v->type == ST_DB_TEXT ? OID_TEXT : OID_BYTES;
        break;
    case ST_DB_NULL: /* the server knows the type from the column */
        break;
    }
}

static uint64_t get_word(const char *data, int bytes) {
    uint64_t bits = 0;
    for (int i = 0; i < bytes; i++)
        bits = bits << 8 | (unsigned char)data[i];
    return bits;
}

/* A cell in binary form. Types outside of the shared subset are refused. */
static bool get_cell(const PGresult *r, int row, int column, st_db_value *out) {
    const char *data = PQgetvalue(r, row, column);
    int bytes = PQgetlength(r, row, column);
    uint64_t bits = bytes <= 8 ? get_word(data, bytes) : 0;
    if (PQgetisnull(r, row, column)) {
        *out = (st_db_value){.type = ST_DB_NULL};
        return true;
    }
    switch (PQftype(r, column)) {
    case OID_BOOL:
    case OID_INT8:
        *out = st_db_int((int64_t)bits);
        return true;
    case OID_INT4:
        *out = st_db_int((int32_t)(uint32_t)bits);
        return true;
    case OID_INT2:
        *out = st_db_int((int16_t)(uint16_t)bits);
        return true;
    case OID_REAL:
        *out = st_db_real(0.0);
        memcpy(&out->real, &bits, sizeof bits);
        return true;
    case OID_TEXT:
    case OID_NAME:
    case OID_VARCHAR:
    case OID_BYTES:
        *out = st_db_bytes(data, (size_t)bytes);
        out->type = PQftype(r, column) == OID_BYTES ? ST_DB_BYTES : ST_DB_TEXT;
        return true;
    default:
        return false;
    }
}

static st_status keep_rows(connection *c, const PGresult *r, st_db_rows *rows,
                           st_err *err) {
    int columns = PQnfields(r);
    st_db_rows_columns(rows, columns);
    for (int i = 0; i < PQntuples(r) * columns; i++) {
        st_db_value value;
        if (!get_cell(r, i / columns, i % columns, &value))
            return st_err_set(err, ST_INTERNAL,
                              "%s: column %d of a query has a type outside of "
                              "the shared subset: CAST it.",
                              c->label, i % columns);
        st_status s = st_db_rows_add(rows, value);
        if (s != ST_OK)
            return st_err_set(err, s,
                              "A query gave more than memory holds: ask for "
                              "fewer rows.");
    }
    return ST_OK;
}

/* -- statements -------------------------------------------------------------
 */

static st_status run_postgres(st_db_conn *base, const char *sql,
                              const st_db_value *values, int count,
                              st_db_rows *rows, int64_t *changed, st_err *err) {
    connection *c = (connection *)base;
    char *text = NULL;
    arguments a = {0};
    assert(count >= 0 && count <= VALUES_MAX);
    if (st_db_dollars(&text, sql) != ST_OK)
        return st_err_set(err, ST_NO_MEM, "No memory is left.");
    for (int i = 0; i < count; i++)
        put_value(&a, i, &values[i]);
    PGresult *r = PQexecParams(c->pg, text, count, a.types, a.values, a.lengths,
                               a.formats, 1);
    st_free(text);
    st_status s = went_well(r) ? ST_OK : refused(c, r, err);
    if (s == ST_OK && changed != NULL)
        *changed = strtoll(PQcmdTuples(r), NULL, 10);
    if (s == ST_OK && rows != NULL)
        s = keep_rows(c, r, rows, err);
    PQclear(r);
    return s;
}

/* -- transactions -----------------------------------------------------------
 */

/* Locks of a session, taken before the transaction sees its moment. */
static st_status lock_named(connection *c, const char *name, st_err *err) {
    const st_db_value value = st_db_text(name);
    st_status s = run_postgres(&c->base,
                               "SELECT pg_advisory_lock("
                               "hashtextextended(?, 5873))",
                               &value, 1, NULL, NULL, err);
    c->locked = s == ST_OK;
    return s;
}

static void unlock_all(connection *c) {
    if (c->locked && !c->base.broken &&
        plain(c, "SELECT pg_advisory_unlock_all()", NULL, NULL) != ST_OK)
        c->base.broken = true; /* closing it unlocks */
    c->locked = false;
}

static st_status begin_postgres(st_db_conn *base, bool write, const char *lock,
                                st_err *err) {
    connection *c = (connection *)base;
    PGresult *r = NULL;
    c->xid[0] = '\0';
    if (!write)
        return plain(c, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", NULL,
                     err);
    st_status s = lock == NULL ? ST_OK : lock_named(c, lock, err);
    if (s == ST_OK)
        s = plain(c,
                  "BEGIN ISOLATION LEVEL SERIALIZABLE;"
                  "SELECT pg_current_xact_id()",
                  &r, err);
    if (s == ST_OK)
        (void)snprintf(c->xid, sizeof c->xid, "%s", PQgetvalue(r, 0, 0));
    PQclear(r);
    return s;
}

static void rollback_postgres(st_db_conn *base) {
    connection *c = (connection *)base;
    st_db_fault fault = base->fault;
    if (!base->broken && PQtransactionStatus(c->pg) != PQTRANS_IDLE &&
        plain(c, "ROLLBACK", NULL, NULL) != ST_OK)
        base->broken = true;
    unlock_all(c);
    base->fault = fault;
}

/* What became of the transaction whose commit got no answer: 'c'ommitted,
 * 'a'borted, 'i'n progress (its server process has not noticed yet), or 0. */
static char ask_fate(connection *c) {
    char sql[96];
    char fate = 0;
    PGresult *r = NULL;
    PQfinish(c->pg);
    if (connect_now(c, NULL) != ST_OK)
        return 0;
    (void)snprintf(sql, sizeof sql, "SELECT pg_xact_status('%s'::xid8)",
                   c->xid);
    if (plain(c, sql, &r, NULL) == ST_OK && PQntuples(r) == 1)
        fate = PQgetvalue(r, 0, 0)[0];
    PQclear(r);
    return fate;
}

static st_status settle(connection *c, st_err *err) {
    const struct timespec rest = {.tv_nsec = 50000000};
    int64_t end_ns = st_clock_ns() + SETTLE_MS * INT64_C(1000000);
    c->base.broken = true; /* the next one starts afresh */
    while (st_clock_ns() < end_ns) {
        char fate = ask_fate(c);
        c->base.fault = ST_DB_FAULT_LOST;
        if (fate == 'c')
            return ST_OK;
        if (fate == 'a')
            return tell(c, ST_IO, "the connection was lost before the commit",
                        "look whether the server runs", err);
        (void)nanosleep(&rest, NULL);
    }
    c->base.fault = ST_DB_FAULT_NONE;
    return tell(c, ST_IO,
                "the connection was lost in a commit and no server says what "
                "became of it",
                "look whether it was written before doing it again", err);
}

static st_status commit_postgres(st_db_conn *base, st_err *err) {
    connection *c = (connection *)base;
    PGresult *r = NULL;
    st_status s = plain(c, "COMMIT", &r, err);
    bool rolled_back = s == ST_OK && strcmp(PQcmdStatus(r), "COMMIT") != 0;
    PQclear(r);
    if (rolled_back)
        s = tell(c, ST_INTERNAL, "the server rolled the commit back",
                 "please report this", err);
    else if (s != ST_OK && base->broken && c->xid[0] != '\0')
        s = settle(c, err);
    rollback_postgres(base); /* what is left of it */
    return s;
}

const st_db_backend st_db_postgres = {
    .kind = "postgres",
    .schemes = "postgres: postgresql:",
    .one_writer = false,
    .open = open_postgres,
    .close = close_postgres,
    .begin = begin_postgres,
    .commit = commit_postgres,
    .rollback = rollback_postgres,
    .run = run_postgres,
};
