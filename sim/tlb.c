#include "sim/tlb.h"

#include <string.h>

#include "sim/api/paging_usual.h"
#include "sim/dev/mmio.h"
#include "sim/icache.h"
#include "sim/uop_mem.h"

/* A host entry is named by where it stands: user, kind, index. */
enum { HOST_ENTRIES = 2 * HOST_KINDS * TLB_ENTRIES };
static struct hostpage *host_entry(struct hosttlb *h, unsigned name) { return &h->page[0][0][0] + name; }
static bool is_for_writes(unsigned name) { return (name / TLB_ENTRIES & 1) == HOST_WRITE; }

static void host_drop_index(struct hosttlb *h, u32 index)
{
    for (unsigned user = 0; user < 2; user++) {
        h->page[user][HOST_READ][index].tag = HOSTPAGE_NONE;
        h->page[user][HOST_WRITE][index].tag = HOSTPAGE_NONE;
    }
}

void hosttlb_drop(struct hw *m)
{
    static const struct hostpage none = { HOSTPAGE_NONE, NULL };
    struct hosttlb *h = m->hosttlb;
    if (likely(h->fills <= HOST_FILLS)) {
        for (u32 i = 0; i < h->fills; i++)
            *host_entry(h, h->fill[i]) = none;
    } else {
        for (u32 i = 0; i < HOST_ENTRIES; i++)
            *host_entry(h, i) = none;
    }
    h->fills = 0;
    links_pause(m);
}

void hosttlb_reset(struct hosttlb *h)
{
    for (u32 i = 0; i < TLB_ENTRIES; i++)
        host_drop_index(h, i);
    h->fills = 0;
    h->fetch_epoch = h->link_epoch = 1; /* not zero: zeroed links never hold */
}

/* Drop the write entries for which `host` is where the page is; NULL: all of them. */
static void drop_writes(struct hosttlb *h, const u8 *host)
{
    u32 n = h->fills <= HOST_FILLS ? h->fills : HOST_ENTRIES;
    for (u32 i = 0; i < n; i++) {
        unsigned name = h->fills <= HOST_FILLS ? h->fill[i] : i;
        struct hostpage *p = host_entry(h, name);
        if (is_for_writes(name) && p->tag != HOSTPAGE_NONE && (!host || p->addend + p->tag == host))
            p->tag = HOSTPAGE_NONE;
    }
}

void hosttlb_drop_writes(struct hw *m) { drop_writes(m->hosttlb, NULL); }

void hosttlb_drop_frame_writes(struct hw *m, u32 frame)
{
    drop_writes(m->hosttlb, m->ram + frame);
}

/* The generation after g; when it has gone round, old entries must not come alive again. */
static u32 next_generation(struct tlb *t, u32 g)
{
    if (g + 1 == 0)
        memset(t->entry, 0, sizeof t->entry);
    return g + 1 ? g + 1 : 1;
}

static void forget_globals(struct tlb *t)
{
    t->global_generation = next_generation(t, t->global_generation);
    memset(t->large, 0, sizeof t->large); /* nothing at all is left now */
}

void tlb_flush_all(struct hw *m, bool keep_global)
{
    struct tlb *t = &m->state->tlb;
    t->generation = next_generation(t, t->generation);
    if (!keep_global || !(m->arch->cr4 & CR4_PGE))
        forget_globals(t);
    hosttlb_drop(m);
    machine_event(m, HW_TLB_FLUSH, 0, 0, 0, 0);
}

/* INVLPG forgets all of the page, and a large one may be here in many parts (SDM 3A 4.10.2.3, 4.10.4.1). */
static void flush_large(struct hw *m, u32 la)
{
    struct tlb *t = &m->state->tlb;
    if (!tlb_has_large(t, la))
        return;
    t->large[la >> 27] &= ~(1u << (la >> 22 & 31));
    for (u32 i = 0; i < TLB_ENTRIES; i++) {
        struct tlb_entry *e = &t->entry[i];
        if (!(e->frame & PTE_PS) || (e->la ^ la) >> 22 != 0)
            continue;
        *e = (struct tlb_entry){ 0, 0, 0 };
        host_drop_index(m->hosttlb, i);
    }
    links_pause(m);
}

