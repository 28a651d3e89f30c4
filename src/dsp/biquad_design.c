#include "dsp/biquad.h"

#include "core/math.h"
#include "dsp/clamp.h"

#include <math.h>

static st_biquad_coeffs scaled(double b0, double b1, double b2, double a0,
                               double a1, double a2) {
    return (st_biquad_coeffs){b0 / a0, b1 / a0, b2 / a0, a1 / a0, a2 / a0};
}

static st_biquad_coeffs cookbook_shelf(bool high, double c, double alpha,
                                       double a) {
    double s = high ? -1.0 : 1.0; /* the high shelf mirrors the low one */
    double r = 2.0 * sqrt(a) * alpha;
    double up = a + 1.0, down = (a - 1.0) * s * c;
    return scaled(a * (up - down + r), s * 2.0 * a * (a - 1.0 - up * s * c),
                  a * (up - down - r), up + down + r,
                  s * -2.0 * (a - 1.0 + up * s * c), up + down - r);
}

static st_biquad_coeffs cookbook(st_biquad_type type, double w, double q,
                                 double gain) {
    double c = st_cos(w), alpha = st_sin(w) / (2.0 * q), a = sqrt(gain);
    double a0 = 1.0 + alpha, a1 = -2.0 * c, a2 = 1.0 - alpha;
    switch (type) {
    case ST_BIQUAD_LOWPASS:
        return scaled(0.5 * (1 - c), 1 - c, 0.5 * (1 - c), a0, a1, a2);
    case ST_BIQUAD_HIGHPASS:
        return scaled(0.5 * (1 + c), -1 - c, 0.5 * (1 + c), a0, a1, a2);
    case ST_BIQUAD_BANDPASS:
        return scaled(alpha, 0.0, -alpha, a0, a1, a2);
    case ST_BIQUAD_NOTCH:
        return scaled(1.0, a1, 1.0, a0, a1, a2);
    case ST_BIQUAD_ALLPASS:
        return scaled(a2, a1, a0, a0, a1, a2);
    case ST_BIQUAD_PEAK:
        return scaled(1.0 + alpha * a, a1, 1.0 - alpha * a, 1.0 + alpha / a, a1,
                      1.0 - alpha / a);
    case ST_BIQUAD_LOW_SHELF:
    case ST_BIQUAD_HIGH_SHELF:
        return cookbook_shelf(type == ST_BIQUAD_HIGH_SHELF, c, alpha, a);
    default:
        return scaled(1.0, 0.0, 0.0, 1.0, 0.0, 0.0);
    }
}

/* Squared magnitudes as polynomials of phi = sin^2(w / 2) (Vicanek, eq. 20):
 * |B|^2 = B0 phi0 + B1 phi1 + B2 phi2, and so for the poles. */
typedef struct {
    double a1, a2;           /* the poles */
    double A0, A1, A2;       /* their polynomial */
    double phi0, phi1, phi2; /* at the corner */
    double pole2;            /* |A|^2 at the corner */
} matched;

/* Poles by impulse invariance of s^2 + s / q + 1 (Vicanek, eq. 12). */
static matched matched_poles(double w, double q) {
    double d = 0.5 / q, decay = st_exp(-d * w);
    matched m;
    if (d <= 1.0) {
        m.a1 = -2.0 * decay * st_cos(sqrt(1.0 - d * d) * w);
    } else {
        double e = sqrt(d * d - 1.0) * w;
        m.a1 = -(st_exp(e - d * w) + st_exp(-e - d * w));
    }
    m.a2 = decay * decay;
    m.A0 = (1.0 + m.a1 + m.a2) * (1.0 + m.a1 + m.a2);
    m.A1 = (1.0 - m.a1 + m.a2) * (1.0 - m.a1 + m.a2);
    m.A2 = -4.0 * m.a2;
    double s = st_sin(0.5 * w);
    m.phi1 = s * s;
    m.phi0 = 1.0 - m.phi1;
    m.phi2 = 4.0 * m.phi0 * m.phi1;
    m.pole2 = m.A0 * m.phi0 + m.A1 * m.phi1 + m.A2 * m.phi2;
    return m;
}

