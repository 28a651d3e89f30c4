#include "support/cases.h"

#include "mix/heard.h"

#include "audio/memory.h"
#include "mix/stage_mix.h"

#include <string.h>

extern const st_stage st_stage_mix;

static int count(void *host, int input) {
    const heard_host *h = host;
    return input == 0 ? h->song->stems : 0;
}

static const char *label(void *host, int input, int index) {
    (void)input;
    return ((heard_host *)host)->labels[index];
}

static double weight(void *host, int input, int index) {
    (void)host, (void)input, (void)index;
    return 1;
}

static st_bits bits(void *host, int input, int index) {
    (void)host, (void)input, (void)index;
    return ST_BITS_F32;
}

static int64_t timecode(void *host, int input, int index) {
    const heard_host *h = host;
    (void)input;
    return h->timecodes != NULL ? h->timecodes[index] : -1;
}

static const char *hash(void *host, int input, int index) {
    (void)host, (void)input, (void)index;
    return NULL;
}

static st_format format_of(const heard_host *h, int index) {
    return (st_format){
        h->song->stem[index].rate_hz != 0 ? h->song->stem[index].rate_hz
                                          : h->song->rate_hz,
        h->song->stem[index].channels, h->song->stem[index].frames};
}

static st_status format(void *host, int input, int index, st_format *out,
                        st_err *err) {
    const heard_host *h = host;
    (void)input;
    if (index == h->unreadable)
        return st_err_set(err, ST_BAD_DATA, "It cannot be read.");
    *out = format_of(h, index);
    return ST_OK;
}

static st_status open_item(void *host, int input, int index, bool once,
                           st_source **out, st_err *err) {
    const heard_host *h = host;
    const st_format about = format_of(h, index);
    (void)input, (void)once;
    st_status status =
        st_memory_source(out, h->song->stem[index].channel, &about);
    return status == ST_OK ? ST_OK : st_err_set(err, status, "No memory.");
}

static st_status bytes(void *host, int input, int index, size_t max_bytes,
                       unsigned char **out, size_t *size, st_err *err) {
    (void)host, (void)input, (void)index, (void)max_bytes, (void)out,
        (void)size;
    return st_err_set(err, ST_NOT_FOUND, "There is none.");
}

void heard_host_init(heard_host *host, song *s, const char *const *labels) {
    static const st_in_ops ops = {.count = count,
                                  .label = label,
                                  .weight = weight,
                                  .bits = bits,
                                  .timecode = timecode,
                                  .hash = hash,
                                  .format = format,
                                  .open = open_item,
                                  .bytes = bytes};
    *host = (heard_host){.song = s, .labels = labels, .unreadable = -1};
    host->in = (st_in){&st_stage_mix, &ops, host};
}

st_status heard_init(heard *h, song *s, const char *const *labels,
                     const char *roles) {
    const st_hear_means means = {0};
    memset(h, 0, sizeof *h);
    heard_host_init(&h->host, s, labels);
    st_mix_recipe_init(&h->recipe);
    st_status status = st_session_open(&h->session, &h->host.in, "stems", NULL);
    if (status == ST_OK)
        status = st_session_roles(&h->session, roles, NULL);
    if (status == ST_OK)
        status = st_hear_scan(&h->session, &means, NULL);
    if (status == ST_OK)
        status = st_hear(&h->hearing, &h->session, &means, NULL);
    if (status == ST_OK)
        st_mix_stems_into(&h->recipe, &h->hearing, &h->session);
    return status;
}

void heard_free(heard *h) {
    st_hearing_deinit(&h->hearing);
}

void heard_decide(heard *h, const char *preset, bool respect_user_gains) {
    const st_mix_wishes wishes = {.taste = st_taste_find(preset),
                                  .respect_user_gains = respect_user_gains};
    st_mix_rules.make(&h->recipe, &h->hearing, &h->session, &wishes);
}

st_move *heard_strip(heard *h, const char *stem, int slot) {
    for (int i = 0; i < h->recipe.stems; i++)
        if (strcmp(h->recipe.stem[i].name, stem) == 0)
            return &h->recipe.stem[i].move[slot];
    fail_msg("there is no stem %s", stem);
    return NULL;
}
