/* isa_fpu_env.c - control, and the state as a whole in memory.
 *
 * The environment (SDM 1 8.1.10; figures 8-9 to 8-12), a word of the operand size each:
 *   control | status | tags | FIP | FCS, FOP << 16 | FDP | FDS            32 bits, protected mode
 *   control | status | tags | FIP | FCS            | FDP | FDS            16 bits, protected mode
 *   control | status | tags | IP 15:0 | IP 31:16 << 12, FOP | DP 15:0 | DP 31:16 << 12   real, v86
 * where IP and DP are linear, and 16-bit words keep their bits 19:16 only.  Unused upper halves of
 * 32-bit words are stored as ones.  FNSAVE adds ST(0) to ST(7), ten bytes each. */
#include "sim/api/isa_fpu.h"

#include <string.h>

enum { ENV_WORDS = 7, ST_BYTES = 80, SAVE_MAX = ENV_WORDS * 4 + ST_BYTES, REAL_BYTES = 10, FXSAVE_BYTES = 512,
       FXSAVE_USED = 160, FXSAVE_MXCSR = 24, FXSAVE_ST = 32 };

/* ---- memory ---- */

/* The linear address of `size` bytes of the operand, `at` bytes behind its begin. */
static fault_t locate(const struct x87 *w, unsigned at, unsigned size, bool write, u32 *la)
{
    u32 offset = isa_next_part(w->in, insn_offset(w->x->s, w->in), at);
    return isa_linear(w->x, (enum sreg)w->in->seg, offset, size, write, la);
}

/* What one access takes: a word of the environment; of a register its significand, then its exponent. */
static unsigned part(const struct x87 *w, unsigned size, unsigned at)
{
    unsigned words = size > REAL_BYTES ? ENV_WORDS * w->in->osize : 0u;
    if (at < words)
        return w->in->osize;
    if (size < REAL_BYTES)
        return size;
    return (at - words) % REAL_BYTES ? 2 : 8;
}

static fault_t check(struct x87 *w, unsigned size, unsigned align, bool write)
{
    u32 first = 0, la = 0;
    fault_t f = locate(w, 0, part(w, size, 0), write, &first);
    for (unsigned at = part(w, size, 0); at < size && !f; at += part(w, size, at))
        f = locate(w, at, part(w, size, at), write, &la);
    return f ? f : isa_check_alignment(w->x, first, align);
}

static unsigned piece(unsigned left) { return left >= 4 ? 4 : left >= 2 ? 2 : 1; }

static fault_t read_at(struct x87 *w, u32 la, u8 *to, unsigned size)
{
    fault_t f = FAULT_NONE;
    for (unsigned at = 0, n; at < size && !f; at += n) {
        u32 value = 0;
        n = piece(size - at);
        f = w->x->ops->read(w->x, la + at, n, ACCESS_READ | isa_access(w->x), &value);
        memcpy(to + at, &value, n);
    }
    if (!f)
        isa_accessed(w->x, la, size, false);
    return f;
}

/* The caller has probed: no write faults. */
static fault_t write_at(struct x87 *w, u32 la, const u8 *from, unsigned size)
{
    fault_t f = FAULT_NONE;
    for (unsigned at = 0, n; at < size && !f; at += n) {
        u32 value = 0;
        n = piece(size - at);
        memcpy(&value, from + at, n);
        f = w->x->ops->write(w->x, la + at, n, ACCESS_WRITE | isa_access(w->x), value);
    }
    if (!f)
        isa_accessed(w->x, la, size, true);
    return f;
}

fault_t x87_read(struct x87 *w, void *bytes, unsigned size, unsigned align)
{
    u32 la = 0;
    fault_t f = check(w, size, align, false);
    for (unsigned at = 0, n; at < size && !f; at += n) {
        n = part(w, size, at);
        f = locate(w, at, n, false, &la);
        if (!f)
            f = read_at(w, la, (u8 *)bytes + at, n);
    }
    return f;
}

