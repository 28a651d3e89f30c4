#include "analysis/listen.h"

#include "audio/channels.h"
#include "audio/resample.h"
#include "core/alloc.h"
#include "core/math.h"
#include "models/swiftf0/swiftf0.h"

#include <math.h>
#include <string.h>

enum {
    UNITS = 6,             /* at most, beside the meter and the fold */
    ENDS = 3,              /* that can be finished beside each other */
    NET_BLOCK = 1 << 14,   /* samples at 16 kHz */
    VOICED_PERCENT = 90,   /* confidence from which SwiftF0 says voiced */
    NET_FRAME_OFFSET = 127 /* samples from a hop's start to its centre */
};

/* SwiftF0 with the rate it needs. */
typedef struct {
    st_swiftf0 *net;
    st_resampler *rate;
    float *in;              /* [NET_BLOCK] */
    float *hz, *confidence; /* of all frames so far */
    int64_t frames, room;
} network;

#define CANCELLED 1e-4 /* of the channels' power: 40 dB under them */

struct st_listen {
    st_listen_params params;
    st_listen_result heard;
    st_meter *meter;
    st_peaks *peaks;
    st_live_lines *live;
    st_features *features;
    st_channel_matrix matrix;
    float *fold; /* [ST_FLOW_FRAMES] mono at the file's rate */
    st_resampler *rate;
    float *mono[ST_FLOW_SLOTS]; /* at ST_LISTEN_RATE_HZ, of a block */
    int64_t mono_frames[ST_FLOW_SLOTS], mono_room;
    double power, mono_power; /* mean of the channels, of their fold: sums */
    st_rhythm *rhythm;
    st_harmony *harmony;
    st_spectra *spectra;
    st_role_ear *role;
    st_f0 *f0;
    network net;
    st_f0_frame *track; /* of SwiftF0 */
    st_note *notes;
    int64_t frames;
    st_status finished[UNITS];
};

/* --- making --- */

static st_status make_network(st_listen *l, st_err *err) {
    if (l->params.pitch != ST_LISTEN_PITCH_SWIFTF0)
        return ST_OK;
    st_status status = st_swiftf0_new(&l->net.net, NULL, false, err);
    if (status != ST_OK)
        return status;
    l->net.in = st_calloc(NET_BLOCK, sizeof *l->net.in);
    status = l->net.in == NULL
                 ? ST_NO_MEM
                 : st_resampler_new(&l->net.rate, ST_LISTEN_RATE_HZ,
                                    ST_SWIFTF0_RATE_HZ, 1, ST_RESAMPLE_HIGH);
    return status == ST_OK ? ST_OK : st_err_set(err, status, "Out of memory.");
}

static st_status make_music(st_listen *l, st_err *err) {
    if (!l->params.music)
        return ST_OK;
    st_status status = st_rhythm_new(&l->rhythm, err);
    if (status == ST_OK)
        status = st_harmony_new(&l->harmony, true, err);
    if (status == ST_OK)
        status = st_role_ear_new(&l->role, err);
    return status;
}

/* What is too long to stand in memory. */
static st_status make_tables(st_listen *l, st_err *err) {
    const st_format *f = &l->heard.format;
    st_status status = ST_OK;
    if (l->params.live)
        status = st_live_lines_new(&l->live, f->rate_hz, f->channels,
                                   l->params.scratch, err);
    if (status == ST_OK && l->params.features)
        status = st_features_new(&l->features, l->params.scratch, err);
    return status;
}

static st_status make_rest(st_listen *l, st_err *err) {
    const st_format *f = &l->heard.format;
    st_meter_params about = {.rate_hz = f->rate_hz,
                             .channels = f->channels,
                             .series_capacity = l->params.series_capacity};
    st_f0_params pitch = st_f0_defaults(ST_LISTEN_RATE_HZ);
    st_spectra_params s = {.rate_hz = ST_LISTEN_RATE_HZ,
                           .pictures = l->params.pictures,
                           .no_chroma = true,
                           .multires = l->params.multires};
    bool spectra =
        l->params.music || s.pictures || s.multires || l->params.features;
    if (l->params.music) {
        s.fine = st_harmony_sink(l->harmony);
        s.mel = st_role_ear_sink(l->role);
    }
    if (l->features != NULL) {
        s.mfcc = st_features_cepstra(l->features);
        s.classes = st_features_classes(l->features);
    }
    st_status status = st_meter_new(&l->meter, &about);
    if (status == ST_OK && l->params.peaks)
        status = st_peaks_new(&l->peaks, f->channels, f->rate_hz);
    if (status == ST_OK && l->peaks != NULL && f->frames > 0)
        status = st_peaks_expect(l->peaks, f->frames);
    if (status == ST_OK && spectra)
        status = st_spectra_new(&l->spectra, &s);
    if (status == ST_OK && l->params.pitch != ST_LISTEN_PITCH_OFF)
        status = st_f0_new(&l->f0, &pitch);
    return status == ST_OK
               ? ST_OK
               : st_err_set(err, status, "The analysis could not be made: %s.",
                            st_status_name(status));
}

