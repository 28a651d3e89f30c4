#include "mix/unmix_shift.h"

#include "audio/fft.h"
#include "core/alloc.h"

#include <math.h>
#include <string.h>

/* Of the mean size of the cross-spectrum: less has less than a whole vote. */
#define FAINT 1e-3f

typedef struct {
    size_t n;
    st_rfft *plan;
    float *x, *scratch;           /* [n] */
    float *a_re, *a_im, *re, *im; /* [n / 2 + 1] */
} room;

static st_status make(room *r, int64_t needed) {
    r->n = 2;
    while ((int64_t)r->n < needed)
        r->n *= 2;
    st_status status = st_rfft_new(&r->plan, r->n);
    if (status != ST_OK)
        return status;
    size_t bins = r->n / 2 + 1;
    r->x = st_calloc(r->n, sizeof(float));
    r->scratch = st_calloc(st_rfft_scratch(r->plan), sizeof(float));
    r->a_re = st_calloc(bins, sizeof(float));
    r->a_im = st_calloc(bins, sizeof(float));
    r->re = st_calloc(bins, sizeof(float));
    r->im = st_calloc(bins, sizeof(float));
    return r->x && r->scratch && r->a_re && r->a_im && r->re && r->im
               ? ST_OK
               : ST_NO_MEM;
}

static void drop(room *r) {
    st_rfft_free(r->plan);
    st_free(r->x);
    st_free(r->scratch);
    st_free(r->a_re);
    st_free(r->a_im);
    st_free(r->re);
    st_free(r->im);
}

static void transform(room *r, const float *from, int64_t n, float *re,
                      float *im) {
    memset(r->x, 0, r->n * sizeof(float));
    memcpy(r->x, from, (size_t)n * sizeof(float));
    st_rfft_forward(r->plan, r->x, re, im, r->scratch);
}

/* b times a's conjugate, every bin of size 1. */
static void cross(room *r) {
    size_t bins = r->n / 2 + 1;
    double sum = 0.0;
    for (size_t k = 0; k < bins; k++) {
        float re = r->a_re[k] * r->re[k] + r->a_im[k] * r->im[k];
        float im = r->a_re[k] * r->im[k] - r->a_im[k] * r->re[k];
        r->re[k] = re;
        r->im[k] = im;
        sum += sqrtf(re * re + im * im);
    }
    float faint = FAINT * (float)(sum / (double)bins) + 1e-30f;
    r->re[0] = r->im[0] = 0.0f; /* an offset says nothing */
    for (size_t k = 1; k < bins; k++) {
        float size = sqrtf(r->re[k] * r->re[k] + r->im[k] * r->im[k]) + faint;
        r->re[k] /= size;
        r->im[k] /= size;
    }
}

static int64_t highest(const room *r, int64_t most) {
    int64_t best = 0;
    float top = fabsf(r->x[0]);
    for (int64_t shift = -most; shift <= most; shift++) {
        size_t at = (size_t)(shift < 0 ? (int64_t)r->n + shift : shift);
        if (fabsf(r->x[at]) > top) {
            top = fabsf(r->x[at]);
            best = shift;
        }
    }
    return best;
}

st_status st_unmix_shift(const float *a, const float *b, int64_t n,
                         int64_t most, int64_t *shift) {
    room r = {0};
    st_status status = make(&r, n + most);
    if (status == ST_OK) {
        transform(&r, a, n, r.a_re, r.a_im);
        transform(&r, b, n, r.re, r.im);
        cross(&r);
        st_rfft_inverse(r.plan, r.re, r.im, r.x, r.scratch);
        *shift = highest(&r, most);
    }
    drop(&r);
    return status;
}
