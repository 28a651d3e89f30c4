/* reverb: decay, gain, density, colour, stability, silence. */
#include "support/cases.h"

#include "audio/fft.h"
#include "core/cpu.h"
#include "dsp/biquad.h"
#include "dsp/reverb.h"
#include "dsp/reverb_net.h"
#include "support/meters.h"
#include "support/signals.h"

#include <math.h>
#include <string.h>

enum { MOST = 1 << 19 };

static float in_left[MOST], in_right[MOST], left[MOST], right[MOST];
static double energy[MOST];

static st_reverb *make(double rate_hz, const st_reverb_params *p) {
    st_spec spec = {rate_hz, 2, MOST};
    st_reverb *u = NULL;
    assert_int_equal(st_reverb_new(&u, &spec, p), ST_OK);
    assert_int_equal(st_reverb_latency_frames(u), 0);
    return u;
}

static void run(st_reverb *u, int at, int n) {
    const float *in[] = {in_left + at, in_right + at};
    float *out[] = {left + at, right + at};
    st_reverb_process(u, in, out, n);
}

enum { TO_LEFT = 1, TO_RIGHT = 2, TO_BOTH = 3 };

static void respond(double rate_hz, const st_reverb_params *p, int sides,
                    int frames) {
    sig_impulse(in_left, (size_t)frames, 0, sides & TO_LEFT ? 1.0 : 0.0);
    sig_impulse(in_right, (size_t)frames, 0, sides & TO_RIGHT ? 1.0 : 0.0);
    st_reverb *u = make(rate_hz, p);
    run(u, 0, frames);
    st_reverb_free(u);
}

/* --- decay times --- */

/* A Butterworth band of one octave, 24 dB/octave, into energy[]. */
static void add_band(const float *x, int n, double rate_hz, double hz) {
    static float y[MOST];
    double low = hz / sqrt(2.0), high = fmin(hz * sqrt(2.0), 0.45 * rate_hz);
    st_biquad_params p = {4,
                          {{ST_BIQUAD_HIGHPASS, low, 0.5412, 0.0, false},
                           {ST_BIQUAD_HIGHPASS, low, 1.3066, 0.0, false},
                           {ST_BIQUAD_LOWPASS, high, 0.5412, 0.0, false},
                           {ST_BIQUAD_LOWPASS, high, 1.3066, 0.0, false}}};
    st_spec spec = {rate_hz, 1, MOST};
    st_biquad *u = NULL;
    assert_int_equal(st_biquad_new(&u, &spec, &p), ST_OK);
    const float *in[] = {x};
    float *out[] = {y};
    st_biquad_process(u, in, out, n);
    st_biquad_free(u);
    for (int i = 0; i < n; i++)
        energy[i] += (double)y[i] * (double)y[i];
}

/* Schroeder: the energy still to come, in dB, is a straight line; its slope
 * from -5 to -35 dB, as a time for 60. */
static double slope_s(int n, double rate_hz) {
    for (int i = n - 2; i >= 0; i--)
        energy[i] += energy[i + 1];
    double count = 0.0, st = 0.0, sd = 0.0, stt = 0.0, std = 0.0;
    for (int i = 0; i < n; i++) {
        double db = 10.0 * log10(energy[i] / energy[0] + 1e-30);
        if (db > -5.0 || db < -35.0)
            continue;
        double t = i / rate_hz;
        count += 1.0;
        st += t;
        sd += db;
        stt += t * t;
        std += t * db;
    }
    return -60.0 * (count * stt - st * st) / (count * std - st * sd);
}

/* Of four responses: either side to either side. */
static double decay_at(double rate_hz, const st_reverb_params *p, double hz) {
    int n = (int)((1.0 + 1.2 * p->decay_s * fmax(p->bass, 1.0)) * rate_hz);
    n = n < MOST ? n : MOST;
    memset(energy, 0, sizeof energy);
    for (int side = TO_LEFT; side <= TO_RIGHT; side++) {
        respond(rate_hz, p, side, n);
        add_band(left, n, rate_hz, hz);
        add_band(right, n, rate_hz, hz);
    }
    return slope_s(n, rate_hz);
}