static bool hears(const st_listen *l) {
    return l->spectra != NULL || l->f0 != NULL;
}

static st_status make_mono(st_listen *l, st_err *err) {
    const st_format *f = &l->heard.format;
    if (!hears(l))
        return ST_OK;
    st_status status = st_channel_matrix_init(&l->matrix, f->channels, 1);
    if (status == ST_OK)
        status = st_resampler_new(&l->rate, f->rate_hz, ST_LISTEN_RATE_HZ, 1,
                                  ST_RESAMPLE_HIGH);
    l->fold = st_calloc(ST_FLOW_FRAMES, sizeof(float));
    l->mono_room =
        st_resample_length(ST_FLOW_FRAMES, f->rate_hz, ST_LISTEN_RATE_HZ) +
        ST_FLOW_FRAMES;
    if (status == ST_OK && l->fold == NULL)
        status = ST_NO_MEM;
    for (int i = 0; status == ST_OK && i < ST_FLOW_SLOTS; i++) {
        l->mono[i] = st_calloc((size_t)l->mono_room, sizeof(float));
        if (l->mono[i] == NULL)
            status = ST_NO_MEM;
    }
    return status == ST_OK ? ST_OK
                           : st_err_set(err, status, "The fold to mono: %s.",
                                        st_status_name(status));
}

st_status st_listen_new(st_listen **out, const st_format *format,
                        const st_listen_params *params, st_err *err) {
    st_listen *l = st_calloc(1, sizeof *l);
    if (l == NULL)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    l->params = *params;
    l->heard.format = *format;
    st_status status = make_music(l, err);
    if (status == ST_OK)
        status = make_network(l, err);
    if (status == ST_OK)
        status = make_tables(l, err);
    if (status == ST_OK)
        status = make_rest(l, err);
    if (status == ST_OK)
        status = make_mono(l, err);
    if (status != ST_OK) {
        st_listen_free(l);
        return status;
    }
    *out = l;
    return ST_OK;
}

void st_listen_free(st_listen *l) {
    if (l == NULL)
        return;
    st_meter_free(l->meter);
    st_peaks_free(l->peaks);
    st_live_lines_free(l->live);
    st_features_free(l->features);
    st_resampler_free(l->rate);
    st_rhythm_free(l->rhythm);
    st_harmony_free(l->harmony);
    st_spectra_free(l->spectra);
    st_role_ear_free(l->role);
    st_f0_free(l->f0);
    st_swiftf0_free(l->net.net);
    st_resampler_free(l->net.rate);
    st_free(l->net.in);
    st_free(l->net.hz);
    st_free(l->net.confidence);
    st_free(l->track);
    st_free(l->notes);
    st_free(l->fold);
    for (int i = 0; i < ST_FLOW_SLOTS; i++)
        st_free(l->mono[i]);
    st_free(l);
}

/* --- steps of the flow --- */

static st_status meter_step(void *ctx, st_block *block, st_err *err) {
    (void)err;
    st_listen *l = ctx;
    l->frames += block->frames;
    st_meter_process(l->meter, (const float *const *)block->channel,
                     block->frames);
    return ST_OK;
}

static st_status peaks_step(void *ctx, st_block *block, st_err *err) {
    st_listen *l = ctx;
    if (st_peaks_process(l->peaks, (const float *const *)block->channel,
                         block->frames) != ST_OK)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    return ST_OK;
}

static st_status live_step(void *ctx, st_block *block, st_err *err) {
    st_listen *l = ctx;
    return st_live_lines_process(l->live, (const float *const *)block->channel,
                                 block->frames, err);
}

/* The resampler would spread one bad sample over all that follow. */
static void clean(st_block *block) {
    for (int c = 0; c < block->channels; c++)
        for (int i = 0; i < block->frames; i++)
            if (!(fabsf(block->channel[c][i]) <= 1e10f))
                block->channel[c][i] = 0.0f;
}

