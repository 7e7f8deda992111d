#include "lessons/snapshot.h"

#include <stdlib.h>
#include <string.h>

/* A tree of two levels, 1024 ways each: 4 GB of pages.  A leaf or page that two snapshots have in
 * common exists once; NULL stands for zeros.  The hot part is kept as pages too, so that what did not
 * change between two snapshots (most of a TLB, of a ledger) is shared as well. */
enum { WAYS = 1024, HOT_PAGES = ARENA_HOT / PAGE_SIZE };

struct page { u32 refs; u32 pad; u8 bytes[PAGE_SIZE]; };
struct leaf { u32 refs; u32 pad; struct page *page[WAYS]; };
struct snapshot {
    u32 refs;
    u32 leaves;
    struct page *hot[HOT_PAGES];
    struct leaf *leaf[]; /* NULL: all zero */
};

static const u8 zeros[PAGE_SIZE];

/* ---- nodes ---- */

static void *node_new(struct snapstore *s, size_t size)
{
    void *p = calloc(1, size);
    assert(p); /* out of memory: nothing sensible is left to do */
    s->bytes += size;
    return p;
}

static void node_free(struct snapstore *s, void *node, size_t size)
{
    s->bytes -= size;
    free(node);
}

static struct page *page_new(struct snapstore *s, const u8 *bytes)
{
    if (memcmp(bytes, zeros, PAGE_SIZE) == 0)
        return NULL;
    struct page *p = node_new(s, sizeof *p);
    p->refs = 1;
    memcpy(p->bytes, bytes, PAGE_SIZE);
    return p;
}

static struct page *page_hold(struct page *p)
{
    if (p)
        p->refs++;
    return p;
}

static void page_drop(struct snapstore *s, struct page *p)
{
    if (p && --p->refs == 0)
        node_free(s, p, sizeof *p);
}

static void leaf_drop(struct snapstore *s, struct leaf *l)
{
    if (!l || --l->refs > 0)
        return;
    for (unsigned i = 0; i < WAYS; i++)
        page_drop(s, l->page[i]);
    node_free(s, l, sizeof *l);
}

static size_t root_size(u32 leaves)
{
    return sizeof(struct snapshot) + leaves * sizeof(struct leaf *);
}

static const u8 *page_bytes(const struct page *p) { return p ? p->bytes : zeros; }

static struct page *snapshot_page(const struct snapshot *s, u32 page)
{
    const struct leaf *l = s->leaf[page / WAYS];
    return l ? l->page[page % WAYS] : NULL;
}

/* ---- the store ---- */

void snapstore_init(struct snapstore *s, struct arena *a)
{
    *s = (struct snapstore){ .arena = a };
}

void snapstore_free(struct snapstore *s)
{
    if (s->base)
        snapshot_drop(s, s->base);
    s->base = NULL;
}

void snapshot_hold(struct snapshot *s) { s->refs++; }

void snapshot_drop(struct snapstore *store, struct snapshot *s)
{
    assert(s->refs > 0);
    if (--s->refs > 0)
        return;
    for (unsigned i = 0; i < HOT_PAGES; i++)
        page_drop(store, s->hot[i]);
    for (u32 i = 0; i < s->leaves; i++)
        leaf_drop(store, s->leaf[i]);
    node_free(store, s, root_size(s->leaves));
}

u64 snapshot_bytes(const struct snapstore *s) { return s->bytes; }

static void set_base(struct snapstore *store, struct snapshot *s)
{
    snapshot_hold(s);
    if (store->base)
        snapshot_drop(store, store->base);
    store->base = s;
}

/* ---- taking ---- */

/* A leaf of s that nobody else has: path copying. */
static struct leaf *own_leaf(struct snapstore *store, struct snapshot *s, u32 index)
{
    struct leaf *old = s->leaf[index];
    if (old && old->refs == 1)
        return old;
    struct leaf *l = node_new(store, sizeof *l);
    l->refs = 1;
    if (old) {
        for (unsigned i = 0; i < WAYS; i++)
            l->page[i] = page_hold(old->page[i]);
        leaf_drop(store, old);
    }
    s->leaf[index] = l;
    return l;
}

