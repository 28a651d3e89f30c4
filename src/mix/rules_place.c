#include "mix/decide.h"

#include <math.h>
#include <stdlib.h>

/* How far from the middle a mono stem may stand, by role, at full width of the
 * taste: 0 stays in the middle. */
static const double farthest[ST_ROLE_COUNT] = {
    [ST_ROLE_HATS] = 0.35,         [ST_ROLE_CYMBALS] = 0.4,
    [ST_ROLE_TOMS] = 0.4,          [ST_ROLE_PERCUSSION] = 0.6,
    [ST_ROLE_KEYS] = 0.5,          [ST_ROLE_GUITAR] = 0.7,
    [ST_ROLE_SYNTH] = 0.5,         [ST_ROLE_STRINGS] = 0.45,
    [ST_ROLE_BRASS] = 0.45,        [ST_ROLE_WOODWIND] = 0.4,
    [ST_ROLE_BACKING_VOCAL] = 0.5, [ST_ROLE_FX] = 0.4,
};
/* Side gain of stereo stems, %, by role; 0: as it is. */
static const double widths[ST_ROLE_COUNT] = {
    [ST_ROLE_KICK] = 30,   [ST_ROLE_BASS] = 40,
    [ST_ROLE_SYNTH] = 112, [ST_ROLE_STRINGS] = 112,
    [ST_ROLE_KEYS] = 106,  [ST_ROLE_BACKING_VOCAL] = 112,
    [ST_ROLE_FX] = 112,    [ST_ROLE_GUITAR] = 106,
};

/* S over M power under which a stereo file counts as mono. */
#define NARROW 0.005
#define LEAST_CORRELATION 0.2 /* of a stem that is widened */

static bool narrow(const st_mix_case *c, int i) {
    return c->recipe->stem[i].channels == 1 ||
           c->heard->stem[i].meter.width < NARROW;
}

/* How much two stems share: correlation of their spectra in dB over -60. */
static double overlap(const st_stem_facts *a, const st_stem_facts *b) {
    double sum = 0.0, x2 = 0.0, y2 = 0.0;
    for (int k = 0; k < ST_SPECTRUM_BANDS; k++) {
        double x = fmax(a->band_db[k] - a->lufs + 50, 0);
        double y = fmax(b->band_db[k] - b->lufs + 50, 0);
        sum += x * y;
        x2 += x * x;
        y2 += y * y;
    }
    return x2 > 0 && y2 > 0 ? sum / sqrt(x2 * y2) : 0;
}

static double power(const st_mix_case *c, int i) {
    return pow(10.0, st_mix_loudness(c, i) / 10.0);
}

/* -1 or 1: away from what shares most with it, towards the lighter side. */
static int side_for(const st_mix_case *c, int i, const double *pan) {
    double left = 0.0, all = 1e-12;
    for (int j = 0; j < c->recipe->stems; j++) {
        if (j == i || c->heard->stem[j].silent || pan[j] == 0.0)
            continue;
        double share = overlap(&c->heard->stem[i], &c->heard->stem[j]);
        double weight = power(c, j) * fabs(pan[j]) * (0.5 + share);
        left += pan[j] < 0.0 ? weight : -weight;
        all += weight;
    }
    if (fabs(left) < 1e-9 * all)
        return i % 2 == 0 ? -1 : 1;
    return left > 0.0 ? 1 : -1;
}

/* Pans of stereo stems count as what their files lean to. */
static double leaning(const st_mix_case *c, int i) {
    double db = c->heard->stem[i].meter.balance_db;
    return isfinite(db) && !narrow(c, i) ? fmin(fmax(-db / 12.0, -1), 1) : 0.0;
}

/* Where a mix of these stems has it. */
static bool follow(const st_mix_case *c, int i, double *pan) {
    const st_session_file *f = &c->session->file[c->heard->file[i]];
    st_move *m = &c->recipe->stem[i].move[ST_STRIP_PLACE];
    if (!f->in_mix)
        return false;
    pan[i] = fabs(f->mix_pan) < 0.01 ? 0.0 : round(100 * f->mix_pan) / 100;
    if (pan[i] == 0.0)
        return true;
    st_move_set(m, ST_PLACE_PAN, pan[i]);
    st_move_why(m, "%.0f %% %s, as in the reference.", 100 * fabs(pan[i]),
                pan[i] < 0 ? "left" : "right");
    return true;
}

static void place_one(const st_mix_case *c, int i, double *pan) {
    st_role role = c->recipe->stem[i].role;
    st_move *m = &c->recipe->stem[i].move[ST_STRIP_PLACE];
    double far = role >= 0 ? farthest[role] * c->wishes->taste->width : 0.0;
    if (far == 0.0)
        return;
    int side = side_for(c, i, pan);
    pan[i] = round(100.0 * side * far) / 100.0;
    st_move_set(m, ST_PLACE_PAN, pan[i]);
    st_move_why(m,
                "%.0f %% %s: away from what shares its range, and from the "
                "middle, which belongs to voice, bass and drums.",
                100.0 * far, side < 0 ? "left" : "right");
}

static void widen(const st_mix_case *c, int i) {
    st_role role = c->recipe->stem[i].role;
    const st_meter_result *meter = &c->heard->stem[i].meter;
    st_move *m = &c->recipe->stem[i].move[ST_STRIP_PLACE];
    double pct = role >= 0 ? widths[role] : 0.0;
    if (pct == 0.0 || (pct > 100.0 && meter->correlation < LEAST_CORRELATION))
        return;
    st_move_set(m, ST_PLACE_WIDTH, pct);
    if (pct < 100.0)
        st_move_why(m,
                    "Side at %.0f %%: low notes belong in the middle, where "
                    "both speakers carry them.",
                    pct);
    else
        st_move_why(m,
                    "Side at %.0f %%: it surrounds the voice instead of "
                    "standing in its place (correlation %.2f).",
                    pct, meter->correlation);
}

/* The loudest first: they have to be balanced, the rest fills in. */
void st_rules_place(const st_mix_case *c) {
    double pan[ST_MIX_STEMS] = {0};
    bool done[ST_MIX_STEMS] = {false};
    for (int i = 0; i < c->recipe->stems; i++) {
        pan[i] = leaning(c, i);
        done[i] = c->heard->stem[i].silent || !narrow(c, i);
        if (!c->heard->stem[i].silent)
            done[i] |= follow(c, i, pan);
        if (!c->heard->stem[i].silent && !narrow(c, i) && !c->wishes->same_song)
            widen(c, i);
    }
    for (int n = 0; n < c->recipe->stems; n++) {
        int next = -1;
        for (int i = 0; i < c->recipe->stems; i++)
            if (!done[i] &&
                (next < 0 || st_mix_loudness(c, i) > st_mix_loudness(c, next)))
                next = i;
        if (next < 0)
            break;
        done[next] = true;
        place_one(c, next, pan);
    }
}
