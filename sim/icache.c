#include "sim/reglog_impl.h"

#include <string.h>

#include "sim/rep.h"
#include "sim/zeroed.h"

static u64 granules_bytes(const struct icache *ic) { return (u64)ic->frames * sizeof(granules_t); }
static u64 sectors_bytes(const struct icache *ic) { return (u64)ic->frames * SECTORS * sizeof(u32); }

bool icache_init(struct hw *m)
{
    m->icache = zeroed_take(sizeof *m->icache);
    if (!m->icache)
        return false;
    m->icache->frames = m->store_bytes >> PAGE_SHIFT;
    m->icache->granules = zeroed_take(granules_bytes(m->icache));
    m->icache->sector_first = zeroed_take(sectors_bytes(m->icache));
    m->icache->block[NO_BLOCK].kind = BLOCK_GONE;
    m->icache->block_used = m->icache->cold_used = 1;
    m->run_jumps = m->icache->jump;
    return m->icache->granules && m->icache->sector_first;
}

void icache_free(struct hw *m)
{
    if (!m->icache)
        return;
    zeroed_give(m->icache->granules, granules_bytes(m->icache));
    zeroed_give(m->icache->sector_first, sectors_bytes(m->icache));
    zeroed_give(m->icache, sizeof *m->icache);
    m->icache = NULL;
}

bool icache_is_running(const struct hw *m) { return m->run_entry != NULL; }

void icache_drop(struct hw *m)
{
    struct icache *ic = m->icache;
    icache_cut(m, icache_running(m));
    ic->drops++;
    for (u32 i = 1; i < ic->block_used; i++) {
        u32 frame = ic->block[i].pa >> PAGE_SHIFT;
        ic->granules[frame] = 0;
        *icache_sector(ic, ic->block[i].pa) = NO_BLOCK;
        ic->block[i].live = 0;
    }
    if (ic->block_used > 1) {
        memset(ic->hash, 0, sizeof ic->hash);
        memset(ic->jump, 0, sizeof ic->jump);
    }
    links_end(m);
    ic->block_used = 1;
    ic->uop_used = 0;
    ic->cold_used = 1; /* 0: none */
}

bool icache_has_code(const struct hw *m, u32 frame)
{
    return m->icache->granules[frame >> PAGE_SHIFT] != 0;
}

/* ---- building ---- */

bool icache_decode(const struct hw *m, unsigned mode, u32 pa, struct insn *in)
{
    unsigned room = PAGE_SIZE - (pa & (PAGE_SIZE - 1));
    return decode(m->ram + pa, room < INSN_MAX ? room : INSN_MAX, mode & RUN_CODE32, in) ==
           DECODE_OK;
}

static struct uop *add_uop(struct hw *m, struct block *b, const struct insn *in, struct uop *u, u32 off)
{
    struct icache *ic = m->icache;
    struct uop *at = &ic->uop[ic->uop_used++];
    u->off = (u16)off;
    u->idx = (u8)b->count;
    u->weight_sum = (u16)b->weight;
    uop_place(in, u, b->eip + off + u->len);
    if (uop_keeps_insn(in, u)) {
        u->weight = (u8)machine_weight(m, b->pa + off);
        u->cold = (u16)ic->cold_used;
        ic->cold[ic->cold_used++] = *in;
    }
    *at = *u;
    u32 before = b->weight;
    b->weight += machine_weight(m, b->pa + off);
    b->need = b->weight > before ? b->weight : before + 1;
    b->count++;
    b->bytes = (u16)(off + u->len);
    return at;
}

/* A uop that is no instruction: it stands before the one at off. */
static void add_mark(struct hw *m, const struct block *b, uop_fn *exec, u32 off)
{
    struct icache *ic = m->icache;
    ic->uop[ic->uop_used++] = (struct uop){ .exec = exec, .off = (u16)off, .idx = (u8)b->count,
                                            .weight_sum = (u16)b->weight, .imm = b->eip + off };
}

/* May this be the one instruction in the shadow of STI inside a block? */
static bool fits_shadow(const struct insn *in)
{
    return op_info[in->op].ends == ENDS_NOT && in->op != OP_CLI;
}

/* The instructions of the block that is built. */
struct making { struct uop_made made[BLOCK_MAX]; u32 count; struct log_block log; };

/* ---- the marks of the register log (reglog_impl.h) ---- */

static void add_log_mark(struct hw *m, const struct block *b, const struct uop *mark, u32 off)
{
    struct uop *u = &m->icache->uop[m->icache->uop_used];
    add_mark(m, b, mark->exec, off);
    u->dst = mark->dst;
    u->disp = mark->disp;
}

