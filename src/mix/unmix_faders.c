#include "mix/unmix_faders.h"

#include "audio/stft.h"
#include "core/alloc.h"
#include "core/math.h"

#include <math.h>
#include <string.h>

enum {
    SIZE = 8192,
    BINS = SIZE / 2 + 1,
    BANDS = 40,
    ALL = ST_UNMIX_MOST + 1, /* and the mix, the last */
    COARSE = 256,            /* frames of a point of the envelopes */
    LOOK_S = 90,             /* of envelopes */
    SHIFT_S = 2,
    SWEEPS = 20000, /* at most */
    ENOUGH =
        600 /* blocks; of longer songs only every second, third .. counts */
};
#define SURE 0.95 /* share at which no other shift is looked for */
#define SAME 0.5  /* share from which it is the same song */
/* Of the whitened power, enough to say: for what is left unexplained, and at
 * all. */
#define PRESENT 1e-2
#define LEAST 1e-8
#define SILENT_DB (-150.0)

typedef struct {
    st_source *source[ALL];
    int count; /* stems; source[count] is the mix */
    st_stft *stft;
    st_buffer block[ALL];
    float *re[ALL][2], *im[ALL][2]; /* [BINS] */
    float *scratch;
    int band[BINS];
    /* Sums over frames of Re(X_i X_j*), of each side and band. */
    double (*gram)[BANDS][ALL][ALL]; /* [2] */
} solver;

/* --- making --- */

static void lay_bands(solver *s, double rate_hz) {
    for (int k = 0; k < BINS; k++) {
        double hz = fmax(k * rate_hz / SIZE, 20.0);
        double at = st_log2(hz / 30.0) / st_log2(16000.0 / 30.0) * BANDS;
        bool inside = hz >= 30.0 && at < BANDS;
        s->band[k] = inside ? (int)at : -1;
    }
}

static st_status make(solver *s, st_source *const *stems, int count,
                      st_source *mix) {
    const st_stft_params params = {SIZE, SIZE, ST_WINDOW_HANN, false};
    s->count = count;
    for (int i = 0; i <= count; i++)
        s->source[i] = i < count ? stems[i] : mix;
    st_status status = st_stft_new(&s->stft, &params);
    if (status != ST_OK)
        return status;
    s->scratch = st_calloc(st_stft_scratch(s->stft), sizeof(float));
    s->gram = st_calloc(2, sizeof *s->gram);
    if (s->scratch == NULL || s->gram == NULL)
        return ST_NO_MEM;
    for (int i = 0; i <= count; i++) {
        if (st_buffer_init(&s->block[i], 2, SIZE) != ST_OK)
            return ST_NO_MEM;
        for (int c = 0; c < 2; c++) {
            s->re[i][c] = st_calloc(BINS, sizeof(float));
            s->im[i][c] = st_calloc(BINS, sizeof(float));
            if (s->re[i][c] == NULL || s->im[i][c] == NULL)
                return ST_NO_MEM;
        }
    }
    lay_bands(s, mix->format.rate_hz);
    return ST_OK;
}

static void drop(solver *s) {
    for (int i = 0; i < ALL; i++) {
        st_buffer_deinit(&s->block[i]);
        for (int c = 0; c < 2; c++) {
            st_free(s->re[i][c]);
            st_free(s->im[i][c]);
        }
    }
    st_stft_free(s->stft);
    st_free(s->scratch);
    st_free(s->gram);
    st_free(s);
}

/* --- reading --- */

static void clean(float *x, int64_t n) {
    for (int64_t i = 0; i < n; i++)
        if (!(fabsf(x[i]) <= 1e10f))
            x[i] = 0.0f;
}

/* A block of one source, silence behind its end, mono on both sides. */
static st_status read_one(solver *s, int i, int64_t frames, int64_t *got,
                          st_err *err) {
    st_buffer *b = &s->block[i];
    st_status status =
        st_source_read(s->source[i], b->channel, frames, got, err);
    if (status != ST_OK)
        return status;
    for (int c = 0; c < s->source[i]->format.channels; c++) {
        clean(b->channel[c], *got);
        memset(b->channel[c] + *got, 0,
               (size_t)(frames - *got) * sizeof(float));
    }
    if (s->source[i]->format.channels == 1)
        memcpy(b->channel[1], b->channel[0], (size_t)frames * sizeof(float));
    return ST_OK;
}

