/* guestgen_gadget.h - random short sequences, of what engines treat specially. */
#ifndef TESTS_GUESTGEN_GADGET_H
#define TESTS_GUESTGEN_GADGET_H

#include "tests/unit/guestgen_insn.h"

typedef void gen_gadget(struct gen *g);

enum { PARAM_RESUME = GEN_PARAM + offsetof(struct gen_param, resume),
       PARAM_GDTR = GEN_PARAM + offsetof(struct gen_param, gdt_limit),
       PARAM_IDTR = GEN_PARAM + offsetof(struct gen_param, idt_limit) };

static inline u32 gen_other_place(struct gen *g)
{
    u32 r = gen_below(g, 10);
    if (r < 4)
        return g->functions[gen_below(g, COUNT(g->functions))];
    if (r < 7 && g->chunk_count)
        return g->chunks[gen_below(g, g->chunk_count)];
    return r < 9 ? gen_code(g) : gen_address(g);
}

static inline void gen_relative(struct gen *g, u32 to) { gen32(g, to - g->at - 4); }

/* If the next instruction faults, go on behind the `len` bytes that follow it.  The place is patched in. */
static inline u32 gen_resume(struct gen *g)
{
    gen16(g, 0x05c7);
    gen32(g, PARAM_RESUME);
    gen32(g, 0);
    return g->at - 4;
}

static inline void gen_g_arith(struct gen *g)
{
    for (u32 n = 1 + gen_below(g, 5); n > 0; n--)
        gen_chance(g, 75) ? gen_arith(g) : gen_short(g);
}

static inline void gen_g_load(struct gen *g)
{
    gen_mov(g, gen_reg(g), gen_chance(g, 60) ? gen_address(g) : gen_value(g));
    gen_arith(g);
}

static inline void gen_g_stack(struct gen *g)
{
    switch (gen_below(g, 7)) {
    case 0: GEN(g, "\x60"); gen_arith(g); GEN(g, "\x61"); break;
    case 1: gen8(g, 0xc8); gen16(g, gen_below(g, 64)); gen8(g, gen_below(g, 4)); gen_arith(g); GEN(g, "\xc9"); break;
    case 2: gen8(g, 0x68); gen32(g, gen_value(g)); gen8(g, 0x58 | gen_reg(g)); break;
    case 3: gen8(g, 0x6a); gen8(g, gen_value(g)); GEN(g, "\x9d"); break; /* push imm8; popf */
    case 4: GEN(g, "\x8d\x64\x24"); gen8(g, gen_below(g, 64) - 32); break;
    case 5: gen8(g, 0xff); gen_memory(g, 6); gen8(g, 0x8f); gen_memory(g, 0); break;
    default: /* another stack for a while */
        GEN(g, "\x89\xe0\xbc");
        gen32(g, gen_address(g) & ~(u32)3);
        GEN(g, "\x50\x5a\x94");
        break;
    }
}

static inline void gen_g_call(struct gen *g)
{
    switch (gen_below(g, 8)) {
    case 0: gen8(g, 0xe8); gen_relative(g, g->functions[gen_below(g, 8)]); break;
    case 1: gen8(g, 0xe8); gen32(g, 0); gen8(g, 0x58 | gen_reg(g)); break; /* where am I? */
    case 2: gen8(g, 0x68); gen32(g, g->at + 5); GEN(g, "\xc3"); break;      /* push next; ret */
    case 3: gen8(g, 0x68); gen32(g, gen_other_place(g)); gen8(g, 0xc3); break;
    case 4: gen_mov(g, EAX, gen_other_place(g)); GEN(g, "\xff\xd0"); break;
    case 5: GEN(g, "\xff\x15"); gen32(g, GEN_POINTERS + 4 * gen_below(g, 64)); break;
    case 6: GEN(g, "\xb9"); gen32(g, gen_below(g, 64)); GEN(g, "\xff\x14\x8d"); gen32(g, GEN_POINTERS); break;
    default: /* a return address that is not the caller's */
        gen8(g, 0x68); gen32(g, g->at + 9); gen8(g, 0xe9);
        gen_relative(g, g->functions[gen_below(g, 8)]);
        break;
    }
}

