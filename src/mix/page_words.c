#include "mix/page_mix.h"

#include "page/page.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const minus = "\xE2\x88\x92";

static void number(st_text *t, double value, int decimals, bool sign) {
    char text[32];
    snprintf(text, sizeof text, "%.*f", decimals, fabs(value));
    if (sign && value > 0 && strspn(text, "0.") != strlen(text))
        st_text_put(t, "+");
    st_page_number(t, value, decimals);
}

void st_page_db(st_text *t, double db, int decimals, bool sign) {
    number(t, db, decimals, sign);
    if (isfinite(db))
        st_text_put(t, " dB");
}

void st_page_hz(st_text *t, double hz) {
    if (hz < 1000.0)
        st_text_add(t, "%.0f Hz", hz);
    else
        st_text_add(t, "%.3g kHz", hz / 1000.0);
}

/* A hyphen before a digit and behind no letter or digit is a minus. */
static bool is_minus(const char *text, const char *at) {
    return *at == '-' && isdigit((unsigned char)at[1]) &&
           (at == text || (!isalnum((unsigned char)at[-1]) && at[-1] != '_'));
}

void st_page_sentence(st_text *t, const char *text) {
    char piece[2] = "";
    for (const char *at = text; *at != '\0'; at++) {
        piece[0] = *at;
        if (is_minus(text, at))
            st_text_put(t, minus);
        else if (strchr("<>&\"'", *at) != NULL || iscntrl((unsigned char)*at))
            st_text_escape(t, piece);
        else
            st_text_put(t, piece);
    }
}

const char *st_page_target(const st_mix_recipe *recipe, int target) {
    if (target >= ST_TARGET_BUS)
        return st_bus_name((st_bus)(target - ST_TARGET_BUS));
    return target >= 0 && target < recipe->stems ? recipe->stem[target].name
                                                 : "";
}

/* --- moves --- */

/* How many there are. */
static int sources(st_text *t, const st_mix_recipe *recipe, uint64_t source) {
    int count = 0;
    for (int i = 0; i < recipe->stems; i++)
        if (source >> i & 1) {
            st_text_put(t, count++ > 0 ? ", " : "");
            st_text_escape(t, recipe->stem[i].name);
        }
    return count;
}

static void polarity(st_text *t, const st_mix_recipe *r, const st_move *m) {
    (void)r;
    bool left = m->value[ST_POLARITY_LEFT] > 0.5;
    bool right = m->value[ST_POLARITY_RIGHT] > 0.5;
    const char *words = left && right ? "turned over"
                        : left        ? "left turned over"
                        : right       ? "right turned over"
                                      : "";
    bool dc = st_move_value(m, ST_DC_LEFT) != 0.0 ||
              st_move_value(m, ST_DC_RIGHT) != 0.0;
    st_text_add(t, "%s%s%s", words, dc && words[0] != '\0' ? ", " : "",
                dc ? "offset taken out" : "");
}

static void bell(st_text *t, const st_move *m, int type, int hz, int q) {
    static const char *const shape[] = {" at ", " low shelf at ",
                                        " high shelf at "};
    int kind = (int)m->value[type];
    st_text_put(t, shape[kind >= 0 && kind <= 2 ? kind : 0]);
    st_page_hz(t, m->value[hz]);
    if (kind == 0)
        st_text_add(t, ", Q %.2g", m->value[q]);
}

static void dynamic_eq(st_text *t, const st_mix_recipe *r, const st_move *m) {
    st_text_put(t, "up to ");
    st_page_db(t, -st_move_value(m, ST_DYN_RANGE), 1, true);
    bell(t, m, ST_DYN_TYPE, ST_DYN_HZ, ST_DYN_Q);
    if (m->source != 0) {
        st_text_put(t, " while ");
        st_text_put(t, sources(t, r, m->source) > 1 ? " play" : " plays");
    }
}

static void compressor(st_text *t, const st_mix_recipe *r, const st_move *m) {
    (void)r;
    st_text_add(t, "%.2g:1 over ", st_move_value(m, ST_COMP_RATIO));
    number(t, m->value[ST_COMP_THRESHOLD], 1, false);
    st_text_add(t, " dBFS, attack %.0f ms, release %.0f ms, makeup ",
                m->value[ST_COMP_ATTACK], m->value[ST_COMP_RELEASE]);
    st_page_db(t, st_move_value(m, ST_COMP_MAKEUP), 1, true);
}

static void place(st_text *t, const st_mix_recipe *r, const st_move *m) {
    (void)r;
    double pan = round(100.0 * st_move_value(m, ST_PLACE_PAN));
    if (pan == 0.0)
        st_text_put(t, "centre");
    else
        st_text_add(t, "%.0f %% %s", fabs(pan), pan < 0 ? "left" : "right");
    st_text_add(t, ", width %.4g %%",
                round(10 * st_move_value(m, ST_PLACE_WIDTH)) / 10);
}

