#include "analysis/live.h"

#include "analysis/live_beat.h"
#include "analysis/meter_ops.h"
#include "analysis/spectrum.h"
#include "audio/buffer.h"
#include "audio/fft.h"
#include "audio/window.h"
#include "core/alloc.h"
#include "core/math.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum {
    BANDS = ST_LIVE_BANDS,
    STEPS = ST_LIVE_BEAT_RATE / ST_LIVE_RATE, /* of onset strength a frame */
    NOTHING = -12000
};

static const double low_hz = 30.0, top_hz = 16000.0;
static const float smoothing = 0.64f; /* 0.8 at 60 frames a second */

/* One windowed transform: magnitudes over its size, by bin. */
typedef struct {
    int size;
    st_rfft *fft;
    float *window;
} look;

struct st_live {
    const st_meter_ops *ops;
    int rate_hz, channels;
    look wide, quick; /* of the bands; of onset strength */
    float *mono;      /* [wide.size], the newest last */
    int64_t taken;    /* frames of the stream */
    float *block, *re, *im, *scratch;
    int first[BANDS + 1];       /* bins of each band, wide */
    int quick_first[BANDS + 1]; /* quick */
    float smooth[BANDS], last[BANDS];
    float level;         /* of the music, slow: what flux is relative to */
    int64_t frame, step; /* to come */
    uint32_t seq;
    double square[2];
    float peak[2];
    int64_t measured;
    uint16_t flags;
    float onset, flux;
    st_live_beat beat;
    double grid_bpm, grid_first_s;
    int grid_metre;
    int64_t grid_last;
    uint8_t stems[ST_LIVE_STEMS];
};

static int nearest_size(double frames) {
    int size = 64;
    while (size * 1.4142135623730951 < frames)
        size *= 2;
    return size;
}

static st_status look_init(look *l, double seconds, int rate_hz) {
    l->size = nearest_size(seconds * rate_hz);
    l->window = st_calloc((size_t)l->size, sizeof(float));
    if (l->window == NULL)
        return ST_NO_MEM;
    st_window_fillf(l->window, (size_t)l->size, ST_WINDOW_HANN, true);
    return st_rfft_new(&l->fft, (size_t)l->size);
}

static void look_deinit(look *l) {
    st_rfft_free(l->fft);
    st_free(l->window);
}

/* Each band has at least one bin; bands past half the rate have none. */
static void place_bands(int first[BANDS + 1], int size, int rate_hz) {
    double edges[BANDS + 1];
    st_spectrum_log_edges(low_hz, top_hz, BANDS, edges);
    for (int b = 0; b <= BANDS; b++) {
        int bin = (int)(edges[b] * size / rate_hz + 0.5);
        bin = bin < 1 ? 1 : bin;
        first[b] = bin > size / 2 ? size / 2 : bin;
    }
}

static size_t scratch_floats(const st_live *l) {
    size_t a = st_rfft_scratch(l->wide.fft);
    size_t b = st_rfft_scratch(l->quick.fft);
    return a > b ? a : b;
}

static st_status allocate(st_live *l) {
    st_status status = look_init(&l->wide, 0.0427, l->rate_hz);
    if (status == ST_OK)
        status = look_init(&l->quick, 0.0213, l->rate_hz);
    if (status != ST_OK)
        return status;
    size_t size = (size_t)l->wide.size;
    l->mono = st_calloc(size, sizeof(float));
    l->block = st_calloc(size, sizeof(float));
    l->re = st_calloc(size / 2 + 1, sizeof(float));
    l->im = st_calloc(size / 2 + 1, sizeof(float));
    l->scratch = st_calloc(scratch_floats(l), sizeof(float));
    return l->mono && l->block && l->re && l->im && l->scratch ? ST_OK
                                                               : ST_NO_MEM;
}

st_status st_live_new(st_live **out, int rate_hz, int channels) {
    if (rate_hz < 8000 || rate_hz > 384000 || channels < 1 ||
        channels > ST_MAX_CHANNELS)
        return ST_BAD_ARG;
    st_live *l = st_calloc(1, sizeof *l);
    if (l == NULL)
        return ST_NO_MEM;
    l->ops = st_meter_ops_get();
    l->rate_hz = rate_hz;
    l->channels = channels;
    if (allocate(l) != ST_OK) {
        st_live_free(l);
        return ST_NO_MEM;
    }
    place_bands(l->first, l->wide.size, rate_hz);
    place_bands(l->quick_first, l->quick.size, rate_hz);
    st_live_reset(l);
    *out = l;
    return ST_OK;
}

