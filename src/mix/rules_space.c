#include "mix/decide.h"

#include <math.h>

/* Level of the send, dB, by role; 0: none. */
static const double reverbs[ST_ROLE_COUNT] = {
    [ST_ROLE_SNARE] = -17,      [ST_ROLE_TOMS] = -18,
    [ST_ROLE_PERCUSSION] = -18, [ST_ROLE_DRUMS_BUS] = -24,
    [ST_ROLE_KEYS] = -18,       [ST_ROLE_GUITAR] = -19,
    [ST_ROLE_SYNTH] = -19,      [ST_ROLE_STRINGS] = -15,
    [ST_ROLE_BRASS] = -17,      [ST_ROLE_WOODWIND] = -15,
    [ST_ROLE_LEAD_VOCAL] = -17, [ST_ROLE_BACKING_VOCAL] = -14,
    [ST_ROLE_FX] = -18,         [ST_ROLE_CYMBALS] = -26,
};
static const double delays[ST_ROLE_COUNT] = {
    [ST_ROLE_LEAD_VOCAL] = -21,
    [ST_ROLE_SYNTH] = -26,
    [ST_ROLE_GUITAR] = -26,
};
/* S over M power from which a stem brings a room of its own. */
#define WIDE 0.25

static bool send(const st_mix_case *c, int i, int slot, double level,
                 const char *why) {
    st_move *m = &c->recipe->stem[i].move[slot];
    if (level == 0.0)
        return m->on;
    st_move_set(m, ST_SEND_LEVEL, round(level * 10) / 10);
    st_move_why(m, "%.1f dB to the %s", m->value[ST_SEND_LEVEL], why);
    return true;
}

static bool send_reverb(const st_mix_case *c, int i, st_role role) {
    double level = role >= 0 ? reverbs[role] : 0.0;
    bool wide = c->heard->stem[i].meter.width > WIDE;
    if (level != 0.0)
        level += c->wishes->taste->reverb_db - (wide ? 4.0 : 0.0);
    return send(c, i, ST_STRIP_REVERB, level,
                wide ? "reverb: little, it brings a room of its own."
                     : "reverb: it sets the stem back into one room with the "
                       "others.");
}

static bool send_delay(const st_mix_case *c, int i, st_role role) {
    double level = role >= 0 && c->recipe->tempo_bpm > 0 ? delays[role] : 0.0;
    if (level != 0.0)
        level += c->wishes->taste->delay_db;
    return send(c, i, ST_STRIP_DELAY, level,
                "delay: depth in time with the song, without washing over "
                "words.");
}

static void room(const st_mix_case *c) {
    st_move *m = &c->recipe->reverb;
    double bpm = c->recipe->tempo_bpm > 0 ? c->recipe->tempo_bpm : 110;
    double decay = c->wishes->taste->reverb_s * fmin(fmax(110 / bpm, 0.7), 1.4);
    double predelay = 60000.0 / bpm / 32.0;
    st_move_set(m, ST_REVERB_DECAY, round(decay * 100) / 100);
    st_move_set(m, ST_REVERB_PREDELAY, round(predelay * 10) / 10);
    st_move_set(m, ST_REVERB_SIZE, 0.5);
    st_move_set(m, ST_REVERB_DAMPING, 0.45);
    st_move_set(m, ST_REVERB_LOW_CUT, 220);
    st_move_set(m, ST_REVERB_HIGH_CUT, 8500);
    st_move_set(m, ST_REVERB_RETURN, 0);
    if (c->recipe->tempo_bpm > 0)
        st_move_why(m,
                    "%.2f s with %.0f ms before it (a 128th note): rings out "
                    "between beats at %.0f BPM; nothing under 220 Hz.",
                    m->value[ST_REVERB_DECAY], predelay, bpm);
    else
        st_move_why(m,
                    "%.2f s with %.0f ms before it, a middle size: no tempo "
                    "was found to set it by; nothing under 220 Hz.",
                    m->value[ST_REVERB_DECAY], predelay);
}

static void repeats(const st_mix_case *c) {
    st_move *m = &c->recipe->delay;
    double beat = 60000.0 / c->recipe->tempo_bpm;
    bool halved = beat > 700;
    while (beat > 700)
        beat /= 2;
    st_move_set(m, ST_DELAY_LEFT, round(beat * 75) / 100);
    st_move_set(m, ST_DELAY_RIGHT, round(beat * 100) / 100);
    st_move_set(m, ST_DELAY_FEEDBACK, 0.28);
    st_move_set(m, ST_DELAY_LOW_CUT, 300);
    st_move_set(m, ST_DELAY_HIGH_CUT, 4500);
    st_move_set(m, ST_DELAY_RETURN, 0);
    st_move_why(m, "%.0f and %.0f ms, %s of the %.1f BPM that were heard.",
                m->value[ST_DELAY_LEFT], m->value[ST_DELAY_RIGHT],
                halved ? "a dotted sixteenth and an eighth"
                       : "a dotted eighth and a quarter",
                c->recipe->tempo_bpm);
}

void st_rules_space(const st_mix_case *c) {
    bool wet = false, late = false;
    for (int i = 0; i < c->recipe->stems; i++) {
        st_role role = c->recipe->stem[i].role;
        if (c->heard->stem[i].silent)
            continue;
        wet |= send_reverb(c, i, role);
        late |= send_delay(c, i, role);
    }
    if (wet)
        room(c);
    if (late && c->recipe->tempo_bpm > 0)
        repeats(c);
}
