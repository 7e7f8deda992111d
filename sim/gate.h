/* gate.h - the plain cases of INT, faults, interrupts and IRET, straight from host memory.
 *
 * The rules are those of isa.h; here stand only the cases in which nothing can go wrong: real mode with a
 * 16-bit stack, or 32-bit gates, nonconforming handlers, Accessed bits set; everything present in the host
 * TLB, a frame within one page.  Anything else is refused before anything changed, and the rules decide. */
#ifndef SIM_GATE_H
#define SIM_GATE_H

#include "sim/machine_impl.h"

struct gate_event {
    u8 vector;
    bool software;   /* INT n: the gate's DPL counts */
    bool has_error;
    u32 error, return_eip;
    u32 eflags;      /* as pushed */
};
MUST_CHECK bool gate_enter(struct hw *m, const struct gate_event *e);
/* IRETD at CPL 0, IRET (size 2) in real mode. */
MUST_CHECK bool gate_return(struct hw *m, unsigned size);
/* What the delivery of an exception cost, from CPL old_cpl, whoever delivered it. */
void gate_charge(struct hw *m, unsigned old_cpl, unsigned vector);

#endif
