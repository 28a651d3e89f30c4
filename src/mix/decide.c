#include "mix/decide.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void st_move_why(st_move *move, const char *format, ...) {
    va_list args;
    if (move->given)
        return;
    va_start(args, format);
    vsnprintf(move->reason, sizeof move->reason, format, args);
    va_end(args);
}

double st_mix_loudness(const st_mix_case *c, int stem) {
    const st_move *fader = &c->recipe->stem[stem].move[ST_STRIP_FADER];
    return c->heard->stem[stem].lufs + st_move_value(fader, ST_FADER_GAIN);
}

/* Without a voice the loudest instrument of the music leads. */
int st_mix_leader(const st_mix_case *c) {
    int best = -1;
    for (int i = 0; i < c->recipe->stems; i++) {
        const st_mix_stem *s = &c->recipe->stem[i];
        if (c->heard->stem[i].silent)
            continue;
        if (s->role == ST_ROLE_LEAD_VOCAL)
            return i;
        if (s->bus == ST_BUS_MUSIC && s->role != ST_ROLE_BASS &&
            s->role != ST_ROLE_FX &&
            (best < 0 || st_mix_loudness(c, i) > st_mix_loudness(c, best)))
            best = i;
    }
    return best;
}

static int named(const st_mix_recipe *recipe, const char *name) {
    for (int i = 0; i < recipe->stems; i++)
        if (strcmp(recipe->stem[i].name, name) == 0)
            return i;
    return -1;
}

void st_mix_stems_into(st_mix_recipe *recipe, const st_hearing *heard,
                       const st_session *session) {
    for (int i = 0; i < heard->count; i++) {
        const st_session_file *f = &session->file[heard->file[i]];
        if (named(recipe, f->name) < 0)
            (void)st_mix_recipe_add(recipe, f->name, f->role, f->channels);
    }
    recipe->rate_hz = heard->rate_hz;
}

static void tempo(const st_mix_case *c) {
    const st_listen_result *h = st_listen_get(c->heard->listen);
    if (c->recipe->tempo_bpm <= 0.0 && h->rhythm != NULL &&
        h->rhythm->has_tempo)
        c->recipe->tempo_bpm = h->rhythm->bpm;
}

static void make(st_mix_recipe *recipe, const st_hearing *heard,
                 const st_session *session, const st_mix_wishes *wishes) {
    const st_mix_case c = {recipe, heard, session, wishes};
    tempo(&c);
    st_rules_mend(&c);
    st_rules_filters(&c);
    st_rules_balance(&c);
    st_rules_place(&c);
    st_rules_masking(&c);
    st_rules_unmask(&c);
    st_rules_dynamics(&c);
    st_rules_space(&c);
    st_rules_width(&c);
    st_rules_buses(&c);
    st_rules_ducks(&c);
}

const st_mix_policy st_mix_rules = {"rules", make};
