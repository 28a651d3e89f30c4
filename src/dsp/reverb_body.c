/* Compiled once a CPU level; ST_REVERB_OPS_TABLE names the table it makes. */
#include "dsp/reverb_net.h"

#include <stddef.h>
#include <string.h>

extern const st_reverb_ops ST_REVERB_OPS_TABLE;

/* A line's number is x3 x2 x1 x0 in binary. */
enum {
    LINES = ST_REVERB_LINES,
    STEP = ST_REVERB_STEP,
    TAPS = ST_REVERB_TAPS,
    DIFFUSERS = ST_REVERB_DIFFUSERS,
    MIRROR = 2 * STEP
};

/* Not 8 for AVX2: what the transposition stores in fours would be read in
 * eights at once, which costs more than it saves. */
#if defined(__AVX512F__)
enum { LANES = 16 };
typedef float vec ST_VECTOR(64);
typedef int32_t mask ST_VECTOR(64);
#else
enum { LANES = 4 };
typedef float vec ST_VECTOR(16);
typedef int32_t mask ST_VECTOR(16);
#endif
typedef float v4f ST_VECTOR(16);

/* vectors in a step of time, and across the lines */
enum { LONG = STEP / LANES, WIDE = LINES / LANES };

static const float diffusion = 0.65f;

/* What is left at -400 dB becomes 0, so that tails end. */
static const float nothing = 1e-20f;

/* Bent sequences (x0 x1 + x2 x3, and that + x0 + x2): orthogonal, and flat
 * under the Walsh transform, so that no line is heard through the mix. */
static const float left_sign[LINES] = {1, 1, 1, -1, 1,  1,  1,  -1,
                                       1, 1, 1, -1, -1, -1, -1, 1};
static const float right_sign[LINES] = {1, -1, 1, 1, -1, 1,  -1, -1,
                                        1, -1, 1, 1, 1,  -1, 1,  1};
/* What goes into the lines; the left side where x1 is 0. */
static const float in_sign[LINES] = {1, 1,  -1, 1, 1,  -1, 1,  1,
                                     1, -1, 1,  1, -1, 1,  -1, -1};

ST_INLINE void load(vec *to, const float *from) {
    memcpy(to, from, sizeof *to);
}

ST_INLINE void store(float *to, const vec *from) {
    memcpy(to, from, sizeof *from);
}

ST_INLINE void flush(vec *x) {
    mask keep = (*x > nothing) | (*x < -nothing);
    *x = (vec)((mask)*x & keep);
}

/* --- rings --- */

ST_INLINE const float *past(const st_reverb_ring *r, int row, int frames) {
    int at = r->at - frames;
    at = at < 0 ? at + r->capacity : at;
    return r->data + (ptrdiff_t)row * r->stride + at;
}

ST_INLINE void put(const st_reverb_ring *r, int row, const vec x[LONG]) {
    float *to = r->data + (ptrdiff_t)row * r->stride + r->at;
    for (int v = 0; v < LONG; v++)
        store(to + v * LANES, &x[v]);
    if (r->at >= MIRROR)
        return;
    for (int v = 0; v < LONG; v++)
        store(to + r->capacity + v * LANES, &x[v]);
}

ST_INLINE void advance(st_reverb_ring *r) {
    r->at += STEP;
    if (r->at == r->capacity)
        r->at = 0;
}

/* --- before the lines --- */

ST_INLINE void allpass(const st_reverb_net *net, int row, vec x[LONG]) {
    const float *old = past(&net->diffuser, row, net->diffuser_frames[row]);
    vec kept[LONG];
    for (int v = 0; v < LONG; v++) {
        vec w;
        load(&w, old + v * LANES);
        kept[v] = x[v] + diffusion * w;
        x[v] = w - diffusion * kept[v];
        flush(&kept[v]);
    }
    put(&net->diffuser, row, kept);
}

