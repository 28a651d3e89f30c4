/* Written by training/calibrate.py; see models/beat.md. */
static const double fit_mass = 1.11657, fit_grid = -0.12486;
static const double fit_ratio[] = {0.34392,  -1.42225, 0.83297,
                                   -2.09654, -2.04155, -2.56975,
                                   -2.40526, -3.10432, -3.10723};
/* best mass, strength, constant: none of the multiples */
static const double fit_other[] = {-1.98548, -2.51541, -3.42999};
/* some, strength, covered, spread, constant */
static const double fit_some[] = {1.31565, 4.06498, 0.29344, -1.99942,
                                  -0.91382};
