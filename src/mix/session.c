#include "mix/session.h"

#include "audio/channels.h"
#include "core/math.h"
#include "core/utf8.h"
#include "mix/name_role.h"
#include "mix/sources.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void st_session_leave_out(st_session *session, int file, const char *why, ...) {
    st_session_file *f = &session->file[file];
    va_list args;
    va_start(args, why);
    vsnprintf(f->why, sizeof f->why, why, args);
    va_end(args);
    f->left_out = true;
}

/* --- names --- */

static bool taken(const st_session *s, int before, const char *name) {
    for (int i = 0; i < before; i++)
        if (strcmp(s->file[i].name, name) == 0)
            return true;
    return false;
}

/* Names of other things that have moves, and of all. */
static bool reserved(const char *name) {
    static const char *const words[] = {"all", "mix", "reverb", "delay"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(name, words[i]) == 0)
            return true;
    for (int b = 0; b < ST_BUS_COUNT; b++)
        if (strcmp(name, st_bus_name((st_bus)b)) == 0)
            return true;
    return strncmp(name, "duck", 4) == 0 &&
           name[4 + strspn(name + 4, "0123456789")] == '\0';
}

/* As much of a label as there is room for, cut between characters; what
 * separates words of --accept, and what is no text, becomes '_'. */
static void copy_label(char *to, size_t room, const char *label) {
    size_t used = 0;
    while (*label != '\0') {
        size_t n = st_utf8_length(label, strlen(label));
        if (used + (n > 0 ? n : 1) >= room)
            break;
        bool plain = n > 1 || (n == 1 && !iscntrl((unsigned char)*label) &&
                               strchr(",=/\\", *label) == NULL);
        if (plain)
            memcpy(to + used, label, n);
        else
            to[used] = '_';
        used += plain ? n : 1;
        label += n > 0 ? n : 1;
    }
    to[used] = '\0';
}

/* Label without ending; a name that is taken gets a number. */
static void name_file(st_session *s, int i) {
    st_session_file *f = &s->file[i];
    char base[ST_MIX_NAME - 8];
    copy_label(base, sizeof base, f->label);
    char *dot = strrchr(base, '.');
    if (dot != NULL && dot != base)
        *dot = '\0';
    for (char *c = base; *c != '\0'; c++)
        *c = *c == '.' ? '_' : *c;
    if (base[0] == '-' || base[0] == '\0')
        memcpy(base, "_", base[0] == '\0' ? 2 : 1);
    snprintf(f->name, sizeof f->name, "%s", base);
    for (int n = reserved(base) ? 1 : 2;
         reserved(f->name) || taken(s, i, f->name); n++)
        snprintf(f->name, sizeof f->name, "%s %d", base, n);
}

/* --- formats --- */

static void look(st_session *s, int i) {
    st_session_file *f = &s->file[i];
    st_format format;
    st_err err = {0};
    f->item = i;
    f->label = st_in_label(s->in, s->input, i);
    f->role = f->named = f->heard = ST_ROLE_NONE;
    name_file(s, i);
    f->named = st_name_role(f->name);
    f->role = f->named;
    f->said = f->named != ST_ROLE_NONE ? ST_SAID_NAME : ST_SAID_NOBODY;
    if (st_in_format(s->in, s->input, i, &format, &err) != ST_OK) {
        st_session_leave_out(s, i, "%s", err.text);
        return;
    }
    f->file_channels = format.channels;
    f->file_rate_hz = format.rate_hz;
    f->file_frames = format.frames;
    f->channels = format.channels > 1 ? 2 : 1;
    if (format.frames == 0)
        st_session_leave_out(s, i, "It holds no sound at all (0 frames).");
}

static void choose_rate(st_session *s) {
    int votes = 0;
    s->rate_hz = 0;
    for (int i = 0; i < s->count; i++) {
        int rate = s->file[i].file_rate_hz, same = 0;
        if (s->file[i].left_out)
            continue;
        for (int j = 0; j < s->count; j++)
            same += !s->file[j].left_out && s->file[j].file_rate_hz == rate;
        if (same > votes || (same == votes && rate > s->rate_hz)) {
            votes = same;
            s->rate_hz = rate;
        }
    }
}

/* --- one timeline --- */

