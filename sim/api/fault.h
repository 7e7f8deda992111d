/* fault.h - the outcome of anything that can fault, as a value (0: nothing happened).
 *
 * A fallible function checks everything, then commits; when it returns a fault the state is
 * as before, except for what the SDM says stays (A/D bits, REP progress).
 *
 *  31   28 27  25   24    23     16 15              0
 * +-------+------+------+---------+-----------------+
 * |   0   | kind | err? | vector  |   error code    |    SDM 3A 6.13, 6.15
 * +-------+------+------+---------+-----------------+
 */
#ifndef SIM_API_FAULT_H
#define SIM_API_FAULT_H

#include "sim/api/base.h"

typedef u32 fault_t;

enum fault_kind {
    FAULT_KIND_NONE = 0,
    FAULT_KIND_EXCEPTION = 1, /* deliver vector through the IDT                            */
    FAULT_KIND_VMEXIT = 2,    /* a VM exit was decided instead; its facts are with the owner */
    FAULT_KIND_OWNER = 3,     /* only the owner of the context knows (device page, traced page) */
};

/* Exception vectors, SDM 3A table 6-1. */
enum vector {
    VEC_DE = 0, VEC_DB = 1, VEC_NMI = 2, VEC_BP = 3, VEC_OF = 4, VEC_BR = 5, VEC_UD = 6,
    VEC_NM = 7, VEC_DF = 8, VEC_TS = 10, VEC_NP = 11, VEC_SS = 12, VEC_GP = 13, VEC_PF = 14,
    VEC_MF = 16, VEC_AC = 17, VEC_MC = 18,
};

#define FAULT_NONE ((fault_t)0)
#define FAULT(vector) ((fault_t)(FAULT_KIND_EXCEPTION << 25 | (u32)(vector) << 16))
#define FAULT_ERR(vector, error) (FAULT(vector) | BIT(24) | ((error) & 0xffffu))
#define FAULT_VMEXIT ((fault_t)(FAULT_KIND_VMEXIT << 25))
#define FAULT_OWNER(code) ((fault_t)(FAULT_KIND_OWNER << 25 | ((code) & 0xffffu)))

static inline enum fault_kind fault_kind(fault_t f) { return (enum fault_kind)(f >> 25 & 7); }
static inline u8 fault_vector(fault_t f) { return (u8)(f >> 16); }
static inline bool fault_has_error(fault_t f) { return (f >> 24 & 1) != 0; }
static inline u32 fault_error(fault_t f) { return f & 0xffffu; }

/* Page-fault error code, SDM 3A 4.7:  4 I/D | 3 RSVD | 2 U/S | 1 W/R | 0 P */
enum { PF_PRESENT = 1, PF_WRITE = 2, PF_USER = 4, PF_RESERVED = 8, PF_FETCH = 16 };

/* Does the CPU push an error code for this exception?  SDM 3A 6.13 */
static inline bool vector_has_error(unsigned vector)
{
    return vector == VEC_DF || (vector >= VEC_TS && vector <= VEC_PF) || vector == VEC_AC;
}

/* The exceptions that were raised one while the other was delivered, in order.  Of more than four, which
 * no delivery makes, the last would count. */
struct fault_chain { fault_t fault[4]; u32 count; };
static inline void fault_chain_add(struct fault_chain *c, fault_t f)
{
    c->count += c->count < COUNT(c->fault);
    c->fault[c->count - 1] = f;
}

#endif