static inline void gen_g_jump(struct gen *g)
{
    u32 at;
    switch (gen_below(g, 6)) {
    case 0: gen8(g, 0xe9); gen_relative(g, gen_other_place(g)); break;
    case 1: gen_mov(g, gen_below(g, 4), gen_other_place(g)); gen16(g, 0xe0ff | gen_below(g, 4) << 8); break;
    case 2: GEN(g, "\xff\x25"); gen32(g, GEN_POINTERS + 4 * gen_below(g, 64)); break;
    case 3: GEN(g, "\xeb\x01"); gen8(g, gen_random(g)); break;              /* over one byte */
    case 4: GEN(g, "\xeb\x01\xb8\xb8\x90\x90\x90\x90"); break;              /* into an instruction */
    default:
        gen8(g, gen_chance(g, 90) ? 0x70 | gen_below(g, 16) : 0xe0 | gen_below(g, 4));
        at = g->at++;
        gen_g_arith(g);
        g->ram[at] = (u8)(g->at - at - 1);
        break;
    }
}

static inline void gen_g_loop(struct gen *g)
{
    gen_mov(g, ECX, 1 + gen_below(g, 12));
    u32 back = g->at;
    if (gen_chance(g, 70))
        gen_arith(g);
    else
        gen_short(g);
    if (gen_chance(g, 30))
        GEN(g, "\xff\xc2");
    gen8(g, 0xe0 | gen_below(g, 3));
    gen8(g, back - g->at - 1);
}

static inline void gen_g_string(struct gen *g)
{
    static const u8 ops[] = { 0xa4, 0xa5, 0xa6, 0xa7, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf, 0x6c, 0x6e };
    gen_mov(g, ESI, gen_address(g));
    gen_mov(g, EDI, gen_address(g));
    gen_mov(g, ECX, gen_chance(g, 95) ? gen_below(g, 40) : gen_value(g));
    gen8(g, gen_chance(g, 70) ? 0xfc : 0xfd);
    gen_prefixes(g);
    if (gen_chance(g, 75))
        gen8(g, 0xf2 | gen_below(g, 2));
    gen8(g, GEN_PICK(g, ops));
    GEN(g, "\xfc");
}

static inline void gen_g_flags(struct gen *g)
{
    static const u32 bits[] = { FL_IF, FL_IF, FL_IF, FL_DF, FL_IOPL, 0x1000, FL_AC, FL_ID, FL_NT, FL_TF, FL_RF,
                                FL_VIF };
    u32 flags = gen_random(g) & FL_ARITH;
    switch (gen_below(g, 6)) {
    case 0: gen8(g, 0xfa); gen_short(g); gen8(g, 0xfb); break;
    case 1: gen8(g, 0xfb); gen_arith(g); gen8(g, 0xfa); break;
    case 2: gen8(g, 0xfb); gen8(g, gen_chance(g, 50) ? 0xfa : 0xfb); break;
    case 3: GEN(g, "\x9c"); gen8(g, 0xfa); gen_g_arith(g); GEN(g, "\x9d"); break;
    case 4: GEN(g, "\x9c\x58\x35"); gen32(g, GEN_PICK(g, bits)); GEN(g, "\x50\x9d"); break;
    default:
        if (gen_chance(g, 70))
            flags |= FL_IF;
        for (u32 n = gen_below(g, 2); n > 0; n--)
            flags |= GEN_PICK(g, bits);
        if (gen_chance(g, 15))
            gen8(g, 0x66);
        gen8(g, 0x68); gen32(g, flags); GEN(g, "\x9d");
        break;
    }
}

static inline void gen_g_halt(struct gen *g)
{
    gen8(g, 0xfb);
    if (gen_chance(g, 20))
        gen_short(g);
    gen8(g, 0xf4);
}

static inline void gen_g_int(struct gen *g)
{
    static const u8 vectors[] = { 0x80, 0x80, 0x80, 3, 4, 0x30, 0x31, 0x32, 0x33, 0x34, 0x20, 13, 1, 14, 0x2f };
    switch (gen_below(g, 8)) {
    case 0: gen8(g, 0xcc); break;
    case 1: gen8(g, 0xf1); break;
    case 2: gen16(g, 0x0b0f); break;
    case 3: GEN(g, "\xb0\x7f\x04\x01\xce"); break; /* into, taken */
    case 4: gen8(g, 0x62); gen_memory(g, gen_below(g, 8)); break;
    default: gen8(g, 0xcd); gen8(g, GEN_PICK(g, vectors)); break;
    }
}