static double power_of(const float *x, int n) {
    double sum = 0.0;
    for (int i = 0; i < n; i++)
        sum += (double)x[i] * (double)x[i];
    return sum;
}

/* Mono of a block, or of the resampler's rest (block NULL), into a slot. */
static st_status fold(st_listen *l, st_block *block, int slot, st_err *err) {
    int64_t done = 0, frames = block != NULL ? block->frames : 0;
    int64_t got = 1, used = 0;
    l->mono_frames[slot] = 0;
    if (block != NULL) {
        clean(block);
        st_channel_matrix_apply(
            &l->matrix, (const float *const *)block->channel, &l->fold, frames);
        for (int c = 0; c < block->channels; c++)
            l->power +=
                power_of(block->channel[c], block->frames) / block->channels;
        l->mono_power += power_of(l->fold, block->frames);
    }
    while (block != NULL ? done < frames : got > 0) {
        const float *in = l->fold + done;
        float *to = l->mono[slot] + l->mono_frames[slot];
        st_status status = st_resampler_process(
            l->rate, block != NULL ? &in : NULL, frames - done, &used, &to,
            l->mono_room - l->mono_frames[slot], &got);
        if (status == ST_OK && block != NULL && used == 0 && got == 0)
            status = ST_INTERNAL;
        if (status != ST_OK)
            return st_err_set(err, status, "The resampler failed.");
        done += used;
        l->mono_frames[slot] += got;
    }
    return ST_OK;
}

static st_status fold_step(void *ctx, st_block *block, st_err *err) {
    return fold(ctx, block, block->slot, err);
}

static st_status out_of_memory(st_status status, st_err *err) {
    return status == ST_OK ? ST_OK
                           : st_err_set(err, status, "The analysis failed: %s.",
                                        st_status_name(status));
}

static st_status rhythm_step(void *ctx, st_block *block, st_err *err) {
    st_listen *l = ctx;
    return out_of_memory(st_rhythm_process(l->rhythm, l->mono[block->slot],
                                           l->mono_frames[block->slot]),
                         err);
}

static st_status spectra_step(void *ctx, st_block *block, st_err *err) {
    st_listen *l = ctx;
    return out_of_memory(st_spectra_process(l->spectra, l->mono[block->slot],
                                            l->mono_frames[block->slot]),
                         err);
}

static st_status pitch_step(void *ctx, st_block *block, st_err *err) {
    st_listen *l = ctx;
    return out_of_memory(
        st_f0_process(l->f0, l->mono[block->slot], l->mono_frames[block->slot]),
        err);
}

/* Room for what `n` more samples can give. */
static st_status widen(network *net, int64_t n) {
    int64_t need = net->frames + st_swiftf0_room(n);
    if (need <= net->room)
        return ST_OK;
    size_t old = (size_t)net->room, wide = (size_t)need + old;
    void *hz = net->hz, *confidence = net->confidence;
    st_status status = st_regrow(&hz, old, wide, sizeof *net->hz);
    net->hz = hz;
    if (status != ST_OK)
        return status;
    status = st_regrow(&confidence, old, wide, sizeof *net->confidence);
    net->confidence = confidence;
    if (status == ST_OK)
        net->room = (int64_t)wide;
    return status;
}

static st_status feed(network *net, int64_t n) {
    st_status status = widen(net, n);
    if (status == ST_OK)
        net->frames +=
            st_swiftf0_process(net->net, net->in, n, net->hz + net->frames,
                               net->confidence + net->frames);
    return status;
}

/* in NULL: the end. */
static st_status network_take(network *net, const float *in, int64_t n) {
    int64_t done = 0, used = 0, got = 1;
    st_status status = ST_OK;
    while (status == ST_OK && (in != NULL ? done < n : got > 0)) {
        const float *from = in != NULL ? in + done : NULL;
        status =
            st_resampler_process(net->rate, in != NULL ? &from : NULL, n - done,
                                 &used, &net->in, NET_BLOCK, &got);
        if (status == ST_OK)
            status = feed(net, got);
        done += used;
    }
    return status;
}

static st_status network_step(void *ctx, st_block *block, st_err *err) {
    st_listen *l = ctx;
    return out_of_memory(network_take(&l->net, l->mono[block->slot],
                                      l->mono_frames[block->slot]),
                         err);
}

