#include "mix/group.h"

#include "core/alloc.h"
#include "mix/median.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Costs of joining: what must not happen before something else outweighs all
 * of it. Below them: LU of the louder one, and 20 for sounds that have nothing
 * in common. */
#define LEAD_COST 1e6
#define PILLAR_COST 1e4
#define OWN_PILLAR_COST 5e3 /* two of the same */
#define ROLES_COST 100.0
#define UNLIKE_COST 20.0
#define MEMBER_COST 2.0
#define UNKNOWN_LU (-8.0)
#define SILENT_LU (-60.0)
/* As a fader: who hands in what is much quieter means it so. */
#define FARTHEST_DB 14.0
#define UPSIDE_DOWN (-0.6) /* correlation of left and right */

typedef struct {
    st_session_group files;
    st_bus bus;
    st_role role; /* NONE where there are several */
    bool lead, pillar;
    double lu; /* of the loudest member in a mix */
    double sound[ST_ROLE_EMBEDDING];
} cluster;

int st_group_stems(const st_session *session) {
    int count = 0;
    for (int i = 0; i < session->count; i++)
        count += st_session_is_stem(session, i);
    return count;
}

static st_bus bus_of(st_role role) {
    const st_role_info *about = st_role_get(role);
    return about != NULL && about->bus != ST_BUS_NONE ? about->bus
                                                      : ST_BUS_MUSIC;
}

static double role_lu(const st_taste *taste, st_role role) {
    return st_role_get(role) != NULL ? taste->role_lu[role] : UNKNOWN_LU;
}

/* --- joining --- */

static void begin(cluster *c, const st_session *s, const st_file_facts *facts,
                  int file, const st_taste *taste, bool keep) {
    const st_stem_facts *f = &facts[file].facts;
    st_role role = s->file[file].role;
    memset(c, 0, sizeof *c);
    c->files.count = 1;
    c->files.file[0] = file;
    c->bus = bus_of(role);
    c->role = role;
    c->lead = role == ST_ROLE_LEAD_VOCAL;
    c->pillar =
        role == ST_ROLE_KICK || role == ST_ROLE_SNARE || role == ST_ROLE_BASS;
    c->lu = f->silent ? SILENT_LU : keep ? f->lufs : role_lu(taste, role);
    for (int i = 0; i < ST_ROLE_EMBEDDING; i++)
        c->sound[i] = facts[file].sound[i];
}

static double alike(const cluster *a, const cluster *b) {
    double ab = 0.0, aa = 0.0, bb = 0.0;
    for (int i = 0; i < ST_ROLE_EMBEDDING; i++) {
        ab += a->sound[i] * b->sound[i];
        aa += a->sound[i] * a->sound[i];
        bb += b->sound[i] * b->sound[i];
    }
    return aa > 0.0 && bb > 0.0 ? ab / sqrt(aa * bb) : 0.0;
}

static double cost(const cluster *a, const cluster *b) {
    bool same = a->role == b->role && a->role != ST_ROLE_NONE;
    if (a->bus != b->bus)
        return INFINITY;
    double sum = fmax(a->lu, b->lu) + UNLIKE_COST * (1.0 - alike(a, b)) +
                 MEMBER_COST * (a->files.count + b->files.count);
    if (a->lead || b->lead)
        sum += LEAD_COST;
    if (a->pillar || b->pillar)
        sum += same ? OWN_PILLAR_COST : PILLAR_COST;
    return same ? sum : sum + ROLES_COST;
}

static void join(cluster *a, const cluster *b) {
    for (int i = 0; i < b->files.count; i++)
        a->files.file[a->files.count++] = b->files.file[i];
    if (a->role != b->role)
        a->role = ST_ROLE_NONE;
    a->lead |= b->lead;
    a->pillar |= b->pillar;
    a->lu = fmax(a->lu, b->lu);
    for (int i = 0; i < ST_ROLE_EMBEDDING; i++)
        a->sound[i] += b->sound[i];
}

/* The number left; as before when only buses are left to be joined. */
static int join_cheapest(cluster *all, int count) {
    int a = 0, b = 0;
    double least = INFINITY;
    for (int i = 0; i < count; i++)
        for (int j = i + 1; j < count; j++) {
            double sum = cost(&all[i], &all[j]);
            if (sum < least) {
                least = sum;
                a = i;
                b = j;
            }
        }
    if (a == b)
        return count;
    join(&all[a], &all[b]);
    memmove(&all[b], &all[b + 1], (size_t)(count - b - 1) * sizeof *all);
    return count - 1;
}

