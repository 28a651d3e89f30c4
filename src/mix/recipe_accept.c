#include "mix/recipe_json.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORD = 2 * ST_MIX_NAME };

/* One word of the list: "-", a name, "=N". */
typedef struct {
    char name[WORD];
    bool none;
    double pct;
} word;

/* Does the word name this move, or what it belongs to? */
static bool fits(const char *name, const char *move) {
    size_t length = strlen(name);
    if (strcmp(name, "all") == 0)
        return true;
    if (strncmp(move, name, length) != 0)
        return false;
    char next = move[length];
    const char *last = strrchr(move, '.');
    bool numbered =
        (last != NULL && last < move + length) || strcmp(name, "duck") == 0;
    return next == '\0' || next == '.' ||
           (numbered && isdigit((unsigned char)next));
}

/* "lead.wav.eq1" with a stem "lead" reads "lead.eq1": files are known by their
 * whole names too. False: no stem begins the name so. */
static bool without_ending(const st_mix_recipe *r, char *name) {
    static const char *const endings[] = {".wav", ".wave", ".w64", ".rf64",
                                          ".aif", ".aiff", ".caf", ".flac",
                                          ".ogg", ".opus", ".mp3", ".m4a"};
    for (int i = 0; i < r->stems; i++) {
        size_t n = strlen(r->stem[i].name);
        if (strncmp(name, r->stem[i].name, n) != 0)
            continue;
        for (size_t k = 0; k < sizeof endings / sizeof *endings; k++) {
            size_t m = strlen(endings[k]);
            char next = strlen(name) >= n + m ? name[n + m] : 'x';
            if (strncmp(name + n, endings[k], m) == 0 &&
                (next == '\0' || next == '.')) {
                memmove(name + n, name + n + m, strlen(name + n + m) + 1);
                return true;
            }
        }
    }
    return false;
}

/* How many moves it names; with `set`, their amounts too. */
static int apply(st_mix_recipe *r, word *w, bool set) {
    int found = 0;
    for (int round = 0; found == 0 && round < 2; round++) {
        st_move_walk walk = {0};
        if (w->name[0] == '\0' || (round == 1 && !without_ending(r, w->name)))
            break;
        for (st_move *m; (m = st_mix_recipe_next(r, &walk)) != NULL;)
            if (fits(w->name, walk.name)) {
                if (set)
                    m->amount = w->pct / 100.0;
                found++;
            }
    }
    return found;
}

/* --- reading --- */

static void trim(char *text) {
    size_t n = strlen(text), from = strspn(text, " \t");
    while (n > from && isspace((unsigned char)text[n - 1]))
        text[--n] = '\0';
    memmove(text, text + from, n - from + 1);
}

/* The percentage behind the last '=', which is cut off; false: there is none.
 */
static bool take_percent(char *text, double *pct) {
    char *equals = strrchr(text, '='), *end = NULL;
    if (equals == NULL)
        return false;
    double number = strtod(equals + 1, &end);
    if (end == equals + 1 || *end != '\0' || !(number >= 0 && number <= 100))
        return false;
    *pct = number;
    *equals = '\0';
    trim(text);
    return true;
}

/* Text of `length` bytes as a word; what was quoted has lost its quotes. */
static bool read_word(const char *text, size_t length, word *w) {
    char raw[WORD + 16];
    size_t used = 0;
    char quote = '\0';
    *w = (word){.pct = 100.0};
    if (length >= sizeof raw)
        return false;
    snprintf(raw, sizeof raw, "%.*s", (int)length, text);
    trim(raw);
    const char *at = raw;
    if (*at == '-') {
        w->none = true;
        w->pct = 0.0;
        at += 1 + strspn(at + 1, " \t");
    }
    /* A quote counts where a name may begin, and ends by its like. */
    bool open = *at == '"' || *at == '\'';
    if (open)
        quote = *at++;
    for (; *at != '\0' && used + 1 < sizeof w->name; at++)
        if (open && *at == quote)
            open = false;
        else
            w->name[used++] = *at;
    w->name[used] = '\0';
    return *at == '\0';
}

/* Where a comma ends the word that begins at `text`: not between quotes. */
static size_t word_length(const char *text) {
    size_t at = strspn(text, " \t");
    if (text[at] == '-')
        at += 1 + strspn(text + at + 1, " \t");
    char quote = text[at];
    const char *end =
        quote == '"' || quote == '\'' ? strchr(text + at + 1, quote) : NULL;
    if (end != NULL)
        at = (size_t)(end - text);
    return at + strcspn(text + at, ",");
}

/* Does the text name a move, with or without what stands behind '='? */
static bool names_moves(st_mix_recipe *r, const char *text, size_t length,
                        word *w) {
    if (!read_word(text, length, w))
        return false;
    if (apply(r, w, false) > 0)
        return true; /* '=' may be part of a name */
    bool with = take_percent(w->name, &w->pct);
    return !(with && w->none) && apply(r, w, false) > 0;
}

static st_status strange(const char *text, size_t length, st_err *err) {
    word w;
    (void)read_word(text, length, &w);
    char *equals = strrchr(w.name, '=');
    if (equals != NULL && (w.none || !take_percent(w.name, &w.pct)))
        return st_err_set(err, ST_BAD_ARG,
                          "--accept: \"%.*s\" must end with a percentage "
                          "from 0 to 100.",
                          (int)(length < 200 ? length : 200), text);
    return st_err_set(err, ST_BAD_ARG,
                      "--accept: there is no move \"%s\"; recipe.json names "
                      "them (\"bass.eq1\", \"drums.compressor\", \"duck1\", "
                      "\"all\").",
                      w.name);
}

st_status st_mix_recipe_accept(st_mix_recipe *recipe, const char *list,
                               st_err *err) {
    while (*list != '\0') {
        size_t first = word_length(list), length = first;
        word w = {0};
        bool blank = strspn(list, " \t") >= first;
        bool found = blank || names_moves(recipe, list, length, &w);
        /* A name may hold commas: the word goes on behind one. */
        while (!found && list[length] == ',') {
            length += 1 + strcspn(list + length + 1, ",");
            found = names_moves(recipe, list, length, &w);
        }
        if (!found)
            return strange(list, first, err);
        if (!blank)
            (void)apply(recipe, &w, true);
        list += length + (list[length] == ',');
    }
    return ST_OK;
}
