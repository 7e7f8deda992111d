/* uop_form.h - the handlers of a two-operand operation in one row: by what its operands are, and for those in
 * memory by how they are reached (enum uop_addr). */
#ifndef SIM_UOP_FORM_H
#define SIM_UOP_FORM_H

#include "sim/uop.h"

enum { FORM_RR, FORM_RI, FORM_RM, FORM_MR, FORM_MI, /* then by enum uop_addr */ FORM_MEMS = 3,
       FORM_COUNT = FORM_RM + FORM_MEMS * ADDR_COUNT };

#define FORM_MEM_ROW(name, suffix) name##_rm##suffix, name##_mr##suffix, name##_mi##suffix
#define FORM_ROW(name) { name##_rr, name##_ri, FORM_MEM_ROW(name, ), FORM_MEM_ROW(name, _flat), \
                         FORM_MEM_ROW(name, _index), FORM_MEM_ROW(name, _short) }

/* FORM_COUNT: none of them. */
static inline unsigned uop_form(const struct insn *in, const struct uop *u)
{
    bool mem = in->opnd[0].kind == OPND_MEM;
    switch (in->opnd[1].kind) {
    case OPND_IMM: return mem ? FORM_MI + FORM_MEMS * u->addr : FORM_RI;
    case OPND_REG: return mem ? FORM_MR + FORM_MEMS * u->addr : FORM_RR;
    case OPND_MEM: return FORM_RM + FORM_MEMS * u->addr;
    }
    return FORM_COUNT;
}

#endif