static int by_number(const void *a, const void *b) {
    return *(const int *)a - *(const int *)b;
}

/* --- gains --- */

/* Files whose faders a mix tells have those; the others stand by their roles
 * beside them. */
static void follow_mix(const st_session *s, double *gain) {
    double apart[ST_SESSION_FILES] = {0};
    int count = 0;
    for (int i = 0; i < s->count; i++)
        if (s->file[i].in_mix && !isnan(gain[i]))
            apart[count++] = s->file[i].mix_db - gain[i];
    double middle = st_median(apart, count);
    for (int i = 0; count > 0 && i < s->count; i++)
        if (!isnan(gain[i]))
            gain[i] = s->file[i].in_mix ? s->file[i].mix_db : gain[i] + middle;
}

/* What brings each file to the loudness of its role, not too far from the
 * middle of all. */
static void role_gains(const st_session *s, const st_file_facts *facts,
                       const st_taste *taste, double *gain) {
    double all[ST_SESSION_FILES] = {0};
    int count = 0;
    for (int i = 0; i < s->count; i++) {
        bool heard = st_session_is_stem(s, i) && !facts[i].facts.silent;
        gain[i] =
            heard ? role_lu(taste, s->file[i].role) - facts[i].facts.lufs : NAN;
        if (heard && !s->file[i].in_mix)
            all[count++] = gain[i];
    }
    double middle = st_median(all, count);
    for (int i = 0; i < s->count; i++)
        if (!isnan(gain[i]))
            gain[i] =
                fmin(fmax(gain[i], middle - FARTHEST_DB), middle + FARTHEST_DB);
}

/* Halfway to a network's, as strips have it. */
static void meet(const st_session *s, const double *balance_db, double *gain) {
    double apart[ST_SESSION_FILES] = {0};
    int count = 0;
    for (int i = 0; i < s->count && count < ST_SESSION_FILES; i++)
        if (!isnan(gain[i]) && !isnan(balance_db[i]))
            apart[count++] = balance_db[i] - gain[i];
    double middle = st_median(apart, count);
    for (int i = 0; i < s->count; i++)
        if (!isnan(gain[i]) && !isnan(balance_db[i]))
            gain[i] += 0.5 * (balance_db[i] - gain[i] - middle);
}

static void wanted_gains(const st_session *s, const st_file_facts *facts,
                         const st_taste *taste, const double *balance_db,
                         double *gain) {
    role_gains(s, facts, taste, gain);
    if (balance_db != NULL)
        meet(s, balance_db, gain);
    follow_mix(s, gain);
}

/* The one that stands out most stays as it is. */
static int foremost(const st_session *s, const st_session_group *g,
                    const st_taste *taste) {
    int best = 0;
    for (int i = 1; i < g->count; i++)
        if (role_lu(taste, s->file[g->file[i]].role) >
            role_lu(taste, s->file[g->file[best]].role))
            best = i;
    return best;
}

static double first_gain(const st_session *s, const st_session_group *g,
                         const double *wanted, const st_taste *taste) {
    double first = wanted[g->file[foremost(s, g, taste)]];
    for (int i = 0; i < g->count && isnan(first); i++)
        first = wanted[g->file[i]];
    return first;
}

static void set_gains(const st_session *s, st_session_group *g,
                      const double *wanted, const st_taste *taste) {
    double first = first_gain(s, g, wanted, taste);
    for (int i = 0; i < g->count; i++) {
        double gain = wanted[g->file[i]] - first;
        g->gain_db[i] = isnan(gain) ? 0.0 : round(100.0 * gain) / 100.0;
    }
}

/* As a strip would: one channel upside down cancels in mono. */
static void mend(const st_session *s, st_session_group *g,
                 const st_file_facts *facts) {
    for (int i = 0; i < g->count; i++)
        g->invert_right[i] =
            s->file[g->file[i]].channels == 2 &&
            facts[g->file[i]].facts.meter.correlation < UPSIDE_DOWN;
}

/* --- a group in a session --- */

static st_role role_of(const st_session *s, const st_session_group *g,
                       const st_taste *taste) {
    st_role first = s->file[g->file[0]].role;
    bool same = true, drums = true;
    for (int i = 0; i < g->count; i++) {
        st_role role = s->file[g->file[i]].role;
        same &= role == first;
        drums &= bus_of(role) == ST_BUS_DRUM;
    }
    if (same)
        return first;
    return drums ? ST_ROLE_DRUMS_BUS
                 : s->file[g->file[foremost(s, g, taste)]].role;
}

