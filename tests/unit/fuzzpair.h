/* fuzzpair.h - one generated guest in two worlds: side by side by guest time, and what differs. */
#ifndef TESTS_FUZZPAIR_H
#define TESTS_FUZZPAIR_H

#include "lessons/fields.h"
#include "lessons/world.h"
#include "tests/unit/guestgen.h"

#include <capstone/capstone.h>

struct side {
    struct world *w;
    struct stop stop;
    struct peek peek;
    bool known;
};

struct pair_run {
    enum engine_id engine;
    u64 seed, until;
    u32 stride;       /* look every so many ticks at most */
    u64 tick;         /* out: where they were last compared */
    char what[256];   /* out: the difference, "" */
};

enum { FUZZ_STUCK = 2000000 /* steps without a tick */, FUZZ_RAM_EVERY = 64, FUZZ_FIELDS = 6 };

static inline struct world *fuzz_world(struct gen_image *image, const struct world_config *how, u64 seed)
{
    char error[256] = "";
    struct world_config config = *how;
    config.image = &image->image;
    config.ram_bytes = GEN_RAM;
    struct world *w = world_new(&config, error, sizeof error);
    if (!w) {
        printf("%s\n", error);
        abort();
    }
    for (u32 i = 0; i < 6; i++)
        world_input(w, 300 + (seed * 0x9e3779b9u >> 7) % 997 * (i * i + 1), (u8)('A' + i));
    return w;
}

static inline void side_advance(struct side *s, u64 tick)
{
    struct limits limits = { .step = world_step(s->w) + FUZZ_STUCK, .tick = tick };
    s->stop = world_run(s->w, &limits);
    s->known = world_peek(s->w, &s->peek);
}

static inline bool side_ended(const struct side *s)
{
    return s->stop.kind != STOP_TICK;
}

PRINTF_LIKE(2, 3) static inline void pair_say(struct pair_run *r, const char *format, ...)
{
    size_t used = strlen(r->what);
    va_list args;
    va_start(args, format);
    vsnprintf(r->what + used, sizeof r->what - used, format, args);
    va_end(args);
}

static inline void compare_fields(struct pair_run *r, const struct arch *a, const struct arch *b)
{
    struct field_difference d;
    unsigned from = 0, shown = 0;
    while (shown < FUZZ_FIELDS && fields_difference(a, b, &from, &d)) {
        pair_say(r, " %s %x/%x", d.name, d.a, d.b);
        shown++;
    }
}

/* May bytes at `at` differ by A and D alone?  In a copy of an entry: an instruction that is tried
 * again, since a monitor filled its shadow, finds them set.  And when the guest has shut down: then
 * only a processor that was still going to fetch would have set A. */
static inline bool is_early_mark(const struct side *s, u32 at, u8 x, u8 y)
{
    bool entry = at - GEN_PD < GEN_PARAM - GEN_PD || at - GEN_PT2 < PAGE_SIZE;
    return ((x ^ y) & ~(PTE_A | PTE_D)) == 0 && s->w->engine != ENGINE_INTERP &&
           (!entry || s->stop.kind == STOP_SHUTDOWN);
}

static inline void compare_ram(struct pair_run *r, const struct side *a, const struct side *b)
{
    u8 x[PAGE_SIZE], y[PAGE_SIZE];
    for (u32 at = 0; at < GEN_RAM; at += PAGE_SIZE) {
        bool ok = world_read_physical(a->w, at, x, PAGE_SIZE) &&
                  world_read_physical(b->w, at, y, PAGE_SIZE);
        u32 i = 0;
        if (ok && memcmp(x, y, PAGE_SIZE) == 0)
            continue;
        while (ok && i < PAGE_SIZE && (x[i] == y[i] || is_early_mark(b, at + i, x[i], y[i])))
            i++;
        if (i < PAGE_SIZE) {
            pair_say(r, " ram %x: %x/%x", at + i, x[i], y[i]);
            return;
        }
    }
}

static inline void compare_sides(struct pair_run *r, const struct side *a, const struct side *b)
{
    const struct outside *x = world_outside(a->w), *y = world_outside(b->w);
    if (!b->known)
        pair_say(r, " peek tells nothing");
    if (a->stop.kind != b->stop.kind || a->stop.arg != b->stop.arg)
        pair_say(r, " stop %d,%x/%d,%x", a->stop.kind, a->stop.arg, b->stop.kind, b->stop.arg);
    if (a->peek.tick != b->peek.tick)
        pair_say(r, " tick %llu/%llu", (unsigned long long)a->peek.tick, (unsigned long long)b->peek.tick);
    compare_fields(r, &a->peek.arch, &b->peek.arch);
    if (x->console_hash != y->console_hash)
        pair_say(r, " console");
}

/* What a translated unit has fetched is behind the boundary at which it is looked at: its A bits and
 * the like may be early, but must be right a few instructions later. */
static inline void compare_memory(struct pair_run *r, struct side *a, struct side *b, u64 *tick)
{
    for (unsigned i = 0; i < 4 && !side_ended(a) && !side_ended(b); i++) {
        struct pair_run now = *r;
        compare_ram(&now, a, b);
        if (now.what[0] == 0)
            return;
        side_advance(a, ++*tick);
        side_advance(b, *tick);
        compare_sides(r, a, b);
        if (r->what[0])
            return;
    }
    compare_ram(r, a, b);
}

/* Instructions that tell user code the truth in silence when it runs directly (DIRECT_LEAKS), and INT1,
 * which reaches the monitor one tick late. */
