#include "core/math.h"
#include "master/html.h"
#include "page/svg.h"

#include <math.h>
#include <stdio.h>

static void legend(st_text *t, const char *title, const char *about,
                   const char *const *style, const char *const *name,
                   int count) {
    st_text_add(t, "<figure><figcaption><h2>%s</h2><p>%s</p>", title, about);
    st_text_put(t, "<ul class=\"legend\">");
    for (int i = 0; i < count; i++)
        st_text_add(t, "<li class=\"%s\">%s</li>", style[i], name[i]);
    st_text_put(t, "</ul></figcaption>\n");
}

/* -- loudness over time ---------------------------------------------------- */

static double loud_x(const void *ctx, int i) {
    const st_measure *m = ctx;
    return (i + 1) * m->step_s;
}

static double loud_y(const void *ctx, int i) {
    const st_measure *m = ctx;
    return m->short_term[i];
}

static double momentary_y(const void *ctx, int i) {
    const st_measure *m = ctx;
    return m->momentary[i];
}

static void loudness(st_text *t, const st_track *k) {
    static const char *const style[] = {"before", "after", "faint"};
    static const char *const name[] = {"before, short-term",
                                       "after, short-term", "after, momentary"};
    legend(t, "Loudness over time",
           "Short-term loudness (3 s) of the mix and of the master.", style,
           name, 3);
    const st_measure *a = &k->result.after;
    double top = fmax(a->meter.loudness.momentary_max_lufs,
                      k->in.meter.loudness.momentary_max_lufs);
    double high = isfinite(top) ? ceil((top + 1) / 6) * 6 : 0;
    st_chart c = {
        0,  fmax(a->meter.seconds, 0.5), high - 36, high, false, "", "LUFS",
        250};
    st_chart_begin(t, &c, "Loudness over time, before and after");
    st_chart_rows(t, &c, 6);
    st_chart_time(t, &c);
    st_chart_line(t, &c, "faint fill", true, loud_x, momentary_y, a, a->points);
    st_chart_line(t, &c, "before", false, loud_x, loud_y, &k->in, k->in.points);
    st_chart_line(t, &c, "after", false, loud_x, loud_y, a, a->points);
    char text[48];
    snprintf(text, sizeof text, "target %.1f", k->goal.asked_lufs);
    st_chart_rule(t, &c, k->goal.asked_lufs, text);
    st_chart_end(t);
    st_text_put(t, "</figure>\n");
}

/* -- spectrum -------------------------------------------------------------- */

typedef struct {
    double db[ST_MEASURE_BANDS];
} spectrum;

static double band_x(const void *ctx, int i) {
    (void)ctx;
    return st_measure_band_hz(i);
}

static double band_y(const void *ctx, int i) {
    const spectrum *s = ctx;
    return s->db[i] > -150 ? s->db[i] : NAN;
}

static double sum_db(const double *mid, const double *side, int i) {
    double p = st_exp2(mid[i] * 0.33219280948873623) +
               st_exp2(side[i] * 0.33219280948873623);
    return p > 1e-20 ? 10 * st_log10(p) : -200;
}

/* Both levelled to their mean over 100 Hz to 10 kHz: shapes are compared. */
static void shape(const double *mid, const double *side, spectrum *out) {
    double sum = 0;
    int used = 0;
    for (int i = 0; i < ST_MEASURE_BANDS; i++) {
        double hz = st_measure_band_hz(i);
        out->db[i] = sum_db(mid, side, i);
        if (hz > 100 && hz < 10000 && out->db[i] > -150)
            sum += out->db[i], used++;
    }
    for (int i = 0; i < ST_MEASURE_BANDS; i++)
        if (out->db[i] > -150)
            out->db[i] -= used ? sum / used : 0;
}

static double eq_y(const void *ctx, int i) {
    return st_recipe_eq_db(ctx, false, st_measure_band_hz(i));
}

static void columns_hz(st_text *t, const st_chart *c) {
    static const double hz[] = {20,   50,   100,  200,   500,
                                1000, 2000, 5000, 10000, 20000};
    for (int i = 0; i < 10; i++) {
        char text[16];
        snprintf(text, sizeof text, hz[i] < 1000 ? "%g" : "%gk",
                 hz[i] < 1000 ? hz[i] : hz[i] / 1000);
        st_chart_column(t, c, hz[i], text);
    }
}