static bool taken(const st_session *s, const char *name) {
    for (int i = 0; i < s->count; i++)
        if (strcmp(s->file[i].name, name) == 0)
            return true;
    return false;
}

static void name_group(const st_session *s, const st_session_group *g,
                       st_role role, char *name, size_t room) {
    const st_role_info *about = st_role_get(role);
    const char *what = about != NULL ? about->title : "other";
    for (int i = 1; i < g->count; i++)
        if (s->file[g->file[i]].role != s->file[g->file[0]].role)
            what = st_bus_name(bus_of(role));
    snprintf(name, room, "%s group", what);
    for (int n = 2; taken(s, name); n++)
        snprintf(name, room, "%s group %d", what, n);
}

st_status st_group_add(st_session *session, const st_session_group *group,
                       const char *name, st_role role, const st_taste *taste,
                       st_err *err) {
    st_session_file *f = &session->file[session->count];
    if (session->groups == ST_MIX_STEMS)
        return st_err_set(err, ST_LIMIT,
                          "A mix has at most %d groups, as many as strips.",
                          (int)ST_MIX_STEMS);
    st_session_group *g = &session->group[session->groups++];
    *g = *group;
    memset(f, 0, sizeof *f);
    f->item = -1;
    f->role = f->named = f->heard =
        role != ST_ROLE_NONE ? role : role_of(session, g, taste);
    if (name != NULL)
        snprintf(f->name, sizeof f->name, "%s", name);
    else
        name_group(session, g, f->role, f->name, sizeof f->name);
    memcpy(g->label, f->name, sizeof g->label);
    f->label = g->label;
    f->channels = f->file_channels = 2;
    f->file_rate_hz = session->rate_hz;
    f->group = session->groups;
    f->said = session->file[g->file[foremost(session, g, taste)]].said;
    for (int i = 0; i < g->count; i++)
        session->file[g->file[i]].grouped = true;
    session->count++;
    return ST_OK;
}

/* The newest group stands in the mix where its foremost file does. */
static void place_in_mix(st_session *s, const double *wanted,
                         const st_taste *taste) {
    st_session_file *f = &s->file[s->count - 1];
    const st_session_group *g = &s->group[f->group - 1];
    int first = g->file[foremost(s, g, taste)];
    for (int i = 0; i < g->count; i++)
        f->in_mix |= s->file[g->file[i]].in_mix && !isnan(wanted[first]);
    f->mix_db = f->in_mix ? wanted[first] : 0.0;
}

static st_status add_all(st_session *session, cluster *all, int count,
                         const st_file_facts *facts, const double *wanted,
                         const st_taste *taste, st_err *err) {
    st_status status = ST_OK;
    for (int i = 0; status == ST_OK && i < count; i++) {
        st_session_group *g = &all[i].files;
        if (g->count < 2)
            continue;
        qsort(g->file, (size_t)g->count, sizeof *g->file, by_number);
        mend(session, g, facts);
        if (wanted != NULL)
            set_gains(session, g, wanted, taste);
        status = st_group_add(session, g, NULL, ST_ROLE_NONE, taste, err);
        if (status == ST_OK && wanted != NULL)
            place_in_mix(session, wanted, taste);
    }
    return status;
}

void st_group_balance(const st_session *session, double *balance_db) {
    for (int i = 0; i < session->count; i++) {
        const st_session_file *f = &session->file[i];
        if (f->group == 0)
            continue;
        const st_session_group *g = &session->group[f->group - 1];
        balance_db[i] = NAN;
        for (int k = 0; k < g->count && isnan(balance_db[i]); k++)
            balance_db[i] = balance_db[g->file[k]] - g->gain_db[k];
    }
}

st_status st_group_make(st_session *session, const st_file_facts *facts,
                        const st_taste *taste, bool keep,
                        const double *balance_db, st_err *err) {
    double wanted[ST_SESSION_FILES + ST_MIX_STEMS];
    int count = 0, before = 0, room = ST_MIX_STEMS - session->groups;
    cluster *all = st_calloc(ST_SESSION_FILES, sizeof *all);
    if (all == NULL)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    wanted_gains(session, facts, taste, balance_db, wanted);
    for (int i = 0; i < session->count; i++)
        if (st_session_is_stem(session, i) && session->file[i].group == 0)
            begin(&all[count++], session, facts, i, taste, keep);
    while (count > room && count != before) {
        before = count;
        count = join_cheapest(all, count);
    }
    st_status status =
        add_all(session, all, count, facts, keep ? NULL : wanted, taste, err);
    st_free(all);
    return status;
}