void tlb_flush_page(struct hw *m, u32 la)
{
    u32 index = tlb_index(la);
    struct tlb_entry *e = &m->state->tlb.entry[index];
    flush_large(m, la);
    if (e->la == PTE_FRAME(la))
        *e = (struct tlb_entry){ 0, 0, 0 };
    host_drop_index(m->hosttlb, index);
    links_pause_index(m, index);
    machine_event(m, HW_TLB_FLUSH, 1, la, 0, 0);
}

static u32 walk_read(void *owner, u32 pa) { return phys_read32(owner, pa); }
static void walk_write(void *owner, u32 pa, u32 value) { phys_write32(owner, pa, value); }

/* May an access use this entry as it is?  A write needs D; what it may not do is for a fresh walk to
 * say, because a stale entry never causes a fault by itself here (chosen; SDM 3A 4.10.4.3 allows
 * both). */
static bool entry_allows(const struct hw *m, const struct tlb_entry *e, unsigned access)
{
    u32 need = (access & ACCESS_USER ? PTE_U : 0);
    if (access & ACCESS_WRITE) {
        need |= PTE_D;
        if ((access & ACCESS_USER) || (m->arch->cr0 & CR0_WP))
            need |= PTE_W;
    }
    return (e->frame & need) == need;
}

ALWAYS_INLINE struct tlb_entry new_entry(const struct tlb *t, u32 la, u32 frame, u32 bits)
{
    return (struct tlb_entry){ PTE_FRAME(la), frame | bits,
                               bits & PTE_G ? t->global_generation : t->generation };
}

/* A valid entry gives way, and what was made of it is lost.  The running block's own may have: to another
 * page's, or to one of the same page that a stale one hid. */
static NOINLINE void replace_entry(struct hw *m, struct tlb_entry *e, struct tlb_entry with)
{
    u32 index = tlb_index(with.la), old = e->la;
    bool leads_elsewhere = old != with.la || ((e->frame ^ with.frame) & (PTE_FRAME(~0u) | PTE_U));
    host_drop_index(m->hosttlb, index);
    links_pause_index(m, index);
    *e = with;
    if (leads_elsewhere)
        icache_displaced(m, old);
}

/* A walk led from la to the frame; bits: the rights, and PTE_PS for a part of a large page. */
ALWAYS_INLINE void fill_entry(struct hw *m, u32 la, u32 frame, u32 bits)
{
    struct tlb *t = &m->state->tlb;
    struct tlb_entry *e = &t->entry[tlb_index(la)];
    ledger_charge(&m->state->ledger, COST_TLB_WALK);
    if (unlikely(m->config.coherent_tlb))
        return;
    struct tlb_entry now = new_entry(t, la, frame, bits);
    if (tlb_entry_is(t, e, e->la))
        replace_entry(m, e, now);
    else
        *e = now; /* there is no host entry of what was here, nor a link */
    machine_event(m, HW_TLB_FILL, PTE_FRAME(la), frame, bits & ~(u32)PTE_PS, 0);
}

static bool is_device(const struct hw *m, u32 pa)
{
    return unlikely(pa >= m->plain) && platform_is_device(&m->state->platform, pa);
}

/* Time must be exact there, so a block is left before such an instruction, which begins again: before its
 * walk leaves A and D, where it has read already. */
static bool leaves_block(const struct hw *m, u32 pa, unsigned access)
{
    return is_device(m, pa) && !(access & ACCESS_FETCH) && icache_is_running(m);
}

static NOINLINE fault_t walk_in_full(struct hw *m, u32 la, unsigned access, u32 *pa)
{
    const struct walk_mem mem = { m, walk_read, walk_write };
    struct walk w = paging_look_inline(&mem, m->arch, la, access);
    if (w.fault) {
        m->isa.fault_la = la;
        return w.fault;
    }
    if (leaves_block(m, w.pa, access))
        return UOP_SLOW;
    walk_mark(&mem, &w, access);
    if (w.large && !m->config.coherent_tlb)
        m->state->tlb.large[la >> 27] |= 1u << (la >> 22 & 31);
    *pa = w.pa;
    fill_entry(m, la, PTE_FRAME(w.pa), w.rights | (w.large ? PTE_PS : 0));
    return FAULT_NONE;
}