static st_status skip(st_source *source, int64_t frames, float *const *room,
                      st_err *err) {
    while (frames > 0) {
        int64_t n = frames < SIZE ? frames : SIZE, got = 0;
        st_status status = st_source_read(source, room, n, &got, err);
        if (status != ST_OK)
            return status;
        if (got == 0)
            break;
        frames -= got;
    }
    return ST_OK;
}

/* --- the shift --- */

/* Mean of squares of COARSE frames; all stems together, and the mix. */
static int64_t envelopes(solver *s, float *stems, float *mix, int64_t room,
                         st_status *status, st_err *err) {
    int64_t points = 0;
    bool more = true;
    while (more && points < room) {
        float power[2] = {0};
        more = false;
        for (int i = 0; i <= s->count; i++) {
            int64_t got = 0;
            *status = read_one(s, i, COARSE, &got, err);
            if (*status != ST_OK)
                return 0;
            more |= got > 0;
            for (int64_t f = 0; f < got; f++)
                power[i == s->count] +=
                    s->block[i].channel[0][f] * s->block[i].channel[0][f] +
                    s->block[i].channel[1][f] * s->block[i].channel[1][f];
        }
        stems[points] = sqrtf(power[0]);
        mix[points++] = sqrtf(power[1]);
    }
    return points;
}

static double likeness(const float *a, const float *b, int64_t n,
                       int64_t shift) {
    double sum = 0.0, x2 = 1e-20, y2 = 1e-20;
    for (int64_t i = 1; i + 1 < n; i++) {
        int64_t j = i + shift;
        if (j < 1 || j >= n)
            continue;
        double x = (double)a[i] - (double)a[i - 1];
        double y = (double)b[j] - (double)b[j - 1];
        sum += x * y;
        x2 += x * x;
        y2 += y * y;
    }
    return sum / sqrt(x2 * y2);
}

/* Points by which the mix comes later. */
static int64_t coarse_shift(const float *stems, const float *mix, int64_t n,
                            int64_t most) {
    int64_t best = 0;
    double top = likeness(stems, mix, n, 0) + 0.02; /* no shift unless clear */
    for (int64_t shift = -most; shift <= most; shift++) {
        double now = likeness(stems, mix, n, shift);
        if (now > top) {
            top = now;
            best = shift;
        }
    }
    return best;
}

/* Of a stretch of the sum of the stems against the mix, sample by sample. */
static int fine_shift(const float *sum, const float *mix, int n, int most) {
    int best = 0;
    double top = 0.0;
    for (int shift = -most; shift <= most; shift++) {
        double dot = 0.0;
        for (int i = most; i < n - most; i++)
            dot += (double)sum[i] * (double)mix[i + shift];
        if (fabs(dot) > top) {
            top = fabs(dot);
            best = shift;
        }
    }
    return best;
}

static st_status rewind_all(solver *s, int64_t stems, int64_t mix,
                            st_err *err) {
    for (int i = 0; i <= s->count; i++) {
        st_status status = st_source_seek(s->source[i], 0, err);
        if (status == ST_OK)
            status = skip(s->source[i], i < s->count ? stems : mix,
                          s->block[i].channel, err);
        if (status != ST_OK)
            return status;
    }
    return ST_OK;
}

/* Where the loudest stretch of the mix begins, in points. */
static int64_t loudest(const float *mix, int64_t n, int64_t length) {
    double sum = 0.0, top = -1.0;
    int64_t best = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += mix[i];
        if (i >= length)
            sum -= mix[i - length];
        if (sum > top && i + 1 >= length) {
            top = sum;
            best = i + 1 - length;
        }
    }
    return best;
}

