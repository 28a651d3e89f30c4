#include "mix/page_mix.h"

#include "dsp/biquad.h"
#include "core/math.h"
#include "mix/units.h"
#include "page/page.h"

#include <math.h>
#include <stdio.h>

enum { BANDS = ST_SPECTRUM_BANDS };

/* --- foretelling --- */

static double response(const st_biquad_params *p, double hz, double rate_hz) {
    double db = 0.0;
    for (int i = 0; i < p->sections; i++) {
        if (p->section[i].type == ST_BIQUAD_NONE)
            continue;
        st_biquad_coeffs c = st_biquad_design(&p->section[i], rate_hz);
        db += st_biquad_gain_db(&c, hz, rate_hz);
    }
    return db;
}

/* The cuts that dynamic EQ made on the mean, as still bells. */
static void mean_cuts(const st_mix_job *job, int stem, st_biquad_params *out) {
    static const st_biquad_type types[] = {ST_BIQUAD_PEAK, ST_BIQUAD_LOW_SHELF,
                                           ST_BIQUAD_HIGH_SHELF};
    *out = st_biquad_defaults();
    for (int k = 0; k < ST_MIX_DYNEQS; k++) {
        const st_move *m = &job->recipe.stem[stem].move[ST_STRIP_DYNEQ + k];
        if (!st_move_acts(m))
            continue;
        int type = (int)m->value[ST_DYN_TYPE];
        out->section[out->sections++] = (st_biquad_section){
            .type = types[type >= 0 && type < 3 ? type : 0],
            .hz = m->value[ST_DYN_HZ],
            .q = type == 0 ? m->value[ST_DYN_Q] : 0.70710678118654752440,
            .gain_db = -job->prints[stem].meter.band[k].mean_db,
            .matched = true};
    }
}

static void moved_by(const st_mix_job *job, int stem, double *add_db) {
    const st_mix_recipe *r = &job->recipe;
    const st_move *m = r->stem[stem].move;
    const st_move *bus = r->bus[r->stem[stem].bus];
    st_biquad_params part[4];
    double edges[BANDS + 1], rate = r->rate_hz;
    st_units_filters(m, &part[0]);
    st_units_eq(&m[ST_STRIP_EQ], &part[1]);
    st_units_eq(&bus[ST_BUSMOVE_EQ], &part[2]);
    mean_cuts(job, stem, &part[3]);
    double flat = st_move_value(&m[ST_STRIP_FADER], ST_FADER_GAIN) +
                  st_move_value(&bus[ST_BUSMOVE_FADER], ST_FADER_GAIN) +
                  st_move_value(&m[ST_STRIP_COMPRESSOR], ST_COMP_MAKEUP) -
                  job->prints[stem].meter.compressor.mean_db;
    st_spectrum_band_edges(edges);
    for (int k = 0; k < BANDS; k++) {
        double hz = fmin(sqrt(edges[k] * edges[k + 1]), 0.49 * rate);
        add_db[k] = flat;
        for (int i = 0; i < 4; i++)
            add_db[k] += response(&part[i], hz, rate);
    }
}

st_status st_mix_masking_after(const st_mix_job *job, st_masking **out) {
    st_bandgram *gram[ST_MIX_STEMS] = {NULL};
    const st_bandgram *grams[ST_MIX_STEMS] = {NULL};
    int count = job->heard.count;
    st_status status = ST_OK;
    for (int i = 0; status == ST_OK && i < count; i++) {
        double add_db[BANDS];
        moved_by(job, i, add_db);
        status = st_bandgram_moved(&gram[i], st_stems_gram(job->heard.stems, i),
                                   add_db);
        grams[i] = gram[i];
    }
    if (status == ST_OK)
        status = st_masking_new(out, grams, count);
    for (int i = 0; i < count; i++)
        st_bandgram_free(gram[i]);
    return status;
}