static fault_t walk_and_fill(struct hw *m, u32 la, unsigned access, u32 *pa)
{
    const struct walk_mem mem = { m, walk_read, walk_write };
    struct usual_walk w;
    if (unlikely(!usual_walk_find(&mem, m->arch, la, access, &w)))
        return walk_in_full(m, la, access, pa);
    if (unlikely(w.pte >= m->plain) && leaves_block(m, PTE_FRAME(w.pte) | (la & (PAGE_SIZE - 1)), access))
        return UOP_SLOW;
    if (usual_walk_marks(&w, access))
        usual_walk_mark(&mem, &w, access);
    *pa = PTE_FRAME(w.pte) | (la & (PAGE_SIZE - 1));
    fill_entry(m, la, PTE_FRAME(w.pte), usual_walk_rights(&w, m->arch->cr4));
    return FAULT_NONE;
}

fault_t mmu_translate(struct hw *m, u32 la, unsigned access, u32 *pa)
{
    if (!(m->arch->cr0 & CR0_PG)) {
        *pa = la;
        return FAULT_NONE;
    }
    const struct tlb_entry *e = &m->state->tlb.entry[tlb_index(la)];
    if (tlb_entry_is(&m->state->tlb, e, la) && entry_allows(m, e, access)) {
        *pa = PTE_FRAME(e->frame) | (la & (PAGE_SIZE - 1));
        return FAULT_NONE;
    }
    return walk_and_fill(m, la, access, pa);
}

bool mmu_peek(const struct hw *m, u32 la, u32 *pa)
{
    if (!(m->arch->cr0 & CR0_PG)) {
        *pa = la;
        return true;
    }
    const struct tlb_entry *e = &m->state->tlb.entry[tlb_index(la)];
    if (tlb_entry_is(&m->state->tlb, e, la)) {
        *pa = PTE_FRAME(e->frame) | (la & (PAGE_SIZE - 1));
        return true;
    }
    const struct walk_mem mem = { (void *)m, walk_read, NULL };
    struct walk w = paging_walk(&mem, m->arch, la, ACCESS_READ);
    *pa = w.pa;
    return !w.fault;
}

/* May stores to this page go straight to the byte `at`, where a load finds it?  The page is marked then:
 * those stores mark nothing. */
static bool may_store(struct hw *m, u32 pa, u32 at)
{
    if (phys_where(m, pa, true) != at) /* such an entry is read through, too */
        return false;
    if (icache_has_code(m, at) || machine_wants(m, HW_WRITE))
        return false;
    arena_touch_page(&m->arena, ram_arena_page(at));
    return true;
}

/* The byte at la is found at `at` in the store: remember it in p. */
ALWAYS_INLINE void host_set(struct hw *m, struct hostpage *p, u32 la, u32 at)
{
    struct hosttlb *h = m->hosttlb;
    if (!p->addend) {
        if (likely(h->fills < HOST_FILLS))
            h->fill[h->fills] = (u16)(p - &h->page[0][0][0]);
        h->fills++;
    }
    p->tag = PTE_FRAME(la);
    p->addend = m->ram + at - la;
}

/* Remember where this page is in host memory, if an access to it needs no care next time. */
static void host_fill(struct hw *m, u32 la, u32 pa, u32 at, unsigned access)
{
    unsigned kind = access & ACCESS_WRITE ? HOST_WRITE : HOST_READ, user = access & ACCESS_USER ? 1 : 0;
    if (m->config.coherent_tlb && (m->arch->cr0 & CR0_PG))
        return;
    if (kind == HOST_READ || may_store(m, pa, at))
        host_set(m, &m->hosttlb->page[user][kind][tlb_index(la)], la, at);
}

/* ---- the usual miss of a handler: all of the above in one piece ---- */

/* An entry in plain RAM; elsewhere none seems to be present. */
static u32 plain_read(void *owner, u32 pa)
{
    const struct hw *m = owner;
    return likely(pa < m->plain) ? host_load(m->ram + pa, 4) : 0;
}

/* Set A and D, unless that changes decoded code: then a careful access shall do it. */
static NOINLINE bool mark_usual(struct hw *m, struct usual_walk *w, unsigned access)
{
    const struct walk_mem mem = { m, walk_read, walk_write };
    if (icache_has_code(m, w->pde_pa) || icache_has_code(m, w->pte_pa))
        return false;
    usual_walk_mark(&mem, w, access);
    return true;
}

/* The host entry for la is missing: make it.  true: the access, which is within one page, finds it now.
 * false: something is not as usual, and nothing was done. */
