#include "audio/fft.h"

#include "audio/fft_kernels.h"
#include "core/alloc.h"
#include "core/cpu.h"
#include "core/math.h"

#include <assert.h>
#include <string.h>

ST_CPU_TABLES(st_fft_kernels, st_fft);

/* At 256 points the complex transform of n is faster than that of n/2 and the
 * unpacking, as its tiles are full. */
enum { WHOLE_SIZE = 256 };

struct st_rfft {
    st_fft *half; /* n/2 points (n for WHOLE_SIZE) */
    size_t n;
    float *twiddle;
};

static const st_fft_kernels *kernels_of(int level) {
    return st_cpu_table(st_fft_tables, level);
}

static int best_level(void) {
    int level = st_cpu_level_get();
    while (kernels_of(level) == NULL)
        level--;
    return level;
}

/* One quarter of the circle: cosine[k] = cos(2 pi k / n), k = 0..n/4. n is a
 * multiple of 4; all roots of a plan come from one such table. */
typedef struct {
    size_t n;
    float *cosine;
} circle;

static st_status circle_init(circle *c, size_t n) {
    c->n = n < 4 ? 4 : n;
    c->cosine = st_calloc(c->n / 4 + 1, sizeof(float));
    if (c->cosine == NULL)
        return ST_NO_MEM;
    for (size_t k = 0; k <= c->n / 4; k++)
        c->cosine[k] = (float)st_cospi(2.0 * (double)k / (double)c->n);
    return ST_OK;
}

/* exp(-2 pi j k / n), n a divisor of the circle's. */
static void unit_root(const circle *c, size_t k, size_t n, float *re,
                      float *im) {
    size_t quarter = c->n / 4, at = k % n * (c->n / n);
    size_t rest = at % quarter;
    float x = c->cosine[rest], y = c->cosine[quarter - rest];
    const float value[4][2] = {{x, -y}, {-y, -x}, {-x, y}, {y, x}};
    *re = value[at / quarter][0];
    *im = value[at / quarter][1];
}

/* Radix 8 as long as it goes, 4 for the rest, never one pass alone. */
static void plan_passes(st_fft_tile *tile, size_t n) {
    int bits = 0;
    while (((size_t)1 << bits) < n)
        bits++;
    tile->n = n;
    int eights = bits / 3, fours = 0, twos = 0;
    if (bits <= 3) {
        eights = 0;
        fours = bits - 2;
        twos = 4 - bits;
    } else if (bits % 3 == 1) {
        eights--;
        fours = 2;
    } else if (bits % 3 == 2) {
        fours = 1;
    }
    for (int i = 0; i < eights; i++)
        tile->radix[tile->passes++] = 8;
    for (int i = 0; i < fours; i++)
        tile->radix[tile->passes++] = 4;
    for (int i = 0; i < twos; i++)
        tile->radix[tile->passes++] = 2;
    assert(tile->passes >= 2);
}

static size_t tile_twiddle_count(const st_fft_tile *tile) {
    size_t count = 0, m = tile->n;
    for (int p = 0; p < tile->passes - 1; p++) {
        m /= (size_t)tile->radix[p];
        count += m * 2 * (size_t)(tile->radix[p] - 1);
    }
    return count;
}

static float *fill_tile_twiddles(st_fft_tile *tile, const circle *roots,
                                 float *at) {
    size_t block = tile->n;
    for (int p = 0; p < tile->passes - 1; p++) {
        size_t radix = (size_t)tile->radix[p], m = block / radix;
        tile->twiddle[p] = at;
        for (size_t i = 0; i < m; i++)
            for (size_t k = 1; k < radix; k++, at += 2)
                unit_root(roots, i * k, block, at, at + 1);
        block = m;
    }
    return at;
}

/* Row q0 m0 + q1 m1 + ... holds bin q0 + radix0 q1 + radix0 radix1 q2 ... */
static uint16_t *fill_tile_order(st_fft_tile *tile, uint16_t *at) {
    uint16_t *index = at, *row = at + tile->n;
    for (size_t r = 0; r < tile->n; r++) {
        size_t rest = r, m = tile->n, weight = 1, k = 0;
        for (int p = 0; p < tile->passes; p++) {
            m /= (size_t)tile->radix[p];
            k += rest / m * weight;
            rest %= m;
            weight *= (size_t)tile->radix[p];
        }
        index[r] = (uint16_t)k;
        row[k] = (uint16_t)r;
    }
    tile->index = index;
    tile->row = row;
    return row + tile->n;
}

