#include "mix/median.h"
#include "mix/stage_mix.h"

#include <math.h>
#include <stdio.h>
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
    if (f->meter.frames < job->session.rate_hz / 100)
        st_ctx_warn(job->ctx, "stem_short",
                    "%s is only %.2g ms long: nothing is heard of it. Export "
                    "it again, whole.",
                    file->label, 1000.0 * f->meter.seconds);
    else if (f->silent)
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

/* --- copies --- */

static bool same_sound(const st_mix_job *job, int a, int b, st_align_pair *p) {
    st_stems_pair(job->heard.stems, a, b, p);
    return p->kind == ST_ALIGN_DUPLICATE;
}

static void warn_pair(st_mix_job *job, int a, int b) {
    st_align_pair p;
    (void)same_sound(job, a, b, &p);
    st_ctx_warn(job->ctx, "stems_duplicate",
                "%s and %s are the same sound (%+.1f dB, %+.2f ms later%s): "
                "leave one out, or the mix has it twice.",
                job->recipe.stem[b].name, job->recipe.stem[a].name, p.gain_db,
                1000.0 * p.delay_frames / job->session.rate_hz,
                p.polarity < 0 ? ", upside down" : "");
}

/* Stem a and all that are copies of it, or of one of them: in one sentence. */
static void warn_copies(st_mix_job *job, int a, bool *told) {
    const char *names[ST_MIX_STEMS] = {NULL};
    int found[ST_MIX_STEMS] = {a}, count = 1;
    char list[640];
    st_align_pair p;
    told[a] = true;
    for (int k = 0; k < count; k++)
        for (int b = a + 1; b < job->heard.count; b++)
            if (!told[b] && same_sound(job, found[k], b, &p)) {
                told[b] = true;
                found[count++] = b;
            }
    if (count == 2)
        warn_pair(job, a, found[1]);
    if (count <= 2)
        return;
    for (int k = 0; k < count; k++)
        names[k] = job->recipe.stem[found[k]].name;
    st_mix_list_names(list, sizeof list, names, count);
    st_ctx_warn(job->ctx, "stems_duplicate",
                "%s are the same sound: leave out all but one, or the mix has "
                "it %d times.",
                list, count);
}

/* --- far from their places --- */

/* LU that a stem may lie off its role's place beside the others. */
#define FAR_LU 10.0

/* LU over what its role has in the taste, or NAN: not judged. */
static double over_place(const st_mix_job *job, int i) {
    const st_mix_stem *stem = &job->recipe.stem[i];
    const st_move *fader = &stem->move[ST_STRIP_FADER];
    const st_session_file *f = &job->session.file[job->heard.file[i]];
    if (job->heard.stem[i].silent || fader->given || f->in_mix ||
        stem->role < 0 || stem->role >= ST_ROLE_FULL_MIX)
        return NAN;
    return job->heard.stem[i].lufs + st_move_value(fader, ST_FADER_GAIN) -
           job->wishes.taste->role_lu[stem->role];
}

static void warn_far(st_mix_job *job) {
    double over[ST_MIX_STEMS] = {0}, heard[ST_MIX_STEMS] = {0};
    int count = 0;
    for (int i = 0; i < job->heard.count; i++) {
        over[i] = over_place(job, i);
        if (!isnan(over[i]))
            heard[count++] = over[i];
    }
    if (count < 2 || job->complete || job->wishes.respect_user_gains)
        return;
    double middle = st_median(heard, count);
    for (int i = 0; i < job->heard.count; i++) {
        const st_mix_stem *stem = &job->recipe.stem[i];
        double off = over[i] - middle;
        if (isnan(off) || fabs(off) < FAR_LU)
            continue;
        st_ctx_warn(job->ctx, "stem_far",
                    "%s came so %s beside the others that its fader takes it "
                    "only part of the way: it stays %.0f dB %s where a %s "
                    "stands. If it is not meant so, export it %s, or %s "
                    "%s.fader.gain_db in recipe.json.",
                    stem->name, off < 0 ? "quiet" : "loud", fabs(off),
                    off < 0 ? "under" : "over", st_role_get(stem->role)->title,
                    off < 0 ? "louder" : "lower", off < 0 ? "raise" : "lower",
                    stem->name);
    }
}

const char *st_mix_broken_why(const st_mix_job *job) {
    return job->complete ? "The recipe is complete and was rendered as given."
                         : "What the recipe gives was left as it is.";
}

/* What to do about each, in the order of st_guard_lines. */
static const char *const ways_out[ST_GUARD_LINES] = {
    "raise the threshold of the compressor in the recipe",
    "take mix.fader out of the recipe, or lower it",
    "narrow mix.place, or what is wide and upside down",
    "narrow mix.place, or what is wide and upside down",
    "lower width_pct in the recipe",
    "lower bands that overlap in the recipe",
};

void st_mix_warn_guards(st_mix_job *job) {
    st_guard_line lines[ST_GUARD_LINES];
    st_guard_lines(&job->figures, lines);
    for (int i = 0; i < ST_GUARD_LINES; i++) {
        const st_guard_line *l = &lines[i];
        const char *space = l->unit[0] != '\0' ? " " : "";
        char code[32];
        if (l->held)
            continue;
        snprintf(code, sizeof code, "guard_%s", l->name);
        st_ctx_warn(job->ctx, code,
                    "%s breaks its limit (%s): it is %.*f%s%s, %.*f beyond. %s "
                    "To keep it, %s.",
                    l->title, l->rule, l->decimals, l->measured, space, l->unit,
                    l->decimals, l->by, st_mix_broken_why(job), ways_out[i]);
    }
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
    bool told[ST_MIX_STEMS] = {false};
    for (int a = 0; job->heard.stems != NULL && a < job->heard.count; a++)
        if (!told[a])
            warn_copies(job, a, told);
    warn_far(job);
}
