#include "sim/tlb.h"

#include <string.h>

#include "sim/api/paging_walk.h"
#include "sim/dev/mmio.h"
#include "sim/icache.h"
#include "sim/uop.h"

/* A host entry is named by where it stands: user, kind, index. */
static struct hostpage *host_entry(struct hosttlb *h, unsigned name)
{
    unsigned index = name & (TLB_ENTRIES - 1), set = name / TLB_ENTRIES;
    return &h->page[set >> 1][set & 1][index];
}

static void host_drop_index(struct hosttlb *h, u32 index)
{
    for (unsigned user = 0; user < 2; user++) {
        h->page[user][HOST_READ][index].tag = HOSTPAGE_NONE;
        h->page[user][HOST_WRITE][index].tag = HOSTPAGE_NONE;
    }
}

void hosttlb_drop(struct hw *m)
{
    struct hosttlb *h = m->hosttlb;
    if (h->fills <= HOST_FILLS) {
        for (u32 i = 0; i < h->fills; i++) {
            host_entry(h, h->fill[i])->tag = HOSTPAGE_NONE;
            h->listed[h->fill[i] / 64] = 0;
        }
    } else {
        for (u32 i = 0; i < TLB_ENTRIES; i++)
            host_drop_index(h, i);
        memset(h->listed, 0, sizeof h->listed);
    }
    h->fills = 0;
    links_drop(m);
}

void hosttlb_reset(struct hosttlb *h)
{
    for (u32 i = 0; i < TLB_ENTRIES; i++)
        host_drop_index(h, i);
    h->fills = 0;
    h->fetch_epoch++; /* not zero: zeroed links never hold */
}

