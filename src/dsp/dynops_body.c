/* Compiled once a CPU level; ST_DYNOPS_TABLE names the table it makes. */
#include "dsp/dynops.h"

#include "core/attr.h"
#include "core/math.h"

#include <stdint.h>
#include <string.h>

extern const st_dynops ST_DYNOPS_TABLE;

typedef double v2d ST_VECTOR(16);
typedef double v4d ST_VECTOR(32);
typedef float v4f ST_VECTOR(16);

/* q of every section: Butterworth, k = 1 / q. */
static const double butterworth_k = 1.41421356237309504880;

typedef struct {
    v2d s1, s2, p, q, r;
} section2;

typedef struct {
    v4d s1, s2, p, q, r;
} section4;

/* One frame through a section: *band = 2 k-less band-pass, *low = 2 low-pass.
 * Simper's update, with v1 and v2 as means of old and new state. */
static inline void step2(section2 *z, const v2d *x, v2d *band, v2d *low) {
    v2d d = *x - z->s2;
    v2d n1 = z->p * z->s1 + z->q * d;
    v2d n2 = z->s2 + (z->q * z->s1 + z->r * d);
    *band = z->s1 + n1;
    *low = z->s2 + n2;
    z->s1 = n1;
    z->s2 = n2;
}

static inline void step4(section4 *z, const v4d *x, v4d *band, v4d *low) {
    v4d d = *x - z->s2;
    v4d n1 = z->p * z->s1 + z->q * d;
    v4d n2 = z->s2 + (z->q * z->s1 + z->r * d);
    *band = z->s1 + n1;
    *low = z->s2 + n2;
    z->s1 = n1;
    z->s2 = n2;
}

static void load2(section2 *z, const st_xover_section *c,
                  const st_xover_state *state, int i) {
    memcpy(&z->s1, state->s1[i], sizeof z->s1);
    memcpy(&z->s2, state->s2[i], sizeof z->s2);
    memcpy(&z->p, c->p, sizeof z->p);
    memcpy(&z->q, c->q, sizeof z->q);
    memcpy(&z->r, c->r, sizeof z->r);
}

static void load4(section4 *z, const st_xover_section *c,
                  const st_xover_state *state, int i) {
    memcpy(&z->s1, state->s1[i], sizeof z->s1);
    memcpy(&z->s2, state->s2[i], sizeof z->s2);
    memcpy(&z->p, c->p, sizeof z->p);
    memcpy(&z->q, c->q, sizeof z->q);
    memcpy(&z->r, c->r, sizeof z->r);
}

static void store2(const section2 *z, st_xover_state *state, int i) {
    memcpy(state->s1[i], &z->s1, sizeof z->s1);
    memcpy(state->s2[i], &z->s2, sizeof z->s2);
}

static void store4(const section4 *z, st_xover_state *state, int i) {
    memcpy(state->s1[i], &z->s1, sizeof z->s1);
    memcpy(state->s2[i], &z->s2, sizeof z->s2);
}

static void crossover(st_xover_state *restrict state,
                      const st_xover_coeffs *restrict coeffs,
                      const float *restrict left, const float *restrict right,
                      float *restrict lanes, size_t n) {
    section2 a, b;
    section4 ap, c, d;
    load2(&a, &coeffs->first, state, 0);
    load2(&b, &coeffs->first, state, 1);
    load4(&ap, &coeffs->allpass, state, 2);
    load4(&c, &coeffs->split, state, 3);
    load4(&d, &coeffs->split, state, 4);
    for (size_t i = 0; i < n; i++) {
        v2d x = {left[i], right[i]};
        v2d band2, low2, top2;
        step2(&a, &x, &band2, &low2);
        top2 = x - butterworth_k * band2; /* the allpass of the split */
        step2(&b, &low2, &band2, &low2);
        low2 = 0.25 * low2;
        top2 = top2 - low2;
        v4d y = ST_VECTOR_PICK(low2, top2, 0, 1, 2, 3);
        v4d band, low;
        step4(&ap, &y, &band, &low);
        y = y - butterworth_k * band;
        step4(&c, &y, &band, &low);
        y = y - butterworth_k * band;
        step4(&d, &low, &band, &low);
        low = 0.25 * low;
        v4f low_out = ST_VECTOR_CONVERT(low, v4f);
        v4f top_out = ST_VECTOR_CONVERT(y - low, v4f);
        memcpy(lanes + i * ST_LANES, &low_out, sizeof low_out);
        memcpy(lanes + i * ST_LANES + 4, &top_out, sizeof top_out);
    }
    store2(&a, state, 0);
    store2(&b, state, 1);
    store4(&ap, state, 2);
    store4(&c, state, 3);
    store4(&d, state, 4);
}

