#include "master/html.h"

#include "page/page.h"
#include "page/svg.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* A sentence, or a dash where it quotes a level that silence does not have. */
static void sentence(st_text *t, const char *text) {
    static const char *const none[] = {"inf", "nan"};
    for (int i = 0; i < 2; i++)
        for (const char *p = text; (p = strstr(p, none[i])); p += 3)
            if ((p == text || !isalpha((unsigned char)p[-1])) &&
                !isalpha((unsigned char)p[3])) {
                st_text_put(t, "\xE2\x80\x93");
                return;
            }
    st_text_escape(t, text);
}

static bool is_silent(const st_track *k) {
    return k->in.silent || !isfinite(k->result.after.meter.true_peak_dbtp);
}

static void bounds(st_text *t, const st_track *k) {
    if (k->goal.bound_count == 0)
        return;
    st_text_put(t, "<ul class=\"notes\">");
    for (int i = 0; i < k->goal.bound_count; i++) {
        st_text_put(t, "<li>");
        sentence(t, k->goal.bounds[i].text);
        st_text_put(t, "</li>");
    }
    st_text_put(t, "</ul>");
}

static void verdict(st_text *t, const st_track *k) {
    int passed = 0, none = 0;
    for (int i = 0; i < ST_QC_CHECKS; i++) {
        passed += k->qc.check[i].state == ST_QC_PASS;
        none += k->qc.check[i].state == ST_QC_NONE;
    }
    if (is_silent(k)) {
        st_text_put(t, "<p class=\"verdict\"><b class=\"bad\">Nothing to "
                       "hear</b><span>The file is silent, nothing in it is "
                       "above \xE2\x88\x92"
                       "90 dBFS: export the mix again.</span></p>");
        return;
    }
    st_text_add(t,
                "<p class=\"verdict\"><b class=\"%s\">%s</b><span>%d of %d "
                "checks passed on the file written, in %d round%s",
                k->qc.passed ? "good" : "bad",
                k->qc.passed ? "Ready to release" : "Needs a look", passed,
                ST_QC_CHECKS - none, k->result.rounds,
                k->result.rounds == 1 ? "" : "s");
    if (none > 0)
        st_text_add(t, "; %d could not be measured", none);
    st_text_put(t, ".</span></p>");
    bounds(t, k);
}

static void intro(st_text *t, const st_track *k) {
    char length[24];
    st_time_text(k->in.meter.seconds, length, sizeof length);
    st_text_put(t, "<p class=\"kind\">Mastering report</p><h1>");
    st_text_escape(t, k->label);
    st_text_add(t, "</h1>\n<p class=\"lead\">%s, %s, %.4g kHz. Preset ", length,
                k->in.meter.channels == 1 ? "mono" : "stereo",
                k->in.meter.rate_hz / 1000);
    st_text_escape(t, k->recipe->preset);
    if (isfinite(k->goal.asked_lufs))
        st_text_add(t, ", target %.1f LUFS at %.1f dBTP", k->goal.asked_lufs,
                    k->recipe->value[ST_SET_CEILING]);
    st_text_put(t, ".</p>\n");
    verdict(t, k);
}

static void figure(st_text *t, const char *name, double before, double after,
                   int decimals, const char *unit) {
    st_text_add(t, "<div><span>%s</span><b>", name);
    st_page_number(t, after, decimals);
    st_text_add(t, "</b><small>%s</small><span>before ", unit);
    st_page_number(t, before, decimals);
    st_text_put(t, "</span></div>\n");
}

static void figures(st_text *t, const st_track *k) {
    const st_meter_result *a = &k->in.meter, *b = &k->result.after.meter;
    st_text_put(t, "<div class=\"figures\">\n");
    figure(t, "Integrated loudness", a->loudness.integrated_lufs,
           b->loudness.integrated_lufs, 1, "LUFS");
    figure(t, "True peak", a->true_peak_dbtp, b->true_peak_dbtp, 2, "dBTP");
    figure(t, "Loudness range", a->loudness.range_lu, b->loudness.range_lu, 1,
           "LU");
    figure(t, "Peak to loudness", a->plr_db, b->plr_db, 1, "dB");
    figure(t, "Correlation", a->correlation, b->correlation, 2, "");
    figure(t, "Side to mid", a->side_mid_db, b->side_mid_db, 1, "dB");
    st_text_put(t, "</div>\n");
}

