#include "stage/stage.h"

#include <math.h>
#include <string.h>

/* The end of an array is the element whose name is NULL. */
#define COUNT(array)                                                           \
    do {                                                                       \
        int n = 0;                                                             \
        while ((array) != NULL && (array)[n].name != NULL)                     \
            n++;                                                               \
        return n;                                                              \
    } while (0)
#define FIND(array, wanted)                                                    \
    do {                                                                       \
        for (int i = 0; (array) != NULL && (array)[i].name != NULL; i++)       \
            if (strcmp((array)[i].name, (wanted)) == 0)                        \
                return i;                                                      \
        return -1;                                                             \
    } while (0)

int st_engine_count(const st_stage *stage) {
    COUNT(stage->engines);
}

int st_param_count(const st_stage *stage) {
    COUNT(stage->params);
}

int st_input_count(const st_stage *stage) {
    COUNT(stage->inputs);
}

int st_output_count(const st_stage *stage) {
    COUNT(stage->outputs);
}

int st_engine_find(const st_stage *stage, const char *name) {
    FIND(stage->engines, name);
}

int st_param_find(const st_stage *stage, const char *name) {
    FIND(stage->params, name);
}

int st_input_find(const st_stage *stage, const char *name) {
    FIND(stage->inputs, name);
}

int st_output_find(const st_stage *stage, const char *name) {
    FIND(stage->outputs, name);
}

const char *st_param_type_name(st_param_type type) {
    static const char *const names[] = {"bool",   "int",    "float",
                                        "choice", "string", "time",
                                        "seed",   "asset",  "json"};
    return (unsigned)type < sizeof names / sizeof *names ? names[type] : "?";
}

const char *st_engine_kind_name(st_engine_kind kind) {
    static const char *const names[] = {"dsp", "neural", "rules"};
    return (unsigned)kind < sizeof names / sizeof *names ? names[kind] : "?";
}

const char *st_span_kind_name(st_span_kind kind) {
    static const char *const names[] = {"stream", "whole", "segments"};
    return (unsigned)kind < sizeof names / sizeof *names ? names[kind] : "?";
}

const char *st_kind_name(st_kind kind) {
    static const char *const names[] = {"audio", "midi", "json", "model",
                                        "image", "html", "data"};
    return (unsigned)kind < sizeof names / sizeof *names ? names[kind] : "?";
}
