/* recipe: every setting of a mastering chain, each with the reason for it.
 * Source: design.md section 1 (recipes in the lineage graph), issue rows
 * M36-M43; JSON "stemma.master-recipe/1".
 *
 * One table (ST_RECIPE_FIELDS) names each setting with unit, range and
 * default; the parser, the writer, the page and the tests all read it. A
 * recipe loaded from a file marks what the file gave: deciding leaves that
 * alone and fills in the rest. Fields of the document that are not known here
 * are kept and written back. */
#ifndef ST_MASTER_RECIPE_H
#define ST_MASTER_RECIPE_H

#include "core/attr.h"
#include "core/err.h"
#include "dsp/lineq.h"

#include <jansson.h>
#include <stdbool.h>

typedef enum {
    ST_FIELD_NUMBER,
    ST_FIELD_WHOLE,
    ST_FIELD_BOOL,
    ST_FIELD_CHOICE
} st_field_kind;

/* X(ID, section, name, unit, min, max, default, kind, choices) */
#define ST_RECIPE_FIELDS(X)                                                    \
    X(LUFS, "target", "lufs", "LUFS", -36, -4, -14, NUMBER, NULL)              \
    X(CEILING, "target", "ceiling_dbtp", "dBTP", -20, 0, -1, NUMBER, NULL)     \
    X(PLR_LOSS, "target", "plr_loss_max_db", "dB", 0, 30, 8, NUMBER, NULL)     \
    X(PLR_MIN, "target", "plr_min_db", "dB", 0, 30, 6, NUMBER, NULL)           \
    X(SEEK, "target", "seek_loudness", NULL, 0, 1, 1, BOOL, NULL)              \
    X(DC_LEFT, "input", "dc_left", NULL, -1, 1, 0, NUMBER, NULL)               \
    X(DC_RIGHT, "input", "dc_right", NULL, -1, 1, 0, NUMBER, NULL)             \
    X(GAIN, "input", "gain_db", "dB", -60, 60, 0, NUMBER, NULL)                \
    X(EQ_LIMIT, "eq", "limit_db", "dB", 0, 60, 3, NUMBER, NULL)                \
    X(LOW_DB, "eq", "low_shelf_db", "dB", -12, 12, 0, NUMBER, NULL)            \
    X(LOW_HZ, "eq", "low_shelf_hz", "Hz", 20, 500, 90, NUMBER, NULL)           \
    X(PRESENCE_DB, "eq", "presence_db", "dB", -12, 12, 0, NUMBER, NULL)        \
    X(PRESENCE_HZ, "eq", "presence_hz", "Hz", 500, 8000, 3500, NUMBER, NULL)   \
    X(PRESENCE_Q, "eq", "presence_q", NULL, 0.1, 4, 0.7, NUMBER, NULL)         \
    X(AIR_DB, "eq", "air_db", "dB", -12, 12, 0, NUMBER, NULL)                  \
    X(AIR_HZ, "eq", "air_hz", "Hz", 4000, 18000, 11000, NUMBER, NULL)          \
    X(WIDTH, "stereo", "width_pct", "%", 0, 140, 100, NUMBER, NULL)            \
    X(TRIM, "stereo", "trim_pct", "%", 25, 200, 100, NUMBER, NULL)             \
    X(MONO_HZ, "stereo", "mono_below_hz", "Hz", 0, 400, 0, NUMBER, NULL)       \
    X(MB_BANDS, "compression", "bands", NULL, 0, 4, 0, WHOLE, NULL)            \
    X(MB_HZ1, "compression", "crossover1_hz", "Hz", 40, 400, 120, NUMBER,      \
      NULL)                                                                    \
    X(MB_HZ2, "compression", "crossover2_hz", "Hz", 300, 3000, 900, NUMBER,    \
      NULL)                                                                    \
    X(MB_HZ3, "compression", "crossover3_hz", "Hz", 2000, 12000, 5000, NUMBER, \
      NULL)                                                                    \
    X(MB_KNEE, "compression", "knee_db", "dB", 0, 24, 8, NUMBER, NULL)         \
    X(MB_THR1, "compression", "threshold1_db", "dB", -80, 0, 0, NUMBER, NULL)  \
    X(MB_THR2, "compression", "threshold2_db", "dB", -80, 0, 0, NUMBER, NULL)  \
    X(MB_THR3, "compression", "threshold3_db", "dB", -80, 0, 0, NUMBER, NULL)  \
    X(MB_THR4, "compression", "threshold4_db", "dB", -80, 0, 0, NUMBER, NULL)  \
    X(MB_RATIO1, "compression", "ratio1", NULL, 1, 10, 1, NUMBER, NULL)        \
    X(MB_RATIO2, "compression", "ratio2", NULL, 1, 10, 1, NUMBER, NULL)        \
    X(MB_RATIO3, "compression", "ratio3", NULL, 1, 10, 1, NUMBER, NULL)        \
    X(MB_RATIO4, "compression", "ratio4", NULL, 1, 10, 1, NUMBER, NULL)        \
    X(MB_ATT1, "compression", "attack1_ms", "ms", 0.1, 200, 40, NUMBER, NULL)  \
    X(MB_ATT2, "compression", "attack2_ms", "ms", 0.1, 200, 25, NUMBER, NULL)  \
    X(MB_ATT3, "compression", "attack3_ms", "ms", 0.1, 200, 15, NUMBER, NULL)  \
    X(MB_ATT4, "compression", "attack4_ms", "ms", 0.1, 200, 8, NUMBER, NULL)   \
    X(MB_REL1, "compression", "release1_ms", "ms", 10, 2000, 300, NUMBER,      \
      NULL)                                                                    \
    X(MB_REL2, "compression", "release2_ms", "ms", 10, 2000, 220, NUMBER,      \
      NULL)                                                                    \
    X(MB_REL3, "compression", "release3_ms", "ms", 10, 2000, 160, NUMBER,      \
      NULL)                                                                    \
    X(MB_REL4, "compression", "release4_ms", "ms", 10, 2000, 110, NUMBER,      \
      NULL)                                                                    \
    X(MB_GAIN1, "compression", "makeup1_db", "dB", -12, 12, 0, NUMBER, NULL)   \
    X(MB_GAIN2, "compression", "makeup2_db", "dB", -12, 12, 0, NUMBER, NULL)   \
    X(MB_GAIN3, "compression", "makeup3_db", "dB", -12, 12, 0, NUMBER, NULL)   \
    X(MB_GAIN4, "compression", "makeup4_db", "dB", -12, 12, 0, NUMBER, NULL)   \
    X(PAR_MIX, "parallel", "mix", NULL, 0, 1, 0, NUMBER, NULL)                 \
    X(PAR_THR, "parallel", "threshold_db", "dB", -80, 0, -30, NUMBER, NULL)    \
    X(PAR_RATIO, "parallel", "ratio", NULL, 1, 20, 4, NUMBER, NULL)            \
    X(PAR_ATT, "parallel", "attack_ms", "ms", 0.1, 200, 5, NUMBER, NULL)       \
    X(PAR_REL, "parallel", "release_ms", "ms", 10, 2000, 150, NUMBER, NULL)    \
    X(SAT_CURVE, "saturation", "curve", NULL, 0, 3, 0, CHOICE,                 \
      st_recipe_curves)                                                        \
    X(SAT_DRIVE, "saturation", "drive_db", "dB", 0, 9, 0, NUMBER, NULL)        \
    X(SAT_MIX, "saturation", "mix", NULL, 0, 1, 0, NUMBER, NULL)               \
    X(LIM_DRIVE, "limiter", "drive_db", "dB", -40, 40, 0, NUMBER, NULL)        \
    X(LIM_AHEAD, "limiter", "lookahead_ms", "ms", 0.5, 5, 1.2, NUMBER, NULL)   \
    X(LIM_RELEASE, "limiter", "release_ms", "ms", 5, 2000, 100, NUMBER, NULL)  \
    X(LIM_LINK, "limiter", "link", NULL, 0, 1, 1, NUMBER, NULL)                \
    X(DITHER_ON, "dither", "on", NULL, 0, 1, 1, BOOL, NULL)                    \
    X(DITHER_SHAPE, "dither", "shape", NULL, 0, 2, 0, CHOICE, st_recipe_shapes)

