#include "sim/api/alu.h"

static u32 mask_of(unsigned size)
{
    return size == 4 ? 0xffffffffu : (1u << 8 * size) - 1;
}

static u32 msb_of(unsigned size) { return 1u << (8 * size - 1); }

static u32 flag_if(bool condition, u32 flag) { return condition ? flag : 0; }

static s32 sign_extend(unsigned size, u32 value)
{
    return size == 1 ? (s8)value : size == 2 ? (s16)value : (s32)value;
}

static void set_flags(u32 *flags, u32 which, u32 values)
{
    *flags = (*flags & ~which) | (values & which);
}

static u32 parity(u32 result)
{
    u32 byte = result & 0xff;
    byte ^= byte >> 4;
    byte ^= byte >> 2;
    byte ^= byte >> 1;
    return flag_if(!(byte & 1), FL_PF);
}

u32 alu_szp(unsigned size, u32 result)
{
    return flag_if(result & msb_of(size), FL_SF) |
           flag_if((result & mask_of(size)) == 0, FL_ZF) | parity(result);
}

/* a + b + carry.  A carry out of bit n is where the result differs from a ^ b. */
static u32 add(unsigned size, u32 a, u32 b, u32 carry, u32 *flags, u32 which)
{
    u32 msb = msb_of(size);
    u32 result = (a + b + carry) & mask_of(size);
    u32 carries = (a & b) | ((a | b) & ~result);
    u32 values = alu_szp(size, result) | flag_if(carries & msb, FL_CF) |
                 ((a ^ b ^ result) & FL_AF) |
                 flag_if((a ^ result) & (b ^ result) & msb, FL_OF);
    set_flags(flags, which, values);
    return result;
}

static u32 subtract(unsigned size, u32 a, u32 b, u32 borrow, u32 *flags, u32 which)
{
    u32 msb = msb_of(size);
    u32 result = (a - b - borrow) & mask_of(size);
    u32 borrows = (~a & b) | ((~a | b) & result);
    u32 values = alu_szp(size, result) | flag_if(borrows & msb, FL_CF) |
                 ((a ^ b ^ result) & FL_AF) |
                 flag_if((a ^ b) & (a ^ result) & msb, FL_OF);
    set_flags(flags, which, values);
    return result;
}

/* AF is undefined after AND, OR, XOR, TEST; Intel processors clear it. */
static u32 logic(unsigned size, u32 result, u32 *flags)
{
    set_flags(flags, FL_ARITH, alu_szp(size, result));
    return result;
}

u32 alu_binary(enum op op, unsigned size, u32 a, u32 b, u32 *flags)
{
    u32 carry = *flags & FL_CF;
    switch (op) {
    case OP_ADD: return add(size, a, b, 0, flags, FL_ARITH);
    case OP_ADC: return add(size, a, b, carry, flags, FL_ARITH);
    case OP_INC: return add(size, a, 1, 0, flags, FL_ARITH & ~FL_CF);
    case OP_CMP:
    case OP_SUB: return subtract(size, a, b, 0, flags, FL_ARITH);
    case OP_SBB: return subtract(size, a, b, carry, flags, FL_ARITH);
    case OP_DEC: return subtract(size, a, 1, 0, flags, FL_ARITH & ~FL_CF);
    case OP_NEG: return subtract(size, 0, a, 0, flags, FL_ARITH);
    case OP_NOT: return ~a & mask_of(size);
    case OP_TEST:
    case OP_AND: return logic(size, a & b, flags);
    case OP_OR: return logic(size, a | b, flags);
    case OP_XOR: return logic(size, a ^ b, flags);
    default: assert(!"alu_binary: not a binary operation"); return 0;
    }
}

/* ROL, ROR.  A count that is a multiple of the width still sets CF.  OF is defined for a count
 * of one only; processors compute it from the result for every count. */
static u32 rotate(enum op op, unsigned size, u32 a, unsigned count, u32 *flags)
{
    unsigned bits = 8 * size, by = count % bits;
    u32 msb = msb_of(size);
    if (op == OP_ROR)
        by = (bits - by) % bits;
    u32 result = by ? ((a << by) | (a >> (bits - by))) & mask_of(size) : a;
    bool carry = (op == OP_ROL ? result & 1 : result & msb) != 0;
    bool overflow = op == OP_ROL ? ((result & msb) != 0) != carry
                                 : ((result ^ result << 1) & msb) != 0;
    set_flags(flags, FL_CF | FL_OF, flag_if(carry, FL_CF) | flag_if(overflow, FL_OF));
    return result;
}

