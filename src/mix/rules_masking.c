#include "mix/decide.h"

#include "core/math.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BANDS = ST_SPECTRUM_BANDS, LOWEST = 3, CUTS = 3 };

/* Who gives way to whom: a stem with a lower figure makes room. */
static const double rank[ST_ROLE_COUNT] = {
    [ST_ROLE_KICK] = 4,       [ST_ROLE_SNARE] = 3.5,
    [ST_ROLE_HATS] = 1,       [ST_ROLE_CYMBALS] = 1,
    [ST_ROLE_TOMS] = 2,       [ST_ROLE_PERCUSSION] = 1,
    [ST_ROLE_DRUMS_BUS] = 3,  [ST_ROLE_BASS] = 4,
    [ST_ROLE_KEYS] = 2,       [ST_ROLE_GUITAR] = 2,
    [ST_ROLE_SYNTH] = 2,      [ST_ROLE_STRINGS] = 1.5,
    [ST_ROLE_BRASS] = 2,      [ST_ROLE_WOODWIND] = 2,
    [ST_ROLE_LEAD_VOCAL] = 5, [ST_ROLE_BACKING_VOCAL] = 2,
    [ST_ROLE_FX] = 0.5,
};

/* A band of a stem carries it where it is this near its loudest then. */
#define CARRIES_DB 18.0
/* From here on a neighbour is in the way: it stands this far over it. */
#define NEAR_DB (-4.0)
#define MOST_DB 12.0 /* more excess counts no more: a cut cannot mend it */
#define WORTH_DB 1.2 /* mean excess from which a cut is worth making */
#define ALWAYS 0.6   /* share of time from which the cut may stand still */
#define BELOW_DB 6.0 /* of the key, where a dynamic cut begins */

/* What masker m does in a band to all that stand above it. */
typedef struct {
    double score;  /* excess, dB, weighted by rank, summed over stems */
    double excess; /* mean dB to the stem that suffers most */
    double share;  /* of that stem's time in the band */
    int victim;
} wound;

static double rank_of(const st_mix_case *c, int i) {
    st_role role = c->recipe->stem[i].role;
    return role >= 0 ? rank[role] : 1.5;
}

static double fader_db(const st_mix_case *c, int i) {
    return st_move_value(&c->recipe->stem[i].move[ST_STRIP_FADER],
                         ST_FADER_GAIN);
}

/* Excess of masker over victim in each band: sums over the cells in which the
 * victim is carried there. */
static void compare(const st_mix_case *c, int masker, int victim,
                    double *excess, double *hurt, double *carried) {
    const st_bandgram *a = st_stems_gram(c->heard->stems, masker);
    const st_bandgram *b = st_stems_gram(c->heard->stems, victim);
    int64_t cells = st_bandgram_cells(b);
    if (st_bandgram_cells(a) < cells)
        cells = st_bandgram_cells(a);
    double lift = 100.0 * (fader_db(c, masker) - fader_db(c, victim));
    for (int64_t i = 0; i < cells; i++) {
        const int16_t *x = st_bandgram_cell(a, i), *y = st_bandgram_cell(b, i);
        int top = ST_BANDGRAM_FLOOR;
        for (int k = 0; k < BANDS; k++)
            top = y[k] > top ? y[k] : top;
        for (int k = LOWEST; k < BANDS && top > -7000; k++) {
            if (y[k] < top - 100.0 * CARRIES_DB)
                continue;
            double over = 0.01 * (x[k] + lift - y[k]) - NEAR_DB;
            carried[k]++;
            hurt[k] += over > 0.0;
            excess[k] += fmin(fmax(over, 0.0), MOST_DB);
        }
    }
}

static void wounds_of(const st_mix_case *c, int masker, wound *w) {
    memset(w, 0, BANDS * sizeof *w);
    for (int s = 0; s < c->recipe->stems; s++) {
        double excess[BANDS] = {0}, hurt[BANDS] = {0}, carried[BANDS] = {0};
        double weight = rank_of(c, s) - rank_of(c, masker);
        if (s == masker || weight < 0.75 || c->heard->stem[s].silent)
            continue;
        compare(c, masker, s, excess, hurt, carried);
        double most = 1.0;
        for (int k = 0; k < BANDS; k++)
            most = fmax(most, carried[k]);
        for (int k = LOWEST; k < BANDS; k++) {
            if (carried[k] < 0.15 * most)
                continue;
            double mean = excess[k] / carried[k];
            double score = mean * fmin(weight, 2.0) * sqrt(carried[k] / most);
            w[k].score += score;
            if (mean > w[k].excess) {
                w[k].excess = mean;
                w[k].share = hurt[k] / carried[k];
                w[k].victim = s;
            }
        }
    }
}

