#include "mix/stage_mix.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What is wrong with files as they came, before they are stems: each problem in
 * a sentence, with what was done. */

enum {
    FLAT = 3,       /* places that may be chance */
    NAMES = 640,    /* bytes for a list of them */
    SAY_OVER_DB = 0 /* a peak that 24 bits would not hold */
};

/* "a", "a and b", "a, b and c", "a, b and 7 more". */
void st_mix_list_names(char *to, size_t bytes, const char *const *names,
                       int count) {
    size_t used = 0;
    to[0] = '\0';
    for (int i = 0; i < count && used < bytes; i++) {
        bool last = i == count - 1;
        if (used + strlen(names[i]) + 32 > bytes) {
            (void)snprintf(to + used, bytes - used, " and %d more", count - i);
            return;
        }
        int n = snprintf(to + used, bytes - used, "%s%s",
                         i == 0 ? ""
                         : last ? " and "
                                : ", ",
                         names[i]);
        used += n > 0 ? (size_t)n : 0;
    }
}

static void warn_levels(st_mix_job *job, const st_session_file *f) {
    const st_scan *s = &f->scan;
    bool whole = s->gain < 1.0f && s->gain > 0.0f;
    if (s->flat_runs > FLAT)
        st_ctx_warn(job->ctx, "stem_clipped",
                    "%s is clipped in %lld places: mixing cannot undo that; "
                    "export it again with lower level.",
                    f->label, (long long)s->flat_runs);
    if (whole)
        st_ctx_warn(job->ctx, "stem_scale",
                    "%s is %+.1f dBFS loud, as when whole numbers are written "
                    "into a float file: it was divided by %.0f. If that is "
                    "wrong, export it again at full scale 1.",
                    f->label, s->peak_dbfs, 1.0 / s->gain);
    else if (s->peak_dbfs > SAY_OVER_DB && s->flat_runs <= FLAT &&
             st_in_bits(job->in, "stems", f->item) == ST_BITS_F32)
        st_ctx_note(job->ctx,
                    "%s peaks at %+.1f dBFS in float: nothing is cut off "
                    "there, so it is only turned down.",
                    f->label, s->peak_dbfs);
}

static void warn_wild(st_mix_job *job, const st_session_file *f) {
    char level[48] = "no numbers among them";
    if (f->scan.wild_samples == 0)
        return;
    if (isfinite(f->scan.wild_dbfs))
        (void)snprintf(level, sizeof level, "up to %+.0f dBFS",
                       f->scan.wild_dbfs);
    st_ctx_warn(job->ctx, "wild_samples",
                "%s holds %lld wild sample%s that no sound can be (%s): a line "
                "from the sample before to the one behind took the place. "
                "Listen there, or export it again.",
                f->label, (long long)f->scan.wild_samples,
                f->scan.wild_samples == 1 ? "" : "s", level);
}

static void warn_fold(st_mix_job *job, const st_session_file *f) {
    if (f->file_channels > 2)
        st_ctx_warn(job->ctx, "folded",
                    "%s has %d channels; they were folded to stereo by ITU-R "
                    "BS.775 (centre and surrounds at -3 dB, LFE left out). If "
                    "they are no surround sound, export it in stereo.",
                    f->label, f->file_channels);
}

/* "2:00:05", "1:07". */
static const char *clock_text(double seconds, char text[32]) {
    double whole = floor(fmin(seconds, 1e12) + 0.5);
    double hours = floor(whole / 3600), rest = whole - 3600 * hours;
    int minutes = (int)rest / 60, s = (int)rest % 60;
    if (hours > 0)
        (void)snprintf(text, 32, "%.0f:%02d:%02d", hours, minutes, s);
    else
        (void)snprintf(text, 32, "%d:%02d", minutes, s);
    return text;
}

/* All that stand as far off as file i, once. */
static void warn_apart(st_mix_job *job, int i) {
    const st_session *s = &job->session;
    const char *names[ST_SESSION_FILES] = {NULL};
    char list[NAMES], far[32];
    double apart = s->file[i].apart_s;
    int count = 0;
    for (int k = 0; k < s->count; k++) {
        const st_session_file *f = &s->file[k];
        if (f->left_out || f->group > 0 || f->apart_s != apart)
            continue;
        if (k < i)
            return;
        names[count++] = f->label;
    }
    st_mix_list_names(list, sizeof list, names, count);
    st_ctx_warn(job->ctx, "timecode_apart",
                "By timecode, %s stand%s %s %s all the rest, with nothing in "
                "between: no song has such a hole, so %s put at its start. If "
                "that is wrong, export all stems from one moment.",
                list, count == 1 ? "s" : "", clock_text(fabs(apart), far),
                apart > 0.0 ? "after" : "before",
                count == 1 ? "it was" : "they were");
}

/* Beside others that a timecode puts later, who has none is at a guess. */
static void note_uncoded(st_mix_job *job) {
    const st_session *s = &job->session;
    const char *names[ST_SESSION_FILES] = {NULL};
    char list[NAMES];
    bool later = false;
    int count = 0;
    for (int i = 0; i < s->count; i++) {
        const st_session_file *f = &s->file[i];
        later |= f->offset_frames > 0;
        if (!f->left_out && f->group == 0 && !f->coded)
            names[count++] = f->label;
    }
    if (!later || count == 0)
        return;
    st_mix_list_names(list, sizeof list, names, count);
    st_ctx_note(job->ctx,
                "%s %s no timecode as the others have: put at the start of the "
                "song.",
                list, count == 1 ? "has" : "have");
}

static void note_rates(st_mix_job *job) {
    const st_session *s = &job->session;
    const char *names[ST_SESSION_FILES] = {NULL};
    char list[NAMES];
    int count = 0;
    for (int i = 0; i < s->count; i++) {
        const st_session_file *f = &s->file[i];
        if (!f->left_out && f->group == 0 && f->file_rate_hz != s->rate_hz)
            names[count++] = f->label;
    }
    if (count == 0)
        return;
    st_mix_list_names(list, sizeof list, names, count);
    st_ctx_note(job->ctx,
                "%s %s resampled to %d Hz, the rate that most stems have.",
                list, count == 1 ? "was" : "were", s->rate_hz);
}

/* A reader's error names the file already. */
static void warn_left_out(st_mix_job *job, const st_session_file *f) {
    if (strstr(f->why, f->label) != NULL)
        st_ctx_warn(job->ctx, "stem_left_out", "%s It was left out.", f->why);
    else
        st_ctx_warn(job->ctx, "stem_left_out", "%s was left out: %s", f->label,
                    f->why);
}

void st_mix_warn_files(st_mix_job *job) {
    const st_session *s = &job->session;
    for (int i = 0; i < s->count; i++) {
        const st_session_file *f = &s->file[i];
        if (f->left_out)
            warn_left_out(job, f);
        if (f->left_out || f->group > 0)
            continue;
        warn_fold(job, f);
        warn_levels(job, f);
        warn_wild(job, f);
        if (f->apart_s != 0.0)
            warn_apart(job, i);
    }
    note_uncoded(job);
    note_rates(job);
}
