/* guestgen.h - a whole guest program from a seed. */
#ifndef TESTS_GUESTGEN_H
#define TESTS_GUESTGEN_H

#include "lessons/image.h"
#include "tests/unit/guestgen_gadget.h"

#include <stdio.h>
#include <stdlib.h>

static inline void gen_span(struct gen *g, gen_gadget *gadget)
{
    u32 from = g->at;
    gadget(g);
    if (g->span_count < GEN_SPANS)
        g->span[g->span_count++] = (struct gen_span){ from, g->at - from };
}

static inline void gen_any(struct gen *g)
{
    static const struct { u8 weight; gen_gadget *gadget; } gadgets[] = {
        { 18, gen_g_arith }, { 10, gen_g_load }, { 6, gen_g_stack }, { 8, gen_g_call }, { 6, gen_g_jump },
        { 5, gen_g_loop }, { 6, gen_g_string }, { 7, gen_g_flags }, { 2, gen_g_halt }, { 3, gen_g_int },
        { 6, gen_g_paging }, { 3, gen_g_control }, { 4, gen_g_segment }, { 2, gen_g_far }, { 4, gen_g_port },
        { 3, gen_g_ask }, { 2, gen_g_tables }, { 3, gen_g_modify }, { 1, gen_g_noise }, { 12, gen_g_guarded },
    };
    u32 total = 0, i = 0;
    for (unsigned n = 0; n < COUNT(gadgets); n++)
        total += gadgets[n].weight;
    u32 r = gen_below(g, total);
    while (r >= gadgets[i].weight)
        r -= gadgets[i++].weight;
    gen_span(g, gadgets[i].gadget);
}

/* ---- tables ---- */

static inline void gen_descriptor(struct gen *g, u32 at, u32 base, u32 limit, u32 access, u32 flags)
{
    gen_put32(g, at, base << 16 | (limit & 0xffff));
    gen_put32(g, at + 4, (base & 0xff000000u) | flags << 20 | (limit & 0xf0000) | access << 8 | (base >> 16 & 0xff));
}

static inline void gen_random_descriptor(struct gen *g, u32 at)
{
    static const u32 bases[] = { 0, 0, GEN_DATA, GEN_DATA + 0x801, GEN_WINDOW, 0xffff0000u };
    static const u32 limits[] = { 0xfffff, 0xfffff, 0x7fff, 0xfff, 0x10, 0 };
    u32 access = 0x80 | gen_below(g, 4) << 5 | 0x10 | gen_below(g, 16), flags = 12;
    if (gen_chance(g, 50))
        access = (access & 0x60) | 0x92 | gen_below(g, 2);
    if (gen_chance(g, 15))
        access = gen_random(g) & 0xff;
    if (gen_chance(g, 30))
        flags = gen_below(g, 16);
    gen_descriptor(g, at, GEN_PICK(g, bases), GEN_PICK(g, limits), access, flags);
}

static inline void gen_gate_at(struct gen *g, u32 at, u32 selector, u32 offset, u32 access)
{
    gen_put32(g, at, selector << 16 | (offset & 0xffff));
    gen_put32(g, at + 4, (offset & 0xffff0000u) | access << 8);
}

