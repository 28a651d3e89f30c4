/* stage: what the studio can do to audio, described once.
 * Source: design.md section 1. One `const st_stage` in a feature's folder
 * gives the command, its flags and help, the job kind with its validation,
 * the form in the web app, and the recipe kept with each result.
 *
 * Arrays end with an element whose `name` is NULL. Texts are UTF-8; each
 * `help` is one sentence that ends in '.'. Names are lower case with '_';
 * on the command line '_' reads '-'. All of it is [any]: constant data. */
#ifndef ST_STAGE_STAGE_H
#define ST_STAGE_STAGE_H

#include "core/err.h"
#include "stage/ctx.h"

#include <stdbool.h>

typedef enum {
    ST_ENGINE_DSP,
    ST_ENGINE_NEURAL, /* only what runs trained weights may say so */
    ST_ENGINE_RULES
} st_engine_kind;

/* A way to do the work. The first engine of the array is the default. */
typedef struct {
    const char *name;
    st_engine_kind kind;
    const char *model; /* names of weights it may need, a space between, or
                          NULL */
    const char *help;
} st_engine;

typedef enum {
    ST_SPAN_STREAM,  /* constant memory, block after block */
    ST_SPAN_WHOLE,   /* needs all of the input before it answers */
    ST_SPAN_SEGMENTS /* independent segments: retry and partial results */
} st_span_kind;

/* Lengths only for segments, in seconds. */
typedef struct {
    st_span_kind kind;
    double length_s, overlap_s, context_s;
} st_span;

typedef enum {
    ST_PARAM_BOOL,
    ST_PARAM_INT,
    ST_PARAM_FLOAT,
    ST_PARAM_CHOICE, /* one of `choices` */
    ST_PARAM_STRING, /* at most `max` bytes, 4096 when max is 0 */
    ST_PARAM_TIME,   /* seconds; the shell also takes 1:23.5 */
    ST_PARAM_SEED,   /* 0..2^53-1 */
    ST_PARAM_ASSET,  /* the id of an asset */
    ST_PARAM_JSON    /* any JSON document */
} st_param_type;

/* What a parameter with no value of its own means. With `unset` given, the
 * default is null (the stage decides) and `unset` says how, for people:
 * "from the preset". Otherwise the default is `def` (bool: 0 or 1), or
 * `def_text` for choice, string, asset and json. */
typedef struct {
    const char *name;
    st_param_type type;
    bool advanced;    /* a second list in help and forms */
    const char *unit; /* "LUFS", "dBTP", "dB", "Hz", "ms", "s", "%" or NULL */
    double min, max;  /* int, float, time: inclusive */
    double def;
    const char *def_text;
    const char *unset;
    const char *help;
    const char *const *choices; /* ends with NULL */
    const char *const *words;   /* of a string: what may stand in it, told in
                                   help and tables, not checked; or NULL */
    /* Inputs, or NULL. A value other than the default means nothing without
     * an item of `needs`, and contradicts one of `excludes`: both are refused
     * before any work. */
    const char *needs, *excludes;
} st_param;

typedef enum {
    ST_KIND_AUDIO,
    ST_KIND_MIDI,
    ST_KIND_JSON,
    ST_KIND_MODEL, /* inputs only */
    ST_KIND_IMAGE, /* outputs only, SVG or PNG */
    ST_KIND_HTML,  /* outputs only */
    ST_KIND_DATA   /* outputs only, bytes in a form of docs/formats.md */
} st_kind;

/* What goes in. In the shell the first input is the positional IN; another
 * is the flag of its name (--reference FILE[:WEIGHT], --recipe FILE). */
typedef struct {
    const char *name;
    st_kind kind;
    int min_count, max_count; /* max_count 0: any number */
    bool weighted;            /* an item may carry a weight, see st_in_weight */
    const char *help;
} st_input;

/* What comes out. In the shell:
 * - the first audio output is -o OUT;
 * - `flag` with `beside` NULL: written to the FILE that --FLAG names;
 * - `beside`: written to OUT with this text after it (".ab.mp3"), always, or
 *   only if one of the space-separated flags of `when` is given; a flag of
 *   `when` that is no parameter and no `flag` becomes a plain switch;
 * - where the text begins with '/' ("/master.wav") OUT is a folder, and the
 *   first audio output has such a text too;
 * - `many`: any number of items, each in a file named by its label, in the
 *   folder that `beside` ("/stems/") or FLAG names;
 * - `within`: `beside` follows the folder of that flag instead of OUT;
 * - none of these: part of the result document only (json). */
typedef struct {
    const char *name;
    st_kind kind;
    const char *flag;
    const char *beside;
    const char *when;
    const char *within;
    bool many;
    const char *tags_from; /* audio: input whose metadata it takes over */
    const char *container; /* audio: fixed ("mp3"), or NULL: as asked;
                              data: ending of names in a folder ("npy") */
    bool same_level;       /* stated loudness in that metadata still holds */
    bool per_input;        /* one for each item of the first input */
    bool by_content;       /* named by the inputs' content: st_in_hash */
    const char *help;
} st_output;

typedef struct {
    const char *name; /* "master" */
    const char *help; /* one sentence */
    const char *more; /* paragraphs for `stemma help NAME`, or NULL */
    int version;      /* >= 1; raised when any output sample changes */
    const st_engine *engines;
    st_span span;
    const st_param *params;
    const st_input *inputs;
    const st_output *outputs;
    bool cacheable; /* its json is small: an equal run that wants nothing else
                       reuses it; other outputs must have a flag */
    bool keeps;     /* keeps parts of its work in st_ctx_cache, and names them
                       by st_in_hash */
    bool seeded;    /* uses st_ctx_seed: --seed exists */
    /* Do the work. On failure `err` says what a person can do. Must look at
     * st_ctx_cancelled at least every 100 ms of work and then return
     * ST_CANCELLED. */
    st_status (*run)(st_ctx *ctx, st_in *in, st_out *out, st_err *err);
} st_stage;

/* How many elements stand before the end of each array (NULL array: 0). */
int st_engine_count(const st_stage *stage);
int st_param_count(const st_stage *stage);
int st_input_count(const st_stage *stage);
int st_output_count(const st_stage *stage);

/* Index of the element of that name, or -1. */
int st_param_find(const st_stage *stage, const char *name);
int st_input_find(const st_stage *stage, const char *name);
int st_output_find(const st_stage *stage, const char *name);
int st_engine_find(const st_stage *stage, const char *name);

/* "float", "choice", "dsp", "stream", "audio", ...; never NULL. */
const char *st_param_type_name(st_param_type type);
const char *st_engine_kind_name(st_engine_kind kind);
const char *st_span_kind_name(st_span_kind kind);
const char *st_kind_name(st_kind kind);

/* Is the description sound (names, ranges, defaults, sentences)? ST_INTERNAL
 * with the fault in `err`. The table's test calls it for each stage. */
ST_MUST_USE st_status st_stage_check(const st_stage *stage, st_err *err);

#endif