static st_status refine(solver *s, int64_t at, int64_t *shift, st_err *err) {
    float *sum = st_calloc(SIZE, sizeof *sum);
    int64_t stems = at > -*shift ? at : -*shift, got = 0;
    if (sum == NULL)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    st_status status = rewind_all(s, stems, stems + *shift, err);
    for (int i = 0; status == ST_OK && i <= s->count; i++) {
        status = read_one(s, i, SIZE, &got, err);
        for (int f = 0; i < s->count && f < SIZE; f++)
            sum[f] += s->block[i].channel[0][f] + s->block[i].channel[1][f];
    }
    float *mix = s->block[s->count].channel[0];
    for (int f = 0; f < SIZE; f++)
        mix[f] += s->block[s->count].channel[1][f];
    if (status == ST_OK)
        *shift += fine_shift(sum, mix, SIZE, 2 * COARSE);
    st_free(sum);
    return status;
}

static st_status find_shift(solver *s, int64_t *shift, st_err *err) {
    int rate = s->source[s->count]->format.rate_hz;
    int64_t room = (int64_t)LOOK_S * rate / COARSE;
    float *stems = st_calloc((size_t)room, sizeof *stems);
    float *mix = st_calloc((size_t)room, sizeof *mix);
    st_status status = ST_NO_MEM;
    *shift = 0;
    if (stems != NULL && mix != NULL)
        status = rewind_all(s, 0, 0, err);
    if (status == ST_OK) {
        int64_t n = envelopes(s, stems, mix, room, &status, err);
        if (status == ST_OK && n > 8) {
            *shift = COARSE * coarse_shift(stems, mix, n,
                                           (int64_t)SHIFT_S * rate / COARSE);
            status =
                refine(s, COARSE * loudest(mix, n, SIZE / COARSE), shift, err);
        }
    } else if (status == ST_NO_MEM)
        (void)st_err_set(err, status, "Out of memory.");
    st_free(stems);
    st_free(mix);
    return status;
}

/* --- sums --- */

static void add_side(solver *s, int c) {
    int n = s->count + 1;
    for (int k = 1; k < BINS; k++) {
        if (s->band[k] < 0)
            continue;
        double(*g)[ALL] = s->gram[c][s->band[k]];
        for (int i = 0; i < n; i++)
            for (int j = i; j < n; j++)
                g[i][j] += (double)s->re[i][c][k] * (double)s->re[j][c][k] +
                           (double)s->im[i][c][k] * (double)s->im[j][c][k];
    }
}

/* One block of all into the sums; *heard: frames of the mix. */
static st_status gather_block(solver *s, bool counts, int64_t *heard,
                              st_err *err) {
    int64_t got = 0;
    for (int i = 0; i <= s->count; i++) {
        st_status status = read_one(s, i, SIZE, &got, err);
        if (status != ST_OK)
            return status;
        for (int c = 0; counts && c < 2; c++)
            st_stft_frame(s->stft, s->block[i].channel[c], s->re[i][c],
                          s->im[i][c], s->scratch);
    }
    *heard = got; /* the mix is the last */
    return ST_OK;
}

/* Whole blocks of the mix, or the one that a short mix has: where it has ended
 * and stems go on, they would say that they are not in it. */
static st_status gather(solver *s, int64_t shift, st_err *err) {
    st_status status =
        rewind_all(s, shift < 0 ? -shift : 0, shift > 0 ? shift : 0, err);
    int64_t blocks = s->source[s->count]->format.frames / SIZE;
    int64_t every = blocks > ENOUGH ? (blocks + ENOUGH - 1) / ENOUGH : 1;
    int64_t heard = SIZE;
    for (int64_t n = 0; status == ST_OK && heard == SIZE; n++) {
        bool counts = n % every == 0;
        status = gather_block(s, counts, &heard, err);
        for (int c = 0; counts && (heard == SIZE || n == 0) && c < 2; c++)
            add_side(s, c);
    }
    return status;
}

/* --- solving --- */

