#include "mix/stage_mix.h"

#include <math.h>
#include <string.h>

/* What a mixer should hear of the stems before anything else: each problem in a
 * sentence, with what was done. */

enum { LATE_S = 10 };
#define SURE 0.85
#define WORTH_SAYING                                                           \
    0.005 /* of full scale, an offset; less is taken out too                   \
           */

static void warn_file(st_mix_job *job, const st_session_file *file,
                      const st_stem_facts *f) {
    double head_s = (double)f->meter.head_silence_frames / job->session.rate_hz;
    if (f->silent)
        st_ctx_warn(job->ctx, "stem_silent",
                    "%s is silent or next to it: it is in the mix, and nothing "
                    "is heard of it.",
                    file->label);
    else if (file->role == ST_ROLE_FULL_MIX)
        st_ctx_warn(job->ctx, "stem_full_mix",
                    "%s sounds like a whole mix: mixed with its own stems it "
                    "doubles them. Leave it out, or give it a role.",
                    file->label);
    else if (head_s >= LATE_S)
        st_ctx_note(job->ctx, "%s is silent for its first %d:%02d.",
                    file->label, (int)head_s / 60, (int)head_s % 60);
    if (f->meter.clipped_runs > 3)
        st_ctx_warn(job->ctx, "stem_clipped",
                    "%s is clipped in %lld places: mixing cannot undo that; "
                    "export it again with lower level.",
                    file->label, (long long)f->meter.clipped_runs);
    if (f->meter.bad_samples > 0)
        st_ctx_warn(job->ctx, "bad_samples",
                    "%s holds %lld samples that are no numbers; they became "
                    "silence.",
                    file->label, (long long)f->meter.bad_samples);
}

/* A name or a user may err; so may the ear, so it only says what it hears. */
static void warn_role(st_mix_job *job, const st_session_file *f) {
    const st_role_info *is = st_role_get(f->role);
    const st_role_info *heard = st_role_get(f->heard);
    if (is == NULL || heard == NULL || is == heard || heard->bus < 0 ||
        f->confidence < SURE || f->said == ST_SAID_SOUND ||
        (is->bus == ST_BUS_VOCAL && heard->bus == ST_BUS_VOCAL))
        return;
    st_ctx_warn(job->ctx, "role_doubt",
                "%s is mixed as %s, as %s, and sounds like %s (%.0f %% sure): "
                "if that is what it is, say --roles \"%s=%s\".",
                f->label, is->title,
                f->said == ST_SAID_USER ? "you said" : "its name says",
                heard->title, 100.0 * f->confidence, f->label, heard->name);
}

void st_mix_warn_stems(st_mix_job *job) {
    for (int i = 0; i < job->heard.count; i++) {
        const st_session_file *file = &job->session.file[job->heard.file[i]];
        if (file->group > 0)
            continue;
        warn_file(job, file, &job->heard.stem[i]);
        warn_role(job, file);
    }
    for (int i = 0; job->files != NULL && i < job->session.count; i++)
        if (job->session.file[i].grouped)
            warn_file(job, &job->session.file[i], &job->files[i].facts);
}

static void warn_pair(st_mix_job *job, int a, int b) {
    st_align_pair p;
    st_stems_pair(job->heard.stems, a, b, &p);
    if (p.kind == ST_ALIGN_DUPLICATE)
        st_ctx_warn(
            job->ctx, "stems_duplicate",
            "%s and %s are the same sound (%+.1f dB, %+.2f ms later%s): "
            "leave one out, or the mix has it twice.",
            job->recipe.stem[b].name, job->recipe.stem[a].name, p.gain_db,
            1000.0 * p.delay_frames / job->session.rate_hz,
            p.polarity < 0 ? ", upside down" : "");
}

void st_mix_warn_guards(st_mix_job *job) {
    const st_guard_figures *f = &job->figures;
    if (!f->headroom)
        st_ctx_warn(job->ctx, "guard_headroom",
                    "The premaster's highest peak is %+.1f dBFS, over -6: take "
                    "mix.fader out of the recipe, or lower it.",
                    f->peak_dbfs);
    if (!f->correlated || !f->folds)
        st_ctx_warn(job->ctx, "guard_mono",
                    "In mono the mix loses %.1f dB (correlation %.2f): narrow "
                    "mix.place, or what is wide and upside down.",
                    -f->fold_loss_db, f->correlation);
    if (!f->reduction)
        st_ctx_warn(job->ctx, "guard_reduction",
                    "A compressor takes %.1f dB on the mean, 3 and more: raise "
                    "its threshold in the recipe.",
                    f->most_reduction_db);
}

/* What a complete recipe leaves out of account. */
void st_mix_warn_unused(st_mix_job *job, const char *const *known, int count) {
    if (!job->complete)
        return;
    if (st_in_count(job->in, "reference") > 0)
        st_ctx_warn(job->ctx, "reference_unused",
                    "The recipe is complete, so the reference was not used: "
                    "take \"complete\" out of it, and the moves to be decided "
                    "anew.");
    for (int i = 0; i < job->recipe.stems; i++) {
        bool there = false;
        for (int k = 0; k < count; k++)
            there |= strcmp(known[k], job->recipe.stem[i].name) == 0;
        if (!there)
            st_ctx_warn(job->ctx, "stem_unknown",
                        "%s is not in the recipe: it is in the mix as it is, "
                        "with no move made.",
                        job->recipe.stem[i].name);
    }
}

void st_mix_warn_mended(st_mix_job *job) {
    for (int i = 0; i < job->recipe.stems; i++) {
        const st_move *m = &job->recipe.stem[i].move[ST_STRIP_POLARITY];
        bool turned = m->value[ST_POLARITY_LEFT] > 0.5 ||
                      m->value[ST_POLARITY_RIGHT] > 0.5;
        bool off = fabs(m->value[ST_DC_LEFT]) > WORTH_SAYING ||
                   fabs(m->value[ST_DC_RIGHT]) > WORTH_SAYING;
        if (st_move_acts(m) && !m->given && (turned || off))
            st_ctx_warn(job->ctx, "stem_mended", "%s: %s",
                        job->recipe.stem[i].name, m->reason);
    }
    for (int a = 0; job->heard.stems != NULL && a < job->heard.count; a++)
        for (int b = a + 1; b < job->heard.count; b++)
            warn_pair(job, a, b);
}
