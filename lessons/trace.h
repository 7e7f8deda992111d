/* trace.h - events in words and as JSON: the one place that renders them. */
#ifndef LESSONS_TRACE_H
#define LESSONS_TRACE_H

#include "lessons/world.h"

const struct event_info *event_info(unsigned kind);  /* over all layers; NULL: no such kind */
int event_by_name(const char *name);                 /* "callout", "hidden-fault"; -1 */
unsigned event_name_width(void);                     /* columns of the longest name of all layers */
const char *event_layer(unsigned kind);              /* "hw", "vmm", "bt", "vt" */
/* "#GP", or "vector 0x20"; returns out. */
const char *trace_vector(u32 vector, char out[24]);
/* The English sentence, arguments filled in (symbols where the image knows an address). */
int event_sentence(const struct event *e, const struct image *image, char *out, size_t size);
/* One JSON object, no newline: {"step":..,"tick":..,"kind":"..","layer":..,"eip":"0x..",...,"text":..}.
 * Integers are numbers, addresses strings, no host time. */
int event_json(const struct event *e, const struct image *image, char *out, size_t size);

#endif
