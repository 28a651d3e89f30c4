/* realtime: traps what real-time code must not call.
 * Source: style.md, "Real time". Link with realtime_dep (the linker's --wrap
 * sends every call from our objects here; calls inside shared libraries are
 * not seen). Between enter and leave, on the thread that entered, a call of
 * malloc, free and the like, a lock, a file or a sleep names itself on
 * stderr and aborts. */
#ifndef ST_TESTS_SUPPORT_REALTIME_H
#define ST_TESTS_SUPPORT_REALTIME_H

/* These two stand in another source file than their callers, or the compiler
 * could move or remove the calls between them. Not nested. */
void rt_enter(void);
void rt_leave(void);

/* For wrap.c: aborts when this thread is inside. */
void rt_gate(const char *name);

#endif