void st_live_free(st_live *l) {
    if (l == NULL)
        return;
    look_deinit(&l->wide);
    look_deinit(&l->quick);
    st_free(l->mono);
    st_free(l->block);
    st_free(l->re);
    st_free(l->im);
    st_free(l->scratch);
    st_free(l);
}

static void begin_frame(st_live *l) {
    l->square[0] = l->square[1] = 0.0;
    l->peak[0] = l->peak[1] = 0.0f;
    l->measured = 0;
    l->flags = 0;
    l->onset = 0.0f;
    l->flux = 0.0f;
}

void st_live_reset(st_live *l) {
    memset(l->mono, 0, (size_t)l->wide.size * sizeof(float));
    memset(l->smooth, 0, sizeof l->smooth);
    memset(l->last, 0, sizeof l->last);
    memset(l->stems, 0, sizeof l->stems);
    l->taken = l->frame = l->step = 0;
    l->level = 0.0f;
    l->seq = 0;
    l->grid_bpm = 0.0;
    l->grid_last = INT64_MIN;
    st_live_beat_reset(&l->beat);
    begin_frame(l);
}

void st_live_set_grid(st_live *l, double bpm, double first_s, int metre) {
    l->grid_bpm = bpm >= 20.0 && bpm <= 400.0 ? bpm : 0.0;
    l->grid_first_s = first_s;
    l->grid_metre = metre < 1 ? 1 : metre > 16 ? 16 : metre;
    l->grid_last = INT64_MIN;
}

void st_live_set_stems(st_live *l, const uint8_t stems[ST_LIVE_STEMS]) {
    memcpy(l->stems, stems, ST_LIVE_STEMS);
}

/* ---- spectra ---- */

/* The largest magnitude of each band, a full-scale sine 0.5. */
static void magnitudes(st_live *l, const look *k, const int *first,
                       float out[BANDS]) {
    const float *newest = l->mono + l->wide.size - k->size;
    size_t n = (size_t)k->size;
    float scale = 2.0f / (float)k->size;
    (void)l->ops->window(l->block, newest, k->window, n);
    st_rfft_forward(k->fft, l->block, l->re, l->im, l->scratch);
    for (int b = 0; b < BANDS; b++) {
        float power = 0.0f;
        int end = first[b + 1] > first[b] ? first[b + 1] : first[b] + 1;
        for (int i = first[b]; i < end; i++) {
            float p = l->re[i] * l->re[i] + l->im[i] * l->im[i];
            power = p > power ? p : power;
        }
        out[b] = first[b] >= k->size / 2 ? 0.0f : sqrtf(power) * scale;
    }
}

static uint8_t byte_of(double x) {
    return (uint8_t)(x <= 0.0 ? 0.0 : x >= 255.0 ? 255.0 : x + 0.5);
}

static uint8_t level_byte(float magnitude) {
    double db = (double)st_gain_to_dbf(magnitude);
    return byte_of((db + 100.0) * 255.0 / 70.0);
}

/* Rise of compressed magnitudes; what is far under the music's own level says
 * nothing, so the answer does not hang on the level. */
static float strength(st_live *l) {
    float now[BANDS];
    float sum = 0.0f;
    float loudest = 0.0f;
    magnitudes(l, &l->quick, l->quick_first, now);
    for (int b = 0; b < BANDS; b++)
        loudest = now[b] > loudest ? now[b] : loudest;
    float fall = l->level * 0.9985f;
    l->level = loudest > fall ? loudest : fall;
    if (l->level < 1e-5f)
        return 0.0f;
    for (int b = 0; b < BANDS; b++) {
        float x = st_log2f(1.0f + 100.0f * now[b] / l->level);
        float up = x - l->last[b];
        sum += up > 0.0f ? up : 0.0f;
        l->last[b] = x;
    }
    return sum / BANDS;
}

static void take_step(st_live *l) {
    float value = strength(l);
    st_live_beat_step step = st_live_beat_push(&l->beat, value);
    l->flux = value > l->flux ? value : l->flux;
    if (step.onset) {
        l->flags |= ST_LIVE_ONSET;
        l->onset = step.strength > l->onset ? step.strength : l->onset;
    }
    if (step.beat && l->grid_bpm <= 0.0)
        l->flags |= ST_LIVE_BEAT;
}

/* ---- a frame ---- */

static int16_t level_of(double gain) {
    double db = gain > 1e-6 ? st_gain_to_db(gain) : -120.0;
    return (int16_t)(db < -120.0 ? NOTHING : db > 300.0 ? 30000.0 : db * 100.0);
}

