#include "mix/print_cache.h"
#include "mix/stage_mix.h"

extern const st_stage st_stage_mix;

bool st_mix_keeps(st_mix_job *job) {
    const char *root = st_ctx_cache(job->ctx);
    if (root == NULL)
        return false;
    if (job->kept_folder[0] == '\0' &&
        !st_print_cache_folder(root, job->kept_folder, sizeof job->kept_folder))
        job->kept_folder[0] = '\0';
    return job->kept_folder[0] != '\0';
}

static bool key_of(const st_mix_job *job, int stem,
                   char key[ST_HASH_TEXT_BYTES]) {
    char maker[ST_PRINT_MAKER_BYTES];
    st_print_maker(st_stage_mix.version, maker);
    return st_print_key(&job->recipe, &job->session, job->heard.file, stem,
                        maker, key);
}

void st_mix_find_prints(st_mix_job *job) {
    char key[ST_HASH_TEXT_BYTES];
    for (int i = 0; st_mix_keeps(job) && i < job->recipe.stems; i++)
        if (job->prints[i].spool == NULL)
            job->kept[i] =
                key_of(job, i, key) &&
                st_print_cache_load(job->kept_folder, key, &job->prints[i]);
}

void st_mix_keep_prints(st_mix_job *job) {
    char key[ST_HASH_TEXT_BYTES];
    int known = 0;
    if (!st_mix_keeps(job))
        return;
    for (int i = 0; i < job->recipe.stems; i++) {
        known += job->kept[i];
        if (!job->kept[i] && key_of(job, i, key))
            (void)st_print_cache_store(job->kept_folder, key, &job->prints[i]);
    }
    if (known > 0)
        st_ctx_note(job->ctx, "%d of %d stems from kept prints.", known,
                    job->recipe.stems);
    if (known < job->recipe.stems)
        st_print_cache_trim(job->kept_folder, ST_PRINT_CACHE_BYTES);
}
