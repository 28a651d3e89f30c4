#include "support/cases.h"

#include "store/base.h"
#include "store/db_backend.h"
#include "store/schema.h"

#include "core/alloc.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { THREADS = 8, ROUNDS = 25 };

static st_db *db;
static const char *where;

static int set_up(void **state) {
    (void)state;
    where = base_fresh();
    db = base_open(where, NULL);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    st_db_close(db);
    return 0;
}

static st_status script(void *ctx, st_db_tx *tx, st_err *err) {
    return st_db_script(tx, ctx, err);
}

/* Statements in one transaction. */
static void make(const char *sql) {
    st_err err = {0};
    char text[1024];
    (void)snprintf(text, sizeof text, "%s", sql);
    base_ok(st_db_atomic(db, script, text, &err), &err);
}

static st_status try_make(const char *sql, st_err *err) {
    char text[1024];
    (void)snprintf(text, sizeof text, "%s", sql);
    return st_db_atomic(db, script, text, err);
}

typedef struct {
    const char *sql;
    int64_t value;
} one_number;

static st_status read_number(void *ctx, st_db_tx *tx, st_err *err) {
    one_number *n = ctx;
    st_db_rows *rows = NULL;
    st_status s = st_db_query(tx, n->sql, NULL, 0, &rows, err);
    if (s == ST_OK)
        n->value = st_db_cell_int(rows, 0, 0);
    st_db_rows_free(rows);
    return s;
}

static int64_t number(const char *sql) {
    one_number n = {.sql = sql};
    st_err err = {0};
    base_ok(st_db_view(db, read_number, &n, &err), &err);
    return n.value;
}

/* -- values -----------------------------------------------------------------
 */

static const unsigned char raw[] = {0, 255, 0, 39, 92, 128};

