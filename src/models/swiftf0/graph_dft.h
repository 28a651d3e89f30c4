/* graph_dft: a spectrum with the roundings of the graph the network comes
 * from.
 * Source: ONNX operator STFT as onnxruntime runs it: radix 2, decimation in
 * time, twiddles of angles in single precision, those of the two halves apart.
 * Where a band is empty, what is heard there is this rounding, and the network
 * answers to it: with an exact transform it would be another one. All else
 * takes audio/fft.h. Private to swiftf0.c. */
#ifndef ST_MODELS_SWIFTF0_GRAPH_DFT_H
#define ST_MODELS_SWIFTF0_GRAPH_DFT_H

enum { ST_GRAPH_DFT_SIZE = 1024 };

typedef struct {
    /* By stage, those of size 1, 2, 4, .., 512 after one another. */
    float even_re[ST_GRAPH_DFT_SIZE], even_im[ST_GRAPH_DFT_SIZE];
    float odd_re[ST_GRAPH_DFT_SIZE], odd_im[ST_GRAPH_DFT_SIZE];
    short from[ST_GRAPH_DFT_SIZE]; /* bits reversed */
} st_graph_dft;

/* re, im [1024]: exp(-2 pi i k / 1024), as that runtime has it. [any] */
void st_graph_dft_init(st_graph_dft *dft, const float *re, const float *im);
/* in[1024] to re[1024] and im[1024], bins 0..1023. [rt] */
void st_graph_dft_run(const st_graph_dft *dft, const float *in, float *re,
                      float *im);

#endif