static void spectra(st_text *t, const st_track *k, const st_reference *ref) {
    static const char *const style[] = {"before", "after", "reference"};
    static const char *const name[] = {"before", "after", "reference"};
    legend(t, "Balance",
           "Average spectrum, levels set equal so that only the shape differs.",
           style, name, ref ? 3 : 2);
    spectrum before, after, wanted;
    shape(k->in.mid_db, k->in.side_db, &before);
    shape(k->result.after.mid_db, k->result.after.side_db, &after);
    st_chart c = {20, 20000, -36, 24, true, "Hz", "dB", 270};
    st_chart_begin(t, &c, "Average spectrum before and after");
    st_chart_rows(t, &c, 12);
    columns_hz(t, &c);
    st_chart_line(t, &c, "before", false, band_x, band_y, &before,
                  ST_MEASURE_BANDS);
    if (ref) {
        shape(ref->mid_db, ref->side_db, &wanted);
        st_chart_line(t, &c, "reference", false, band_x, band_y, &wanted,
                      ST_MEASURE_BANDS);
    }
    st_chart_line(t, &c, "after", false, band_x, band_y, &after,
                  ST_MEASURE_BANDS);
    st_chart_end(t);
    st_text_put(t, "</figure>\n");
}

static void equaliser(st_text *t, const st_track *k) {
    if (st_recipe_eq_is_flat(k->recipe))
        return;
    static const char *const style[] = {"after"};
    static const char *const name[] = {"EQ, mid"};
    legend(t, "Equaliser", "Linear phase.", style, name, 1);
    double limit = fmin(fmax(k->recipe->value[ST_SET_EQ_LIMIT], 3), 24);
    st_chart c = {20, 20000, -limit - 1, limit + 1, true, "Hz", "dB", 190};
    st_chart_begin(t, &c, "Equaliser curve");
    st_chart_rows(t, &c, limit > 6 ? 6 : 1);
    columns_hz(t, &c);
    st_chart_line(t, &c, "after", false, band_x, eq_y, k->recipe,
                  ST_MEASURE_BANDS);
    st_chart_end(t);
    st_text_put(t, "</figure>\n");
}

/* -- gain reduction ----------------------------------------------------------
 */

static double trace_x(const void *ctx, int i) {
    const st_gr_trace *g = ctx;
    return (i + 0.5) * g->step_s;
}

static double trace_y(const void *ctx, int i) {
    const st_gr_trace *g = ctx;
    return -g->db[i];
}

static double deepest(const st_gr_trace *g) {
    double most = 0;
    for (int i = 0; i < g->count; i++)
        most = fmax(most, g->db[i]);
    return most;
}

static void reduction(st_text *t, const st_track *k) {
    static const char *const style[] = {"compression", "limiting"};
    static const char *const name[] = {"compression, mean", "limiter, deepest"};
    legend(t, "Gain reduction",
           "What was taken away in each third of a second.", style, name, 2);
    double most = fmax(deepest(&k->pre.trace), deepest(&k->result.trace));
    double low = fmax(3, ceil(most + 0.5));
    st_chart c = {
        0,  fmax(k->result.after.meter.seconds, 0.5), -low, 0, false, "", "dB",
        190};
    st_chart_begin(t, &c, "Gain reduction over time");
    st_chart_rows(t, &c, low > 8 ? 3 : 1);
    st_chart_time(t, &c);
    st_chart_line(t, &c, "compression", false, trace_x, trace_y, &k->pre.trace,
                  k->pre.trace.count);
    st_chart_line(t, &c, "limiting", false, trace_x, trace_y, &k->result.trace,
                  k->result.trace.count);
    st_chart_end(t);
    st_text_put(t, "</figure>\n");
}

void st_html_charts(st_text *t, const st_track *track,
                    const st_report_facts *facts) {
    loudness(t, track);
    spectra(t, track, facts->options->reference);
    equaliser(t, track);
    reduction(t, track);
}