static void fill_step_twiddles(const st_fft *plan, const circle *roots,
                               float *at) {
    size_t lanes = (size_t)plan->lanes_a;
    for (size_t c = 0; c < plan->b.n; c += lanes)
        for (size_t r = 0; r < plan->a.n; r++, at += 2 * lanes)
            for (size_t j = 0; j < lanes; j++)
                unit_root(roots, (c + j) * plan->a.index[r], plan->n, at + j,
                          at + lanes + j);
}

static int lanes_of(size_t n) {
    return n < ST_FFT_LANES ? (int)n : ST_FFT_LANES;
}

static st_status plan_tiles(st_fft *plan, const circle *roots) {
    size_t n1 = 4, n2 = 4;
    while (n1 * n2 < plan->n)
        if (n1 <= n2)
            n1 *= 2;
        else
            n2 *= 2;
    plan->lanes_a = lanes_of(n2);
    plan->lanes_b = lanes_of(n1);
    plan_passes(&plan->a, n1);
    plan_passes(&plan->b, n2);
    size_t floats = tile_twiddle_count(&plan->a) +
                    tile_twiddle_count(&plan->b) + 2 * plan->n;
    /* two tables of uint16_t a tile, a float holds two */
    plan->store = st_calloc(floats + n1 + n2 + 16, sizeof(float));
    if (plan->store == NULL)
        return ST_NO_MEM;
    float *at = plan->store;
    plan->twiddle = at;
    float *rest = fill_tile_twiddles(&plan->a, roots, at + 2 * plan->n);
    rest = fill_tile_twiddles(&plan->b, roots, rest);
    uint16_t *order = fill_tile_order(&plan->a, (void *)rest);
    fill_tile_order(&plan->b, order);
    fill_step_twiddles(plan, roots, at);
    size_t tile_a = n1 * (size_t)plan->lanes_a;
    size_t tile_b = n2 * (size_t)plan->lanes_b;
    plan->scratch = 2 * plan->n + 2 * (tile_a > tile_b ? tile_a : tile_b);
    return ST_OK;
}

static st_status plan_small(st_fft *plan, const circle *roots) {
    float *at = st_calloc(2 * plan->n, sizeof(float));
    if (at == NULL)
        return ST_NO_MEM;
    plan->small = plan->store = at;
    for (size_t k = 0; k < plan->n; k++)
        unit_root(roots, k, plan->n, at + 2 * k, at + 2 * k + 1);
    return ST_OK;
}

static bool size_is_good(size_t n) {
    return n >= 1 && n <= ST_FFT_MAX && (n & (n - 1)) == 0;
}

st_status st_fft_new_level(st_fft **out, size_t n, int level) {
    if (!size_is_good(n))
        return ST_BAD_ARG;
    const st_fft_kernels *kernels = kernels_of(level);
    if (kernels == NULL)
        return ST_UNSUPPORTED;
    st_fft *plan = st_calloc(1, sizeof *plan);
    if (plan == NULL)
        return ST_NO_MEM;
    plan->kernels = kernels;
    plan->n = n;
    circle roots = {0};
    st_status status = circle_init(&roots, n);
    if (status == ST_OK)
        status = n < 16 ? plan_small(plan, &roots) : plan_tiles(plan, &roots);
    st_free(roots.cosine);
    if (status == ST_OK)
        *out = plan;
    else
        st_fft_free(plan);
    return status;
}

st_status st_fft_new(st_fft **out, size_t n) {
    return st_fft_new_level(out, n, best_level());
}

void st_fft_free(st_fft *plan) {
    if (plan == NULL)
        return;
    st_free(plan->store);
    st_free(plan);
}

size_t st_fft_scratch(const st_fft *plan) {
    return plan->scratch;
}

void st_fft_forward(const st_fft *plan, const float *in_re, const float *in_im,
                    float *out_re, float *out_im, float *scratch) {
    plan->kernels->run(plan, (st_fft_in){in_re, in_im, 1},
                       (st_fft_out){out_re, out_im, 1}, scratch);
}