/* Minimum-phase zeros with the polynomial B0, B1, B2 (Vicanek, eq. 29). */
static st_biquad_coeffs matched_zeros(const matched *m, double B0, double B1,
                                      double B2) {
    double r0 = sqrt(B0), r1 = sqrt(B1 > 0.0 ? B1 : 0.0);
    double w = 0.5 * (r0 + r1), square = w * w + B2;
    double b0 = 0.5 * (w + sqrt(square > 0.0 ? square : 0.0));
    return (st_biquad_coeffs){b0, 0.5 * (r0 - r1), -B2 / (4.0 * b0), m->a1,
                              m->a2};
}

static st_biquad_coeffs matched_lowpass(double w, double q) {
    matched m = matched_poles(w, q);
    double B1 = (m.pole2 * q * q - m.A0 * m.phi0) / m.phi1;
    double r0 = sqrt(m.A0), r1 = sqrt(B1 > 0.0 ? B1 : 0.0);
    double b0 = 0.5 * (r0 + r1);
    return (st_biquad_coeffs){b0, r0 - b0, 0.0, m.a1, m.a2};
}

static st_biquad_coeffs matched_highpass(double w, double q) {
    matched m = matched_poles(w, q);
    double b0 = q * sqrt(m.pole2) / (4.0 * m.phi1);
    return (st_biquad_coeffs){b0, -2.0 * b0, b0, m.a1, m.a2};
}

static st_biquad_coeffs matched_bandpass(double w, double q) {
    matched m = matched_poles(w, q);
    double r1 = m.pole2;
    double r2 = m.A1 - m.A0 + 4.0 * (m.phi0 - m.phi1) * m.A2;
    double B2 = (r1 - r2 * m.phi1) / (4.0 * m.phi1 * m.phi1);
    double B1 = r2 + 4.0 * (m.phi1 - m.phi0) * B2;
    double b1 = -0.5 * sqrt(B1 > 0.0 ? B1 : 0.0);
    double square = B2 + b1 * b1;
    double b0 = 0.5 * (sqrt(square > 0.0 ? square : 0.0) - b1);
    return (st_biquad_coeffs){b0, b1, -b0 - b1, m.a1, m.a2};
}

/* A cut is the inverse of the boost: zeros and poles change places. */
static st_biquad_coeffs inverse(const st_biquad_coeffs *c) {
    return scaled(1.0, c->a1, c->a2, c->b0, c->b1, c->b2);
}

static st_biquad_coeffs matched_peak(double w, double q, double gain) {
    if (gain < 1.0) {
        st_biquad_coeffs boost = matched_peak(w, q, 1.0 / gain);
        return inverse(&boost);
    }
    matched m = matched_poles(w, q * sqrt(gain));
    double g2 = gain * gain, r1 = m.pole2 * g2;
    double r2 = (m.A1 - m.A0 + 4.0 * (m.phi0 - m.phi1) * m.A2) * g2;
    double B2 = (r1 - r2 * m.phi1 - m.A0) / (4.0 * m.phi1 * m.phi1);
    double B1 = r2 + m.A0 + 4.0 * (m.phi1 - m.phi0) * B2;
    return matched_zeros(&m, m.A0, B1, B2);
}

/* |H|^2 of the analogue shelf (cookbook prototype) at `x` = f / corner. */
static double shelf2(bool high, double x, double q, double gain) {
    double a = sqrt(gain), x2 = x * x, mid = a / (q * q) * x2;
    double flat = (1.0 - a * x2) * (1.0 - a * x2) + mid;
    double steep = (a - x2) * (a - x2) + mid;
    return gain * (high ? flat / steep : steep / flat);
}