/* RCL, RCR: a rotation of width + 1 bits, CF above the top one. */
static u32 rotate_carry(enum op op, unsigned size, u32 a, unsigned count, u32 *flags)
{
    unsigned bits = 8 * size, by = count % (bits + 1);
    u32 msb = msb_of(size);
    u64 wide = (u64)flag_if(*flags & FL_CF, 1) << bits | a;
    if (by == 0)
        return a;
    if (op == OP_RCR)
        by = bits + 1 - by;
    wide = wide << by | wide >> (bits + 1 - by);
    u32 result = (u32)wide & mask_of(size);
    bool carry = wide >> bits & 1;
    bool overflow = op == OP_RCL ? ((result & msb) != 0) != carry
                                 : ((result ^ result << 1) & msb) != 0;
    set_flags(flags, FL_CF | FL_OF, flag_if(carry, FL_CF) | flag_if(overflow, FL_OF));
    return result;
}

/* SHL SHR SAR.  Undefined: AF (cleared), OF for counts above one (as for one, from the result),
 * CF of SHL and SHR for counts above the width (the last bit shifted out, which is zero). */
static u32 shift(enum op op, unsigned size, u32 a, unsigned count, u32 *flags)
{
    u32 msb = msb_of(size), result;
    bool carry, overflow;
    if (op == OP_SHL) {
        u64 wide = (u64)a << count;
        result = (u32)wide & mask_of(size);
        carry = wide >> 8 * size & 1;
        overflow = ((result & msb) != 0) != carry;
    } else if (op == OP_SHR) {
        result = a >> count;
        carry = a >> (count - 1) & 1;
        overflow = ((result ^ result << 1) & msb) != 0;
    } else {
        s32 wide = sign_extend(size, a);
        result = (u32)(wide >> count) & mask_of(size);
        carry = wide >> (count - 1) & 1;
        overflow = false;
    }
    set_flags(flags, FL_ARITH, alu_szp(size, result) | flag_if(carry, FL_CF) |
              flag_if(overflow, FL_OF));
    return result;
}

u32 alu_shift(enum op op, unsigned size, u32 a, unsigned count, u32 *flags)
{
    assert(count < 32);
    if (count == 0)
        return a;
    switch (op) {
    case OP_ROL:
    case OP_ROR: return rotate(op, size, a, count, flags);
    case OP_RCL:
    case OP_RCR: return rotate_carry(op, size, a, count, flags);
    case OP_SHL:
    case OP_SHR:
    case OP_SAR: return shift(op, size, a, count, flags);
    default: assert(!"alu_shift: not a shift"); return 0;
    }
}

/* Counts above the width (16-bit operands only) are undefined: the operands then go round, as
 * dest:src:dest.  AF undefined (cleared), OF as for a count of one. */
u32 alu_double_shift(enum op op, unsigned size, u32 a, u32 b, unsigned count, u32 *flags)
{
    assert(count < 32 && size != 1 && (op == OP_SHLD || op == OP_SHRD));
    if (count == 0)
        return a;
    unsigned bits = 8 * size;
    u64 low_end = size == 4 ? (u64)b << 32 | a : (u64)a << 32 | (u64)b << 16 | a;
    u64 high_end = size == 4 ? (u64)a << 32 | b : (u64)a << 32 | (u64)b << 16 | a;
    unsigned top = size == 4 ? 64 : 48;
    u32 result;
    bool carry;
    if (op == OP_SHRD) {
        result = (u32)(low_end >> count) & mask_of(size);
        carry = low_end >> (count - 1) & 1;
    } else {
        result = (u32)(high_end << count >> (top - bits)) & mask_of(size);
        carry = high_end >> (top - count) & 1;
    }
    set_flags(flags, FL_ARITH, alu_szp(size, result) | flag_if(carry, FL_CF) |
              flag_if((a ^ result) & msb_of(size), FL_OF));
    return result;
}

