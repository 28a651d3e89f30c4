#include "support/cases.h"

#include "mix/files.h"
#include "support/meters.h"
#include "support/signals.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whatever comes in: the guards hold in the file that comes out, every move
 * has a reason, the recipe is whole and gives the same mix again. */
enum { RATE = 44100, LENGTH = 4 * RATE };

typedef struct {
    const char *name;
    void (*make)(files *f, song *s);
    bool silent; /* so that nothing can be measured */
} material;

static void give(files *f, const song *s, int stem, const char *name) {
    files_add(f, name, s->stem[stem].channel, s->stem[stem].channels,
              s->stem[stem].frames, s->rate_hz, -1);
}

static void give_rich(files *f, const song *s) {
    static const char *const names[RICH_STEMS] = {
        "kick.wav", "bass.wav", "keys.wav", "lead vox.wav", "drums.wav"};
    for (int i = 0; i < s->stems; i++)
        give(f, s, i, names[i]);
}

static void scale(song *s, int stem, float gain, float top, float dc) {
    for (int c = 0; c < s->stem[stem].channels; c++)
        for (int64_t i = 0; i < s->stem[stem].frames; i++)
            s->stem[stem].channel[c][i] =
                fminf(fmaxf(s->stem[stem].channel[c][i] * gain, -top), top) +
                dc;
}

static void plain(files *f, song *s) {
    give_rich(f, s);
}

static void one_mono(files *f, song *s) {
    give(f, s, RICH_BASS, "bass.wav");
}

static void one_stereo(files *f, song *s) {
    give(f, s, RICH_DRUMS, "drums.wav");
}

static void twelve(files *f, song *s) {
    for (int i = 0; i < 12; i++) {
        char name[32];
        snprintf(name, sizeof name, "Audio %02d.wav", i + 1);
        give(f, s, i % RICH_STEMS, name);
    }
}

static void all_silent(files *f, song *s) {
    for (int i = 0; i < RICH_STEMS; i++)
        scale(s, i, 0, 1, 0);
    give_rich(f, s);
}

static void clipped(files *f, song *s) {
    for (int i = 0; i < RICH_STEMS; i++)
        scale(s, i, 30, 1, 0);
    give_rich(f, s);
}

static void offset(files *f, song *s) {
    for (int i = 0; i < RICH_STEMS; i++)
        scale(s, i, 1, 9, 0.3f);
    give_rich(f, s);
}

static void far_too_loud(files *f, song *s) {
    for (int i = 0; i < RICH_STEMS; i++)
        scale(s, i, 100, 1e9f, 0);
    give_rich(f, s);
}

static void far_too_quiet(files *f, song *s) {
    for (int i = 0; i < RICH_STEMS; i++)
        scale(s, i, 1e-2f, 1, 0);
    give_rich(f, s);
}

static void right_turned(files *f, song *s) {
    for (int64_t i = 0; i < LENGTH; i++) {
        s->stem[RICH_KEYS].channel[1][i] = -s->stem[RICH_KEYS].channel[0][i];
        s->stem[RICH_DRUMS].channel[1][i] *= -1;
    }
    give_rich(f, s);
}

static void turned_copies(files *f, song *s) {
    give_rich(f, s);
    for (int i = 0; i < 4; i++)
        scale(s, i, -1, 9, 0);
    give(f, s, 0, "kick 2.wav");
    give(f, s, 1, "bass 2.wav");
    give(f, s, 2, "keys 2.wav");
    give(f, s, 3, "vox 2.wav");
}

/* Side noise and nothing else, in every stem: no mono fold would be left. */
static void all_side(files *f, song *s) {
    static const char *const names[] = {"pad.wav", "strings.wav", "fx.wav"};
    for (int k = 0; k < 3; k++) {
        int i = song_add(s, 2, LENGTH);
        float *const *x = s->stem[i].channel;
        float *middle = calloc(LENGTH, sizeof *middle);
        sig_pink(x[0], LENGTH, 5 + (uint64_t)k, -20);
        sig_pink(middle, LENGTH, 55 + (uint64_t)k, -32);
        for (int64_t n = 0; n < LENGTH; n++) {
            x[1][n] = -x[0][n] + middle[n];
            x[0][n] += middle[n];
        }
        free(middle);
        give(f, s, i, names[k]);
    }
}

static void broken_lengths(files *f, song *s) {
    s->stem[RICH_KICK].frames = 1;
    s->stem[RICH_BASS].frames = 441;
    s->stem[RICH_KEYS].frames = RATE / 3;
    s->stem[RICH_VOICE].frames = RATE;
    give_rich(f, s);
}

static void all_short(files *f, song *s) {
    for (int i = 0; i < RICH_STEMS; i++)
        s->stem[i].frames = 100;
    give_rich(f, s);
}

