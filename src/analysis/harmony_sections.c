#include "analysis/harmony_impl.h"

#include "core/alloc.h"
#include "core/math.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    CLASSES = 12,
    SLOTS = 4, /* of a bar */
    BANDS = 28,
    HARMONY = SLOTS * CLASSES,
    WIDTH = 2 * HARMONY + BANDS,
    MOST_BARS = 2048,
    BAR_STEPS = 4, /* where no downbeat is known */
    SHORTEST = 2,  /* bars of a section */
    LONGEST = 32,
    KERNEL = 4, /* bars to each side of a boundary */
    LABELS = 26
};

#define UNSURE 0.2 /* confidence of a boundary */
#define SAME 0.55f /* likeness of sections of one label */

/* Costs of a section, beside its fresh start: */
#define EVEN 0.6f /* of 2, 6, 10 bars */
#define ODD 1.0f
#define OCTAVE 0.4f /* of seconds, away from the usual */
#define USUAL_S 10.0
#define FRESH 1.0f /* what novelty is worth */

/* Bars, what they sound like and how much alike they are. */
typedef struct {
    st_steps slots; /* SLOTS a bar */
    int64_t bars;
    float *look;  /* [bars][WIDTH] */
    float *alike; /* [bars][bars], 0..1 */
} music;

static void release(music *m) {
    st_steps_free(&m->slots);
    st_free(m->look);
    st_free(m->alike);
}

/* --- bars --- */

/* First steps of bars: each BAR_STEPS. */
static int64_t even_bars(int64_t steps, int64_t *first) {
    int64_t bars = 0;
    for (int64_t i = 0; i < steps; i += BAR_STEPS)
        first[bars++] = i;
    first[bars] = steps;
    return bars;
}

/* First steps of bars from downbeats, at most twice BAR_STEPS apart; what
 * stands before the first or after the last and is no bar joins it. */
static int64_t bar_starts(const st_steps *steps, int64_t *first) {
    int64_t bars = 0, one = -1, two = -1, n = steps->count;
    for (int64_t i = 0; i < n && two < 0; i++)
        if (steps->strong[i])
            *(one < 0 ? &one : &two) = i;
    if (two < 0)
        return even_bars(n, first);
    double bar_s = steps->at[two] - steps->at[one];
    first[bars++] = 0;
    for (int64_t i = 1; i < n; i++) {
        double gone = steps->at[i] - steps->at[first[bars - 1]];
        double left = steps->at[n] - steps->at[i];
        bool starts = steps->strong[i] || i - first[bars - 1] >= 2 * BAR_STEPS;
        bool upbeat = i == one && gone < 0.75 * bar_s;
        if (starts && !upbeat && left > 0.5 * bar_s)
            first[bars++] = i;
    }
    first[bars] = n;
    return bars;
}

static st_status cut_bars(music *m, const st_steps *steps) {
    int64_t *first = st_calloc((size_t)steps->count + 2, sizeof *first);
    if (first == NULL)
        return ST_NO_MEM;
    int64_t bars = bar_starts(steps, first), join = 1;
    while ((bars + join - 1) / join > MOST_BARS)
        join *= 2;
    m->bars = (bars + join - 1) / join;
    m->slots.count = m->bars * SLOTS;
    m->slots.at = st_calloc((size_t)m->slots.count + 1, sizeof(double));
    for (int64_t b = 0; m->slots.at != NULL && b < m->bars; b++) {
        int64_t end = (b + 1) * join < bars ? (b + 1) * join : bars;
        double from = steps->at[first[b * join]], to = steps->at[first[end]];
        for (int k = 0; k <= SLOTS; k++)
            m->slots.at[b * SLOTS + k] = from + (to - from) * k / SLOTS;
    }
    st_free(first);
    return m->slots.at != NULL ? ST_OK : ST_NO_MEM;
}

/* --- looks --- */

/* How much each pitch class is in the chords of a cell. */
static void chord_notes(const float *logs, float *out) {
    static const uint8_t notes[ST_HARMONYNET_QUALITIES][4] = {
        {0, 4, 7, 0}, {0, 3, 7, 0},  {0, 3, 6, 0},  {0, 4, 8, 0},
        {0, 5, 7, 0}, {0, 4, 7, 10}, {0, 4, 7, 11}, {0, 3, 7, 10}};
    memset(out, 0, CLASSES * sizeof *out);
    for (int i = 0; i < ST_CHORD_NONE; i++) {
        float p = st_exp2f(logs[i] * 1.44269504f);
        int root = i / ST_HARMONYNET_QUALITIES;
        for (int k = 0; k < 4; k++)
            out[(root + notes[i % ST_HARMONYNET_QUALITIES][k]) % CLASSES] += p;
    }
}

/* Takes the mean from a group of columns and scales it to `weight` a bar; what
 * hardly changes is not blown up. */
