#include "master/track.h"
#include "stage/ctx.h"

#include <string.h>

void st_track_warn(const st_track *t, st_ctx *ctx) {
    for (int i = 0; i < t->goal.bound_count; i++)
        st_ctx_warn(ctx, t->goal.bounds[i].name, "%s", t->goal.bounds[i].text);
    bool bound = false;
    for (int i = 0; i < t->goal.bound_count; i++)
        bound |= strcmp(t->goal.bounds[i].name, "plr") == 0;
    for (int i = 0; i < ST_QC_CHECKS; i++) {
        const st_qc_check *c = &t->qc.check[i];
        if (c->state == ST_QC_FAIL && !(i == 0 && bound))
            st_ctx_warn(ctx, c->name, "Check not passed, %s: %s", c->title,
                        c->note);
    }
}