static void clicks(files *f, song *s) {
    for (int i = 0; i < RICH_STEMS; i++) {
        scale(s, i, 0, 1, 0);
        s->stem[i].channel[0][RATE * (i + 1) / 2] = 1;
    }
    give_rich(f, s);
}

static void not_numbers(files *f, song *s) {
    for (int i = 0; i < RICH_STEMS; i++) {
        s->stem[i].channel[0][1000] = NAN;
        s->stem[i].channel[0][2000] = INFINITY;
        s->stem[i].channel[0][3000] = 1e30f;
    }
    give_rich(f, s);
}

static const material rows[] = {
    {"plain", plain, false},
    {"one mono stem", one_mono, false},
    {"one stereo stem", one_stereo, false},
    {"twelve stems", twelve, false},
    {"all silent", all_silent, true},
    {"clipped", clipped, false},
    {"offset", offset, false},
    {"+40 dB", far_too_loud, false},
    {"-40 dB", far_too_quiet, false},
    {"right upside down", right_turned, false},
    {"copies upside down", turned_copies, false},
    {"all side", all_side, false},
    {"broken lengths", broken_lengths, false},
    {"all short", all_short, true},
    {"clicks", clicks, false},
    {"not numbers", not_numbers, false},
};

/* --- what must hold --- */

static void check_audio(const files *f, const material *row) {
    int64_t n = 0;
    float *x = files_audio(f, "a", "premaster.wav", &n);
    double l2 = 0, r2 = 0, lr = 0, peak = 0;
    for (int64_t i = 0; i < n; i++) {
        double l = x[i], r = x[n + i];
        if (!isfinite(l) || !isfinite(r))
            fail_msg("%s: frame %lld is no number", row->name, (long long)i);
        l2 += l * l;
        r2 += r * r;
        lr += l * r;
        peak = fmax(peak, fmax(fabs(l), fabs(r)));
    }
    double correlation = l2 > 0 && r2 > 0 ? lr / sqrt(l2 * r2) : 1;
    double fold =
        l2 + r2 > 0 ? 10 * log10((l2 + r2 + 2 * lr) / (2 * (l2 + r2))) : 0;
    if (meter_db(peak) > -6 || correlation < 0.1 || fold < -3)
        fail_msg("%s: peak %.2f dBFS, correlation %.3f, fold %.2f dB",
                 row->name, meter_db(peak), correlation, fold);
    if (!row->silent && meter_db(peak) < -7)
        fail_msg("%s: peak only %.2f dBFS", row->name, meter_db(peak));
    free(x);
}

static void check_report(const files *f, const material *row) {
    static const char *const guards[] = {"headroom", "mono_compatible", "width",
                                         "gain_reduction"};
    size_t i;
    json_t *move, *report = files_json(f, "a", "report.json");
    json_t *found = files_find(report, "mixing_report/guards");
    for (int g = 0; g < 4; g++)
        if (!json_is_true(json_object_get(found, guards[g])))
            fail_msg("%s: guard %s does not hold", row->name, guards[g]);
    json_array_foreach(files_find(report, "mixing_report/moves"), i, move) {
        const char *why = json_string_value(json_object_get(move, "reason"));
        if (why == NULL || strlen(why) < 15 || strstr(why, "nan") != NULL ||
            strstr(why, "inf ") != NULL)
            fail_msg("%s: %s says \"%s\"", row->name,
                     json_string_value(json_object_get(move, "move")), why);
    }
    json_decref(report);
}

static void check_again(const files *f, const material *row) {
    int64_t n = 0, m = 0;
    st_err err = {0};
    if (files_mix(f, NULL, files_at(f, "a-recipe.json"), 1, "b", NULL, &err) !=
        ST_OK)
        fail_msg("%s, again: %s", row->name, err.text);
    float *x = files_audio(f, "a", "premaster.wav", &n);
    float *y = files_audio(f, "b", "premaster.wav", &m);
    if (n != m || memcmp(x, y, (size_t)n * 2 * sizeof *x) != 0)
        fail_msg("%s: the recipe gives another mix", row->name);
    free(x);
    free(y);
}

static void test_material(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        files f;
        song s;
        st_err err = {0};
        files_init(&f);
        song_rich(&s, RATE, LENGTH);
        rows[i].make(&f, &s);
        if (files_mix(&f, NULL, NULL, 2, "a", NULL, &err) != ST_OK)
            fail_msg("%s: %s", rows[i].name, err.text);
        check_audio(&f, &rows[i]);
        check_report(&f, &rows[i]);
        check_again(&f, &rows[i]);
        song_free(&s);
        files_free(&f);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_material),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
