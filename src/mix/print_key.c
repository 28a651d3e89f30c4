#include "mix/print_cache.h"

#include <stdio.h>
#include <string.h>

/* All that a print depends on, as a text that is hashed piece by piece. */
typedef struct {
    st_hash hash;
    const st_mix_recipe *recipe;
    const st_session *session;
    const int *file;
    bool known;
} writer;

static void put(writer *w, const char *text) {
    st_hash_update(&w->hash, text, strlen(text) + 1);
}

static void put_int(writer *w, long long number) {
    char text[32];
    snprintf(text, sizeof text, "%lld", number);
    put(w, text);
}

/* Exact, so that no change is too small to be seen. */
static void put_number(writer *w, double number) {
    char text[48];
    snprintf(text, sizeof text, "%a", number);
    put(w, text);
}

/* Make-up is the fader's: it is not in a print. */
static void put_move(writer *w, const st_move *m) {
    int count = st_move_about(m->kind)->count;
    put_int(w, m->on);
    if (!m->on)
        return;
    put_number(w, m->amount);
    for (int i = 0; i < count; i++)
        if (m->kind != ST_MOVE_COMPRESSOR || i != ST_COMP_MAKEUP)
            put_number(w, m->value[i]);
}

static void put_file(writer *w, int file) {
    const st_session_file *f = &w->session->file[file];
    char hash[ST_HASH_TEXT_BYTES];
    if (!st_session_hash(w->session, file, hash)) {
        w->known = false;
        return;
    }
    put(w, hash);
    put_int(w, f->channels);
    put_int(w, f->offset_frames);
}

static void put_sound(writer *w, int stem) {
    int file = w->file[stem];
    int group = w->session->file[file].group;
    if (group == 0) {
        put_file(w, file);
        return;
    }
    const st_session_group *g = &w->session->group[group - 1];
    put_int(w, g->count);
    for (int i = 0; i < g->count; i++) {
        put_number(w, g->gain_db[i]);
        put_int(w, g->invert_right[i]);
        put_file(w, g->file[i]);
    }
}

/* Stems as keys hear them. */
static void put_keys(writer *w, uint64_t keys) {
    for (int i = 0; i < w->recipe->stems; i++) {
        const st_move *m = w->recipe->stem[i].move;
        if ((keys >> i & 1) == 0)
            continue;
        put_sound(w, i);
        put_move(w, &m[ST_STRIP_STAGING]);
        put_move(w, &m[ST_STRIP_POLARITY]);
    }
    put(w, ".");
}

static void put_strip(writer *w, int stem) {
    const st_move *m = w->recipe->stem[stem].move;
    for (int i = ST_STRIP_STAGING; i <= ST_STRIP_COMPRESSOR; i++) {
        put_move(w, &m[i]);
        if (m[i].on && m[i].source != 0)
            put_keys(w, m[i].source);
    }
    for (int i = 0; i < w->recipe->ducks; i++) {
        const st_move *duck = &w->recipe->duck[i];
        if (duck->target != stem || !duck->on)
            continue;
        put_move(w, duck);
        put_keys(w, duck->source);
    }
}

bool st_print_key(const st_mix_recipe *recipe, const st_session *session,
                  const int *file, int stem, const char *maker,
                  char key[ST_HASH_TEXT_BYTES]) {
    writer w = {
        .recipe = recipe, .session = session, .file = file, .known = true};
    st_hash_init(&w.hash);
    put(&w, "stemma.print/1");
    put(&w, maker);
    put_int(&w, (long long)sizeof(st_strip_meter));
    put_int(&w, session->rate_hz);
    put_sound(&w, stem);
    put_strip(&w, stem);
    st_hash_final(&w.hash, key);
    return w.known;
}

bool st_heard_key(const st_session *session, int file, const char *maker,
                  char key[ST_HASH_TEXT_BYTES]) {
    writer w = {.session = session, .known = true};
    st_hash_init(&w.hash);
    put(&w, "stemma.heard/1");
    put(&w, maker);
    put_int(&w, (long long)sizeof(st_file_facts));
    put_int(&w, session->rate_hz);
    put_file(&w, file);
    st_hash_final(&w.hash, key);
    return w.known;
}
