/* Against long-double libm (64-bit mantissa); figures in core/math.h. */
#include "support/cases.h"

#include "core/math.h"

#include <float.h>
#include <math.h>

/* A small counter-based generator: the same arguments on every run. */
static double uniform(uint64_t i) {
    uint64_t x = (i + 1) * UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return (double)((x ^ (x >> 31)) >> 11) * 0x1p-53;
}

static double ulps(double got, long double want) {
    int e = 0;
    (void)frexpl(want, &e);
    long double ulp = ldexpl(1.0L, e - 53 < -1074 ? -1074 : e - 53);
    return (double)(fabsl((long double)got - want) / ulp);
}

typedef struct {
    const char *name;
    double (*fn)(double);
    long double (*want)(long double);
    double from, to; /* uniform arguments, or log-uniform when `log` */
    int log;
    double max_ulps;
} row;

static long double gain_want(long double db) {
    return powl(10.0L, db / 20.0L);
}

static long double db_want(long double gain) {
    return 20.0L * log10l(gain);
}

#define PI_L 3.14159265358979323846264338327950288L

/* Reduced to [-1/2, 1/2] exactly, so that the oracle's pi does no harm. */
static long double sinpi_want(long double x) {
    long double n = rintl(x);
    long double s = sinl(PI_L * (x - n));
    return fmodl(n, 2.0L) != 0.0L ? -s : s;
}

static long double cospi_want(long double x) {
    long double n = rintl(x);
    long double c = sinl(PI_L * (0.5L - fabsl(x - n)));
    return fmodl(n, 2.0L) != 0.0L ? -c : c;
}

static const row rows[] = {
    {"exp2", st_exp2, exp2l, -1020.0, 1023.9, 0, 1.0},
    {"exp2 near 0", st_exp2, exp2l, -1.0, 1.0, 0, 1.0},
    {"exp2 subnormal", st_exp2, exp2l, -1074.0, -1020.0, 0, 1.0},
    {"exp", st_exp, expl, -700.0, 709.0, 0, 1.0},
    {"exp near 0", st_exp, expl, -1.0, 1.0, 0, 1.0},
    {"log2", st_log2, log2l, 1e-320, 1e308, 1, 1.0},
    {"log2 near 1", st_log2, log2l, 0.5, 2.0, 0, 1.0},
    {"log", st_log, logl, 1e-320, 1e308, 1, 1.0},
    {"log near 1", st_log, logl, 0.5, 2.0, 0, 1.0},
    {"log10", st_log10, log10l, 1e-320, 1e308, 1, 1.0},
    {"log10 near 1", st_log10, log10l, 0.5, 2.0, 0, 1.0},
    {"sin", st_sin, sinl, -10.0, 10.0, 0, 1.0},
    {"sin to 1e6", st_sin, sinl, -1e6, 1e6, 0, 1.0},
    {"sin tiny", st_sin, sinl, 1e-300, 1e-3, 1, 1.0},
    {"cos", st_cos, cosl, -10.0, 10.0, 0, 1.0},
    {"cos to 1e6", st_cos, cosl, -1e6, 1e6, 0, 1.0},
    {"tan", st_tan, tanl, -10.0, 10.0, 0, 2.0},
    {"tan to 1e6", st_tan, tanl, -1e6, 1e6, 0, 2.0},
    {"sinpi", st_sinpi, sinpi_want, -1.0, 1.0, 0, 1.0},
    {"sinpi far", st_sinpi, sinpi_want, -1e5, 1e5, 0, 1.0},
    {"cospi", st_cospi, cospi_want, -1.0, 1.0, 0, 1.0},
    {"cospi far", st_cospi, cospi_want, -1e5, 1e5, 0, 1.0},
    {"tanh", st_tanh, tanhl, -22.0, 22.0, 0, 2.0},
    {"tanh small", st_tanh, tanhl, -0.6, 0.6, 0, 2.0},
    {"tanh tiny", st_tanh, tanhl, 1e-300, 1e-2, 1, 2.0},
    {"db_to_gain", st_db_to_gain, gain_want, -200.0, 60.0, 0, 1.0},
    {"gain_to_db", st_gain_to_db, db_want, 1e-12, 100.0, 1, 2.0},
};

static double argument(const row *r, uint64_t i) {
    double u = uniform(i);
    if (!r->log)
        return r->from + (r->to - r->from) * u;
    long double a = logl(r->from), b = logl(r->to);
    return (double)expl(a + (b - a) * u);
}

static void test_math_errs_less_than_stated(void **state) {
    (void)state;
    enum { COUNT = 40000 };
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        const row *r = &rows[k];
        double worst = 0.0;
        double at = 0.0;
        for (uint64_t i = 0; i < COUNT; i++) {
            double x = argument(r, i + k * COUNT);
            double e = ulps(r->fn(x), r->want(x));
            if (!(e <= worst)) {
                worst = e;
                at = x;
            }
        }
        print_message("%-16s %.3f ulp at %.17g\n", r->name, worst, at);
        if (!(worst <= r->max_ulps))
            fail_msg("%s: %.3f ulp at %a", r->name, worst, at);
    }
}

