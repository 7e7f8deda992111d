#include "sim/arena.h"

#include <string.h>
#include <sys/mman.h>

#include "sim/zeroed.h"

enum { PAGE_DIRTY = 1, PAGE_EVER = 2 };

static u64 list_bytes(const struct arena *a) { return (u64)a->page_count * sizeof *a->dirty_list; }

bool arena_init(struct arena *a, u64 size, void *hint)
{
    assert(size > ARENA_HOT && size % PAGE_SIZE == 0);
    memset(a, 0, sizeof *a);
    a->base = mmap(hint, size, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (a->base == MAP_FAILED) {
        a->base = NULL;
        return false;
    }
    a->size = size;
    a->paged_used = ARENA_HOT;
    a->page_count = (u32)((size - ARENA_HOT) / PAGE_SIZE);
    a->dirty = zeroed_take(a->page_count);
    a->dirty_list = zeroed_take(list_bytes(a));
    if (!a->dirty || !a->dirty_list) {
        arena_free(a);
        return false;
    }
    return true;
}

void arena_free(struct arena *a)
{
    if (a->base)
        munmap(a->base, a->size);
    zeroed_give(a->dirty, a->page_count);
    zeroed_give(a->dirty_list, list_bytes(a));
    memset(a, 0, sizeof *a);
}

u32 arena_hot(struct arena *a, u32 bytes)
{
    u32 offset = a->hot_used;
    a->hot_used += (bytes + 15) & ~15u;
    assert(a->hot_used <= ARENA_HOT);
    return offset;
}

u64 arena_paged(struct arena *a, u64 bytes)
{
    u64 offset = a->paged_used;
    a->paged_used += (bytes + PAGE_SIZE - 1) & ~(u64)(PAGE_SIZE - 1);
    assert(a->paged_used <= a->size);
    return offset;
}

void arena_touch(struct arena *a, u64 offset, u64 len)
{
    assert(offset >= ARENA_HOT && len > 0 && offset + len <= a->size);
    u32 first = (u32)((offset - ARENA_HOT) / PAGE_SIZE);
    u32 last = (u32)((offset + len - 1 - ARENA_HOT) / PAGE_SIZE);
    for (u32 page = first; page <= last; page++)
        arena_touch_page(a, page);
}

void arena_clean(struct arena *a)
{
    for (u32 i = 0; i < a->dirty_count; i++)
        a->dirty[a->dirty_list[i]] = PAGE_EVER;
    a->dirty_count = 0;
}

static u64 hash_bytes(u64 h, const u8 *p, u64 n)
{
    for (u64 i = 0; i < n; i += 8) {
        u64 word;
        memcpy(&word, p + i, 8);
        h = (h ^ word) * 0x9e3779b97f4a7c15ull;
        h ^= h >> 29;
    }
    return h;
}

static bool is_zero(const u8 *p)
{
    return p[0] == 0 && memcmp(p, p + 1, PAGE_SIZE - 1) == 0;
}

/* A page that was touched and is zero again counts as never touched: two histories that lead to the
 * same bytes hash the same. */
u64 arena_hash(const struct arena *a)
{
    u64 h = hash_bytes(0x5354455056495341ull, a->base, ARENA_HOT);
    for (u32 page = 0; page < a->page_count; page++) {
        if (!a->dirty[page])
            continue;
        const u8 *p = arena_page(a, page);
        if (!is_zero(p))
            h = hash_bytes(h ^ page, p, PAGE_SIZE);
    }
    return h;
}