/* Two frames at a time, so that two chains of sums run side by side. */
static void detect_step(const float *restrict lanes, size_t n,
                        float *restrict mean, float *restrict top) {
    enum { WIDE = 2 * ST_LANES };
    float sum[WIDE] = {0}, peak[WIDE] = {0};
    for (size_t i = 0; i < n; i += 2)
        for (int j = 0; j < WIDE; j++) {
            float x = lanes[i * ST_LANES + (size_t)j];
            x *= x;
            sum[j] += x;
            peak[j] = x > peak[j] ? x : peak[j];
        }
    float scale = 1.0f / (float)n;
    for (int j = 0; j < ST_LANES; j++) {
        sum[j] = (sum[j] + sum[j + ST_LANES]) * scale;
        float other = peak[j + ST_LANES];
        peak[j] = peak[j] > other ? peak[j] : other;
    }
    for (int j = 0; j < ST_LANES; j++) {
        mean[j] = sum[j] > sum[j ^ 1] ? sum[j] : sum[j ^ 1];
        top[j] = peak[j] > peak[j ^ 1] ? peak[j] : peak[j ^ 1];
    }
}

static void detect_lanes(const float *restrict lanes, size_t n, size_t steps,
                         float *restrict mean, float *restrict top) {
    for (size_t i = 0; i < steps; i++)
        detect_step(lanes + i * n * ST_LANES, n, mean + i * ST_LANES,
                    top + i * ST_LANES);
}

static void detect(const float *x, size_t n, float *mean, float *top) {
    float sum[8] = {0}, peak[8] = {0};
    for (size_t i = 0; i < n; i += 8)
        for (int j = 0; j < 8; j++) {
            float y = x[i + (size_t)j] * x[i + (size_t)j];
            sum[j] += y;
            peak[j] = y > peak[j] ? y : peak[j];
        }
    for (int half = 4; half > 0; half /= 2)
        for (int j = 0; j < half; j++) {
            sum[j] += sum[j + half];
            peak[j] = peak[j + half] > peak[j] ? peak[j + half] : peak[j];
        }
    *mean = sum[0] / (float)n;
    *top = peak[0];
}

/* From squares to the smoothed reduction, in log2. */
static void follow(const st_gain_law *restrict law, st_gain_state *restrict z,
                   const float *restrict mean, const float *restrict top) {
    for (int j = 0; j < ST_LANES; j++) {
        /* Twice the mean square: a sine reads its peak. NaN reads as
         * silence; silence is not quite 0, so nothing becomes denormal. */
        float square = mean[j] > 1e-25f ? 2.0f * mean[j] : 1e-25f;
        square = square < 1e12f ? square : 1e12f;
        float peak = top[j] < 1e12f ? top[j] : 1e12f;
        z->power[j] = square + law->keep_rms[j] * (z->power[j] - square);
        float power = law->rms[j] > 0.0f ? z->power[j] : peak;
        float level = 0.5f * st_log2f(power > 1e-20f ? power : 1e-20f);

        float over = law->sign[j] * (level - law->threshold[j]);
        float knee = law->knee[j];
        float inside = over + 0.5f * knee;
        inside = inside > 0.0f ? inside : 0.0f;
        inside = inside < knee ? inside : knee;
        float above = over - 0.5f * knee;
        above = above > 0.0f ? above : 0.0f;
        float cut = law->slope[j] * (law->inside[j] * inside * inside + above);
        cut = cut < law->range[j] ? cut : law->range[j];
        cut *= law->sign[j];
        z->level[j] = level;

        float held = z->held[j], wait = z->wait[j];
        float fall = cut + law->keep_release[j] * (held - cut);
        fall = wait > 0.0f ? held : fall;
        wait = wait > 0.0f ? wait - 1.0f : 0.0f;
        z->wait[j] = cut >= held ? law->hold[j] : wait;
        held = cut >= held ? cut : fall;
        held = __builtin_fabsf(held) > 1e-9f ? held : 0.0f;
        z->held[j] = held;
        float smooth = held + law->keep_attack[j] * (z->smooth[j] - held);
        smooth = __builtin_fabsf(smooth) > 1e-9f ? smooth : 0.0f;
        z->smooth[j] = smooth;

        z->cut[j] = smooth;
        z->block_power[j] += square;
    }
}

