/* cases: what every test file includes first (cmocka wants this order). */
#ifndef ST_TESTS_SUPPORT_CASES_H
#define ST_TESTS_SUPPORT_CASES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Fails with both values shown when |got - want| > tolerance, or on NaN. */
void assert_close(double got, double want, double tolerance, const char *what);

#endif
