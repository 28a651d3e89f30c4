#include "mix/decide.h"

#include <math.h>

/* Of the key's blocks, which it begins at, and how far under that. */
#define HITS 0.6
#define UNDER_DB 10.0

static uint64_t stems_of(const st_mix_case *c, st_role role, int *first) {
    uint64_t mask = 0;
    *first = -1;
    for (int i = 0; i < c->recipe->stems; i++)
        if (c->recipe->stem[i].role == role && !c->heard->stem[i].silent) {
            mask |= (uint64_t)1 << i;
            *first = *first < 0 ? i : *first;
        }
    return mask;
}

static double staged_level(const st_mix_case *c, int stem, double share) {
    const st_move *m = &c->recipe->stem[stem].move[ST_STRIP_STAGING];
    return st_hear_level(&c->heard->stem[stem], share) +
           (m->on ? m->value[ST_STAGING_GAIN] : 0.0);
}

static bool exists(const st_mix_recipe *r, int target) {
    for (int i = 0; i < r->ducks; i++)
        if (r->duck[i].target == target)
            return true;
    return false;
}

static st_move *another(st_mix_recipe *r, uint64_t source, int target) {
    if (r->ducks == ST_MIX_DUCKS || exists(r, target))
        return NULL;
    st_move *m = &r->duck[r->ducks++];
    *m = st_move_initial(ST_MOVE_DUCK);
    m->source = source;
    m->target = target;
    return m;
}

/* Sixteenth note, ms, within what sounds natural. */
static double sixteenth_ms(const st_mix_recipe *r) {
    double bpm = r->tempo_bpm > 0 ? r->tempo_bpm : 120;
    return fmin(fmax(15000.0 / bpm, 70), 180);
}

static void duck_bass(const st_mix_case *c, uint64_t kick, int first,
                      int bass) {
    st_move *m = another(c->recipe, kick, bass);
    if (m == NULL)
        return;
    double depth = fmin(fmax(c->wishes->taste->duck_db, 1), 3);
    st_move_set(m, ST_DUCK_LOW, 40);
    st_move_set(m, ST_DUCK_HIGH, 120);
    st_move_set(m, ST_DUCK_THRESHOLD,
                round(10 * (staged_level(c, first, HITS) - UNDER_DB)) / 10);
    st_move_set(m, ST_DUCK_DEPTH, depth);
    st_move_set(m, ST_DUCK_ATTACK, 3);
    st_move_set(m, ST_DUCK_HOLD, 25);
    st_move_set(m, ST_DUCK_RELEASE, round(sixteenth_ms(c->recipe)));
    st_move_set(m, ST_DUCK_LOOKAHEAD, 8);
    st_move_why(
        m,
        "%.1f dB of %s from 40 to 120 Hz while %s hits, back within %s: "
        "two low notes at once would be one blur.",
        depth, c->recipe->stem[bass].name, c->recipe->stem[first].name,
        c->recipe->tempo_bpm > 0 ? "a sixteenth" : "an eighth of a second");
}

static void duck_music(const st_mix_case *c, uint64_t voice, int first) {
    st_move *m = another(c->recipe, voice, ST_TARGET_BUS + ST_BUS_MUSIC);
    if (m == NULL)
        return;
    double depth = fmin(fmax(c->wishes->taste->vocal_duck_db, 0.5), 1.5);
    st_move_set(m, ST_DUCK_LOW, 0);
    st_move_set(m, ST_DUCK_HIGH, 0);
    st_move_set(m, ST_DUCK_THRESHOLD,
                round(10 * (staged_level(c, first, 0.3) - 6.0)) / 10);
    st_move_set(m, ST_DUCK_DEPTH, depth);
    st_move_set(m, ST_DUCK_ATTACK, 30);
    st_move_set(m, ST_DUCK_HOLD, 80);
    st_move_set(m, ST_DUCK_RELEASE, 260);
    st_move_set(m, ST_DUCK_LOOKAHEAD, 10);
    st_move_why(m,
                "The music goes down by %.1f dB while %s sings: room for words "
                "that nobody hears as a move.",
                depth, c->recipe->stem[first].name);
}

static bool has_music(const st_mix_case *c) {
    for (int i = 0; i < c->recipe->stems; i++)
        if (c->recipe->stem[i].bus == ST_BUS_MUSIC && !c->heard->stem[i].silent)
            return true;
    return false;
}

void st_rules_ducks(const st_mix_case *c) {
    int kick, voice;
    uint64_t kicks = stems_of(c, ST_ROLE_KICK, &kick);
    uint64_t voices = stems_of(c, ST_ROLE_LEAD_VOCAL, &voice);
    for (int i = 0; kick >= 0 && i < c->recipe->stems; i++)
        if (c->recipe->stem[i].role == ST_ROLE_BASS &&
            !c->heard->stem[i].silent)
            duck_bass(c, kicks, kick, i);
    if (voice >= 0 && has_music(c))
        duck_music(c, voices, voice);
}