static uint8_t mean_byte(const uint8_t *bands, double from_hz, double to_hz) {
    double edges[BANDS + 1];
    double sum = 0.0;
    int count = 0;
    st_spectrum_log_edges(low_hz, top_hz, BANDS, edges);
    for (int b = 0; b < BANDS; b++) {
        double centre = sqrt(edges[b] * edges[b + 1]);
        if (centre < from_hz || centre >= to_hz)
            continue;
        sum += bands[b];
        count++;
    }
    return byte_of(count > 0 ? sum / count : 0.0);
}

static void fill_bands(st_live *l, st_live_frame *f) {
    float now[BANDS];
    double sum = 0.0;
    double place = 0.0;
    magnitudes(l, &l->wide, l->first, now);
    for (int b = 0; b < BANDS; b++) {
        l->smooth[b] = smoothing * l->smooth[b] + (1.0f - smoothing) * now[b];
        f->bands[b] = level_byte(l->smooth[b]);
        sum += (double)now[b];
        place += (double)now[b] * b;
    }
    f->centroid = byte_of(sum > 1e-6 ? place / sum * 255.0 / (BANDS - 1) : 0.0);
    f->bass = mean_byte(f->bands, 0.0, 250.0);
    f->mid = mean_byte(f->bands, 250.0, 4000.0);
    f->high = mean_byte(f->bands, 4000.0, top_hz);
    f->volume = mean_byte(f->bands, 0.0, top_hz);
}

static void fill_levels(st_live *l, st_live_frame *f) {
    double mean = 0.0;
    for (int c = 0; c < 2; c++) {
        double square =
            l->measured > 0 ? l->square[c] / (double)l->measured : 0.0;
        f->rms[c] = level_of(sqrt(square));
        f->peak[c] = level_of((double)l->peak[c]);
        if (l->peak[c] >= 1.0f)
            l->flags |= ST_LIVE_CLIP;
        mean += square / 2.0;
    }
    if (mean < 1e-8)
        l->flags |= ST_LIVE_SILENCE;
}

static uint8_t phase_byte(double beats) {
    return (uint8_t)((beats - floor(beats)) * 256.0);
}

static void fill_grid(st_live *l, st_live_frame *f) {
    double beats = (f->time_s - l->grid_first_s) * l->grid_bpm / 60.0;
    int64_t whole = (int64_t)floor(beats);
    f->bpm_x100 = (uint16_t)(l->grid_bpm * 100.0 + 0.5);
    f->beat_phase = phase_byte(beats);
    f->bar_phase = phase_byte(beats / l->grid_metre);
    f->beat = whole > 0 ? (uint32_t)whole : 0;
    if (l->grid_last != INT64_MIN && whole > l->grid_last)
        l->flags |= ST_LIVE_BEAT;
    l->grid_last = whole;
    l->flags |= ST_LIVE_TEMPO | ST_LIVE_GRID;
}

/* The last step was centred before this frame: go on from there. A bar is
 * taken to have four beats; where it begins is not known. */
static void fill_heard(st_live *l, st_live_frame *f) {
    double bpm = st_live_beat_bpm(&l->beat);
    if (bpm <= 0.0)
        return;
    double last_s = (double)(l->step - 1) / ST_LIVE_BEAT_RATE;
    double ahead = f->time_s - last_s;
    /* `phase` is that of the value after the last */
    double phase = l->beat.phase - 1.0 / l->beat.period + ahead * bpm / 60.0;
    double beats = (double)l->beat.beat + phase;
    f->bpm_x100 = (uint16_t)(bpm * 100.0 + 0.5);
    f->beat_phase = phase_byte(beats);
    f->bar_phase = phase_byte(beats / 4.0);
    f->beat = beats > 0.0 ? (uint32_t)floor(beats) : 0;
    l->flags |= ST_LIVE_TEMPO;
}

static void emit_frame(st_live *l, st_live_emit emit, void *ctx) {
    st_live_frame f = {0};
    f.time_s = (double)l->frame / ST_LIVE_RATE;
    f.seq = l->seq++;
    fill_levels(l, &f);
    fill_bands(l, &f);
    f.flux = byte_of((double)l->flux * 96.0);
    f.onset = (l->flags & ST_LIVE_ONSET) != 0
                  ? byte_of(32.0 + (double)l->onset * 96.0)
                  : 0;
    if (l->grid_bpm > 0.0)
        fill_grid(l, &f);
    else
        fill_heard(l, &f);
    memcpy(f.stems, l->stems, sizeof f.stems);
    f.flags = l->flags;
    emit(ctx, &f);
    l->frame++;
    begin_frame(l);
}

/* ---- the stream ---- */