/* Undefined: SF ZF PF (those of the low half) and AF (cleared). */
u64 alu_multiply(enum op op, unsigned size, u32 a, u32 b, u32 *flags)
{
    u64 product;
    bool overflow;
    if (op == OP_IMUL) {
        s64 wide = (s64)sign_extend(size, a) * sign_extend(size, b);
        overflow = wide != sign_extend(size, (u32)wide);
        product = (u64)wide;
    } else {
        assert(op == OP_MUL);
        product = (u64)a * b;
        overflow = product >> 8 * size != 0;
    }
    u32 low = (u32)product & mask_of(size);
    set_flags(flags, FL_ARITH, alu_szp(size, low) | flag_if(overflow, FL_CF | FL_OF));
    return size == 4 ? product : product & mask_of(2 * size);
}

static bool divide_signed(unsigned size, u64 dividend, u32 divisor, u32 *quotient,
                          u32 *remainder)
{
    s64 a = size == 4 ? (s64)dividend : sign_extend(2 * size, (u32)dividend);
    s64 b = sign_extend(size, divisor);
    if (b == 0 || (a == INT64_MIN && b == -1))
        return false;
    s64 q = a / b;
    if (q != sign_extend(size, (u32)q))
        return false;
    *quotient = (u32)q & mask_of(size);
    *remainder = (u32)(a % b) & mask_of(size);
    return true;
}

bool alu_divide(enum op op, unsigned size, u64 dividend, u32 divisor, u32 *quotient,
                u32 *remainder)
{
    if (op == OP_IDIV)
        return divide_signed(size, dividend, divisor, quotient, remainder);
    assert(op == OP_DIV);
    if (divisor == 0 || dividend / divisor > mask_of(size))
        return false;
    *quotient = (u32)(dividend / divisor);
    *remainder = (u32)(dividend % divisor);
    return true;
}

/* The flags other than ZF are undefined: left alone. */
bool alu_bitscan(enum op op, unsigned size, u32 src, u32 *result, u32 *flags)
{
    unsigned bit = op == OP_BSF ? 0 : 8 * size - 1;
    assert(op == OP_BSF || op == OP_BSR);
    set_flags(flags, FL_ZF, flag_if(src == 0, FL_ZF));
    if (src == 0)
        return false;
    while (!(src >> bit & 1))
        bit += op == OP_BSF ? 1 : -1u;
    *result = bit;
    return true;
}

/* DAA, DAS (SDM 2A).  OF is undefined: cleared. */
static u32 adjust_packed(bool subtracting, u32 ax, u32 *flags)
{
    u32 al = ax & 0xff, change = 0, values = 0;
    if ((al & 15) > 9 || (*flags & FL_AF)) {
        change = 6;
        values |= FL_AF;
        /* the borrow or carry out of AL by this first step */
        values |= flag_if(subtracting ? al < 6 : al > 0xf9, FL_CF);
    }
    if (al > 0x99 || (*flags & FL_CF)) {
        change += 0x60;
        values |= FL_CF;
    }
    al = (subtracting ? al - change : al + change) & 0xff;
    set_flags(flags, FL_ARITH, values | alu_szp(1, al));
    return (ax & 0xff00) | al;
}

/* AAA, AAS (SDM 2A).  OF SF ZF PF are undefined: those of the result. */
static u32 adjust_unpacked(bool subtracting, u32 ax, u32 *flags)
{
    u32 values = 0;
    if ((ax & 15) > 9 || (*flags & FL_AF)) {
        ax = (subtracting ? ax - 0x106 : ax + 0x106) & 0xffff;
        values = FL_AF | FL_CF;
    }
    ax &= 0xff0f;
    set_flags(flags, FL_ARITH, values | alu_szp(1, ax));
    return ax;
}

u32 alu_decimal(enum op op, u32 ax, u32 *flags)
{
    switch (op) {
    case OP_DAA:
    case OP_DAS: return adjust_packed(op == OP_DAS, ax, flags);
    case OP_AAA:
    case OP_AAS: return adjust_unpacked(op == OP_AAS, ax, flags);
    default: assert(!"alu_decimal: not a decimal adjustment"); return 0;
    }
}
