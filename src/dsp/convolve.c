#include "dsp/convolve.h"

#include "audio/fft.h"
#include "core/alloc.h"
#include "core/cpu.h"
#include "dsp/convolve_kernels.h"

#include <string.h>

ST_CPU_TABLES(st_convolve_kernels, st_convolve);

enum { MAX_TAPS = 1 << 20, MAX_PAIRS = 4 };

/* Two channels as one complex signal. */
typedef struct {
    float *re, *im;         /* window [size]: the past, then this hop */
    float *out_re, *out_im; /* the last `hop` are what goes out now */
    float *spectra;         /* [parts][2][size], a ring */
} pair;

struct st_convolve {
    const st_convolve_kernels *kernels;
    st_fft *fft;
    int channels, pairs;
    size_t size, hop, parts;
    size_t fill;   /* frames of this hop taken so far */
    size_t newest; /* slot of the ring last written */
    float *direct; /* [parts][2][size]: filter spectra, over size */
    float *swap;   /* the same from left to right and back, or NULL */
    float *sum;    /* [2][size] */
    float *scratch;
    pair pair[MAX_PAIRS];
};

static bool params_are_good(const st_spec *spec, const st_convolve_params *p) {
    int block = p->block_frames;
    bool block_good = block == 0 || (block >= 64 && block <= 65536 &&
                                     (block & (block - 1)) == 0);
    return st_spec_valid(spec) && p->fir != NULL && p->taps >= 1 &&
           p->taps <= MAX_TAPS && block_good &&
           (p->side_fir == NULL || spec->channels == 2);
}

/* For files one part, and a hop three times the filter: of the powers of two
 * this costs least a frame while the work fits the second-level cache; beyond
 * that, the smallest that does. */
enum { CACHE_SIZE = 65536 };

static void plan_sizes(st_convolve *u, const st_convolve_params *p) {
    if (p->block_frames > 0) {
        u->hop = (size_t)p->block_frames;
        u->size = 2 * u->hop;
        u->parts = (p->taps + u->hop - 1) / u->hop;
        return;
    }
    size_t past = 256;
    while (past < p->taps)
        past *= 2;
    u->size = 4 * past <= CACHE_SIZE ? 4 * past : 2 * past;
    u->hop = u->size - past;
    u->parts = 1;
}

static st_spectrum slot(const float *ring, size_t size, size_t index) {
    const float *at = ring + index * 2 * size;
    return (st_spectrum){at, at + size};
}

/* Spectra of the parts of `a + sign * b`, scaled by `scale` / size. */
static void fill_spectra(st_convolve *u, float *spectra, const float *a,
                         const float *b, size_t taps, float sign, float scale) {
    size_t per_part = u->parts == 1 ? taps : u->hop;
    float *re = u->sum, *im = u->sum + u->size;
    scale /= (float)u->size;
    for (size_t p = 0; p < u->parts; p++) {
        size_t from = p * per_part;
        size_t count = taps - from < per_part ? taps - from : per_part;
        memset(u->sum, 0, 2 * u->size * sizeof(float));
        for (size_t i = 0; i < count; i++) {
            float second = b == NULL ? 0.0f : sign * b[from + i];
            re[i] = (a[from + i] + second) * scale;
        }
        float *at = spectra + p * 2 * u->size;
        st_fft_forward(u->fft, re, im, at, at + u->size, u->scratch);
    }
}

static bool pair_init(pair *p, size_t size, size_t parts) {
    p->re = st_calloc(4, size * sizeof(float));
    p->spectra = st_calloc(2 * parts, size * sizeof(float));
    if (p->re == NULL || p->spectra == NULL)
        return false;
    p->im = p->re + size;
    p->out_re = p->im + size;
    p->out_im = p->out_re + size;
    return true;
}

static st_status make_storage(st_convolve *u, bool side) {
    st_status status = st_fft_new(&u->fft, u->size);
    if (status != ST_OK)
        return status;
    size_t bytes = u->size * sizeof(float);
    u->direct = st_calloc(2 * u->parts, bytes);
    u->swap = side ? st_calloc(2 * u->parts, bytes) : NULL;
    u->sum = st_calloc(2, bytes);
    u->scratch = st_calloc(st_fft_scratch(u->fft), sizeof(float));
    bool good = u->direct != NULL && u->sum != NULL && u->scratch != NULL &&
                (!side || u->swap != NULL);
    for (int i = 0; i < u->pairs && good; i++)
        good = pair_init(&u->pair[i], u->size, u->parts);
    return good ? ST_OK : ST_NO_MEM;
}