static inline void gen_tables(struct gen *g)
{
    gen_descriptor(g, GEN_GDT + GEN_CS, 0, 0xfffff, 0x9a | gen_below(g, 2), 12);
    gen_descriptor(g, GEN_GDT + GEN_DS, 0, 0xfffff, 0x92 | gen_below(g, 2), 12);
    gen_descriptor(g, GEN_GDT + (GEN_UCS & ~7), 0, 0xfffff, 0xfa | gen_below(g, 2), 12);
    gen_descriptor(g, GEN_GDT + (GEN_UDS & ~7), 0, 0xfffff, 0xf2 | gen_below(g, 2), 12);
    gen_descriptor(g, GEN_GDT + GEN_TR, GEN_TSS, 103, 0x89, 0);
    gen_descriptor(g, GEN_GDT + GEN_LDTR, GEN_LDT, 63, 0x82, 0);
    gen_descriptor(g, GEN_GDT + GEN_TASK, GEN_TSS_TASK, 103, 0xe9, 0);
    gen_descriptor(g, GEN_GDT + GEN_TASK_DF, GEN_TSS_DF, 103, 0x89, 0);
    gen_gate_at(g, GEN_GDT + GEN_GATE, GEN_CS, GEN_AT(gk_gate), 0xec);
    for (u32 i = GEN_RANDOM; i < GEN_GDT_BYTES; i += 8)
        gen_random_descriptor(g, GEN_GDT + i);
    for (u32 i = 0; i < 64; i += 8)
        gen_random_descriptor(g, GEN_LDT + i);
    for (u32 i = 0; i < 256; i++) {
        bool soft = i == 3 || i == 4 || i >= 0x30;
        u32 access = (gen_chance(g, 15) && i != 2 && i > 14 ? 0x8f : 0x8e) | (soft ? 0x60 : 0);
        gen_gate_at(g, GEN_IDT + 8 * i, GEN_CS, GEN_AT(gk_stubs) + 16 * i, access);
    }
    gen_gate_at(g, GEN_IDT + 8 * 8, GEN_TASK_DF, 0, 0x85);
    gen_gate_at(g, GEN_IDT + 8 * 0x31, GEN_TASK, 0, 0xe5);
    gen_gate_at(g, GEN_IDT + 8 * 0x32, GEN_CS, GEN_AT(gk_stubs) + 16 * 0x32, 0x6e); /* not present */
    gen_gate_at(g, GEN_IDT + 8 * 0x33, gen_selector(g), GEN_AT(gk_stubs) + 16 * 0x33, 0xee);
}

static inline void gen_task(struct gen *g, u32 at, u32 cr3, u32 eip, u32 esp)
{
    static const u8 selector[] = { GEN_DS, GEN_CS, GEN_DS, GEN_DS, GEN_DS, GEN_DS };
    gen_put32(g, at + 4, GEN_STACK);
    gen_put32(g, at + 8, GEN_DS);
    gen_put32(g, at + 28, cr3);
    gen_put32(g, at + 32, eip);
    gen_put32(g, at + 36, FL_1);
    gen_put32(g, at + 56, esp);
    for (u32 i = 0; i < 6; i++)
        gen_put32(g, at + 72 + 4 * i, selector[i]);
    gen_put32(g, at + 96, GEN_LDTR);
    gen_put32(g, at + 100, (gen_chance(g, 50) ? 104u : 60u) << 16); /* no bitmap, or some ports open */
}

static inline void gen_page_tables(struct gen *g)
{
    for (u32 i = 0; i < 1024; i++) {
        bool user = i >= GEN_UCODE >> 12 && i < GEN_SAVED >> 12;
        gen_put32(g, GEN_PT0 + 4 * i, i << 12 | PTE_P | PTE_W | (user || i == GEN_PARAM >> 12 ? PTE_U : 0));
    }
    for (u32 i = 0; i < GEN_WINDOW_PAGES; i++) {
        gen_put32(g, GEN_PT1 + 4 * i, gen_pte(g));
        gen_put32(g, GEN_PT2 + 4 * i, gen_pte(g));
    }
    for (u32 d = GEN_PD; d <= GEN_PD2; d += PAGE_SIZE) {
        gen_put32(g, d, GEN_PT0 + 7);
        gen_put32(g, d + 4, (d == GEN_PD ? GEN_PT1 : GEN_PT2) + (gen_chance(g, 80) ? 7 : gen_below(g, 8)));
        gen_put32(g, d + 8, (gen_chance(g, 50) ? d : GEN_PT1) + (gen_chance(g, 50) ? 7 : 3));
        gen_put32(g, d + 12, gen_chance(g, 50) ? 0x87 : 0);
        if (gen_chance(g, 50))
            gen_put32(g, d + 4092, d + 7);
    }
}

