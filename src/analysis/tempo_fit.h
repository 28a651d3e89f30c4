/* Written by training/calibrate.py; see models/beat.md. */
static const double fit_mass = 1.28266, fit_grid = 0.04493;
static const double fit_ratio[] = {-1.24799, -1.31153, 0.52873,
                                   -2.04531, -2.04116, -2.43078,
                                   -2.57577, -3.05459, -1.07353};
/* best mass, strength, constant: none of the multiples */
static const double fit_other[] = {-2.50864, -2.99827, -3.74807};
/* some, strength, covered, spread, constant */
static const double fit_some[] = {1.32822, 4.08175, 0.36438, -1.99917,
                                  -0.87753};