/* --- the end --- */

/* SwiftF0's answer between its frames, on those of the tracker. */
static void between(const network *net, double at, st_f0_frame *out) {
    double place =
        (at * ST_SWIFTF0_RATE_HZ - NET_FRAME_OFFSET - 0.5) / ST_SWIFTF0_HOP;
    int64_t i = (int64_t)floor(fmax(place, 0.0));
    if (i > net->frames - 1)
        i = net->frames - 1;
    int64_t j = i + 1 < net->frames ? i + 1 : i;
    float t = (float)fmin(fmax(place - (double)i, 0.0), 1.0);
    const int64_t near = t < 0.5f ? i : j;
    bool both = fabsf(net->hz[i] - net->hz[j]) < 0.06f * net->hz[i];
    out->hz = both ? net->hz[i] + t * (net->hz[j] - net->hz[i]) : net->hz[near];
    out->confidence =
        net->confidence[i] + t * (net->confidence[j] - net->confidence[i]);
    out->voiced = out->confidence * 100.0f > (float)VOICED_PERCENT;
}

static st_status finish_network(st_listen *l) {
    network *net = &l->net;
    st_status status = network_take(net, NULL, 0);
    if (status == ST_OK)
        status = widen(net, 0);
    if (status != ST_OK)
        return status;
    net->frames += st_swiftf0_finish(net->net, net->hz + net->frames,
                                     net->confidence + net->frames);
    int64_t count = l->heard.f0_frames;
    if (count == 0 || net->frames == 0)
        return ST_OK;
    l->track = st_calloc((size_t)count, sizeof *l->track);
    if (l->track == NULL)
        return ST_NO_MEM;
    memcpy(l->track, l->heard.f0, (size_t)count * sizeof *l->track);
    for (int64_t i = 0; i < count; i++)
        between(net, (double)i / ST_F0_RATE, &l->track[i]);
    l->heard.f0 = l->track;
    return ST_OK;
}

static st_status finish_pitch(st_listen *l) {
    if (l->f0 == NULL)
        return ST_OK;
    st_status status = st_f0_finish(l->f0, &l->heard.f0, &l->heard.f0_frames);
    if (status == ST_OK && l->net.net != NULL)
        status = finish_network(l);
    if (status == ST_OK)
        status = st_notes_find(l->heard.f0, l->heard.f0_frames, NULL, &l->notes,
                               &l->heard.note_count);
    l->heard.notes = l->notes;
    return status;
}

static st_status finish_role(st_listen *l) {
    if (l->role != NULL)
        st_role_ear_finish(l->role);
    return ST_OK;
}

static st_status finish_rhythm(st_listen *l) {
    return l->rhythm != NULL ? st_rhythm_finish(l->rhythm) : ST_OK;
}

static st_status finish_peaks(st_listen *l) {
    return l->peaks != NULL ? st_peaks_finish(l->peaks) : ST_OK;
}

static st_status hear_harmony(st_listen *l) {
    if (l->harmony == NULL)
        return ST_OK;
    st_tuning_result tuning = st_spectra_tuning(l->spectra);
    return st_harmony_hear(l->harmony, &(st_harmony_grid){.tuning = &tuning});
}

static void finish_one(void *ctx, int i) {
    static st_status (*const how[])(st_listen *) = {finish_rhythm, finish_role,
                                                    finish_peaks};
    st_listen *l = ctx;
    l->finished[i] = how[i](l);
}

static st_status changes(void *ctx, const double *at_s, int64_t n, float *out) {
    return st_harmony_changes(ctx, at_s, n, out);
}

/* Bars begin where chords change; chords and sections stand on beats. */
static st_status finish_harmony(st_listen *l) {
    if (l->harmony == NULL)
        return ST_OK;
    st_status status = hear_harmony(l);
    if (status == ST_OK)
        status =
            st_rhythm_settle(l->rhythm, &(st_change_ear){changes, l->harmony});
    if (status != ST_OK)
        return status;
    const st_rhythm_result *r = st_rhythm_get(l->rhythm);
    size_t room = (size_t)(r->beats > 0 ? r->beats : 1);
    double *beats = st_calloc(2 * room, sizeof *beats);
    if (beats == NULL)
        return ST_NO_MEM;
    st_harmony_grid grid = {.beats_s = r->beats > 0 ? beats : NULL,
                            .beats = r->beats,
                            .downbeats_s = beats + room};
    for (int64_t i = 0; i < r->beats; i++) {
        beats[i] = r->beat[i].time_s;
        if (r->beat[i].position == 1)
            beats[(int64_t)room + grid.downbeats++] = beats[i];
    }
    if (grid.downbeats == 0)
        grid.downbeats_s = NULL;
    status = st_harmony_finish(l->harmony, &grid);
    st_free(beats);
    return status;
}

