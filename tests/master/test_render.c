#include "support/cases.h"
#include "support/signals.h"

#include "master/rig.h"

#include "core/math.h"

#include <math.h>
#include <string.h>

enum { RATE = 48000 };

static double lufs_after(const st_track *t) {
    return t->result.after.meter.loudness.integrated_lufs;
}

static void master_music(st_track *t, rig_file *file, double seconds,
                         double gain_db, double lufs) {
    st_buffer audio = rig_music(seconds, RATE, gain_db, 3);
    rig_load(t, &audio, audio.capacity_frames, 2, RATE);
    const st_decide_options options = rig_options();
    rig_master(t, file, &options, lufs);
    st_buffer_deinit(&audio);
}

static void test_render_targets_are_met(void **state) {
    (void)state;
    static const double targets[] = {-23, -16, -14, -10};
    for (int i = 0; i < 4; i++) {
        st_track t = {0};
        rig_file file = {0};
        master_music(&t, &file, 8, 0, targets[i]);
        if (t.goal.bound_count == 0)
            assert_close(lufs_after(&t), targets[i], 0.1, "loudness");
        assert_true(t.result.after.meter.true_peak_dbtp <= -1);
        assert_true(t.result.rounds <= 3 && file.rounds >= t.result.rounds);
        assert_true(t.qc.check[1].state == ST_QC_PASS);
        assert_int_equal(t.result.frames, 8 * RATE);
        st_track_deinit(&t);
        rig_free(&file);
    }
}

/* The bound is named and kept: far too loud a target for music this dynamic. */
static void test_render_plr_bound_is_named(void **state) {
    (void)state;
    st_buffer audio = {0};
    st_track t = {0};
    rig_file file = {0};
    assert_int_equal(st_buffer_init(&audio, 2, 8 * RATE), ST_OK);
    for (int c = 0; c < 2; c++) {
        sig_pink(audio.channel[c], 8 * RATE, 5, -40);
        for (size_t i = 0; i < 8; i++)
            audio.channel[c][i * RATE + 100] = 0.9f;
    }
    rig_load(&t, &audio, 8 * RATE, 2, RATE);
    const st_decide_options options = rig_options();
    rig_master(&t, &file, &options, -8);
    assert_int_equal(t.goal.bound_count, 1);
    assert_string_equal(t.goal.bounds[0].name, "plr");
    assert_true(t.result.after.meter.plr_db >=
                fmax(t.in.meter.plr_db - 8, 6) - 0.05);
    assert_true(t.qc.check[0].state == ST_QC_FAIL);
    assert_true(t.qc.check[4].state == ST_QC_PASS);
    st_track_deinit(&t);
    rig_free(&file);
    st_buffer_deinit(&audio);
}

/* Mastered again at the same target: bit for bit. */
static void test_render_finished_master_passes(void **state) {
    (void)state;
    st_track first = {0}, second = {0};
    rig_file a = {0}, b = {0};
    master_music(&first, &a, 8, 0, -14);
    const st_buffer *made = st_memory_get(a.sink);
    rig_load(&second, made, first.result.frames, 2, RATE);
    const st_decide_options options = rig_options();
    rig_master(&second, &b, &options, -14);
    assert_true(second.goal.finished);
    assert_true(st_recipe_is_plain(second.recipe));
    const st_buffer *again = st_memory_get(b.sink);
    for (int c = 0; c < 2; c++)
        assert_memory_equal(again->channel[c], made->channel[c],
                            (size_t)first.result.frames * sizeof(float));
    st_track_deinit(&first);
    st_track_deinit(&second);
    rig_free(&a);
    rig_free(&b);
}

/* On target to the last digit: nothing at all is done. */
static void test_render_exact_target_is_identity(void **state) {
    (void)state;
    st_buffer audio = rig_music(6, RATE, -6, 3);
    for (int c = 0; c < 2; c++)
        for (int64_t i = 0; i < audio.capacity_frames; i++)
            audio.channel[c][i] =
                rintf(audio.channel[c][i] * 8388608.0f) / 8388608.0f;
    st_track t = {0};
    rig_file file = {0};
    rig_load(&t, &audio, audio.capacity_frames, 2, RATE);
    const st_decide_options options = rig_options();
    rig_master(&t, &file, &options, t.in.meter.loudness.integrated_lufs);
    const st_buffer *out = st_memory_get(file.sink);
    assert_true(st_recipe_is_plain(t.recipe));
    int differ = 0;
    for (int c = 0; c < 2; c++)
        for (int64_t i = 0; i < t.result.frames; i++)
            differ += out->channel[c][i] != audio.channel[c][i];
    assert_int_equal(differ, 0);
    st_track_deinit(&t);
    rig_free(&file);
    st_buffer_deinit(&audio);
}