static inline u32 gen_pte(struct gen *g)
{
    static const u32 frames[] = { GEN_DATA, GEN_DATA, GEN_DATA, GEN_DATA, GEN_KCODE, GEN_UCODE, GEN_USTACK,
                                  GEN_PT1, GEN_PT0, GEN_GDT, GEN_PD, GEN_RAM, GEN_STACK };
    u32 pte = GEN_PICK(g, frames) + (gen_below(g, 4) << 12);
    pte |= gen_chance(g, 85) ? PTE_P : 0;
    pte |= gen_chance(g, 75) ? PTE_W : 0;
    pte |= gen_chance(g, 75) ? PTE_U : 0;
    return pte | (gen_random(g) & gen_random(g) & 0xf78);
}

static inline void gen_g_paging(struct gen *g)
{
    u32 page = gen_below(g, GEN_WINDOW_PAGES);
    switch (gen_below(g, 7)) {
    case 0: case 1:
        GEN(g, "\xc7\x05"); gen32(g, GEN_PT1 + 4 * page); gen32(g, gen_pte(g));
        GEN(g, "\x0f\x01\x3d"); gen32(g, GEN_WINDOW + page * PAGE_SIZE);
        gen8(g, 0xa1); gen32(g, GEN_WINDOW + page * PAGE_SIZE + gen_below(g, 4096));
        break;
    case 2: /* only a part of the entry */
        gen16(g, 0x0580); gen32(g, GEN_PT1 + 4 * page + gen_below(g, 4)); gen8(g, gen_random(g)); break;
    case 3: GEN(g, "\x0f\x20\xd8\x0f\x22\xd8"); break;
    case 4: gen_mov(g, EAX, gen_chance(g, 50) ? GEN_PD : GEN_PD2); GEN(g, "\x0f\x22\xd8"); break;
    case 5: /* a directory entry */
        GEN(g, "\xc7\x05"); gen32(g, GEN_PD + 4 * (1 + gen_below(g, 4))); gen32(g, gen_chance(g, 50) ? GEN_PT1 + 7 : gen_pte(g));
        GEN(g, "\x0f\x20\xd8\x0f\x22\xd8");
        break;
    default: GEN(g, "\x0f\x01"); gen_memory(g, 7); break;
    }
}

static inline void gen_g_control(struct gen *g)
{
    static const u32 cr0[] = { CR0_WP, CR0_WP, CR0_WP, CR0_TS, CR0_EM, CR0_MP, CR0_AM, CR0_NE, CR0_CD, CR0_PG };
    static const u32 cr4[] = { CR4_PSE, CR4_PGE, CR4_TSD, CR4_DE, CR4_PCE, CR4_VME, CR4_PVI, CR4_PAE };
    u32 n = gen_below(g, 8), r = gen_below(g, 4);
    switch (gen_below(g, 8)) {
    case 0: case 1: case 2:
        GEN(g, "\x0f\x20\xc0\x35"); gen32(g, GEN_PICK(g, cr0)); GEN(g, "\x0f\x22\xc0"); break;
    case 3: GEN(g, "\x0f\x20\xe0\x35"); gen32(g, GEN_PICK(g, cr4)); GEN(g, "\x0f\x22\xe0"); break;
    case 4: GEN(g, "\x0f\x06\x0f\x01\xf0"); break;                            /* clts; lmsw ax */
    case 5: gen16(g, 0x200f); gen8(g, 0xc0 | gen_below(g, 5) << 3 | r); break;
    case 6: gen16(g, 0x210f); gen8(g, 0xc0 | n << 3 | r); break;
    default:
        gen_mov(g, EAX, n == 7 ? gen_random(g) & 0x7 : gen_address(g));
        gen16(g, 0x230f); gen8(g, 0xc0 | (gen_chance(g, 80) ? n & 3 : n) << 3);
        break;
    }
}