/* The instruction, and behind it what writes its changes; before it that of LOOP, which goes elsewhere. */
static struct uop *add_logged(struct hw *m, struct block *b, struct making *k, struct uop *u, u32 off)
{
    struct uop mark[LOG_STEPS_MAX];
    struct uop_made *now = &k->made[k->count];
    const struct insn *in = &now->in;
    now->u = u;
    u32 n = reglog_add(m, &k->log, now, b->eip + off, mark);
    bool ends = op_info[in->op].ends == ENDS_JUMP;
    for (u32 i = 0; ends && i < n; i++)
        add_log_mark(m, b, &mark[i], off);
    struct uop *added = add_uop(m, b, in, u, off);
    for (u32 i = 0; !ends && i < n; i++)
        add_log_mark(m, b, &mark[i], off + in->len);
    return added;
}

/* The head and the links of a plain block. */
static void frame_block(struct icache *ic, struct block *b)
{
    b->code = &ic->uop[b->first];
    b->end = ic->uop_used;
    *(struct uop_head *)(b->code - 1) = (struct uop_head){
        .amount = AMOUNT(b->count, b->weight), .eip = b->eip, .block = (u32)(b - ic->block) };
    icache_unlink(ic, b);
    ic->uop_used++;
}

static const struct insn *last_made(const struct making *k)
{
    static const struct insn none = { .op = OP_NOP };
    return k->count ? &k->made[k->count - 1].in : &none;
}

/* The jump to make, with the instruction before it: or both stay as they are.  In a log the flags may come
 * from the next head, but no register does: INC of a byte stays. */
static void fuse_last(struct hw *m, struct making *k, const struct uop *jcc)
{
    struct icache *ic = m->icache;
    const struct uop_made *last = &k->made[k->count - 1];
    bool marked_once = &ic->uop[ic->uop_used] - last->u <= 2;
    if (last->leaves || !marked_once || !uop_fuse(last->u, &last->in, jcc) || !m->log.to)
        return;
    ic->uop_used = (u32)(last->u + 1 - ic->uop); /* without its mark */
    reglog_fuse(m, &k->log);
}

/* The next instruction, with the marks that STI needs; in: it stands in k, behind those made. */
static void make_next(struct hw *m, struct block *b, struct making *k, struct uop *u, u32 off)
{
    struct uop_made *now = &k->made[k->count];
    const struct insn *before = last_made(k);
    bool shadow = before->op == OP_STI, inside = shadow && fits_shadow(&now->in);
    if (shadow && !inside)
        add_mark(m, b, uop_leave_if_shadow, off);
    if (now->in.op == OP_JCC && k->count)
        fuse_last(m, k, u);
    now->u = m->log.to ? add_logged(m, b, k, u, off) : add_uop(m, b, &now->in, u, off);
    now->leaves = inside;
    if (inside)
        add_mark(m, b, uop_end_shadow, off + now->in.len);
    k->count++;
}

/* Fill b with plain instructions from b->pa on; false when the first is not plain. */
static bool build_plain(struct hw *m, struct block *b)
{
    struct icache *ic = m->icache;
    struct making k;
    struct uop u;
    struct log_step step[LOG_STEPS_MAX];
    u32 off = 0, end = PAGE_SIZE - (b->pa & (PAGE_SIZE - 1));
    b->first = ++ic->uop_used; /* behind the head */
    bool jumps = false;
    k.count = 0;
    if (m->log.to) {
        const struct uop entry = reglog_begin(m, b->mode, &k.log);
        add_log_mark(m, b, &entry, 0);
    }
    while (!jumps && k.count < BLOCK_MAX && off < end) {
        struct insn *in = &k.made[k.count].in;
        if (!icache_decode(m, b->mode, b->pa + off, in) || !uop_make(in, b->mode, &u))
            break;
        if (m->log.to && !reglog_plan(in, &u, b->mode, step))
            break;
        make_next(m, b, &k, &u, off);
        off += in->len;
        jumps = op_info[in->op].ends == ENDS_JUMP;
    }
    if (k.count == 0) {
        ic->uop_used = b->first - 1;
        return false;
    }
    if (!jumps && last_made(&k)->op == OP_STI)
        add_mark(m, b, uop_leave_if_shadow, off);
    if (!jumps)
        add_mark(m, b, uop_end, off);
    if (m->log.to)
        reglog_end(m, &k.log, &ic->uop[b->first]);
    else
        uop_quieten(k.made, k.count);
    return true;
}