ALWAYS_INLINE bool refill(struct hw *m, const struct arch *c, u32 la, unsigned kind)
{
    const struct walk_mem mem = { m, plain_read, NULL };
    unsigned access = (c->cpl == 3 ? ACCESS_USER : 0) | (kind == HOST_WRITE ? ACCESS_WRITE : 0);
    struct tlb *t = &m->state->tlb;
    struct tlb_entry *e = &t->entry[tlb_index(la)];
    struct usual_walk w;
    if (!(c->cr0 & CR0_PG) || m->config.coherent_tlb || machine_wants(m, HW_TLB_FILL))
        return false;
    if (tlb_entry_is(t, e, e->la))
        return false;
    if (unlikely(!usual_walk_find(&mem, c, la, access, &w)) || w.pte >= m->plain)
        return false;
    if (kind == HOST_WRITE && !may_store(m, PTE_FRAME(w.pte), PTE_FRAME(w.pte)))
        return false;
    if (unlikely(usual_walk_marks(&w, access)) && !mark_usual(m, &w, access))
        return false;
    ledger_charge(&m->state->ledger, COST_TLB_WALK);
    *e = new_entry(t, la, PTE_FRAME(w.pte), usual_walk_rights(&w, c->cr4));
    host_set(m, &(kind == HOST_WRITE ? m->host_write : m->host_read)[tlb_index(la)], la,
             PTE_FRAME(w.pte) | (la & (PAGE_SIZE - 1)));
    return true;
}

/* No operand of a handler is longer than four bytes. */
static bool crosses_not(u32 la) { return (la & (PAGE_SIZE - 1)) <= PAGE_SIZE - 4; }

fault_t uop_missed_load(struct hw *m, struct arch *c, const struct uop *u, u32 la, uop_fn *careful)
{
    uop_fn *next = likely(crosses_not(la) && refill(m, c, la, HOST_READ)) ? u->exec : careful;
    return next(m, c, u);
}

fault_t uop_missed_store(struct hw *m, struct arch *c, const struct uop *u, u32 la, uop_fn *careful)
{
    uop_fn *next = likely(crosses_not(la) && refill(m, c, la, HOST_WRITE)) ? u->exec : careful;
    return next(m, c, u);
}

fault_t uop_missed_operand(struct hw *m, struct arch *c, const struct uop *u, uop_fn *careful)
{
    return uop_missed_load(m, c, u, uop_offset(c, u), careful);
}

fault_t uop_missed_result(struct hw *m, struct arch *c, const struct uop *u, uop_fn *careful)
{
    return uop_missed_store(m, c, u, uop_offset(c, u), careful);
}

static void ram_read(const struct hw *m, u32 pa, unsigned size, void *out)
{
    u32 at = phys_where(m, pa, false);
    memset(out, 0xff, size);
    if (at != STORE_NONE)
        memcpy(out, m->ram + at, size);
}

static void ram_write(struct hw *m, u32 la, u32 pa, unsigned size, const void *in)
{
    u32 at = phys_where(m, pa, true);
    if (at == STORE_NONE)
        return;
    ram_touch(m, at, size);
    memcpy(m->ram + at, in, size);
    if (machine_wants(m, HW_WRITE)) {
        u32 value = 0;
        memcpy(&value, in, size);
        machine_emit(m, HW_WRITE, size, la, pa, value);
    }
}

/* ---- devices ---- */

static fault_t device_read(struct hw *m, u32 pa, unsigned size, u32 *value)
{
    if (icache_is_running(m))
        return UOP_SLOW;
    *value = machine_device_load(m, pa, size);
    return FAULT_NONE;
}

static fault_t device_write(struct hw *m, u32 pa, unsigned size, u32 value)
{
    if (icache_is_running(m))
        return UOP_SLOW;
    machine_device_store(m, pa, size, value);
    return FAULT_NONE;
}

static void part_read(struct hw *m, u32 pa, unsigned size, void *out)
{
    if (is_device(m, pa)) {
        u32 value = machine_device_load(m, pa, size);
        memcpy(out, &value, size);
    } else {
        ram_read(m, pa, size, out);
    }
}

static void part_write(struct hw *m, u32 la, u32 pa, unsigned size, const void *in)
{
    u32 value = 0;
    if (!is_device(m, pa)) {
        ram_write(m, la, pa, size, in);
        return;
    }
    memcpy(&value, in, size);
    machine_device_store(m, pa, size, value);
}

