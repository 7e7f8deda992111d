/* fp80.h - one x87 operation, done twice: by the host's own FPU and by sim/api/fp80.h. */
#ifndef TESTS_SILICON_FP80_H
#define TESTS_SILICON_FP80_H

#include "sim/api/fp80.h"

struct fp_case { struct fp80 a, b; u64 memory; u8 bcd[10]; u16 cw; }; /* a: ST(0), b: ST(1) */
struct fp_outcome {
    struct fp80 st0, st1;
    u8 memory[16];   /* 0xa5 where nothing was stored */
    u16 status;      /* exceptions, C0 to C3 */
};

enum fp_shape {
    SHAPE_ONE,       /* ST(0) from ST(0) */
    SHAPE_TWO,       /* ST(0) from ST(0), ST(1) */
    SHAPE_PUSH,      /* FPTAN: the result in ST(1) below 1, if there is one */
    SHAPE_SPLIT,     /* FXTRACT: two results */
    SHAPE_STATUS,    /* condition codes alone */
    SHAPE_LOAD,      /* from memory */
    SHAPE_STORE,     /* to memory */
};

struct fp_op {
    const char *name;
    enum fp_shape shape;
    u16 codes;       /* which of C0 to C3 are compared */
    u8 approximate;  /* a transcendental: a distance is allowed */
    void (*host)(const struct fp_case *, struct fp_outcome *);
    void (*sim)(const struct fp_case *, struct fp_env *, struct fp_outcome *);
};
extern const struct fp_op fp_ops[];
extern const unsigned fp_op_count;

struct fp_gen { u64 state; };
u64 fp_gen_u64(struct fp_gen *g);
/* Is the result of these operands defined (a range given in the manual)? */
bool fp_is_defined(const struct fp_op *op, const struct fp_case *c);
void fp_gen_case(struct fp_gen *g, const struct fp_op *op, struct fp_case *c);

#endif