typedef enum {
#define ST_X(id, s, n, u, lo, hi, def, kind, choices) ST_SET_##id,
    ST_RECIPE_FIELDS(ST_X)
#undef ST_X
        ST_SET_COUNT
} st_setting;

/* One line of the table. `choices` ends with NULL, values are its indices. */
typedef struct {
    const char *section, *name, *unit; /* unit may be NULL */
    double min, max, initial;
    st_field_kind kind;
    const char *const *choices;
} st_field;

extern const char *const st_recipe_curves[];
extern const char *const st_recipe_shapes[];

enum {
    ST_RECIPE_POINTS = 96,
    ST_REASON_BYTES = 200,
    ST_PRESET_NAME_BYTES = 64
};

typedef struct {
    double value[ST_SET_COUNT];
    bool given[ST_SET_COUNT]; /* by the user's file or flag: leave it alone */
    char reason[ST_SET_COUNT][ST_REASON_BYTES]; /* "" or one sentence */
    /* Correction curves, dB over Hz, rising; added to the eq bands, the sum
     * held to limit_db. side_count 0: the side follows the mid. */
    st_lineq_point mid[ST_RECIPE_POINTS], side[ST_RECIPE_POINTS];
    int mid_count, side_count;
    bool curve_given;
    char curve_reason[ST_REASON_BYTES];
    char preset[ST_PRESET_NAME_BYTES]; /* where the taste came from */
    json_t *document; /* as loaded, for fields not known here; or NULL */
} st_recipe;

