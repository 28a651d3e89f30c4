#include "job/table.h"

#include "stage/text.h"

#include <limits.h>
#include <string.h>

extern const st_stage st_stage_analyze;
extern const st_stage st_stage_convert;
extern const st_stage st_stage_master;
extern const st_stage st_stage_mix;
extern const st_stage st_stage_stems;

static const st_stage *const stages[] = {
    &st_stage_analyze, &st_stage_convert, &st_stage_master,
    &st_stage_mix,     &st_stage_stems,   NULL,
};

const st_stage *const *st_table(int *count) {
    *count = 0;
    while (stages[*count] != NULL)
        ++*count;
    return stages;
}

const st_stage *st_table_find(const char *name) {
    for (int i = 0; stages[i] != NULL; i++)
        if (strcmp(stages[i]->name, name) == 0)
            return stages[i];
    return NULL;
}

st_status st_table_need(const char *name, const st_stage **out, st_err *err) {
    const st_stage *stage = st_table_find(name);
    if (stage != NULL) {
        *out = stage;
        return ST_OK;
    }
    int best = INT_MAX;
    const char *near = NULL;
    for (int i = 0; stages[i] != NULL; i++)
        if (st_nearer(name, stages[i]->name, &best))
            near = stages[i]->name;
    if (near != NULL)
        return st_err_set(err, ST_NOT_FOUND,
                          "There is no stage %.64s. Did you mean %s?", name,
                          near);
    return st_err_set(err, ST_NOT_FOUND,
                      "There is no stage %.64s; `stemma stages` lists them.",
                      name);
}
