#include "analysis/picture.h"

#include "analysis/axis.h"
#include "analysis/colours.h"
#include "analysis/multires.h"
#include "core/alloc.h"
#include "core/math.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Space around the plot, in pixels. */
enum {
    LEFT = 92,
    RIGHT = 116,
    TOP = 46,
    BOTTOM = 64,
    TICK = 6,
    BAR_GAP = 22,
    BAR = 20,
    LINE = ST_TEXT_HEIGHT,
    TITLE_MAX = 256
};

static const st_rgb paper = {252, 252, 252};
static const st_rgb ink = {32, 34, 40};
static const st_rgb faint = {120, 124, 132};

typedef struct {
    const st_grid *grid;
    const st_picture_spec *spec;
    st_canvas canvas;
    st_rgb colours[ST_COLOURS];
    int x, y, width, height; /* of the plot */
    int rows, columns;
    double low_hz, high_hz, seconds;
    double top, bottom; /* dB, or 0..1, at the ends of the colours */
    float *level;       /* [columns][rows], dB or linear */
} plot;

st_picture_spec st_picture_defaults(st_picture_kind kind, double rate_hz) {
    st_picture_spec s = {.kind = kind,
                         .rate_hz = rate_hz,
                         .hop = 512,
                         .low_hz = 30.0,
                         .scale = ST_MEL_SLANEY,
                         .per_octave = 12,
                         .range_db = 80.0,
                         .width = 1280,
                         .height = 640};
    if (kind == ST_PICTURE_MEL)
        s.low_hz = 0.0;
    if (kind == ST_PICTURE_CQT)
        s.low_hz = 32.703195662574829;
    if (kind == ST_PICTURE_MULTIRES) {
        st_multires_params m = st_multires_defaults(rate_hz);
        s.hop = m.hop;
        s.low_hz = m.low_hz;
        s.per_octave = m.per_octave;
        s.full_scale = 1.0;
    }
    return s;
}

static bool rows_fit(st_picture_kind kind, int rows) {
    switch (kind) {
    case ST_PICTURE_STFT:
        return rows >= 2 && rows <= 8193;
    case ST_PICTURE_CHROMA:
        return rows == 12;
    default:
        return rows <= 1024;
    }
}

static bool valid(const st_grid *grid, const st_picture_spec *s) {
    double high = s->high_hz > 0.0 ? s->high_hz : s->rate_hz / 2.0;
    double least = s->kind == ST_PICTURE_MEL ? 0.0 : 10.0;
    return s->kind >= ST_PICTURE_STFT && s->kind <= ST_PICTURE_MULTIRES &&
           rows_fit(s->kind, st_grid_rows(grid)) && s->rate_hz >= 8000.0 &&
           s->rate_hz <= 384000.0 && s->hop >= 1 && s->seconds >= 0.0 &&
           s->low_hz >= least && s->low_hz < high && isfinite(high) &&
           s->per_octave >= 1 && s->full_scale >= 0.0 && s->range_db >= 20.0 &&
           s->range_db <= 160.0 && s->width >= 400 && s->width <= 4096 &&
           s->height >= 240 && s->height <= 4096;
}

/* --- from frequency to height --- */

/* Are rows spread evenly over octaves? */
static bool in_octaves(st_picture_kind kind) {
    return kind == ST_PICTURE_CQT || kind == ST_PICTURE_MULTIRES;
}

/* Row (not whole; row r covers r - 1/2 .. r + 1/2) at a frequency. */
static double row_at_hz(const plot *p, double hz) {
    const st_picture_spec *s = p->spec;
    if (s->kind == ST_PICTURE_STFT)
        return hz / (s->rate_hz / 2.0) * (p->rows - 1);
    if (in_octaves(s->kind))
        return s->per_octave * st_log2(hz / s->low_hz);
    double low = st_mel_of_hz(p->low_hz, s->scale);
    double high = st_mel_of_hz(p->high_hz, s->scale);
    return (st_mel_of_hz(hz, s->scale) - low) / (high - low) * (p->rows + 1) -
           1.0;
}

/* Row at a height, 0 at the bottom and 1 at the top of the plot. */
static double row_at(const plot *p, double height) {
    if (p->spec->kind != ST_PICTURE_STFT)
        return height * p->rows - 0.5;
    return row_at_hz(p, p->low_hz * st_pow(p->high_hz / p->low_hz, height));
}

