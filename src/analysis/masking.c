#include "analysis/masking.h"

#include "core/alloc.h"
#include "core/math.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum {
    BANDS = ST_SPECTRUM_BANDS,
    ACTIVE_FLOOR = -9000, /* 0.01 dB, as all levels here */
    ACTIVE_DEPTH = 3600,  /* under the loudest band of the moment */
    SOUND_DEPTH = 3000,   /* of that under the loudest of the stem */
    SHARE_CELLS = 4,      /* 400 ms */
    SECOND = ST_BANDGRAM_RATE
};

static const double offset_db = 6.0;
static const double share_db = 12.0;
static const double named_edges[ST_MASK_BANDS + 1] = {
    20.0, 60.0, 250.0, 500.0, 2000.0, 4000.0, 6000.0, 20000.0};
static const char *const names[ST_MASK_BANDS] = {
    "sub", "bass", "low_mid", "mid", "high_mid", "presence", "air"};

struct st_masking {
    int count;
    double share[ST_MASK_MAX_STEMS];
    st_mask_figures *pairs; /* [masker][masked][band] */
    int64_t cells;          /* of the longest stem */
    int step;               /* cells in a point */
    int count_points;
    st_mask_point *points; /* [masker][masked][point] */
};

/* What does not change with the stems. */
typedef struct {
    float spread[BANDS][BANDS]; /* from, to: power, the offset in it */
    int named[BANDS];           /* which named band each belongs to */
    int width[ST_MASK_BANDS];   /* how many each gathers */
} model;

static double bark(double hz) {
    return 26.81 * hz / (1960.0 + hz) - 0.53;
}

static double spread_db(double barks) {
    double x = barks + 0.474;
    return 15.81 + 7.5 * x - 17.5 * sqrt(1.0 + x * x);
}

static void model_init(model *m) {
    double edges[BANDS + 1];
    double centre[BANDS];
    double offset = st_pow(10.0, -offset_db / 10.0);
    st_spectrum_band_edges(edges);
    memset(m, 0, sizeof *m);
    for (int b = 0; b < BANDS; b++) {
        centre[b] = sqrt(edges[b] * edges[b + 1]);
        while (centre[b] >= named_edges[m->named[b] + 1])
            m->named[b]++;
        m->width[m->named[b]]++;
    }
    for (int to = 0; to < BANDS; to++) {
        double share[BANDS];
        double sum = 0.0;
        for (int from = 0; from < BANDS; from++) {
            double db = spread_db(bark(centre[to]) - bark(centre[from]));
            share[from] = st_pow(10.0, fmin(db, 0.0) / 10.0);
            sum += share[from];
        }
        for (int from = 0; from < BANDS; from++)
            m->spread[from][to] = (float)(share[from] / sum * offset);
    }
}

static const int16_t *cell_of(const st_bandgram *gram, int64_t cell) {
    return cell < st_bandgram_cells(gram) ? st_bandgram_cell(gram, cell) : NULL;
}

/* Powers of a cell; a band at the floor is nothing. */
static void linear(const int16_t *cell, float power[BANDS]) {
    for (int b = 0; b < BANDS; b++) {
        bool there = cell != NULL && cell[b] > ST_BANDGRAM_FLOOR;
        float gain = there ? st_db_to_gainf((float)cell[b] * 0.01f) : 0.0f;
        power[b] = gain * gain;
    }
}

/* Threshold of each band in 0.01 dB. */
static void thresholds(const model *m, const int16_t *cell, float out[BANDS]) {
    float power[BANDS];
    float sum[BANDS] = {0};
    linear(cell, power);
    for (int from = 0; from < BANDS; from++)
        for (int to = 0; to < BANDS; to++)
            sum[to] += power[from] * m->spread[from][to];
    for (int b = 0; b < BANDS; b++)
        out[b] = sum[b] > 1e-13f ? 301.03f * st_log2f(sum[b]) : -13000.0f;
}

static int loudest_of(const int16_t *cell) {
    int loudest = ST_BANDGRAM_FLOOR;
    for (int b = 0; cell != NULL && b < BANDS; b++)
        loudest = cell[b] > loudest ? cell[b] : loudest;
    return loudest;
}