static st_status round_trip(void *ctx, st_db_tx *tx, st_err *err) {
    const st_db_value values[] = {
        st_db_int(INT64_MIN), st_db_int(INT64_MAX),
        st_db_real(0.1),      st_db_text("it's \xC3\xA9 ? $1 \\ \""),
        st_db_text(NULL),     st_db_bytes(raw, sizeof raw),
        st_db_text(""),       st_db_bytes(NULL, 0)};
    int64_t changed = 0;
    st_status s = st_db_run(tx, "INSERT INTO v VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                            values, 8, &changed, err);
    assert_true(s != ST_OK || changed == 1);
    return s == ST_OK ? st_db_query(tx, "SELECT * FROM v", NULL, 0, ctx, err)
                      : s;
}

static void test_db_values_round_trip(void **state) {
    (void)state;
    st_err err = {0};
    st_db_rows *rows = NULL;
    make(base_is_postgres()
             ? "CREATE TABLE v (a BIGINT, b BIGINT, c DOUBLE PRECISION, d TEXT,"
               "e TEXT, f BYTEA, g TEXT, h BYTEA)"
             : "CREATE TABLE v (a BIGINT, b BIGINT, c DOUBLE PRECISION, d TEXT,"
               "e TEXT, f BLOB, g TEXT, h BLOB)");
    base_ok(st_db_atomic(db, round_trip, &rows, &err), &err);
    assert_int_equal(st_db_rows_count(rows), 1);
    assert_true(st_db_cell_int(rows, 0, 0) == INT64_MIN);
    assert_true(st_db_cell_int(rows, 0, 1) == INT64_MAX);
    assert_true(st_db_cell_real(rows, 0, 2) == 0.1);
    assert_string_equal(st_db_cell_text(rows, 0, 3),
                        "it's \xC3\xA9 ? $1 \\ \"");
    assert_null(st_db_cell_text(rows, 0, 4));
    assert_int_equal(st_db_cell(rows, 0, 4).type, ST_DB_NULL);
    st_db_value bytes = st_db_cell(rows, 0, 5);
    assert_int_equal(bytes.type, ST_DB_BYTES);
    assert_int_equal(bytes.bytes, sizeof raw);
    assert_memory_equal(bytes.data, raw, sizeof raw);
    assert_string_equal(st_db_cell_text(rows, 0, 6), "");
    assert_int_equal(st_db_cell(rows, 0, 7).type, ST_DB_BYTES);
    assert_int_equal(st_db_cell(rows, 0, 7).bytes, 0);
    st_db_rows_free(rows);
}

static st_status put_text(void *ctx, st_db_tx *tx, st_err *err) {
    const st_db_value value = st_db_text(ctx);
    return st_db_run(tx, "INSERT INTO t VALUES (?)", &value, 1, NULL, err);
}

static void test_db_refuses_text_that_is_not_utf8(void **state) {
    (void)state;
    char broken[] = "a\xC3(";
    st_err err = {0};
    make("CREATE TABLE t (a TEXT)");
    assert_int_equal(st_db_atomic(db, put_text, broken, &err), ST_BAD_DATA);
    assert_true(strlen(err.text) > 10);
    assert_int_equal(number("SELECT COUNT(*) FROM t"), 0);
}

static void test_db_knows_its_rules(void **state) {
    (void)state;
    st_err err = {0};
    make("CREATE TABLE a (id TEXT PRIMARY KEY);"
         "CREATE TABLE b (id TEXT NOT NULL REFERENCES a (id));"
         "INSERT INTO a VALUES ('x;--'); -- a comment; with an end\n"
         "INSERT INTO b VALUES ('x;--')");
    assert_int_equal(try_make("INSERT INTO a VALUES ('x;--')", &err),
                     ST_EXISTS);
    assert_int_equal(try_make("INSERT INTO b VALUES ('y')", &err), ST_BAD_DATA);
    assert_int_equal(try_make("INSERT INTO b VALUES (NULL)", &err),
                     ST_BAD_DATA);
    assert_int_equal(try_make("SELEKT 1", &err), ST_INTERNAL);
    assert_int_equal(number("SELECT COUNT(*) FROM b"), 1);
}

/* -- transactions -----------------------------------------------------------
 */

static st_status write_and_give_up(void *ctx, st_db_tx *tx, st_err *err) {
    (void)ctx;
    st_status s = st_db_script(tx, "INSERT INTO t VALUES ('lost')", err);
    return s == ST_OK ? st_err_set(err, ST_CANCELLED, "Enough.") : s;
}

static st_status swallow(void *ctx, st_db_tx *tx, st_err *err) {
    (void)ctx;
    st_status s = st_db_script(tx, "INSERT INTO t VALUES ('kept?')", err);
    st_status bad = st_db_script(tx, "INSERT INTO none VALUES (1)", err);
    return bad == ST_OK ? ST_INTERNAL : s;
}

static void test_db_writes_all_or_nothing(void **state) {
    (void)state;
    st_err err = {0};
    make("CREATE TABLE t (a TEXT)");
    assert_int_equal(st_db_atomic(db, write_and_give_up, NULL, &err),
                     ST_CANCELLED);
    assert_string_equal(err.text, "Enough.");
    assert_int_equal(st_db_atomic(db, swallow, NULL, &err), ST_INTERNAL);
    assert_int_equal(number("SELECT COUNT(*) FROM t"), 0);
}

static void test_db_view_does_not_write(void **state) {
    (void)state;
    st_err err = {0};
    char insert[] = "INSERT INTO t VALUES ('a')";
    make("CREATE TABLE t (a TEXT)");
    assert_int_not_equal(st_db_view(db, script, insert, &err), ST_OK);
    assert_int_equal(number("SELECT COUNT(*) FROM t"), 0);
    make(insert); /* the connection writes again */
    assert_int_equal(number("SELECT COUNT(*) FROM t"), 1);
}

static st_status count_up(void *ctx, st_db_tx *tx, st_err *err) {
    one_number n = {.sql = "SELECT n FROM c"};
    st_status s = read_number(&n, tx, err);
    (void)ctx;
    const st_db_value next = st_db_int(n.value + 1);
    return s == ST_OK ? st_db_run(tx, "UPDATE c SET n = ?", &next, 1, NULL, err)
                      : s;
}

static atomic_int failures;

static void *count_often(void *ctx) {
    st_err err = {0};
    for (int i = 0; i < ROUNDS; i++) {
        st_status s = ctx == NULL ? st_db_atomic(db, count_up, NULL, &err)
                                  : st_db_alone(db, ctx, count_up, NULL, &err);
        if (s != ST_OK) {
            print_message("%s\n", err.text);
            (void)atomic_fetch_add(&failures, 1);
        }
    }
    return NULL;
}

static void start_all(pthread_t threads[THREADS], void *(*fn)(void *),
                      void *ctx) {
    atomic_store(&failures, 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, fn, ctx), 0);
}

static void join_all(pthread_t threads[THREADS]) {
    for (int i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&failures), 0);
}

static void test_db_read_then_write_loses_nothing(void **state) {
    (void)state;
    pthread_t threads[THREADS];
    make("CREATE TABLE c (n BIGINT); INSERT INTO c VALUES (0)");
    start_all(threads, count_often, NULL);
    join_all(threads);
    char name[] = "a lock";
    start_all(threads, count_often, name);
    join_all(threads);
    assert_int_equal(number("SELECT n FROM c"), 2 * THREADS * ROUNDS);
}

