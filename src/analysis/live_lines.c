#include "analysis/live_lines.h"

#include "audio/buffer.h"
#include "audio/scratch.h"
#include "core/alloc.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    SILENCE = 64 /* samples at a time behind the end */
};

struct st_live_lines {
    st_live *live;
    st_scratch *packed; /* ST_LIVE_BYTES each */
    int rate_hz, channels;
    int64_t taken; /* samples */
    int64_t frames, most;
    st_status status; /* of the first frame that could not be kept */
    st_err err;
};

st_status st_live_lines_new(st_live_lines **out, int rate_hz, int channels,
                            const char *dir, st_err *err) {
    st_live_lines *l = st_calloc(1, sizeof *l);
    if (l == NULL)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    l->rate_hz = rate_hz;
    l->channels = channels;
    l->most = INT64_MAX;
    st_status status = st_live_new(&l->live, rate_hz, channels);
    if (status != ST_OK)
        (void)st_err_set(err, status, "The live frames could not be made: %s.",
                         st_status_name(status));
    else
        status = st_scratch_new(&l->packed, dir, err);
    if (status == ST_OK)
        *out = l;
    else
        st_live_lines_free(l);
    return status;
}

void st_live_lines_free(st_live_lines *l) {
    if (l == NULL)
        return;
    st_live_free(l->live);
    st_scratch_free(l->packed);
    st_free(l);
}

static void keep(void *ctx, const st_live_frame *frame) {
    st_live_lines *l = ctx;
    unsigned char bytes[ST_LIVE_BYTES];
    if (l->frames >= l->most || l->status != ST_OK)
        return;
    st_live_pack(frame, bytes);
    l->status = st_scratch_append(l->packed, bytes, sizeof bytes, &l->err);
    l->frames++;
}

static st_status told(const st_live_lines *l, st_err *err) {
    return l->status == ST_OK ? ST_OK
                              : st_err_set(err, l->status, "%s", l->err.text);
}

st_status st_live_lines_process(st_live_lines *l, const float *const *in,
                                int64_t frames, st_err *err) {
    st_live_process(l->live, in, frames, keep, l);
    l->taken += frames;
    return told(l, err);
}

st_status st_live_lines_finish(st_live_lines *l, st_err *err) {
    static const float zeros[SILENCE];
    const float *in[ST_MAX_CHANNELS];
    int64_t seconds = l->taken / l->rate_hz, rest = l->taken % l->rate_hz;
    for (int c = 0; c < l->channels; c++)
        in[c] = zeros;
    l->most = seconds * ST_LIVE_RATE +
              (rest * ST_LIVE_RATE + l->rate_hz - 1) / l->rate_hz;
    while (l->status == ST_OK && l->frames < l->most)
        st_live_process(l->live, in, SILENCE, keep, l);
    st_status status = told(l, err);
    return status == ST_OK ? st_scratch_flush(l->packed, err) : status;
}

int64_t st_live_lines_count(const st_live_lines *l) {
    return l->frames;
}

st_status st_live_lines_get(const st_live_lines *l, int64_t i,
                            st_live_frame *out, st_err *err) {
    unsigned char bytes[ST_LIVE_BYTES];
    st_status status =
        st_scratch_read(l->packed, i * ST_LIVE_BYTES, bytes, sizeof bytes, err);
    if (status == ST_OK)
        status = st_live_unpack(out, bytes, sizeof bytes);
    return status;
}

/* --- text --- */

static char *put_text(char *to, const char *text) {
    while (*text != '\0')
        *to++ = *text++;
    return to;
}

static char *put_number(char *to, int64_t value) {
    return to + snprintf(to, 24, "%" PRId64, value);
}

static char *put_field(char *to, const char *name, int64_t value) {
    return put_number(put_text(to, name), value);
}

static char *put_pair(char *to, const char *name, const int16_t *value) {
    to = put_field(put_text(to, name), "[", value[0]);
    return put_text(put_field(to, ",", value[1]), "]");
}

static char *put_bytes(char *to, const char *name, const uint8_t *value,
                       int count) {
    to = put_text(to, name);
    for (int i = 0; i < count; i++)
        to = put_field(to, i == 0 ? "[" : ",", value[i]);
    return put_text(to, "]");
}

/* Microseconds of frame `seq`, rounded; no locale has a say in the point. */
static char *put_time(char *to, uint32_t seq) {
    int64_t us = ((int64_t)seq * 1000000 + ST_LIVE_RATE / 2) / ST_LIVE_RATE;
    return to + snprintf(to, 32, "{\"time_s\":%" PRId64 ".%06d", us / 1000000,
                         (int)(us % 1000000));
}

/* Fields as live.h names and orders them. Bytes written. */
static size_t put_line(const st_live_frame *f, char *line) {
    char *to = put_time(line, f->seq);
    to = put_field(to, ",\"seq\":", f->seq);
    to = put_field(to, ",\"flags\":", f->flags);
    to = put_pair(to, ",\"rms\":", f->rms);
    to = put_pair(to, ",\"peak\":", f->peak);
    to = put_field(to, ",\"bass\":", f->bass);
    to = put_field(to, ",\"mid\":", f->mid);
    to = put_field(to, ",\"high\":", f->high);
    to = put_field(to, ",\"volume\":", f->volume);
    to = put_bytes(to, ",\"bands\":", f->bands, ST_LIVE_BANDS);
    to = put_field(to, ",\"centroid\":", f->centroid);
    to = put_field(to, ",\"flux\":", f->flux);
    to = put_field(to, ",\"onset\":", f->onset);
    to = put_field(to, ",\"bpm_x100\":", f->bpm_x100);
    to = put_field(to, ",\"beat_phase\":", f->beat_phase);
    to = put_field(to, ",\"bar_phase\":", f->bar_phase);
    to = put_field(to, ",\"beat\":", f->beat);
    to = put_bytes(to, ",\"stems\":", f->stems, ST_LIVE_STEMS);
    return (size_t)(put_text(to, "}\n") - line);
}

st_status st_live_lines_text(const st_live_lines *l, int64_t first,
                             int64_t count, char *text, size_t *length,
                             st_err *err) {
    st_live_frame frame;
    *length = 0;
    for (int64_t i = first; i < first + count; i++) {
        st_status status = st_live_lines_get(l, i, &frame, err);
        if (status != ST_OK)
            return status;
        *length += put_line(&frame, text + *length);
    }
    return ST_OK;
}