static int loudest_ever(const st_bandgram *gram) {
    int loudest = ST_BANDGRAM_FLOOR;
    for (int64_t i = 0; i < st_bandgram_cells(gram); i++) {
        int here = loudest_of(st_bandgram_cell(gram, i));
        loudest = here > loudest ? here : loudest;
    }
    return loudest;
}

/* Is each band of a cell active? `ever`: the loudest band of the stem over all
 * time. Returns how many are. */
static int active(const int16_t *cell, int ever, bool out[BANDS]) {
    int loudest = loudest_of(cell);
    int found = 0;
    for (int b = 0; b < BANDS; b++) {
        out[b] = cell != NULL && cell[b] > ACTIVE_FLOOR &&
                 loudest >= ever - SOUND_DEPTH &&
                 cell[b] >= loudest - ACTIVE_DEPTH;
        found += out[b];
    }
    return found;
}

/* ---- pairs ---- */

/* Sums of one pair while its cells pass. */
typedef struct {
    double active, hidden, excess, second, step;
} tally;

typedef struct {
    const model *m;
    const st_bandgram *const *grams;
    int count;
    int64_t cells;
    int step, count_points;
    float *limit; /* [stems][BANDS], of this cell */
    tally *tallies;
    st_mask_figures *pairs;
    st_mask_point *points;
} pass;

static void end_second(pass *p, int64_t cell) {
    int64_t start = cell / SECOND * SECOND;
    for (int i = 0; i < p->count * p->count; i++)
        for (int b = 0; b < ST_MASK_BANDS; b++) {
            tally *t = &p->tallies[i * ST_MASK_BANDS + b];
            st_mask_figures *f = &p->pairs[i * ST_MASK_BANDS + b];
            double mean = t->second / 100.0 / SECOND / p->m->width[b];
            if (mean > f->worst_db) {
                f->worst_db = mean;
                f->worst_s = (double)start / SECOND;
            }
            t->step += t->second;
            t->second = 0.0;
        }
}

/* Depth and band of every pair's point that ends with this cell; active and
 * hidden were counted as the cells passed. */
static void end_step(pass *p, int64_t cell) {
    int64_t at = cell / p->step;
    for (int i = 0; i < p->count * p->count; i++) {
        st_mask_point *point = &p->points[i * p->count_points + at];
        double sum = 0.0;
        double most = 0.0;
        point->band = -1;
        for (int b = 0; b < ST_MASK_BANDS; b++) {
            tally *t = &p->tallies[i * ST_MASK_BANDS + b];
            if (t->step > most) {
                most = t->step;
                point->band = b;
            }
            sum += t->step;
            t->step = 0.0;
        }
        if (point->hidden > 0)
            point->excess_db = (float)(sum / point->hidden / 100.0);
    }
}

/* `levels`: of the masked stem at `cell`. */
static void compare(pass *p, const int16_t *levels, int64_t cell, int masked,
                    const bool on[BANDS]) {
    for (int masker = 0; masker < p->count; masker++) {
        if (masker == masked)
            continue;
        const float *limit = p->limit + (size_t)masker * BANDS;
        size_t pair = (size_t)masker * p->count + masked;
        tally *t = p->tallies + pair * ST_MASK_BANDS;
        st_mask_point *point =
            p->points + pair * p->count_points + cell / p->step;
        for (int b = 0; b < BANDS; b++) {
            if (!on[b])
                continue;
            tally *band = &t[p->m->named[b]];
            double excess = (double)limit[b] - levels[b];
            band->active += 1.0;
            point->active++;
            if (excess > 0.0) {
                point->hidden++;
                band->hidden += 1.0;
                band->excess += excess;
                band->second += excess;
            }
        }
    }
}

static void pass_cells(pass *p) {
    int ever[ST_MASK_MAX_STEMS] = {0};
    for (int i = 0; i < p->count; i++)
        ever[i] = loudest_ever(p->grams[i]);
    for (int64_t cell = 0; cell < p->cells; cell++) {
        for (int i = 0; i < p->count; i++)
            thresholds(p->m, cell_of(p->grams[i], cell),
                       p->limit + (size_t)i * BANDS);
        for (int i = 0; i < p->count; i++) {
            bool on[BANDS];
            const int16_t *levels = cell_of(p->grams[i], cell);
            if (active(levels, ever[i], on) > 0)
                compare(p, levels, cell, i, on);
        }
        if (cell % SECOND == SECOND - 1 || cell == p->cells - 1)
            end_second(p, cell);
        if (cell % p->step == p->step - 1 || cell == p->cells - 1)
            end_step(p, cell);
    }
}

