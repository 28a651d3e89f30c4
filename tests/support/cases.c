#include "support/cases.h"

#include <math.h>

void assert_close(double got, double want, double tolerance, const char *what) {
    if (fabs(got - want) <= tolerance)
        return;
    fail_msg("%s: got %.9g, want %.9g +- %.3g", what, got, want, tolerance);
}