static inline struct gen_param *gen_param(struct gen *g) { return (struct gen_param *)(g->ram + GEN_PARAM); }

static inline void gen_params(struct gen *g)
{
    struct gen_param *p = gen_param(g);
    u32 period = 15 + gen_below(g, gen_chance(g, 50) ? 30 : 300);
    *p = (struct gen_param){
        .current = ~0u, .passes = 2 + gen_below(g, 3), .cr0 = CR0_PE | CR0_ET | (gen_random(g) & (CR0_WP | CR0_NE)),
        .cr3 = GEN_PD, .cr4 = (gen_chance(g, 40) ? CR4_PSE : 0) | (gen_chance(g, 30) ? CR4_PGE : 0) | (gen_chance(g, 5) ? CR4_TSD : 0),
        .pit_mode = gen_chance(g, 80) ? 0x34 : 0x36, .pit_low = (u8)period, .pit_high = (u8)(period >> 8),
        .pic_mask = gen_chance(g, 50) ? 0xee : 0xfe, .watchdog = 31, .gdt_limit = GEN_GDT_BYTES - 1,
        .gdt_base = GEN_GDT, .idt_limit = 0x7ff, .idt_base = GEN_IDT };
    g->paging = gen_chance(g, 80);
    p->cr0 |= g->paging ? CR0_PG : 0;
    memset(p->policy, POLICY_SKIP, sizeof p->policy);
    p->policy[1] = POLICY_DEBUG;
    p->policy[3] = p->policy[4] = p->policy[0x30] = p->policy[0x33] = POLICY_RESUME;
    p->policy[14] = POLICY_PAGE;
    memset(p->policy + 0x20, POLICY_IRQ, 16);
    p->policy[0x80] = POLICY_SYSCALL;
    p->policy[0x81] = POLICY_NEXT;
}

/* ---- code ---- */

static inline void gen_functions(struct gen *g)
{
    for (unsigned i = 0; i < COUNT(g->functions); i++) {
        if (i == COUNT(g->functions) / 2)
            g->at = GEN_UCODE;
        g->functions[i] = g->at;
        gen_span(g, gen_chance(g, 70) ? gen_g_arith : gen_g_stack);
        if (i % 4 == 3) {
            gen8(g, 0xc2);
            gen16(g, 4 * gen_below(g, 3));
        } else {
            gen8(g, 0xc3);
        }
        g->at += gen_below(g, 200);
    }
}

static inline u32 gen_chunk_flags(struct gen *g, u32 mode)
{
    u32 flags = FL_1 | (gen_random(g) & FL_ARITH) | (gen_chance(g, mode ? 92 : 75) ? FL_IF : 0);
    if (gen_chance(g, 8))
        flags |= FL_TF;
    if (gen_chance(g, 10))
        flags |= FL_DF;
    if (gen_chance(g, 15))
        flags |= gen_below(g, 4) << 12;
    return flags | (mode & GEN_V86 ? FL_VM : 0);
}

static inline void gen_code_chunk(struct gen *g, struct gen_chunk *c)
{
    u32 r = gen_below(g, 100);
    u32 mode = r < 60 ? 0 : r < 97 ? GEN_USER : GEN_V86;
    *c = (struct gen_chunk){ .entry = g->at, .mode = mode, .eflags = gen_chunk_flags(g, mode), .seed = gen_random(g) };
    for (u32 n = 2 + gen_below(g, 9); n > 0; n--)
        gen_any(g);
    if (mode || gen_chance(g, 20)) {
        gen16(g, 0x81cd);
    } else {
        gen8(g, 0xe9);
        gen_relative(g, GEN_AT(gk_next));
    }
}