static void conclude(pass *p) {
    for (int i = 0; i < p->count * p->count * ST_MASK_BANDS; i++) {
        const tally *t = &p->tallies[i];
        st_mask_figures *f = &p->pairs[i];
        double room = (double)p->cells * p->m->width[i % ST_MASK_BANDS];
        f->active = room > 0.0 ? t->active / room : 0.0;
        f->share = t->active > 0.0 ? t->hidden / t->active : 0.0;
        f->excess_db = t->hidden > 0.0 ? t->excess / t->hidden / 100.0 : 0.0;
    }
}

/* ---- the share of a stem in the mix ---- */

static void add_cells(const st_bandgram *gram, int64_t first,
                      double sum[BANDS]) {
    float power[BANDS];
    for (int i = 0; i < SHARE_CELLS; i++) {
        linear(cell_of(gram, first + i), power);
        for (int b = 0; b < BANDS; b++)
            sum[b] += (double)power[b] / SHARE_CELLS;
    }
}

static void shares(st_masking *m, const st_bandgram *const *grams,
                   int64_t cells) {
    const double floor = st_pow(10.0, ACTIVE_FLOOR / 1000.0);
    const double ratio = st_pow(10.0, share_db / 10.0);
    double found[ST_MASK_MAX_STEMS] = {0};
    for (int64_t first = 0; first < cells; first += SHARE_CELLS) {
        double power[ST_MASK_MAX_STEMS][BANDS];
        double all[BANDS] = {0};
        memset(power, 0, sizeof power);
        for (int i = 0; i < m->count; i++) {
            add_cells(grams[i], first, power[i]);
            for (int b = 0; b < BANDS; b++)
                all[b] += power[i][b];
        }
        for (int i = 0; i < m->count; i++)
            for (int b = 0; b < BANDS; b++) {
                if (power[i][b] <= floor)
                    continue;
                found[i] += 1.0;
                m->share[i] += all[b] - power[i][b] >= ratio * power[i][b];
            }
    }
    for (int i = 0; i < m->count; i++)
        m->share[i] = found[i] > 0.0 ? m->share[i] / found[i] : 0.0;
}

/* ---- the public face ---- */

/* Steps for the cells at hand: whole seconds. */
static void choose_step(st_masking *m) {
    int64_t most = (int64_t)SECOND * ST_MASK_MAX_POINTS;
    int64_t seconds = (m->cells + most - 1) / most;
    m->step = (int)(seconds > 1 ? seconds : 1) * SECOND;
    m->count_points = (int)((m->cells + m->step - 1) / m->step);
}

static st_status pairs_new(st_masking *m, const st_bandgram *const *grams) {
    size_t pairs = (size_t)m->count * (size_t)m->count;
    size_t entries = pairs * ST_MASK_BANDS;
    choose_step(m);
    model *fixed = st_calloc(1, sizeof *fixed);
    pass p = {.m = fixed,
              .grams = grams,
              .count = m->count,
              .cells = m->cells,
              .step = m->step,
              .count_points = m->count_points};
    size_t points = pairs * (size_t)(p.count_points > 0 ? p.count_points : 1);
    p.limit = st_calloc((size_t)m->count * BANDS, sizeof(float));
    p.tallies = st_calloc(entries, sizeof(tally));
    m->pairs = st_calloc(entries, sizeof(st_mask_figures));
    m->points = st_calloc(points, sizeof(st_mask_point));
    p.pairs = m->pairs;
    p.points = m->points;
    st_status status = ST_NO_MEM;
    if (fixed != NULL && p.limit != NULL && p.tallies != NULL &&
        m->pairs != NULL && m->points != NULL) {
        model_init(fixed);
        pass_cells(&p);
        conclude(&p);
        status = ST_OK;
    }
    st_free(p.tallies);
    st_free(p.limit);
    st_free(fixed);
    return status;
}

