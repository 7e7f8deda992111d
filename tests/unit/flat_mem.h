/* flat_mem.h - the owner of a processor state over a few pages of flat memory, for unit tests.
 *
 * No paging: linear is physical; each page can be made absent or read-only by hand, for #PF in
 * the middle of a frame.  GDT, IDT, TSS, stacks have fixed places; tests fill in the rest. */
#ifndef TESTS_UNIT_FLAT_MEM_H
#define TESTS_UNIT_FLAT_MEM_H

#include "sim/api/desc.h"
#include "sim/api/isa.h"
#include "tests/unit/unit.h"

#include <string.h>

enum { GDT = 0x1000, LDT = 0x1800, IDT = 0x2000, TSS = 0x3000, TSS_B = 0x3100, TSS_16 = 0x3200,
       IOMAP = 0x3080, CODE = 0x5000, STACK0 = 0x8000, STACK3 = 0xa000, FLAT_RAM = 0x20000 };
/* selectors that flat_reset() provides; RPL is added by the test */
enum { K_CODE = 0x08, K_DATA = 0x10, U_CODE = 0x18, U_DATA = 0x20, K_TSS = 0x28, FREE = 0x30 };
enum { PAGE_OK = 0, PAGE_ABSENT = 1, PAGE_READ_ONLY = 2 };

struct flat {
    struct isa x;
    struct arch s;
    u8 ram[FLAT_RAM];
    u8 page[FLAT_RAM / PAGE_SIZE];
    unsigned told[ISA_IRET + 1]; /* how often each change was reported */
};

static inline fault_t flat_check(struct isa *x, u32 la, unsigned size, unsigned access)
{
    const struct flat *f = x->owner;
    for (u32 at = la; at != la + size; at++) {
        CU_ASSERT_FATAL(at < FLAT_RAM);
        u8 page = f->page[at >> PAGE_SHIFT];
        bool write = access & ACCESS_WRITE;
        if (page == PAGE_OK || (page == PAGE_READ_ONLY && !write))
            continue;
        x->fault_la = at;
        return FAULT_ERR(VEC_PF, (page == PAGE_READ_ONLY) | (write ? PF_WRITE : 0) |
                                     (access & ACCESS_USER ? PF_USER : 0));
    }
    return FAULT_NONE;
}

static inline fault_t flat_read(struct isa *x, u32 la, unsigned size, unsigned access,
                                u32 *value)
{
    fault_t f = flat_check(x, la, size, access);
    *value = 0;
    if (!f)
        memcpy(value, &((struct flat *)x->owner)->ram[la], size);
    return f;
}

static inline fault_t flat_write(struct isa *x, u32 la, unsigned size, unsigned access,
                                 u32 value)
{
    fault_t f = flat_check(x, la, size, access);
    if (!f)
        memcpy(&((struct flat *)x->owner)->ram[la], &value, size);
    return f;
}

static inline fault_t flat_msr(struct isa *x, u32 msr, u64 *value)
{
    (void)x;
    *value = 0x123456789abcdefull;
    return msr - MSR_COUNT < 2 ? FAULT_NONE : FAULT_ERR(VEC_GP, 0);
}

static inline u64 flat_tsc(struct isa *x) { return (u64)x->s->eip << 32 | 0x55667788; }

static inline void flat_changed(struct isa *x, enum isa_change what, u32 arg)
{
    (void)arg;
    ((struct flat *)x->owner)->told[what]++;
}

/* Physical memory is the flat one. */
static u32 flat_read_phys(struct isa *x, u32 pa)
{
    u32 v;
    memcpy(&v, &((struct flat *)x->owner)->ram[pa], 4);
    return v;
}

static const struct isa_ops flat_ops = {
    .read = flat_read, .read_phys = flat_read_phys, .write = flat_write, .probe = flat_check,
    .rdmsr = flat_msr, .tsc = flat_tsc, .changed = flat_changed,
};

/* ---- memory ---- */

static inline void poke32(struct flat *f, u32 at, u32 v) { memcpy(&f->ram[at], &v, 4); }
static inline void poke16(struct flat *f, u32 at, u16 v) { memcpy(&f->ram[at], &v, 2); }
static inline u32 peek32(const struct flat *f, u32 at)
{
    u32 v;
    memcpy(&v, &f->ram[at], 4);
    return v;
}
static inline u16 peek16(const struct flat *f, u32 at) { return (u16)peek32(f, at); }

/* A descriptor: ar as arch.h draws it, limit in bytes. */
static inline void set_desc(struct flat *f, u16 sel, u32 ar, u32 base, u32 limit)
{
    struct seg seg = { .ar = ar, .base = base, .limit = limit };
    u32 at = (sel & SEL_TI ? LDT : GDT) + (sel & 0xfff8), lo, hi;
    desc_pack(&seg, &lo, &hi);
    poke32(f, at, lo);
    poke32(f, at + 4, hi);
}

static inline void set_gate(struct flat *f, u32 at, u8 type, u8 dpl, u16 sel, u32 offset)
{
    struct gate g = { .sel = sel, .type = type, .dpl = dpl, .present = 1, .offset = offset };
    u32 lo, hi;
    gate_pack(&g, &lo, &hi);
    poke32(f, at, lo);
    poke32(f, at + 4, hi);
}

static inline u8 access_byte(const struct flat *f, u16 sel)
{
    return f->ram[(sel & SEL_TI ? LDT : GDT) + (sel & 0xfff8) + 5];
}

#endif
