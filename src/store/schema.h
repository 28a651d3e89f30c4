/* schema: the tables of the service, as numbered steps, for both databases.
 * Source: design.md sections 3, 4 and 9 (TEXT ids, BIGINT microseconds, JSON
 * as TEXT). A step that was released is never changed: add one. */
#ifndef ST_STORE_SCHEMA_H
#define ST_STORE_SCHEMA_H

#include "store/db.h"

/* Step n brings the schema from version n - 1 to n; several statements. */
extern const char *const st_schema_steps[];
extern const int st_schema_step_count;

/* Bring the database to this program's version: each missing step in a
 * transaction, once, also where several programs start at the same time.
 * ST_UNSUPPORTED: a newer program has been here (the sentence says what to
 * do); else as st_db_alone. [any] */
ST_MUST_USE st_status st_db_migrate(st_db *db, st_err *err);
/* The same with other steps, for tests. [any] */
ST_MUST_USE st_status st_db_migrate_steps(st_db *db, const char *const *steps,
                                          int count, st_err *err);
/* *version: 0 for an empty database. [any] */
ST_MUST_USE st_status st_db_version(st_db *db, int *version, st_err *err);

#endif
