#include "analysis/overview.h"

#include "core/alloc.h"
#include "page/page.h"
#include "page/svg.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { COLUMNS = 1600, MANY_BEATS = 600, SEMITONES = 12 };

static const double floor_lu = 36.0; /* shown under the loudest moment */

static void caption(st_text *t, const char *title, const char *about) {
    st_text_add(t, "<figure><figcaption><h2>%s</h2><p>%s</p></figcaption>\n",
                title, about);
}

static double length_of(const st_listen_result *h) {
    return fmax(h->seconds, 0.1);
}

/* --- figures --- */

static void figure(st_text *t, const char *name, const char *value,
                   const char *unit, const char *about) {
    st_text_add(t, "<div><span>%s</span><b>", name);
    st_text_escape(t, value);
    st_text_add(t, "</b><small>%s</small><span>", unit);
    st_text_escape(t, about);
    st_text_put(t, "</span></div>\n");
}

static void level(st_text *t, const char *name, double value, int decimals,
                  const char *unit, const char *about) {
    st_text_add(t, "<div><span>%s</span><b>", name);
    st_page_number(t, value, decimals);
    st_text_add(t, "</b><small>%s</small><span>%s</span></div>\n", unit, about);
}

static void tempo_figure(st_text *t, const st_listen_result *h) {
    const st_rhythm_result *r = h->rhythm;
    char value[32] = "none", about[160] = "";
    if (r->has_tempo) {
        snprintf(value, sizeof value, "%.1f", r->bpm);
        int n = snprintf(about, sizeof about, "%.0f %% sure",
                         100.0 * r->confidence);
        if (r->metre > 0 && n > 0)
            snprintf(about + n, sizeof about - (size_t)n, ", %d beats a bar",
                     r->metre);
    } else if (r->reason != NULL) {
        snprintf(about, sizeof about, "%s", st_listen_why(h, r->reason));
    }
    figure(t, "Tempo", value, r->has_tempo ? "BPM" : "", about);
}

static void key_figure(st_text *t, const st_listen_result *h) {
    const st_harmony_result *r = h->harmony;
    char about[128] = "";
    if (r->has_key)
        snprintf(about, sizeof about, "%.0f %% sure, A4 at %.1f Hz",
                 100.0 * r->key_confidence,
                 440.0 * exp2(r->tuning.cents / 1200.0));
    figure(t, "Key", r->has_key ? r->key[0].name : "none",
           r->has_key ? r->key[0].camelot : "",
           r->has_key ? about : st_listen_why(h, r->reason));
}

static void role_figure(st_text *t, const st_listen_result *h) {
    const st_role_result *r = h->role;
    char about[160] = "";
    if (r->has_role)
        snprintf(about, sizeof about, "%.0f %% sure", 100.0 * r->confidence);
    else if (r->reason != NULL)
        snprintf(about, sizeof about, "%s", st_listen_why(h, r->reason));
    figure(t, "Sounds like",
           r->has_role ? st_role_get(r->role)->title : "nothing", "", about);
}

static void figures(st_text *t, const st_listen_result *h) {
    st_meter_result m;
    st_meter_get(h->meter, &m);
    st_text_put(t, "<div class=\"figures\">\n");
    if (h->rhythm != NULL)
        tempo_figure(t, h);
    if (h->harmony != NULL)
        key_figure(t, h);
    if (h->role != NULL)
        role_figure(t, h);
    level(t, "Integrated loudness", m.loudness.integrated_lufs, 1, "LUFS", "");
    level(t, "True peak", m.true_peak_dbtp, 2, "dBTP", "");
    level(t, "Loudness range", m.loudness.range_lu, 1, "LU", "");
    st_text_put(t, "</div>\n");
}

/* --- waveform with sections and beats --- */

typedef struct {
    const st_listen_result *heard;
    int level, count;
    int64_t entries, step; /* of the level; frames an entry */
} wave;

/* The coarsest level that still fills the columns. */
static wave wave_of(const st_listen_result *h) {
    wave w = {.heard = h};
    int levels = st_peaks_levels(h->peaks);
    for (w.level = levels - 1; w.level > 0; w.level--)
        if (st_peaks_entries(h->peaks, w.level) >= COLUMNS / 2)
            break;
    if (levels == 0)
        return w;
    w.entries = st_peaks_entries(h->peaks, w.level);
    w.step = (int64_t)ST_PEAKS_FIRST << w.level;
    w.count = (int)(w.entries < 2 * COLUMNS ? w.entries : 2 * COLUMNS);
    return w;
}

static double wave_x(const void *ctx, int i) {
    const wave *w = ctx;
    return ((double)i + 0.5) * (double)w->step / w->heard->format.rate_hz;
}