/* One matrix of a side, each band weighed by the power of the mix in it. */
static void whiten(const solver *s, int c, double a[ALL][ALL]) {
    int n = s->count + 1, mix = s->count;
    double most = 0.0;
    memset(a, 0, ALL * sizeof *a);
    for (int b = 0; b < BANDS; b++)
        most = fmax(most, s->gram[c][b][mix][mix]);
    for (int b = 0; b < BANDS; b++) {
        double power = s->gram[c][b][mix][mix];
        if (power < 1e-9 * most || power <= 0.0)
            continue;
        for (int i = 0; i < n; i++)
            for (int j = i; j < n; j++)
                a[i][j] += s->gram[c][b][i][j] / power;
    }
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++)
            a[i][j] = a[j][i];
}

/* Least squares with no gain below 0, by coordinates. */
static void solve(double a[ALL][ALL], int count, double *x) {
    double moved = 1.0;
    for (int sweep = 0; sweep < SWEEPS && moved > 1e-9; sweep++) {
        moved = 0.0;
        for (int i = 0; i < count; i++) {
            double rest = a[i][count], before = x[i];
            for (int j = 0; j < count; j++)
                if (j != i)
                    rest -= a[i][j] * x[j];
            x[i] = a[i][i] > 0.0 ? fmax(rest / a[i][i], 0.0) : 0.0;
            moved = fmax(moved, fabs(x[i] - before) / (x[i] + 1e-9));
        }
    }
}

static double explained(double a[ALL][ALL], int count, const double *x) {
    double left = a[count][count];
    for (int i = 0; i < count; i++) {
        left -= 2.0 * x[i] * a[i][count];
        for (int j = 0; j < count; j++)
            left += x[i] * x[j] * a[i][j];
    }
    return a[count][count] > 0.0 ? 1.0 - left / a[count][count] : 0.0;
}

static void tell(st_unmixed *out, int i, double left, double right) {
    double power = 0.5 * (left * left + right * right);
    out->gain_db[i] = power > 1e-12 ? 10.0 * st_log10(power) : SILENT_DB;
    out->pan[i] = power > 1e-12 ? 4.0 / ST_PI * atan2(right, left) - 1.0 : 0.0;
}

static void answer(const solver *s, st_unmixed *out) {
    double a[2][ALL][ALL], x[2][ST_UNMIX_MOST] = {{0}};
    int n = s->count;
    out->share = 0.0;
    for (int c = 0; c < 2; c++) {
        whiten(s, c, a[c]);
        solve(a[c], n, x[c]);
        out->share += 0.5 * explained(a[c], n, x[c]);
    }
    out->same_song = out->share > SAME;
    for (int i = 0; i < n; i++) {
        double there = 0.0, all = 0.0;
        for (int c = 0; c < 2; c++) {
            there += x[c][i] * x[c][i] * a[c][i][i];
            all += a[c][n][n];
        }
        double doubt = PRESENT * fmax(1.0 - out->share, 0.0) + LEAST;
        out->heard[i] = all > 0.0 && there > doubt * all;
        tell(out, i, x[0][i], x[1][i]);
    }
}

/* Kept where it explains more than what stands in `out`. */
static st_status try_shift(solver *s, int64_t shift, st_unmixed *out,
                           st_err *err) {
    st_unmixed now = {.shift_s =
                          (double)shift / s->source[s->count]->format.rate_hz};
    memset(s->gram, 0, 2 * sizeof *s->gram);
    st_status status = gather(s, shift, err);
    if (status != ST_OK)
        return status;
    answer(s, &now);
    if (now.share > out->share)
        *out = now;
    return ST_OK;
}

st_status st_unmix_faders(st_source *const *stems, int count, st_source *mix,
                          st_unmixed *out, st_err *err) {
    int64_t shift = 0;
    memset(out, 0, sizeof *out);
    solver *s = st_calloc(1, sizeof *s);
    if (s == NULL)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    st_status status = make(s, stems, count, mix);
    if (status != ST_OK)
        (void)st_err_set(err, status, "Out of memory.");
    if (status == ST_OK)
        status = try_shift(s, 0, out, err);
    if (status == ST_OK && out->share < SURE)
        status = find_shift(s, &shift, err);
    if (status == ST_OK && shift != 0)
        status = try_shift(s, shift, out, err);
    drop(s);
    return status;
}