/* Real and imaginary part swapped on both sides turn one into the other. */
void st_fft_inverse(const st_fft *plan, const float *in_re, const float *in_im,
                    float *out_re, float *out_im, float *scratch) {
    st_fft_forward(plan, in_im, in_re, out_im, out_re, scratch);
}

st_status st_rfft_new_level(st_rfft **out, size_t n, int level) {
    if (n < 2 || !size_is_good(n))
        return ST_BAD_ARG;
    st_rfft *plan = st_calloc(1, sizeof *plan);
    if (plan == NULL)
        return ST_NO_MEM;
    plan->n = n;
    size_t count = n / 4 + 1;
    plan->twiddle = st_calloc(2 * count, sizeof(float));
    circle roots = {0};
    st_status status = circle_init(&roots, n);
    if (status == ST_OK && plan->twiddle == NULL)
        status = ST_NO_MEM;
    if (status == ST_OK)
        status =
            st_fft_new_level(&plan->half, n == WHOLE_SIZE ? n : n / 2, level);
    for (size_t k = 0; status == ST_OK && k < count; k++)
        unit_root(&roots, k, n, plan->twiddle + k, plan->twiddle + count + k);
    st_free(roots.cosine);
    if (status == ST_OK)
        *out = plan;
    else
        st_rfft_free(plan);
    return status;
}

st_status st_rfft_new(st_rfft **out, size_t n) {
    return st_rfft_new_level(out, n, best_level());
}

void st_rfft_free(st_rfft *plan) {
    if (plan == NULL)
        return;
    st_fft_free(plan->half);
    st_free(plan->twiddle);
    st_free(plan);
}

size_t st_rfft_scratch(const st_rfft *plan) {
    return st_fft_scratch(plan->half) + 2 * plan->n;
}

static void whole_forward(const st_rfft *plan, const float *in, float *re,
                          float *im, float *scratch) {
    size_t n = plan->n, bytes = (n / 2 + 1) * sizeof(float);
    float *z_re = scratch, *z_im = scratch + n;
    memset(z_im, 0, n * sizeof(float));
    st_fft_forward(plan->half, in, z_im, z_re, z_im, scratch + 2 * n);
    memcpy(re, z_re, bytes);
    memcpy(im, z_im, bytes);
    im[0] = im[n / 2] = 0.0f;
}

/* The real part of twice the positive half is the sum of both halves. */
static void whole_inverse(const st_rfft *plan, const float *re, const float *im,
                          float *out, float *scratch) {
    size_t n = plan->n, half = n / 2;
    float *z_re = scratch, *z_im = scratch + n;
    for (size_t k = 0; k < half; k++) {
        z_re[k] = 2.0f * re[k];
        z_im[k] = 2.0f * im[k];
    }
    memset(z_re + half, 0, half * sizeof(float));
    memset(z_im + half, 0, half * sizeof(float));
    z_re[0] = re[0];
    z_re[half] = re[half];
    z_im[0] = 0.0f;
    st_fft_inverse(plan->half, z_re, z_im, out, z_im, scratch + 2 * n);
}

void st_rfft_forward(const st_rfft *plan, const float *in, float *re, float *im,
                     float *scratch) {
    const st_fft_kernels *kernels = plan->half->kernels;
    if (plan->n == WHOLE_SIZE) {
        whole_forward(plan, in, re, im, scratch);
        return;
    }
    kernels->run(plan->half, (st_fft_in){in, in + 1, 2},
                 (st_fft_out){re, im, 1}, scratch);
    kernels->unpack(re, im, plan->twiddle, plan->n / 2);
}

void st_rfft_inverse(const st_rfft *plan, const float *re, const float *im,
                     float *out, float *scratch) {
    const st_fft_kernels *kernels = plan->half->kernels;
    if (plan->n == WHOLE_SIZE) {
        whole_inverse(plan, re, im, out, scratch);
        return;
    }
    float *z_re = scratch, *z_im = scratch + plan->n / 2;
    kernels->pack(re, im, z_re, z_im, plan->twiddle, plan->n / 2);
    kernels->run(plan->half, (st_fft_in){z_im, z_re, 1},
                 (st_fft_out){out + 1, out, 2}, scratch + plan->n);
}
