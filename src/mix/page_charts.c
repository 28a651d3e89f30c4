#include "mix/page_mix.h"

#include "core/math.h"
#include "page/page.h"
#include "page/svg.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BANDS = ST_MEASURE_BANDS };

static const char *title_of(const st_mix_recipe *r, int stem) {
    const st_role_info *role = st_role_get(r->stem[stem].role);
    return role != NULL ? role->title : "";
}

static void to(st_text *t) {
    st_text_put(t, " <small>\xE2\x86\x92</small> ");
}

/* --- balance --- */

/* Loudness of each stem as its file has it and as it stands in the mix, both
 * beside their anchor: the loudest lead vocal, or all stems together. */
typedef struct {
    double before[ST_MIX_STEMS], after[ST_MIX_STEMS];
    int order[ST_MIX_STEMS]; /* the loudest in the mix first */
    int count;
    bool beside_voice;
} balance;

static double bus_gain(const st_mix_recipe *r, int stem) {
    return st_move_value(&r->bus[r->stem[stem].bus][ST_BUSMOVE_FADER],
                         ST_FADER_GAIN);
}

static double together(const double *lufs, int count) {
    double power = 0.0;
    for (int i = 0; i < count; i++)
        if (isfinite(lufs[i]))
            power += pow(10.0, 0.1 * lufs[i]);
    return power > 0.0 ? 10.0 * log10(power) : 0.0;
}

static int voice(const st_mix_recipe *r, const double *lufs) {
    int best = -1;
    for (int i = 0; i < r->stems; i++)
        if (r->stem[i].role == ST_ROLE_LEAD_VOCAL && isfinite(lufs[i]) &&
            (best < 0 || lufs[i] > lufs[best]))
            best = i;
    return best;
}

static void sort(balance *b) {
    for (int i = 0; i < b->count; i++) {
        int at = i;
        while (at > 0 && b->after[b->order[at - 1]] < b->after[i]) {
            b->order[at] = b->order[at - 1];
            at--;
        }
        b->order[at] = i;
    }
}

static balance balance_of(const st_mix_job *job) {
    const st_mix_recipe *r = &job->recipe;
    balance b = {.count = r->stems};
    for (int i = 0; i < r->stems; i++) {
        const st_move *fader = &r->stem[i].move[ST_STRIP_FADER];
        b.before[i] = job->heard.stem[i].lufs;
        b.after[i] =
            b.before[i] + st_move_value(fader, ST_FADER_GAIN) + bus_gain(r, i);
    }
    int lead = voice(r, b.after);
    double was = lead >= 0 ? b.before[lead] : together(b.before, b.count);
    double is = lead >= 0 ? b.after[lead] : together(b.after, b.count);
    for (int i = 0; i < b.count; i++) {
        b.before[i] -= was;
        b.after[i] -= is;
    }
    b.beside_voice = lead >= 0;
    sort(&b);
    return b;
}

static st_page_scale balance_scale(const balance *b) {
    double low = -12.0, high = 0.0;
    for (int i = 0; i < b->count; i++) {
        if (!isfinite(b->after[i]))
            continue;
        low = fmin(low, fmin(b->before[i], b->after[i]));
        high = fmax(high, fmax(b->before[i], b->after[i]));
    }
    low = 6.0 * floor(fmax(low, -48.0) / 6.0);
    high = 6.0 * ceil(high / 6.0);
    return (st_page_scale){low, high, high - low > 42.0 ? 12.0 : 6.0, NAN,
                           " LU"};
}