static bool build_cold(struct hw *m, struct block *b)
{
    struct icache *ic = m->icache;
    struct insn *in = &ic->cold[ic->cold_used];
    if (!icache_decode(m, b->mode, b->pa, in))
        return false;
    b->first = ic->cold_used++;
    b->kind = in->rep ? BLOCK_REP : BLOCK_COLD;
    b->ends = op_info[in->op].ends;
    b->count = 1;
    b->bytes = in->len;
    b->weight = machine_weight(m, b->pa);
    return true;
}

static void publish(struct hw *m, u32 index)
{
    struct icache *ic = m->icache;
    struct block *b = &ic->block[index];
    u32 frame = b->pa >> PAGE_SHIFT, slot = icache_hash(b->pa);
    b->live = 1;
    b->hash_next = ic->hash[slot];
    ic->hash[slot] = index;
    b->sector_next = *icache_sector(ic, b->pa);
    *icache_sector(ic, b->pa) = index;
    if (!ic->granules[frame])
        hosttlb_drop_frame_writes(m, frame << PAGE_SHIFT);
    ic->granules[frame] |= icache_granules(b->pa, b->bytes);
}

static u32 build(struct hw *m, u32 pa, u32 eip)
{
    struct icache *ic = m->icache;
    if (ic->block_used == BLOCKS || ic->uop_used + 5 * BLOCK_MAX + 4 > UOPS ||
        ic->cold_used + BLOCK_MAX > COLDS)
        icache_drop(m);
    if (m->log.to && reglog_steps_full(m))
        return NO_BLOCK;
    u32 index = ic->block_used;
    struct block *b = &ic->block[index];
    *b = (struct block){ .pa = pa, .eip = eip, .mode = m->run_mode };
    if (build_plain(m, b))
        frame_block(ic, b);
    else if (!build_cold(m, b))
        return NO_BLOCK;
    ic->block_used++;
    publish(m, index);
    return index;
}

static u32 block_at(struct hw *m, u32 pa, u32 eip)
{
    struct icache *ic = m->icache;
    for (u32 i = ic->hash[icache_hash(pa)]; i != NO_BLOCK; i = ic->block[i].hash_next) {
        struct block *b = &ic->block[i];
        if (b->pa != pa || b->eip != eip || b->mode != m->run_mode)
            continue;
        if (icache_mended(m, b))
            return i;
        icache_discard(m, i);
        break;
    }
    return build(m, pa, eip);
}

/* ---- finding ---- */

/* Does the architectural TLB lead from la to this address, for this privilege?  The base of CS may have
 * moved within the page. */
ALWAYS_INLINE bool leads_to(const struct hw *m, u32 la, u32 pa)
{
    if (!(m->arch->cr0 & CR0_PG))
        return phys_where(m, la, false) == pa;
    if ((la ^ pa) & (PAGE_SIZE - 1))
        return false;
    const struct tlb_entry *e = &m->state->tlb.entry[tlb_index(la)];
    return tlb_entry_is(&m->state->tlb, e, la) && PTE_FRAME(e->frame) == PTE_FRAME(pa) &&
           ((e->frame & PTE_U) || m->arch->cpl != 3);
}

static NOINLINE struct block *find_slow(struct hw *m, u32 eip)
{
    struct icache *ic = m->icache;
    u32 pa;
    fault_t f = mmu_translate(m, m->arch->seg[CS].base + eip,
                              ACCESS_FETCH | (m->arch->cpl == 3 ? ACCESS_USER : 0), &pa);
    u32 at = f ? STORE_NONE : phys_where(m, pa, false);
    if (at == STORE_NONE)
        return NULL; /* the careful way raises it */
    u32 index = block_at(m, at, eip);
    if (index == NO_BLOCK)
        return NULL;
    struct uop_jump *j = uop_jump(ic->jump, eip);
    j->eip = eip;
    j->block = index;
    j->link.key = LINK_NEVER;
    return &ic->block[index];
}

/* The block at EIP, or NULL when the code there needs the careful way. */
static struct block *find(struct hw *m)
{
    struct icache *ic = m->icache;
    const struct seg *cs = &m->arch->seg[CS];
    u32 eip = m->arch->eip, la = cs->base + eip;
    if (unlikely(eip > cs->limit))
        return NULL;
    struct uop_jump *j = uop_jump(ic->jump, eip);
    struct block *b = &ic->block[j->block];
    if (unlikely(j->eip != eip || b->mode != m->run_mode || !leads_to(m, la, b->pa) ||
                 (!b->live && !icache_mended(m, b))))
        b = find_slow(m, eip);
    if (!b || unlikely(cs->limit - eip < b->bytes - 1u))
        return NULL;
    hosttlb_fetched(m->hosttlb, la);
    if (b->kind == BLOCK_PLAIN)
        j->link = (struct uop_link){ m->link_key, b->code };
    return b;
}

