/* base: the database a test runs on; every file runs on each of them. */
#ifndef ST_TESTS_STORE_BASE_H
#define ST_TESTS_STORE_BASE_H

#include "store/db.h"

#include <stdbool.h>

/* Group set-up and tear-down, one pair a database. */
int base_sqlite(void **state);
int base_postgres(void **state);
int base_end(void **state);

bool base_is_postgres(void);
/* A new database; its URL lasts until the next call. */
const char *base_fresh(void);
/* End all connections to it; 0 on SQLite. */
int base_cut(void);
/* Open, or fail with the sentence. */
st_db *base_open(const char *url, const st_db_options *options);
/* Fails with the sentence where status is not ST_OK. */
void base_ok(st_status status, const st_err *err);

#endif