static void parallel(st_text *t, const st_mix_recipe *r, const st_move *m) {
    (void)r;
    st_text_add(t, "%.0f %% beside the dry signal, %.2g:1 over ",
                100.0 * st_move_value(m, ST_PARALLEL_MIX),
                m->value[ST_PARALLEL_RATIO]);
    number(t, m->value[ST_PARALLEL_THRESHOLD], 1, false);
    st_text_put(t, " dBFS");
}

static void duck(st_text *t, const st_mix_recipe *r, const st_move *m) {
    st_text_put(t, sources(t, r, m->source) > 1 ? " lower " : " lowers ");
    st_text_escape(t, st_page_target(r, m->target));
    st_text_put(t, " by ");
    st_page_db(t, st_move_value(m, ST_DUCK_DEPTH), 1, false);
    if (m->value[ST_DUCK_HIGH] > 0.0)
        st_text_add(t, " from %.0f to %.0f Hz", m->value[ST_DUCK_LOW],
                    m->value[ST_DUCK_HIGH]);
    st_text_add(t, ", look-ahead %.0f ms, release %.0f ms",
                m->value[ST_DUCK_LOOKAHEAD], m->value[ST_DUCK_RELEASE]);
}

static void reverb(st_text *t, const st_mix_recipe *r, const st_move *m) {
    (void)r;
    st_text_add(t, "%.2g s behind %.0f ms, ", m->value[ST_REVERB_DECAY],
                m->value[ST_REVERB_PREDELAY]);
    st_page_hz(t, m->value[ST_REVERB_LOW_CUT]);
    st_text_put(t, " to ");
    st_page_hz(t, m->value[ST_REVERB_HIGH_CUT]);
    st_text_put(t, ", return ");
    st_page_db(t, st_move_value(m, ST_REVERB_RETURN), 1, true);
}

static void delay(st_text *t, const st_mix_recipe *r, const st_move *m) {
    (void)r;
    st_text_add(t, "%.0f ms left, %.0f ms right, feedback %.0f %%, return ",
                m->value[ST_DELAY_LEFT], m->value[ST_DELAY_RIGHT],
                100.0 * m->value[ST_DELAY_FEEDBACK]);
    st_page_db(t, st_move_value(m, ST_DELAY_RETURN), 1, true);
}

static void filter(st_text *t, const st_mix_recipe *r, const st_move *m) {
    (void)r;
    st_page_hz(t, st_move_value(m, ST_FILTER_HZ));
    st_text_put(t, m->kind == ST_MOVE_HIGHPASS ? ", 24 dB an octave"
                                               : ", 12 dB an octave");
}

static void eq(st_text *t, const st_mix_recipe *r, const st_move *m) {
    (void)r;
    st_page_db(t, st_move_value(m, ST_EQ_GAIN), 1, true);
    bell(t, m, ST_EQ_TYPE, ST_EQ_HZ, ST_EQ_Q);
}

static void deesser(st_text *t, const st_mix_recipe *r, const st_move *m) {
    (void)r;
    st_text_put(t, "up to ");
    st_page_db(t, -st_move_value(m, ST_DEESS_RANGE), 1, true);
    st_text_put(t, " from ");
    st_page_hz(t, m->value[ST_DEESS_HZ]);
}

static void transient(st_text *t, const st_mix_recipe *r, const st_move *m) {
    (void)r;
    st_text_put(t, "attacks ");
    st_page_db(t, st_move_value(m, ST_TRANSIENT_ATTACK), 1, true);
    st_text_put(t, ", sustain ");
    st_page_db(t, st_move_value(m, ST_TRANSIENT_SUSTAIN), 1, true);
}

static void staging(st_text *t, const st_mix_recipe *r, const st_move *m) {
    (void)r;
    st_page_db(t, m->value[ST_STAGING_GAIN], 1, true);
}

/* Fader and sends: one level. */
static void level(st_text *t, const st_mix_recipe *r, const st_move *m) {
    (void)r;
    st_page_db(t, st_move_value(m, 0), 1, true);
}

void st_page_move_words(st_text *t, const st_mix_recipe *recipe,
                        const st_move *m) {
    static void (*const words[ST_MOVE_KINDS])(st_text *, const st_mix_recipe *,
                                              const st_move *) = {
        [ST_MOVE_STAGING] = staging,
        [ST_MOVE_POLARITY] = polarity,
        [ST_MOVE_HIGHPASS] = filter,
        [ST_MOVE_LOWPASS] = filter,
        [ST_MOVE_EQ] = eq,
        [ST_MOVE_DYNAMIC_EQ] = dynamic_eq,
        [ST_MOVE_DEESSER] = deesser,
        [ST_MOVE_COMPRESSOR] = compressor,
        [ST_MOVE_FADER] = level,
        [ST_MOVE_PLACE] = place,
        [ST_MOVE_SEND] = level,
        [ST_MOVE_TRANSIENT] = transient,
        [ST_MOVE_PARALLEL] = parallel,
        [ST_MOVE_DUCK] = duck,
        [ST_MOVE_REVERB] = reverb,
        [ST_MOVE_DELAY] = delay,
    };
    words[m->kind](t, recipe, m);
}
