#include "mix/rich.h"

#include "support/signals.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    st_role role;
    int channels;
} rows[RICH_STEMS] = {
    {"kick", ST_ROLE_KICK, 1},     {"bass", ST_ROLE_BASS, 1},
    {"keys", ST_ROLE_KEYS, 2},     {"voice", ST_ROLE_LEAD_VOCAL, 1},
    {"kit", ST_ROLE_DRUMS_BUS, 2},
};

static void set_eqs(st_move *eq, int seed) {
    for (int i = 0; i < ST_MIX_EQS; i++) {
        st_move_set(&eq[i], ST_EQ_TYPE, (seed + i) % 3);
        st_move_set(&eq[i], ST_EQ_HZ, 60.0 * pow(2.7, i) + 7 * seed);
        st_move_set(&eq[i], ST_EQ_Q, 0.7 + 0.2 * i);
        st_move_set(&eq[i], ST_EQ_GAIN, (i % 2 ? 1.5 : -2.0) - 0.1 * seed);
    }
}

static void set_compressor(st_move *m, double threshold_db) {
    st_move_set(m, ST_COMP_THRESHOLD, threshold_db);
    st_move_set(m, ST_COMP_RATIO, 2.3);
    st_move_set(m, ST_COMP_MAKEUP, 1.25);
    st_move_set(m, ST_COMP_DETECTOR_HZ, 90);
}

static void set_dyneqs(st_move *m, int stem) {
    for (int i = 0; i < ST_MIX_DYNEQS; i++) {
        st_move_set(&m[i], ST_DYN_TYPE, i % 3);
        st_move_set(&m[i], ST_DYN_HZ, 150.0 * pow(3.0, i));
        st_move_set(&m[i], ST_DYN_THRESHOLD, -40);
        st_move_set(&m[i], ST_DYN_RANGE, 2.5);
        m[i].source = i == 0   ? 0
                      : i == 3 ? 0x1b
                               : 1u << (stem + i) % RICH_STEMS;
    }
}

static void set_strip(st_mix_stem *s, int i) {
    st_move *m = s->move;
    st_move_set(&m[ST_STRIP_STAGING], ST_STAGING_GAIN, 3.5 - i);
    st_move_set(&m[ST_STRIP_POLARITY], ST_POLARITY_LEFT, i % 2);
    st_move_set(&m[ST_STRIP_POLARITY], ST_POLARITY_RIGHT, i == 2);
    st_move_set(&m[ST_STRIP_POLARITY], ST_DC_LEFT, 0.002 * i);
    st_move_set(&m[ST_STRIP_HIGHPASS], ST_FILTER_HZ, 25 + 20 * i);
    st_move_set(&m[ST_STRIP_LOWPASS], ST_FILTER_HZ, 16000 - 700 * i);
    set_eqs(&m[ST_STRIP_EQ], i);
    set_dyneqs(&m[ST_STRIP_DYNEQ], i);
    st_move_set(&m[ST_STRIP_DEESSER], ST_DEESS_THRESHOLD, -12);
    m[ST_STRIP_DEESSER].on = i == RICH_VOICE || i == RICH_KEYS;
    set_compressor(&m[ST_STRIP_COMPRESSOR], -26 + i);
    st_move_set(&m[ST_STRIP_FADER], ST_FADER_GAIN, -4.0 + 0.7 * i);
    st_move_set(&m[ST_STRIP_PLACE], ST_PLACE_PAN, -0.5 + 0.3 * i);
    st_move_set(&m[ST_STRIP_PLACE], ST_PLACE_WIDTH, 80 + 12 * i);
    st_move_set(&m[ST_STRIP_REVERB], ST_SEND_LEVEL, -22 + i);
    st_move_set(&m[ST_STRIP_DELAY], ST_SEND_LEVEL, -25 - i);
}

static void set_bus(st_move *m, int b) {
    set_eqs(&m[ST_BUSMOVE_EQ], b + 1);
    set_compressor(&m[ST_BUSMOVE_COMPRESSOR], -24 - b);
    st_move_set(&m[ST_BUSMOVE_TRANSIENT], ST_TRANSIENT_ATTACK, 2.0 - b);
    st_move_set(&m[ST_BUSMOVE_TRANSIENT], ST_TRANSIENT_SUSTAIN, -1.0);
    m[ST_BUSMOVE_TRANSIENT].on = b != ST_BUS_MUSIC;
    st_move_set(&m[ST_BUSMOVE_PARALLEL], ST_PARALLEL_MIX, 0.2);
    st_move_set(&m[ST_BUSMOVE_FADER], ST_FADER_GAIN, 0.5 - b);
}

static void set_duck(st_mix_recipe *r, uint64_t source, int target, double low,
                     double high) {
    st_move *m = &r->duck[r->ducks++];
    m->source = source;
    m->target = target;
    st_move_set(m, ST_DUCK_LOW, low);
    st_move_set(m, ST_DUCK_HIGH, high);
    st_move_set(m, ST_DUCK_DEPTH, 2.0);
    st_move_set(m, ST_DUCK_LOOKAHEAD, 6.0 + r->ducks);
}

