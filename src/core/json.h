/* json: documents read with limits and sentences, written in one form.
 * Source: RFC 8259, RFC 8785 (canonical form), jansson for the tree.
 *
 * Every document of ours carries "schema": "stemma.<name>/<major>". Unknown
 * fields are kept and a newer major is refused. All [any]; a json_t belongs
 * to one thread at a time. */
#ifndef ST_CORE_JSON_H
#define ST_CORE_JSON_H

#include "core/attr.h"
#include "core/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    size_t max_bytes; /* of the text; 0 means 16 MiB */
    int max_depth;    /* of nested arrays and objects; 0 means 64 */
} st_json_limits;

/* Read an object or array; *out is a new reference. `limits` may be NULL.
 * ST_BAD_DATA (no JSON, two fields of one name, not UTF-8, a number that no
 * double or int64 holds: the sentence gives line and column), ST_LIMIT,
 * ST_NO_MEM. */
ST_MUST_USE st_status st_json_load(json_t **out, const char *text, size_t bytes,
                                   const st_json_limits *limits, st_err *err);
/* The same from a regular file; the sentence begins with its path.
 * Also ST_NOT_FOUND, ST_IO. */
ST_MUST_USE st_status st_json_load_file(json_t **out, const char *path,
                                        const st_json_limits *limits,
                                        st_err *err);

/* RFC 8785: fields in order of their UTF-16 code units, no spaces, shortest
 * numbers, 1.0 as 1. Equal values give equal bytes: made to be hashed, so a
 * real of 2^53 or more stands there in digits that st_json_load may refuse.
 * *out is freed with st_free. ST_BAD_DATA for an integer beyond +-2^53 (write
 * those as text), ST_NO_MEM. */
ST_MUST_USE st_status st_json_canonical(json_t *doc, char **out, st_err *err);
/* For people: fields in their own order, two spaces a level, the same
 * shortest numbers (integers of any size), arrays of numbers on one line,
 * '\n' at the end. *out is freed with st_free. ST_NO_MEM. */
ST_MUST_USE st_status st_json_pretty(json_t *doc, char **out, st_err *err);

enum { ST_JSON_NUMBER_BYTES = 32 };
/* ECMAScript Number::toString of a finite value: the fewest digits that read
 * back as the same double. */
void st_json_number(double value, char text[ST_JSON_NUMBER_BYTES]);

/* {"schema": "stemma.<name>/<major>"}, a new reference, or NULL when out of
 * memory. */
json_t *st_json_document(const char *name, int major);
/* Is `doc` a stemma.<name> of a major in [1, newest]? *major (may be NULL)
 * gets it. ST_BAD_DATA, ST_UNSUPPORTED (newer, or another kind). */
ST_MUST_USE st_status st_json_schema(const json_t *doc, const char *name,
                                     int newest, int *major, st_err *err);

/* `value` rounded to 1 / per_unit, -0 as 0; null where it is not finite. A new
 * reference, NULL when out of memory. */
json_t *st_json_rounded(double value, double per_unit);

/* Fields of an object. An absent or null field leaves *out as it is; a wrong
 * type or a value out of range is ST_BAD_DATA with the field's name and what
 * it should be. */
ST_MUST_USE st_status st_json_get_double(const json_t *object, const char *key,
                                         double min, double max, double *out,
                                         st_err *err);
ST_MUST_USE st_status st_json_get_int(const json_t *object, const char *key,
                                      int64_t min, int64_t max, int64_t *out,
                                      st_err *err);
ST_MUST_USE st_status st_json_get_bool(const json_t *object, const char *key,
                                       bool *out, st_err *err);
/* Borrowed: lives as long as the object. */
ST_MUST_USE st_status st_json_get_text(const json_t *object, const char *key,
                                       const char **out, st_err *err);

#endif
