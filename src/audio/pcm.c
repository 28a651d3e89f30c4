#include "audio/pcm.h"

#include "audio/buffer.h"

#include <math.h>
#include <string.h>

int st_pcm_bytes(st_pcm_kind kind) {
    static const int bytes[] = {1, 2, 3, 4, 4, 8};
    return bytes[kind];
}

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define IS_BIG true
#else
#define IS_BIG false
#endif

static uint32_t load32(const uint8_t *p) {
    uint32_t v;
    memcpy(&v, p, sizeof v);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap32(v);
#endif
    return v;
}

static void store32(uint8_t *p, uint32_t v) {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap32(v);
#endif
    memcpy(p, &v, sizeof v);
}

static float bits_to_float(uint32_t v) {
    float x;
    memcpy(&x, &v, sizeof x);
    return x;
}

static uint32_t float_to_bits(float x) {
    uint32_t v;
    memcpy(&v, &x, sizeof v);
    return v;
}

/* Each of these reads one channel: `step` bytes from sample to sample. */
static void get_u8(const uint8_t *in, int step, int64_t n, float *out) {
    for (int64_t i = 0; i < n; i++)
        out[i] = (float)((int)in[i * step] - 128) * 0x1p-7F;
}

static void get_s16(const uint8_t *in, int step, bool big, int64_t n,
                    float *out) {
    int hi = big ? 0 : 1;
    for (int64_t i = 0; i < n; i++) {
        const uint8_t *p = in + i * step;
        int16_t v = (int16_t)(uint16_t)(p[hi] << 8 | p[1 - hi]);
        out[i] = (float)v * 0x1p-15F;
    }
}

static void get_s24_little(const uint8_t *in, int step, int64_t n, float *out) {
    for (int64_t i = 0; i < n; i++)
        out[i] = (float)(int32_t)(load32(in + i * step) << 8) * 0x1p-31F;
}

