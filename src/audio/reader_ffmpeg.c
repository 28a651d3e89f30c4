#include "audio/reader_impl.h"

st_status st_reader_open_ffmpeg(st_reader **out, st_reader *core, st_err *err) {
    (void)out;
    return st_err_set(err, ST_UNSUPPORTED,
                      "'%s' is %s, which cannot be read "
                      "yet.",
                      core->name, st_magic_name(core->info.kind));
}
