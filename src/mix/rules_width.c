#include "mix/decide.h"

#include "core/math.h"

#include <math.h>

/* How far the stems' own places may be stretched, and the room turned up, to
 * come to the width of a reference. */
#define MOST_STRETCH 4.0
#define WIDEST_PCT 140.0
#define MOST_WET_DB 9.0

/* Power of a stem's middle and side at its bus, its print's side ratio and its
 * place taken in; middle and side are taken as unlike. */
static void powers(const st_mix_case *c, int i, double pan, double width,
                   double *mid, double *side) {
    const st_meter_result *m = &c->heard->stem[i].meter;
    const st_mix_stem *s = &c->recipe->stem[i];
    double fader = st_move_value(&s->move[ST_STRIP_FADER], ST_FADER_GAIN);
    double all = st_exp2((m->rms_dbfs + fader) * 0.33219280948873626);
    double ratio = s->channels == 2 && isfinite(m->width) ? m->width : 0.0;
    double angle = (pan + 1.0) * 0.25 * ST_PI;
    double left = sqrt(2.0) * st_cos(angle), right = sqrt(2.0) * st_sin(angle);
    double a = 0.5 * (left + right), b = 0.5 * (left - right);
    double in = all / (1.0 + ratio);
    double out = all * ratio / (1.0 + ratio) * width * width;
    *mid += a * a * in + b * b * out;
    *side += b * b * in + a * a * out;
}

/* A setting of everything that makes width. */
typedef struct {
    double stretch; /* of pans */
    double widen;   /* of side gains over 1 */
    double wet;     /* power of the room, beside what is sent to it */
} spread;

static double pan_of(const st_mix_case *c, int i, const spread *s) {
    const st_move *m = &c->recipe->stem[i].move[ST_STRIP_PLACE];
    double pan = st_move_value(m, ST_PLACE_PAN);
    return m->given ? pan : fmin(fmax(pan * s->stretch, -1.0), 1.0);
}

static double width_of(const st_mix_case *c, int i, const spread *s) {
    const st_move *m = &c->recipe->stem[i].move[ST_STRIP_PLACE];
    double pct = st_move_value(m, ST_PLACE_WIDTH);
    bool low = c->recipe->stem[i].role == ST_ROLE_BASS ||
               c->recipe->stem[i].role == ST_ROLE_KICK;
    return (m->given || low ? pct : fmin(pct * s->widen, WIDEST_PCT)) / 100.0;
}

/* Power that all sends give to the room. */
static double sent(const st_mix_case *c) {
    double all = 0.0;
    for (int i = 0; i < c->recipe->stems; i++) {
        const st_mix_stem *s = &c->recipe->stem[i];
        const st_move *send = &s->move[ST_STRIP_REVERB];
        double mid = 0.0, side = 0.0;
        if (!st_move_acts(send) || c->heard->stem[i].silent)
            continue;
        powers(c, i, 0.0, 1.0, &mid, &side);
        all += (mid + side) * st_exp2(st_move_value(send, ST_SEND_LEVEL) *
                                      0.33219280948873626);
    }
    return all;
}

/* Side over mid power of the mix. */
static double ratio_of(const st_mix_case *c, const spread *s, double room) {
    double mid = 1e-20, side = 0.0;
    for (int i = 0; i < c->recipe->stems; i++)
        if (!c->heard->stem[i].silent)
            powers(c, i, pan_of(c, i, s), width_of(c, i, s), &mid, &side);
    mid += 0.5 * room * s->wet;
    side += 0.5 * room * s->wet;
    return side / mid;
}

/* The value of one knob, within low..high, at which the ratio is `want`. */
static double turn(const st_mix_case *c, spread *s, double *knob, double low,
                   double high, double want, double room) {
    for (int i = 0; i < 30; i++) {
        *knob = 0.5 * (low + high);
        if (ratio_of(c, s, room) < want)
            low = *knob;
        else
            high = *knob;
    }
    return *knob;
}

static void set_places(const st_mix_case *c, const spread *s, double want) {
    for (int i = 0; i < c->recipe->stems; i++) {
        st_move *m = &c->recipe->stem[i].move[ST_STRIP_PLACE];
        double pan = round(100 * pan_of(c, i, s)) / 100;
        double pct = round(1000 * width_of(c, i, s)) / 10;
        bool moved = pan != st_move_value(m, ST_PLACE_PAN) ||
                     pct != st_move_value(m, ST_PLACE_WIDTH);
        if (c->heard->stem[i].silent || m->given || !moved)
            continue;
        st_move_set(m, ST_PLACE_PAN, pan);
        st_move_set(m, ST_PLACE_WIDTH, pct);
        st_move_why(m,
                    "%.0f %% %s, side at %.0f %%: towards the width of the "
                    "reference (side to mid %.2f).",
                    100 * fabs(pan), pan < 0 ? "left" : "right", pct, want);
    }
}

static void set_room(const st_mix_case *c, const spread *s) {
    st_move *m = &c->recipe->reverb;
    double db = 10.0 * st_log10(s->wet);
    if (m->given || !m->on || fabs(db) < 0.2)
        return;
    st_move_set(m, ST_REVERB_RETURN, round(10 * db) / 10);
    st_move_why(m,
                "%.2f s, returned at %+.1f dB: the room makes the width of the "
                "reference that places alone do not.",
                m->value[ST_REVERB_DECAY], m->value[ST_REVERB_RETURN]);
}

void st_rules_width(const st_mix_case *c) {
    const st_reference *reference = c->wishes->reference;
    spread s = {1.0, 1.0, 1.0};
    if (reference == NULL || c->wishes->same_song || !reference->stereo)
        return;
    double want = reference->width, room = sent(c);
    bool wider = ratio_of(c, &s, room) < want;
    (void)turn(c, &s, &s.stretch, wider ? 1.0 : 0.0, wider ? MOST_STRETCH : 1.0,
               want, room);
    (void)turn(c, &s, &s.widen, wider ? 1.0 : 0.3,
               wider ? WIDEST_PCT / 100.0 : 1.0, want, room);
    if (wider && room > 0.0)
        (void)turn(c, &s, &s.wet, 1.0, st_exp2(MOST_WET_DB * 0.3321928), want,
                   room);
    set_places(c, &s, want);
    set_room(c, &s);
}
