#include "bt/tc.h"

#include "bt/event.h"
#include "bt/rtc.h"

enum { ROOM_CODE = 1024, ROOM_STUBS = 256, ROOM_RECORDS = 8 };

static mpa_t at_index(u32 base, u32 index, u32 size)
{
    return (mpa_t){ base + index * size };
}

static u32 alloc_bytes(struct vmm *v, u32 bytes)
{
    return vmm_alloc(v, (bytes + PAGE_SIZE - 1) / PAGE_SIZE).v;
}

void tc_init(struct vmm *v)
{
    struct bt_state *b = bt_of(v);
    b->units = alloc_bytes(v, TC_UNITS * sizeof(struct unit));
    b->insns = alloc_bytes(v, TC_INSNS * sizeof(struct tc_insn));
    b->stubs = alloc_bytes(v, TC_STUBS * sizeof(struct stub));
    b->unit_hash = alloc_bytes(v, TC_HASH * 4);
    b->page_hash = alloc_bytes(v, TC_HASH * 4);
    b->confirm_hash = alloc_bytes(v, TC_HASH * 4);
    b->slot_stub = alloc_bytes(v, SLOTS * 4);
    tc_flush(v, FLUSH_ASKED, 0);
}

static void clear_words(struct vmm *v, u32 at, u32 words)
{
    u32 *w = mem_edit(v->hw, (mpa_t){ at }, words * 4);
    for (u32 i = 0; i < words; i++)
        w[i] = 0;
}

static void add_miss_stub(struct vmm *v)
{
    static const u8 bytes[16] = { 0xcd, VEC_CONTINUE };
    static const u8 weights[16] = { 0 };
    struct stub miss = { .kind = STUB_MISS, .unit = TC_NONE, .target = TC_NONE,
                         .slot = 0xffff };
    u32 index = tc_add_stub(v, &miss, TC_SIZE - TC_MISS);
    assert(index == 0 && tc_stub(v, 0)->tc == TC_MISS);
    tc_store(v, TC_MISS, bytes, weights, sizeof(bytes));
}

void tc_flush(struct vmm *v, enum flush_why why, u32 gpa)
{
    struct bt_state *b = bt_of(v);
    b->generation++;
    b->next = TC_FIRST;
    b->stub_low = TC_SIZE;
    b->unit_count = b->insn_count = b->stub_count = b->slot_count = 0;
    b->resume.pc = b->resume.after_pc = TC_NONE;
    clear_words(v, b->unit_hash, TC_HASH);
    clear_words(v, b->page_hash, TC_HASH);
    clear_words(v, b->confirm_hash, TC_HASH);
    add_miss_stub(v);
    rtc_reset(v);
    hw_event(v->hw, BT_FLUSH, b->generation, why, gpa, 0);
}

bool tc_room(const struct vmm *v)
{
    const struct bt_state *b = bt_of(v);
    return b->stub_low - b->next >= ROOM_CODE + ROOM_STUBS && b->unit_count < TC_UNITS - 1 &&
           b->insn_count + UNIT_MAX <= TC_INSNS && b->stub_count + ROOM_RECORDS <= TC_STUBS &&
           b->slot_count + 2 <= SLOTS;
}

void tc_store(struct vmm *v, u32 offset, const u8 *bytes, const u8 *weights, u32 len)
{
    assert(offset + len <= TC_SIZE);
    u8 *w = mem_edit(v->hw, (mpa_t){ v->s->weights + offset }, len);
    for (u32 i = 0; i < len; i++)
        w[i] = weights[i];
    u8 *c = mem_edit(v->hw, tc_mpa(v, offset), len);
    for (u32 i = 0; i < len; i++)
        c[i] = bytes[i];
}

void tc_patch32(struct vmm *v, u32 offset, u32 value)
{
    u8 *c = mem_edit(v->hw, tc_mpa(v, offset), 4);
    for (unsigned i = 0; i < 4; i++)
        c[i] = (u8)(value >> 8 * i);
}

/* ---- records ---- */

const struct unit *tc_unit(const struct vmm *v, u32 index)
{
    assert(index < bt_of(v)->unit_count);
    return mem_map(v->hw, at_index(bt_of(v)->units, index, sizeof(struct unit)));
}

struct unit *tc_unit_edit(struct vmm *v, u32 index)
{
    return mem_edit(v->hw, at_index(bt_of(v)->units, index, sizeof(struct unit)),
                    sizeof(struct unit));
}

const struct tc_insn *tc_insn(const struct vmm *v, u32 index)
{
    assert(index < bt_of(v)->insn_count);
    return mem_map(v->hw, at_index(bt_of(v)->insns, index, sizeof(struct tc_insn)));
}

const struct stub *tc_stub(const struct vmm *v, u32 index)
{
    assert(index < bt_of(v)->stub_count);
    return mem_map(v->hw, at_index(bt_of(v)->stubs, index, sizeof(struct stub)));
}