bool icache_refetch(struct hw *m, const struct uop *u)
{
    const struct block *b = icache_running(m);
    u32 la = m->arch->seg[CS].base + b->eip + u->off, pa;
    fault_t f = mmu_translate(m, la, ACCESS_FETCH | (m->arch->cpl == 3 ? ACCESS_USER : 0), &pa);
    return !f && phys_where(m, pa, false) == b->pa + u->off;
}

bool icache_relink(struct hw *m, struct uop_link *link)
{
    if (!link_key_may_return(m, link->key))
        return false;
    const struct block *b = icache_running(m), *to = &m->icache->block[uop_head(link->entry)->block];
    if (!b->live || PTE_FRAME(to->pa) != PTE_FRAME(b->pa) || to->pa - b->pa != to->eip - b->eip)
        return false;
    hosttlb_fetched(m->hosttlb, m->arch->seg[CS].base + to->eip);
    link->key = m->link_key;
    return true;
}

/* The block after one that was left at its end; the link is made, so that the next time it is followed. */
static struct block *find_next(struct hw *m)
{
    struct uop_link *link = m->run_link;
    u64 drops = m->icache->drops;
    m->run_link = NULL;
    struct block *b = find(m);
    if (b && link && b->kind == BLOCK_PLAIN && drops == m->icache->drops)
        *link = (struct uop_link){ m->link_key, b->code };
    return b;
}

/* ---- running ---- */

const struct insn *uop_insn(const struct hw *m, const struct uop *u) { return &m->icache->cold[u->cold]; }

struct run { u64 steps, ticks; /* left */ };

/* Left before its end: what was not done of it. */
static NOINLINE amount_t leave_early(struct hw *m, fault_t f)
{
    const struct uop *u = m->fault_uop;
    const struct block *b = icache_running(m);
    if (m->log.to)
        reglog_cut(m, u, fault_kind(f) == FAULT_KIND_EXCEPTION);
    m->arch->eip = b->eip + u->off;
    m->icache->left_pa = b->pa + u->off;
    return AMOUNT(b->count - u->idx, b->weight - u->weight_sum);
}

/* One instruction through the rules.  true: the loop may go on after it. */
static bool run_cold(struct hw *m, const struct block *b)
{
    u32 next = m->arch->eip + b->bytes;
    u8 ends = b->ends; /* the block may be dropped while it runs */
    unsigned op = m->icache->cold[b->first].op;
    flags_fold(m);
    machine_execute(m, &m->icache->cold[b->first], b->weight);
    if (m->touched)
        return false;
    if (ends == ENDS_NOT && m->arch->eip == next)
        return true;
    return icache_touches_no_device(op) && icache_quiet(m);
}

static void spend(struct hw *m, u64 instructions, u64 weight)
{
    m->state->step += instructions;
    m->state->retired += instructions;
    m->state->count += weight;
}

/* true: the loop may go on. */
static bool run_rep(struct hw *m, const struct block *b, const struct run *r)
{
    const struct insn *in = &m->icache->cold[b->first];
    u64 most = r->steps;
    if (b->weight && r->ticks / b->weight < most)
        most = r->ticks / b->weight;
    u32 start = m->arch->eip;
    u64 done = m->log.to ? 0 : rep_plain(m, in, most);
    if (!done)
        return run_cold(m, b);
    spend(m, done, done * b->weight);
    (void)isa_retire(&m->isa, in, m->arch->eflags, start); /* RF; no trap without TF */
    return true;
}

/* A slice of the budget is run by blocks that enter each other; a compiler that makes no tail calls needs
 * stack for it.  After so many slices the outer loop looks around (machine_interrupt). */
enum { RUN_SLICE = 1 << 12, RUN_SLICES = 1 << 8 };

static u32 slice_of(u64 left) { return left < RUN_SLICE ? (u32)left : RUN_SLICE; }

static bool covers(const struct run *r, const struct block *b)
{
    return b->count <= r->steps && b->need <= r->ticks;
}

