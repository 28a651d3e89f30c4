/* Written by training/calibrate.py; see models/beat.md. */
static const double fit_mass = 1.0, fit_grid = 0.5;
static const double fit_ratio[] = {0.0,  -1.0, -1.0, -2.0, -2.0,
                                   -2.0, -2.0, -3.0, -3.0};
/* some, strength, covered, spread, constant */
static const double fit_some[] = {1.0, 4.0, 0.0, -2.0, -1.0};
/* best mass, strength, constant: none of the multiples */
static const double fit_other[] = {-1.0, -2.0, -3.0};