static void checks(st_text *t, const st_track *k) {
    static const char *const cls[] = {"bad", "good", "none"};
    static const char *const word[] = {"failed", "passed", "not measured"};
    st_text_put(t, "<section><h2>Checks on the file written</h2><table>\n");
    for (int i = 0; i < ST_QC_CHECKS; i++) {
        const st_qc_check *c = &k->qc.check[i];
        /* A level that is not there cannot have passed. */
        st_qc_state state = isfinite(c->measured) ? c->state : ST_QC_NONE;
        st_text_add(t, "<tr><td>%s</td><td class=\"why\">", c->title);
        if (state == ST_QC_NONE && is_silent(k))
            st_text_put(t, "Silence has none.");
        else
            sentence(t, c->note);
        st_text_add(t, "</td><td class=\"n %s\">%s</td></tr>\n", cls[state],
                    word[state]);
    }
    st_text_put(t, "</table></section>\n");
}

static void meter_row(st_text *t, const char *name, double before, double after,
                      int decimals, const char *unit) {
    st_text_add(t, "<tr><td>%s</td><td class=\"n\">", name);
    st_page_number(t, before, decimals);
    st_text_put(t, "</td><td class=\"n\">");
    st_page_number(t, after, decimals);
    st_text_add(t, "</td><td class=\"why\">%s</td></tr>\n", unit);
}

static void meters(st_text *t, const st_track *k) {
    const st_meter_result *a = &k->in.meter, *b = &k->result.after.meter;
    st_text_put(t, "<section><h2>Meters</h2><table><tr><th></th><th "
                   "class=\"n\">before</th><th class=\"n\">after</th><th></th>"
                   "</tr>\n");
    meter_row(t, "Largest momentary loudness", a->loudness.momentary_max_lufs,
              b->loudness.momentary_max_lufs, 1, "LUFS");
    meter_row(t, "Largest short-term loudness", a->loudness.short_term_max_lufs,
              b->loudness.short_term_max_lufs, 1, "LUFS");
    meter_row(t, "Sample peak", a->sample_peak_dbfs, b->sample_peak_dbfs, 2,
              "dBFS");
    meter_row(t, "RMS", a->rms_dbfs, b->rms_dbfs, 1, "dBFS");
    meter_row(t, "Crest factor", a->crest_db, b->crest_db, 1, "dB");
    meter_row(t, "Peak to short-term loudness", a->psr_db, b->psr_db, 1, "dB");
    meter_row(t, "Left against right", a->balance_db, b->balance_db, 2, "dB");
    meter_row(t, "Loss in mono", a->mono_loss_db, b->mono_loss_db, 2, "dB");
    meter_row(t, "Constant offset", a->dc_max, b->dc_max, 5, "of full scale");
    meter_row(t, "Spectral tilt", k->in.tilt_db_oct,
              k->result.after.tilt_db_oct, 2, "dB per octave");
    meter_row(t, "Compression, mean", NAN, k->pre.compression.mean_db, 2, "dB");
    meter_row(t, "Limiting, mean", NAN, k->result.limiting_mean_db, 2, "dB");
    meter_row(t, "Limiting, deepest", NAN, k->result.limiting_max_db, 2, "dB");
    st_text_put(t, "</table></section>\n");
}

