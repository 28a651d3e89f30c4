#include "mix/decide.h"
#include "mix/median.h"

#include <math.h>

/* Stems of one role share its place: n of them stand this part of 10 log10 n
 * lower each. */
#define CROWD 0.6
/* What is known of the loudness that a stem of a role is meant to have: about
 * the taste's figure, by Student's t with three degrees of freedom; and of the
 * level of an export: off from that by up to OFF_DB, either way alike. So a
 * stem that lies far off is taken there only part of the way: it is likely
 * meant to be quiet, or loud. */
#define SCALE_DB 4.0
#define OFF_DB 12.0
enum { STEPS = 96 }; /* of that range */
/* What leads where no voice does stands so much over its role's place, and over
 * where a network has it. */
#define LEAD_DB 3.0
#define LEARNED_LEAD_DB 1.5
/* The loudest stem lands here before the gain of the mix. */
#define LOUDEST_LUFS (-20.0)
/* Peaks of a bus, all at once, stay under this (6 dB of headroom, 2 for what
 * transients and makeup may add). */
#define BUS_PEAK_DBFS (-8.0)

static int crowd(const st_mix_case *c, int i) {
    int count = 0;
    for (int j = 0; j < c->recipe->stems; j++)
        count += c->recipe->stem[j].role == c->recipe->stem[i].role &&
                 !c->heard->stem[j].silent;
    return count > 0 ? count : 1;
}

/* What a network has for its fader, or NAN. */
static double learned(const st_mix_case *c, int i) {
    return c->wishes->balance_db != NULL
               ? c->wishes->balance_db[c->heard->file[i]]
               : NAN;
}

/* How the taste leans beside the neutral one, LU. */
static double lean(const st_mix_case *c, int i) {
    st_role role = c->recipe->stem[i].role;
    return role >= 0 ? c->wishes->taste->role_lu[role] -
                           st_taste_find(NULL)->role_lu[role]
                     : 0.0;
}

/* Loudness wanted of a stem beside a lead vocal. */
static double wanted_lu(const st_mix_case *c, int i) {
    st_role role = c->recipe->stem[i].role;
    double lu = role >= 0 ? c->wishes->taste->role_lu[role] : -8.0;
    return lu - CROWD * 10.0 * log10(crowd(c, i));
}

static const st_session_file *file_of(const st_mix_case *c, int i) {
    return &c->session->file[c->heard->file[i]];
}

/* Is its fader known from a mix that is at hand? */
static bool followed(const st_mix_case *c, int i) {
    return file_of(c, i)->in_mix && !c->wishes->respect_user_gains;
}

/* Those that the mix does not tell stand by their roles beside those it does.
 */
static void follow(const st_mix_case *c, double *gain) {
    double apart[ST_MIX_STEMS];
    int count = 0;
    for (int i = 0; i < c->recipe->stems; i++)
        if (!c->heard->stem[i].silent && followed(c, i))
            apart[count++] = file_of(c, i)->mix_db - gain[i];
    double shift = st_median(apart, count);
    for (int i = 0; count > 0 && i < c->recipe->stems; i++)
        gain[i] = followed(c, i) ? file_of(c, i)->mix_db : gain[i] + shift;
}

/* Mean of the gain that a stem needs which lies `apart` dB from its place. */
static double likely_gain(double apart) {
    double sum = 0.0, all = 0.0;
    for (int i = 0; i <= STEPS; i++) {
        double gain = OFF_DB * (2.0 * i / STEPS - 1.0);
        double t = (gain - apart) / SCALE_DB;
        double odds = 1.0 / ((1.0 + t * t / 3.0) * (1.0 + t * t / 3.0));
        sum += odds * gain;
        all += odds;
    }
    return sum / all;
}

/* What the network knows and what the rules know err apart: halfway between. */
static void learn(const st_mix_case *c, double *gain) {
    double apart[ST_MIX_STEMS];
    int count = 0;
    for (int i = 0; i < c->recipe->stems; i++)
        if (!isnan(learned(c, i)))
            apart[count++] = learned(c, i) + lean(c, i) - gain[i];
    double middle = st_median(apart, count);
    for (int i = 0; i < c->recipe->stems; i++)
        if (!isnan(learned(c, i)))
            gain[i] += 0.5 * (learned(c, i) + lean(c, i) - gain[i] - middle);
}