/* One channel upside down would cancel in mono: it is turned over. */
static void test_render_inverted_channel_is_turned(void **state) {
    (void)state;
    st_buffer audio = rig_music(6, RATE, -6, 3);
    for (int64_t i = 0; i < audio.capacity_frames; i++)
        audio.channel[1][i] = -audio.channel[1][i];
    st_track t = {0};
    rig_file file = {0};
    rig_load(&t, &audio, audio.capacity_frames, 2, RATE);
    assert_true(t.turned && t.correlation_before < -0.6);
    assert_true(t.in.meter.correlation > 0.6);
    const st_decide_options options = rig_options();
    rig_master(&t, &file, &options, -16);
    assert_close(lufs_after(&t), -16, 0.1, "loudness");
    assert_true(t.result.after.meter.correlation >= 0.1);
    st_track_deinit(&t);
    rig_free(&file);
    st_buffer_deinit(&audio);
}

/* An offset goes without a step where the sound ends. */
static void test_render_offset_leaves_no_click(void **state) {
    (void)state;
    enum { END = 2400 };
    st_buffer audio = rig_music(6, RATE, -6, 3);
    int64_t n = audio.capacity_frames;
    for (int c = 0; c < 2; c++)
        for (int64_t i = 0; i < n; i++) {
            float fade = i < n - RATE ? 1.0f : 0.0f;
            audio.channel[c][i] = fade * audio.channel[c][i] + 0.05f;
        }
    st_track t = {0};
    rig_file file = {0};
    rig_load(&t, &audio, n, 2, RATE);
    const st_decide_options options = rig_options();
    rig_master(&t, &file, &options, -14);
    assert_close(t.recipe->value[ST_SET_DC_LEFT], 0.05, 0.005, "offset");
    const st_buffer *out = st_memory_get(file.sink);
    float peak = 0;
    for (int64_t i = n - END; i < n; i++)
        peak = fmaxf(peak, fabsf(out->channel[0][i]));
    /* What is left is the music's own mean, which is not quite 0. */
    assert_true(peak < 0.003f);
    st_track_deinit(&t);
    rig_free(&file);
    st_buffer_deinit(&audio);
}

static void edge(const st_buffer *audio, int64_t frames, int channels,
                 int rate_hz, const char *what) {
    st_track t = {0};
    rig_file file = {0};
    rig_load(&t, audio, frames, channels, rate_hz);
    const st_decide_options options = rig_options();
    rig_master(&t, &file, &options, -14);
    if (t.result.frames != frames)
        fail_msg("%s: %lld frames", what, (long long)t.result.frames);
    if (t.result.after.meter.true_peak_dbtp > -1)
        fail_msg("%s: %f dBTP", what, t.result.after.meter.true_peak_dbtp);
    if (t.result.after.meter.bad_samples)
        fail_msg("%s: bad samples", what);
    if (channels == 2 && !t.result.after.silent &&
        t.result.after.meter.correlation < 0.1)
        fail_msg("%s: correlation %f", what, t.result.after.meter.correlation);
    st_track_deinit(&t);
    rig_free(&file);
}