/* The analogue response met at DC, the corner and Nyquist (this file's own:
 * Vicanek 2016 has no shelves). The poles of a boost lie at corner * a for a
 * high shelf (a = gain^(1/4)), corner / a for a low one; they are kept below
 * Nyquist, where impulse invariance would fold them. False when no
 * minimum-phase section meets the three points. */
static bool matched_boost(bool high, double w, double q, double gain,
                          st_biquad_coeffs *out) {
    double a = sqrt(sqrt(gain)), wp = high ? w * a : w / a;
    matched m = matched_poles(wp < 0.95 * ST_PI ? wp : 0.95 * ST_PI, q);
    double B0 = m.A0 * (high ? 1.0 : gain * gain);
    double B1 = m.A1 * shelf2(high, ST_PI / w, q, gain);
    double s = st_sin(0.5 * w), p1 = s * s, p0 = 1.0 - p1, p2 = 4.0 * p0 * p1;
    double want = (m.A0 * p0 + m.A1 * p1 + m.A2 * p2) * gain;
    double B2 = (want - B0 * p0 - B1 * p1) / p2;
    double mean = 0.5 * (sqrt(B0) + sqrt(B1));
    *out = matched_zeros(&m, B0, B1, B2);
    return mean * mean + B2 > 0.0 && B1 > 0.0;
}

static st_biquad_coeffs matched_shelf(bool high, double w, double q,
                                      double gain) {
    st_biquad_coeffs c;
    if (!matched_boost(high, w, q, gain < 1.0 ? 1.0 / gain : gain, &c))
        return cookbook(high ? ST_BIQUAD_HIGH_SHELF : ST_BIQUAD_LOW_SHELF, w, q,
                        gain);
    return gain < 1.0 ? inverse(&c) : c;
}

st_biquad_coeffs st_biquad_design(const st_biquad_section *section,
                                  double rate_hz) {
    double hz = st_clamp(section->hz, 1.0, 0.49 * rate_hz);
    double q = st_clamp(section->q, 0.05, 100.0);
    double gain = st_db_to_gain(st_clamp(section->gain_db, -60.0, 60.0));
    double w = 2.0 * ST_PI * hz / rate_hz;
    bool flat = gain == 1.0 && (section->type == ST_BIQUAD_PEAK ||
                                section->type == ST_BIQUAD_LOW_SHELF ||
                                section->type == ST_BIQUAD_HIGH_SHELF);
    if (flat)
        return cookbook(ST_BIQUAD_NONE, w, q, gain);
    if (section->matched) {
        switch (section->type) {
        case ST_BIQUAD_LOWPASS:
            return matched_lowpass(w, q);
        case ST_BIQUAD_HIGHPASS:
            return matched_highpass(w, q);
        case ST_BIQUAD_BANDPASS:
            return matched_bandpass(w, q);
        case ST_BIQUAD_PEAK:
            return matched_peak(w, q, gain);
        case ST_BIQUAD_LOW_SHELF:
        case ST_BIQUAD_HIGH_SHELF:
            return matched_shelf(section->type == ST_BIQUAD_HIGH_SHELF, w, q,
                                 gain);
        default:
            break;
        }
    }
    return cookbook(section->type, w, q, gain);
}

double st_biquad_gain_db(const st_biquad_coeffs *c, double hz, double rate_hz) {
    double s = st_sin(ST_PI * hz / rate_hz), p = s * s;
    /* |b0 + b1 z + b2 z^2|^2 as a polynomial of sin^2(w / 2) */
    double b = c->b0 + c->b1 + c->b2, a = 1.0 + c->a1 + c->a2;
    double num = b * b - 4.0 * p *
                             (c->b0 * c->b1 + 4.0 * c->b0 * c->b2 +
                              c->b1 * c->b2 - 4.0 * c->b0 * c->b2 * p);
    double den =
        a * a -
        4.0 * p * (c->a1 + 4.0 * c->a2 + c->a1 * c->a2 - 4.0 * c->a2 * p);
    double ratio = num / den;
    return ratio > 1e-40 ? 0.5 * st_gain_to_db(ratio) : -400.0;
}