void st_mix_page_balance(st_text *t, const st_mix_job *job) {
    static const char *const keys[] = {"was:files as they came",
                                       "is:in the mix"};
    const balance b = balance_of(job);
    const st_page_scale s = balance_scale(&b);
    st_page_figure(t, "Balance",
                   b.beside_voice
                       ? "Loudness of each stem beside the lead vocal, in LU."
                       : "Loudness of each stem beside all of them together, "
                         "in LU.",
                   keys, 2);
    st_page_axis(t, &s);
    for (int n = 0; n < b.count; n++) {
        int i = b.order[n];
        st_page_row(t, &s, job->recipe.stem[i].name, title_of(&job->recipe, i));
        st_page_bar(t, &s, "way", b.before[i], b.after[i]);
        st_page_dot(t, &s, "dot was", b.before[i]);
        st_page_dot(t, &s, "dot", b.after[i]);
        st_page_row_figures(t);
        if (isfinite(b.after[i])) {
            st_page_number(t, b.before[i], 1);
            to(t);
            st_page_number(t, b.after[i], 1);
        } else {
            st_text_put(t, "<small>silent</small>");
        }
        st_page_row_end(t);
    }
    st_text_put(t, "</figure>\n");
}

/* --- gain reduction --- */

typedef struct {
    const char *name, *about;
    double mean, most;
} worked;

enum { WORKED = 2 * ST_MIX_STEMS + 2 * ST_BUS_COUNT };

static void add_worked(worked *list, int *count, const char *name,
                       const char *about, const st_reduction *r) {
    if (r->max_db > 0.005 && *count < WORKED)
        list[(*count)++] = (worked){name, about, r->mean_db, r->max_db};
}

static int gather(const st_mix_job *job, worked *list) {
    const st_mix_recipe *r = &job->recipe;
    int count = 0;
    for (int i = 0; i < r->stems; i++) {
        const st_strip_meter *m = &job->prints[i].meter;
        add_worked(list, &count, r->stem[i].name, "compressor", &m->compressor);
        add_worked(list, &count, r->stem[i].name, "de-esser", &m->deesser);
    }
    for (int b = 0; b < ST_BUS_COUNT; b++) {
        const st_bus_meter *m = &job->premix.bus[b];
        const char *name = st_bus_name((st_bus)b);
        add_worked(list, &count, name, "bus compressor", &m->compressor);
        add_worked(list, &count, name, "bus, parallel", &m->parallel);
    }
    return count;
}

void st_mix_page_reduction(st_text *t, const st_mix_job *job) {
    static const char *const keys[] = {"is:mean", "most:deepest",
                                       "guard:3 dB guard of the mean"};
    worked list[WORKED];
    int count = gather(job, list);
    double most = 6.0;
    for (int i = 0; i < count; i++)
        most = fmax(most, ceil(list[i].most));
    const st_page_scale s = {0, fmin(most, 24.0), most > 12.0 ? 3.0 : 1.0,
                             ST_GUARD_REDUCTION_DB, " dB"};
    st_page_figure(t, "Gain reduction",
                   "What compressors and de-essers took away while there was "
                   "something to hear.",
                   keys, 3);
    if (count == 0) {
        st_text_put(t, "<p class=\"about\">No stem and no bus was compressed."
                       "</p></figure>\n");
        return;
    }
    st_page_axis(t, &s);
    for (int i = 0; i < count; i++) {
        st_page_row(t, &s, list[i].name, list[i].about);
        st_page_bar(t, &s, "bar most", 0, list[i].most);
        st_page_bar(t, &s, "bar", 0, list[i].mean);
        st_page_row_figures(t);
        st_page_number(t, list[i].mean, 2);
        st_text_put(t, " <small>max ");
        st_page_number(t, list[i].most, 1);
        st_text_put(t, "</small>");
        st_page_row_end(t);
    }
    st_text_put(t, "</figure>\n");
}

/* --- stereo field --- */

/* How far to each side a stem reaches: its side beside its mid, 0..1. */
static double reach(const st_mix_job *job, int i) {
    double width = job->heard.stem[i].meter.width;
    double gain = st_move_value(&job->recipe.stem[i].move[ST_STRIP_PLACE],
                                ST_PLACE_WIDTH) /
                  100.0;
    if (job->recipe.stem[i].channels < 2 || !(width > 0.0))
        return 0.0;
    return fmin(sqrt(fmin(width, 1.0)) * gain, 1.0);
}

