/* ctx: all that a running stage can see of the world.
 * Source: design.md section 1. A stage knows no file, URL, user or queue:
 * the runner (src/job) gives it parameters, sources and sinks, and carries
 * its progress up and a cancel down.
 *
 * Parameters are validated before `run` starts; asking for one that the
 * stage's table does not have, or by another type, is a programmer's mistake
 * (assert). [any] unless said: a stage may call from its pool threads. */
#ifndef ST_STAGE_CTX_H
#define ST_STAGE_CTX_H

#include "audio/stream.h"
#include "core/attr.h"
#include "core/err.h"
#include "core/hash.h"
#include "core/pool.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct st_ctx st_ctx;
typedef struct st_in st_in;
typedef struct st_out st_out;
typedef struct st_arena st_arena; /* core/arena.h */

/* -- parameters ---------------------------------------------------------- */

/* Has the parameter a value? False only for one whose default is `unset`
 * and that nobody gave. [any] */
bool st_ctx_has(const st_ctx *ctx, const char *name);
/* [any], as the next five; of a parameter without a value: 0, NULL, false. */
bool st_ctx_bool(const st_ctx *ctx, const char *name);
int64_t st_ctx_int(const st_ctx *ctx, const char *name);
double st_ctx_float(const st_ctx *ctx, const char *name); /* float, time */
/* choice, string, asset; lives as long as ctx. */
const char *st_ctx_text(const st_ctx *ctx, const char *name);
/* Index into the parameter's choices; -1 without a value. */
int st_ctx_choice(const st_ctx *ctx, const char *name);
/* Borrowed. */
json_t *st_ctx_json(const st_ctx *ctx, const char *name);
/* Name of the engine chosen from the stage's array. [any] */
const char *st_ctx_engine(const st_ctx *ctx);

/* -- means --------------------------------------------------------------- */

/* Memory that lives until the stage returns; NULL when there is none.
 * [one at a time] */
st_arena *st_ctx_arena(st_ctx *ctx);
/* The process's pool; may be NULL (work on this thread). Made on the first
 * call, so a small job starts no thread. [one at a time] until then */
st_pool *st_ctx_pool(st_ctx *ctx);
/* Seed for core/rng.h streams: equal seed, equal result. [any] */
uint64_t st_ctx_seed(const st_ctx *ctx);
/* A private folder of this job for spools (audio/spool.h); all in it is
 * removed with the job. Made on the first call. ST_IO. [one at a time] */
ST_MUST_USE st_status st_ctx_folder(st_ctx *ctx, const char **path,
                                    st_err *err);

/* A folder in which a stage that `keeps` may keep parts of its work for later
 * runs, beside other processes; NULL: nothing is to be kept or looked up. [any]
 */
const char *st_ctx_cache(const st_ctx *ctx);

/* -- up: progress and notes; down: cancel --------------------------------- */

/* fraction 0..1 of the whole stage, never falling; phase is a short word
 * for people ("analysing", "limiting"), kept by pointer: a literal. The time
 * from here to the next call counts for this phase. May be called as often
 * as one likes, by whichever thread is farthest. */
void st_ctx_progress(st_ctx *ctx, double fraction, const char *phase);
/* Time of a phase that runs beside others (pipeline steps), in seconds;
 * added to what the phase has. */
void st_ctx_phase_add(st_ctx *ctx, const char *phase, double seconds);
/* Seconds so far of a phase, the running one up to now; 0 if unknown. */
double st_ctx_phase_seconds(st_ctx *ctx, const char *phase);
/* Phases in order of first use, {"analysing": 0.21, ...}, a new reference;
 * NULL when out of memory. */
json_t *st_ctx_phases(st_ctx *ctx);
/* Seconds since the stage began. */
double st_ctx_seconds(const st_ctx *ctx);
/* Stop soon and return ST_CANCELLED? [any] */
bool st_ctx_cancelled(const st_ctx *ctx);
/* One line for people about what was done ("-14.0 LUFS, -1.05 dBTP"), shown
 * when the work is finished; not a warning. */
void st_ctx_note(st_ctx *ctx, const char *format, ...) ST_PRINTF(2, 3);
/* The result is sound but the user should know: one sentence; the job ends
 * "succeeded" with warnings. `code` is a stable short name ("loudness_bound").
 */
void st_ctx_warn(st_ctx *ctx, const char *code, const char *format, ...)
    ST_PRINTF(3, 4);
/* Warnings so far, [{"code", "message"}], a new reference; NULL when out of
 * memory. */
json_t *st_ctx_warnings(st_ctx *ctx);
/* A part of the work could not run; the reason goes into the result and the
 * job ends with a warning. Never pass audio through and call it done. */
void st_ctx_skip(st_ctx *ctx, const char *part, const char *format, ...)
    ST_PRINTF(3, 4);

/* Sample depth of a file. */
typedef enum {
    ST_BITS_ASKED = 0, /* what the caller asked for, else the container's */
    ST_BITS_16 = 16,
    ST_BITS_24 = 24,
    ST_BITS_F32 = 32 /* float */
} st_bits;

/* -- in: rewindable sources ----------------------------------------------- */

