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
typedef int32_t v4i ST_VECTOR(16);

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

/* a where the mask is set, else b. */
static inline v4f pick(const v4i *mask, const v4f *a, const v4f *b) {
    v4i first, second;
    v4f out;
    memcpy(&first, a, sizeof first);
    memcpy(&second, b, sizeof second);
    first = (first & *mask) | (second & ~*mask);
    memcpy(&out, &first, sizeof out);
    return out;
}

/* The larger of each, the second where one is no number. */
static inline v4f larger(const v4f *a, const v4f *b) {
    v4i greater = *a > *b;
    return pick(&greater, a, b);
}

static inline v4f load(const float *x) {
    v4f y;
    memcpy(&y, x, sizeof y);
    return y;
}

static inline void store(float *x, v4f y) {
    memcpy(x, &y, sizeof y);
}

static void detect(const float *x, size_t n, float *mean, float *top) {
    v4f sum[2] = {{0}, {0}}, peak[2] = {{0}, {0}};
    for (size_t i = 0; i < n; i += 8)
        for (size_t j = 0; j < 2; j++) {
            v4f y = load(x + i + 4 * j);
            y *= y;
            sum[j] += y;
            peak[j] = larger(&y, &peak[j]);
        }
    sum[0] += sum[1];
    peak[0] = larger(&peak[1], &peak[0]);
    float a = peak[0][0] < peak[0][2] ? peak[0][2] : peak[0][0];
    float b = peak[0][1] < peak[0][3] ? peak[0][3] : peak[0][1];
    *mean = ((sum[0][0] + sum[0][2]) + (sum[0][1] + sum[0][3])) / (float)n;
    *top = a < b ? b : a;
}

/* Gains of a few steps, in passes over all of them: what a step takes from
 * the one before it is apart from logarithms and curves, which then overlap.
 * Inside fields have `wide` lanes a step, 4 or 8. */
enum { STEPS = 32, FIELD = STEPS * ST_LANES };

/* Mean and largest squares come in. Twice the mean square: a sine reads its
 * peak. NaN reads as silence; silence is not quite 0, so nothing becomes
 * denormal. */
static void bound(float *restrict square, float *restrict peak, size_t field) {
    for (size_t i = 0; i < field; i++) {
        float x = square[i] > 1e-25f ? 2.0f * square[i] : 1e-25f;
        square[i] = x < 1e12f ? x : 1e12f;
        peak[i] = peak[i] < 1e12f ? peak[i] : 1e12f;
    }
}

/* The power that one step is judged by, in place of its largest square. */
ST_INLINE void smooth_power(const st_gain_law *restrict law,
                            st_gain_state *restrict z,
                            const float *restrict square, float *restrict power,
                            size_t wide) {
    for (size_t j = 0; j < wide; j += 4) {
        v4f x = load(square + j), peak = load(power + j);
        v4f now = x + load(law->keep_rms + j) * (load(z->power + j) - x);
        v4i rms = load(law->rms + j) > 0.0f;
        store(z->power + j, now);
        store(z->block_power + j, load(z->block_power + j) + x);
        store(power + j, pick(&rms, &now, &peak));
    }
}

/* From powers to levels and to what the curve takes off, in log2. */
ST_INLINE void curve(const st_gain_law *restrict law, float *restrict level,
                     float *restrict cut, size_t field, size_t wide) {
    for (size_t i = 0; i < field; i++)
        level[i] = 0.5f * st_log2f(level[i] > 1e-20f ? level[i] : 1e-20f);
    for (size_t i = 0; i < field; i += wide)
        for (size_t j = 0; j < wide; j++) {
            float over = law->sign[j] * (level[i + j] - law->threshold[j]);
            float knee = law->knee[j];
            float inside = over + 0.5f * knee;
            inside = inside > 0.0f ? inside : 0.0f;
            inside = inside < knee ? inside : knee;
            float above = over - 0.5f * knee;
            above = above > 0.0f ? above : 0.0f;
            float off =
                law->slope[j] * (law->inside[j] * inside * inside + above);
            off = off < law->range[j] ? off : law->range[j];
            cut[i + j] = law->sign[j] * off;
        }
}