static double wave_low(const void *ctx, int i) {
    const wave *w = ctx;
    int low = 0;
    for (int c = 0; c < w->heard->format.channels; c++) {
        int v = st_peaks_get(w->heard->peaks, w->level, c)[i].low;
        low = v < low ? v : low;
    }
    return low / 32768.0;
}

static double wave_high(const void *ctx, int i) {
    const wave *w = ctx;
    int high = 0;
    for (int c = 0; c < w->heard->format.channels; c++) {
        int v = st_peaks_get(w->heard->peaks, w->level, c)[i].high;
        high = v > high ? v : high;
    }
    return high / 32768.0;
}

static double bar_x(const void *ctx, int i) {
    const st_rhythm_result *r = ctx;
    return r->beat[i].time_s;
}

/* Marks at beats, longer at downbeats; too many would be a wall. */
static void beats(st_text *t, const st_chart *c, const st_rhythm_result *r) {
    bool all = r->beats <= MANY_BEATS;
    for (int64_t i = 0; i < r->beats; i++) {
        bool down = r->beat[i].position == 1;
        if (!all && !down)
            continue;
        st_rhythm_result one = {.beat = &r->beat[i]};
        st_chart_marks(t, c, "beat", down ? -1.2 : -1.08, -1.0, bar_x, &one, 1);
    }
}

/* Equal labels look equal. */
static const char *tint(const char *label) {
    static const char *const tints[] = {"tint0", "tint1", "tint2", "tint3"};
    return tints[(unsigned char)label[0] % 4];
}

static void waveform(st_text *t, const st_listen_result *h) {
    if (h->peaks == NULL)
        return;
    wave w = wave_of(h);
    caption(t, "Waveform",
            "Sections above (equal letters sound alike), beats and first beats "
            "of bars below.");
    st_chart c = {0, length_of(h), -1.2, 1.25, false, "", "", 220};
    st_chart_begin(t, &c, "Waveform with sections and beats");
    st_chart_time(t, &c);
    for (int64_t i = 0; h->harmony != NULL && i < h->harmony->section_count;
         i++) {
        const st_section *s = &h->harmony->sections[i];
        st_chart_box(t, &c, tint(s->label), s->start_s, s->end_s, 1.03, 1.25,
                     s->label);
    }
    st_chart_band(t, &c, "wave fill", wave_x, wave_low, wave_high, &w, w.count);
    if (h->rhythm != NULL)
        beats(t, &c, h->rhythm);
    st_chart_end(t);
    st_text_put(t, "</figure>\n");
}

/* --- loudness --- */

typedef struct {
    st_meter_series s;
    double step_s;
} series;

static double series_x(const void *ctx, int i) {
    const series *s = ctx;
    return (i + 1) * s->step_s;
}

static double short_y(const void *ctx, int i) {
    return ((const series *)ctx)->s.short_term_lufs[i];
}

static double momentary_y(const void *ctx, int i) {
    return ((const series *)ctx)->s.momentary_lufs[i];
}

static void loudness(st_text *t, const st_listen_result *h) {
    series s;
    st_meter_result m;
    st_meter_get(h->meter, &m);
    st_meter_get_series(h->meter, &s.s);
    s.step_s = (double)s.s.step_frames / h->format.rate_hz;
    double top = m.loudness.momentary_max_lufs;
    if (s.s.count == 0 || !isfinite(top))
        return;
    double high = ceil((top + 1) / 6) * 6;
    caption(t, "Loudness", "Short-term (3 s); behind it momentary (0.4 s).");
    st_chart c = {0,     length_of(h), high - floor_lu, high,
                  false, "",           "LUFS",          200};
    char text[48];
    st_chart_begin(t, &c, "Loudness over time");
    st_chart_rows(t, &c, 6);
    st_chart_time(t, &c);
    st_chart_line(t, &c, "faint fill", true, series_x, momentary_y, &s,
                  s.s.count);
    st_chart_line(t, &c, "after", false, series_x, short_y, &s, s.s.count);
    snprintf(text, sizeof text, "integrated %.1f", m.loudness.integrated_lufs);
    st_chart_rule(t, &c, m.loudness.integrated_lufs, text);
    st_chart_end(t);
    st_text_put(t, "</figure>\n");
}

/* --- chords and keys --- */

static const char *chord_tint(const st_chord *c) {
    return c->root < 0 ? "tint0"
           : c->quality == ST_CHORD_MIN || c->quality == ST_CHORD_MIN7 ||
                   c->quality == ST_CHORD_DIM
               ? "tint1"
               : "tint2";
}

