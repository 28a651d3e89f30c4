#include "mix/decide.h"

#include <math.h>

#define STAGE_LUFS (-18.0) /* level at which chains work */
#define STAGE_PEAK (-6.0)  /* dBFS it never brings a stem over */
#define OFFSET 0.0005      /* mean that counts as an offset: -66 dBFS */
#define UPSIDE_DOWN (-0.6) /* correlation of left and right */

/* An offset that is there all the time is there in the quietest 10 ms too. What
 * is not (lopsided waves, silence before and after) would get one by taking
 * the mean away; the high-pass sees to it. */
static bool lasts(const st_stem_facts *f, double dc) {
    int quietest = 0;
    while (quietest < ST_HEAR_LEVELS && f->level[quietest] == 0)
        quietest++;
    if (quietest == ST_HEAR_LEVELS) /* shorter than that */
        return false;
    double db = 20.0 * log10(fabs(dc)) + 3.01;
    return ST_HEAR_LOWEST + quietest > db - 2.0;
}

static void mend_polarity(const st_mix_case *c, int i) {
    const st_stem_facts *f = &c->heard->stem[i];
    st_move *m = &c->recipe->stem[i].move[ST_STRIP_POLARITY];
    if (c->recipe->stem[i].channels == 2 &&
        f->meter.correlation < UPSIDE_DOWN) {
        st_move_set(m, ST_POLARITY_RIGHT, 1);
        st_move_why(m,
                    "The right channel is upside down (correlation %.2f): it "
                    "was turned over, or the stem would cancel in mono.",
                    f->meter.correlation);
    }
    bool wet = false;
    for (int ch = 0; ch < c->recipe->stem[i].channels; ch++)
        if (fabs(f->meter.channel[ch].dc) > OFFSET &&
            lasts(f, f->meter.channel[ch].dc)) {
            st_move_set(m, ST_DC_LEFT + ch, f->meter.channel[ch].dc);
            wet = true;
        }
    if (wet && m->reason[0] == '\0')
        st_move_why(m,
                    "It stands off the middle by %.2f %% of full scale: the "
                    "offset was taken out, it costs headroom.",
                    100 * f->meter.dc_max);
}

/* -1, 1: which way b stands to a in their files; 0 when they do not tell. */
static int relation(const st_mix_case *c, int a, int b) {
    st_align_pair p;
    st_stems_pair(c->heard->stems, a, b, &p);
    bool late = fabs(p.delay_frames) > 0.002 * c->heard->rate_hz;
    if (p.kind == ST_ALIGN_APART || late || p.coherence < 0.5)
        return 0;
    return p.polarity < 0 ? -1 : 1;
}

static void turn(const st_mix_case *c, int a, int b) {
    st_mix_stem *stem = &c->recipe->stem[b];
    st_move *m = &stem->move[ST_STRIP_POLARITY];
    for (int ch = 0; ch < stem->channels; ch++) {
        bool turned = m->value[ST_POLARITY_LEFT + ch] > 0.5;
        st_move_set(m, ST_POLARITY_LEFT + ch, turned ? 0 : 1);
    }
    st_move_why(m,
                "It holds what %s holds, upside down: together they cancel, so "
                "it was turned over.",
                c->recipe->stem[a].name);
}

/* A stem that is another one upside down would take it away. Each follows the
 * first before it that it has to do with, as that one was left. */
static void mend_pairs(const st_mix_case *c) {
    int way[ST_MIX_STEMS]; /* -1: turned as a whole */
    for (int b = 0; b < c->heard->count; b++) {
        const st_move *m = &c->recipe->stem[b].move[ST_STRIP_POLARITY];
        bool given = m->given && m->on && m->value[ST_POLARITY_LEFT] > 0.5;
        int a = 0, stands = 0;
        while (a < b && (stands = relation(c, a, b)) == 0)
            a++;
        way[b] = given ? -1 : 1;
        if (m->given || stands == 0 || stands * way[a] > 0)
            continue;
        way[b] = -1;
        turn(c, a, b);
    }
}

static void stage(const st_mix_case *c, int i) {
    const st_stem_facts *f = &c->heard->stem[i];
    st_move *m = &c->recipe->stem[i].move[ST_STRIP_STAGING];
    if (f->silent)
        return;
    double gain =
        fmin(STAGE_LUFS - f->lufs, STAGE_PEAK - f->meter.sample_peak_dbfs);
    st_move_set(m, ST_STAGING_GAIN, round(gain * 100) / 100);
    st_move_why(m,
                "%+.1f dB into the chain, taken back at the fader: it works at "
                "%.0f LUFS with its peaks under %.0f dBFS.",
                m->value[ST_STAGING_GAIN], STAGE_LUFS, STAGE_PEAK);
}

void st_rules_mend(const st_mix_case *c) {
    for (int i = 0; i < c->heard->count; i++) {
        mend_polarity(c, i);
        stage(c, i);
    }
    mend_pairs(c);
}
