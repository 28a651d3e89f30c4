/* preset: a taste: where the loudness goes and which way decisions lean.
 * Source: design.md section 9 (the seven), issue row M42; user presets are
 * JSON files, "stemma.preset/1".
 *
 * A preset never sets a chain by itself: deciding (master/decide.h) measures
 * the music and uses the preset as the direction in which to go, and how far.
 */
#ifndef ST_MASTER_PRESET_H
#define ST_MASTER_PRESET_H

#include "core/attr.h"
#include "core/err.h"

#include <jansson.h>

/* Amounts are 0..1 (0 leaves the tool unused) unless said. */
typedef struct {
    char name[64];
    char about[200];      /* one sentence for people */
    double lufs;          /* -36..-4 */
    double ceiling_dbtp;  /* -20..0 */
    double low_db;        /* wanted lean of lows, -6..6 dB, against neutral */
    double presence_db;   /* of 2-5 kHz, -6..6 */
    double air_db;        /* above 10 kHz, -6..6 */
    double correction;    /* how much of an imbalance is corrected */
    double glue;          /* multiband compression */
    double parallel;      /* parallel compression */
    double color;         /* saturation beyond what loudness needs */
    double width_pct;     /* wanted side gain, 50..140 */
    double mono_below_hz; /* 0..200: wanted mono bass */
} st_preset;

/* The built-in ones, in the order of the design. [any] */
int st_preset_count(void);
const st_preset *st_preset_at(int index);
/* By name, case and punctuation aside ("hip hop", "Hip-Hop"); NULL if there
 * is none. [any] */
const st_preset *st_preset_find(const char *name);
/* What is used when none is named: as Streaming, but named "Default". [any] */
const st_preset *st_preset_default(void);

/* Parse a user's preset (borrowed document). What it does not say is that of
 * the built-in its "base" names, or of the default. ST_BAD_DATA names the
 * field; ST_UNSUPPORTED a newer major; ST_NOT_FOUND an unknown base. [any] */
ST_MUST_USE st_status st_preset_parse(st_preset *out, const json_t *document,
                                      st_err *err);
/* As a new document, NULL when out of memory. [any] */
/* As st_recipe_unknown. [any] */
int st_preset_unknown(json_t *document, char *names, size_t room);
json_t *st_preset_json(const st_preset *preset);

#endif
