/* tc.h - the translation cache and its tables.
 *
 * Owns: the space of the cache, and the records of what stands in it: units (in cache order, so
 * a cache address is found by bisection), the instructions of each, and stubs (continuations
 * and confirmation blocks, growing down from the end).  All of it lies in the monitor's RAM;
 * the hot part is struct bt_state.  Nothing is ever freed: a full table empties everything (OSR
 * 2010 evicts by age; here one generation ends and the next begins).
 *
 * Invariant: the hash finds a unit only by (linear EIP, guest-physical address), and unit.gpa's
 * page carries TRACE_CODE, so a found unit is a true translation. */
#ifndef BT_TC_H
#define BT_TC_H

#include "bt/gs.h"
#include "bt/rules.h"
#include "vmm/vmm.h"

enum { TC_UNITS = 8192, TC_INSNS = 6 * TC_UNITS, TC_STUBS = 3 * TC_UNITS, TC_HASH = 4096,
       UNIT_MAX = 12 /* the paper, 3.2 */, EXTRA_MAX = PEEK_JUMPS };
#define TC_NONE 0xffffffffu

struct unit {
    u32 eip, gpa;       /* of its first instruction */
    u32 tc;             /* offset in the cache */
    u32 insn;           /* index of its first instruction record */
    u32 stub;           /* index of its first stub */
    u32 next_hash, next_page; /* chains; index + 1 */
    u16 tc_len;         /* shrinks by the closing jump when that is elided */
    u16 guest_len;
    u8 n;               /* guest instructions */
    u8 extra;           /* elided jumps that its first cache instruction counts */
    u8 stubs;
    u8 pad;
};
struct tc_insn {
    u16 op;
    u16 at, len;        /* cache bytes, from the unit's start */
    u8 offset;          /* guest bytes, from the unit's EIP */
    u8 guest_len;       /* 0: not decodable in its page */
    u8 rule;
    u8 pad;
};

enum stub_kind {
    STUB_MISS,    /* the shared one: not in the return cache                           */
    STUB_JUMP,    /* a closing jmp rel32 at `site`: may be elided                      */
    STUB_JCC,     /* a jcc rel32 at `site`                                             */
    STUB_SLOT,    /* a cross-page jump through `slot`, from `site` itself              */
    STUB_THUNK,   /* the same for a jcc: jmp *slot stands here, the int behind it      */
    STUB_CONFIRM, /* confirmation block of an indirect target, its jump at `site`      */
};
enum stub_state { STUB_REMAINS, STUB_CHAINED, STUB_ELIDED };
struct stub {
    u32 tc;             /* offset in the cache */
    u32 eip, gpa;       /* where it goes; gpa TC_NONE: another page, looked up each time */
    u32 unit;           /* whose continuation, TC_NONE: a confirmation block */
    u32 site;           /* offset of the jump to patch */
    u32 target;         /* unit, when chained or elided */
    u32 next_hash;      /* confirmation blocks; index + 1 */
    u16 slot;
    u8 kind, state;
};

/* Where the cache was left, when going back there at once is possible. */
struct bt_resume {
    u64 count, tick;    /* MSR_COUNT there; and with the elided jumps that are done */
    u32 pc;             /* cache offset, TC_NONE: nowhere */
    u32 reg[8];         /* the hardware's, mid-sequence */
    u32 after_pc, after_eip; /* behind a callout: valid when the guest's EIP is after_eip */
    u32 pad;
    struct arch arch;   /* what was imported: unchanged means nothing happened */
};
struct bt_state {       /* arena, hot: the engine's state */
    u32 units, insns, stubs, unit_hash, page_hash, confirm_hash; /* machine-physical */
    u32 slot_stub;
    u32 generation;
    u32 next, stub_low; /* cache offsets, see layout.h */
    u32 unit_count, insn_count, stub_count, slot_count;
    u64 floor;          /* guest time of the last entry: the guest is never before it */
    u64 input_due;      /* when the next byte from outside is, as of the last entry */
    struct bt_resume resume;
};
_Static_assert(sizeof(struct unit) == 36 && sizeof(struct tc_insn) == 10 && sizeof(struct stub) == 32 &&
               sizeof(struct bt_resume) == 352 && sizeof(struct bt_state) == 72 + 352,
               "what lies in the arena has no implicit padding");

static inline struct bt_state *bt_of(const struct vmm *v) { return v->engine_state; }
static inline mpa_t tc_mpa(const struct vmm *v, u32 offset)
{
    return (mpa_t){ v->s->tc + offset };
}

void tc_init(struct vmm *v);
enum flush_why { FLUSH_ASKED, FLUSH_FULL, FLUSH_CODE };
void tc_flush(struct vmm *v, enum flush_why why, u32 gpa);
/* Is there room for one more unit with all it may need? */
bool tc_room(const struct vmm *v);
/* Bytes into the cache, weights first: the machine samples them when it decodes. */
void tc_store(struct vmm *v, u32 offset, const u8 *bytes, const u8 *weights, u32 len);
void tc_patch32(struct vmm *v, u32 offset, u32 value);

const struct unit *tc_unit(const struct vmm *v, u32 index);
struct unit *tc_unit_edit(struct vmm *v, u32 index);
const struct tc_insn *tc_insn(const struct vmm *v, u32 index);
const struct stub *tc_stub(const struct vmm *v, u32 index);
struct stub *tc_stub_edit(struct vmm *v, u32 index);

/* Append records; the caller has asked tc_room. */
u32 tc_add_unit(struct vmm *v, const struct unit *u, const struct tc_insn *insns);
u32 tc_add_stub(struct vmm *v, const struct stub *s, u32 bytes); /* sets tc */
u32 tc_add_slot(struct vmm *v, u32 stub);

/* TC_NONE: not there.  plain: only one without elided jumps before it, which all may enter. */
u32 tc_find(const struct vmm *v, u32 eip, u32 gpa, bool plain);
u32 tc_find_confirm(const struct vmm *v, u32 eip, u32 gpa);
u32 tc_unit_at(const struct vmm *v, u32 offset); /* the last one that starts at or before it */
u32 tc_stub_at(const struct vmm *v, u32 offset);
bool tc_covers(const struct vmm *v, u32 gpa, u32 len); /* has any byte there been translated? */

#endif