static void level_group(music *m, int from, int width, float weight) {
    double mean[WIDTH] = {0}, raw = 0.0, moved = 0.0;
    for (int64_t b = 0; b < m->bars; b++)
        for (int k = 0; k < width; k++) {
            double v = (double)m->look[b * WIDTH + from + k];
            mean[k] += v / (double)m->bars;
            raw += v * v;
        }
    for (int64_t b = 0; b < m->bars; b++)
        for (int k = 0; k < width; k++) {
            float *v = &m->look[b * WIDTH + from + k];
            *v -= (float)mean[k];
            moved += (double)*v * (double)*v;
        }
    double power = (moved > 0.02 * raw ? moved : 0.02 * raw) / (double)m->bars;
    float scale = power > 0.0 ? (float)sqrt((double)weight / power) : 0.0f;
    for (int64_t b = 0; b < m->bars; b++)
        for (int k = 0; k < width; k++)
            m->look[b * WIDTH + from + k] *= scale;
}

static void look_at(music *m, const float *chords, const float *notes) {
    for (int64_t s = 0; s < m->slots.count; s++) {
        float *look = m->look + s / SLOTS * WIDTH;
        float *harmony = look + s % SLOTS * CLASSES;
        double cells = (m->slots.at[s + 1] - m->slots.at[s]) /
                       (st_cell_start_s(1) - st_cell_start_s(0));
        float share = cells > 0.0 ? (float)(1.0 / cells) : 0.0f;
        for (int k = 0; k < CLASSES; k++)
            harmony[k] = share * chords[s * CLASSES + k];
        for (int k = 0; k < ST_CELL_NOTES; k++) {
            float v = share * notes[s * ST_CELL_NOTES + k];
            harmony[HARMONY + k % CLASSES] += v;
            look[2 * HARMONY + k * BANDS / ST_CELL_NOTES] += v;
        }
    }
    level_group(m, 0, HARMONY, 0.5f);
    level_group(m, HARMONY, HARMONY, 0.25f);
    level_group(m, 2 * HARMONY, BANDS, 0.25f);
}

static st_status see(music *m, const float *logs, const float *rows,
                     int64_t cells) {
    size_t slots = (size_t)m->slots.count;
    float *tones = st_calloc((size_t)cells * CLASSES, sizeof *tones);
    float *chords = st_calloc(slots * CLASSES, sizeof *chords);
    float *notes = st_calloc(slots * ST_CELL_NOTES, sizeof *notes);
    m->look = st_calloc((size_t)m->bars * WIDTH, sizeof *m->look);
    bool whole = tones && chords && notes && m->look;
    for (int64_t c = 0; whole && c < cells; c++)
        chord_notes(logs + c * ST_HARMONYNET_CHORDS, tones + c * CLASSES);
    if (whole) {
        st_steps_gather(&m->slots, tones, cells, CLASSES, chords);
        st_steps_gather(&m->slots, rows, cells, ST_CELL_NOTES, notes);
        look_at(m, chords, notes);
    }
    st_free(tones);
    st_free(chords);
    st_free(notes);
    return whole ? ST_OK : ST_NO_MEM;
}

/* --- likeness --- */

static float distance(const float *a, const float *b) {
    float lane[4] = {0};
    for (int i = 0; i < WIDTH; i += 4)
        for (int k = 0; k < 4; k++)
            lane[k] += (a[i + k] - b[i + k]) * (a[i + k] - b[i + k]);
    return (lane[0] + lane[1]) + (lane[2] + lane[3]);
}

static st_status compare(music *m) {
    size_t n = (size_t)m->bars;
    m->alike = st_calloc(n * n, sizeof *m->alike);
    if (m->alike == NULL)
        return ST_NO_MEM;
    for (size_t a = 0; a < n; a++)
        for (size_t b = 0; b <= a; b++) {
            float d = distance(m->look + a * WIDTH, m->look + b * WIDTH);
            float s = st_exp2f(-d);
            m->alike[a * n + b] = s;
            m->alike[b * n + a] = s;
        }
    return ST_OK;
}

static float mean_alike(const music *m, int64_t a, int64_t a_end, int64_t b,
                        int64_t b_end) {
    float sum = 0.0f;
    for (int64_t i = a; i < a_end; i++)
        for (int64_t k = b; k < b_end; k++)
            sum += m->alike[i * m->bars + k];
    return sum / (float)((a_end - a) * (b_end - b));
}

/* -1..1: how much more alike the bars on each side are than across. */
static float novelty(const music *m, int64_t bar) {
    int64_t from = bar > KERNEL ? bar - KERNEL : 0;
    int64_t to = bar + KERNEL < m->bars ? bar + KERNEL : m->bars;
    if (bar <= 0 || bar >= m->bars)
        return 0.0f;
    float inside =
        mean_alike(m, from, bar, from, bar) + mean_alike(m, bar, to, bar, to);
    return inside / 2 - mean_alike(m, from, bar, bar, to);
}

