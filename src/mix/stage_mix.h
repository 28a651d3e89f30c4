/* stage_mix: the parts of the stage `mix` that share its parameters.
 * Source: issue "Mixing"; design.md section 6 for the names. */
#ifndef ST_MIX_STAGE_MIX_H
#define ST_MIX_STAGE_MIX_H

#include "master/track.h"
#include "mix/decide.h"
#include "mix/guard.h"
#include "mix/print_cache.h"
#include "stage/stage.h"

/* One run of the stage. */
typedef struct {
    st_ctx *ctx;
    st_in *in;
    st_out *out;
    const char *folder; /* for spools */
    st_session session;
    st_hearing heard;
    st_file_facts *files; /* by file, unless a complete recipe says all */
    double balance_db[ST_SESSION_FILES + ST_MIX_STEMS]; /* a network's faders */
    st_mix_recipe recipe;
    json_t *given; /* the document of --recipe, or NULL */
    bool complete; /* it leaves nothing to decide */
    st_mix_wishes wishes;
    st_reference reference;
    st_preset preset; /* of the master */
    st_decide_options options;
    st_print prints[ST_MIX_STEMS];
    bool kept[ST_MIX_STEMS]; /* that print is from an earlier run */
    char kept_folder[4096];  /* of prints; "": none */
    char heard_folder[4096]; /* of what was heard; "": none */
    char maker[ST_PRINT_MAKER_BYTES];
    st_premix premix;
    st_guard_figures figures;
    st_track track;   /* the master */
    json_t *previews; /* what was written of them, an array or NULL */
    int passes;       /* of the desk */
    double from, to;  /* progress of the part under way */
} st_mix_job;

st_status st_mix_run(st_ctx *ctx, st_in *in, st_out *out, st_err *err);
/* Parameters and recipe into the job. */
ST_MUST_USE st_status st_mix_settings(st_mix_job *job, st_err *err);
/* References measured, and asked whether they are mixes of these stems. */
ST_MUST_USE st_status st_mix_references(st_mix_job *job, st_err *err);
/* --group, and groups of a recipe; ST_LIMIT for more stems than strips. */
ST_MUST_USE st_status st_mix_groups(st_mix_job *job, const st_hear_means *means,
                                    st_err *err);
/* The stems that were heard into the recipe, or a given one in their order. */
ST_MUST_USE st_status st_mix_take_stems(st_mix_job *job, st_err *err);
/* What is wrong with files (warn_files.c). */
void st_mix_warn_files(st_mix_job *job);
/* "a, b and c" into to[bytes]; "a, b and 7 more" where there is no room. */
void st_mix_list_names(char *to, size_t bytes, const char *const *names,
                       int count);
/* What is wrong with stems; then what was mended, copies, and what stays far
 * from its place. */
void st_mix_warn_stems(st_mix_job *job);
void st_mix_warn_mended(st_mix_job *job);
/* Guards that do not hold; what a complete recipe does not use or know (its
 * own stems: known[count]). */
void st_mix_warn_guards(st_mix_job *job);
/* Why limits may be broken: one sentence. */
const char *st_mix_broken_why(const st_mix_job *job);
void st_mix_warn_unused(st_mix_job *job, const char *const *known, int count);
/* Once all stems were read: those that are not what the recipe was made for
 * are told, and the recipe keeps what they are (same_mix.c). */
void st_mix_same_stems(st_mix_job *job);
/* The job's prints and premix, guards kept. */
ST_MUST_USE st_status st_mix_render(st_mix_job *job, st_err *err);
/* Source of stem i of the recipe: all passes read through it. [any] */
ST_MUST_USE st_status st_mix_open_stem(const st_mix_job *job, int stem,
                                       st_source **out, st_err *err);
/* What earlier runs kept (keep_mix.c): finds the folders. */
void st_mix_keep_open(st_mix_job *job);
/* Facts of a file. [any] */
bool st_mix_recall(st_mix_job *job, int file, st_file_facts *out);
void st_mix_remember(st_mix_job *job, int file, const st_file_facts *heard);
/* Is there a place for prints? */
bool st_mix_keeps(const st_mix_job *job);
/* Prints that are missing, where an equal one was kept. */
void st_mix_find_prints(st_mix_job *job);
/* Keeps those that were made. */
void st_mix_keep_prints(st_mix_job *job);
/* --taps: what stands before and behind every unit, into files (taps.c). */
ST_MUST_USE st_status st_mix_taps(st_mix_job *job, st_err *err);
/* --print-stems: each stem, bus and return as it is in the mix (prints.c). */
ST_MUST_USE st_status st_mix_print_stems(st_mix_job *job, st_err *err);
/* The premaster through mastering into the output `master`. */
ST_MUST_USE st_status st_mix_master(st_mix_job *job, st_err *err);
/* --preview: the plain sum of the stems and the mix in turns at equal loudness
 * (preview_mix.c). */
ST_MUST_USE st_status st_mix_preview(st_mix_job *job, st_err *err);
/* --listen: every step of the mix at equal loudness, and a page to change
 * between them while they play (listening.c). */
ST_MUST_USE st_status st_mix_listen(st_mix_job *job, st_err *err);
/* The documents of a finished job. */
ST_MUST_USE st_status st_mix_publish(st_mix_job *job, st_err *err);
/* The recipe alone, with the master's part of a given one. */
ST_MUST_USE st_status st_mix_publish_recipe(st_mix_job *job, st_err *err);
/* "stemma.report/1" of a mix; a new reference, NULL when out of memory. */
json_t *st_mix_report(const st_mix_job *job);

/* Progress as the job's part goes, 0..1; true stops. [any] */
bool st_mix_tick(st_mix_job *job, const char *phase, double fraction);

#endif