static double height_at_hz(const plot *p, double hz) {
    if (p->spec->kind != ST_PICTURE_STFT)
        return (row_at_hz(p, hz) + 0.5) / p->rows;
    return st_log(hz / p->low_hz) / st_log(p->high_hz / p->low_hz);
}

/* --- levels --- */

static float fill_levels(plot *p) {
    float top = 0.0f;
    for (int c = 0; c < p->columns; c++) {
        float *column = p->level + (size_t)c * (size_t)p->rows;
        st_grid_column(p->grid, c, column);
        for (int r = 0; r < p->rows; r++)
            top = column[r] > top ? column[r] : top;
    }
    return top;
}

static void to_db(plot *p, float top) {
    double per_decade = p->spec->kind == ST_PICTURE_CQT ? 20.0 : 10.0;
    double one = p->spec->full_scale > 0.0 ? p->spec->full_scale
                 : top > 0.0f              ? (double)top
                                           : 1.0;
    double peak = top > 0.0f ? per_decade * st_log10((double)top / one) : 0.0;
    p->top = ceil(peak / 10.0 - 1e-6) * 10.0;
    p->bottom = p->top - p->spec->range_db;
    float scale = (float)(per_decade * 0.30102999566398120);
    float shift = (float)(per_decade * st_log10(one));
    size_t n = (size_t)p->rows * (size_t)p->columns;
    for (size_t i = 0; i < n; i++)
        p->level[i] = st_log2f(p->level[i]) * scale - shift;
}

static st_status prepare(plot *p) {
    const st_picture_spec *s = p->spec;
    p->rows = st_grid_rows(p->grid);
    p->columns = st_grid_columns(p->grid);
    p->x = LEFT;
    p->y = TOP;
    p->width = s->width - LEFT - RIGHT;
    p->height = s->height - TOP - BOTTOM;
    p->low_hz = s->low_hz;
    p->high_hz = s->high_hz > 0.0 ? s->high_hz : s->rate_hz / 2.0;
    if (in_octaves(s->kind))
        p->high_hz = s->low_hz * st_exp2((p->rows - 1.0) / s->per_octave);
    p->seconds = (double)st_grid_frames(p->grid) * s->hop / s->rate_hz;
    p->seconds = s->seconds > 0.0 ? s->seconds : p->seconds;
    p->level =
        st_calloc((size_t)p->rows * (size_t)(p->columns + 1), sizeof(float));
    if (p->level == NULL)
        return ST_NO_MEM;
    float top = fill_levels(p);
    p->top = 1.0;
    p->bottom = 0.0;
    if (s->kind != ST_PICTURE_CHROMA)
        to_db(p, top);
    return ST_OK;
}

/* --- the plot --- */

/* Colour-bar place 0..1 of a level. */
static double share_of(const plot *p, double level) {
    double share = (level - p->bottom) / (p->top - p->bottom);
    return share < 0.0 ? 0.0 : share > 1.0 ? 1.0 : share;
}

static st_rgb colour_of(const plot *p, double level) {
    return p->colours[(int)rint(share_of(p, level) * (ST_COLOURS - 1))];
}

/* Of a pixel that covers rows from..to: the greatest of them; where rows are
 * wider than pixels, spectra are drawn smooth and bands as steps. */
static float level_over(const plot *p, const float *column, double from,
                        double to) {
    int first = (int)ceil(from), last = (int)floor(to);
    int top = p->rows - 1;
    bool smooth = p->spec->kind == ST_PICTURE_STFT ||
                  p->spec->kind == ST_PICTURE_MULTIRES;
    if (first > last && smooth) {
        double middle = 0.5 * (from + to);
        int low = (int)floor(middle);
        if (low < 0 || low >= top)
            return column[low < 0 ? 0 : top];
        float part = (float)(middle - low);
        return column[low] + part * (column[low + 1] - column[low]);
    }
    if (first > last)
        first = last = (int)rint(0.5 * (from + to));
    first = first < 0 ? 0 : first > top ? top : first;
    last = last < first ? first : last > top ? top : last;
    float best = column[first];
    for (int r = first + 1; r <= last; r++)
        best = column[r] > best ? column[r] : best;
    return best;
}