/* Gain of each heard stem, before the common one. */
static int wanted_gains(const st_mix_case *c, double *gain) {
    double heard[ST_MIX_STEMS];
    int count = 0;
    for (int i = 0; i < c->recipe->stems; i++) {
        gain[i] = 0.0;
        if (c->heard->stem[i].silent)
            continue;
        if (!c->wishes->respect_user_gains)
            gain[i] = wanted_lu(c, i) - c->heard->stem[i].lufs;
        heard[count++] = gain[i];
    }
    double middle = st_median(heard, count);
    for (int i = 0; i < c->recipe->stems; i++)
        if (!c->heard->stem[i].silent)
            gain[i] = middle + likely_gain(gain[i] - middle);
    if (!c->wishes->respect_user_gains)
        learn(c, gain);
    follow(c, gain);
    return count;
}

/* What all faders are moved by together. */
static double common_gain(const st_mix_case *c, const double *gain) {
    double loudest = -INFINITY, peak[ST_BUS_COUNT] = {0};
    for (int i = 0; i < c->recipe->stems; i++) {
        const st_stem_facts *f = &c->heard->stem[i];
        if (f->silent)
            continue;
        loudest = fmax(loudest, f->lufs + gain[i]);
        peak[c->recipe->stem[i].bus] +=
            pow(10.0, (f->meter.sample_peak_dbfs + gain[i]) / 20.0);
    }
    double common = LOUDEST_LUFS - loudest;
    for (int b = 0; b < ST_BUS_COUNT; b++)
        if (peak[b] > 0.0)
            common = fmin(common, BUS_PEAK_DBFS - 20.0 * log10(peak[b]));
    return isfinite(common) ? common : 0.0;
}

static void explain(const st_mix_case *c, int i, double gain) {
    st_move *m = &c->recipe->stem[i].move[ST_STRIP_FADER];
    st_role role = c->recipe->stem[i].role;
    const char *title = role >= 0 ? st_role_get(role)->title : "stem";
    if (c->wishes->respect_user_gains)
        st_move_why(m, "%+.1f dB as on all: your own balance is kept.", gain);
    else if (followed(c, i))
        st_move_why(m,
                    "%+.1f dB: in the reference, a mix of these stems, it "
                    "stands at %+.1f dB; the rest is common to all.",
                    gain, file_of(c, i)->mix_db);
    else if (!isnan(learned(c, i)))
        st_move_why(m,
                    "%+.1f dB: brings the %s from %.1f to %.1f LUFS, halfway "
                    "between its role's place and where a network that learned "
                    "from authors' own mixes would have it.",
                    gain, title, c->heard->stem[i].lufs,
                    c->heard->stem[i].lufs + gain);
    else
        st_move_why(m,
                    "%+.1f dB: brings the %s from %.1f to %.1f LUFS, %.1f LU "
                    "%s a lead vocal in the \"%s\" balance.",
                    gain, title, c->heard->stem[i].lufs,
                    c->heard->stem[i].lufs + gain, fabs(wanted_lu(c, i)),
                    wanted_lu(c, i) <= 0 ? "under" : "over",
                    c->wishes->taste->name);
}

/* Without a voice the foremost instrument takes part of its place. */
static void lift_leader(const st_mix_case *c) {
    int i = st_mix_leader(c);
    if (i < 0 || c->wishes->respect_user_gains || followed(c, i) ||
        c->recipe->stem[i].role == ST_ROLE_LEAD_VOCAL)
        return;
    st_move *m = &c->recipe->stem[i].move[ST_STRIP_FADER];
    double lift = isnan(learned(c, i)) ? LEAD_DB : LEARNED_LEAD_DB;
    double db = m->value[ST_FADER_GAIN] + lift;
    st_move_set(m, ST_FADER_GAIN, round(db * 100) / 100);
    st_move_why(m,
                "%+.1f dB: no voice sings, so the foremost instrument leads, "
                "%.1f dB over what it would have beside one.",
                m->value[ST_FADER_GAIN], lift);
}

void st_rules_balance(const st_mix_case *c) {
    double gain[ST_MIX_STEMS] = {0};
    if (wanted_gains(c, gain) == 0)
        return;
    double common = common_gain(c, gain);
    for (int i = 0; i < c->recipe->stems; i++) {
        st_move *m = &c->recipe->stem[i].move[ST_STRIP_FADER];
        bool silent = c->heard->stem[i].silent;
        double db = silent ? common : gain[i] + common;
        st_move_set(m, ST_FADER_GAIN, round(db * 100) / 100);
        if (silent)
            st_move_why(m,
                        "%+.1f dB as on all: next to nothing is heard of it.",
                        m->value[ST_FADER_GAIN]);
        else
            explain(c, i, m->value[ST_FADER_GAIN]);
    }
    lift_leader(c);
}