static st_reverb_params open_room(double size, double decay_s) {
    st_reverb_params p = st_reverb_defaults();
    p.size = size;
    p.decay_s = decay_s;
    p.predelay_ms = 0.0;
    p.low_cut_hz = 20.0;
    p.high_cut_hz = 20000.0;
    return p;
}

static void near(double got, double want, double share, const char *what) {
    assert_close(got / want, 1.0, share, what);
}

/* What the header says of the damping. */
static double damped_s(const st_reverb_params *p, double hz) {
    double x = hz / p->damping_hz, x2 = x * x;
    return p->decay_s / (1.0 + (1.0 / p->damping - 1.0) * x2 / (1.0 + x2));
}

static void test_decay_is_as_asked(void **state) {
    (void)state;
    static const double rates[] = {44100.0, 48000.0, 96000.0};
    static const double decays[] = {0.5, 1.6, 4.0};
    for (int i = 0; i < 27; i++) {
        double rate_hz = rates[i % 3];
        st_reverb_params p = open_room(0.5 * (i / 3 % 3), decays[i / 9]);
        near(decay_at(rate_hz, &p, 500.0), p.decay_s, 0.1, "500 Hz");
        near(decay_at(rate_hz, &p, 1000.0), p.decay_s, 0.1, "1 kHz");
        near(decay_at(rate_hz, &p, 125.0), p.bass * p.decay_s, 0.2, "125 Hz");
        near(decay_at(rate_hz, &p, 8000.0), damped_s(&p, 8000.0), 0.2, "8 kHz");
    }
}

