/* flat.h - a machine over flat memory (flat_mem.h), ready to execute, for unit tests.
 *
 * `flat_exec` decodes and executes real bytes; `flat_refuses` checks in addition that a fault
 * left registers and all of memory alone. */
#ifndef TESTS_UNIT_FLAT_H
#define TESTS_UNIT_FLAT_H

#include "tests/unit/flat_mem.h"

/* ---- a machine in protected mode, ring 0, everything in place but an IDT ---- */

enum { AR_CODE0 = 0xc09b, AR_DATA0 = 0xc093, AR_CODE3 = 0xc0fb, AR_DATA3 = 0xc0f3 };

static inline struct seg flat_seg(u16 sel, u32 ar)
{
    return (struct seg){ .sel = sel, .ar = ar, .limit = 0xffffffffu };
}

static inline void flat_reset(struct flat *f)
{
    memset(f, 0, sizeof(*f));
    f->x = (struct isa){ .s = &f->s, .ops = &flat_ops, .owner = f };
    arch_reset_multiboot(&f->s, CODE, 0);
    set_desc(f, K_CODE, AR_CODE0, 0, 0xffffffffu);
    set_desc(f, K_DATA, AR_DATA0, 0, 0xffffffffu);
    set_desc(f, U_CODE, AR_CODE3, 0, 0xffffffffu);
    set_desc(f, U_DATA, AR_DATA3, 0, 0xffffffffu);
    set_desc(f, K_TSS, 0x8b, TSS, 0xff);
    f->s.gdtr = (struct dtr){ GDT, 0x7ff };
    f->s.idtr = (struct dtr){ IDT, 0x7ff };
    f->s.ldtr = (struct seg){ .sel = 0x78, .ar = 0x82, .base = LDT, .limit = 0xff };
    f->s.tr = (struct seg){ .sel = K_TSS, .ar = 0x8b, .base = TSS, .limit = 0xff };
    f->s.reg[ESP] = STACK0;
    poke32(f, TSS + TSS_ESP0, STACK0);
    poke16(f, TSS + TSS_SS0, K_DATA);
}

/* ... in ring 3, as an IRET would have left it */
static inline void flat_user(struct flat *f)
{
    flat_reset(f);
    f->s.cpl = 3;
    f->s.reg[ESP] = STACK3;
    for (unsigned i = 0; i < SREG_COUNT; i++)
        f->s.seg[i] = flat_seg(U_DATA | 3, AR_DATA3);
    f->s.seg[CS] = flat_seg(U_CODE | 3, AR_CODE3);
}

/* ... in virtual-8086 mode: CS 0x500 (so CODE is at IP 0), SS 0xa00, the rest distinct */
static inline void flat_v86(struct flat *f, unsigned iopl)
{
    static const u16 sel[SREG_COUNT] = { 0x601, 0x500, 0xa00, 0x602, 0x603, 0x604 };
    flat_user(f);
    f->s.eflags |= FL_VM | iopl << 12;
    for (unsigned i = 0; i < SREG_COUNT; i++)
        f->s.seg[i] = (struct seg){ .sel = sel[i], .ar = 0xf3, .base = (u32)sel[i] << 4,
                                    .limit = 0xffff };
    f->s.eip = 0;
    f->s.reg[ESP] = 0x1000;
}

/* ---- running ---- */

static inline fault_t flat_exec_bytes(struct flat *f, const u8 *bytes, unsigned count)
{
    struct insn in;
    memcpy(&f->ram[f->s.seg[CS].base + f->s.eip], bytes, count);
    enum decode_status status = decode(bytes, count, arch_code32(&f->s), &in);
    CU_ASSERT_FATAL(status == DECODE_OK && in.len == count);
    return isa_exec(&f->x, &in);
}
#define flat_exec(f, ...) \
    flat_exec_bytes(f, (const u8[]){ __VA_ARGS__ }, sizeof((const u8[]){ __VA_ARGS__ }))

/* The instruction faults so, and nothing but its own bytes is new. */
static inline bool flat_refuses_bytes(struct flat *f, fault_t want, const u8 *bytes,
                                      unsigned count)
{
    memcpy(&f->ram[f->s.seg[CS].base + f->s.eip], bytes, count);
    struct flat *before = malloc(sizeof(*before));
    *before = *f;
    fault_t got = flat_exec_bytes(f, bytes, count);
    bool same = !memcmp(&before->s, &f->s, sizeof(f->s)) &&
                !memcmp(before->ram, f->ram, FLAT_RAM) &&
                !memcmp(before->told, f->told, sizeof(f->told));
    free(before);
    if (got != want)
        printf("\n      fault %07x, want %07x ", got, want);
    if (!same)
        printf("\n      state changed ");
    return got == want && same;
}
#define flat_refuses(f, want, ...)                                       \
    CU_ASSERT(flat_refuses_bytes(f, want, (const u8[]){ __VA_ARGS__ },   \
                                 sizeof((const u8[]){ __VA_ARGS__ })))

#define GP(error) FAULT_ERR(VEC_GP, error)
#define NP(error) FAULT_ERR(VEC_NP, error)
#define TS(error) FAULT_ERR(VEC_TS, error)
#define SSF(error) FAULT_ERR(VEC_SS, error)
#define PF(error) FAULT_ERR(VEC_PF, error)

#endif