/* Items of that input, 0 if none was given. [any] */
int st_in_count(const st_in *in, const char *name);
/* A name for people (file name without folder); never NULL. [any] */
const char *st_in_label(const st_in *in, const char *name, int index);
/* The item's weight, 1 unless given. [any] */
double st_in_weight(const st_in *in, const char *name, int index);
/* Depth an audio item is stored at, as st_bits; ST_BITS_ASKED when it has none
 * (lossy, or not readable). */
st_bits st_in_bits(st_in *in, const char *name, int index);
/* Where a file says that it begins on its session's clock (bext time
 * reference), in its own frames; -1 when it does not say. [any] */
int64_t st_in_timecode(st_in *in, const char *name, int index);
/* The content hash of an audio item (docs/formats.md, `pcm`): BLAKE2b-256 of
 * its decoded samples. Known when a source of it has been read to its end, if
 * an output that is wanted says `by_content` or the stage `keeps`; for the
 * latter, where there is a cache, also of files that did not change since.
 * ST_NOT_FOUND until then. */
ST_MUST_USE st_status st_in_hash(st_in *in, const char *name, int index,
                                 char text[ST_HASH_TEXT_BYTES], st_err *err);
/* Format of an audio item; `frames` -1 until decoded (st_in_open makes it
 * known where the file does not say). */
ST_MUST_USE st_status st_in_format(st_in *in, const char *name, int index,
                                   st_format *out, st_err *err);
/* A new source at frame 0 that can be rewound, owned by the caller
 * (st_source_free). Several may be open at once, on different threads; each
 * is [one at a time]. What is slow to decode is decoded once into a spool.
 * ST_BAD_DATA, ST_UNSUPPORTED, ST_IO, ST_LIMIT: as the reader says. */
ST_MUST_USE st_status st_in_open(st_in *in, const char *name, int index,
                                 st_source **out, st_err *err);
/* As st_in_open for those who read once from start to end and never seek:
 * no spool is written. */
ST_MUST_USE st_status st_in_open_once(st_in *in, const char *name, int index,
                                      st_source **out, st_err *err);
/* A json item, parsed under limits; a new reference. */
ST_MUST_USE st_status st_in_json(st_in *in, const char *name, int index,
                                 json_t **out, st_err *err);
/* All bytes of a midi, json or model item; freed with st_free. At most
 * `max_bytes`, else ST_LIMIT. */
ST_MUST_USE st_status st_in_bytes(st_in *in, const char *name, int index,
                                  size_t max_bytes, unsigned char **out,
                                  size_t *size, st_err *err);

/* -- out: sinks and documents ---------------------------------------------- */

/* How an audio output is to be written. `container`: "wav", "aiff", "flac",
 * "ogg", "opus", "mp3", ... or NULL: what the caller asked for. */
typedef struct {
    st_format format; /* frames -1 if not known */
    const char *container;
    st_bits bits;
    const char *label; /* "vocals": names one of several; or NULL */
} st_out_spec;

/* Does the caller want that output? Ask before costly work for it. [any] */
bool st_out_wanted(const st_out *out, const char *name);
/* What the caller asked for (from a file name, or a flag): container never
 * NULL, bits resolved to a depth that container can hold, for `index`. A
 * stage that dithers asks here. Lossy containers say ST_BITS_F32. */
void st_out_asked(const st_out *out, const char *name, int index,
                  const char **container, st_bits *bits);
/* A sink for output `name`, item `index` (0 unless the output is one of
 * several; per_input outputs use the input's index), owned by the caller:
 * st_sink_finish, then st_sink_free. Nothing is visible to the user until
 * the plan ends well, so it may be opened again after finish+free: the new
 * audio replaces the old (quality control on the written file). Samples
 * already on the grid of `bits` are written exactly. ST_IO, ST_UNSUPPORTED
 * (container cannot hold rate or channels), ST_NO_MEM. */
ST_MUST_USE st_status st_out_audio(st_out *out, const char *name, int index,
                                   const st_out_spec *spec, st_sink **sink,
                                   st_err *err);
/* A source over what was written and finished there, decoded as any reader
 * would; the caller's (st_source_free). ST_NOT_FOUND before a finish. */
ST_MUST_USE st_status st_out_reread(st_out *out, const char *name, int index,
                                    st_source **source, st_err *err);
/* A json output; `document` is borrowed. It also stands in the result
 * document, unless its output has a `flag`. Again: replaces. */
ST_MUST_USE st_status st_out_json(st_out *out, const char *name, int index,
                                  json_t *document, st_err *err);
/* An html, image, midi or data output, all its bytes. Again: replaces. */
ST_MUST_USE st_status st_out_bytes(st_out *out, const char *name, int index,
                                   const void *bytes, size_t size, st_err *err);
/* Gives the next piece of a file, borrowed until the next call; size 0: there
 * is no more. An error ends the writing with it. */
typedef st_status (*st_piece_fn)(void *ctx, const void **bytes, size_t *size,
                                 st_err *err);
/* As st_out_bytes, for what is too long to stand in memory: `next` is called,
 * here, until it has no more. Errors of `next`; ST_IO, ST_CANCELLED. */
ST_MUST_USE st_status st_out_pieces(st_out *out, const char *name, int index,
                                    st_piece_fn next, void *ctx, st_err *err);

#endif