static void get_s24_big(const uint8_t *in, int step, int64_t n, float *out) {
    for (int64_t i = 0; i < n; i++) {
        const uint8_t *p = in + i * step;
        uint32_t v =
            (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8;
        out[i] = (float)(int32_t)v * 0x1p-31F;
    }
}

static void get_s32(const uint8_t *in, int step, bool big, int64_t n,
                    float *out) {
    for (int64_t i = 0; i < n; i++) {
        uint32_t v = load32(in + i * step);
        v = big ? __builtin_bswap32(v) : v;
        out[i] = (float)(int32_t)v * 0x1p-31F;
    }
}

static void get_f32(const uint8_t *in, int step, bool big, int64_t n,
                    float *out) {
    for (int64_t i = 0; i < n; i++) {
        uint32_t v = load32(in + i * step);
        out[i] = bits_to_float(big ? __builtin_bswap32(v) : v);
    }
}

static void get_f64(const uint8_t *in, int step, bool big, int64_t n,
                    float *out) {
    for (int64_t i = 0; i < n; i++) {
        const uint8_t *p = in + i * step;
        uint64_t v = (uint64_t)load32(p + 4) << 32 | load32(p);
        v = big ? __builtin_bswap64(v) : v;
        double x;
        memcpy(&x, &v, sizeof x);
        /* Beyond float becomes infinite, which the reader then counts. */
        out[i] = fabs(x) <= 3.4028234e38 ? (float)x : (float)NAN;
    }
}

static void get_channel(st_pcm_kind kind, bool big, const uint8_t *in, int step,
                        int64_t n, float *out) {
    switch (kind) {
    case ST_PCM_U8:
        get_u8(in, step, n, out);
        break;
    case ST_PCM_S16:
        get_s16(in, step, big, n, out);
        break;
    case ST_PCM_S24:
        if (big)
            get_s24_big(in, step, n, out);
        else
            get_s24_little(in, step, n, out);
        break;
    case ST_PCM_S32:
        get_s32(in, step, big, n, out);
        break;
    case ST_PCM_F32:
        get_f32(in, step, big, n, out);
        break;
    default:
        get_f64(in, step, big, n, out);
    }
}

void st_pcm_unpack(st_pcm_kind kind, bool big, const uint8_t *in, int channels,
                   int64_t frames, float *const *out, int64_t at) {
    int bytes = st_pcm_bytes(kind);
    for (int c = 0; c < channels; c++)
        get_channel(kind, big, in + c * bytes, bytes * channels, frames,
                    out[c] + at);
}

/* Nearest, ties to even, for |x| <= 2^24: adding 2^23 with the sign of x
 * leaves no fraction bits. Vectorises on any x86-64, unlike rintf. */
static float round_even(float x) {
    float shift = copysignf(0x1p23F, x);
    return (x + shift) - shift;
}

static int32_t quantise(float x, float scale) {
    float y = x * scale;
    y = y == y ? y : 0.0F;
    y = y < scale - 1.0F ? y : scale - 1.0F;
    y = y > -scale ? y : -scale;
    return (int32_t)round_even(y);
}

/* Frames that are rounded together: the loop over them has no stores of odd
 * width in it and becomes vector code. */
enum { PACK_FRAMES = 512 };

static void quantise_block(const float *in, int64_t n, float scale,
                           int32_t *out) {
    for (int64_t i = 0; i < n; i++)
        out[i] = quantise(in[i], scale);
}

static void put_s16(int32_t q[][PACK_FRAMES], int channels, int64_t n, bool big,
                    uint8_t *out) {
    for (int c = 0; c < channels; c++)
        for (int64_t i = 0; i < n; i++) {
            uint16_t v = (uint16_t)q[c][i];
            v = big == IS_BIG ? v : __builtin_bswap16(v);
            memcpy(out + (i * channels + c) * 2, &v, sizeof v);
        }
}

/* Four bytes are stored, three count: the next sample covers the fourth. */
static void put_s24(int32_t q[][PACK_FRAMES], int channels, int64_t n, bool big,
                    uint8_t *out) {
    for (int64_t i = 0; i < n; i++)
        for (int c = 0; c < channels; c++) {
            uint32_t v = (uint32_t)q[c][i];
            store32(out, big ? __builtin_bswap32(v << 8) : v);
            out += 3;
        }
}

static void pack_ints(st_pcm_kind kind, bool big, const float *const *in,
                      int64_t at, int channels, int64_t frames, uint8_t *out) {
    int32_t q[ST_MAX_CHANNELS][PACK_FRAMES];
    int bytes = st_pcm_bytes(kind);
    for (int64_t done = 0; done < frames; done += PACK_FRAMES) {
        int64_t n = frames - done < PACK_FRAMES ? frames - done : PACK_FRAMES;
        for (int c = 0; c < channels; c++)
            quantise_block(in[c] + at + done, n,
                           kind == ST_PCM_S16 ? 0x1p15F : 0x1p23F, q[c]);
        if (kind == ST_PCM_S16)
            put_s16(q, channels, n, big, out);
        else
            put_s24(q, channels, n, big, out);
        out += n * channels * bytes;
    }
}

static void put_f32(const float *in, int64_t n, int step, bool big,
                    uint8_t *out) {
    for (int64_t i = 0; i < n; i++) {
        uint32_t v = float_to_bits(in[i]);
        store32(out + i * step, big ? __builtin_bswap32(v) : v);
    }
}

void st_pcm_pack(st_pcm_kind kind, bool big, const float *const *in, int64_t at,
                 int channels, int64_t frames, uint8_t *out) {
    if (kind != ST_PCM_F32) {
        pack_ints(kind, big, in, at, channels, frames, out);
        return;
    }
    int bytes = st_pcm_bytes(kind);
    for (int c = 0; c < channels; c++)
        put_f32(in[c] + at, frames, bytes * channels, big, out + c * bytes);
}

void st_pcm_to_int32(const float *const *in, int64_t at, int channels,
                     int64_t frames, int bits, int32_t *out) {
    float scale = bits == 16 ? 0x1p15F : 0x1p23F;
    int shift = 32 - bits;
    int32_t q[PACK_FRAMES];
    for (int64_t done = 0; done < frames; done += PACK_FRAMES) {
        int64_t n = frames - done < PACK_FRAMES ? frames - done : PACK_FRAMES;
        for (int c = 0; c < channels; c++) {
            quantise_block(in[c] + at + done, n, scale, q);
            for (int64_t i = 0; i < n; i++)
                out[(done + i) * channels + c] =
                    (int32_t)((uint32_t)q[i] << shift);
        }
    }
}

int64_t st_pcm_scrub(float *x, int64_t count) {
    /* Finite values times 0 sum to 0: one vector pass decides. */
    float sum[16] = {0};
    int64_t i = 0;
    for (; i + 16 <= count; i += 16)
        for (int k = 0; k < 16; k++)
            sum[k] += x[i + k] * 0.0F;
    float total = 0.0F;
    for (int k = 0; k < 16; k++)
        total += sum[k];
    for (; i < count; i++)
        total += x[i] * 0.0F;
    if (total == 0.0F)
        return 0;
    int64_t bad = 0;
    for (i = 0; i < count; i++)
        if (!isfinite(x[i])) {
            x[i] = 0.0F;
            bad++;
        }
    return bad;
}