static void chords(st_text *t, const st_listen_result *h) {
    const st_harmony_result *r = h->harmony;
    if (r == NULL || !r->has_key)
        return;
    caption(t, "Keys and chords",
            "Keys above; chords below, minor ones lighter. All of them, with "
            "confidence, are in the JSON result.");
    st_chart c = {0, length_of(h), 0, 2, false, "", "", 104};
    st_chart_begin(t, &c, "Keys and chords over time");
    st_chart_time(t, &c);
    for (int64_t i = 0; i < r->key_segments; i++) {
        st_key key = {.tonic = r->key_line[i].tonic,
                      .minor = r->key_line[i].minor};
        st_key_words(&key);
        st_chart_box(t, &c, key.minor ? "tint1" : "tint2",
                     r->key_line[i].start_s, r->key_line[i].end_s, 1.1, 2,
                     key.name);
    }
    for (int64_t i = 0; i < r->chord_count; i++)
        st_chart_box(t, &c, chord_tint(&r->chords[i]), r->chords[i].start_s,
                     r->chords[i].end_s, 0, 0.95, r->chords[i].name);
    st_chart_end(t);
    st_text_put(t, "</figure>\n");
}

/* --- pitch --- */

static double f0_x(const void *ctx, int i) {
    (void)ctx;
    return (double)i / ST_F0_RATE;
}

static double f0_y(const void *ctx, int i) {
    const st_f0_frame *f = &((const st_listen_result *)ctx)->f0[i];
    return f->voiced && f->hz > 0.0f ? 69.0 + 12.0 * log2(f->hz / 440.0) : NAN;
}

static void pitch(st_text *t, const st_listen_result *h) {
    double low = 1e9, high = -1e9;
    for (int64_t i = 0; i < h->f0_frames; i++) {
        double y = f0_y(h, (int)i);
        low = fmin(low, isnan(y) ? low : y);
        high = fmax(high, isnan(y) ? high : y);
    }
    if (high < low)
        return;
    caption(t, "Pitch",
            h->pitch == ST_LISTEN_PITCH_SWIFTF0
                ? "Of one voice, by the network SwiftF0; MIDI keys, 60 is C4."
                : "Of one voice, by the tracker; MIDI keys, 60 is C4.");
    st_chart c = {0,     length_of(h), floor(low) - 1, ceil(high) + 1,
                  false, "",           "key",          240};
    st_chart_begin(t, &c, "Pitch over time");
    st_chart_rows(t, &c, high - low > 2 * SEMITONES ? SEMITONES : 2);
    st_chart_time(t, &c);
    st_chart_line(t, &c, "pitch", false, f0_x, f0_y, h, (int)h->f0_frames);
    st_chart_end(t);
    st_text_put(t, "</figure>\n");
}

/* --- spectrograms --- */

static st_status picture(st_text *t, const st_listen_result *h,
                         st_picture_kind kind, const char *title,
                         const char *about) {
    unsigned char *bytes = NULL;
    size_t size = 0;
    st_status status = st_spectra_picture(h->spectra, kind, NULL, 1600,
                                          kind == ST_PICTURE_CHROMA ? 360 : 560,
                                          &bytes, &size);
    if (status != ST_OK)
        return status;
    caption(t, title, about);
    st_page_png(t, bytes, size, title);
    st_text_put(t, "</figure>\n");
    st_free(bytes);
    return ST_OK;
}

static void intro(st_text *t, const st_listen_result *h, const char *label) {
    static const char *const layouts[] = {"mono", "stereo"};
    char time[24];
    char layout[32];
    st_time_text(h->seconds, time, sizeof time);
    int n = h->format.channels;
    snprintf(layout, sizeof layout, "%d channels", n);
    st_text_put(t, "<p class=\"kind\">Analysis</p><h1>");
    st_text_escape(t, label);
    st_text_add(t, "</h1>\n<p class=\"lead\">%s, %s, %.4g kHz.</p>\n", time,
                n <= 2 ? layouts[n - 1] : layout, h->format.rate_hz / 1000.0);
}

st_status st_overview_write(st_text *t, const st_listen_result *h,
                            const char *label) {
    st_status status = ST_OK;
    st_page_begin(t, label, "analysis");
    intro(t, h, label);
    figures(t, h);
    waveform(t, h);
    chords(t, h);
    loudness(t, h);
    pitch(t, h);
    if (h->spectra != NULL)
        status = picture(t, h, ST_PICTURE_CQT, "Notes",
                         "Constant-Q spectrogram, one row a semitone.");
    if (status == ST_OK && h->spectra != NULL)
        status = picture(t, h, ST_PICTURE_MEL, "Spectrum",
                         "Mel spectrogram, as the ear spaces it.");
    if (status == ST_OK && h->spectra != NULL)
        status = picture(t, h, ST_PICTURE_CHROMA, "Pitch classes",
                         "How strong each of the twelve is.");
    st_text_put(t, "<footer>Made by Stemma. Formulas are in "
                   "docs/measures.md.</footer>\n");
    st_page_end(t);
    return status == ST_OK && t->failed ? ST_NO_MEM : status;
}