double st_mix_masking_mean(const st_mix_job *job, const st_masking *masking) {
    double sum = 0.0;
    int used = 0;
    for (int i = 0; i < job->heard.count; i++)
        if (!job->heard.stem[i].silent) {
            sum += st_masking_share(masking, i);
            used++;
        }
    return used > 0 ? sum / used : 0.0;
}

/* --- the map --- */

static void cell(st_text *t, double share, bool self) {
    if (self) {
        st_text_put(t, "<td class=\"self\"><span>\xC2\xB7</span></td>");
        return;
    }
    st_text_add(t, "<td%s><span>", share >= 0.5 ? " class=\"high\"" : "");
    if (share >= 0.005)
        st_text_add(t, "<i style=\"opacity:%.2f\"></i><em>%.0f</em>",
                    fmin(0.1 + 0.9 * share, 1.0), 100.0 * share);
    st_text_put(t, "</span></td>");
}

static void map(st_text *t, const st_mix_job *job, const st_masking *masking,
                const char *title) {
    const st_mix_recipe *r = &job->recipe;
    st_text_add(t,
                "<div><h3>%s</h3><table class=\"map\"><tr><th>hidden, %% of "
                "its sound</th>",
                title);
    for (int j = 0; j < r->stems; j++)
        st_text_add(t, "<th>%d</th>", j + 1);
    st_text_put(t, "</tr>\n");
    for (int i = 0; i < r->stems; i++) {
        st_text_add(t, "<tr><th>%d ", i + 1);
        st_text_escape(t, r->stem[i].name);
        st_text_put(t, "</th>");
        for (int j = 0; j < r->stems; j++)
            cell(t, i == j ? 0 : st_masking_span(masking, j, i).share, i == j);
        st_text_put(t, "</tr>\n");
    }
    st_text_put(t, "</table></div>\n");
}

static void share_row(st_text *t, const st_mix_job *job, int i, double was,
                      double is) {
    const st_page_scale s = {0, 100, 20, NAN, " %"};
    char name[ST_MIX_NAME + 8];
    snprintf(name, sizeof name, "%d %s", i + 1, job->recipe.stem[i].name);
    st_page_row(t, &s, name, NULL);
    st_page_bar(t, &s, "way", 100 * was, 100 * is);
    st_page_dot(t, &s, "dot was", 100 * was);
    st_page_dot(t, &s, "dot", 100 * is);
    st_page_row_figures(t);
    st_text_add(t, "%.0f <small>\xE2\x86\x92</small> %.0f %%", 100 * was,
                100 * is);
    st_page_row_end(t);
}

void st_mix_page_masking(st_text *t, const st_mix_job *job,
                         const st_masking *after) {
    static const char *const keys[] = {"was:files as they came",
                                       "is:in the mix, estimated"};
    const st_masking *before = st_stems_masking(job->heard.stems);
    const st_page_scale s = {0, 100, 20, NAN, " %"};
    int sound = 0;
    for (int i = 0; i < job->recipe.stems; i++)
        sound += !job->heard.stem[i].silent;
    if (sound < 2)
        return;
    st_page_figure(t, "Masking",
                   "How much of each stem the others together hide: share of "
                   "its bands over time that lie 12 dB or more under them.",
                   keys, 2);
    st_page_axis(t, &s);
    for (int i = 0; i < job->recipe.stems; i++)
        if (!job->heard.stem[i].silent)
            share_row(t, job, i, st_masking_share(before, i),
                      st_masking_share(after, i));
    st_text_put(t, "<div class=\"pair\">");
    map(t, job, before, "Files as they came");
    map(t, job, after, "In the mix, estimated");
    st_text_put(
        t,
        "</div>\n<p class=\"about\">Read a row: what hides this stem. Column "
        "numbers are stems. \xE2\x80\x9CIn the mix\xE2\x80\x9D is "
        "estimated from faders, filters, EQ and the mean cut of dynamic EQ, "
        "not measured on the mix; places left and right, which help further, "
        "are not counted.</p></figure>\n");
}
