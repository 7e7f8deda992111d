/* icache_mode.c - when decoded blocks may be run, and when the loop may go on from one to the next. */
#include "sim/icache.h"
#include "sim/api/debug.h"
#include "sim/machine_impl.h"
#include "sim/uop.h"

/* A program that asked for alignment checks: the rules know them, the handlers do not. */
static bool checks_alignment(const struct arch *c)
{
    return unlikely(c->eflags & FL_AC) && (c->cr0 & CR0_AM) && c->cpl == 3;
}

/* Modes that blocks are made for: nobody watches single translations or addresses.  The other events
 * from inside a block (IF, stores) send their instruction the careful way. */
bool icache_mode_fits(const struct hw *m)
{
    return !machine_wants(m, HW_TLB_FILL) && !is_stepped(&m->config) && !checks_alignment(m->arch) &&
           !debug_looks(m->arch);
}
_Static_assert(HW_EVENT_END <= 64, "the machine's kinds fit one mask word");

/* Operations after which the loop may go on although they change modes or mappings: they touch no device,
 * so that what is due stays due at its time. */
bool icache_touches_no_device(unsigned op)
{
    switch (op) {
    case OP_INT: case OP_INT3: case OP_IRET: case OP_MOV_TO_CR: case OP_INVLPG: case OP_CPUID:
    case OP_RDTSC: case OP_MOV_TO_SREG: case OP_POP_SREG: case OP_LGDT: case OP_LIDT: case OP_CLTS:
    case OP_VMREAD: case OP_VMWRITE: case OP_LOAD_FAR: case OP_JMP_FAR: case OP_CALL_FAR: case OP_RET_FAR:
        return true;
    default: return false;
    }
}

/* Is there nothing to see to at this boundary, and nobody to tell? */
bool icache_quiet(const struct hw *m)
{
    const struct machine_state *st = m->state;
    return !st->monitored && nothing_waits(m) && !m->touched && !(st->arch.eflags & FL_TF) &&
           !st->arch.shadow && !st->arch.halted && !st->debug_pending && !st->outside.ended &&
           m->events.hit < 0 && !events_nearly_full(&m->events) && !m->interrupted && icache_mode_fits(m);
}