/* The line of one setting. [any] */
const st_field *st_recipe_field(st_setting id);
/* Every default, nothing given. NULL when out of memory. [any] */
st_recipe *st_recipe_new(void);
st_recipe *st_recipe_copy(const st_recipe *recipe); /* NULL: out of memory */
void st_recipe_free(st_recipe *recipe);             /* NULL is fine */

/* To the six decimals that a document holds: well below what can be heard, and
 * what is decided is what is read again, bit for bit. [any] */
double st_recipe_round(double value);

/* Set a value (rounded, clamped to its range, NaN becomes the default) and say
 * why, unless the user gave it. Returns what stands there afterwards. [any] */
double st_recipe_set(st_recipe *recipe, st_setting id, double value,
                     const char *why, ...) ST_PRINTF(4, 5);
/* The user's own word: set and mark as given. [any] */
void st_recipe_give(st_recipe *recipe, st_setting id, double value,
                    const char *why);
/* Everything off but gain, limiter and dither? [any] */
/* Side gain of the whole chain, %: width_pct before the dynamics times trim_pct
 * after them. [any] */
double st_recipe_side_pct(const st_recipe *recipe);
bool st_recipe_is_plain(const st_recipe *recipe);

/* Total EQ target of mid (or side) at hz: curve and bands, held to limit_db.
 * [any] */
double st_recipe_eq_db(const st_recipe *recipe, bool side, double hz);
/* True when that is within 0.01 dB of flat everywhere. [any] */
bool st_recipe_eq_is_flat(const st_recipe *recipe);

/* Parse a document (borrowed). A setting may be {"value": v, ...} or bare v.
 * ST_BAD_DATA: wrong schema, type, range, or a curve not rising: the sentence
 * names the field. ST_UNSUPPORTED: a newer major. ST_NO_MEM. [any] */
ST_MUST_USE st_status st_recipe_parse(st_recipe **out, const json_t *document,
                                      st_err *err);
/* The recipe as a new document, or NULL when out of memory. [any] */
/* Names in the document that stand for nothing here, "eq.nonsense, foo", cut to
 * `room`; their number. They are kept when the recipe is saved. [any] */
int st_recipe_unknown(const json_t *document, char *names, size_t room);
json_t *st_recipe_json(const st_recipe *recipe);

#endif
