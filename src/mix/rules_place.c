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
#define LEAN 0.05             /* part of a pan */
#define SAME_ROLE 0.5         /* beside an overlap of 0..1 */

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

/* What a stem weighs on its side at its pan: an amplitude, so that three quiet
 * ones do not have to stand against one loud one. */
static double weight(const st_mix_case *c, int i, double pan) {
    return fabs(pan) * pow(10.0, st_mix_loudness(c, i) / 20.0);
}

/* Stereo stems lean as their files do; that only decides what is even
 * otherwise. */
static double leaning(const st_mix_case *c, int i) {
    double db = c->heard->stem[i].meter.balance_db;
    return isfinite(db) && !narrow(c, i) ? LEAN * fmin(fmax(-db / 12.0, -1), 1)
                                         : 0.0;
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

/* As far as its role may stand. */
static double reach(const st_mix_case *c, int i) {
    st_role role = c->recipe->stem[i].role;
    return role >= 0 ? farthest[role] * c->wishes->taste->width : 0.0;
}

static void place_one(const st_mix_case *c, int i, double pan) {
    st_move *m = &c->recipe->stem[i].move[ST_STRIP_PLACE];
    st_move_set(m, ST_PLACE_PAN, pan);
    st_move_why(m,
                "%.0f %% %s: away from what shares its range, and from the "
                "middle, which belongs to voice, bass and drums.",
                100.0 * fabs(pan), pan < 0 ? "left" : "right");
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

/* --- sides --- */

/* Stems that have a side: pans that stand, and those that get one. */
typedef struct {
    const st_mix_case *c;
    int count, stem[ST_MIX_STEMS]; /* to be placed, the loudest first */
    double pan[ST_MIX_STEMS];      /* of all; of those to be placed: how far */
    double pull[ST_MIX_STEMS][ST_MIX_STEMS]; /* of j < i, on one side */
} sides;

static double pull(const sides *s, int i, int j) {
    const st_mix_stem *stem = s->c->recipe->stem;
    if (s->pan[i] == 0.0 || s->pan[j] == 0.0)
        return 0.0;
    double alike = overlap(&s->c->heard->stem[i], &s->c->heard->stem[j]) +
                   (stem[i].role == stem[j].role ? SAME_ROLE : 0.0);
    return weight(s->c, i, s->pan[i]) * weight(s->c, j, s->pan[j]) *
           (0.5 + alike);
}

/* Way 0 goes from side to side, from the loudest on the left. */
static bool goes_right(const sides *s, unsigned way, int n) {
    unsigned turned = way >> (s->count - 1 - n) & 1;
    return (turned ^ ((unsigned)n & 1)) != 0;
}

/* How uneven it is one way: its bits, from the highest of `count` on, say
 * which stems are turned from way 0. */
static double uneven(const sides *s, unsigned way) {
    double side[ST_MIX_STEMS], sum = 0.0;
    int stems = s->c->recipe->stems;
    for (int i = 0; i < stems; i++)
        side[i] = s->pan[i] < 0.0 ? -1.0 : 1.0;
    for (int n = 0; n < s->count; n++)
        side[s->stem[n]] = goes_right(s, way, n) ? 1.0 : -1.0;
    for (int i = 0; i < stems; i++)
        for (int j = 0; j < i; j++)
            sum += side[i] * side[j] * s->pull[i][j];
    return sum;
}

/* All ways are tried: what shares most ends on different sides, and none
 * weighs more than the other. Of equals the first. */
static void place_all(sides *s) {
    unsigned best = 0;
    for (int i = 0; i < s->c->recipe->stems; i++)
        for (int j = 0; j < i; j++)
            s->pull[i][j] = pull(s, i, j);
    double least = uneven(s, 0);
    for (unsigned way = 1; way < 1u << s->count; way++) {
        double now = uneven(s, way);
        if (now < least - 1e-9 * fabs(least)) {
            least = now;
            best = way;
        }
    }
    for (int n = 0; n < s->count; n++)
        place_one(s->c, s->stem[n],
                  s->pan[s->stem[n]] * (goes_right(s, best, n) ? 1.0 : -1.0));
}

/* Behind all that are louder. */
static void add(sides *s, int i) {
    int at = s->count++;
    double lufs = st_mix_loudness(s->c, i);
    for (; at > 0 && st_mix_loudness(s->c, s->stem[at - 1]) < lufs; at--)
        s->stem[at] = s->stem[at - 1];
    s->stem[at] = i;
}

/* A pan that stands: the user's, the one of a mix, what a file leans to. */
static bool stands(const st_mix_case *c, int i, double *pan) {
    const st_move *m = &c->recipe->stem[i].move[ST_STRIP_PLACE];
    pan[i] = leaning(c, i);
    if (c->heard->stem[i].silent)
        pan[i] = 0.0;
    else if (m->given && narrow(c, i))
        pan[i] = st_move_value(m, ST_PLACE_PAN);
    else
        return follow(c, i, pan) || !narrow(c, i);
    return true;
}

void st_rules_place(const st_mix_case *c) {
    sides s = {.c = c};
    for (int i = 0; i < c->recipe->stems; i++) {
        bool silent = c->heard->stem[i].silent;
        if (!silent && !narrow(c, i) && !c->wishes->same_song)
            widen(c, i);
        if (stands(c, i, s.pan))
            continue;
        s.pan[i] = round(100.0 * reach(c, i)) / 100.0;
        if (s.pan[i] > 0.0)
            add(&s, i);
    }
    place_all(&s);
}
