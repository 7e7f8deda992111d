/* tiny.h - the smallest monitored machine: page tables, gates into the window, a guest at CPL 3 or 1,
 * and no monitor at all.  The test itself answers at the window.
 *
 *   1000 directory  2000 table of 0-4 MB  3000 table of the top 4 MB  4000 ring-0 stack  5000 IDT
 *   6000 GDT  7000 TSS  10000 translation cache (one page)  20000 its weights  30000 guest code
 *   41000 guest data and stack                  all identity-mapped; the window at TINY_WINDOW */
#ifndef TESTS_TINY_H
#define TESTS_TINY_H

#include <string.h>

#include "sim/api/desc.h"
#include "sim/api/paging.h"
#include "sim/machine_impl.h"
#include "tests/unit/unit.h"

enum { TINY_RAM = 1 << 20, TINY_PD = 0x1000, TINY_PT = 0x2000, TINY_TOP_PT = 0x3000,
       TINY_STACK = 0x5000, TINY_IDT = 0x5000, TINY_GDT = 0x6000, TINY_TSS = 0x7000,
       TINY_CACHE = 0x10000, TINY_WEIGHTS = 0x20000, TINY_CODE = 0x30000, TINY_DATA = 0x41000,
       TINY_GUEST_STACK = 0x48000 };
#define TINY_WINDOW 0xffc00000u
enum { TINY_CS0 = 8, TINY_DS0 = 16, TINY_CS3 = 24 | 3, TINY_DS3 = 32 | 3, TINY_TR = 40,
       TINY_CS1 = 48 | 1, TINY_DS1 = 56 | 1 };

struct tiny { struct hw hw; struct stop stop; };

static inline void tiny_poke(struct tiny *t, u32 at, u32 value)
{
    machine_poke(&t->hw, at, &value, 4);
}

static inline u32 tiny_peek(const struct tiny *t, u32 at)
{
    u32 value;
    memcpy(&value, machine_ram(&t->hw, at), 4);
    return value;
}

static inline void tiny_tables(struct tiny *t)
{
    static const u32 gdt[][2] = {
        { 0, 0 }, { 0xffff, 0xcf9b00 }, { 0xffff, 0xcf9300 }, { 0xffff, 0xcffb00 },
        { 0xffff, 0xcff300 }, { TINY_TSS << 16 | 0x67, 0x8b00 }, { 0xffff, 0xcfbb00 },
        { 0xffff, 0xcfb300 },
    };
    machine_poke(&t->hw, TINY_GDT, gdt, sizeof gdt);
    tiny_poke(t, TINY_PD, TINY_PT | PTE_P | PTE_W | PTE_U);
    tiny_poke(t, TINY_PD + 1023 * 4, TINY_TOP_PT | PTE_P | PTE_W | PTE_U);
    for (u32 i = 0; i < TINY_RAM / PAGE_SIZE; i++)
        tiny_poke(t, TINY_PT + i * 4, i * PAGE_SIZE | PTE_P | PTE_W | PTE_U);
    for (u32 i = 0; i < WINDOW_PAGES; i++)
        tiny_poke(t, TINY_TOP_PT + i * 4, (WINDOW_FRAME + i * PAGE_SIZE) | PTE_P | PTE_W);
    for (u32 v = 0; v < 256; v++) {
        struct gate g = { .sel = TINY_CS0, .type = SYS_INT32, .dpl = 3, .present = 1,
                          .offset = TINY_WINDOW + v * WINDOW_SLOT_SIZE };
        u32 lo, hi;
        gate_pack(&g, &lo, &hi);
        tiny_poke(t, TINY_IDT + v * 8, lo);
        tiny_poke(t, TINY_IDT + v * 8 + 4, hi);
    }
    tiny_poke(t, TINY_TSS + TSS_ESP0, TINY_STACK);
    tiny_poke(t, TINY_TSS + TSS_SS0, TINY_DS0);
}

static inline struct seg tiny_seg(u16 sel, u32 ar)
{
    return (struct seg){ .sel = sel, .ar = ar, .limit = 0xffffffffu };
}

/* The processor in the guest, at `eip` with privilege 3, 1 or 0. */
static inline void tiny_state(struct tiny *t, unsigned cpl, u32 eip)
{
    struct arch *s = t->hw.arch;
    u32 dpl = cpl << 5;
    u16 cs = cpl == 3 ? TINY_CS3 : cpl == 1 ? TINY_CS1 : TINY_CS0;
    u16 ds = cpl == 3 ? TINY_DS3 : cpl == 1 ? TINY_DS1 : TINY_DS0;
    s->cr0 = CR0_PE | CR0_PG | CR0_WP | CR0_ET | CR0_NE;
    s->cr3 = TINY_PD;
    for (unsigned i = 0; i < SREG_COUNT; i++)
        s->seg[i] = i == CS ? tiny_seg(cs, 0xc09b | dpl) : tiny_seg(ds, 0xc093 | dpl);
    s->tr = (struct seg){ .sel = TINY_TR, .ar = 0x8b, .base = TINY_TSS, .limit = 0x67 };
    s->gdtr = (struct dtr){ TINY_GDT, 63 };
    s->idtr = (struct dtr){ TINY_IDT, 0x7ff };
    s->reg[ESP] = TINY_GUEST_STACK;
    s->eip = eip;
    s->eflags = FL_1;
    s->cpl = (u8)cpl;
}

static inline void tiny_open(struct tiny *t, struct machine_config config, unsigned cpl, u32 eip)
{
    memset(t, 0, sizeof *t);
    config.ram_bytes = TINY_RAM;
    bool ok = machine_init(&t->hw, &config);
    assert(ok);
    tiny_tables(t);
    tiny_state(t, cpl, eip);
    t->hw.state->evtsel = EVTSEL_USR;
    machine_arena_replaced(&t->hw);
}

static inline void tiny_close(struct tiny *t) { machine_free(&t->hw); }

/* Run until something stops it, at most `steps` from here. */
static inline void tiny_run(struct tiny *t, u64 steps)
{
    struct limits limits = { .step = t->hw.state->step + steps, .tick = TIME_NEVER };
    t->stop = machine_run(&t->hw, &limits);
}

/* What the gate pushed: the frame that ESP points at, `skip` bytes up (4: over an error code). */
static inline u32 tiny_frame(const struct tiny *t, u32 word)
{
    return tiny_peek(t, t->hw.arch->reg[ESP] + word * 4);
}

#endif