static void matched(st_text *t, const st_track *k, const st_reference *r) {
    if (!r)
        return;
    const st_meter_result *a = &k->in.meter, *b = &k->result.after.meter;
    st_text_put(t, "<section><h2>Against the reference</h2><table><tr><th></th>"
                   "<th class=\"n\">before</th><th class=\"n\">after</th><th "
                   "class=\"n\">reference</th></tr>\n");
    const struct {
        const char *name;
        double before, after, wanted;
        int decimals;
    } rows[] = {
        {"Loudness, LUFS", a->loudness.integrated_lufs,
         b->loudness.integrated_lufs, r->lufs, 1},
        {"Spectrum, dB RMS away over 26 bands", k->distance_before_db,
         k->distance_after_db, 0, 2},
        {"Width, side to mid power", st_stereo_side_ratio(&k->in.sums),
         st_stereo_side_ratio(&k->result.after.sums), r->width, 3},
        {"Peak to loudness, dB", a->plr_db, b->plr_db, r->plr_db, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        st_text_add(t, "<tr><td>%s</td><td class=\"n\">", rows[i].name);
        st_page_number(t, rows[i].before, rows[i].decimals);
        st_text_put(t, "</td><td class=\"n\">");
        st_page_number(t, rows[i].after, rows[i].decimals);
        st_text_put(t, "</td><td class=\"n\">");
        st_page_number(t, rows[i].wanted, rows[i].decimals);
        st_text_put(t, "</td></tr>\n");
    }
    st_text_put(t, "</table></section>\n");
}

static void setting_value(st_text *t, const st_field *f, double value) {
    if (f->kind == ST_FIELD_BOOL)
        st_text_put(t, value != 0 ? "yes" : "no");
    else if (f->kind == ST_FIELD_CHOICE)
        st_text_put(t, f->choices[(int)value]);
    else
        st_page_number(t, value,
                       fabs(value) >= 1000 || value == floor(value) ? 0 : 2);
    if (f->unit)
        st_text_add(t, " %s", f->unit);
}

/* "low_shelf_db" reads "Low shelf": the unit stands behind the value. */
static void setting_name(st_text *t, const st_field *f) {
    static const char *const units[] = {"_db",  "_dbtp", "_hz",
                                        "_pct", "_ms",   NULL};
    char name[64];
    snprintf(name, sizeof name, "%s", f->name);
    size_t length = strlen(name);
    for (int i = 0; units[i]; i++) {
        size_t n = strlen(units[i]);
        if (length > n && strcmp(name + length - n, units[i]) == 0)
            name[length - n] = '\0';
    }
    for (char *p = name; *p; p++)
        if (*p == '_')
            *p = ' ';
    if (strcmp(name, "lufs") == 0)
        snprintf(name, sizeof name, "loudness");
    if (strncmp(name, "dc ", 3) == 0)
        memcpy(name, "DC", 2);
    st_text_add(t, "<tr><td>%c%s</td><td class=\"n\">",
                name[0] >= 'a' ? name[0] - 32 : name[0], name + 1);
}

static void curve_row(st_text *t, const st_recipe *r) {
    if (r->mid_count == 0 || !r->curve_reason[0])
        return;
    st_text_put(t, "<tr><td>Curve</td><td class=\"n\">drawn above</td><td "
                   "class=\"why\">");
    sentence(t, r->curve_reason);
    st_text_put(t, "</td></tr>\n");
}

/* Settings that something decided; the untouched rest is in the recipe. */
static void decisions(st_text *t, const st_track *k) {
    st_text_put(t, "<section><h2>Decisions</h2><table>\n");
    const char *section = "";
    for (int i = 0; i < ST_SET_COUNT; i++) {
        const st_field *f = st_recipe_field((st_setting)i);
        if (!k->recipe->reason[i][0])
            continue;
        if (strcmp(section, f->section) != 0)
            st_text_add(t,
                        "<tr class=\"group\"><td colspan=\"3\">%c%s</td></tr>",
                        f->section[0] - 32,
                        strcmp(f->section, "eq") == 0 ? "Q" : f->section + 1);
        if (strcmp(section, f->section) != 0 && i == ST_SET_EQ_LIMIT)
            curve_row(t, k->recipe);
        section = f->section;
        setting_name(t, f);
        setting_value(t, f, k->recipe->value[i]);
        st_text_put(t, "</td><td class=\"why\">");
        sentence(t, k->recipe->reason[i]);
        st_text_put(t, "</td></tr>\n");
    }
    st_text_put(t, "</table></section>\n");
}

void st_html_page(st_text *t, const st_track *track,
                  const st_report_facts *facts) {
    st_page_begin(t, track->label, "mastering report");
    intro(t, track);
    figures(t, track);
    if (!is_silent(track))
        st_html_charts(t, track, facts);
    checks(t, track);
    matched(t, track, facts->options->reference);
    decisions(t, track);
    meters(t, track);
    st_text_add(t,
                "<footer>Made by Stemma in %.2f s. Loudness by BS.1770 and EBU "
                "R 128; every figure was measured on the file written."
                "</footer>\n",
                facts->seconds);
    st_page_end(t);
}