static double band_hz(int band) {
    return 20.0 *
           st_exp2((band + 0.5) * (9.965784284662087 / ST_SPECTRUM_BANDS));
}

/* Where it is worst, in words: "at 1:02" and the section's letter. */
static void where(const st_mix_case *c, int masker, int victim, char *text,
                  size_t room) {
    st_mask_span span =
        st_masking_span(st_stems_masking(c->heard->stems), masker, victim);
    const st_listen_result *h = st_listen_get(c->heard->listen);
    double s = 0.5 * (span.from_s + span.to_s);
    text[0] = '\0';
    if (span.share <= 0.0)
        return;
    int used =
        snprintf(text, room, ", worst about %d:%02d", (int)s / 60, (int)s % 60);
    for (int64_t i = 0; h->harmony != NULL && i < h->harmony->section_count;
         i++)
        if (h->harmony->sections[i].start_s <= s &&
            s < h->harmony->sections[i].end_s && (size_t)used < room)
            snprintf(text + used, room - (size_t)used, " in section %s",
                     h->harmony->sections[i].label);
}

static void cut_keyed(const st_mix_case *c, int masker, int slot, int band,
                      double depth, const wound *w) {
    st_mix_stem *stem = &c->recipe->stem[masker];
    st_move *m = &stem->move[ST_STRIP_DYNEQ + slot];
    char place[64];
    const st_move *staging = &c->recipe->stem[w->victim].move[ST_STRIP_STAGING];
    double level = c->heard->stem[w->victim].band_db[band] + 3.01 +
                   (staging->on ? staging->value[ST_STAGING_GAIN] : 0.0);
    if (m->given)
        return;
    where(c, masker, w->victim, place, sizeof place);
    m->source = (uint64_t)1 << w->victim;
    st_move_set(m, ST_DYN_TYPE, 0);
    st_move_set(m, ST_DYN_HZ, round(band_hz(band)));
    st_move_set(m, ST_DYN_Q, 1.4);
    st_move_set(m, ST_DYN_THRESHOLD, round(10.0 * (level - BELOW_DB)) / 10.0);
    st_move_set(m, ST_DYN_RATIO, 3);
    st_move_set(m, ST_DYN_RANGE, depth);
    st_move_set(m, ST_DYN_ATTACK, 8);
    st_move_set(m, ST_DYN_RELEASE, 140);
    st_move_why(m,
                "Up to -%.1f dB at %.0f Hz while %s plays: masks it there in "
                "%.0f %% of its time%s.",
                depth, m->value[ST_DYN_HZ], c->recipe->stem[w->victim].name,
                100.0 * w->share, place);
}

static int worst(const wound *w) {
    int best = -1;
    for (int k = LOWEST; k < BANDS; k++)
        if (w[k].excess > WORTH_DB && (best < 0 || w[k].score > w[best].score))
            best = k;
    return best;
}

/* The next slot from `at` on that the user left open. */
static int open_slot(const st_move *slots, int at, int count) {
    while (at < count && slots[at].given)
        at++;
    return at;
}

static void make_room(const st_mix_case *c, int masker) {
    const st_move *move = c->recipe->stem[masker].move;
    wound w[BANDS];
    int keyed = 0;
    wounds_of(c, masker, w);
    for (int n = 0; n < CUTS; n++) {
        int k = worst(w);
        if (k < 0)
            return;
        double depth = round(10.0 * fmin(fmax(0.6 * w[k].excess, 1), 4)) / 10.0;
        keyed = open_slot(&move[ST_STRIP_DYNEQ], keyed, ST_MIX_DYNEQS);
        if (w[k].share < ALWAYS && keyed < ST_MIX_DYNEQS)
            cut_keyed(c, masker, keyed++, k, depth, &w[k]);
        for (int b = k - 1; b <= k + 1; b++)
            if (b >= 0 && b < BANDS)
                w[b].excess = 0.0;
    }
}

void st_rules_masking(const st_mix_case *c) {
    for (int i = 0; i < c->recipe->stems; i++)
        if (!c->heard->stem[i].silent)
            make_room(c, i);
}
