/* event.h - the translator's kinds of events. */
#ifndef BT_EVENT_H
#define BT_EVENT_H

#include "sim/api/event.h"

enum bt_event {
    BT_EVENT_BEFORE = EVENT_BT_FIRST - 1,
#define E(id, name, text, section) BT_##id,
#include "bt/bt.def"
#undef E
    BT_EVENT_END
};

#endif