static double pan_of(const st_mix_job *job, int i) {
    return st_move_value(&job->recipe.stem[i].move[ST_STRIP_PLACE],
                         ST_PLACE_PAN);
}

static void field_axis(st_text *t) {
    st_text_put(t, "<div class=\"row axis\" aria-hidden=\"true\"><b></b><div "
                   "class=\"track\"><em style=\"left:0\">left</em><em "
                   "style=\"left:50%\">centre</em><em "
                   "style=\"left:100%\">right</em></div><span></span></div>\n");
}

static void field_row(st_text *t, const st_mix_job *job, int i) {
    const st_page_scale s = {-1, 1, 0.5, NAN, ""};
    const st_mix_stem *stem = &job->recipe.stem[i];
    double pan = pan_of(job, i), wide = reach(job, i);
    char about[32] = "mono";
    if (stem->channels > 1)
        snprintf(about, sizeof about, "stereo, width %.0f %%",
                 st_move_value(&stem->move[ST_STRIP_PLACE], ST_PLACE_WIDTH));
    st_page_row(t, &s, stem->name, about);
    st_page_bar(t, &s, "bar wide", fmax(pan - wide, -1), fmin(pan + wide, 1));
    st_page_dot(t, &s, "dot", pan);
    st_page_row_figures(t);
    double percent = round(100.0 * pan);
    if (percent == 0.0)
        st_text_put(t, "centre");
    else
        st_text_add(t, "%.0f %% %s", fabs(percent), pan < 0 ? "L" : "R");
    st_page_row_end(t);
}

static double band_x(const void *ctx, int i) {
    (void)ctx;
    return st_measure_band_hz(i);
}

static double side_y(const void *ctx, int i) {
    const st_measure *m = ctx;
    if (m->mid_db[i] < -110.0)
        return NAN;
    return fmin(fmax(m->side_db[i] - m->mid_db[i], -40.0), 12.0);
}

static void side_by_band(st_text *t, const st_mix_job *job) {
    static const double hz[] = {50, 100, 200, 500, 1000, 2000, 5000, 10000};
    const st_chart c = {20, 20000, -40, 12, true, "Hz", "dB", 200};
    if (job->track.in.silent)
        return;
    st_text_put(t, "<p class=\"about\">Side against mid of the whole mix, by "
                   "frequency: 0 dB is as wide as it is deep, below "
                   "\xE2\x88\x92"
                   "20 dB is next to mono.</p>\n");
    st_chart_begin(t, &c, "Side against mid by frequency");
    st_chart_rows(t, &c, 10);
    for (size_t i = 0; i < sizeof hz / sizeof hz[0]; i++) {
        char text[16];
        snprintf(text, sizeof text, hz[i] < 1000 ? "%g" : "%gk",
                 hz[i] < 1000 ? hz[i] : hz[i] / 1000);
        st_chart_column(t, &c, hz[i], text);
    }
    st_chart_line(t, &c, "after", false, band_x, side_y, &job->track.in, BANDS);
    st_chart_end(t);
}

void st_mix_page_field(st_text *t, const st_mix_job *job) {
    static const char *const keys[] = {"is:where it stands",
                                       "most:how far it reaches"};
    int order[ST_MIX_STEMS];
    st_page_figure(t, "Stereo field",
                   "From left to right; a stereo stem reaches as far as its "
                   "side beside its mid.",
                   keys, 2);
    for (int i = 0; i < job->recipe.stems; i++) {
        int at = i;
        while (at > 0 && pan_of(job, order[at - 1]) > pan_of(job, i)) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = i;
    }
    field_axis(t);
    for (int n = 0; n < job->recipe.stems; n++)
        field_row(t, job, order[n]);
    side_by_band(t, job);
    st_text_put(t, "</figure>\n");
}
