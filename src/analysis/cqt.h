/* cqt: the constant-Q transform of a mono stream.
 * Source: Brown 1991; Schoerkhuber & Klapuri 2010 (octaves by decimation);
 * the numbers of librosa 0.11 cqt(sparsity=0, res_type="soxr_vhq").
 *
 * Bin b has the frequency low_hz 2^(b / per_octave) and a Hann-windowed
 * complex wave of L = q rate / f samples, q = scale / alpha, alpha =
 * (2^(2/per_octave) - 1) / (2^(2/per_octave) + 1). Its value at frame t is
 * sqrt(L) / sum(w) * sum over d of x[t hop + d] w[d] exp(-2 pi j f d / rate):
 * a sine of amplitude a at f reads a sqrt(L) / 2. Silence lies before the
 * start and after the end. Low bins are computed at halved rates
 * (halfband.h): within 1e-4 of the frame's largest bin. */
#ifndef ST_ANALYSIS_CQT_H
#define ST_ANALYSIS_CQT_H

#include "analysis/frames.h"
#include "core/attr.h"
#include "core/status.h"

#include <stdbool.h>
#include <stdint.h>

#define ST_CQT_C1_HZ 32.703195662574829 /* A4 = 440 Hz */

typedef struct st_cqt st_cqt;

typedef struct {
    double rate_hz; /* 8000..384000 */
    double low_hz;  /* of bin 0, 10..rate/4; tuning goes in here */
    int bins;       /* 1..1024 */
    int per_octave; /* 4..96 */
    int hop;        /* 1..65536; the more factors of 2, the faster */
    double scale;   /* of the lengths, 0.1..4; 1 is constant-Q without gaps */
    bool analytic;  /* kernels without negative frequencies, as librosa's:
                       over the whole power-of-two frame of their octave, so
                       a little of the sound around a window leaks in; else
                       just the window (cheaper, cleaner at loud onsets) */
    bool complex;   /* frames are re[bins], im[bins]; else magnitudes[bins] */
} st_cqt_params;

/* C1, 84 bins, 12 an octave, hop 512, scale 1, analytic, magnitudes. [any]
 */
st_cqt_params st_cqt_defaults(double rate_hz);
/* Frequency of a bin. [any] */
double st_cqt_hz(const st_cqt_params *params, int bin);
/* L above, in samples at rate_hz; not whole. [any] */
double st_cqt_length(const st_cqt_params *params, int bin);
/* How many bins lie, with their main lobe, under half the rate: the others
 * cannot be measured and read 0. [any] */
int st_cqt_present(const st_cqt_params *params);

/* ST_BAD_ARG, ST_NO_MEM. [main] */
ST_MUST_USE st_status st_cqt_new(st_cqt **out, const st_cqt_params *params,
                                 st_frame_sink sink);
void st_cqt_free(st_cqt *c);  /* NULL is fine [main] */
void st_cqt_reset(st_cqt *c); /* as new [rt] */
/* Any n >= 0; any division gives the same bits; unusable samples are read as
 * 0. Frames come 16 at a time, when all they need is there. [rt] */
void st_cqt_process(st_cqt *c, const float *in, int64_t n);
/* Nothing follows; of n samples there are 1 + n / hop frames in all, of none
 * there is none. [rt] */
void st_cqt_finish(st_cqt *c);
/* Frames given so far. [any] */
int64_t st_cqt_frames(const st_cqt *c);

#endif