static fault_t probe(struct x87 *w, unsigned size)
{
    u32 la = 0;
    fault_t f = FAULT_NONE;
    for (unsigned at = 0, n; at < size && !f; at += n) {
        n = part(w, size, at);
        f = locate(w, at, n, true, &la);
        if (!f)
            f = w->x->ops->probe(w->x, la, n, ACCESS_WRITE | isa_access(w->x));
    }
    return f;
}

fault_t x87_store(struct x87 *w, const void *bytes, unsigned size, unsigned align, bool stored)
{
    u32 la = 0;
    fault_t f = check(w, size, align, true);
    if (!f)
        f = probe(w, size);
    for (unsigned at = 0, n; at < size && !f && stored; at += n) {
        n = part(w, size, at);
        f = locate(w, at, n, true, &la);
        if (!f)
            f = write_at(w, la, (const u8 *)bytes + at, n);
    }
    return f;
}

fault_t x87_write(struct x87 *w, const void *bytes, unsigned size, unsigned align)
{
    return x87_store(w, bytes, size, align, true);
}

/* ---- the words ---- */

fault_t x87_nothing(struct x87 *w)
{
    (void)w;
    return FAULT_NONE;
}

fault_t x87_fninit(struct x87 *w)
{
    fpu_init(&w->f);
    return FAULT_NONE;
}

fault_t x87_fnclex(struct x87 *w)
{
    w->f.status &= (u16)~(0x7fu | FSW_ES | FSW_B);
    return FAULT_NONE;
}

fault_t x87_fnstcw(struct x87 *w)
{
    return x87_write(w, &w->f.control, 2, 2);
}

fault_t x87_fldcw(struct x87 *w)
{
    u16 value;
    fault_t f = x87_read(w, &value, 2, 2);
    if (!f)
        w->f.control = fpu_control_word(value);
    return f;
}

fault_t x87_fnstsw(struct x87 *w)
{
    if (w->in->opnd[0].kind == OPND_MEM)
        return x87_write(w, &w->f.status, 2, 2);
    isa_reg_write(w->x->s, EAX, 2, w->f.status);
    return FAULT_NONE;
}

/* ---- the environment ---- */

static bool linear_pointers(const struct x87 *w)
{
    return !arch_is_protected(w->x->s) || arch_is_v86(w->x->s);
}

static void put_words(u8 *bytes, const u32 word[ENV_WORDS], unsigned size)
{
    for (unsigned i = 0; i < ENV_WORDS; i++)
        memcpy(bytes + i * size, &word[i], size);
}

static void get_words(const u8 *bytes, u32 word[ENV_WORDS], unsigned size)
{
    for (unsigned i = 0; i < ENV_WORDS; i++) {
        word[i] = 0;
        memcpy(&word[i], bytes + i * size, size);
    }
}

/* Returns its size. */
static unsigned environment(const struct x87 *w, u8 *bytes)
{
    const u32 ones = 0xffff0000u;
    const struct fpu *f = &w->f;
    u32 word[ENV_WORDS] = { ones | f->control, ones | f->status, ones | fpu_tag_word(f), f->ip,
                            f->cs | (u32)f->opcode << 16, f->dp, ones | f->ds };
    if (linear_pointers(w)) {
        u32 ip = ((u32)f->cs << 4) + f->ip, dp = ((u32)f->ds << 4) + f->dp;
        word[3] = ones | ip;
        word[4] = (ip >> 16) << 12 | f->opcode;
        word[5] = ones | dp;
        word[6] = (dp >> 16) << 12;
    }
    put_words(bytes, word, w->in->osize);
    return ENV_WORDS * w->in->osize;
}