static inline void gen_g_segment(struct gen *g)
{
    static const u8 push[] = { 0x06, 0x0e, 0x16, 0x1e }, pop[] = { 0x07, 0x17, 0x1f };
    static const u16 far_load[] = { 0xc5, 0xc4, 0xb20f, 0xb40f, 0xb50f };
    u16 op;
    switch (gen_below(g, 7)) {
    case 0: case 1: case 2:
        gen_mov(g, EAX, gen_selector(g));
        gen8(g, 0x8e); gen8(g, 0xc0 | gen_below(g, 6) << 3);
        gen_arith(g);
        break;
    case 3: gen8(g, GEN_PICK(g, push)); gen8(g, GEN_PICK(g, pop)); break;
    case 4: gen8(g, 0x68); gen32(g, gen_selector(g)); GEN(g, "\x0f"); gen8(g, 0xa1 | gen_below(g, 2) << 3); break;
    case 5: gen8(g, 0x8c); gen_modrm(g, gen_below(g, 6), false); break;
    default:
        op = GEN_PICK(g, far_load);
        op < 0x100 ? gen8(g, op) : gen16(g, op);
        gen8(g, 0x05 | gen_below(g, 8) << 3);
        gen32(g, gen_chance(g, 70) ? GEN_POINTERS + 0x200 + 8 * gen_below(g, 16) : gen_address(g));
        break;
    }
}

static inline void gen_g_far(struct gen *g)
{
    static const u16 gates[] = { GEN_GATE, GEN_GATE, GEN_TASK, GEN_RANDOM, GEN_RANDOM + 8, GEN_RANDOM + 16 };
    u32 cs = gen_chance(g, 70) ? GEN_CS : gen_selector(g);
    switch (gen_below(g, 6)) {
    case 0: gen8(g, 0xea); gen32(g, g->at + 6); gen16(g, cs); break;
    case 1: gen8(g, 0x9a); gen32(g, GEN_AT(gk_gate)); gen16(g, cs); break;
    case 2: gen8(g, 0x9a); gen32(g, gen_value(g)); gen16(g, GEN_PICK(g, gates)); break;
    case 3: gen8(g, 0x68); gen32(g, cs); gen8(g, 0x68); gen32(g, g->at + 5); gen8(g, 0xcb); break;
    case 4: GEN(g, "\x9c\x68"); gen32(g, cs); gen8(g, 0x68); gen32(g, g->at + 5); gen8(g, 0xcf); break;
    default: gen16(g, gen_chance(g, 50) ? 0x1dff : 0x2dff); gen32(g, GEN_POINTERS + 0x200 + 8 * gen_below(g, 16)); break;
    }
}

static inline void gen_g_port(struct gen *g)
{
    static const u16 ports[] = { 0x20, 0x21, 0xa0, 0xa1, 0x40, 0x41, 0x42, 0x43, 0x61, 0x70, 0x71, 0x80, 0x92,
                                 0xe9, 0x3f8, 0x3f9, 0x3fa, 0x3fb, 0x3fc, 0x3fd, 0x3fe, 0x4d0, 0x7000, 0x7001 };
    static const u8 harmless[] = { 0x0a, 0x0b, 0x20, 0x60, 0xfe, 0xee, 0x00, 0x34, 0xc2, 0xe2 };
    u32 port = GEN_PICK(g, ports), wide = gen_below(g, 2);
    if (port == 0xf4 || gen_chance(g, 50)) {
        gen_mov(g, EDX, port);
        gen8(g, 0xec | wide);
        return;
    }
    gen_mov(g, EAX, port == 0xe9 || port == 0x3f8 ? 'a' + gen_below(g, 26) : GEN_PICK(g, harmless));
    if (port < 0x100 && gen_chance(g, 50)) {
        gen8(g, 0xe6); gen8(g, port);
        return;
    }
    gen_mov(g, EDX, port);
    gen8(g, 0xee | (wide && gen_chance(g, 30)));
}