static inline void gen_chunks(struct gen *g)
{
    u32 kernel = g->functions[COUNT(g->functions) / 2 - 1] + 300, user = g->at;
    u32 want = 8 + gen_below(g, 40);
    while (g->chunk_count < want) {
        bool is_user = gen_chance(g, 40);
        g->at = is_user ? user : kernel;
        g->at += gen_chance(g, 50) ? gen_below(g, 64) : gen_below(g, 700);
        struct gen_chunk *c = &gen_param(g)->chunk[g->chunk_count];
        g->chunks[g->chunk_count++] = g->at;
        gen_code_chunk(g, c);
        if (c->mode == GEN_V86 && !is_user)
            c->mode = 0, c->eflags &= ~(u32)FL_VM;
        if (c->mode == 0 && is_user)
            c->mode = GEN_USER;
        if (c->mode == GEN_USER && !is_user)
            c->mode = 0;
        *(is_user ? &user : &kernel) = g->at;
    }
    gen_param(g)->chunks = g->chunk_count;
}

static inline void gen_data_pages(struct gen *g)
{
    for (u32 at = GEN_DATA; at < GEN_POINTERS; at += 4)
        gen_put32(g, at, gen_chance(g, 70) ? gen_value(g) : gen_address(g));
    for (u32 i = 0; i < 64; i++)
        gen_put32(g, GEN_POINTERS + 4 * i, gen_other_place(g));
    for (u32 i = 0; i < 16; i++) { /* far pointers */
        gen_put32(g, GEN_POINTERS + 0x200 + 8 * i, gen_other_place(g));
        gen_put32(g, GEN_POINTERS + 0x204 + 8 * i, gen_selector(g));
    }
    memcpy(g->ram + GEN_SAVED, g->ram + GEN_GDT, GEN_GDT_BYTES);
    memcpy(g->ram + GEN_SAVED + 0x1000, g->ram + GEN_IDT, 256);
    memcpy(g->ram + GEN_SAVED + 0x2000, g->ram + GEN_PT0, 448);
    memcpy(g->ram + GEN_SAVED + 0x3000, g->ram + GEN_PD, 32);
}

static inline struct gen *gen_new(u64 seed)
{
    struct gen *g = calloc(1, sizeof *g);
    assert(g);
    g->seed = seed * 0x2545f4914f6cdd1dull + 1;
    memcpy(g->ram + GEN_KERNEL, gen_kernel, (size_t)(gen_kernel_end - gen_kernel));
    gen_params(g);
    gen_tables(g);
    gen_task(g, GEN_TSS, GEN_PD, 0, 0);
    gen_task(g, GEN_TSS_TASK, gen_chance(g, 50) ? GEN_PD : GEN_PD2, GEN_AT(gk_task), GEN_DF_STACK - 0x800);
    gen_task(g, GEN_TSS_DF, GEN_PD, GEN_AT(gk_df), GEN_DF_STACK);
    gen_page_tables(g);
    g->at = GEN_KCODE;
    gen_functions(g);
    gen_chunks(g);
    gen_data_pages(g);
    return g;
}

/* The pages that hold something, as an image that refers to the generator's memory. */
struct gen_image { struct image image; struct image_segment segment[GEN_END / PAGE_SIZE]; };

static inline void gen_make_image(struct gen *g, struct gen_image *out)
{
    static const u8 zero[PAGE_SIZE];
    *out = (struct gen_image){ .image = { .name = "generated", .entry = GEN_KERNEL, .load_low = GEN_GDT,
                               .load_high = GEN_END, .file = g->ram, .file_size = GEN_END } };
    out->image.segments = out->segment;
    for (u32 at = GEN_GDT; at < GEN_END; at += PAGE_SIZE)
        if (memcmp(g->ram + at, zero, PAGE_SIZE) != 0)
            out->segment[out->image.segment_count++] = (struct image_segment){ at, PAGE_SIZE, PAGE_SIZE, at };
}

#endif
