/* Written by training/calibrate.py; see models/beat.md. */
static const double fit_mass = 1.81470, fit_grid = -0.35036;
static const double fit_ratio[] = {-0.32864, -1.79383, 0.21191,
                                   -2.02119, -2.03505, -2.28321,
                                   -1.37854, -3.12617, -3.05049};
/* best mass, strength, constant: none of the multiples */
static const double fit_other[] = {-2.46009, -2.69517, -3.19480};
/* some, strength, covered, spread, constant */
static const double fit_some[] = {1.15870, 4.15083, 0.53199, -1.99958,
                                  -0.78260};
