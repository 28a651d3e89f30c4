/* What the linker's --wrap calls instead of the C library (meson.build). */
#include "support/failing.h"
#include "support/realtime.h"

#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <fcntl.h>

#define WRAP(type, name, params, args)                                         \
    type __real_##name params;                                                 \
    type __wrap_##name params;                                                 \
    type __wrap_##name params {                                                \
        rt_gate(#name);                                                        \
        return __real_##name args;                                             \
    }

#define WRAP_MAKER(name, params, args)                                         \
    void *__real_##name params;                                                \
    void *__wrap_##name params;                                                \
    void *__wrap_##name params {                                               \
        rt_gate(#name);                                                        \
        if (failing_now())                                                     \
            return NULL;                                                       \
        void *block = __real_##name args;                                      \
        failing_made(block);                                                   \
        return block;                                                          \
    }

WRAP_MAKER(malloc, (size_t size), (size))
WRAP_MAKER(calloc, (size_t count, size_t size), (count, size))
WRAP_MAKER(aligned_alloc, (size_t align, size_t size), (align, size))

void *__real_realloc(void *block, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_realloc(void *block, size_t size) {
    rt_gate("realloc");
    if (failing_now())
        return NULL;
    failing_freed(block);
    void *grown = __real_realloc(block, size);
    failing_made(grown);
    return grown;
}

int __real_posix_memalign(void **out, size_t align, size_t size);
int __wrap_posix_memalign(void **out, size_t align, size_t size);
int __wrap_posix_memalign(void **out, size_t align, size_t size) {
    rt_gate("posix_memalign");
    if (failing_now())
        return 12; /* ENOMEM */
    int error = __real_posix_memalign(out, align, size);
    if (error == 0)
        failing_made(*out);
    return error;
}

void __real_free(void *block);
void __wrap_free(void *block);
void __wrap_free(void *block) {
    rt_gate("free");
    failing_freed(block);
    __real_free(block);
}

char *__wrap_strdup(const char *text);
char *__wrap_strdup(const char *text) {
    size_t bytes = strlen(text) + 1;
    char *copy = malloc(bytes);
    if (copy != NULL)
        memcpy(copy, text, bytes);
    return copy;
}

WRAP(int, pthread_mutex_lock, (pthread_mutex_t * m), (m))
WRAP(int, pthread_mutex_trylock, (pthread_mutex_t * m), (m))
WRAP(int, pthread_cond_wait, (pthread_cond_t * c, pthread_mutex_t *m), (c, m))
WRAP(int, pthread_cond_signal, (pthread_cond_t * c), (c))
WRAP(int, pthread_cond_broadcast, (pthread_cond_t * c), (c))
WRAP(int, close, (int fd), (fd))
WRAP(ssize_t, read, (int fd, void *data, size_t n), (fd, data, n))
WRAP(ssize_t, write, (int fd, const void *data, size_t n), (fd, data, n))
WRAP(FILE *, fopen, (const char *path, const char *mode), (path, mode))
WRAP(int, fclose, (FILE * file), (file))
WRAP(size_t, fwrite, (const void *data, size_t size, size_t n, FILE *file),
     (data, size, n, file))
WRAP(int, fputs, (const char *text, FILE *file), (text, file))
WRAP(int, fputc, (int c, FILE *file), (c, file))
WRAP(int, puts, (const char *text), (text))
WRAP(int, putchar, (int c), (c))
WRAP(int, fflush, (FILE * file), (file))
WRAP(int, usleep, (useconds_t us), (us))
WRAP(int, nanosleep, (const struct timespec *t, struct timespec *rest),
     (t, rest))
WRAP(int, poll, (struct pollfd * fds, nfds_t n, int timeout_ms),
     (fds, n, timeout_ms))

/* Meson asks for 64-bit offsets, so that headers may turn open into open64. */
#define WRAP_OPEN(name)                                                        \
    int __real_##name(const char *path, int flags, ...);                       \
    int __wrap_##name(const char *path, int flags, ...);                       \
    int __wrap_##name(const char *path, int flags, ...) {                      \
        rt_gate(#name);                                                        \
        va_list args;                                                          \
        va_start(args, flags);                                                 \
        int mode = va_arg(args, int);                                          \
        va_end(args);                                                          \
        return __real_##name(path, flags, mode);                               \
    }

WRAP_OPEN(open)
WRAP_OPEN(open64)
WRAP(FILE *, fopen64, (const char *path, const char *mode), (path, mode))

int __wrap_printf(const char *format, ...);
int __wrap_printf(const char *format, ...) {
    rt_gate("printf");
    va_list args;
    va_start(args, format);
    int n = vprintf(format, args);
    va_end(args);
    return n;
}

int __wrap_fprintf(FILE *file, const char *format, ...);
int __wrap_fprintf(FILE *file, const char *format, ...) {
    rt_gate("fprintf");
    va_list args;
    va_start(args, format);
    int n = vfprintf(file, format, args);
    va_end(args);
    return n;
}
