/* json.h - the JSON forms: a view's sheet, the header line of a trace. */
#ifndef TUI_JSON_H
#define TUI_JSON_H

#include "tui/sheet.h"

struct json_where { const char *guest, *engine; u64 step, tick; };

/* {"schema":"stepvisor-view","version":1,"view":..,"guest":..,"engine":..,"step":..,"tick":..,
 *  SECTION: {...} | [{...}] | ["..."]} and a newline. */
void json_view(const struct sheet *s, const struct json_where *where, struct text *out);
/* {"schema":"stepvisor-trace","version":1,"guest":..,"engine":..} and a newline. */
void json_trace_header(const struct json_where *where, struct text *out);

#endif
