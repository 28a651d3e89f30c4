#include "core/alloc.h"
#include "mix/hear.h"

typedef struct {
    st_session *session;
    const st_hear_means *means;
    st_status status[ST_SESSION_FILES];
    st_err err[ST_SESSION_FILES];
} pass;

/* As it is stored: neither folded nor resampled. */
static st_status scan(const st_session *s, int file, st_scan *out,
                      st_err *err) {
    st_source *source = NULL;
    st_status status =
        st_in_open(s->in, s->input, s->file[file].item, &source, err);
    if (status == ST_OK)
        status = st_scan_source(out, source, err);
    st_source_free(source);
    return status;
}

static void scan_one(void *ctx, int i) {
    pass *p = ctx;
    const st_hear_means *m = p->means;
    st_session_file *f = &p->session->file[i];
    st_file_facts known;
    if (f->left_out || f->group > 0)
        return;
    if (m->tick != NULL && m->tick(m->ctx, NULL, 0.0))
        p->status[i] = st_err_set(&p->err[i], ST_CANCELLED, "Cancelled.");
    else if (m->recall != NULL && m->recall(m->ctx, i, &known))
        f->scan = known.scan;
    else
        p->status[i] = scan(p->session, i, &f->scan, &p->err[i]);
}

/* What cannot be read to its end is left out as what cannot be opened. */
static st_status settle(pass *p, st_err *err) {
    st_session *s = p->session;
    for (int i = 0; i < s->count; i++) {
        if (p->status[i] == ST_CANCELLED || p->status[i] == ST_NO_MEM) {
            if (err != NULL)
                *err = p->err[i];
            return p->status[i];
        }
        if (p->status[i] != ST_OK)
            st_session_leave_out(s, i, "%s", p->err[i].text);
        else if (!s->file[i].left_out && s->file[i].scan.frames == 0)
            st_session_leave_out(s, i, "It holds no sound at all (0 frames).");
    }
    return st_session_lay_out(s, err);
}

st_status st_hear_scan(st_session *session, const st_hear_means *means,
                       st_err *err) {
    pass *p = st_calloc(1, sizeof *p);
    if (p == NULL)
        return st_err_set(err, ST_NO_MEM, "Out of memory.");
    p->session = session;
    p->means = means;
    st_pool_for(means->pool, session->count, scan_one, p);
    st_status status = settle(p, err);
    st_free(p);
    return status;
}