static void test_render_edges(void **state) {
    (void)state;
    st_buffer a = rig_music(3, RATE, 0, 9);
    int64_t n = a.capacity_frames;
    edge(&a, n, 1, RATE, "mono");
    edge(&a, 1, 2, RATE, "one sample");
    edge(&a, 300, 2, RATE, "300 frames");
    edge(&a, RATE / 4, 2, RATE, "quarter second");
    edge(&a, n / 2, 2, 8000, "8 kHz");
    edge(&a, n, 2, 384000, "384 kHz");
    for (int64_t i = 0; i < n; i++)
        a.channel[0][i] = 0.3f + 0.3f * a.channel[0][i];
    edge(&a, n, 2, RATE, "dc");
    for (int64_t i = 0; i < n; i++)
        a.channel[1][i] = -a.channel[0][i];
    edge(&a, n, 2, RATE, "out of phase");
    for (int c = 0; c < 2; c++)
        for (int64_t i = 0; i < n; i++)
            a.channel[c][i] = a.channel[0][i] > 0 ? 1 : -1;
    edge(&a, n, 2, RATE, "square");
    for (int c = 0; c < 2; c++)
        sig_white(a.channel[c], (size_t)n, 4, -110);
    edge(&a, n, 2, RATE, "near silence");
    for (int c = 0; c < 2; c++)
        sig_silence(a.channel[c], (size_t)n);
    edge(&a, n, 2, RATE, "silence");
    st_buffer_deinit(&a);
}

/* Trap 2: a file that is not what was measured must not pass as it. */
static void test_render_faulty_file_is_caught(void **state) {
    (void)state;
    static const struct {
        double gain;
        int64_t lost;
        int check;
    } faults[] = {{1.3, 0, 1}, {1.3, 0, 0}, {1.0001, 0, 8}, {0, 480, 7}};
    for (int i = 0; i < 4; i++) {
        st_track t = {0};
        rig_file file = {.fault_gain = faults[i].gain,
                         .lost_frames = faults[i].lost};
        master_music(&t, &file, 4, 6, -14);
        assert_int_equal(t.qc.check[8].state, ST_QC_FAIL);
        assert_int_equal(t.qc.check[faults[i].check].state, ST_QC_FAIL);
        assert_false(t.qc.passed);
        st_track_deinit(&t);
        rig_free(&file);
    }
}

/* What is decided follows from what is measured. */
static void test_render_decisions_differ(void **state) {
    (void)state;
    st_track quiet = {0}, loud = {0};
    rig_file a = {0}, b = {0};
    master_music(&quiet, &a, 6, 0, -23);
    master_music(&loud, &b, 6, 0, -9);
    assert_true(quiet.recipe->value[ST_SET_MB_BANDS] == 0);
    assert_true(quiet.recipe->value[ST_SET_SAT_MIX] == 0);
    assert_true(loud.recipe->value[ST_SET_MB_BANDS] >= 3);
    assert_true(loud.pre.compression.mean_db > 0.2 &&
                loud.pre.compression.mean_db < 3);
    st_track_deinit(&quiet);
    st_track_deinit(&loud);
    rig_free(&a);
    rig_free(&b);
}

static void test_render_presets(void **state) {
    (void)state;
    st_buffer audio = rig_music(5, RATE, 0, 3);
    for (int i = 0; i < st_preset_count(); i++) {
        st_track t = {0};
        rig_file file = {0};
        st_decide_options options = rig_options();
        options.preset = st_preset_at(i);
        rig_load(&t, &audio, audio.capacity_frames, 2, RATE);
        rig_master(&t, &file, &options, 0);
        const st_measure *m = &t.result.after;
        assert_true(m->meter.true_peak_dbtp <= -1);
        if (t.goal.bound_count == 0)
            assert_close(lufs_after(&t), options.preset->lufs, 0.1,
                         options.preset->name);
        for (int c = 1; c < ST_QC_CHECKS; c++)
            if (t.qc.check[c].state == ST_QC_FAIL)
                fail_msg("%s: %s", options.preset->name, t.qc.check[c].note);
        st_track_deinit(&t);
        rig_free(&file);
    }
    st_buffer_deinit(&audio);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_render_targets_are_met),
        cmocka_unit_test(test_render_plr_bound_is_named),
        cmocka_unit_test(test_render_finished_master_passes),
        cmocka_unit_test(test_render_exact_target_is_identity),
        cmocka_unit_test(test_render_inverted_channel_is_turned),
        cmocka_unit_test(test_render_offset_leaves_no_click),
        cmocka_unit_test(test_render_edges),
        cmocka_unit_test(test_render_faulty_file_is_caught),
        cmocka_unit_test(test_render_decisions_differ),
        cmocka_unit_test(test_render_presets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