static void take_page(struct snapstore *store, struct snapshot *s, u32 page)
{
    const u8 *now = arena_page(store->arena, page);
    if (memcmp(now, page_bytes(snapshot_page(s, page)), PAGE_SIZE) == 0)
        return; /* marked, but the bytes are as they were: go on sharing */
    struct leaf *l = own_leaf(store, s, page / WAYS);
    page_drop(store, l->page[page % WAYS]);
    l->page[page % WAYS] = page_new(store, now);
}

static void take_hot(struct snapstore *store, struct snapshot *s)
{
    for (unsigned i = 0; i < HOT_PAGES; i++) {
        const u8 *now = store->arena->base + i * PAGE_SIZE;
        struct page *old = store->base ? store->base->hot[i] : NULL;
        bool same = memcmp(now, page_bytes(old), PAGE_SIZE) == 0;
        s->hot[i] = same ? page_hold(old) : page_new(store, now);
    }
}

/* Before the first snapshot every page that is not zero carries a mark: marks are never wiped but
 * here.  So a missing base is a base of zeros. */
struct snapshot *snapshot_take(struct snapstore *store)
{
    const struct arena *a = store->arena;
    u32 leaves = (a->page_count + WAYS - 1) / WAYS;
    struct snapshot *s = node_new(store, root_size(leaves));
    s->refs = 1;
    s->leaves = leaves;
    for (u32 i = 0; store->base && i < leaves; i++) {
        s->leaf[i] = store->base->leaf[i];
        if (s->leaf[i])
            s->leaf[i]->refs++;
    }
    take_hot(store, s);
    for (u32 i = 0; i < a->dirty_count; i++)
        take_page(store, s, a->dirty_list[i]);
    set_base(store, s);
    arena_clean(store->arena);
    return s;
}

/* ---- restoring ---- */

static void restore_leaf(struct snapstore *store, const struct snapshot *from, u32 index)
{
    const struct leaf *old = store->base->leaf[index], *new = from->leaf[index];
    if (old == new)
        return;
    for (u32 i = 0; i < WAYS; i++) {
        struct page *was = old ? old->page[i] : NULL, *is = new ? new->page[i] : NULL;
        if (was != is)
            memcpy(arena_page(store->arena, index * WAYS + i), page_bytes(is), PAGE_SIZE);
    }
}

void snapshot_restore(struct snapstore *store, struct snapshot *from)
{
    struct arena *a = store->arena;
    assert(store->base && from->leaves == store->base->leaves);
    for (u32 i = 0; i < a->dirty_count; i++) {
        u32 page = a->dirty_list[i];
        memcpy(arena_page(a, page), page_bytes(snapshot_page(from, page)), PAGE_SIZE);
    }
    for (u32 i = 0; i < from->leaves; i++)
        restore_leaf(store, from, i);
    for (unsigned i = 0; i < HOT_PAGES; i++)
        memcpy(a->base + i * PAGE_SIZE, page_bytes(from->hot[i]), PAGE_SIZE);
    set_base(store, from);
    arena_clean(a);
}

s64 snapshot_check_unmarked(const struct snapstore *s)
{
    const struct arena *a = s->arena;
    bool *marked = calloc(a->page_count, sizeof *marked);
    s64 bad = -1;
    assert(marked);
    for (u32 i = 0; i < a->dirty_count; i++)
        marked[a->dirty_list[i]] = true;
    for (u32 page = 0; page < a->page_count && bad < 0; page++) {
        const u8 *was = s->base ? page_bytes(snapshot_page(s->base, page)) : zeros;
        if (!marked[page] && memcmp(arena_page(a, page), was, PAGE_SIZE) != 0)
            bad = page;
    }
    free(marked);
    return bad;
}
