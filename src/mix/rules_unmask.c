#include "mix/decide.h"

#include "core/alloc.h"
#include "core/math.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* EQ that brings down the masked share (docs/measures.md: the part of a stem's
 * 26 bands x 400 ms cells that lie 12 dB or more under the sum of the others)
 * of the stems that carry the song. Bells are tried one by one at the faders
 * decided, and the one that helps most is kept, until none is worth itself. */

enum {
    BANDS = ST_SPECTRUM_BANDS,
    LOWEST = 2,
    REACH = 5,                   /* bands to either side that a bell moves */
    STEP_WAYS = 2 * (REACH + 1), /* a step down or up, at each distance */
    CELLS = 1500,                /* at most, of 400 ms */
    BELLS = 3,                   /* of a stem */
    STEPS = 40                   /* moves of a bell, all stems together */
};
#define HIDDEN 16.848931924611136 /* 12 dB, and itself: sum over own power */
#define SILENT 1e-9               /* a cell's power: -90 dBFS */
#define BELL_Q 1.4
#define MOST_CUT (-3.6)
#define MOST_LIFT 2.4
#define STEP_DB 1.2
/* What a dB squared has to earn, of shares weighted by rank. */
#define PRICE 0.00025
#define LIFT_PRICE 2.0 /* a lift has to earn so much more than a cut */

typedef struct {
    int band;
    double gain;
} bell;

typedef struct {
    const st_mix_case *c;
    int stems, cells;
    float *power[ST_MIX_STEMS]; /* [BANDS][cells] at the faders */
    float *sum;                 /* [BANDS][cells] */
    double weight[ST_MIX_STEMS];
    double whole[ST_MIX_STEMS]; /* cells x bands in which it sounds */
    double hidden[ST_MIX_STEMS][BANDS];
    double gain[ST_MIX_STEMS][BANDS]; /* dB of its bells */
    /* what a step of a bell so many bands off earns in a band */
    double earned[ST_MIX_STEMS][BANDS][STEP_WAYS];
    bell bells[ST_MIX_STEMS][BELLS];
    int count[ST_MIX_STEMS];
} board;

/* Who carries the song counts more, and most who leads it. */
#define LEADS 12.0

static double weight_of(st_role role) {
    switch (role) {
    case ST_ROLE_BASS:
        return 12.0;
    case ST_ROLE_KICK:
    case ST_ROLE_SNARE:
        return 1.5;
    case ST_ROLE_FX:
        return 0.5;
    default:
        return 1.0;
    }
}

/* --- laying out --- */

static void fill_cell(board *b, int stem, int cell, double fader) {
    const st_bandgram *g = st_stems_gram(b->c->heard->stems, stem);
    int64_t first = (int64_t)cell * 4, all = st_bandgram_cells(g);
    for (int64_t i = first; i < first + 4 && i < all; i++) {
        const int16_t *level = st_bandgram_cell(g, i);
        for (int k = 0; k < BANDS; k++)
            b->power[stem][k * b->cells + cell] +=
                (float)st_exp2((0.01 * level[k] + fader) * 0.33219280948873626);
    }
}

/* Cells in which it is silent count for nothing. */
static void fill_stem(board *b, int stem) {
    const st_move *m = b->c->recipe->stem[stem].move;
    double fader = st_move_value(&m[ST_STRIP_FADER], ST_FADER_GAIN);
    float *power = b->power[stem];
    for (int t = 0; t < b->cells; t++) {
        double own = 0.0;
        fill_cell(b, stem, t, fader);
        for (int k = 0; k < BANDS; k++)
            own += (double)power[k * b->cells + t];
        b->whole[stem] += own > SILENT ? BANDS : 0;
        for (int k = 0; own <= SILENT && k < BANDS; k++)
            power[k * b->cells + t] = 0.0f;
    }
}

/* Cells in which p, `mine` times as high, is hidden once own has changed by
 * `factor` in the sum. */
static int hidden_of(const float *p, float mine, const float *sum,
                     const float *own, float factor, int cells) {
    int count = 0;
    float least = mine * (float)HIDDEN;
    for (int t = 0; t < cells; t++)
        count += (p[t] > 0.0f) & (p[t] * least <= sum[t] + own[t] * factor);
    return count;
}

static const float *row(const board *b, const float *table, int band) {
    return table + (size_t)band * (size_t)b->cells;
}

static void count_hidden(board *b, int band) {
    const float *sum = row(b, b->sum, band);
    for (int i = 0; i < b->stems; i++) {
        const float *p = row(b, b->power[i], band);
        b->hidden[i][band] = hidden_of(p, 1.0f, sum, p, 0.0f, b->cells);
    }
}