/* Frame f is centred on f * hop; a column stands for `step` frames. */
static double column_at(const plot *p, double seconds) {
    double frame = seconds * p->spec->rate_hz / p->spec->hop;
    return (frame + 0.5) / (double)st_grid_step(p->grid);
}

static void draw_column(plot *p, int x) {
    int first = (int)column_at(p, p->seconds * x / p->width);
    int last = (int)ceil(column_at(p, p->seconds * (x + 1) / p->width)) - 1;
    first = first >= p->columns ? p->columns - 1 : first;
    last = last < first ? first : last >= p->columns ? p->columns - 1 : last;
    for (int y = 0; y < p->height; y++) {
        double from = row_at(p, (double)(p->height - 1 - y) / p->height);
        double to = row_at(p, (double)(p->height - y) / p->height);
        float level = -1e30f;
        for (int c = first; c <= last; c++) {
            const float *column = p->level + (size_t)c * (size_t)p->rows;
            float here = level_over(p, column, from, to);
            level = here > level ? here : level;
        }
        st_canvas_box(&p->canvas, p->x + x, p->y + y, 1, 1,
                      colour_of(p, (double)level));
    }
}

static void draw_frame(plot *p, int x, int y, int width, int height) {
    st_canvas_box(&p->canvas, x - 1, y - 1, width + 2, 1, ink);
    st_canvas_box(&p->canvas, x - 1, y + height, width + 2, 1, ink);
    st_canvas_box(&p->canvas, x - 1, y - 1, 1, height + 2, ink);
    st_canvas_box(&p->canvas, x + width, y - 1, 1, height + 2, ink);
}

static void draw_centred(plot *p, int middle, int y, const char *text,
                         st_rgb colour) {
    int width = st_canvas_text_width(text);
    st_canvas_text(&p->canvas, middle - width / 2, y, text, colour);
}

static void draw_plot(plot *p) {
    if (p->columns == 0)
        st_canvas_box(&p->canvas, p->x, p->y, p->width, p->height,
                      p->colours[0]);
    for (int x = 0; p->columns > 0 && x < p->width; x++)
        draw_column(p, x);
    draw_frame(p, p->x, p->y, p->width, p->height);
    bool silent = true;
    size_t n = (size_t)p->rows * (size_t)p->columns;
    float floor_db = p->spec->kind == ST_PICTURE_CHROMA ? 0.0f : -300.0f;
    for (size_t i = 0; silent && i < n; i++)
        silent = p->level[i] <= floor_db;
    if (silent)
        draw_centred(p, p->x + p->width / 2, p->y + p->height / 2 - LINE / 2,
                     p->columns == 0 ? "nothing to show" : "silence", paper);
}

/* --- around it --- */

static void draw_title(plot *p) {
    char text[TITLE_MAX] = "";
    if (p->spec->title == NULL)
        return;
    snprintf(text, sizeof text, "%s", p->spec->title);
    size_t length = strlen(text);
    while (length > 3 && st_canvas_text_width(text) > p->width) {
        length--;
        memcpy(text + length - 3, "...", 4);
    }
    st_canvas_text(&p->canvas, p->x, (TOP - LINE) / 2, text, ink);
}

static void draw_time_axis(plot *p) {
    st_tick ticks[ST_AXIS_TICKS];
    int base = p->y + p->height;
    int count = st_axis_time(p->seconds, p->width / 90 + 1, ticks);
    for (int i = 0; p->seconds > 0.0 && i < count; i++) {
        int x = p->x + (int)(ticks[i].value / p->seconds * (p->width - 1));
        st_canvas_box(&p->canvas, x, base, 1, TICK, ink);
        draw_centred(p, x, base + TICK + 4, ticks[i].text, ink);
    }
    draw_centred(p, p->x + p->width / 2, base + TICK + 4 + LINE + 10,
                 st_axis_time_unit(p->seconds), faint);
}

static void tick_left(plot *p, double height, const char *text, int *next) {
    int y = p->y + (int)((1.0 - height) * (p->height - 1));
    if (height < -0.001 || height > 1.001)
        return;
    st_canvas_box(&p->canvas, p->x - TICK, y, TICK, 1, ink);
    if (y + LINE / 2 > *next)
        return;
    int width = st_canvas_text_width(text);
    st_canvas_text(&p->canvas, p->x - TICK - 5 - width, y - LINE / 2, text,
                   ink);
    *next = y - LINE / 2 - 4;
}