static inline void gen_g_ask(struct gen *g)
{
    switch (gen_below(g, 10)) {
    case 0: gen16(g, 0x310f); break;
    case 1: gen_mov(g, EAX, gen_below(g, 4)); gen16(g, 0xa20f); break;
    case 2: gen16(g, 0x010f); gen_memory(g, 0); break;
    case 3: gen16(g, 0x010f); gen_memory(g, 1); break;
    case 4: gen16(g, 0x010f); gen_modrm(g, 4, false); break;
    case 5: gen16(g, 0x000f); gen_modrm(g, gen_below(g, 2), false); break;
    case 6: gen_mov(g, ECX, gen_chance(g, 60) ? 0x174 + gen_below(g, 3) : gen_chance(g, 50) ? 0x10 : 0xc1 + gen_below(g, 2)); GEN(g, "\x0f\x32"); break;
    case 7: gen_mov(g, ECX, gen_below(g, 2)); GEN(g, "\x0f\x33"); break;
    case 8: GEN(g, "\xba"); gen32(g, g->at + 4 + 7); GEN(g, "\x89\xe1\x0f\x35\x90"); break; /* sysexit */
    default: gen_mov(g, EDX, g->at + 5 + 5 + 2 + 2); gen_mov(g, EBX, 0); GEN(g, "\x89\xe1\x0f\x34"); break;
    }
}

static inline void gen_g_tables(struct gen *g)
{
    u32 sel = gen_selector(g);
    switch (gen_below(g, 7)) {
    case 0: GEN(g, "\x0f\x01\x15"); gen32(g, PARAM_GDTR); break;
    case 1: GEN(g, "\x0f\x01\x1d"); gen32(g, PARAM_IDTR); break;
    case 2: gen_mov(g, EAX, gen_chance(g, 50) ? GEN_LDTR : sel); GEN(g, "\x0f\x00\xd0"); break;
    case 3: gen_mov(g, EAX, sel); GEN(g, "\x0f\x00\xd8"); break; /* ltr */
    case 4: gen_mov(g, ECX, sel); GEN(g, "\x0f"); gen8(g, 2 | gen_below(g, 2)); gen8(g, 0xc1 | gen_below(g, 8) << 3); break;
    case 5: gen_mov(g, ECX, sel); GEN(g, "\x0f\x00"); gen8(g, 0xe1 | gen_below(g, 2) << 3); break;
    default: /* the same table through another limit, on the stack */
        gen8(g, 0x68); gen32(g, GEN_GDT);
        gen8(g, 0x68); gen32(g, (u32)(GEN_GDT_BYTES - 1 - 8 * gen_below(g, 4)) << 16);
        GEN(g, "\x0f\x01\x54\x24\x02\x58\x58");
        break;
    }
}

/* A descriptor or a page's worth of code changes. */
static inline void gen_g_modify(struct gen *g)
{
    u32 to = gen_code(g);
    switch (gen_below(g, 4)) {
    case 0: gen16(g, 0x05fe); gen32(g, g->at + 4 + 1); gen_mov(g, gen_reg(g), gen_value(g)); break; /* the next one */
    case 1: GEN(g, "\xc6\x05"); gen32(g, to); gen8(g, 0x90); break;
    case 2: gen8(g, 0x80); gen8(g, 0x05 | gen_below(g, 8) << 3); gen32(g, to); gen8(g, gen_below(g, 4)); break;
    default: /* an access byte of a random descriptor, and its use */
        gen16(g, 0x3580); gen32(g, GEN_GDT + GEN_RANDOM + 5 + 8 * gen_below(g, 10)); gen8(g, 1u << gen_below(g, 8));
        gen_mov(g, EAX, GEN_RANDOM + 8 * gen_below(g, 10)); gen8(g, 0x8e); gen8(g, 0xc0 | gen_below(g, 6) << 3);
        break;
    }
}

static inline void gen_g_noise(struct gen *g)
{
    for (u32 n = 1 + gen_below(g, 6); n > 0; n--)
        gen8(g, gen_random(g));
}

/* Something, and where to go on if it faults. */
static inline void gen_g_guarded(struct gen *g)
{
    static gen_gadget *const risky[] = { gen_g_segment, gen_g_far, gen_g_tables, gen_g_control, gen_g_string,
                                         gen_g_port, gen_g_stack, gen_g_load, gen_g_paging };
    u32 patch = gen_resume(g);
    GEN_PICK(g, risky)(g);
    gen_put32(g, patch, g->at);
}

#endif
