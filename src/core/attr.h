/* attr: the only place where compiler extensions may be named.
 * Source: GCC manual, "Common Function Attributes". */
#ifndef ST_CORE_ATTR_H
#define ST_CORE_ATTR_H

/* The caller must look at the returned status. */
#define ST_MUST_USE __attribute__((warn_unused_result))
/* printf-like: argument FMT is the format, ARGS the first value. */
#define ST_PRINTF(FMT, ARGS) __attribute__((format(printf, FMT, ARGS)))
/* Exported from libstemma.so. */
#define ST_API __attribute__((visibility("default")))
/* Never inlined (marks the borders of the realtime section in tests). */
#define ST_NOINLINE __attribute__((noinline))
/* Quiet an unused parameter that a function table demands. */
#define ST_UNUSED __attribute__((unused))
/* Inlined at every call, so that constant arguments become constants. */
#define ST_INLINE static inline __attribute__((always_inline))
/* Before a loop: no iteration reads what another one writes. */
#if defined(__clang__)
#define ST_IVDEP _Pragma("clang loop vectorize(assume_safety)")
#else
#define ST_IVDEP _Pragma("GCC ivdep")
#endif

/* For a short spin: tell the core that this thread waits. */
#if defined(__x86_64__)
#define ST_CPU_RELAX() __builtin_ia32_pause()
#else
#define ST_CPU_RELAX() ((void)0)
#endif

/* A type of BYTES bytes whose operators work on each element, on any CPU:
 * typedef double v4d ST_VECTOR(32). Pass such values by pointer only (by value
 * their ABI depends on the CPU level). */
#define ST_VECTOR(BYTES) __attribute__((vector_size(BYTES)))
/* Vector V converted element by element to vector type TYPE. */
#define ST_VECTOR_CONVERT(V, TYPE) __builtin_convertvector(V, TYPE)
/* Elements of A, B picked by constant indices (those of B follow A's). */
#define ST_VECTOR_PICK(A, B, ...) __builtin_shufflevector(A, B, __VA_ARGS__)

#endif
