/* params: values checked against a stage's table, and put into words.
 * Source: design.md sections 1 and 9; the same code stands behind flags, plan
 * files and the HTTP API, so each says the same sentence. */
#ifndef ST_STAGE_PARAMS_H
#define ST_STAGE_PARAMS_H

#include "stage/stage.h"

enum { ST_PARAM_TEXT_BYTES = 256 };

/* `given` (an object, or NULL for none) with each value checked and each
 * default filled in: a new object with every parameter, in table order; null
 * where the stage decides. Names with '-' are taken as '_'. ST_NOT_FOUND (a
 * name the stage does not have; offers the nearest), ST_BAD_ARG (says range
 * and unit), ST_NO_MEM. [any] */
ST_MUST_USE st_status st_params_resolve(const st_stage *stage, json_t *given,
                                        json_t **out, st_err *err);

/* One value in canonical form (a new reference): whole numbers given for a
 * float become floats, choices are matched without letter case. ST_BAD_ARG,
 * ST_NO_MEM. [any] */
ST_MUST_USE st_status st_param_check(const st_param *param, json_t *value,
                                     json_t **out, st_err *err);

/* One value from the shell's text: "-14", "-14 LUFS", "44.1k", "1:23.5",
 * "on", a choice, or JSON text; checked as by st_param_check. [any] */
ST_MUST_USE st_status st_param_parse(const st_param *param, const char *text,
                                     json_t **out, st_err *err);

/* "-40 to -5 LUFS", "wav, flac or mp3", "on or off", "text": what is allowed.
 * At most ST_PARAM_TEXT_BYTES. [any] */
void st_param_range(const st_param *param, char *text, size_t bytes);
/* "-14 LUFS", "off", "from the preset"; "" when there is nothing to say. */
void st_param_default(const st_param *param, char *text, size_t bytes);
/* The default as JSON (null when unset), a new reference, or NULL. [any] */
json_t *st_param_default_json(const st_param *param);
/* Shortest decimal that reads back as `value` to 6 digits ("-0.5"). [any] */
void st_number_text(double value, char *text, size_t bytes);

#endif