struct stub *tc_stub_edit(struct vmm *v, u32 index)
{
    return mem_edit(v->hw, at_index(bt_of(v)->stubs, index, sizeof(struct stub)),
                    sizeof(struct stub));
}

static mpa_t bucket(u32 table, u32 key)
{
    return at_index(table, (key ^ key >> 12) & (TC_HASH - 1), 4);
}

static mpa_t page_bucket(const struct vmm *v, u32 gpa)
{
    return bucket(bt_of(v)->page_hash, gpa >> PAGE_SHIFT);
}

u32 tc_add_unit(struct vmm *v, const struct unit *u, const struct tc_insn *insns)
{
    struct bt_state *b = bt_of(v);
    u32 index = b->unit_count;
    mpa_t by_eip = bucket(b->unit_hash, u->eip), by_page = page_bucket(v, u->gpa);
    struct unit copy = *u;
    assert(u->n <= UNIT_MAX && b->insn_count + u->n <= TC_INSNS && index < TC_UNITS);
    copy.insn = b->insn_count;
    copy.next_hash = mem_read32(v->hw, by_eip);
    copy.next_page = mem_read32(v->hw, by_page);
    struct tc_insn *to = mem_edit(v->hw, at_index(b->insns, b->insn_count, sizeof(*to)),
                                  u->n * (u32)sizeof(*to));
    for (unsigned i = 0; i < u->n; i++)
        to[i] = insns[i];
    *tc_unit_edit(v, index) = copy;
    mem_write32(v->hw, by_eip, index + 1);
    mem_write32(v->hw, by_page, index + 1);
    b->insn_count += u->n;
    b->unit_count++;
    b->next = u->tc + u->tc_len;
    return index;
}

u32 tc_add_stub(struct vmm *v, const struct stub *s, u32 bytes)
{
    struct bt_state *b = bt_of(v);
    u32 index = b->stub_count;
    struct stub copy = *s;
    assert(index < TC_STUBS && b->stub_low - bytes >= b->next);
    b->stub_low -= bytes;
    copy.tc = b->stub_low;
    copy.next_hash = 0;
    if (s->kind == STUB_CONFIRM) {
        mpa_t by_eip = bucket(b->confirm_hash, s->eip);
        copy.next_hash = mem_read32(v->hw, by_eip);
        mem_write32(v->hw, by_eip, index + 1);
    }
    *tc_stub_edit(v, index) = copy;
    b->stub_count++;
    return index;
}

u32 tc_add_slot(struct vmm *v, u32 stub)
{
    struct bt_state *b = bt_of(v);
    assert(b->slot_count < SLOTS);
    mem_write32(v->hw, at_index(b->slot_stub, b->slot_count, 4), stub);
    return b->slot_count++;
}

/* ---- finding ---- */

u32 tc_find(const struct vmm *v, u32 eip, u32 gpa, bool plain)
{
    u32 best = TC_NONE;
    u32 next = mem_read32(v->hw, bucket(bt_of(v)->unit_hash, eip));
    for (; next; next = tc_unit(v, next - 1)->next_hash) {
        const struct unit *u = tc_unit(v, next - 1);
        if (u->eip != eip || u->gpa != gpa)
            continue;
        if (!u->extra)
            return next - 1;
        if (!plain)
            best = next - 1;
    }
    return best;
}

u32 tc_find_confirm(const struct vmm *v, u32 eip, u32 gpa)
{
    u32 next = mem_read32(v->hw, bucket(bt_of(v)->confirm_hash, eip));
    for (; next; next = tc_stub(v, next - 1)->next_hash) {
        const struct stub *s = tc_stub(v, next - 1);
        if (s->eip == eip && s->gpa == gpa)
            return next - 1;
    }
    return TC_NONE;
}

u32 tc_unit_at(const struct vmm *v, u32 offset)
{
    u32 low = 0, high = bt_of(v)->unit_count; /* units before low start at or before offset */
    while (low < high) {
        u32 mid = low + (high - low) / 2;
        if (tc_unit(v, mid)->tc <= offset)
            low = mid + 1;
        else
            high = mid;
    }
    return low ? low - 1 : TC_NONE;
}

u32 tc_stub_at(const struct vmm *v, u32 offset)
{
    /* stubs grow down: the first at or below offset */
    u32 low = 0, high = bt_of(v)->stub_count;
    while (low < high) {
        u32 mid = low + (high - low) / 2;
        if (tc_stub(v, mid)->tc > offset)
            low = mid + 1;
        else
            high = mid;
    }
    return low < bt_of(v)->stub_count ? low : TC_NONE;
}

bool tc_covers(const struct vmm *v, u32 gpa, u32 len)
{
    u32 next = mem_read32(v->hw, page_bucket(v, gpa));
    for (; next; next = tc_unit(v, next - 1)->next_page) {
        const struct unit *u = tc_unit(v, next - 1);
        if (u->gpa < gpa + len && gpa < u->gpa + u->guest_len)
            return true;
    }
    return false;
}