st_status st_masking_new(st_masking **out, const st_bandgram *const *grams,
                         int count) {
    if (count < 1 || count > ST_MASK_MAX_STEMS)
        return ST_BAD_ARG;
    st_masking *m = st_calloc(1, sizeof *m);
    if (m == NULL)
        return ST_NO_MEM;
    m->count = count;
    for (int i = 0; i < count; i++)
        if (st_bandgram_cells(grams[i]) > m->cells)
            m->cells = st_bandgram_cells(grams[i]);
    st_status status = pairs_new(m, grams);
    if (status != ST_OK) {
        st_masking_free(m);
        return status;
    }
    shares(m, grams, m->cells);
    *out = m;
    return ST_OK;
}

void st_masking_free(st_masking *m) {
    if (m == NULL)
        return;
    st_free(m->points);
    st_free(m->pairs);
    st_free(m);
}

const char *st_mask_band_name(st_mask_band band) {
    return names[band];
}

void st_mask_band_edges(st_mask_band band, double *low_hz, double *high_hz) {
    *low_hz = named_edges[band];
    *high_hz = named_edges[band + 1];
}

const st_mask_figures *st_masking_pair(const st_masking *m, int masker,
                                       int masked, st_mask_band band) {
    assert(masker >= 0 && masker < m->count && masked >= 0 &&
           masked < m->count);
    return &m->pairs[((size_t)masker * m->count + masked) * ST_MASK_BANDS +
                     band];
}

int st_masking_step_s(const st_masking *m) {
    return m->step / SECOND;
}

const st_mask_point *st_masking_line(const st_masking *m, int masker,
                                     int masked, int *count) {
    assert(masker >= 0 && masker < m->count && masked >= 0 &&
           masked < m->count);
    *count = m->count_points;
    return m->points +
           ((size_t)masker * m->count + masked) * (size_t)m->count_points;
}

static double lost(const st_mask_point *point) {
    return (double)point->hidden * (double)point->excess_db;
}

/* The piece about the worst step, in s. */
static void find_worst(const st_masking *m, const st_mask_point *line,
                       st_mask_span *span) {
    int worst = 0;
    for (int i = 1; i < m->count_points; i++)
        worst = lost(&line[i]) > lost(&line[worst]) ? i : worst;
    double least = 0.5 * lost(&line[worst]);
    int from = worst;
    int to = worst + 1;
    while (from > 0 && lost(&line[from - 1]) >= least)
        from--;
    while (to < m->count_points && lost(&line[to]) >= least)
        to++;
    int64_t end = (int64_t)to * m->step;
    span->from_s = (double)from * m->step / SECOND;
    span->to_s = (double)(end < m->cells ? end : m->cells) / SECOND;
}

st_mask_span st_masking_span(const st_masking *m, int masker, int masked) {
    st_mask_span span = {0};
    double active = 0.0;
    double hidden = 0.0;
    double excess = 0.0;
    int count;
    const st_mask_point *line = st_masking_line(m, masker, masked, &count);
    for (int i = 0; i < count; i++) {
        active += line[i].active;
        hidden += line[i].hidden;
        excess += lost(&line[i]);
    }
    if (active > 0.0) {
        span.active = active / ((double)m->cells * BANDS);
        span.share = hidden / active;
    }
    if (hidden > 0.0) {
        span.excess_db = excess / hidden;
        span.weight_db = excess / ((double)m->cells * BANDS);
        find_worst(m, line, &span);
    }
    return span;
}

double st_masking_share(const st_masking *m, int stem) {
    assert(stem >= 0 && stem < m->count);
    return m->share[stem];
}

void st_masking_at(const st_bandgram *masker, const st_bandgram *masked,
                   int64_t cell, float excess_db[BANDS]) {
    model m;
    float limit[BANDS];
    bool on[BANDS];
    const int16_t *levels = cell_of(masked, cell);
    model_init(&m);
    thresholds(&m, cell_of(masker, cell), limit);
    (void)active(levels, loudest_ever(masked), on);
    for (int b = 0; b < BANDS; b++) {
        float excess = on[b] ? (limit[b] - (float)levels[b]) / 100.0f : 0.0f;
        excess_db[b] = excess > 0.0f ? excess : 0.0f;
    }
}