/* Drop the write entries for which `host` is where the page is; NULL: all of them. */
static void drop_writes(struct hosttlb *h, const u8 *host)
{
    u32 n = h->fills <= HOST_FILLS ? h->fills : 2 * HOST_KINDS * TLB_ENTRIES;
    for (u32 i = 0; i < n; i++) {
        unsigned name = h->fills <= HOST_FILLS ? h->fill[i] : i;
        struct hostpage *p = host_entry(h, name);
        bool write = (name / TLB_ENTRIES & 1) == HOST_WRITE;
        if (write && p->tag != HOSTPAGE_NONE && (!host || p->addend + p->tag == host))
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
    links_drop(m);
}

void tlb_flush_page(struct hw *m, u32 la)
{
    u32 index = tlb_index(la);
    struct tlb_entry *e = &m->state->tlb.entry[index];
    flush_large(m, la);
    if (e->la == PTE_FRAME(la))
        *e = (struct tlb_entry){ 0, 0, 0 };
    host_drop_index(m->hosttlb, index);
    links_drop_index(m, index);
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

static struct tlb_entry new_entry(struct tlb *t, const struct walk *w)
{
    u32 bits = w->rights & 0xfff;
    if (w->large) {
        t->large[w->la >> 27] |= 1u << (w->la >> 22 & 31);
        bits |= PTE_PS;
    }
    return (struct tlb_entry){ PTE_FRAME(w->la), PTE_FRAME(w->pa) | bits,
                               bits & PTE_G ? t->global_generation : t->generation };
}

static fault_t walk_and_fill(struct hw *m, u32 la, unsigned access, u32 *pa)
{
    const struct walk_mem mem = { m, walk_read, walk_write };
    struct walk w = paging_walk_inline(&mem, m->arch, la, access);
    if (w.fault) {
        m->isa.fault_la = la;
        return w.fault;
    }
    ledger_charge(&m->state->ledger, COST_TLB_WALK);
    *pa = w.pa;
    if (m->config.coherent_tlb)
        return FAULT_NONE;
    u32 index = tlb_index(la);
    struct tlb_entry *e = &m->state->tlb.entry[index];
    if (tlb_entry_is(&m->state->tlb, e, e->la)) { /* else there is no host entry, nor a link */
        host_drop_index(m->hosttlb, index);
        links_drop_index(m, index);
        if (e->la != PTE_FRAME(la))
            icache_displaced(m, e->la);
    }
    *e = new_entry(&m->state->tlb, &w);
    machine_event(m, HW_TLB_FILL, PTE_FRAME(la), PTE_FRAME(w.pa), w.rights, 0);
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

/* Remember where this page is in host memory, if an access to it needs no care next time. */
static void host_fill(struct hw *m, u32 la, u32 pa, unsigned access)
{
    unsigned kind = access & ACCESS_WRITE ? HOST_WRITE : HOST_READ;
    u32 frame = phys_where(m, PTE_FRAME(pa), kind == HOST_WRITE);
    if (frame == STORE_NONE || ((m->arch->cr0 & CR0_PG) && m->config.coherent_tlb))
        return;
    if (kind == HOST_WRITE && frame != phys_where(m, PTE_FRAME(pa), false))
        return; /* such an entry is read through, too */
    if (kind == HOST_WRITE && (icache_has_code(m, frame) || machine_wants(m, HW_WRITE)))
        return;
    unsigned user = access & ACCESS_USER ? 1 : 0;
    if (kind == HOST_WRITE)
        arena_touch_page(&m->arena, ram_arena_page(frame)); /* stores through the entry mark nothing */
    struct hosttlb *h = m->hosttlb;
    u32 name = (user * HOST_KINDS + kind) * TLB_ENTRIES + tlb_index(la);
    struct hostpage *p = host_entry(h, name);
    if (!(h->listed[name / 64] >> (name % 64) & 1)) {
        h->listed[name / 64] |= 1ull << (name % 64);
        if (h->fills < HOST_FILLS)
            h->fill[h->fills] = (u16)name;
        h->fills++;
    }
    p->tag = PTE_FRAME(la);
    p->addend = m->ram + frame - PTE_FRAME(la);
}

static void ram_read(const struct hw *m, u32 pa, unsigned size, void *out)
{
    u32 at = phys_where(m, pa, false);
    memset(out, 0xff, size);
    if (at != STORE_NONE)
        memcpy(out, m->ram + at, size);
}

static u32 ram_load(const struct hw *m, u32 pa, unsigned size)
{
    u32 at = phys_where(m, pa, false);
    return likely(at != STORE_NONE) ? host_load(m->ram + at, size) : 0xffffffffu >> (32 - 8 * size);
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

/* ---- devices: time must be exact, so a block is left before their instruction ---- */

static bool is_device(const struct hw *m, u32 pa)
{
    return unlikely(pa >= m->plain) && platform_is_device(&m->state->platform, pa);
}

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

fault_t mmu_read(struct hw *m, u32 la, unsigned size, unsigned access, u32 *value)
{
    u32 pa, pa2, first = size;
    const u8 *host = host_find(m, la, size, access, access & ACCESS_WRITE ? HOST_WRITE : HOST_READ);
    if (likely(host != NULL)) {
        *value = host_load(host, size);
        return FAULT_NONE;
    }
    fault_t f = mmu_translate(m, la, access, &pa);
    if (f)
        return f;
    if (!crosses(la, size)) {
        if (is_device(m, pa))
            return device_read(m, pa, size, value);
        *value = ram_load(m, pa, size);
        host_fill(m, la, pa, access);
        return FAULT_NONE;
    }
    *value = 0;
    first = PAGE_SIZE - (la & (PAGE_SIZE - 1));
    f = mmu_translate(m, la + first, access, &pa2);
    if (f)
        return f;
    if ((is_device(m, pa) || is_device(m, pa2)) && icache_is_running(m))
        return UOP_SLOW;
    part_read(m, pa, first, value);
    part_read(m, pa2, size - first, (u8 *)value + first);
    return FAULT_NONE;
}

fault_t mmu_write(struct hw *m, u32 la, unsigned size, unsigned access, u32 value)
{
    u32 pa, pa2, first = size;
    u8 *host = host_find(m, la, size, access, HOST_WRITE);
    if (likely(host != NULL)) {
        host_store(host, size, value);
        return FAULT_NONE;
    }
    access |= ACCESS_WRITE;
    fault_t f = mmu_translate(m, la, access, &pa);
    if (f)
        return f;
    if (!crosses(la, size)) {
        if (is_device(m, pa))
            return device_write(m, pa, size, value);
        ram_write(m, la, pa, size, &value);
        host_fill(m, la, pa, access);
        return FAULT_NONE;
    }
    first = PAGE_SIZE - (la & (PAGE_SIZE - 1));
    f = mmu_translate(m, la + first, access, &pa2);
    if (f)
        return f;
    if ((is_device(m, pa) || is_device(m, pa2)) && icache_is_running(m))
        return UOP_SLOW;
    part_write(m, la, pa, first, &value);
    part_write(m, la + first, pa2, size - first, (u8 *)&value + first);
    return FAULT_NONE;
}

fault_t mmu_probe(struct hw *m, u32 la, unsigned size, unsigned access)
{
    u32 pa;
    fault_t f = mmu_translate(m, la, access, &pa);
    if (!f && crosses(la, size))
        f = mmu_translate(m, PTE_FRAME(la + size - 1), access, &pa); /* CR2: its first byte */
    return f;
}
