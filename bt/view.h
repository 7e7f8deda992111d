/* view.h - the translation cache for views: what stands where, and why.  const in, no effect. */
#ifndef BT_VIEW_H
#define BT_VIEW_H

#include "vmm/vmm.h"

struct bt_view_insn {
    u32 eip;            /* guest */
    u32 tc;             /* linear address of its emitted code */
    u16 op;
    u8 len;             /* 0: not decodable within its page */
    u8 is_ident;
    u16 tc_len;         /* 0: elided */
    u16 pad;
    const char *rule;   /* IDENT JCC JMP CALL RET LOOP IN-TC CALLOUT JMP-IND CALL-IND */
};
enum bt_continuation { BT_REMAINS, BT_CHAINED, BT_ELIDED };
struct bt_view_continuation {
    u32 eip;            /* guest target */
    u32 site;           /* linear address of the jump in the cache */
    u32 stub;           /* linear address of the stub that calls the translator */
    u32 unit;           /* when chained or elided */
    u8 state;           /* enum bt_continuation */
    u8 through_slot;    /* crosses a page */
    u8 pad[2];
};
struct bt_view_unit {
    u32 eip, gpa;       /* guest */
    u32 tc;             /* linear */
    u16 tc_len, guest_len;
    u8 insns, continuations;
    u8 elided_before;   /* guest jumps that vanished in front of it */
    u8 pad;
};
struct bt_view {
    u32 units, insns, ident;     /* ident: of those, how many were copied */
    u32 continuations, remain, chained, elided;
    u32 used, stubs, size;       /* bytes: units, stub area, the whole cache */
    u32 generation;              /* flushes */
    u32 slots;                   /* cross-page slots in use */
    u32 return_cache;            /* entries filled, of 256 */
};

bool bt_view_available(const struct vmm *v);  /* does this monitor have a cache? */
struct bt_view bt_view_summary(const struct vmm *v);
/* Units by index 0..units-1, which is their order in the cache. */
struct bt_view_unit bt_view_unit(const struct vmm *v, u32 unit);
struct bt_view_insn bt_view_insn(const struct vmm *v, u32 unit, unsigned i);
struct bt_view_continuation bt_view_continuation(const struct vmm *v, u32 unit, unsigned i);
/* The unit whose code holds this linear address, or -1 (not the cache, or its stub area). */
int bt_view_unit_at(const struct vmm *v, u32 linear);
/* Bytes of the cache at a linear address, for disassembly; returns how many are there. */
u32 bt_view_bytes(const struct vmm *v, u32 linear, u8 *out, u32 max);
/* The guest EIP that a target in the stub area stands for; false: elsewhere, or the shared miss stub. */
bool bt_view_stub_eip(const struct vmm *v, u32 linear, u32 *eip);

#endif