/* The floor of upward lanes, on a level that does not dip within a cycle. */
static void limit_lift(const st_gain_law *restrict law,
                       st_gain_state *restrict z) {
    for (int j = 0; j < ST_LANES; j++) {
        float level = z->level[j], loud = z->loud[j], wait = z->loud_wait[j];
        float fall = level + law->keep_release[j] * (loud - level);
        fall = wait > 0.0f ? loud : fall;
        wait = wait > 0.0f ? wait - 1.0f : 0.0f;
        z->loud_wait[j] = level >= loud ? law->hold[j] : wait;
        loud = level >= loud ? level : fall;
        z->loud[j] = loud;
        float room = loud - law->floor[j];
        room = room > 0.0f ? room : 0.0f;
        z->cut[j] = z->cut[j] > -room ? z->cut[j] : -room;
    }
}

static void make_gain(const st_gain_law *restrict law,
                      st_gain_state *restrict z, float *restrict gains) {
    for (int j = 0; j < ST_LANES; j++) {
        float wet = 1.0f + law->mix[j] * (st_exp2f(-z->cut[j]) - 1.0f);
        gains[j] = wet * law->makeup[j];
        /* With a dry share less than the curve's reduction is applied. */
        float cut = law->parallel ? -st_log2f(wet) : z->cut[j];
        z->cut[j] = cut;
        cut = cut > 0.0f ? cut : 0.0f;
        z->block_cut[j] += cut;
        z->block_top[j] = cut > z->block_top[j] ? cut : z->block_top[j];
    }
}

static void gain_step(const st_gain_law *restrict law,
                      st_gain_state *restrict z, const float *restrict mean,
                      const float *restrict top, float *restrict gains) {
    follow(law, z, mean, top);
    if (law->upward)
        limit_lift(law, z);
    make_gain(law, z, gains);
}

static void gain(const st_gain_law *restrict law, st_gain_state *restrict z,
                 const float *restrict mean, const float *restrict top,
                 float *restrict gains, size_t steps) {
    for (size_t i = 0; i < steps * ST_LANES; i += ST_LANES)
        gain_step(law, z, mean + i, top + i, gains + i);
}

static void mix_lanes(const float *restrict lanes, const float *restrict from,
                      const float *restrict to, const float *restrict w,
                      float *restrict left, float *restrict right, size_t n) {
    v4f from_low, from_top, slope_low, slope_top;
    memcpy(&from_low, from, sizeof from_low);
    memcpy(&from_top, from + 4, sizeof from_top);
    memcpy(&slope_low, to, sizeof slope_low);
    memcpy(&slope_top, to + 4, sizeof slope_top);
    slope_low = slope_low - from_low;
    slope_top = slope_top - from_top;
    for (size_t i = 0; i < n; i++) {
        v4f low, top;
        memcpy(&low, lanes + i * ST_LANES, sizeof low);
        memcpy(&top, lanes + i * ST_LANES + 4, sizeof top);
        low = low * (from_low + slope_low * w[i]) +
              top * (from_top + slope_top * w[i]);
        left[i] = low[0] + low[2];
        right[i] = low[1] + low[3];
    }
}

static void ramp(float *out, const float *in, float from, float to,
                 const float *restrict w, size_t n) {
    float slope = to - from;
    for (size_t i = 0; i < n; i++)
        out[i] = in[i] * (from + slope * w[i]);
}

/* C. Wellons' "lowbias32" mixer, keyed in two places so that channels are
 * not one sequence at different offsets. */
static void noise(float *restrict out, uint32_t frame, uint32_t key1,
                  uint32_t key2, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint32_t x = (frame + (uint32_t)i) ^ key1;
        x ^= x >> 16;
        x *= 0x7FEB352Du;
        x ^= (x >> 15) ^ key2;
        x *= 0x846CA68Bu;
        x ^= x >> 16;
        int32_t sum = (int32_t)(x & 0xFFFFu) + (int32_t)(x >> 16) - 65535;
        out[i] = (float)sum * (1.0f / 65536.0f);
    }
}

static void quantise(float *out, const float *in, const float *restrict noise,
                     double scale, size_t n) {
    const double shift = 6755399441055744.0; /* 1.5 * 2^52: rounds to int */
    double top = scale - 1.0, unit = 1.0 / scale;
    for (size_t i = 0; i < n; i++) {
        double x = in[i] == in[i] ? (double)in[i] : 0.0;
        x = x * scale + (double)noise[i];
        x = x < top ? x : top;
        x = x > -scale ? x : -scale;
        out[i] = (float)(((x + shift) - shift) * unit);
    }
}

const st_dynops ST_DYNOPS_TABLE = {
    .crossover = crossover,
    .detect_lanes = detect_lanes,
    .detect = detect,
    .gain = gain,
    .mix_lanes = mix_lanes,
    .ramp = ramp,
    .noise = noise,
    .quantise = quantise,
};
