#include "support/cases.h"
#include "support/signals.h"

#include "master/rig.h"

#include <math.h>

enum { RATE = 48000 };

static void reference_of(st_reference *ref, double seconds, uint64_t seed,
                         double gain_db) {
    st_buffer audio = rig_music(seconds, RATE, gain_db, seed);
    /* Brighter and wider than the track. */
    for (int64_t i = audio.capacity_frames - 1; i > 0; i--)
        for (int c = 0; c < 2; c++)
            audio.channel[c][i] -= 0.4f * audio.channel[c][i - 1];
    st_track t = {0};
    rig_load(&t, &audio, audio.capacity_frames, 2, RATE);
    assert_true(st_reference_add(ref, &t.in, 1));
    st_track_deinit(&t);
    st_buffer_deinit(&audio);
}

static void matched(st_track *t, const st_reference *ref, bool unbounded,
                    st_match_amounts amounts, int channels) {
    st_buffer audio = rig_music(10, RATE, -6, 1);
    rig_file file = {0};
    st_decide_options options = rig_options();
    options.reference = ref;
    options.unbounded = unbounded;
    options.amounts = amounts;
    rig_load(t, &audio, audio.capacity_frames, channels, RATE);
    rig_master(t, &file, &options, 0);
    rig_free(&file);
    st_buffer_deinit(&audio);
}

static void test_match_unbounded_reaches_the_reference(void **state) {
    (void)state;
    st_reference ref = {0};
    reference_of(&ref, 10, 7, -3);
    st_reference_done(&ref);
    st_track t = {0};
    matched(&t, &ref, true, (st_match_amounts){1, 1, 1, 1}, 2);
    const st_measure *after = &t.result.after;
    assert_true(t.distance_before_db > 1.5);
    assert_true(t.distance_after_db <= 1.0);
    assert_close(after->meter.loudness.integrated_lufs, ref.lufs, 0.1, "lufs");
    if (t.goal.bound_count == 0)
        assert_close(st_stereo_side_ratio(&after->sums), ref.width, 0.01,
                     "width");
    assert_true(after->meter.true_peak_dbtp <= -1);
    st_track_deinit(&t);
}

static void test_match_bounded_says_what_it_cost(void **state) {
    (void)state;
    st_reference ref = {0};
    reference_of(&ref, 10, 7, -3);
    st_reference_done(&ref);
    st_track t = {0};
    matched(&t, &ref, false, (st_match_amounts){1, 1, 1, 1}, 2);
    for (double hz = 20; hz < 20000; hz *= 1.1)
        assert_true(fabs(st_recipe_eq_db(t.recipe, false, hz)) <= 3.0001);
    assert_true(t.distance_after_db < t.distance_before_db);
    bool named = t.distance_after_db <= 1;
    for (int i = 0; i < t.goal.bound_count; i++)
        named |= t.goal.bounds[i].name[0] == 'e';
    assert_true(named);
    st_track_deinit(&t);
}

static void test_match_amount_zero_changes_nothing(void **state) {
    (void)state;
    st_reference ref = {0};
    reference_of(&ref, 10, 7, -3);
    st_reference_done(&ref);
    st_track t = {0}, half = {0};
    matched(&t, &ref, false, (st_match_amounts){0, 0, 0, 0}, 2);
    assert_close(t.recipe->value[ST_SET_LUFS], -14, 0, "target");
    assert_close(t.recipe->value[ST_SET_WIDTH], 100, 1e-6, "width");
    matched(&half, &ref, true, (st_match_amounts){0.5, 0.5, 0, 0}, 2);
    double from = half.in.meter.loudness.integrated_lufs;
    assert_close(half.recipe->value[ST_SET_LUFS], 0.5 * (from + ref.lufs), 1e-6,
                 "half way");
    assert_true(half.distance_after_db > 0.3 * half.distance_before_db);
    assert_true(half.distance_after_db < 0.8 * half.distance_before_db);
    st_track_deinit(&t);
    st_track_deinit(&half);
}

static void test_match_mono_stays_mono(void **state) {
    (void)state;
    st_reference ref = {0};
    reference_of(&ref, 6, 7, -3);
    st_reference_done(&ref);
    st_track t = {0};
    matched(&t, &ref, true, (st_match_amounts){1, 1, 1, 1}, 1);
    assert_int_equal(t.result.after.meter.channels, 1);
    assert_true(t.distance_after_db <= 1.0);
    st_track_deinit(&t);
}

/* Two references weighted 3:1 lie between the two, nearer the first. */
static void test_match_weights(void **state) {
    (void)state;
    st_reference both = {0}, a = {0}, b = {0};
    st_track first = {0}, second = {0};
    st_buffer x = rig_music(5, RATE, 0, 1), y = rig_music(5, RATE, -12, 2);
    rig_load(&first, &x, x.capacity_frames, 2, RATE);
    rig_load(&second, &y, y.capacity_frames, 2, RATE);
    assert_true(st_reference_add(&both, &first.in, 3));
    assert_true(st_reference_add(&both, &second.in, 1));
    assert_true(st_reference_add(&a, &first.in, 1));
    assert_true(st_reference_add(&b, &second.in, 1));
    assert_false(st_reference_add(&b, &second.in, 0));
    st_reference_done(&both);
    st_reference_done(&a);
    st_reference_done(&b);
    assert_close(both.lufs, 0.75 * a.lufs + 0.25 * b.lufs, 1e-9, "lufs");
    assert_close(both.mid_db[40], 0.75 * a.mid_db[40] + 0.25 * b.mid_db[40],
                 1e-9, "band");
    st_track_deinit(&first);
    st_track_deinit(&second);
    st_buffer_deinit(&x);
    st_buffer_deinit(&y);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_match_unbounded_reaches_the_reference),
        cmocka_unit_test(test_match_bounded_says_what_it_cost),
        cmocka_unit_test(test_match_amount_zero_changes_nothing),
        cmocka_unit_test(test_match_mono_stays_mono),
        cmocka_unit_test(test_match_weights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