/* dB of a bell of 1 dB, so many bands off its centre. */
static double shape(int distance) {
    double octaves = distance * (9.965784284662087 / BANDS);
    double ratio = st_exp2(octaves), x = BELL_Q * (ratio - 1.0 / ratio);
    return 1.0 / (1.0 + x * x);
}

static double step_db(int way, int distance) {
    return (way == 0 ? -STEP_DB : STEP_DB) * shape(distance);
}

/* What the weighted shares gain when a band of a stem moves by db. */
static double earn_band(const board *b, int stem, int band, double db) {
    const float *own = row(b, b->power[stem], band);
    const float *sum = row(b, b->sum, band);
    float factor = (float)st_db_to_gain(2.0 * db) - 1.0f;
    double earned = 0.0;
    for (int j = 0; j < b->stems; j++)
        if (b->whole[j] > 0.0) {
            int count = hidden_of(row(b, b->power[j], band),
                                  j == stem ? 1.0f + factor : 1.0f, sum, own,
                                  factor, b->cells);
            earned += b->weight[j] * (b->hidden[j][band] - count) / b->whole[j];
        }
    return earned;
}

static void count_earned(board *b, int band) {
    for (int s = 0; s < b->stems; s++)
        for (int i = 0; i < STEP_WAYS; i++)
            b->earned[s][band][i] =
                b->whole[s] > 0.0
                    ? earn_band(b, s, band, step_db(i & 1, i >> 1))
                    : 0.0;
}

static bool make(board *b, const st_mix_case *c) {
    b->c = c;
    b->stems = c->recipe->stems;
    for (int i = 0; i < b->stems; i++) {
        int64_t its =
            (st_bandgram_cells(st_stems_gram(c->heard->stems, i)) + 3) / 4;
        b->cells = its > b->cells ? (int)(its < CELLS ? its : CELLS) : b->cells;
    }
    b->sum = st_calloc((size_t)b->cells * BANDS, sizeof(float));
    for (int i = 0; i < b->stems; i++) {
        b->power[i] = st_calloc((size_t)b->cells * BANDS, sizeof(float));
        if (b->power[i] == NULL)
            return false;
    }
    if (b->sum == NULL)
        return false;
    for (int i = 0; i < b->stems; i++) {
        b->weight[i] =
            i == st_mix_leader(c) ? LEADS : weight_of(c->recipe->stem[i].role);
        if (c->heard->stem[i].silent)
            continue;
        fill_stem(b, i);
        for (int k = 0; k < BANDS * b->cells; k++)
            b->sum[k] += b->power[i][k];
    }
    for (int k = 0; k < BANDS; k++) {
        count_hidden(b, k);
        count_earned(b, k);
    }
    return true;
}

static void drop(board *b) {
    for (int i = 0; i < ST_MIX_STEMS; i++)
        st_free(b->power[i]);
    st_free(b->sum);
    st_free(b);
}

/* --- trying --- */

static double cost(double gain) {
    return PRICE * gain * gain * (gain > 0.0 ? LIFT_PRICE : 1.0);
}

/* A bell of a stem about `centre` changed by a step: what it earns. */
static double earn(const board *b, int stem, int centre, double before,
                   int way) {
    double earned = cost(before) - cost(before + step_db(way, 0));
    for (int k = centre - REACH; k <= centre + REACH; k++) {
        if (k < 0 || k >= BANDS)
            continue;
        int distance = abs(k - centre);
        double now = b->gain[stem][k] + step_db(way, distance);
        if (now < MOST_CUT - 0.2 || now > MOST_LIFT + 0.2)
            return -1.0;
        earned += b->earned[stem][k][2 * distance + way];
    }
    return earned;
}

static void apply(board *b, int stem, int centre, double db) {
    for (int k = centre - REACH; k <= centre + REACH; k++) {
        if (k < 0 || k >= BANDS)
            continue;
        double step = db * shape(abs(k - centre));
        float factor = (float)st_db_to_gain(2.0 * step);
        float *p = b->power[stem] + (size_t)k * (size_t)b->cells;
        float *s = b->sum + (size_t)k * (size_t)b->cells;
        for (int t = 0; t < b->cells; t++) {
            s[t] += p[t] * (factor - 1.0f);
            p[t] *= factor;
        }
        b->gain[stem][k] += step;
        count_hidden(b, k);
    }
}

/* --- choosing --- */

typedef struct {
    int stem, bell, band;
    double db, earned;
} choice;

/* The n-th EQ band that the user did not give; ST_MIX_EQS: there is none. */
static int free_slot(const board *b, int stem, int n) {
    const st_move *eq = &b->c->recipe->stem[stem].move[ST_STRIP_EQ];
    int slot = 0;
    for (; slot < ST_MIX_EQS; slot++)
        if (!eq[slot].given && n-- == 0)
            break;
    return slot;
}

