#include "core/uuid.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

static const uint64_t high_mask = 0xFFF;
static const uint64_t low_mask = (UINT64_C(1) << 62) - 1;
static const uint64_t ms_mask = (UINT64_C(1) << 48) - 1;

st_status st_uuids_init(st_uuids *uuids) {
    memset(uuids, 0, sizeof *uuids);
    return pthread_mutex_init(&uuids->lock, NULL) == 0 ? ST_OK : ST_NO_MEM;
}

void st_uuids_deinit(st_uuids *uuids) {
    (void)pthread_mutex_destroy(&uuids->lock);
}

/* A new millisecond: fresh bits, the topmost clear, so that there is room to
 * count on. */
static void restart(st_uuids *u, uint64_t ms, const uint64_t random[2]) {
    u->ms = ms;
    u->high = random[0] & (high_mask >> 1);
    u->low = random[1] & low_mask;
}

/* The same one: a random step of 1 to 2^32. */
static void step(st_uuids *u, const uint64_t random[2]) {
    u->low += 1 + (random[0] >> 32);
    if (u->low <= low_mask)
        return;
    u->low &= low_mask;
    if (++u->high > high_mask)
        restart(u, (u->ms + 1) & ms_mask, random);
}

static void write_text(const st_uuids *u, char text[ST_UUID_TEXT_BYTES]) {
    uint64_t variant = UINT64_C(0x8000) | (u->low >> 48);
    (void)snprintf(
        text, ST_UUID_TEXT_BYTES, "%08llx-%04llx-7%03llx-%04llx-%012llx",
        (unsigned long long)(u->ms >> 16), (unsigned long long)(u->ms & 0xFFFF),
        (unsigned long long)u->high, (unsigned long long)variant,
        (unsigned long long)(u->low & ms_mask));
}

st_status st_uuid_next(st_uuids *uuids, int64_t utc_us,
                       char text[ST_UUID_TEXT_BYTES]) {
    uint64_t random[2];
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return ST_IO;
    uint64_t ms = utc_us < 0 ? 0 : (uint64_t)utc_us / 1000 & ms_mask;
    (void)pthread_mutex_lock(&uuids->lock);
    if (ms > uuids->ms)
        restart(uuids, ms, random);
    else
        step(uuids, random);
    write_text(uuids, text);
    (void)pthread_mutex_unlock(&uuids->lock);
    return ST_OK;
}

static bool hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

bool st_uuid_valid(const char *text) {
    if (text == NULL || strnlen(text, ST_UUID_TEXT_BYTES) != 36)
        return false;
    for (int i = 0; i < 36; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !hex(text[i]))
            return false;
    }
    return text[14] == '7' && strchr("89ab", text[19]) != NULL;
}

int64_t st_uuid_time_us(const char *text) {
    unsigned long long high = 0;
    unsigned int low = 0;
    if (!st_uuid_valid(text) || sscanf(text, "%8llx-%4x", &high, &low) != 2)
        return 0;
    return (int64_t)((high << 16 | low) * 1000);
}