static void diffuse(st_reverb_net *net, float x[2][STEP]) {
    for (int side = 0; side < 2; side++) {
        vec y[LONG];
        for (int v = 0; v < LONG; v++)
            load(&y[v], x[side] + v * LANES);
        put(&net->before, side, y);
        const float *late = past(&net->before, side, net->before_frames);
        for (int v = 0; v < LONG; v++)
            load(&y[v], late + v * LANES);
        for (int k = 0; k < DIFFUSERS; k++)
            allpass(net, side * DIFFUSERS + k, y);
        for (int v = 0; v < LONG; v++)
            store(x[side] + v * LANES, &y[v]);
    }
    advance(&net->before);
    advance(&net->diffuser);
}

/* --- the lines --- */

static void enter(st_reverb_net *net, float x[2][STEP]) {
    for (int line = 0; line < LINES; line++) {
        vec y[LONG];
        for (int v = 0; v < LONG; v++) {
            vec in;
            load(&y[v], net->mixed[line] + v * LANES);
            load(&in, x[line / 2 % 2] + v * LANES);
            y[v] += in_sign[line] * in;
        }
        put(&net->line, line, y);
    }
    advance(&net->line);
}

/* Taps in a straight line from one end of the step to the other. */
ST_INLINE void read_bent(const st_reverb_net *net, int k, float out[STEP]) {
    const float *in = past(&net->line, 2 * k, net->place[k]);
    for (int i = 0; i < STEP; i++) {
        float a = 0.0f, b = 0.0f;
        for (int tap = 0; tap < TAPS; tap++) {
            a += net->from[k][tap] * in[i + tap];
            b += (net->to[k][tap] - net->from[k][tap]) * in[i + tap];
        }
        out[i] = a + b * ((float)i * (1.0f / STEP));
    }
}

/* to[j][i] = from[i][j], 16 by 16 */
ST_INLINE void transpose(const float *from, int from_stride, float *to,
                         int to_stride) {
    for (int i = 0; i < 16; i += 4)
        for (int j = 0; j < 16; j += 4) {
            v4f a[4], b[4];
            for (int k = 0; k < 4; k++)
                memcpy(&a[k], from + (i + k) * from_stride + j, sizeof a[k]);
            b[0] = ST_VECTOR_PICK(a[0], a[1], 0, 4, 1, 5);
            b[1] = ST_VECTOR_PICK(a[0], a[1], 2, 6, 3, 7);
            b[2] = ST_VECTOR_PICK(a[2], a[3], 0, 4, 1, 5);
            b[3] = ST_VECTOR_PICK(a[2], a[3], 2, 6, 3, 7);
            a[0] = ST_VECTOR_PICK(b[0], b[2], 0, 1, 4, 5);
            a[1] = ST_VECTOR_PICK(b[0], b[2], 2, 3, 6, 7);
            a[2] = ST_VECTOR_PICK(b[1], b[3], 0, 1, 4, 5);
            a[3] = ST_VECTOR_PICK(b[1], b[3], 2, 3, 6, 7);
            for (int k = 0; k < 4; k++)
                memcpy(to + (j + k) * to_stride + i, &a[k], sizeof a[k]);
        }
}

/* One frame of one vector of lines; state and coefficients in registers. */
typedef struct {
    vec p, q, r, band, low, pole, pass, under;
} coeffs;

typedef struct {
    vec s1, s2, s3;
} memory;

ST_INLINE void coeffs_load(coeffs *c, const st_reverb_loss *l, int lane) {
    load(&c->p, l->p + lane);
    load(&c->q, l->q + lane);
    load(&c->r, l->r + lane);
    load(&c->band, l->band + lane);
    load(&c->low, l->low + lane);
    load(&c->pole, l->pole + lane);
    load(&c->pass, l->pass + lane);
    load(&c->under, l->under + lane);
}

ST_INLINE void coeffs_move(coeffs *c, const coeffs *by) {
    c->p += by->p;
    c->q += by->q;
    c->r += by->r;
    c->band += by->band;
    c->low += by->low;
    c->pole += by->pole;
    c->pass += by->pass;
    c->under += by->under;
}

