/* --accept: which of a recipe's moves act, and how far. */
#include "support/cases.h"

#include "mix/recipe_json.h"
#include "mix/rich.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    const char *list, *move;
    double amount;
} accept_row;

static const accept_row accept_rows[] = {
    {"all", "bass.eq1", 1},
    {"all=25", "reverb", 0.25},
    {"all,-bass.deesser", "bass.deesser", 0},
    {"all,-bass.deesser", "bass.compressor", 1},
    {"bass", "bass.fader", 1},
    {"bass=40", "bass.eq6", 0.4},
    {"bass=40", "kick.eq6", 0.6},
    {"bass.eq=50", "bass.eq3", 0.5},
    {"bass.eq=50", "bass.fader", 0.6},
    {"bass.eq2=50", "bass.eq3", 0.6},
    {"-bass,bass.eq2=12.5", "bass.eq2", 0.125},
    {"-drums", "drums.compressor", 0},
    {"duck=10", "duck3", 0.1},
    {"duck2=10", "duck3", 0.6},
    {"-mix.eq", "mix.eq4", 0},
    {"-mix.eq", "mix.fader", 0.6},
    {"reverb=70", "reverb", 0.7},
    {"reverb=70", "voice.reverb", 0.6},
    {",,bass=0,", "bass.fader", 0},
    {"", "bass.fader", 0.6},
    {" all , - bass.fader , reverb = 40", "bass.fader", 0},
    {"all, reverb = 40", "reverb", 0.4},
    {"bass.wav=40", "bass.eq6", 0.4},
    {"-bass.flac.eq", "bass.eq6", 0},
    {"-\"bass\".eq", "bass.eq6", 0},
    {"'bass.eq'=30", "bass.eq6", 0.3},
};

static const accept_row accept_named_rows[] = {
    {"all,-lead vox (dry).fader", "fader", 0},
    {"-lead vox (dry).wav", "fader", 0},
    {"\"lead vox (dry).wav\".fader=20", "fader", 0.2},
    {"bass=10,lead vox (dry)=20", "fader", 0.2},
    {"-a, b=c.fader", "fader", 0},
    {"bass=10,a, b=c=20,bass=30", "fader", 0.2},
    {"-'a, b=c'.fader", "fader", 0},
    {"-it's.fader", "fader", 0},
    {"--x.fader", "fader", 0},
};

static st_move *move_named(st_mix_recipe *r, const char *name) {
    st_move_walk walk = {0};
    for (st_move *m; (m = st_mix_recipe_next(r, &walk)) != NULL;)
        if (strcmp(walk.name, name) == 0)
            return m;
    fail_msg("there is no move %s", name);
    return NULL;
}

static void test_accept_lists(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof accept_rows / sizeof *accept_rows; i++) {
        const accept_row *row = &accept_rows[i];
        st_mix_recipe r;
        rich_make(&r, 48000);
        st_move_walk walk = {0};
        for (st_move *m; (m = st_mix_recipe_next(&r, &walk)) != NULL;)
            m->amount = 0.6;
        assert_int_equal(st_mix_recipe_accept(&r, row->list, NULL), ST_OK);
        assert_close(move_named(&r, row->move)->amount, row->amount, 1e-15,
                     row->list);
    }
}

/* Names of stems that hold what separates words. */
static void test_accept_takes_any_name(void **state) {
    (void)state;
    static const char *const names[] = {"lead vox (dry)", "a, b=c", "it's",
                                        "-x"};
    for (size_t i = 0; i < sizeof accept_named_rows / sizeof *accept_named_rows;
         i++) {
        const accept_row *row = &accept_named_rows[i];
        bool found = false;
        for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
            st_mix_recipe r;
            if (strstr(row->list, names[k]) == NULL)
                continue;
            rich_make(&r, 48000);
            snprintf(r.stem[0].name, sizeof r.stem[0].name, "%s", names[k]);
            assert_int_equal(st_mix_recipe_accept(&r, row->list, NULL), ST_OK);
            assert_close(r.stem[0].move[ST_STRIP_FADER].amount, row->amount,
                         1e-15, row->list);
            found = true;
        }
        assert_true(found);
    }
}

static void test_accept_names_what_fits_nothing(void **state) {
    (void)state;
    static const char *const lists[][2] = {
        {"all,bas", "\"bas\""},         {"bass.e", "\"bass.e\""},
        {"bass.eq7", "\"bass.eq7\""},   {"bass=101", "\"bass=101\""},
        {"bass=-1", "\"bass=-1\""},     {"bass=", "\"bass=\""},
        {"bass=5x,all", "\"bass=5x\""}, {"=50", "there is no move"},
        {"-", "there is no move"},      {"bass=nan", "\"bass=nan\""},
        {"-bass=50", "\"-bass=50\""},
    };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        st_mix_recipe r;
        st_err err = {0};
        rich_make(&r, 48000);
        if (st_mix_recipe_accept(&r, lists[i][0], &err) != ST_BAD_ARG ||
            strstr(err.text, lists[i][1]) == NULL)
            fail_msg("%s: \"%s\"", lists[i][0], err.text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accept_lists),
        cmocka_unit_test(test_accept_takes_any_name),
        cmocka_unit_test(test_accept_names_what_fits_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