/* From the bottom up; a label that would touch the last one is left out. */
static void draw_hz_axis(plot *p) {
    st_tick ticks[ST_AXIS_TICKS];
    bool notes = p->spec->kind == ST_PICTURE_CQT;
    bool mel = p->spec->kind == ST_PICTURE_MEL;
    double low = p->low_hz > 100.0 || !mel ? p->low_hz : 100.0;
    int count = notes ? st_axis_notes(p->low_hz, p->high_hz, ticks)
                      : st_axis_hz(low, p->high_hz, ticks);
    int next = p->spec->height;
    for (int i = 0; i < count; i++)
        tick_left(p, height_at_hz(p, ticks[i].value), ticks[i].text, &next);
}

static void draw_class_axis(plot *p) {
    static const char *const name[12] = {"C",  "C#", "D",  "D#", "E",  "F",
                                         "F#", "G",  "G#", "A",  "A#", "B"};
    int next = p->spec->height;
    for (int k = 0; k < 12; k++)
        tick_left(p, (k + 0.5) / 12.0, name[k], &next);
}

static void draw_left_axis(plot *p) {
    static const char *const what[] = {
        "frequency (Hz), log", "frequency (Hz), mel", "note (A4 = 440 Hz)",
        "pitch class", "frequency (Hz), log"};
    const char *text = what[p->spec->kind];
    if (p->spec->kind == ST_PICTURE_CHROMA)
        draw_class_axis(p);
    else
        draw_hz_axis(p);
    int width = st_canvas_text_width(text);
    st_canvas_text_up(&p->canvas, 8, p->y + (p->height + width) / 2, text,
                      faint);
}

static void bar_tick(plot *p, int x, double level, const char *text) {
    double share = (level - p->bottom) / (p->top - p->bottom);
    int y = p->y + (int)((1.0 - share) * (p->height - 1));
    st_canvas_box(&p->canvas, x, y, TICK, 1, ink);
    st_canvas_text(&p->canvas, x + TICK + 4, y - LINE / 2, text, ink);
}

static void draw_bar(plot *p) {
    int x = p->x + p->width + BAR_GAP;
    for (int y = 0; y < p->height; y++) {
        int at = (p->height - 1 - y) * (ST_COLOURS - 1) / (p->height - 1);
        st_canvas_box(&p->canvas, x, p->y + y, BAR, 1, p->colours[at]);
    }
    draw_frame(p, x, p->y, BAR, p->height);
    const char *unit = "dB";
    if (p->spec->kind == ST_PICTURE_CHROMA) {
        unit = "share";
        bar_tick(p, x + BAR, 0.0, "0");
        bar_tick(p, x + BAR, 0.5, "0.5");
        bar_tick(p, x + BAR, 1.0, "1");
    } else {
        st_tick ticks[ST_AXIS_TICKS];
        int count = st_axis_db(p->bottom, p->top, ticks);
        for (int i = 0; i < count; i++)
            bar_tick(p, x + BAR, ticks[i].value, ticks[i].text);
        unit = p->spec->full_scale > 0.0 ? "dBFS" : "dB";
    }
    st_canvas_text(&p->canvas, x, p->y - LINE - 8, unit, faint);
}

st_status st_picture_png(const st_grid *grid, const st_picture_spec *spec,
                         unsigned char **bytes, size_t *size) {
    plot p = {.grid = grid, .spec = spec};
    if (!valid(grid, spec))
        return ST_BAD_ARG;
    st_status status =
        st_canvas_init(&p.canvas, spec->width, spec->height, paper);
    if (status == ST_OK)
        status = prepare(&p);
    if (status == ST_OK) {
        st_colours_fill(p.colours);
        draw_plot(&p);
        draw_title(&p);
        draw_time_axis(&p);
        draw_left_axis(&p);
        draw_bar(&p);
        status = st_canvas_png(&p.canvas, bytes, size);
    }
    st_free(p.level);
    st_canvas_deinit(&p.canvas);
    return status;
}