ST_INLINE void absorb_one(const coeffs *c, memory *m, vec *x) {
    vec d = *x - m->s2;
    vec n1 = c->p * m->s1 + c->q * d;
    vec n2 = m->s2 + (c->q * m->s1 + c->r * d);
    vec y = *x + c->band * (m->s1 + n1) + c->low * (m->s2 + n2);
    m->s1 = n1;
    m->s2 = n2;
    vec step = c->pole * (y - m->s3);
    vec low = m->s3 + step;
    m->s3 = low + step;
    *x = c->pass * y + c->under * low;
    flush(x);
}

ST_INLINE void absorb(st_reverb_net *net, float x[STEP][LINES], int moving) {
    coeffs c[WIDE], by[WIDE];
    memory m[WIDE];
    for (int w = 0; w < WIDE; w++) {
        coeffs_load(&c[w], &net->loss, w * LANES);
        coeffs_load(&by[w], &net->delta, w * LANES);
        load(&m[w].s1, net->s1 + w * LANES);
        load(&m[w].s2, net->s2 + w * LANES);
        load(&m[w].s3, net->s3 + w * LANES);
    }
    for (int i = 0; i < STEP; i++)
        for (int w = 0; w < WIDE; w++) {
            vec y;
            load(&y, x[i] + w * LANES);
            if (moving)
                coeffs_move(&c[w], &by[w]);
            absorb_one(&c[w], &m[w], &y);
            store(x[i] + w * LANES, &y);
        }
    for (int w = 0; w < WIDE; w++) {
        flush(&m[w].s1);
        flush(&m[w].s2);
        flush(&m[w].s3);
        store(net->s1 + w * LANES, &m[w].s1);
        store(net->s2 + w * LANES, &m[w].s2);
        store(net->s3 + w * LANES, &m[w].s3);
    }
}

/* The fast Walsh transform of the lines, and before it the two outputs. */
ST_INLINE void mix(st_reverb_net *net, float x[LINES][LANES],
                   float out[2][STEP], int at) {
    vec y[LINES], left = {0}, right = {0};
    for (int k = 0; k < LINES; k++) {
        load(&y[k], x[k]);
        left += left_sign[k] * y[k];
        right += right_sign[k] * y[k];
    }
    store(out[0] + at, &left);
    store(out[1] + at, &right);
    for (int h = 1; h < LINES; h *= 2)
        for (int k = 0; k < LINES; k++)
            if ((k & h) == 0) {
                vec a = y[k], b = y[k + h];
                y[k] = a + b;
                y[k + h] = a - b;
            }
    for (int k = 0; k < LINES; k++)
        store(net->mixed[k] + at, &y[k]);
}

static void turn(st_reverb_net *net, float x[2][STEP], float out[2][STEP]) {
    float rows[LINES][STEP], columns[STEP][LINES], part[LINES][LANES];
    enter(net, x);
    for (int line = 0; line < LINES; line += 2) {
        read_bent(net, line / 2, rows[line]);
        memcpy(rows[line + 1],
               past(&net->line, line + 1, net->line_frames[line + 1]),
               sizeof rows[0]);
    }
    for (int i = 0; i < STEP; i += 16)
        transpose(&rows[0][i], STEP, columns[i], LINES);
    if (net->moving)
        absorb(net, columns, 1);
    else
        absorb(net, columns, 0);
    for (int i = 0; i < STEP; i += 16)
        transpose(columns[i], LINES, &rows[0][i], STEP);
    for (int i = 0; i < STEP; i += LANES) {
        for (int k = 0; k < LINES; k++)
            memcpy(part[k], &rows[k][i], sizeof part[k]);
        mix(net, part, out, i);
    }
}

const st_reverb_ops ST_REVERB_OPS_TABLE = {diffuse, turn};