/* Hold, release and attack of one step. */
ST_INLINE void follow(const st_gain_law *restrict law,
                      st_gain_state *restrict z, float *restrict cut,
                      size_t wide) {
    for (size_t j = 0; j < wide; j++) {
        float held = z->held[j], wait = z->wait[j];
        float fall = cut[j] + law->keep_release[j] * (held - cut[j]);
        fall = wait > 0.0f ? held : fall;
        wait = wait > 0.0f ? wait - 1.0f : 0.0f;
        z->wait[j] = cut[j] >= held ? law->hold[j] : wait;
        held = cut[j] >= held ? cut[j] : fall;
        held = __builtin_fabsf(held) > 1e-9f ? held : 0.0f;
        z->held[j] = held;
        float smooth = held + law->keep_attack[j] * (z->smooth[j] - held);
        smooth = __builtin_fabsf(smooth) > 1e-9f ? smooth : 0.0f;
        z->smooth[j] = smooth;
        cut[j] = smooth;
    }
}

/* The floor of upward lanes, on a level that does not dip within a cycle. */
ST_INLINE void limit_lift(const st_gain_law *restrict law,
                          st_gain_state *restrict z,
                          const float *restrict levels, float *restrict cut,
                          size_t wide) {
    for (size_t j = 0; j < wide; j++) {
        float level = levels[j], loud = z->loud[j], wait = z->loud_wait[j];
        float fall = level + law->keep_release[j] * (loud - level);
        fall = wait > 0.0f ? loud : fall;
        wait = wait > 0.0f ? wait - 1.0f : 0.0f;
        z->loud_wait[j] = level >= loud ? law->hold[j] : wait;
        loud = level >= loud ? level : fall;
        z->loud[j] = loud;
        float room = loud - law->floor[j];
        room = room > 0.0f ? room : 0.0f;
        cut[j] = cut[j] > -room ? cut[j] : -room;
    }
}

ST_INLINE void make_gains(const st_gain_law *restrict law, float *restrict cut,
                          float *restrict gains, size_t field, size_t wide) {
    for (size_t i = 0; i < field; i += wide)
        for (size_t j = 0; j < wide; j++) {
            float wet = 1.0f + law->mix[j] * (st_exp2f(-cut[i + j]) - 1.0f);
            gains[i + j] = wet * law->makeup[j];
            /* With a dry share less than the curve's reduction is applied. */
            cut[i + j] = law->parallel ? -st_log2f(wet) : cut[i + j];
        }
}

ST_INLINE void count_cut(st_gain_state *restrict z, const float *restrict cuts,
                         size_t wide) {
    for (size_t j = 0; j < wide; j += 4) {
        v4f cut = load(cuts + j), most = load(z->block_top + j), none = {0};
        cut = larger(&cut, &none);
        store(z->block_cut + j, load(z->block_cut + j) + cut);
        store(z->block_top + j, larger(&cut, &most));
    }
}

ST_INLINE void narrow(float *restrict out, const float *restrict in,
                      size_t steps, size_t wide) {
    for (size_t i = 0; i < steps; i++)
        for (size_t j = 0; j < wide; j += 4)
            store(out + i * wide + j, load(in + i * ST_LANES + j));
}

ST_INLINE void gain_steps(const st_gain_law *restrict law,
                          st_gain_state *restrict z, const float *restrict mean,
                          const float *restrict top, float *restrict gains,
                          size_t steps, size_t wide) {
    float level[FIELD], cut[FIELD], wet[FIELD];
    size_t field = steps * wide;
    narrow(cut, mean, steps, wide);
    narrow(level, top, steps, wide);
    bound(cut, level, field);
    for (size_t i = 0; i < field; i += wide)
        smooth_power(law, z, cut + i, level + i, wide);
    curve(law, level, cut, field, wide);
    for (size_t i = 0; i < field; i += wide)
        follow(law, z, cut + i, wide);
    for (size_t i = 0; law->upward && i < field; i += wide)
        limit_lift(law, z, level + i, cut + i, wide);
    make_gains(law, cut, wet, field, wide);
    for (size_t i = 0; i < field; i += wide)
        count_cut(z, cut + i, wide);
    memcpy(z->cut, cut + field - wide, wide * sizeof *cut);
    for (size_t i = 0; i < steps; i++)
        memcpy(gains + i * ST_LANES, wet + i * wide, wide * sizeof *wet);
}

static void gain(const st_gain_law *restrict law, st_gain_state *restrict z,
                 const float *restrict mean, const float *restrict top,
                 float *restrict gains, size_t steps) {
    for (size_t at = 0; at < steps; at += STEPS) {
        size_t n = steps - at < STEPS ? steps - at : STEPS, i = at * ST_LANES;
        if (law->lanes > 4)
            gain_steps(law, z, mean + i, top + i, gains + i, n, ST_LANES);
        else
            gain_steps(law, z, mean + i, top + i, gains + i, n, 4);
    }
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
