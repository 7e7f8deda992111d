#include "sim/tlb.h"

#include <string.h>

#include "sim/icache.h"
#include "sim/machine_impl.h"

enum { TLB_VALID = 1 };

static void host_drop_index(struct hosttlb *h, u32 index)
{
    for (unsigned user = 0; user < 2; user++)
        for (unsigned kind = 0; kind < HOST_KINDS; kind++)
            h->page[user][kind][index].tag = HOSTPAGE_NONE;
}

void hosttlb_drop(struct hw *m)
{
    for (u32 i = 0; i < TLB_ENTRIES; i++)
        host_drop_index(m->hosttlb, i);
    m->hosttlb->fetch_epoch++;
}

void hosttlb_drop_writes(struct hw *m)
{
    for (unsigned user = 0; user < 2; user++)
        for (u32 i = 0; i < TLB_ENTRIES; i++)
            m->hosttlb->page[user][HOST_WRITE][i].tag = HOSTPAGE_NONE;
}

void hosttlb_drop_frame_writes(struct hw *m, u32 frame)
{
    const u8 *host = m->ram + frame;
    for (unsigned user = 0; user < 2; user++) {
        for (u32 i = 0; i < TLB_ENTRIES; i++) {
            struct hostpage *p = &m->hosttlb->page[user][HOST_WRITE][i];
            if (p->tag != HOSTPAGE_NONE && p->addend + p->tag == host)
                p->tag = HOSTPAGE_NONE;
        }
    }
}

void tlb_flush_all(struct hw *m, bool keep_global)
{
    struct tlb *t = &m->state->tlb;
    keep_global = keep_global && (m->arch->cr4 & CR4_PGE);
    for (u32 i = 0; i < TLB_ENTRIES; i++) {
        if (keep_global && (t->entry[i].frame & PTE_G))
            continue;
        t->entry[i] = (struct tlb_entry){ 0, 0 };
        host_drop_index(m->hosttlb, i);
    }
    m->hosttlb->fetch_epoch++;
    machine_event(m, HW_TLB_FLUSH, 0, 0, 0, 0);
}

void tlb_flush_page(struct hw *m, u32 la)
{
    u32 index = tlb_index(la);
    struct tlb_entry *e = &m->state->tlb.entry[index];
    if (e->la == (PTE_FRAME(la) | TLB_VALID))
        *e = (struct tlb_entry){ 0, 0 };
    host_drop_index(m->hosttlb, index);
    m->hosttlb->fetch_epoch++;
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

static fault_t walk_and_fill(struct hw *m, u32 la, unsigned access, u32 *pa)
{
    const struct walk_mem mem = { m, walk_read, walk_write };
    struct walk w = paging_walk(&mem, m->arch->cr0, m->arch->cr3, m->arch->cr4, la, access);
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
    host_drop_index(m->hosttlb, index);
    if (e->la)
        m->hosttlb->fetch_epoch++;
    *e = (struct tlb_entry){ PTE_FRAME(la) | TLB_VALID, PTE_FRAME(w.pa) | (w.rights & 0xfff) };
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
    if (e->la == (PTE_FRAME(la) | TLB_VALID) && entry_allows(m, e, access)) {
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
    if (e->la == (PTE_FRAME(la) | TLB_VALID)) {
        *pa = PTE_FRAME(e->frame) | (la & (PAGE_SIZE - 1));
        return true;
    }
    const struct walk_mem mem = { (void *)m, walk_read, NULL };
    struct walk w = paging_walk(&mem, m->arch->cr0, m->arch->cr3, m->arch->cr4, la, ACCESS_READ);
    *pa = w.pa;
    return !w.fault;
}

/* Remember where this page is in host memory, if an access to it needs no care next time. */
static void host_fill(struct hw *m, u32 la, u32 pa, unsigned access)
{
    u32 frame = PTE_FRAME(pa);
    if (frame >= m->ram_bytes || ((m->arch->cr0 & CR0_PG) && m->config.coherent_tlb))
        return;
    unsigned kind = access & ACCESS_WRITE ? HOST_WRITE : HOST_READ;
    if (kind == HOST_WRITE && (icache_has_code(m, frame) || machine_wants(m, HW_WRITE)))
        return;
    unsigned user = access & ACCESS_USER ? 1 : 0;
    struct hostpage *p = &m->hosttlb->page[user][kind][tlb_index(la)];
    p->tag = PTE_FRAME(la);
    p->addend = m->ram + frame - PTE_FRAME(la);
}

static void ram_read(const struct hw *m, u32 pa, unsigned size, void *out)
{
    memset(out, 0xff, size);
    if (pa < m->ram_bytes && size <= m->ram_bytes - pa)
        memcpy(out, m->ram + pa, size);
}

static void ram_write(struct hw *m, u32 la, u32 pa, unsigned size, const void *in)
{
    if (pa >= m->ram_bytes || size > m->ram_bytes - pa)
        return;
    ram_touch(m, pa, size);
    memcpy(m->ram + pa, in, size);
    if (machine_wants(m, HW_WRITE)) {
        u32 value = 0;
        memcpy(&value, in, size);
        machine_emit(m, HW_WRITE, size, la, pa, value);
    }
}

static bool crosses(u32 la, unsigned size) { return (la & (PAGE_SIZE - 1)) + size > PAGE_SIZE; }

fault_t mmu_read(struct hw *m, u32 la, unsigned size, unsigned access, u32 *value)
{
    u32 pa, pa2, first = size;
    fault_t f = mmu_translate(m, la, access, &pa);
    if (f)
        return f;
    *value = 0;
    if (!crosses(la, size)) {
        ram_read(m, pa, size, value);
        host_fill(m, la, pa, access);
        return FAULT_NONE;
    }
    first = PAGE_SIZE - (la & (PAGE_SIZE - 1));
    f = mmu_translate(m, la + first, access, &pa2);
    if (f)
        return f;
    ram_read(m, pa, first, value);
    ram_read(m, pa2, size - first, (u8 *)value + first);
    return FAULT_NONE;
}

fault_t mmu_write(struct hw *m, u32 la, unsigned size, unsigned access, u32 value)
{
    u32 pa, pa2, first = size;
    access |= ACCESS_WRITE;
    fault_t f = mmu_translate(m, la, access, &pa);
    if (f)
        return f;
    if (!crosses(la, size)) {
        ram_write(m, la, pa, size, &value);
        host_fill(m, la, pa, access);
        return FAULT_NONE;
    }
    first = PAGE_SIZE - (la & (PAGE_SIZE - 1));
    f = mmu_translate(m, la + first, access, &pa2);
    if (f)
        return f;
    ram_write(m, la, pa, first, &value);
    ram_write(m, la + first, pa2, size - first, (u8 *)&value + first);
    return FAULT_NONE;
}

fault_t mmu_probe(struct hw *m, u32 la, unsigned size, unsigned access)
{
    u32 pa;
    fault_t f = mmu_translate(m, la, access, &pa);
    if (!f && crosses(la, size))
        f = mmu_translate(m, la + size - 1, access, &pa);
    return f;
}