static void test_bass_and_damping(void **state) {
    (void)state;
    static const struct {
        double bass, damping, hz;
    } cases[] = {
        {0.5, 1.0, 5000.0}, {2.0, 0.45, 5000.0}, {1.0, 0.2, 6000.0},
        {0.7, 0.7, 3000.0}, {1.5, 0.3, 8000.0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        st_reverb_params p = open_room(0.5, 2.0);
        p.bass = cases[i].bass;
        p.damping = cases[i].damping;
        p.damping_hz = cases[i].hz;
        near(decay_at(48000.0, &p, 700.0), 2.0, 0.1, "middle");
        near(decay_at(48000.0, &p, 125.0), 2.0 * p.bass, 0.2, "bass");
        near(decay_at(48000.0, &p, 8000.0), damped_s(&p, 8000.0), 0.2, "8 kHz");
    }
}

static void test_tail_frames_is_enough(void **state) {
    (void)state;
    for (int i = 0; i < 12; i++) {
        st_reverb_params p = st_reverb_defaults();
        p.size = 0.5 * (i % 3);
        p.decay_s = i < 6 ? 0.1 : 1.6;
        p.bass = i / 3 % 2 == 0 ? 1.0 : 2.0;
        respond(48000.0, &p, TO_BOTH, MOST);
        st_reverb *u = make(48000.0, &p);
        int tail = st_reverb_tail_frames(u);
        st_reverb_free(u);
        memset(energy, 0, sizeof energy);
        double all = meter_rms_db(left, MOST);
        double rest = meter_rms_db(left + tail, (size_t)(MOST - tail));
        rest += 10.0 * log10((double)(MOST - tail) / MOST);
        assert_true(rest < all - 60.0);
        assert_true(tail < (0.6 + p.decay_s * p.bass) * 48000.0);
    }
}

/* --- gain --- */

static double through_cuts_db(const float *x, int n,
                              const st_reverb_params *p) {
    static float y[MOST];
    double q = sqrt(0.5);
    st_biquad_params cuts = {
        2,
        {{ST_BIQUAD_HIGHPASS, p->low_cut_hz, q, 0.0, false},
         {ST_BIQUAD_LOWPASS, p->high_cut_hz, q, 0.0, false}}};
    st_spec spec = {48000.0, 1, MOST};
    st_biquad *u = NULL;
    assert_int_equal(st_biquad_new(&u, &spec, &cuts), ST_OK);
    const float *in[] = {x};
    float *out[] = {y};
    st_biquad_process(u, in, out, n);
    st_biquad_free(u);
    return meter_rms_db(y, (size_t)n);
}

static void test_noise_keeps_its_power(void **state) {
    (void)state;
    static const double decays[] = {0.1, 0.5, 1.6, 4.0, 20.0};
    static const double cuts[][2] = {
        {20.0, 20000.0}, {180.0, 12000.0}, {300.0, 1500.0}};
    sig_white(in_left, MOST, 1, -20.0);
    for (int i = 0; i < 45; i++) {
        bool mono = i % 2 == 0;
        memcpy(in_right, in_left, sizeof in_right);
        if (!mono)
            sig_white(in_right, MOST, 2, -20.0);
        st_reverb_params p = open_room(0.5 * (i % 3), decays[i / 3 % 5]);
        p.low_cut_hz = cuts[i / 15][0];
        p.high_cut_hz = cuts[i / 15][1];
        double want = through_cuts_db(in_left, MOST, &p);
        st_reverb *u = make(48000.0, &p);
        for (double s = 0.0; s <= 1.5 * p.decay_s; s += MOST / 48000.0)
            run(u, 0, MOST);
        double got =
            0.5 * (meter_rms_db(left, MOST) + meter_rms_db(right, MOST));
        assert_close(got, want, i < 30 ? 0.6 : 1.0, "noise");
        st_reverb_free(u);
    }
}

static double dot(const float *a, const float *b, int n) {
    double sum = 0.0;
    for (int i = 0; i < n; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

static void test_sides_share_nothing(void **state) {
    (void)state;
    for (int i = 0; i < 6; i++) {
        st_reverb_params p = st_reverb_defaults();
        p.size = 0.5 * (i % 3);
        p.width = i < 3 ? 1.0 : 0.0;
        respond(48000.0, &p, TO_BOTH, 96000);
        const float *l = left + 4800, *r = right + 4800;
        int n = 91200;
        double c = dot(l, r, n) / sqrt(dot(l, l, n) * dot(r, r, n));
        assert_close(c, i < 3 ? 0.0 : 1.0, i < 3 ? 0.15 : 1e-6, "correlation");
        near(dot(l, l, n) / dot(r, r, n), 1.0, 0.35, "balance");
    }
}

/* --- texture --- */

/* Normalised echo density at `at`: the share of frames in 20 ms that lie
 * outside one standard deviation, beside that of Gaussian noise. */
static double density(const float *x, int at) {
    enum { HALF = 480 };
    double power = 0.0, weights = 0.0, outside = 0.0;
    for (int pass = 0; pass < 2; pass++)
        for (int i = -HALF; i <= HALF; i++) {
            double w = 0.5 + 0.5 * cos(acos(-1.0) * i / HALF);
            double v = (double)x[at + i];
            if (pass == 0) {
                power += w * v * v;
                weights += w;
            } else if (v * v * weights > power) {
                outside += w;
            }
        }
    return outside / weights / erfc(sqrt(0.5));
}

static void test_echoes_grow_dense(void **state) {
    (void)state;
    for (int side = TO_LEFT; side <= TO_BOTH; side++) {
        st_reverb_params p = st_reverb_defaults();
        respond(48000.0, &p, side, 48000);
        for (int channel = 0; channel < 2; channel++) {
            const float *x = channel == 0 ? left : right;
            double mean = 0.0, best = 0.0;
            for (int i = 0; i < 20; i++) {
                mean += density(x, 7200 + 480 * i) / 20.0;
                best = fmax(best, density(x, 2400 + 240 * i));
            }
            assert_true(best > 0.9); /* once before 150 ms */
            assert_true(mean > 0.95 && mean < 1.1);
        }
    }
}

typedef struct {
    double top_db, second; /* highest bin; mean square; both beside the mean
                            * of a third of an octave */
} peaks;

enum { SPECTRUM = 16384 };

static peaks peaks_of(const float *x) {
    static float windowed[SPECTRUM], re[SPECTRUM], im[SPECTRUM];
    static float scratch[8 * SPECTRUM];
    static double sum[SPECTRUM];
    enum { USED = 12000 }; /* half a second of 24 kHz */
    memset(windowed, 0, sizeof windowed);
    for (int i = 0; i < USED; i++)
        windowed[i] =
            x[i] * (float)(0.5 - 0.5 * cos(2.0 * acos(-1.0) * i / USED));
    st_rfft *plan = NULL;
    assert_int_equal(st_rfft_new(&plan, SPECTRUM), ST_OK);
    assert_true(st_rfft_scratch(plan) <= 8 * SPECTRUM);
    st_rfft_forward(plan, windowed, re, im, scratch);
    st_rfft_free(plan);
    for (int k = 0; k < SPECTRUM / 2; k++)
        sum[k + 1] = sum[k] + (double)re[k] * (double)re[k] +
                     (double)im[k] * (double)im[k];
    peaks p = {0};
    int first = 70, last = 7000;
    for (int k = first; k < last; k++) {
        int a = (int)(k / pow(2.0, 1.0 / 6.0));
        int b = (int)(k * pow(2.0, 1.0 / 6.0)) + 1;
        double r = (sum[k + 1] - sum[k]) / ((sum[b] - sum[a]) / (b - a));
        p.top_db = fmax(p.top_db, 10.0 * log10(r));
        p.second += r * r / (last - first);
    }
    return p;
}

/* The last half second of a decay of two, beside noise that decays so. */
static void test_tail_does_not_ring(void **state) {
    (void)state;
    enum { RATE = 24000, AT = 36000, SEEDS = 8 };
    peaks noise = {0}, tail = {0};
    for (int k = 0; k < SEEDS; k++) {
        sig_white(left, SPECTRUM, 100 + (uint64_t)k, 0.0);
        for (int i = 0; i < SPECTRUM; i++)
            left[i] *= (float)pow(10.0, -1.5 * i / RATE);
        peaks p = peaks_of(left);
        noise.top_db += p.top_db / SEEDS;
        noise.second += p.second / SEEDS;
    }
    for (int k = 0; k < SEEDS; k++) {
        st_reverb_params p = open_room(0.5 + 0.25 * (k / 4), 2.0);
        respond(RATE, &p, k % 2 == 0 ? TO_BOTH : TO_LEFT, 2 * RATE);
        peaks q = peaks_of(k / 2 % 2 == 0 ? left + AT : right + AT);
        tail.top_db += q.top_db / SEEDS;
        tail.second += q.second / SEEDS;
        assert_true(q.top_db < noise.top_db + 4.0);
    }
    assert_close(noise.second, 2.0, 0.1, "noise is Gaussian");
    assert_true(tail.top_db < noise.top_db + 2.5);
    assert_true(tail.second < 1.25 * noise.second);
}

/* --- time --- */

static void test_predelay(void **state) {
    (void)state;
    static const double ms[] = {0.0, 20.0, 200.0};
    for (int i = 0; i < 3; i++) {
        st_reverb_params p = open_room(0.5, 1.6);
        p.predelay_ms = ms[i];
        respond(48000.0, &p, TO_BOTH, 24000);
        int begins = (int)(48.0 * ms[i]);
        assert_true(meter_peak_db(left, (size_t)begins) <= -400.0);
        assert_true(meter_peak_db(left + begins, 48) > -40.0);
    }
}

/* A deep tone has nothing to say above 4 kHz; a step would. */
static void test_changes_do_not_click(void **state) {
    (void)state;
    enum { N = 96000, AT = 60000 };
    st_reverb_params p = open_room(0.5, 1.0), q = open_room(0.5, 4.0);
    p.modulation = q.modulation = 0.0;
    q.bass = 0.5;
    q.gain_db = -20.0;
    q.width = 0.3;
    q.damping = 0.9;
    sig_sine(in_left, N, 48000.0, 150.0, -6.0, 0.0);
    sig_sine(in_right, N, 48000.0, 150.0, -6.0, 1.0);
    st_reverb *u = make(48000.0, &p);
    run(u, 0, AT);
    st_reverb_set(u, &q);
    run(u, AT, N - AT);
    st_reverb_free(u);
    float top = 0.0f;
    for (int i = AT - 4000; i < N - 4; i++) {
        /* fourth difference: -133 dB at 150 Hz */
        float d = left[i] - 4.0f * left[i + 1] + 6.0f * left[i + 2] -
                  4.0f * left[i + 3] + left[i + 4];
        top = fmaxf(top, fabsf(d));
    }
    assert_true(meter_peak_db(left + AT - 4000, 4000) > -10.0);
    /* corners of the ramps are -79 dB, gains moving once a step near -30 */
    assert_true(meter_db((double)top) < -70.0);
}

/* A tail that hangs in the air keeps its level when the decay is changed. */
static void test_tail_keeps_its_level(void **state) {
    (void)state;
    enum { N = 96000, AT = 24000 };
    st_reverb_params p = open_room(0.5, 10.0), q = open_room(0.5, 1.0);
    sig_white(in_left, N, 1, -20.0);
    memset(in_left + AT, 0, (N - AT) * sizeof(float));
    memcpy(in_right, in_left, sizeof in_right);
    st_reverb *u = make(48000.0, &p);
    run(u, 0, AT + 2400);
    st_reverb_set(u, &q);
    run(u, AT + 2400, N - AT - 2400);
    st_reverb_free(u);
    double before = meter_rms_db(left + AT, 2400);
    for (int i = AT + 2400; i < N - 2400; i += 2400)
        assert_true(meter_rms_db(left + i, 2400) < before + 0.5);
}

static void test_reset_is_new(void **state) {
    (void)state;
    enum { N = 24000 };
    static float first[N];
    st_reverb_params p = st_reverb_defaults(), q = open_room(0.5, 0.3);
    sig_music(in_left, in_right, N, 48000.0, 1);
    p.modulation = 1.0;
    st_reverb *u = make(48000.0, &p);
    run(u, 0, N);
    memcpy(first, left, sizeof first);
    st_reverb_set(u, &q);
    run(u, 0, 777);
    st_reverb_set(u, &p);
    run(u, 0, 100); /* in the middle of both moves */
    st_reverb_reset(u);
    run(u, 0, N);
    assert_memory_equal(first, left, sizeof first);
    st_reverb_free(u);
}

/* --- extremes --- */

static void test_extremes_are_stable(void **state) {
    (void)state;
    enum { RATE = 8000 * 4, MINUTE = 60 };
    for (int i = 0; i < 16; i++) {
        st_reverb_params p = open_room(i & 1 ? 1.0 : 0.0, 20.0);
        p.modulation = i & 2 ? 1.0 : 0.0;
        p.damping = i & 4 ? 1.0 : 0.05;
        p.damping_hz = i & 4 ? 16000.0 : 1000.0;
        p.bass = i & 8 ? 2.0 : 0.25;
        p.low_cut_hz = 20.0;
        sig_white(in_left, RATE, 1, 0.0);
        sig_white(in_right, RATE, 2, 0.0);
        st_reverb *u = make(RATE, &p);
        double early = 0.0;
        for (int s = 0; s < MINUTE; s++) {
            run(u, 0, RATE);
            sig_silence(in_left, RATE);
            sig_silence(in_right, RATE);
            if (s == 2)
                early = meter_rms_db(left, RATE);
        }
        /* 57 s; the longest decay is 40 s */
        double late = meter_rms_db(left, RATE);
        assert_true(isfinite(early) && late < early - 0.8 * 57.0 * 60.0 / 40.0);
        st_reverb_free(u);
    }
}

static void test_tail_ends_in_zeros(void **state) {
    (void)state;
    st_reverb_params p = st_reverb_defaults();
    sig_white(in_left, 48000, 1, 0.0);
    sig_white(in_right, 48000, 2, 0.0);
    p.bass = 1.0;
    p.decay_s = 1.0;
    st_reverb *u = make(48000.0, &p);
    for (int s = 0; s < 10; s++) {
        run(u, 0, 48000);
        sig_silence(in_left, 48000);
        sig_silence(in_right, 48000);
        for (int i = 0; i < 48000; i++)
            assert_true(left[i] == 0.0f || fabsf(left[i]) > 1e-30f);
    }
    assert_true(meter_peak_db(left, 48000) <= -400.0);
    assert_true(meter_peak_db(right, 48000) <= -400.0);
    st_reverb_free(u);
}

static void test_bad_arguments(void **state) {
    (void)state;
    st_spec mono = {48000.0, 1, 64};
    st_reverb_params p = st_reverb_defaults();
    st_reverb *u = NULL;
    assert_int_equal(st_reverb_new(&u, &mono, &p), ST_BAD_ARG);
    assert_null(u);
    p = (st_reverb_params){NAN, NAN, NAN, NAN, NAN, NAN,
                           NAN, NAN, NAN, NAN, NAN};
    sig_white(in_left, 4800, 1, 0.0);
    sig_white(in_right, 4800, 2, 0.0);
    u = make(48000.0, &p);
    run(u, 0, 4800);
    assert_true(isfinite(meter_rms_db(left, 4800)));
    st_reverb_free(u);
}

/* --- kernels --- */

static void net_run(const st_reverb_ops *ops, float *out) {
    static st_reverb_net net;
    st_reverb_room room = {48000.0, 0.1, 3.0, 0.4};
    st_reverb_law law = {2.0, 1.2, 0.5, 4000.0, 20.0, 20000.0, 1.0};
    double from[ST_REVERB_MODULATED] = {0.1, 2.5, -3.0, 1.0};
    double to[ST_REVERB_MODULATED] = {0.2, 2.4, -3.1, 0.9};
    memset(&net, 0, sizeof net);
    assert_int_equal(st_reverb_net_init(&net, &room), ST_OK);
    st_reverb_loss_design(&net.loss, &net, 48000.0, &law);
    for (int i = 0; i < ST_REVERB_LINES; i++)
        net.delta.pass[i] = -1e-6f;
    for (int k = 0; k < 200; k++) {
        float x[2][ST_REVERB_STEP], y[2][ST_REVERB_STEP];
        memcpy(x[0], in_left + k * ST_REVERB_STEP, sizeof x[0]);
        memcpy(x[1], in_right + k * ST_REVERB_STEP, sizeof x[1]);
        net.moving = k % 3 == 0;
        ops->diffuse(&net, x);
        st_reverb_net_bend(&net, from, to);
        ops->turn(&net, x, y);
        memcpy(out + 2 * k * ST_REVERB_STEP, y, sizeof y);
    }
    st_reverb_net_deinit(&net);
}

static void test_levels_agree(void **state) {
    (void)state;
    enum { N = 200 * 2 * ST_REVERB_STEP };
    sig_white(in_left, N, 1, 0.0);
    sig_white(in_right, N, 2, 0.0);
    net_run(st_reverb_ops_level(ST_CPU_BASE), left);
    assert_true(meter_rms_db(left + N / 2, N / 2) > -30.0);
    for (int level = ST_CPU_AVX2; level < ST_CPU_LEVEL_COUNT; level++) {
        const st_reverb_ops *ops = st_reverb_ops_level(level);
        if (ops == NULL)
            continue;
        net_run(ops, right);
        assert_memory_equal(left, right, N * sizeof(float));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decay_is_as_asked),
        cmocka_unit_test(test_bass_and_damping),
        cmocka_unit_test(test_tail_frames_is_enough),
        cmocka_unit_test(test_noise_keeps_its_power),
        cmocka_unit_test(test_sides_share_nothing),
        cmocka_unit_test(test_echoes_grow_dense),
        cmocka_unit_test(test_tail_does_not_ring),
        cmocka_unit_test(test_predelay),
        cmocka_unit_test(test_changes_do_not_click),
        cmocka_unit_test(test_tail_keeps_its_level),
        cmocka_unit_test(test_reset_is_new),
        cmocka_unit_test(test_extremes_are_stable),
        cmocka_unit_test(test_tail_ends_in_zeros),
        cmocka_unit_test(test_bad_arguments),
        cmocka_unit_test(test_levels_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
