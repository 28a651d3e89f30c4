#include "mix/balance_net.h"

#include "core/alloc.h"
#include "mix/median.h"
#include "models/mixnet/mixnet.h"

#include <math.h>

/* The inputs of a stem, in training/mix_train.py's order. */
enum {
    LEVELS = 7,
    SHAPE = 7, /* peak, range, width, channels, confidence, two counts */
    ROLES = ST_ROLE_COUNT + 1,
    AT_SHAPE = LEVELS,
    AT_SOUND = AT_SHAPE + SHAPE,
    AT_ROLE = AT_SOUND + ST_ROLE_EMBEDDING,
    AT_LOUDNESS = AT_ROLE + ROLES
};

_Static_assert(AT_LOUDNESS + 2 == (int)ST_MIXNET_INPUTS, "inputs of a stem");
_Static_assert((int)ST_SESSION_FILES <= (int)ST_MIXNET_STEMS,
               "stems of a song");

static const double shares[LEVELS] = {0.05, 0.25, 0.5, 0.75, 0.9, 0.97, 0.995};

static double within(double x, double low, double high) {
    return fmin(fmax(x, low), high);
}

static void describe(float *x, const st_session_file *f,
                     const st_file_facts *heard) {
    const st_stem_facts *s = &heard->facts;
    for (int i = 0; i < LEVELS; i++)
        x[i] = (float)(within(st_hear_level(s, shares[i]) - s->lufs, -40, 30) /
                       15.0);
    float *shape = x + AT_SHAPE;
    double range = s->meter.loudness.range_lu, width = s->meter.width;
    shape[0] = (float)within((s->meter.sample_peak_dbfs - s->lufs - 15.0) / 8.0,
                             -4, 4);
    shape[1] = (float)((isfinite(range) ? fmin(range, 40.0) : 0.0) / 10.0);
    shape[2] = (float)(isfinite(width) ? fmin(width, 2.0) : 2.0);
    shape[3] = (float)(f->channels - 1);
    shape[4] = (float)(heard->has_role ? heard->confidence : 0.0);
    for (int i = 0; i < ST_ROLE_EMBEDDING; i++)
        x[AT_SOUND + i] = 2.0f * heard->sound[i];
    /* no role stands behind the others */
    x[AT_ROLE + (f->role >= 0 ? (int)f->role : ROLES - 1)] = 1.0f;
}

/* What depends on all of them. */
static void compare(float *x, const double *lufs, const int *roles, int count) {
    double middle = st_median(lufs, count);
    for (int i = 0; i < count; i++) {
        float *own = x + (size_t)i * ST_MIXNET_INPUTS;
        int same = 0;
        for (int j = 0; j < count; j++)
            same += roles[j] == roles[i];
        own[AT_SHAPE + 5] = (float)(count / 12.0);
        own[AT_SHAPE + 6] = (float)(same / 4.0);
        own[AT_LOUDNESS] = (float)((lufs[i] - middle) / 12.0);
        own[AT_LOUDNESS + 1] = fabsf(own[AT_LOUDNESS]);
    }
}

/* Files that are balanced; *count. */
static void choose(const st_session *session, const st_file_facts *facts,
                   int *file, int *count) {
    for (int i = 0; i < session->count; i++) {
        const st_session_file *f = &session->file[i];
        if (f->group == 0 && !f->left_out && !facts[i].facts.silent &&
            *count < ST_SESSION_FILES)
            file[(*count)++] = i;
    }
}

static void run(st_mixnet *net, float *x, const st_session *session,
                const st_file_facts *facts, const int *file, int count,
                double *gain_db) {
    double lufs[ST_SESSION_FILES] = {0};
    int roles[ST_SESSION_FILES] = {0};
    float level[ST_SESSION_FILES];
    for (int i = 0; i < count; i++) {
        const st_session_file *f = &session->file[file[i]];
        describe(x + (size_t)i * ST_MIXNET_INPUTS, f, &facts[file[i]]);
        lufs[i] = facts[file[i]].facts.lufs;
        roles[i] = (int)f->role;
    }
    compare(x, lufs, roles, count);
    st_mixnet_run(net, x, count, level);
    double middle = st_median(lufs, count);
    for (int i = 0; i < count; i++)
        gain_db[file[i]] = (double)level[i] - (lufs[i] - middle);
}

st_status st_balance_net(const st_session *session, const st_file_facts *facts,
                         double *gain_db, st_err *err) {
    int file[ST_SESSION_FILES] = {0}, count = 0;
    st_mixnet *net = NULL;
    for (int i = 0; i < session->count; i++)
        gain_db[i] = NAN;
    choose(session, facts, file, &count);
    if (count == 0)
        return ST_OK;
    float *x = st_calloc((size_t)count * ST_MIXNET_INPUTS, sizeof *x);
    if (x == NULL)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    st_status status = st_mixnet_new(&net, NULL, err);
    if (status == ST_OK)
        run(net, x, session, facts, file, count, gain_db);
    st_mixnet_free(net);
    st_free(x);
    return status;
}