/* Without sound for longer than this, and than the longest file, stems are of
 * different days: no song has such a hole. */
#define HOLE_S 60.0

typedef struct {
    int file;
    double at, end; /* s, by timecode */
} clip;

static int earlier(const void *a, const void *b) {
    const clip *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return x->file - y->file;
}

static double seconds_of(const st_session_file *f) {
    int64_t frames = f->scan.frames > 0 ? f->scan.frames : f->file_frames;
    return frames > 0 ? (double)frames / f->file_rate_hz : 0.0;
}

/* Those with a timecode, in their order; the longest of all files. */
static int list_clips(const st_session *s, clip *clips, double *longest) {
    int count = 0;
    *longest = 0.0;
    for (int i = 0; i < s->count; i++) {
        const st_session_file *f = &s->file[i];
        if (f->left_out)
            continue;
        *longest = fmax(*longest, seconds_of(f));
        int64_t code = st_in_timecode(s->in, s->input, i);
        if (code < 0)
            continue;
        double at = (double)code / f->file_rate_hz;
        clips[count++] = (clip){i, at, at + seconds_of(f)};
    }
    qsort(clips, (size_t)count, sizeof *clips, earlier);
    return count;
}

/* Clips [from, result) have no hole between them. */
static int next_hole(const clip *clips, int count, int from, double hole_s) {
    double end = clips[from].end;
    int i = from + 1;
    for (; i < count && clips[i].at - end <= hole_s; i++)
        end = fmax(end, clips[i].end);
    return i;
}

/* First of those that belong together and hold the most sound. */
static int song_of(const clip *clips, int count, double hole_s) {
    int song = 0, to = 0;
    double most = -1.0;
    for (int from = 0; from < count; from = to) {
        double sum = 0.0;
        to = next_hole(clips, count, from, hole_s);
        for (int i = from; i < to; i++)
            sum += clips[i].end - clips[i].at;
        if (sum > most) {
            most = sum;
            song = from;
        }
    }
    return song;
}

static void lay_out(st_session *s) {
    clip clips[ST_SESSION_FILES] = {{0}};
    double longest;
    for (int i = 0; i < s->count; i++) {
        s->file[i].offset_frames = 0;
        s->file[i].apart_s = 0.0;
    }
    int count = list_clips(s, clips, &longest), to = 0;
    double hole_s = fmax(longest, HOLE_S);
    int song = song_of(clips, count, hole_s);
    for (int from = 0; from < count; from = to) {
        to = next_hole(clips, count, from, hole_s);
        for (int i = from; i < to; i++) {
            st_session_file *f = &s->file[clips[i].file];
            double late = clips[i].at - clips[from].at;
            f->offset_frames = (int64_t)(late * s->rate_hz + 0.5);
            f->apart_s = clips[from].at - clips[song].at;
            f->coded = true;
        }
    }
}

st_status st_session_lay_out(st_session *session, st_err *err) {
    int good = 0;
    for (int i = 0; i < session->count; i++)
        good += !session->file[i].left_out;
    if (good == 0)
        return st_err_set(err, ST_NOT_FOUND, "There is no stem to mix: %.140s",
                          session->count > 0 ? session->file[0].why
                                             : "nothing was given.");
    choose_rate(session);
    lay_out(session);
    return ST_OK;
}

st_status st_session_open(st_session *session, st_in *in, const char *input,
                          st_err *err) {
    memset(session, 0, sizeof *session);
    session->in = in;
    session->input = input;
    session->count = st_in_count(in, input);
    if (session->count > ST_SESSION_FILES)
        return st_err_set(err, ST_LIMIT,
                          "%d stems are more than the %d that one mix takes: "
                          "add some of them up first.",
                          session->count, (int)ST_SESSION_FILES);
    for (int i = 0; i < session->count; i++)
        look(session, i);
    return st_session_lay_out(session, err);
}

bool st_session_is_stem(const st_session *session, int file) {
    const st_session_file *f = &session->file[file];
    return !f->left_out && !f->grouped;
}

