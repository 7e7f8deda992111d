/* event.h - the monitor's kinds of events. */
#ifndef VMM_EVENT_H
#define VMM_EVENT_H

#include "sim/api/event.h"

enum vmm_event {
    VMM_EVENT_BEFORE = EVENT_VMM_FIRST - 1,
#define E(id, name, text, section) VMM_##id,
#include "vmm/vmm.def"
#undef E
    VMM_EVENT_END
};

#endif