static inline bool is_red_pill(const struct side *s)
{
    static const u16 ops[] = { OP_SGDT, OP_SIDT, OP_SLDT, OP_STR, OP_SMSW, OP_LAR, OP_LSL, OP_VERR, OP_VERW, OP_INT1 };
    const struct arch *a = &s->peek.arch;
    struct insn in;
    u8 bytes[INSN_MAX];
    u32 n = 0;
    while (n < sizeof bytes && world_read_linear(s->w, a, a->seg[CS].base + a->eip + n, bytes + n, 1))
        n++;
    if (a->cpl != 3 || decode(bytes, n, arch_code32(a), &in) != DECODE_OK)
        return false;
    for (unsigned i = 0; i < COUNT(ops); i++)
        if (in.op == ops[i])
            return true;
    return false;
}

/* Has user code swallowed one before the difference? */
static inline bool pair_excused(const struct pair_run *r, struct gen_image *image)
{
    struct world_config native = { .engine = ENGINE_NATIVE, .coherent_tlb = true };
    struct side a = { .w = fuzz_world(image, &native, r->seed) };
    bool found = false;
    for (u64 tick = 0; tick <= r->tick && r->engine == ENGINE_BT && !found; tick++) {
        side_advance(&a, tick);
        found = is_red_pill(&a);
        if (side_ended(&a))
            break;
    }
    world_free(a.w);
    return found;
}

/* Native and r->engine together; true: they agree to the end. */
static inline bool pair_agree(struct pair_run *r, struct gen_image *image)
{
    struct world_config native = { .engine = ENGINE_NATIVE, .coherent_tlb = true };
    struct world_config other = { .engine = r->engine, .coherent_tlb = true };
    struct side a = { .w = fuzz_world(image, &native, r->seed) }, b = { .w = fuzz_world(image, &other, r->seed) };
    u64 tick = 0, looked = 0;
    u32 noise = (u32)r->seed;
    r->what[0] = 0;
    do {
        noise = noise * 1664525 + 1013904223;
        tick += 1 + (noise >> 8) % r->stride;
        side_advance(&a, tick);
        side_advance(&b, tick);
        bool last = side_ended(&a) || side_ended(&b) || tick >= r->until;
        bool ram = last || tick - looked >= FUZZ_RAM_EVERY;
        compare_sides(r, &a, &b);
        if (ram && !r->what[0])
            compare_memory(r, &a, &b, &tick);
        looked = ram ? tick : looked;
        r->tick = tick;
        if (a.peek.tick > tick)
            tick = a.peek.tick; /* halted */
        if (last)
            break;
    } while (!r->what[0]);
    world_free(a.w);
    world_free(b.w);
    return !r->what[0];
}

/* ---- a difference, told ---- */

static inline void tell_instruction(const struct side *s)
{
    const struct arch *a = &s->peek.arch;
    u8 bytes[16];
    u32 n = 0, la = a->seg[CS].base + a->eip;
    csh capstone;
    cs_insn *insn;
    while (n < sizeof bytes && world_read_linear(s->w, a, la + n, bytes + n, 1))
        n++;
    bool code32 = (a->seg[CS].ar & AR_DB) && !(a->eflags & FL_VM);
    printf("  %6llu cpl%u %x:%08x fl %05x esp %08x  ", (unsigned long long)s->peek.tick, a->cpl, a->seg[CS].sel,
           a->eip, a->eflags, a->reg[ESP]);
    if (cs_open(CS_ARCH_X86, code32 ? CS_MODE_32 : CS_MODE_16, &capstone) != CS_ERR_OK)
        return;
    size_t count = cs_disasm(capstone, bytes, n, a->eip, 1, &insn);
    if (count)
        printf("%s %s\n", insn->mnemonic, insn->op_str);
    else
        printf("%02x %02x %02x %02x (%u bytes)\n", bytes[0], bytes[1], bytes[2], bytes[3], n);
    if (count)
        cs_free(insn, count);
    cs_close(&capstone);
}

static inline void tell_state(const struct arch *a)
{
    printf("    eax %08x ecx %08x edx %08x ebx %08x esp %08x ebp %08x esi %08x edi %08x\n", a->reg[0], a->reg[1],
           a->reg[2], a->reg[3], a->reg[4], a->reg[5], a->reg[6], a->reg[7]);
    printf("    eip %08x eflags %08x cr0 %08x cr2 %08x cr3 %08x cr4 %08x dr6 %08x dr7 %08x halted %u\n", a->eip,
           a->eflags, a->cr0, a->cr2, a->cr3, a->cr4, a->dr[6], a->dr[7], a->halted);
    for (unsigned i = 0; i < SREG_COUNT; i++)
        printf("    %c%c %04x %08x+%08x %05x", "ECSDFG"[i], 'S', a->seg[i].sel, a->seg[i].base, a->seg[i].limit,
               a->seg[i].ar);
    printf("\n");
}

/* The last instructions before the difference, natively; then both states. */
static inline void pair_tell(const struct pair_run *r, struct gen_image *image)
{
    struct world_config native = { .engine = ENGINE_NATIVE, .coherent_tlb = true };
    struct world_config other = { .engine = r->engine, .coherent_tlb = true };
    struct side a = { .w = fuzz_world(image, &native, r->seed) }, b = { .w = fuzz_world(image, &other, r->seed) };
    u64 from = r->tick > 16 ? r->tick - 16 : 0;
    printf("%s, seed %llu, tick %llu:%s\n", engine_name(r->engine), (unsigned long long)r->seed,
           (unsigned long long)r->tick, r->what);
    for (u64 tick = from; tick <= r->tick; tick++) {
        side_advance(&a, tick);
        if (a.peek.tick >= from)
            tell_instruction(&a);
        if (side_ended(&a))
            break;
    }
    side_advance(&b, r->tick);
    tell_state(&a.peek.arch);
    tell_state(&b.peek.arch);
    world_free(a.w);
    world_free(b.w);
}

#endif