static st_status open_file(const st_session *session, const st_session_file *f,
                           st_source **out, st_err *err) {
    st_source *source = NULL;
    st_status status =
        st_in_open(session->in, session->input, f->item, &source, err);
    if (status == ST_OK)
        status = st_mended_source_new(&source, source, &f->scan, err);
    if (status == ST_OK)
        status =
            st_fitted_source_new(&source, source, 2, session->rate_hz, err);
    return status == ST_OK
               ? st_late_source_new(out, source, f->offset_frames, err)
               : status;
}

static st_status open_member(const st_session *session,
                             const st_session_group *group, int i,
                             st_source **out, st_err *err) {
    const st_session_file *f = &session->file[group->file[i]];
    st_source *source = NULL;
    st_status status = open_file(session, f, &source, err);
    if (status != ST_OK)
        return status;
    if (group->invert_right[i] && f->channels == 2)
        return st_turned_source_new(out, source, err);
    *out = source;
    return ST_OK;
}

static st_status open_group(const st_session *session,
                            const st_session_group *group, st_source **out,
                            st_err *err) {
    st_source *sources[ST_SESSION_FILES];
    double gains[ST_SESSION_FILES];
    for (int i = 0; i < group->count; i++) {
        st_status status = open_member(session, group, i, &sources[i], err);
        gains[i] = st_db_to_gain(group->gain_db[i]);
        if (status == ST_OK)
            continue;
        while (i-- > 0)
            st_source_free(sources[i]);
        return status;
    }
    return st_sum_source_new(out, sources, gains, group->count, err);
}

st_status st_session_source(const st_session *session, int file,
                            st_source **out, st_err *err) {
    const st_session_file *f = &session->file[file];
    return f->group > 0
               ? open_group(session, &session->group[f->group - 1], out, err)
               : open_file(session, f, out, err);
}

bool st_session_hash(const st_session *session, int file,
                     char hash[ST_HASH_TEXT_BYTES]) {
    return st_in_hash(session->in, session->input, session->file[file].item,
                      hash, NULL) == ST_OK;
}

/* --- roles --- */

static bool fits(const st_session_file *f, const char *word, size_t length) {
    if (length > 0 && word[length - 1] == '*')
        return strncasecmp(f->label, word, length - 1) == 0;
    return (strncasecmp(f->label, word, length) == 0 &&
            f->label[length] == '\0') ||
           (strncasecmp(f->name, word, length) == 0 && f->name[length] == '\0');
}

/* Without the spaces around it. */
static const char *trim(const char *word, size_t *length) {
    while (*length > 0 && isspace((unsigned char)*word)) {
        word++;
        --*length;
    }
    while (*length > 0 && isspace((unsigned char)word[*length - 1]))
        --*length;
    return word;
}

static st_role role_of(const char *text, size_t length) {
    char role[32] = "";
    text = trim(text, &length);
    if (length < sizeof role)
        memcpy(role, text, length);
    return st_role_find(role);
}

static st_status give_role(st_session *s, const char *word, size_t length,
                           st_err *err) {
    const char *equals = memchr(word, '=', length);
    size_t named = equals != NULL ? (size_t)(equals - word) : length;
    st_role found =
        equals != NULL ? role_of(equals + 1, length - named - 1) : ST_ROLE_NONE;
    (void)trim(word, &named);
    if (found == ST_ROLE_NONE || found == ST_ROLE_FULL_MIX)
        return st_err_set(err, ST_BAD_ARG,
                          "\"%.*s\" should read FILE=ROLE, with a role such as "
                          "kick, bass, keys, lead_vocal (see `stemma help "
                          "mix`).",
                          (int)length, word);
    int given = 0;
    for (int i = 0; i < s->count; i++)
        if (fits(&s->file[i], word, named)) {
            s->file[i].role = found;
            s->file[i].said = ST_SAID_USER;
            given++;
        }
    return given > 0 ? ST_OK
                     : st_err_set(err, ST_BAD_ARG,
                                  "A role was given to \"%.*s\", but no stem "
                                  "has that name.",
                                  (int)named, word);
}

st_status st_session_roles(st_session *session, const char *list, st_err *err) {
    st_status status = ST_OK;
    while (status == ST_OK && *list != '\0') {
        size_t length = strcspn(list, ",");
        size_t n = length;
        const char *word = trim(list, &n);
        if (n > 0)
            status = give_role(session, word, n, err);
        list += length + (list[length] == ',');
    }
    return status;
}