/* A linear pointer has no selector: that becomes 0.  Bits that a format lacks become 0, too. */
static unsigned load_environment(struct x87 *w, const u8 *bytes)
{
    u32 word[ENV_WORDS];
    struct fpu *f = &w->f;
    get_words(bytes, word, w->in->osize);
    f->control = fpu_control_word((u16)word[0]);
    f->status = (u16)word[1];
    f->used = 0;
    for (unsigned i = 0; i < 8; i++)
        if ((word[2] >> 2 * i & 3) != 3)
            f->used |= (u8)BIT(i);
    f->ip = word[3];
    f->cs = (u16)word[4];
    f->opcode = word[4] >> 16 & 0x7ff;
    f->dp = word[5];
    f->ds = (u16)word[6];
    if (linear_pointers(w)) {
        f->ip = (word[3] & 0xffff) | (word[4] >> 12 & 0xffff) << 16;
        f->dp = (word[5] & 0xffff) | (word[6] >> 12 & 0xffff) << 16;
        f->opcode = word[4] & 0x7ff;
        f->cs = f->ds = 0;
    }
    return ENV_WORDS * w->in->osize;
}

fault_t x87_fnstenv(struct x87 *w)
{
    u8 bytes[ENV_WORDS * 4];
    unsigned size = environment(w, bytes);
    w->f.control |= 0x3f;
    return x87_write(w, bytes, size, w->in->osize);
}

fault_t x87_fldenv(struct x87 *w)
{
    u8 bytes[ENV_WORDS * 4];
    fault_t f = x87_read(w, bytes, ENV_WORDS * w->in->osize, w->in->osize);
    if (!f)
        (void)load_environment(w, bytes);
    return f;
}

/* ---- with the registers ---- */

fault_t x87_fnsave(struct x87 *w)
{
    u8 bytes[SAVE_MAX];
    unsigned at = environment(w, bytes);
    for (unsigned i = 0; i < 8; i++, at += 10) {
        struct fp80 value = x87_get(w, i);
        memcpy(bytes + at, &value.mant, 8);
        memcpy(bytes + at + 8, &value.se, 2);
    }
    fpu_init(&w->f);
    return x87_write(w, bytes, at, w->in->osize);
}

fault_t x87_frstor(struct x87 *w)
{
    u8 bytes[SAVE_MAX];
    fault_t f = x87_read(w, bytes, ENV_WORDS * w->in->osize + ST_BYTES, w->in->osize);
    if (f)
        return f;
    unsigned at = load_environment(w, bytes);
    u8 used = w->f.used;
    for (unsigned i = 0; i < 8; i++, at += 10) {
        struct fp80 value = { .mant = 0 };
        memcpy(&value.mant, bytes + at, 8);
        memcpy(&value.se, bytes + at + 8, 2);
        x87_put(w, i, value);
    }
    w->f.used = used;
    return FAULT_NONE;
}

/* 16 bytes aligned, or #GP(0), also where #AC could be (the manual leaves it open). */
static fault_t locate_fxsave(struct x87 *w, bool write, u32 *la)
{
    fault_t f = locate(w, 0, FXSAVE_BYTES, write, la);
    return !f && (*la & 15) ? FAULT_ERR(VEC_GP, 0) : f;
}

fault_t x87_fxsave(struct x87 *w)
{
    u8 image[FXSAVE_BYTES];
    u32 la;
    fault_t f = locate_fxsave(w, true, &la);
    if (!f)
        f = w->x->ops->probe(w->x, la, FXSAVE_BYTES, ACCESS_WRITE | isa_access(w->x));
    if (f)
        return f;
    fpu_to_fxsave(&w->f, image);
    f = write_at(w, la, image, FXSAVE_MXCSR);
    return f ? f : write_at(w, la + FXSAVE_ST, image + FXSAVE_ST, FXSAVE_USED - FXSAVE_ST);
}

fault_t x87_fxrstor(struct x87 *w)
{
    u8 image[FXSAVE_BYTES];
    u32 la;
    fault_t f = locate_fxsave(w, false, &la);
    if (!f)
        f = w->x->ops->probe(w->x, la, FXSAVE_BYTES, ACCESS_READ | isa_access(w->x));
    if (!f)
        f = read_at(w, la, image, FXSAVE_USED);
    if (!f)
        fpu_from_fxsave(&w->f, image);
    return f;
}