void rich_make(st_mix_recipe *r, int rate_hz) {
    st_mix_recipe_init(r);
    r->rate_hz = rate_hz;
    r->tempo_bpm = 120.5;
    strcpy(r->preset, "Pop");
    for (int i = 0; i < RICH_STEMS; i++) {
        (void)st_mix_recipe_add(r, rows[i].name, rows[i].role,
                                rows[i].channels);
        set_strip(&r->stem[i], i);
    }
    for (int b = 0; b < ST_BUS_COUNT; b++)
        set_bus(r->bus[b], b);
    set_duck(r, 1u << RICH_KICK, RICH_BASS, 40, 120);
    set_duck(r, 0x11, RICH_KEYS, 0, 0);
    set_duck(r, 1u << RICH_VOICE, ST_TARGET_BUS + ST_BUS_MUSIC, 0, 0);
    set_duck(r, 0x09, ST_TARGET_BUS + ST_BUS_DRUM, 30, 200);
    st_move_set(&r->reverb, ST_REVERB_DECAY, 0.4);
    st_move_set(&r->delay, ST_DELAY_LEFT, 130);
    st_move_set(&r->delay, ST_DELAY_FEEDBACK, 0.2);
    set_eqs(r->mix, 4);
    st_move_set(&r->mix[ST_MIXMOVE_PLACE], ST_PLACE_WIDTH, 93);
    st_move_set(&r->mix[ST_MIXMOVE_FADER], ST_FADER_GAIN, -3.21);
}

/* --- any values --- */

static void randomise(st_move *m, uint64_t seed, uint64_t n, int stems) {
    const st_move_info *about = st_move_about(m->kind);
    m->on = m->given = true;
    for (int i = 0; i < about->count; i++) {
        const st_move_field *f = &about->field[i];
        double u = sig_uniform(seed, n * 64 + (uint64_t)i);
        m->value[i] = f->min + u * (f->max - f->min);
        if (f->choices != NULL || strncmp(f->name, "invert", 6) == 0)
            m->value[i] = floor(u * (f->max + 1));
    }
    double pct = 100.0 * sig_uniform(seed, n * 64 + 20);
    m->amount = pct / 100.0; /* as the reader makes it */
    if (m->kind == ST_MOVE_DYNAMIC_EQ || m->kind == ST_MOVE_DUCK)
        m->source = 1 + (uint64_t)(sig_uniform(seed, n * 64 + 21) *
                                   (double)((1u << stems) - 2));
    if (m->kind == ST_MOVE_DUCK)
        m->target = n % 2 ? (int)(n % (uint64_t)stems)
                          : ST_TARGET_BUS + (int)(n / 2 % ST_BUS_COUNT);
    snprintf(m->reason, sizeof m->reason,
             "Grund Nr. %d: \"so\" \xc3\xa4 \\ %.3f.", (int)n, m->amount);
}

void rich_random(st_mix_recipe *r, uint64_t seed) {
    st_mix_recipe_init(r);
    r->rate_hz = 44100;
    r->tempo_bpm = 20 + 380 * sig_uniform(seed, 1u << 30);
    strcpy(r->preset, "Hip-Hop");
    for (int i = 0; i < ST_MIX_STEMS; i++) {
        char name[32];
        snprintf(name, sizeof name, "stem %d", i);
        (void)st_mix_recipe_add(r, name, (st_role)i, 1 + i % 2);
        snprintf(r->stem[i].hash, sizeof r->stem[i].hash, "blake2b:%d", i);
    }
    r->ducks = ST_MIX_DUCKS;
    st_move_walk walk = {0};
    uint64_t n = 0;
    for (st_move *m; (m = st_mix_recipe_next(r, &walk)) != NULL; n++)
        randomise(m, seed, n, ST_MIX_STEMS);
}

/* --- sound --- */

static void hits(float *x, size_t frames, int rate_hz, double hz, double s) {
    for (size_t i = 0; i < frames; i++) {
        double t = fmod((double)i / rate_hz, s);
        x[i] = (float)(0.6 * exp(-t * 18) * sin(6.28318530717958 * hz * t));
    }
}

void rich_sound(int stem, float *left, float *right, size_t frames,
                int rate_hz) {
    static const double chord[] = {261.6, 329.6, 392.0, 5200.0};
    static const double levels[] = {-18, -20, -19, -30};
    switch (stem) {
    case RICH_KICK:
        hits(left, frames, rate_hz, 55, 0.5);
        break;
    case RICH_BASS:
        sig_sine(left, frames, rate_hz, 82.4, -12, 0.3);
        sig_add_sine(left, frames, rate_hz, 329.6, -26, 0.1);
        break;
    case RICH_VOICE:
        sig_bursts(left, frames, rate_hz, 440, 0.3, 0.2, -10);
        sig_add_sine(left, frames, rate_hz, 7300, -24, 0.0);
        break;
    case RICH_DRUMS:
        sig_drums(left, right, frames, rate_hz, 5);
        break;
    default:
        sig_tones(left, frames, rate_hz, chord, levels, 4);
        sig_tones(right, frames, rate_hz, chord, levels, 3);
        sig_add_sine(right, frames, rate_hz, 900, -30, 1.0);
    }
}