static bool may_add(const board *b, int stem) {
    int count = b->count[stem];
    return count < BELLS && free_slot(b, stem, count) < ST_MIX_EQS;
}

static void consider(const board *b, int stem, int bell_at, int band,
                     double before, choice *best) {
    for (int way = 0; way < 2; way++) {
        double db = step_db(way, 0), after = before + db;
        if (after < MOST_CUT - 0.01 || after > MOST_LIFT + 0.01)
            continue;
        double earned = earn(b, stem, band, before, way);
        if (earned > best->earned)
            *best = (choice){stem, bell_at, band, db, earned};
    }
}

static choice choose(const board *b) {
    choice best = {-1, 0, 0, 0.0, 0.0};
    for (int s = 0; s < b->stems; s++) {
        if (b->c->heard->stem[s].silent)
            continue;
        for (int i = 0; i < b->count[s]; i++)
            consider(b, s, i, b->bells[s][i].band, b->bells[s][i].gain, &best);
        for (int k = LOWEST; k < BANDS && may_add(b, s); k++) {
            bool near = false;
            for (int i = 0; i < b->count[s]; i++)
                near |= abs(b->bells[s][i].band - k) < 3;
            if (!near)
                consider(b, s, b->count[s], k, 0.0, &best);
        }
    }
    return best;
}

static void take(board *b, const choice *c) {
    bell *at = &b->bells[c->stem][c->bell];
    if (c->bell == b->count[c->stem]) {
        *at = (bell){c->band, 0.0};
        b->count[c->stem]++;
    }
    at->gain += c->db;
    apply(b, c->stem, c->band, c->db);
    for (int k = c->band - REACH; k <= c->band + REACH; k++)
        if (k >= 0 && k < BANDS)
            count_earned(b, k);
}

/* --- telling --- */

static double share(const board *b, int stem) {
    double sum = 0.0;
    for (int k = 0; k < BANDS; k++)
        sum += b->hidden[stem][k];
    return b->whole[stem] > 0.0 ? sum / b->whole[stem] : 0.0;
}

static double band_hz(int band) {
    return 20.0 * st_exp2((band + 0.5) * (9.965784284662087 / BANDS));
}

/* The stem that a bell helps most: without it more of that would be hidden. */
static int helped(board *b, int stem, const bell *one, double *from,
                  double *to) {
    double with[ST_MIX_STEMS] = {0};
    int best = stem;
    for (int i = 0; i < b->stems; i++)
        with[i] = share(b, i);
    apply(b, stem, one->band, -one->gain);
    *from = *to = 0.0;
    for (int i = 0; i < b->stems; i++)
        if (b->weight[i] * (share(b, i) - with[i]) >
            b->weight[best] * (*from - *to)) {
            best = i;
            *from = share(b, i);
            *to = with[i];
        }
    apply(b, stem, one->band, one->gain);
    return best;
}

static void write_bell(board *b, int stem, int i) {
    int slot = ST_STRIP_EQ + free_slot(b, stem, i);
    st_move *m = &b->c->recipe->stem[stem].move[slot];
    const bell *one = &b->bells[stem][i];
    double from, to;
    int who = helped(b, stem, one, &from, &to);
    st_move_set(m, ST_EQ_TYPE, 0);
    st_move_set(m, ST_EQ_HZ, round(band_hz(one->band)));
    st_move_set(m, ST_EQ_Q, BELL_Q);
    st_move_set(m, ST_EQ_GAIN, round(10 * one->gain) / 10);
    if (who == stem)
        st_move_why(m,
                    "%+.1f dB at %.0f Hz: brings it out from under the rest "
                    "(hidden %.1f %% instead of %.1f %%).",
                    one->gain, m->value[ST_EQ_HZ], 100 * to, 100 * from);
    else
        st_move_why(m,
                    "%+.1f dB at %.0f Hz: masks %s (of which %.1f %% is "
                    "hidden with this, %.1f %% without).",
                    one->gain, m->value[ST_EQ_HZ], b->c->recipe->stem[who].name,
                    100 * to, 100 * from);
}

void st_rules_unmask(const st_mix_case *c) {
    board *b = st_calloc(1, sizeof *b);
    if (b == NULL)
        return; /* a mix without this EQ is a mix */
    if (c->recipe->stems > 1 && make(b, c)) {
        for (int n = 0; n < STEPS; n++) {
            choice best = choose(b);
            if (best.stem < 0)
                break;
            take(b, &best);
        }
        for (int s = 0; s < b->stems; s++)
            for (int i = 0; i < b->count[s]; i++)
                if (fabs(b->bells[s][i].gain) > 0.1)
                    write_bell(b, s, i);
    }
    drop(b);
}
