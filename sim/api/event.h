/* event.h - one stream of fixed-size records.  Emitting is one mask test when nobody listens;
 * readers read later and cannot disturb.  Kinds are layered like the folders. */
#ifndef SIM_API_EVENT_H
#define SIM_API_EVENT_H

#include "sim/api/base.h"

struct event {
    u64 step, tick;
    u32 eip;   /* the real processor's EIP when it was emitted */
    u16 kind;
    u8 cpl;    /* the real CPL */
    u8 mode;   /* EVENT_MODE_ */
    u32 arg[4];
};

enum event_mode { EVENT_MODE_NATIVE /* no monitor */, EVENT_MODE_DIRECT /* CPL > 0, not the cache */,
                  EVENT_MODE_CACHE, EVENT_MODE_NONROOT, EVENT_MODE_MONITOR };

enum event_kind { /* the layers' own enums continue: vmm/event.h, bt/event.h, vt/event.h */
    EVENT_HW_FIRST = 0, EVENT_VMM_FIRST = 64, EVENT_BT_FIRST = 128, EVENT_VT_FIRST = 192,
    EVENT_KINDS = 256,
};
enum hw_event {
    HW_EVENT_BEFORE = EVENT_HW_FIRST - 1,
#define E(id, name, text, section) HW_##id,
#include "sim/api/hw.def"
#undef E
    HW_EVENT_END
};

/* A row of a .def: E(id, "name", "sentence with {n:fmt}", "SDM or paper section").
 * fmt of argument n: x (hex), d (decimal), vec (exception name), op (mnemonic), exit (exit reason),
 * reg, sreg, cr, irq, la/gpa/mpa (address), flags, rule, bool, acct, chr (byte and character), slot (of
 * the window), intr (VM-entry interruption-information), by (" by " and a mnemonic, or nothing), code (all
 * arguments: bytes of no instruction, insn_bytes_pack), insn (a mnemonic; OP_COUNT: "(bad)" and the first
 * bytes, argument 2 is how many, 0-4, and argument 3 has them), and [a|b|..]: the words of that number, the
 * last for all that are greater; they may have holes. */
struct event_info { const char *name, *text, *section; };

#endif
