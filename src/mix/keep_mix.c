#include "mix/print_cache.h"
#include "mix/stage_mix.h"

extern const st_stage st_stage_mix;

static bool find_folder(const st_mix_job *job, const char *kind, char *path,
                        size_t bytes) {
    const char *root = st_ctx_cache(job->ctx);
    return root != NULL && st_print_cache_folder(root, kind, path, bytes);
}

void st_mix_keep_open(st_mix_job *job) {
    st_print_maker(st_stage_mix.version, job->maker);
    if (!find_folder(job, "prints", job->kept_folder, sizeof job->kept_folder))
        job->kept_folder[0] = '\0';
    if (!find_folder(job, "heard", job->heard_folder, sizeof job->heard_folder))
        job->heard_folder[0] = '\0';
}

/* --- what was heard --- */

bool st_mix_recall(st_mix_job *job, int file, st_file_facts *out) {
    char key[ST_HASH_TEXT_BYTES];
    return job->heard_folder[0] != '\0' &&
           st_heard_key(&job->session, file, job->maker, key) &&
           st_heard_load(job->heard_folder, key, out);
}

void st_mix_remember(st_mix_job *job, int file, const st_file_facts *heard) {
    char key[ST_HASH_TEXT_BYTES];
    if (job->heard_folder[0] != '\0' &&
        st_heard_key(&job->session, file, job->maker, key) &&
        st_heard_store(job->heard_folder, key, heard))
        st_print_cache_trim(job->heard_folder, ST_HEARD_CACHE_BYTES);
}

/* --- prints --- */

bool st_mix_keeps(const st_mix_job *job) {
    return job->kept_folder[0] != '\0';
}

static bool key_of(const st_mix_job *job, int stem,
                   char key[ST_HASH_TEXT_BYTES]) {
    return st_print_key(&job->recipe, &job->session, job->heard.file, stem,
                        job->maker, key);
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
