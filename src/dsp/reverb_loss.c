/* How much each line loses, so that the whole decays as asked, and what noise
 * comes to in the end. */
#include "dsp/reverb_net.h"

#include "core/math.h"

#include <math.h>

enum { LINES = ST_REVERB_LINES, POINTS = 48 };

static const double root2 = 1.41421356237309504880;
static const double early = ST_REVERB_EARLY;
static const double bass_hz = 240.0, middle_hz = 707.0;

/* The share of the loss for decay_s that is left to all frequencies, so that
 * with what the damping takes there it is right between 500 Hz and 1 kHz; not
 * where the damping begins so low that the bass would pay for it. */
static double middle(const st_reverb_law *law) {
    double x = middle_hz / law->damping_hz, x2 = x * x;
    double more = (1.0 / law->damping - 1.0) * x2 / (1.0 + x2);
    return fmax(1.0 / (1.0 + more), 0.9);
}

/* All in one line of `seconds`: dB lost in a pass are in proportion to its
 * length, at each frequency, and so the decay is the same in all. */
static void design_line(st_reverb_loss *l, int line, double seconds,
                        double rate_hz, const st_reverb_law *law) {
    double mid_db = -60.0 * seconds / law->decay_s * middle(law);
    double low_db = mid_db * (1.0 / law->bass - 1.0);
    double high_db = mid_db * (1.0 / law->damping - 1.0);
    double a = st_db_to_gain(0.5 * low_db);
    double g = st_tan(ST_PI * bass_hz / rate_hz) / sqrt(a);
    double scale = 1.0 / (1.0 + g * (g + root2));
    l->p[line] = (float)(2.0 * scale - 1.0);
    l->q[line] = (float)(2.0 * g * scale);
    l->r[line] = (float)(2.0 * g * g * scale);
    l->band[line] = (float)(0.5 * root2 * (a - 1.0));
    l->low[line] = (float)(0.5 * (a * a - 1.0));
    double high = st_db_to_gain(fmax(high_db, -200.0));
    double hz = fmin(law->damping_hz, 0.45 * rate_hz);
    double t = st_tan(ST_PI * hz / rate_hz) * sqrt(high);
    double mid = 0.25 * st_db_to_gain(mid_db);
    l->pole[line] = (float)(t / (1.0 + t));
    l->pass[line] = (float)(mid * high);
    l->under[line] = (float)(mid * (1.0 - high));
}

void st_reverb_loss_design(st_reverb_loss *loss, const st_reverb_net *net,
                           double rate_hz, const st_reverb_law *law) {
    for (int i = 0; i < LINES; i++)
        design_line(loss, i, net->line_frames[i] / rate_hz, rate_hz, law);
}

/* |H|^2 of one line at tan(pi f / rate). */
static double line_power(const st_reverb_loss *l, int i, double tan_w) {
    double scale = 0.5 * ((double)l->p[i] + 1.0);
    double w = tan_w * 2.0 * scale / (double)l->q[i], w2 = w * w;
    double band = root2 + 2.0 * (double)l->band[i];
    double low = 1.0 + 2.0 * (double)l->low[i];
    double shelf =
        ((low - w2) * (low - w2) + band * band * w2) / (1.0 + w2 * w2);
    double pole = (double)l->pole[i], pass = (double)l->pass[i];
    double x = tan_w * (1.0 - pole) / pole, sum = pass + (double)l->under[i];
    return shelf * (sum * sum + pass * pass * x * x) / (1.0 + x * x);
}

/* |H|^2 of the interpolator, the mean over all places between two frames
 * (Lagrange, six points: exact). */
static double bent_power(double tan_w) {
    double s = tan_w * tan_w / (1.0 + tan_w * tan_w); /* sin^2 */
    double s3 = s * s * s;
    return 1.0 -
           s3 * (382.0 / 945.0 + s * (578.0 / 4725.0 + s * (1252.0 / 17325.0)));
}

/* |H|^2 of both cuts. */
static double cut_power(const st_reverb_law *law, double tan_w,
                        double rate_hz) {
    double top = fmin(law->high_cut_hz, 0.49 * rate_hz);
    double h = tan_w / st_tan(ST_PI * top / rate_hz);
    double l = tan_w / st_tan(ST_PI * law->low_cut_hz / rate_hz);
    double h4 = h * h * h * h, l4 = l * l * l * l;
    return l4 / ((1.0 + l4) * (1.0 + h4));
}

/* Powers add: a line is fed the mean of all, and all meet in an output. So
 * what goes in with 1 comes out with 16 G / (1 - G), G the mean power gain of
 * a pass; this is averaged over what the cuts let through. */
double st_reverb_loss_makeup(const st_reverb_loss *loss, double rate_hz,
                             const st_reverb_law *law) {
    double top = fmin(0.5 * rate_hz, 4.0 * law->high_cut_hz);
    double sum = 0.0, weights = 0.0;
    for (int k = 0; k < POINTS; k++) {
        /* closer together where the cuts may be narrow */
        double u = (k + 0.5) / POINTS;
        double tan_w = st_tan(ST_PI * top * u * u / rate_hz), g = 0.0;
        double weight = u * cut_power(law, tan_w, rate_hz);
        double bent = law->modulation > 0.0 ? bent_power(tan_w) : 1.0;
        for (int i = 0; i < LINES; i += 2)
            g += bent * line_power(loss, i, tan_w) +
                 line_power(loss, i + 1, tan_w);
        sum += weight * (16.0 * g / (1.0 - g) + early * early);
        weights += weight;
    }
    return sqrt(weights / sum);
}
