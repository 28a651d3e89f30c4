/* page_mix: the report of a mix as one page, and the parts it is made of.
 * Source: issue "Mixing" (pictures: balance before and after, masking map, gain
 * reduction per stem, stereo field); page/page.h for the house style.
 *
 * No script and no file is needed to read it; figures are texts beside their
 * drawings, so that print, phones and screen readers have them. All [any]. */
#ifndef ST_MIX_PAGE_MIX_H
#define ST_MIX_PAGE_MIX_H

#include "mix/stage_mix.h"
#include "page/text.h"

/* The whole page of a finished job into an empty text. ST_NO_MEM. */
ST_MUST_USE st_status st_mix_page(const st_mix_job *job, st_text *t);

/* --- parts (page_charts.c, page_masking.c, page_moves.c) --- */

void st_mix_page_balance(st_text *t, const st_mix_job *job);
void st_mix_page_reduction(st_text *t, const st_mix_job *job);
void st_mix_page_field(st_text *t, const st_mix_job *job);
/* `after`: st_mix_masking_after's. */
void st_mix_page_masking(st_text *t, const st_mix_job *job,
                         const st_masking *after);
void st_mix_page_moves(st_text *t, const st_mix_job *job);

/* The masking of the stems behind faders, filters, EQ and the mean cut of
 * dynamic EQ, foretold from their bands. ST_NO_MEM. */
ST_MUST_USE st_status st_mix_masking_after(const st_mix_job *job,
                                           st_masking **out);
/* The song's name as its stems tell it, else how many they are. */
void st_mix_song_name(const st_mix_recipe *recipe, char *out, size_t room);
/* "9 stems, 3:44, 44.1 kHz, 120.0 BPM, C minor. Preset Pop." */
void st_mix_page_facts(st_text *t, const st_mix_job *job);
/* Mean masked share of the stems that are not silent, 0..1. */
double st_mix_masking_mean(const st_mix_job *job, const st_masking *masking);

/* --- rows: a name, a track to scale, figures (page_rows.c) --- */

typedef struct {
    double low, high, step; /* a line each `step`; `guard`: a dashed one */
    double guard;           /* NAN: none */
    const char *unit;       /* behind the highest figure of the axis */
} st_page_scale;

/* Title, one sentence, and the keys "style:words" of count marks. */
void st_page_figure(st_text *t, const char *title, const char *about,
                    const char *const *keys, int count);
void st_page_axis(st_text *t, const st_page_scale *s);
/* A row up to its track; `about` (or NULL) is small beside the name. */
void st_page_row(st_text *t, const st_page_scale *s, const char *name,
                 const char *about);
/* Marks within the track; nothing for what is not finite. */
void st_page_dot(st_text *t, const st_page_scale *s, const char *style,
                 double at);
void st_page_bar(st_text *t, const st_page_scale *s, const char *style,
                 double from, double to);
/* Ends the track; figures follow, then _row_end. */
void st_page_row_figures(st_text *t);
void st_page_row_end(st_text *t);

/* --- words (page_words.c) --- */

/* Figures with their unit and a real minus sign; "+" where `sign`. */
void st_page_db(st_text *t, double db, int decimals, bool sign);
void st_page_hz(st_text *t, double hz); /* "310 Hz", "4.2 kHz" */
/* A sentence, escaped, with real minus signs. */
void st_page_sentence(st_text *t, const char *text);
/* What a move sets, in words: "-2.4 dB bell at 310 Hz, Q 1.4". */
void st_page_move_words(st_text *t, const st_mix_recipe *recipe,
                        const st_move *move);
/* Name of a stem by its number, or of a bus (ST_TARGET_BUS + st_bus). */
const char *st_page_target(const st_mix_recipe *recipe, int target);

/* CSS of this page and of the listening page. */
extern const char *const st_mix_page_style[];
extern const int st_mix_page_styles;

#endif