/* One slice from b on. */
static fault_t run_slice(struct hw *m, const struct block *b, struct run *r)
{
    /* the translation cache has blocks whose last instruction takes no tick: they need one more than they
     * take, but blocks that enter each other only ask for what they take */
    u32 margin = m->state->tc_size != 0;
    amount_t all = AMOUNT(slice_of(r->steps), slice_of(r->ticks) - margin);
    m->arch->eflags &= ~(u32)FL_RF; /* ends with the first instruction; a fault pushes it anyway */
    m->run_all = all;
    m->run_left = all - AMOUNT(b->count, b->weight);
    m->run_entry = b->code;
    fault_t f = b->code->exec(m, m->arch, b->code);
    amount_t done = all - m->run_left;
    if (unlikely(f) && f != UOP_LEFT)
        done -= leave_early(m, f);
    m->run_entry = NULL;
    spend(m, (u32)done, done >> 32);
    r->steps -= (u32)done;
    r->ticks -= done >> 32;
    return f;
}

/* Plain blocks from *at on, until something else comes: *at is then the block that is not plain or does
 * not fit, or NULL.  Else why they were left. */
static fault_t run_plain_blocks(struct hw *m, struct block **at, struct run *r)
{
    struct block *b = *at;
    for (u32 n = 0; b && b->kind == BLOCK_PLAIN && covers(r, b); n++) {
        fault_t f = run_slice(m, b, r);
        if (f == UOP_RESYNC && m->arch->shadow) {
            m->arch->shadow = 0; /* it was the instruction behind STI that cut the block */
            f = UOP_EXIT;
        }
        if (f && f != UOP_RESYNC)
            return f;
        /* without budget the fetch of what follows is not yet due */
        b = r->steps && r->ticks && n < RUN_SLICES ? f ? find(m) : find_next(m) : NULL;
    }
    *at = b;
    return FAULT_NONE;
}

/* The instruction at pa, which has been fetched already: a second walk for it would be one too many. */
static void execute_again(struct hw *m, u32 pa)
{
    struct insn in;
    if (icache_decode(m, m->run_mode, pa, &in))
        machine_execute(m, &in, machine_weight(m, pa));
    else
        machine_step_one(m); /* what it did so far has changed it: A or D in code that is a page table */
}

/* The instruction that a handler wanted to be done the careful way. */
static bool run_slow(struct hw *m)
{
    const struct uop *u = m->fault_uop;
    if (!u->cold) {
        execute_again(m, m->icache->left_pa);
        return false;
    }
    const struct insn *in = uop_insn(m, u);
    unsigned op = in->op;
    machine_execute(m, in, u->weight);
    return icache_touches_no_device(op) && icache_quiet(m);
}

/* What the block was left at. */
static unsigned op_left(const struct hw *m)
{
    struct insn in;
    if (m->fault_uop->cold)
        return uop_insn(m, m->fault_uop)->op;
    return icache_decode(m, m->run_mode, m->icache->left_pa, &in) ? in.op : OP_COUNT;
}

/* A block was left at an instruction, or behind one; the flags are folded.  true: the loop may go on. */
static bool settle(struct hw *m, fault_t f)
{
    if (f == UOP_EXIT || f == UOP_LEFT)
        return false;
    if (f == UOP_SLOW)
        return run_slow(m);
    machine_fault_by(m, machine_wants(m, HW_FAULT) ? op_left(m) : OP_COUNT, f);
    return icache_quiet(m);
}

/* One block that is not plain.  true: the loop may go on. */
static bool run_other(struct hw *m, const struct block *b, const struct run *r)
{
    return b->kind == BLOCK_REP ? run_rep(m, b, r) : run_cold(m, b);
}

/* Is this block one to go on with in another way, and is there budget for it? */
static bool fits(const struct block *b, const struct run *r)
{
    return b && b->kind != BLOCK_PLAIN && r->steps && b->weight <= r->ticks;
}

void icache_run(struct hw *m, u64 budget_steps, u64 budget_ticks)
{
    struct run r = { budget_steps, budget_ticks };
    if (!icache_mode_fits(m))
        return;
    m->touched = false;
    do {
        struct block *b = find(m);
        fault_t f = FAULT_NONE;
        if (b && b->kind == BLOCK_PLAIN) {
            reglog_sync(m);
            f = run_plain_blocks(m, &b, &r);
            reglog_leave(m);
        }
        flags_fold(m);
        u64 step = m->state->step, count = m->state->count;
        if (f ? !settle(m, f) : !fits(b, &r) || !run_other(m, b, &r))
            return;
        r.steps -= m->state->step - step;
        r.ticks -= m->state->count - count;
    } while (r.steps && r.ticks && !m->interrupted);
}