/* Every connection is ended again and again: each count arrives once. */
static void test_db_survives_cut_connections(void **state) {
    (void)state;
    pthread_t threads[THREADS];
    if (!base_is_postgres())
        skip();
    make("CREATE TABLE c (n BIGINT); INSERT INTO c VALUES (0)");
    start_all(threads, count_often, NULL);
    int cut = 0;
    for (int i = 0; i < 40; i++) {
        cut += base_cut();
        (void)usleep(10000);
    }
    join_all(threads);
    assert_true(cut > 20);
    assert_int_equal(number("SELECT n FROM c"), THREADS * ROUNDS);
}

/* The server process ends inside of the first commit: it is asked what
 * became of it, and the work is done again. */
static void test_db_settles_a_lost_commit(void **state) {
    (void)state;
    if (!base_is_postgres())
        skip();
    st_err err = {0};
    make("CREATE TABLE c (n BIGINT); INSERT INTO c VALUES (0);"
         "CREATE SEQUENCE times");
    char trigger[] =
        "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN "
        "IF nextval(''times'') = 1 THEN "
        "PERFORM pg_terminate_backend(pg_backend_pid()); END IF; "
        "RETURN NULL; END';"
        "CREATE CONSTRAINT TRIGGER t AFTER UPDATE ON c "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die()";
    make(trigger);
    base_ok(st_db_atomic(db, count_up, NULL, &err), &err);
    assert_int_equal(number("SELECT n FROM c"), 1);
    assert_int_equal(number("SELECT last_value FROM times"), 2);
}

static st_status hold_on(void *ctx, st_db_tx *tx, st_err *err) {
    atomic_int *phase = ctx;
    st_status s = st_db_script(tx, "UPDATE c SET n = n + 1", err);
    atomic_store(phase, 1);
    while (atomic_load(phase) != 2)
        (void)usleep(1000);
    return s;
}

static atomic_int phase;

static void *hold_writer(void *ctx) {
    st_err err = {0};
    (void)ctx;
    if (st_db_alone(db, "held", hold_on, &phase, &err) != ST_OK)
        (void)atomic_fetch_add(&failures, 1);
    return NULL;
}

static void test_db_patience_ends(void **state) {
    (void)state;
    pthread_t thread;
    st_err err = {0};
    st_db *other = base_open(
        where, &(st_db_options){.patience_ms = 300, .statement_ms = 300});
    make("CREATE TABLE c (n BIGINT); INSERT INTO c VALUES (0)");
    atomic_store(&phase, 0);
    assert_int_equal(pthread_create(&thread, NULL, hold_writer, NULL), 0);
    while (atomic_load(&phase) != 1)
        (void)usleep(1000);
    assert_int_equal(st_db_alone(other, "held", count_up, NULL, &err),
                     ST_TIMEOUT);
    assert_true(strlen(err.text) > 20);
    atomic_store(&phase, 2);
    (void)pthread_join(thread, NULL);
    base_ok(st_db_alone(other, "held", count_up, NULL, &err), &err);
    st_db_close(other);
    assert_int_equal(number("SELECT n FROM c"), 2);
}

/* -- migrations -------------------------------------------------------------
 */

static const char *const steps[] = {
    "CREATE TABLE one (a TEXT); INSERT INTO one VALUES ('a;b');",
    "ALTER TABLE one ADD COLUMN n BIGINT NOT NULL DEFAULT 7",
    "INSERT INTO one (a, n) VALUES ('c', 8)"};

static void *migrate(void *ctx) {
    st_err err = {0};
    st_db *own = NULL;
    if (st_db_open(&own, ctx, NULL, &err) != ST_OK ||
        st_db_migrate_steps(own, steps, 3, &err) != ST_OK) {
        print_message("%s\n", err.text);
        (void)atomic_fetch_add(&failures, 1);
    }
    st_db_close(own);
    return NULL;
}

static void test_db_migrates_once_from_many(void **state) {
    (void)state;
    pthread_t threads[THREADS];
    char url[256];
    int version = 0;
    st_err err = {0};
    (void)snprintf(url, sizeof url, "%s", where);
    start_all(threads, migrate, url);
    join_all(threads);
    assert_int_equal(number("SELECT COUNT(*) FROM one"), 2);
    assert_int_equal(number("SELECT CAST(SUM(n) AS BIGINT) FROM one"), 15);
    base_ok(st_db_version(db, &version, &err), &err);
    assert_int_equal(version, 3);
}