st_status st_convolve_new(st_convolve **out, const st_spec *spec,
                          const st_convolve_params *params) {
    if (!params_are_good(spec, params))
        return ST_BAD_ARG;
    st_convolve *u = st_calloc(1, sizeof *u);
    if (u == NULL)
        return ST_NO_MEM;
    u->kernels = st_cpu_table_best(st_convolve_tables);
    u->channels = spec->channels;
    u->pairs = (spec->channels + 1) / 2;
    plan_sizes(u, params);
    st_status status = make_storage(u, params->side_fir != NULL);
    if (status != ST_OK) {
        st_convolve_free(u);
        return status;
    }
    const float *fir = params->fir, *side = params->side_fir;
    float scale = side == NULL ? 1.0f : 0.5f;
    fill_spectra(u, u->direct, fir, side, params->taps, 1.0f, scale);
    if (side != NULL)
        fill_spectra(u, u->swap, fir, side, params->taps, -1.0f, scale);
    *out = u;
    return ST_OK;
}

void st_convolve_free(st_convolve *u) {
    if (u == NULL)
        return;
    for (int i = 0; i < MAX_PAIRS; i++) {
        st_free(u->pair[i].re);
        st_free(u->pair[i].spectra);
    }
    st_free(u->direct);
    st_free(u->swap);
    st_free(u->sum);
    st_free(u->scratch);
    st_fft_free(u->fft);
    st_free(u);
}

void st_convolve_reset(st_convolve *u) {
    for (int i = 0; i < u->pairs; i++) {
        memset(u->pair[i].re, 0, 4 * u->size * sizeof(float));
        memset(u->pair[i].spectra, 0, 2 * u->parts * u->size * sizeof(float));
    }
    u->fill = 0;
    u->newest = 0;
}

int st_convolve_latency_frames(const st_convolve *u) {
    return (int)u->hop;
}

/* The sum over all parts, newest input with first part. */
static void sum_parts(const st_convolve *u, const pair *p) {
    float *re = u->sum, *im = u->sum + u->size;
    for (size_t i = 0; i < u->parts; i++) {
        size_t at = (u->newest + u->parts - i) % u->parts;
        st_spectrum x = slot(p->spectra, u->size, at);
        u->kernels->product(re, im, x, slot(u->direct, u->size, i), u->size,
                            i > 0);
        if (u->swap != NULL)
            u->kernels->cross(re, im, x, slot(u->swap, u->size, i), u->size);
    }
}

/* A full hop: transform it, filter it with every part, go back. */
static void run_hop(st_convolve *u, pair *p) {
    float *re = p->spectra + u->newest * 2 * u->size, *im = re + u->size;
    st_fft_forward(u->fft, p->re, p->im, re, im, u->scratch);
    if (u->parts > 1) {
        sum_parts(u, p);
        re = u->sum;
        im = u->sum + u->size;
    } else {
        st_spectrum none = {NULL, NULL};
        u->kernels->filter(re, im, slot(u->direct, u->size, 0),
                           u->swap != NULL ? slot(u->swap, u->size, 0) : none,
                           u->size);
    }
    st_fft_inverse(u->fft, re, im, p->out_re, p->out_im, u->scratch);
    size_t past = (u->size - u->hop) * sizeof(float);
    memmove(p->re, p->re + u->hop, past);
    memmove(p->im, p->im + u->hop, past);
}

/* `n` frames of one channel in, and as many out, within the hop. */
static void exchange(const st_convolve *u, float *window, const float *done,
                     const float *in, float *out, size_t n) {
    size_t at = u->size - u->hop + u->fill;
    memcpy(window + at, in, n * sizeof(float));
    memcpy(out, done + at, n * sizeof(float));
}

void st_convolve_process(st_convolve *u, const float *const *in,
                         float *const *out, int frames) {
    for (size_t done = 0, left = (size_t)frames; left > 0;) {
        size_t n = u->hop - u->fill < left ? u->hop - u->fill : left;
        for (int c = 0; c < u->channels; c++) {
            pair *p = &u->pair[c / 2];
            exchange(u, c % 2 == 0 ? p->re : p->im,
                     c % 2 == 0 ? p->out_re : p->out_im, in[c] + done,
                     out[c] + done, n);
        }
        done += n;
        left -= n;
        u->fill += n;
        if (u->fill < u->hop)
            continue;
        u->newest = (u->newest + 1) % u->parts;
        for (int i = 0; i < u->pairs; i++)
            run_hop(u, &u->pair[i]);
        u->fill = 0;
    }
}
