#include "mix/unmix_faders.h"

#include "audio/stft.h"
#include "core/alloc.h"
#include "core/math.h"
#include "mix/unmix_shift.h"

#include <math.h>
#include <string.h>

enum {
    SIZE = 8192,
    BINS = SIZE / 2 + 1,
    BANDS = 40,
    ALL = ST_UNMIX_MOST + 1, /* and the mix, the last */
    LOOK_S = 90,             /* of the song, for the shift */
    LOOK_HZ = 12000,         /* at most, for a first look */
    FINE = 1 << 16,          /* frames, for the last */
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

/* Stems that are as loud as each other tell most of a mix of them: one over
 * the root of each one's power, of those that are not next to silent. */
static void level(const solver *s, double *gain) {
    double power[ST_UNMIX_MOST] = {0}, most = 0.0;
    for (int i = 0; i < s->count; i++) {
        for (int b = 0; b < BANDS; b++)
            power[i] += s->gram[0][b][i][i] + s->gram[1][b][i][i];
        most = fmax(most, power[i]);
    }
    for (int i = 0; i < s->count; i++)
        gain[i] = most > 0.0 ? sqrt(most / fmax(power[i], 1e-4 * most)) : 0.0;
}

/* From where all stand, in mono: the stems together and the mix, each point
 * the sum of `every` frames. How many points there are. */
static int64_t add_up(solver *s, float *stems, float *mix, int64_t room,
                      int every, st_status *status, st_err *err) {
    double gain[ST_UNMIX_MOST + 1];
    int64_t points = 0, step = SIZE / every;
    bool more = true;
    level(s, gain);
    gain[s->count] = 1.0;
    while (more && points + step <= room) {
        more = false;
        for (int i = 0; i <= s->count; i++) {
            float *to = (i < s->count ? stems : mix) + points;
            int64_t got = 0;
            *status = read_one(s, i, SIZE, &got, err);
            if (*status != ST_OK)
                return 0;
            more |= got > 0;
            for (int64_t f = 0; f < got; f++)
                to[f / every] += (float)gain[i] * (s->block[i].channel[0][f] +
                                                   s->block[i].channel[1][f]);
        }
        points += more ? step : 0;
    }
    return points;
}

/* Where the loudest stretch of the mix begins, in points. */
static int64_t loudest(const float *mix, int64_t n, int64_t length) {
    double sum = 0.0, top = -1.0;
    int64_t best = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += fabsf(mix[i]);
        if (i >= length)
            sum -= fabsf(mix[i - length]);
        if (sum > top && i + 1 >= length) {
            top = sum;
            best = i + 1 - length;
        }
    }
    return best;
}

typedef struct {
    float *stems, *mix; /* [room] */
    int64_t room;
    int every; /* frames of a point */
} looked;

/* To the frame, from a shift of whole points: over FINE frames of the stems
 * from `at` on. */
static st_status refine(solver *s, looked *l, int64_t at, int64_t *shift,
                        st_err *err) {
    int64_t least = *shift < 0 ? -*shift : 0, more = 0;
    int64_t from = at > least ? at : least;
    memset(l->stems, 0, (size_t)l->room * sizeof(float));
    memset(l->mix, 0, (size_t)l->room * sizeof(float));
    st_status status = rewind_all(s, from, from + *shift, err);
    if (status == ST_OK)
        (void)add_up(s, l->stems, l->mix, FINE, 1, &status, err);
    if (status == ST_OK)
        status = st_unmix_shift(l->stems, l->mix, FINE, 2L * l->every, &more);
    *shift += more;
    return status;
}

static st_status look(solver *s, looked *l, int64_t *shift, st_err *err) {
    int64_t most = (int64_t)SHIFT_S * s->source[s->count]->format.rate_hz;
    st_status status = rewind_all(s, 0, 0, err);
    if (status != ST_OK)
        return status;
    int64_t n = add_up(s, l->stems, l->mix, l->room, l->every, &status, err);
    most /= l->every;
    most = most < n - 1 ? most : n - 1;
    if (status != ST_OK || n < 2)
        return status;
    status = st_unmix_shift(l->stems, l->mix, n, most, shift);
    *shift *= l->every;
    int64_t at = l->every * loudest(l->mix, n, FINE / l->every);
    return status == ST_OK ? refine(s, l, at - *shift, shift, err) : status;
}

static st_status find_shift(solver *s, int64_t *shift, st_err *err) {
    int rate = s->source[s->count]->format.rate_hz;
    looked l = {.every = 1};
    while (rate / l.every > LOOK_HZ && l.every < SIZE)
        l.every *= 2;
    l.room = (int64_t)LOOK_S * rate / l.every;
    l.room = l.room > FINE ? l.room : FINE;
    l.stems = st_calloc((size_t)l.room, sizeof(float));
    l.mix = st_calloc((size_t)l.room, sizeof(float));
    st_status status = l.stems != NULL && l.mix != NULL ? ST_OK : ST_NO_MEM;
    *shift = 0;
    if (status == ST_OK)
        status = look(s, &l, shift, err);
    if (status == ST_NO_MEM)
        (void)st_err_set(err, status, "Out of memory.");
    st_free(l.stems);
    st_free(l.mix);
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

typedef struct {
    double a[2][ALL][ALL], x[2][ST_UNMIX_MOST]; /* of each side */
    double share;
} fit;

/* With the mix as it is, or turned over (sign -1). */
static void make_fit(const solver *s, double sign, fit *f) {
    int n = s->count;
    memset(f, 0, sizeof *f);
    for (int c = 0; c < 2; c++) {
        whiten(s, c, f->a[c]);
        for (int i = 0; i < n; i++) {
            f->a[c][i][n] *= sign;
            f->a[c][n][i] *= sign;
        }
        solve(f->a[c], n, f->x[c]);
        f->share += 0.5 * explained(f->a[c], n, f->x[c]);
    }
}

static void answer(const solver *s, st_unmixed *out) {
    fit way[2];
    int n = s->count;
    make_fit(s, 1.0, &way[0]);
    way[1].share = 0.0;
    if (way[0].share <= SAME)
        make_fit(s, -1.0, &way[1]);
    out->upside_down = way[1].share > way[0].share;
    const fit *f = &way[out->upside_down];
    out->share = f->share;
    out->same_song = out->share > SAME;
    for (int i = 0; i < n; i++) {
        double there = 0.0, all = 0.0;
        for (int c = 0; c < 2; c++) {
            there += f->x[c][i] * f->x[c][i] * f->a[c][i][i];
            all += f->a[c][n][n];
        }
        double doubt = PRESENT * fmax(1.0 - out->share, 0.0) + LEAST;
        out->heard[i] = all > 0.0 && there > doubt * all;
        tell(out, i, f->x[0][i], f->x[1][i]);
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
