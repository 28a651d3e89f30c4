/* Written by training/calibrate.py; see models/beat.md. */
static const double fit_mass = 1.06572, fit_grid = -0.03383;
static const double fit_ratio[] = {0.08167,  -1.33986, 0.73386,
                                   -2.06272, -2.03634, -2.50189,
                                   -2.32462, -3.15283, -3.11630};
/* best mass, strength, constant: none of the multiples */
static const double fit_other[] = {-2.28862, -2.56757, -3.28095};
/* some, strength, covered, spread, constant */
static const double fit_some[] = {1.29318, 4.12574, 0.45731, -1.99924,
                                  -0.81088};