static bool crosses(u32 la, unsigned size) { return (la & (PAGE_SIZE - 1)) + size > PAGE_SIZE; }

static u8 *host_find(const struct hw *m, u32 la, unsigned size, unsigned access, unsigned kind)
{
    const struct hostpage *p =
        &m->hosttlb->page[access & ACCESS_USER ? 1 : 0][kind][tlb_index(la)];
    return ((u64)la ^ p->tag) <= PAGE_SIZE - size ? p->addend + la : NULL;
}

/* Where both parts of an access are.  No part may be a device's in a block, and the first walk may leave
 * marks only when that is known. */
static fault_t translate_both(struct hw *m, u32 la, u32 first, unsigned access, u32 pa[2])
{
    if (icache_is_running(m) && mmu_peek(m, la + first, &pa[1]) && is_device(m, pa[1]))
        return UOP_SLOW;
    fault_t f = mmu_translate(m, la, access, &pa[0]);
    if (!f)
        f = mmu_translate(m, la + first, access, &pa[1]);
    if (!f && (leaves_block(m, pa[0], access) || leaves_block(m, pa[1], access)))
        return UOP_SLOW;
    return f;
}

static NOINLINE fault_t read_across(struct hw *m, u32 la, unsigned size, unsigned access, u32 *value)
{
    u32 pa[2], first = PAGE_SIZE - (la & (PAGE_SIZE - 1));
    fault_t f = translate_both(m, la, first, access, pa);
    if (f)
        return f;
    *value = 0;
    part_read(m, pa[0], first, value);
    part_read(m, pa[1], size - first, (u8 *)value + first);
    return FAULT_NONE;
}

fault_t mmu_read(struct hw *m, u32 la, unsigned size, unsigned access, u32 *value)
{
    u32 pa;
    const u8 *host = host_find(m, la, size, access, access & ACCESS_WRITE ? HOST_WRITE : HOST_READ);
    if (likely(host != NULL)) {
        *value = host_load(host, size);
        return FAULT_NONE;
    }
    if (unlikely(crosses(la, size)))
        return read_across(m, la, size, access, value);
    fault_t f = mmu_translate(m, la, access, &pa);
    if (f)
        return f;
    if (is_device(m, pa))
        return device_read(m, pa, size, value);
    u32 at = phys_where(m, pa, false);
    if (at == STORE_NONE) {
        *value = 0xffffffffu >> (32 - 8 * size);
        return FAULT_NONE;
    }
    *value = host_load(m->ram + at, size);
    host_fill(m, la, pa, at, access);
    return FAULT_NONE;
}

static NOINLINE fault_t write_across(struct hw *m, u32 la, unsigned size, unsigned access, u32 value)
{
    u32 pa[2], first = PAGE_SIZE - (la & (PAGE_SIZE - 1));
    fault_t f = translate_both(m, la, first, access, pa);
    if (f)
        return f;
    part_write(m, la, pa[0], first, &value);
    part_write(m, la + first, pa[1], size - first, (u8 *)&value + first);
    return FAULT_NONE;
}

fault_t mmu_write(struct hw *m, u32 la, unsigned size, unsigned access, u32 value)
{
    u32 pa;
    u8 *host = host_find(m, la, size, access, HOST_WRITE);
    if (likely(host != NULL)) {
        host_store(host, size, value);
        return FAULT_NONE;
    }
    access |= ACCESS_WRITE;
    if (unlikely(crosses(la, size)))
        return write_across(m, la, size, access, value);
    fault_t f = mmu_translate(m, la, access, &pa);
    if (f)
        return f;
    if (is_device(m, pa))
        return device_write(m, pa, size, value);
    ram_write(m, la, pa, size, &value);
    u32 at = phys_where(m, pa, false);
    if (at != STORE_NONE)
        host_fill(m, la, pa, at, access);
    return FAULT_NONE;
}

fault_t mmu_probe(struct hw *m, u32 la, unsigned size, unsigned access)
{
    u32 pa[2];
    if (crosses(la, size))
        return translate_both(m, la, PAGE_SIZE - (la & (PAGE_SIZE - 1)), access, pa);
    return mmu_translate(m, la, access, pa);
}
