#include "support/cases.h"

#include "mix/guard.h"
#include "mix/heard.h"
#include "mix/match_recipe.h"
#include "mix/recipe_json.h"
#include "mix/sources.h"
#include "support/failing.h"

#include <stdlib.h>
#include <string.h>

enum { RATE = 8000, LENGTH = RATE / 2 };

static const char *const labels[] = {"kick.wav", "bass.wav", "keys.wav",
                                     "vox.wav", "drums.wav"};
static song material;

static int set_up(void **state) {
    (void)state;
    song_rich(&material, RATE, LENGTH);
    material.stem[RICH_KEYS].rate_hz = 11025;
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    song_free(&material);
    return 0;
}

static st_status hear_life(void *ctx) {
    static heard h;
    (void)ctx;
    st_status status = heard_init(&h, &material, labels, "");
    if (status == ST_OK)
        heard_decide(&h, "Pop", false);
    heard_free(&h);
    return status;
}

static void test_hearing_survives_no_memory(void **state) {
    (void)state;
    assert_true(failing_run(hear_life, NULL) > 20);
}

static st_status render_life(void *ctx) {
    static st_mix_recipe r;
    st_print prints[ST_MIX_STEMS] = {{0}};
    st_premix premix = {0};
    st_source *source = NULL;
    const st_mix_means means = song_means(ctx, NULL);
    rich_make(&r, RATE);
    st_status status = st_mix_prints(&means, &r, prints, NULL);
    if (status == ST_OK)
        status = st_mix_desk(&means, &r, prints, -1, &premix, NULL);
    if (status == ST_OK)
        status = st_premix_source(&premix, 0.5f, &source, NULL);
    st_source_free(source);
    for (int i = 0; i < ST_MIX_STEMS; i++)
        st_print_deinit(&prints[i]);
    st_premix_deinit(&premix);
    return status;
}

static void test_rendering_survives_no_memory(void **state) {
    (void)state;
    song s;
    song_rich(&s, RATE, 100);
    assert_true(failing_run(render_life, &s) > 100);
    song_free(&s);
}

static st_status session_life(void *ctx) {
    heard_host host;
    st_session session;
    heard_host_init(&host, ctx, labels);
    static const int64_t timecodes[] = {100, 0, 50, -1, 7};
    host.timecodes = timecodes;
    st_status status = st_session_open(&session, &host.in, "stems", NULL);
    for (int i = 0; status == ST_OK && i < session.count; i++) {
        st_source *source = NULL;
        status = st_session_source(&session, i, &source, NULL);
        if (status == ST_OK)
            st_source_free(source);
    }
    return status;
}

static void test_sessions_survive_no_memory(void **state) {
    (void)state;
    assert_true(failing_run(session_life, &material) > 5);
}

static st_status json_life(void *ctx) {
    static st_mix_recipe r, back;
    static const char *const names[] = {"kit", "voice", "keys", "bass", "kick"};
    static const st_role roles[5] = {ST_ROLE_KEYS, ST_ROLE_KEYS, ST_ROLE_KEYS,
                                     ST_ROLE_KEYS, ST_ROLE_KEYS};
    static const int channels[] = {2, 1, 2, 1, 1};
    bool complete;
    (void)ctx;
    rich_make(&r, RATE);
    json_t *doc = st_mix_recipe_json(&r, NULL);
    json_t *again = doc != NULL ? st_mix_recipe_json(&r, doc) : NULL;
    st_status status = again != NULL ? ST_OK : ST_NO_MEM;
    if (status == ST_OK)
        status = st_mix_recipe_parse(&back, &complete, again, NULL);
    if (status == ST_OK)
        status = st_mix_recipe_match(&back, names, roles, channels, 5, NULL);
    json_decref(doc);
    json_decref(again);
    return status;
}

/* A document that memory was short for is none, rather than one with holes. */
static void test_recipes_survive_no_memory(void **state) {
    (void)state;
    json_set_alloc_funcs(malloc, free);
    assert_true(failing_run(json_life, NULL) > 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sessions_survive_no_memory),
        cmocka_unit_test(test_rendering_survives_no_memory),
        cmocka_unit_test(test_hearing_survives_no_memory),
        cmocka_unit_test(test_recipes_survive_no_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
