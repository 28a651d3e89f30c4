/* postgres: a real PostgreSQL server of a test's own.
 * Source: Debian's postgresql package (initdb lies outside of PATH there).
 *
 * It lives in a folder under /tmp, listens on a socket in it alone, runs as
 * an unprivileged user where the test runs as root (PostgreSQL refuses root),
 * and ends with the test, however that ends. */
#ifndef ST_TESTS_SUPPORT_POSTGRES_H
#define ST_TESTS_SUPPORT_POSTGRES_H

typedef struct st_test_postgres st_test_postgres;

/* Takes about two seconds; fails the test where the package is missing. Call
 * it before starting threads. */
st_test_postgres *st_test_postgres_start(void);
/* Stops it and removes its folder. NULL is fine. */
void st_test_postgres_stop(st_test_postgres *server);
/* A new, empty database; its URL is valid until the next call. */
const char *st_test_postgres_fresh(st_test_postgres *server);
/* Run one statement as the superuser, in the database postgres; for
 * instance to end connections. Returns the rows it gave. */
int st_test_postgres_run(st_test_postgres *server, const char *sql);
/* End all connections to the databases of _fresh; how many there were. */
int st_test_postgres_cut(st_test_postgres *server);

#endif