static void test_db_refuses_a_newer_schema(void **state) {
    (void)state;
    st_err err = {0};
    base_ok(st_db_migrate_steps(db, steps, 3, &err), &err);
    assert_int_equal(st_db_migrate_steps(db, steps, 2, &err), ST_UNSUPPORTED);
    assert_non_null(strstr(err.text, "version 3"));
}

static void test_db_failing_step_leaves_the_last_version(void **state) {
    (void)state;
    static const char *const broken[] = {"CREATE TABLE one (a TEXT)",
                                         "CREATE TABLE two (a TEXT); NONSENSE"};
    st_err err = {0};
    int version = 0;
    assert_int_equal(st_db_migrate_steps(db, broken, 2, &err), ST_INTERNAL);
    assert_non_null(strstr(err.text, "Step 2"));
    base_ok(st_db_version(db, &version, &err), &err);
    assert_int_equal(version, 1);
    make("CREATE TABLE two (a TEXT)");
}

/* -- URLs and text ----------------------------------------------------------
 */

static void test_db_urls(void **state) {
    (void)state;
    static const struct {
        const char *url;
        st_status status;
    } cases[] = {
        {"mysql://host/name", ST_UNSUPPORTED},
        {"", ST_UNSUPPORTED},
        {"sqlite:", ST_BAD_ARG},
        {"sqlite::memory:", ST_BAD_ARG},
        {"sqlite:/nonexistent/folder/meta.db", ST_NOT_FOUND},
        {"sqlite:/proc/version", ST_IO},
        {"postgres://host:port:secretword/name?nonsense", ST_BAD_ARG},
        {"postgres:///x?host=/nonexistent&user=a&password=secretword", ST_IO},
    };
    const st_db_options quick = {.patience_ms = 100};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        st_db *none = NULL;
        st_err err = {0};
        assert_int_equal(st_db_open(&none, cases[i].url, &quick, &err),
                         cases[i].status);
        assert_null(none);
        assert_true(strlen(err.text) > 10);
        assert_null(strstr(err.text, "secretword"));
    }
}

static void test_db_sqlite_file_is_private(void **state) {
    (void)state;
    struct stat about;
    if (base_is_postgres())
        skip();
    make("CREATE TABLE t (a TEXT)");
    assert_int_equal(stat(where + strlen("sqlite:"), &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    assert_int_equal(number("PRAGMA synchronous"), 2);
    assert_int_equal(number("PRAGMA foreign_keys"), 1);
}

static void test_db_placeholders(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"a = ? AND b = ?", "a = $1 AND b = $2"},
        {"a = '?' AND b = ?", "a = '?' AND b = $1"},
        {"'it''s ?' || ?", "'it''s ?' || $1"},
        {"\"?\" -- ?\n ?", "\"?\" -- ?\n $1"},
        {"/* ? */ ?", "/* ? */ $1"},
        {"'open ?", "'open ?"},
        {"", ""}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = NULL;
        assert_int_equal(st_db_dollars(&text, cases[i][0]), ST_OK);
        assert_string_equal(text, cases[i][1]);
        st_free(text);
    }
    assert_int_equal(st_db_statement("a; b"), 2);
    assert_int_equal(st_db_statement("';' a;b"), 6);
    assert_int_equal(st_db_statement("/* ; */ -- ;\n "), 0);
    assert_int_equal(st_db_statement("-- ;\na"), 6);
    assert_int_equal(st_db_statement(""), 0);
}

#define CASE(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(test_db_values_round_trip),
        CASE(test_db_refuses_text_that_is_not_utf8),
        CASE(test_db_knows_its_rules),
        CASE(test_db_writes_all_or_nothing),
        CASE(test_db_view_does_not_write),
        CASE(test_db_read_then_write_loses_nothing),
        CASE(test_db_survives_cut_connections),
        CASE(test_db_settles_a_lost_commit),
        CASE(test_db_patience_ends),
        CASE(test_db_migrates_once_from_many),
        CASE(test_db_refuses_a_newer_schema),
        CASE(test_db_failing_step_leaves_the_last_version),
        CASE(test_db_urls),
        CASE(test_db_sqlite_file_is_private),
        CASE(test_db_placeholders),
    };
    int bad =
        cmocka_run_group_tests_name("sqlite", tests, base_sqlite, base_end);
    bad +=
        cmocka_run_group_tests_name("postgres", tests, base_postgres, base_end);
    return bad;
}