static st_status finish_tables(st_listen *l, st_err *err) {
    st_status status = ST_OK;
    if (l->features != NULL)
        status =
            st_features_finish(l->features, st_spectra_cents(l->spectra), err);
    if (status == ST_OK && l->live != NULL)
        status = st_live_lines_finish(l->live, err);
    return status;
}

static st_status finish(st_listen *l, st_pool *pool, st_err *err) {
    st_meter_finish(l->meter);
    st_status status = ST_OK;
    if (l->spectra != NULL)
        status = st_spectra_finish(l->spectra);
    if (status != ST_OK)
        return out_of_memory(status, err);
    status = finish_tables(l, err);
    if (status != ST_OK)
        return status;
    /* alone: its memory and the rhythm's are the most */
    status = finish_pitch(l);
    if (status == ST_OK) {
        st_pool_for(pool, ENDS, finish_one, l);
        for (int i = 0; status == ST_OK && i < ENDS; i++)
            status = l->finished[i];
    }
    if (status == ST_OK)
        status = finish_harmony(l);
    return out_of_memory(status, err);
}

static void tell(st_listen *l) {
    st_listen_result *h = &l->heard;
    h->format.frames = l->frames;
    h->seconds = (double)l->frames / h->format.rate_hz;
    h->cancels = l->mono_power < CANCELLED * l->power;
    h->meter = l->meter;
    h->peaks = l->peaks;
    h->live = l->live;
    h->features = l->features;
    h->spectra = l->spectra;
    h->pitch = l->params.pitch;
    h->rhythm = l->rhythm != NULL ? st_rhythm_get(l->rhythm) : NULL;
    h->harmony = l->harmony != NULL ? st_harmony_get(l->harmony) : NULL;
    h->role = l->role != NULL ? st_role_ear_get(l->role) : NULL;
}

/* What is left in the resampler goes through the units of the mono stream. */
static st_status rest(st_listen *l, const st_flow_step *steps, int count,
                      st_err *err) {
    if (!hears(l))
        return ST_OK;
    st_block block = {.channels = 0, .slot = 0};
    st_status status = fold(l, NULL, 0, err);
    for (int i = 0; status == ST_OK && i < count; i++)
        status = steps[i].run(steps[i].ctx, &block, err);
    return status;
}

st_status st_listen_run(st_listen *l, st_source *source, st_pool *pool,
                        const st_flow_watch *watch, st_err *err) {
    st_flow_step steps[3 + UNITS];
    int count = 0;
    steps[count++] = (st_flow_step){"measuring", meter_step, l, 0};
    if (l->peaks != NULL)
        steps[count++] = (st_flow_step){"measuring", peaks_step, l, 0};
    if (l->live != NULL)
        steps[count++] = (st_flow_step){"measuring", live_step, l, 0};
    if (hears(l))
        steps[count++] = (st_flow_step){"folding", fold_step, l, 0};
    int units = count;
    if (l->rhythm != NULL)
        steps[count++] = (st_flow_step){"rhythm", rhythm_step, l, 0};
    if (l->spectra != NULL)
        steps[count++] = (st_flow_step){"spectra", spectra_step, l, 0};
    if (l->f0 != NULL)
        steps[count++] = (st_flow_step){"pitch", pitch_step, l, 0};
    if (l->net.net != NULL)
        steps[count++] = (st_flow_step){"pitch", network_step, l, 0};
    st_status status =
        st_flow_run(pool, source, -1, 0, steps, count, watch, NULL, err);
    if (status == ST_OK)
        status = rest(l, steps + units, count - units, err);
    if (status == ST_OK)
        status = finish(l, pool, err);
    if (status == ST_OK)
        tell(l);
    return status;
}

const char *st_listen_why(const st_listen_result *h, const char *reason) {
    return !h->cancels || reason == NULL
               ? reason
               : "The channels cancel each other out in mono, which is what is "
                 "listened to: invert the polarity of one.";
}

const st_listen_result *st_listen_get(const st_listen *l) {
    return &l->heard;
}