/* Bars from here on that repeat bars before, as a mean along the diagonal. */
static float diagonal(const music *m, int64_t a, int64_t b, int64_t count) {
    float sum = 0.0f;
    for (int64_t i = 0; i < count; i++)
        sum += m->alike[(a + i) * m->bars + b + i];
    return sum / (float)count;
}

/* --- sections --- */

/* Cost of a length: multiples of four bars of about USUAL_S are usual. */
static float length_cost(int64_t bars, double seconds) {
    float cost = bars % 4 == 0 ? 0.0f : bars % 2 == 0 ? EVEN : ODD;
    return cost + OCTAVE * (float)fabs(st_log2(seconds / USUAL_S));
}

/* first[0..count]: bars at which sections begin, and the end. */
static st_status divide(const music *m, int64_t *first, int64_t *count) {
    size_t n = (size_t)m->bars + 1;
    float *cost = st_calloc(n, sizeof *cost),
          *fresh = st_calloc(n, sizeof *fresh);
    int64_t *from = st_calloc(n, sizeof *from);
    bool whole = cost && fresh && from;
    for (int64_t b = 0; whole && b <= m->bars; b++)
        fresh[b] = novelty(m, b);
    for (int64_t end = 1; whole && end <= m->bars; end++) {
        cost[end] = 1e30f;
        for (int64_t b = end > LONGEST ? end - LONGEST : 0; b < end; b++) {
            if (end - b < SHORTEST && b > 0 && end < m->bars)
                continue;
            double s = m->slots.at[end * SLOTS] - m->slots.at[b * SLOTS] + 1e-3;
            float c = cost[b] + length_cost(end - b, s) - FRESH * fresh[b];
            if (c < cost[end]) {
                cost[end] = c;
                from[end] = b;
            }
        }
    }
    *count = 0;
    for (int64_t b = m->bars; whole && b > 0; b = from[b])
        first[(*count)++] = from[b];
    for (int64_t i = 0; i < *count / 2; i++) {
        int64_t swap = first[i];
        first[i] = first[*count - 1 - i];
        first[*count - 1 - i] = swap;
    }
    first[*count] = m->bars;
    st_free(cost);
    st_free(fresh);
    st_free(from);
    return whole ? ST_OK : ST_NO_MEM;
}

/* The label of the earlier section that is most alike, or a new one. */
static void name_sections(const music *m, const int64_t *first, int64_t count,
                          int *label) {
    int labels = 0;
    for (int64_t i = 0; i < count; i++) {
        float top = SAME;
        label[i] = -1;
        for (int64_t k = 0; k < i; k++) {
            int64_t a = first[i + 1] - first[i], b = first[k + 1] - first[k];
            float d = diagonal(m, first[i], first[k], a < b ? a : b);
            if (d > top) {
                top = d;
                label[i] = label[k];
            }
        }
        if (label[i] < 0)
            label[i] = labels < LABELS ? labels++ : LABELS - 1;
    }
}

/* Cut only because sections have a usual length: nothing returns, for nothing
 * ever changed. */
static bool one_and_the_same(const st_section *s, int64_t count) {
    for (int64_t i = 1; i < count; i++)
        if (s[i].confidence >= UNSURE || strcmp(s[i].label, "A") != 0)
            return false;
    return count > 0;
}

static st_status tell(const music *m, st_section **out, int64_t *count) {
    size_t n = (size_t)m->bars + 1;
    int64_t *first = st_calloc(n, sizeof *first);
    int *label = st_calloc(n, sizeof *label);
    st_section *made = NULL;
    st_status status = first && label ? divide(m, first, count) : ST_NO_MEM;
    if (status == ST_OK) {
        made = st_calloc((size_t)*count, sizeof *made);
        status = made != NULL ? ST_OK : ST_NO_MEM;
    }
    if (status == ST_OK) {
        name_sections(m, first, *count, label);
        for (int64_t i = 0; i < *count; i++) {
            float fresh = i == 0 ? 1.0f : 2.0f * novelty(m, first[i]);
            fresh = fresh < 0.0f ? 0.0f : fresh > 1.0f ? 1.0f : fresh;
            made[i] = (st_section){.start_s = m->slots.at[first[i] * SLOTS],
                                   .end_s = m->slots.at[first[i + 1] * SLOTS],
                                   .confidence = (double)fresh};
            snprintf(made[i].label, sizeof made[i].label, "%c",
                     (char)('A' + label[i]));
        }
        if (one_and_the_same(made, *count)) {
            made[0].end_s = made[*count - 1].end_s;
            *count = 1;
        }
        *out = made;
    }
    st_free(first);
    st_free(label);
    return status;
}

st_status st_harmony_sections(const float *logs, const float *rows,
                              int64_t cells, const st_steps *steps,
                              st_section **out, int64_t *count) {
    music m = {0};
    st_status status = cut_bars(&m, steps);
    if (status == ST_OK)
        status = see(&m, logs, rows, cells);
    if (status == ST_OK)
        status = compare(&m);
    if (status == ST_OK)
        status = tell(&m, out, count);
    release(&m);
    return status;
}
