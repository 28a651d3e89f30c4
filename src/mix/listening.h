/* listening: the steps of a mix one after the other, at equal loudness.
 * Source: issue "Mixing", line 8; AES recommendations for listening
 * comparisons: equal within 0.1 LU, so that louder does not win.
 *
 * Step k is the recipe with every move of a later step at amount 0, run
 * through the renderer over at most 45 s around the loudest part, and 4 s
 * before it, so that dynamics and rooms have settled. The plain sum is added up
 * from the files; premaster and master are cut from what was delivered. */
#ifndef ST_MIX_LISTENING_H
#define ST_MIX_LISTENING_H

#include "mix/stage_mix.h"
#include "page/text.h"

enum {
    ST_LISTEN_PLAIN,
    ST_LISTEN_FADERS,
    ST_LISTEN_PLACE,
    ST_LISTEN_EQ,
    ST_LISTEN_DYNAMICS,
    ST_LISTEN_SPACE,
    ST_LISTEN_BUSES,
    ST_LISTEN_PREMASTER,
    ST_LISTEN_MASTER,
    ST_LISTEN_STEPS
};

typedef struct {
    st_premix premix; /* of a rendered step, with its run-up */
    double lufs, peak_dbtp, gain_db;
    double file_lufs, file_dbtp; /* of the written file, decoded */
    unsigned char *mp3;          /* for the page */
    size_t bytes;
} st_listen_step;

typedef struct {
    st_mix_job *job;
    int64_t first, frames, run_up; /* of the song */
    int rate_hz;                   /* of the files */
    double level_lufs;             /* of all steps */
    st_listen_step step[ST_LISTEN_STEPS];
} st_listening;

/* Rendering, measuring and encoding the steps is most of a mix's time: they
 * have the progress from here to the end. */
#define ST_LISTEN_FROM 0.3
/* Progress of the listening, 0..1. [any] */
void st_listen_tick(const st_listening *l, const char *phase, double part);

/* --- listen_steps.c --- */

const char *st_listen_title(int step);
const char *st_listen_about(int step);
const char *st_listen_file(int step); /* "2 faders", without ending */
/* Sets every move of a later step to amount 0. [any] */
void st_listen_mask(st_mix_recipe *recipe, int step);
/* What a step changes, as rows of a page. [any] */
void st_listen_changes(st_text *t, const st_mix_job *job, int step);

/* --- listen_render.c --- */

/* Makes the steps that are not cut from something else. [main] */
ST_MUST_USE st_status st_listen_render(st_listening *l, st_err *err);
/* A step from the first frame of the part to its last, as it came out of the
 * desk. [any] */
ST_MUST_USE st_status st_listen_source(const st_listening *l, int step,
                                       st_source **out, st_err *err);

/* --- listen_page.c --- */

/* The script of the page, in pieces (listen_script.c). */
extern const char *const st_listen_script[];
extern const int st_listen_script_lines;
/* The page, sound inside. text->failed when out of memory. [any] */
void st_listen_page(st_text *t, const st_listening *l);

#endif