/* The frame count after which frame or step i is whole. */
static int64_t due(const st_live *l, int64_t i, int rate, int size) {
    return (i * l->rate_hz + rate / 2) / rate + size / 2;
}

static void take(st_live *l, const float *const *in, int64_t from, int n) {
    size_t keep = (size_t)(l->wide.size - n);
    const float *side[2] = {in[0] + from, in[l->channels > 1 ? 1 : 0] + from};
    memmove(l->mono, l->mono + n, keep * sizeof(float));
    float *mono = l->mono + keep;
    for (int c = 0; c < 2; c++) {
        for (int i = 0; i < n; i++) {
            float x = side[c][i];
            x = fabsf(x) <= 1e10f ? x : 0.0f;
            mono[i] = c == 0 ? 0.5f * x : mono[i] + 0.5f * x;
            l->square[c] += (double)x * (double)x;
            l->peak[c] = fabsf(x) > l->peak[c] ? fabsf(x) : l->peak[c];
        }
    }
    l->measured += n;
    l->taken += n;
}

void st_live_process(st_live *l, const float *const *in, int64_t frames,
                     st_live_emit emit, void *ctx) {
    for (int64_t done = 0; done < frames;) {
        int64_t frame = due(l, l->frame, ST_LIVE_RATE, l->wide.size);
        int64_t step = due(l, l->step, ST_LIVE_BEAT_RATE, l->quick.size);
        int64_t next = (frame < step ? frame : step) - l->taken;
        next = next < frames - done ? next : frames - done;
        next = next < l->wide.size ? next : l->wide.size;
        take(l, in, done, (int)next);
        done += next;
        if (l->taken == step) {
            take_step(l);
            l->step++;
        }
        if (l->taken == frame)
            emit_frame(l, emit, ctx);
    }
}

/* ---- bytes ---- */

static uint8_t *put(uint8_t *at, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> (8 * i));
    return at + bytes;
}

static uint64_t get(const uint8_t **at, int bytes) {
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++)
        value |= (uint64_t)(*at)[i] << (8 * i);
    *at += bytes;
    return value;
}

void st_live_pack(const st_live_frame *f, uint8_t out[ST_LIVE_BYTES]) {
    uint64_t time;
    memset(out, 0, ST_LIVE_BYTES);
    memcpy(&time, &f->time_s, sizeof time);
    uint8_t *at = put(put(put(out, time, 8), f->seq, 4), f->flags, 2);
    for (int c = 0; c < 2; c++)
        at = put(at, (uint16_t)f->rms[c], 2);
    for (int c = 0; c < 2; c++)
        at = put(at, (uint16_t)f->peak[c], 2);
    at =
        put(put(put(put(at, f->bass, 1), f->mid, 1), f->high, 1), f->volume, 1);
    memcpy(at, f->bands, BANDS);
    at = put(put(put(at + BANDS, f->centroid, 1), f->flux, 1), f->onset, 1);
    at = put(put(put(at, f->bpm_x100, 2), f->beat_phase, 1), f->bar_phase, 1);
    memcpy(put(at, f->beat, 4), f->stems, ST_LIVE_STEMS);
}

st_status st_live_unpack(st_live_frame *out, const uint8_t *in, size_t bytes) {
    if (bytes != ST_LIVE_BYTES)
        return ST_BAD_DATA;
    st_live_frame f = {0};
    uint64_t time = get(&in, 8);
    memcpy(&f.time_s, &time, sizeof time);
    f.seq = (uint32_t)get(&in, 4);
    f.flags = (uint16_t)get(&in, 2);
    for (int c = 0; c < 2; c++)
        f.rms[c] = (int16_t)get(&in, 2);
    for (int c = 0; c < 2; c++)
        f.peak[c] = (int16_t)get(&in, 2);
    f.bass = (uint8_t)get(&in, 1);
    f.mid = (uint8_t)get(&in, 1);
    f.high = (uint8_t)get(&in, 1);
    f.volume = (uint8_t)get(&in, 1);
    memcpy(f.bands, in, BANDS);
    in += BANDS;
    f.centroid = (uint8_t)get(&in, 1);
    f.flux = (uint8_t)get(&in, 1);
    f.onset = (uint8_t)get(&in, 1);
    f.bpm_x100 = (uint16_t)get(&in, 2);
    f.beat_phase = (uint8_t)get(&in, 1);
    f.bar_phase = (uint8_t)get(&in, 1);
    f.beat = (uint32_t)get(&in, 4);
    memcpy(f.stems, in, ST_LIVE_STEMS);
    *out = f;
    return ST_OK;
}
