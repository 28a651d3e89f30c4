/* report: what was done and measured, as JSON "stemma.report/1".
 * Source: issue row M54: the field names of the MixMaster document exactly;
 * further fields beside them. A part that did not run is null, and
 * `warnings` says so. */
#ifndef ST_MASTER_REPORT_H
#define ST_MASTER_REPORT_H

#include "master/album.h"
#include "master/track.h"

#include <jansson.h>

/* What the stage knows besides the track. */
typedef struct {
    const st_decide_options *options;
    double seconds;              /* so far, all of the job */
    json_t *phases;              /* {"analysing": s, ...}, borrowed, or NULL */
    json_t *previews;            /* array of objects, borrowed, or NULL */
    const st_album *album;       /* or NULL */
    const char *const *messages; /* warnings of the job, `message_count` */
    int message_count;
} st_report_facts;

/* A new document, or NULL when out of memory. [any] */
json_t *st_report_json(const st_track *track, const st_report_facts *facts);
/* Several tracks: {"schema", "album", "tracks": [documents]}; takes the
 * references of `tracks` (an array). [any] */
json_t *st_report_album_json(const st_album *album, json_t *tracks);

/* `value` rounded to `decimals`, null when it is not finite. A new reference.
 */
json_t *st_report_number(double value, int decimals);

#endif
