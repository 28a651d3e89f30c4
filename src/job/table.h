/* table: every stage of the studio, in one array.
 * Source: design.md section 1. Commands, job kinds, forms and the man page are
 * made from it; a new stage is one line in table.c. */
#ifndef ST_JOB_TABLE_H
#define ST_JOB_TABLE_H

#include "stage/stage.h"

/* All stages, in the order in which help shows them. [any] */
const st_stage *const *st_table(int *count);
/* The stage of that name, or NULL. [any] */
const st_stage *st_table_find(const char *name);
/* As st_table_find; ST_NOT_FOUND offers the nearest name. [any] */
ST_MUST_USE st_status st_table_need(const char *name, const st_stage **out,
                                    st_err *err);

/* One stage as JSON, and the whole table as the "stemma.stages/1" document
 * that the web app and the HTTP API read. New references, or NULL. [any] */
json_t *st_stage_json(const st_stage *stage);
json_t *st_table_json(void);

#endif