static void test_math_pow_errs_less_than_1_ulp(void **state) {
    (void)state;
    double worst = 0.0;
    for (uint64_t i = 0; i < 100000; i++) {
        double x = (double)exp2l(40.0L * uniform(2 * i) - 20.0L);
        double y = 100.0 * uniform(2 * i + 1) - 50.0;
        double e = ulps(st_pow(x, y), powl(x, y));
        worst = e > worst ? e : worst;
        if (!(e <= 1.0))
            fail_msg("pow(%a, %a): %.3f ulp", x, y, e);
    }
    print_message("pow %.3f ulp\n", worst);
}

static void test_math_pow_special_cases(void **state) {
    (void)state;
    static const double values[] = {
        0.0,  -0.0,     1.0,       -1.0, 2.0,   -2.0,   0.5,    -0.5, 3.0,
        -3.0, INFINITY, -INFINITY, NAN,  1e300, 1e-300, 0x1p53, 2.5,  -2.5,
    };
    size_t n = sizeof values / sizeof *values;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double got = st_pow(values[i], values[j]);
            double want = pow(values[i], values[j]);
            if (isnan(want) != isnan(got) ||
                (!isnan(want) &&
                 (got != want || signbit(got) != signbit(want)) &&
                 !(fabs(got / want - 1.0) < 1e-15)))
                fail_msg("pow(%g, %g) = %g, not %g", values[i], values[j], got,
                         want);
        }
}

/* The doubles next to multiples of pi/2 lose most bits in the reduction. */
static void test_math_sin_near_its_zeros(void **state) {
    (void)state;
    for (int n = 1; n < 600000; n += 37) {
        double x = (double)(n * (PI_L / 2.0L));
        assert_true(ulps(st_sin(x), sinl(x)) <= 1.0);
        assert_true(ulps(st_cos(x), cosl(x)) <= 1.0);
    }
}

static void test_math_edges(void **state) {
    (void)state;
    assert_true(st_exp2(0.0) == 1.0 && st_exp2(10.0) == 1024.0);
    assert_true(st_exp2(2000.0) == INFINITY && st_exp2(-2000.0) == 0.0);
    assert_true(st_exp(800.0) == INFINITY && st_exp(-800.0) == 0.0);
    assert_true(st_log2(8.0) == 3.0 && st_log(1.0) == 0.0);
    assert_true(st_log10(1000.0) == 3.0 && st_log2(0.0) == -INFINITY);
    assert_true(isnan(st_log(-1.0)) && st_log(INFINITY) == INFINITY);
    assert_true(isnan(st_exp2(NAN)) && isnan(st_sin(NAN)));
    assert_true(isnan(st_log10(NAN)) && isnan(st_tanh(NAN)));
    assert_true(isnan(st_sin(INFINITY)) && isnan(st_sinpi(INFINITY)));
    assert_true(st_sinpi(1.0) == 0.0 && st_sinpi(0.5) == 1.0);
    assert_true(st_cospi(0.5) == 0.0 && st_cospi(1.0) == -1.0);
    assert_true(st_tanh(1e9) == 1.0 && st_tanh(-INFINITY) == -1.0);
    assert_true(st_db_to_gain(0.0) == 1.0 && st_db_to_gain(20.0) == 10.0);
    assert_true(st_db_to_gain(-INFINITY) == 0.0);
    assert_true(isnan(st_db_to_gain(NAN)));
    assert_true(st_gain_to_db(10.0) == 20.0);
    assert_true(st_gain_to_db(0.0) == -INFINITY);
}

static void test_math_float_forms(void **state) {
    (void)state;
    double worst_exp = 0.0, worst_log = 0.0, worst_db = 0.0;
    for (uint64_t i = 0; i < 200000; i++) {
        float x = (float)(240.0 * uniform(i) - 120.0);
        double want = exp2(x);
        worst_exp = fmax(worst_exp, fabs(st_exp2f(x) / want - 1.0));
        float y = (float)exp2(252.0 * uniform(i) - 126.0);
        if (i & 1)
            y = (float)(0.5 + 1.5 * uniform(i));
        want = log2(y);
        worst_log = fmax(worst_log, (fabs(st_log2f(y) - want) - 1e-7) /
                                        fmax(fabs(want), 1e-9));
        want = 20.0 * log10(y);
        worst_db = fmax(worst_db, (fabs(st_gain_to_dbf(y) - want) - 1e-6) /
                                      fmax(fabs(want), 1e-9));
    }
    print_message("exp2f %.3g, log2f %.3g, dbf %.3g\n", worst_exp, worst_log,
                  worst_db);
    assert_true(worst_exp <= 1.5e-7);
    assert_true(worst_log <= 1.5e-7);
    assert_true(worst_db <= 3e-7);
    assert_true(st_exp2f(0.0f) == 1.0f && st_log2f(1.0f) == 0.0f);
    assert_true(st_log2f(0.0f) == -126.0f && st_log2f(-1.0f) == -126.0f);
    assert_true(st_log2f(NAN) == -126.0f && isnan(st_exp2f(NAN)));
    assert_true(st_exp2f(-INFINITY) == 0x1p-126f);
    assert_true(st_exp2f(INFINITY) < INFINITY);
    assert_true(st_db_to_gainf(0.0f) == 1.0f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_math_errs_less_than_stated),
        cmocka_unit_test(test_math_pow_errs_less_than_1_ulp),
        cmocka_unit_test(test_math_pow_special_cases),
        cmocka_unit_test(test_math_sin_near_its_zeros),
        cmocka_unit_test(test_math_edges),
        cmocka_unit_test(test_math_float_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
