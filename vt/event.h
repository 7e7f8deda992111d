/* event.h - the hardware engine's kinds of events. */
#ifndef VT_EVENT_H
#define VT_EVENT_H

#include "sim/api/event.h"

enum vt_event {
    VT_EVENT_BEFORE = EVENT_VT_FIRST - 1,
#define E(id, name, text, section) VT_##id,
#include "vt/vt.def"
#undef E
    VT_EVENT_END
};

#endif
