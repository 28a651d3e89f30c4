#include "analysis/live_lines.h"

#include "audio/buffer.h"
#include "core/alloc.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    BLOCK = 1024, /* frames */
    LINE = 1024,  /* bytes a line at most: 64 bands are 256 of them */
    SILENCE = 64, /* samples at a time behind the end */
    AHEAD = 2     /* frames that rounding may give early */
};

struct st_live_lines {
    st_live *live;
    int rate_hz, channels;
    int64_t taken; /* samples */
    unsigned char (**block)[ST_LIVE_BYTES];
    size_t blocks, room; /* made; in the list */
    int64_t frames, most;
};

st_status st_live_lines_new(st_live_lines **out, int rate_hz, int channels) {
    st_live_lines *l = st_calloc(1, sizeof *l);
    if (l == NULL)
        return ST_NO_MEM;
    l->rate_hz = rate_hz;
    l->channels = channels;
    l->most = INT64_MAX;
    st_status status = st_live_new(&l->live, rate_hz, channels);
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
    for (size_t i = 0; i < l->blocks; i++)
        st_free(l->block[i]);
    st_free(l->block);
    st_free(l);
}

static st_status add_block(st_live_lines *l) {
    if (l->blocks == l->room) {
        void *list = l->block;
        if (st_regrow(&list, l->room, l->room + 64, sizeof(void *)) != ST_OK)
            return ST_NO_MEM;
        l->block = list;
        l->room += 64;
    }
    l->block[l->blocks] = st_calloc(BLOCK, ST_LIVE_BYTES);
    if (l->block[l->blocks] == NULL)
        return ST_NO_MEM;
    l->blocks++;
    return ST_OK;
}

/* Room for all frames of the first `samples`, so that keep() need not ask. */
static st_status make_room(st_live_lines *l, int64_t samples) {
    int64_t seconds = samples / l->rate_hz, rest = samples % l->rate_hz;
    int64_t need = seconds * ST_LIVE_RATE + rest * ST_LIVE_RATE / l->rate_hz;
    st_status status = ST_OK;
    while (status == ST_OK && (int64_t)l->blocks * BLOCK < need + AHEAD)
        status = add_block(l);
    return status;
}

static void keep(void *ctx, const st_live_frame *frame) {
    st_live_lines *l = ctx;
    if (l->frames >= l->most)
        return;
    st_live_pack(frame, l->block[l->frames / BLOCK][l->frames % BLOCK]);
    l->frames++;
}

st_status st_live_lines_process(st_live_lines *l, const float *const *in,
                                int64_t frames) {
    st_status status = make_room(l, l->taken + frames);
    if (status != ST_OK)
        return status;
    st_live_process(l->live, in, frames, keep, l);
    l->taken += frames;
    return ST_OK;
}

st_status st_live_lines_finish(st_live_lines *l) {
    static const float zeros[SILENCE];
    const float *in[ST_MAX_CHANNELS];
    int64_t seconds = l->taken / l->rate_hz, rest = l->taken % l->rate_hz;
    for (int c = 0; c < l->channels; c++)
        in[c] = zeros;
    l->most = seconds * ST_LIVE_RATE +
              (rest * ST_LIVE_RATE + l->rate_hz - 1) / l->rate_hz;
    st_status status = make_room(l, l->taken);
    while (status == ST_OK && l->frames < l->most)
        st_live_process(l->live, in, SILENCE, keep, l);
    return status;
}

int64_t st_live_lines_count(const st_live_lines *l) {
    return l->frames;
}

void st_live_lines_get(const st_live_lines *l, int64_t i, st_live_frame *out) {
    st_status status =
        st_live_unpack(out, l->block[i / BLOCK][i % BLOCK], ST_LIVE_BYTES);
    (void)status; /* the size is right */
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
static size_t put_line(const st_live_frame *f, char line[LINE]) {
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

/* Twice: the first time to see how long it is. */
st_status st_live_lines_text(const st_live_lines *l, char **text,
                             size_t *length) {
    char line[LINE];
    st_live_frame frame;
    size_t size = 0;
    for (int64_t i = 0; i < l->frames; i++) {
        st_live_lines_get(l, i, &frame);
        size += put_line(&frame, line);
    }
    char *all = st_calloc(size + LINE, 1);
    if (all == NULL)
        return ST_NO_MEM;
    *text = all;
    *length = size;
    for (int64_t i = 0; i < l->frames; i++) {
        st_live_lines_get(l, i, &frame);
        all += put_line(&frame, all);
    }
    return ST_OK;
}
