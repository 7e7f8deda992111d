/* The decoder against Capstone: every opcode of both maps, with every ModRM byte, under eight
 * prefix sets, in 16- and 32-bit code; then pseudo-random bytes.  Where the two may differ is a
 * table, each row of which must be needed. */
#include <capstone/capstone.h>
#include <string.h>

#include "sim/api/insn.h"
#include "tests/unit/unit.h"

enum difference {
    DIFFER_REFUSED, /* Capstone knows more than a Pentium Pro does, or is too lenient */
    DIFFER_KNOWN,   /* Capstone refuses what the processor takes */
    DIFFER_LENGTH,
    DIFFER_OPERAND,
    DIFFER_NAME,
};

static const struct allowed {
    u8 kind, map, first, last;
    u8 modrm_mask, modrm; /* the row speaks of bytes after the opcode with these bits; 0: all */
    u8 prefix;            /* PFX_ bits that must be there */
    const char *why;
} allowed[] = {
    { DIFFER_REFUSED, 0, 0x00, 0x33, 0, 0, PFX_LOCK, "LOCK with a register destination" },
    { DIFFER_REFUSED, 0, 0x8e, 0x8e, 0x38, 0x08, 0, "MOV to CS" },
    { DIFFER_REFUSED, 0, 0x62, 0x62, 0xc0, 0xc0, 0, "EVEX" },
    { DIFFER_REFUSED, 0, 0xc4, 0xc5, 0xc0, 0xc0, 0, "VEX: LES and LDS of a register are #UD" },
    { DIFFER_REFUSED, 0, 0xc6, 0xc7, 0xff, 0xf8, 0, "XABORT, XBEGIN" },
    { DIFFER_REFUSED, 1, 0x01, 0x01, 0xc0, 0xc0, 0, "MONITOR and later; prefixed VT-x" },
    { DIFFER_REFUSED, 1, 0x05, 0x05, 0, 0, 0, "SYSCALL" },
    { DIFFER_REFUSED, 1, 0x07, 0x07, 0, 0, 0, "SYSRET" },
    { DIFFER_REFUSED, 1, 0x0d, 0x0f, 0, 0, 0, "3DNow!" },
    { DIFFER_REFUSED, 1, 0x10, 0x17, 0, 0, 0, "SSE" },
    { DIFFER_REFUSED, 1, 0x18, 0x1f, 0, 0, PFX_LOCK, "LOCK NOP" },
    { DIFFER_KNOWN, 1, 0x18, 0x1f, 0, 0, 0, "hints that Capstone does not know" },
    { DIFFER_REFUSED, 1, 0x20, 0x20, 0, 0, 0, "CR1, CR5-7" },
    { DIFFER_REFUSED, 1, 0x22, 0x22, 0, 0, 0, "CR1, CR5-7" },
    { DIFFER_REFUSED, 1, 0x28, 0x2f, 0, 0, 0, "SSE" },
    { DIFFER_REFUSED, 1, 0x37, 0x37, 0, 0, 0, "GETSEC" },
    { DIFFER_REFUSED, 1, 0x38, 0x38, 0, 0, 0, "0F 38 map" },
    { DIFFER_REFUSED, 1, 0x3a, 0x3a, 0, 0, 0, "0F 3A map" },
    { DIFFER_REFUSED, 1, 0x50, 0x77, 0, 0, 0, "MMX, SSE" },
    { DIFFER_REFUSED, 1, 0x78, 0x79, 0, 0, PFX_OSIZE, "EXTRQ; prefixed VMREAD" },
    { DIFFER_REFUSED, 1, 0x78, 0x79, 0, 0, PFX_REPNE, "INSERTQ; prefixed VMREAD" },
    { DIFFER_REFUSED, 1, 0x78, 0x79, 0, 0, PFX_REP, "prefixed VMREAD" },
    { DIFFER_REFUSED, 1, 0x7c, 0x7f, 0, 0, 0, "MMX, SSE" },
    { DIFFER_REFUSED, 1, 0xa6, 0xa7, 0, 0, 0, "VIA PadLock" },
    { DIFFER_REFUSED, 1, 0xaa, 0xaa, 0, 0, 0, "RSM outside system management mode" },
    { DIFFER_REFUSED, 1, 0xae, 0xae, 0, 0, 0, "FXSAVE and later" },
    { DIFFER_REFUSED, 1, 0xb8, 0xb8, 0, 0, PFX_REP, "POPCNT" },
    { DIFFER_REFUSED, 1, 0xb9, 0xb9, 0, 0, 0, "UD1" },
    { DIFFER_REFUSED, 1, 0xc2, 0xc6, 0, 0, 0, "SSE" },
    { DIFFER_REFUSED, 1, 0xc7, 0xc7, 0, 0, 0, "XSAVE and RDRAND families; prefixed VMPTRST" },
    { DIFFER_REFUSED, 1, 0xd0, 0xff, 0, 0, 0, "MMX, SSE, UD0" },
    { DIFFER_KNOWN, 0, 0xd9, 0xdf, 0, 0, 0, "reserved ESC encodings: op FPU, #NM or #UD" },
    { DIFFER_KNOWN, 0, 0xa0, 0xa3, 0, 0, PFX_OSIZE | PFX_REP, "Capstone: 66 F3 before moffs" },
    { DIFFER_LENGTH, 0, 0xe8, 0xe8, 0, 0, PFX_OSIZE | PFX_REP, "Capstone: 66 F3 before CALL" },
    { DIFFER_OPERAND, 0, 0x00, 0xff, 0, 0, PFX_OSIZE | PFX_REP, "Capstone: 66 F3, confused" },
    { DIFFER_OPERAND, 1, 0x00, 0xff, 0, 0, PFX_OSIZE | PFX_REP, "Capstone: 66 F3, confused" },
    { DIFFER_OPERAND, 0, 0x8e, 0x8e, 0xc0, 0xc0, 0, "Capstone: a 32-bit source" },
    { DIFFER_OPERAND, 1, 0x02, 0x03, 0xc0, 0xc0, 0, "Capstone: LAR, LSL of 32 bits" },
    { DIFFER_NAME, 1, 0x18, 0x1f, 0, 0, 0, "the hints of the P6: PREFETCH, MPX, CET to Capstone" },
    { DIFFER_NAME, 1, 0xc7, 0xc7, 0x38, 0x30, 0, "Capstone: VMCLEAR, VMXON in 16-bit code" },
};

/* Names where insn.def's text is not Capstone's. */
static const struct { u16 op; const char *name; } names[] = {
    { OP_CBW, "cbw" }, { OP_CBW, "cwde" }, { OP_CWD, "cwd" }, { OP_CWD, "cdq" },
    { OP_LOAD_FAR, "les" }, { OP_LOAD_FAR, "lds" }, { OP_LOAD_FAR, "lss" },
    { OP_LOAD_FAR, "lfs" }, { OP_LOAD_FAR, "lgs" }, { OP_RET_FAR, "retf" },
    { OP_FWAIT, "wait" }, { OP_NOP, "pause" }, { OP_SHL, "sal" }, { OP_JCXZ, "jcxz" },
    { OP_BSF, "tzcnt" }, { OP_BSR, "lzcnt" },
    { OP_CALL_FAR, "lcall" }, { OP_JMP_FAR, "ljmp" },
    { OP_FPU, "fisttp" }, /* SSE3 */
    { OP_FENI, "feni8087_nop" }, { OP_FDISI, "fdisi8087_nop" },
};

static const char *const conditions[16] = { "o", "no", "b", "ae", "e", "ne", "be", "a",
                                            "s", "ns", "p", "np", "l", "ge", "le", "g" };

struct tally {
    csh handle[2]; /* 16- and 32-bit code */
    cs_insn *theirs;
    bool needed[COUNT(allowed)];
    unsigned compared, operands, failed;
};

static void complain(struct tally *t, const u8 *bytes, bool code32, const char *what)
{
    char hex[3 * INSN_MAX + 1], text[320];
    for (unsigned i = 0; i < INSN_MAX; i++)
        sprintf(hex + 3 * i, "%02x ", bytes[i]);
    snprintf(text, sizeof(text), "%s-bit %s: %s (Capstone: %u bytes, %s %s)",
             code32 ? "32" : "16", hex, what, t->theirs->size, t->theirs->mnemonic,
             t->theirs->op_str);
    if (t->failed++ < 20)
        puts(text);
}

static bool is_allowed(struct tally *t, const struct insn *in, enum difference kind, u8 after)
{
    for (unsigned i = 0; i < COUNT(allowed); i++) {
        const struct allowed *a = &allowed[i];
        if (a->kind == kind && a->map == in->map && in->opcode >= a->first &&
            in->opcode <= a->last && (after & a->modrm_mask) == a->modrm &&
            (in->prefix & a->prefix) == a->prefix) {
            t->needed[i] = true;
            return true;
        }
    }
    return false;
}

static const char *without_prefix(const char *mnemonic)
{
    const char *space = strrchr(mnemonic, ' ');
    return space ? space + 1 : mnemonic;
}

/* The same but for an operand size letter at the end. */
static bool is_name(const char *theirs, const char *ours)
{
    size_t length = strlen(ours);
    if (strncmp(theirs, ours, length))
        return false;
    return !theirs[length] || (strchr("bwdl", theirs[length]) && !theirs[length + 1]);
}

static bool same_name(const struct insn *in, const char *mnemonic)
{
    const char *theirs = without_prefix(mnemonic);
    const char *ours = op_info[in->op].text;
    char with_condition[16];
    if (in->op == OP_JCC || in->op == OP_SETCC || in->op == OP_CMOVCC) {
        snprintf(with_condition, sizeof with_condition, "%.*s%s", (int)strlen(ours) - 2 /* "cc" */, ours,
                 conditions[in->cc]);
        return !strcmp(theirs, with_condition);
    }
    for (unsigned i = 0; i < COUNT(names); i++)
        if (names[i].op == in->op && !strcmp(theirs, names[i].name))
            return true;
    return is_name(theirs, ours);
}

static unsigned register_of(x86_reg reg, unsigned size)
{
    static const u16 r32[8] = { X86_REG_EAX, X86_REG_ECX, X86_REG_EDX, X86_REG_EBX,
                                X86_REG_ESP, X86_REG_EBP, X86_REG_ESI, X86_REG_EDI };
    static const u16 r16[8] = { X86_REG_AX, X86_REG_CX, X86_REG_DX, X86_REG_BX,
                                X86_REG_SP, X86_REG_BP, X86_REG_SI, X86_REG_DI };
    static const u16 r8[8] = { X86_REG_AL, X86_REG_CL, X86_REG_DL, X86_REG_BL,
                               X86_REG_AH, X86_REG_CH, X86_REG_DH, X86_REG_BH };
    const u16 *table = size == 4 ? r32 : size == 2 ? r16 : r8;
    for (unsigned i = 0; i < 8; i++)
        if (table[i] == reg)
            return i;
    return REG_NONE;
}

static bool same_address(const struct insn *in, const cs_x86_op *theirs)
{
    u32 mask = in->asize == 2 ? 0xffff : 0xffffffff;
    unsigned index = register_of(theirs->mem.index, in->asize);
    bool same = in->base == register_of(theirs->mem.base, in->asize) && in->index == index &&
                ((u32)theirs->mem.disp & mask) == (in->disp & mask);
    return same && (index == REG_NONE || 1u << in->scale == (unsigned)theirs->mem.scale);
}

static bool same_operand(const struct insn *in, const struct opnd *o, const cs_x86_op *theirs)
{
    u32 mask = o->size >= 4 ? 0xffffffff : (1u << 8 * o->size) - 1;
    switch (o->kind) {
    case OPND_REG:
        return theirs->type == X86_OP_REG && register_of(theirs->reg, o->size) == o->reg;
    case OPND_MEM:
        return theirs->type == X86_OP_MEM && same_address(in, theirs);
    case OPND_IMM:
        return theirs->type == X86_OP_IMM && (((u32)theirs->imm ^ in->imm) & mask) == 0;
    case OPND_ST:
        return theirs->type == X86_OP_REG && theirs->reg == (x86_reg)(X86_REG_ST0 + o->reg);
    case OPND_REL: /* Capstone gives the target (the bytes stand at 0), cut in its own way */
        return theirs->type == X86_OP_IMM &&
               (u16)theirs->imm == (u16)(in->len + in->imm);
    default:
        return true; /* segment, control and debug registers: see the named cases below */
    }
}

static bool same_operands(struct tally *t, const struct insn *in)
{
    const cs_x86 *x86 = &t->theirs->detail->x86;
    unsigned ours = 0;
    while (ours < 3 && in->opnd[ours].kind != OPND_NONE)
        ours++;
    if (ours != x86->op_count)
        return true; /* implied operands, which Capstone spells out */
    for (unsigned i = 0; i < ours; i++)
        if (!same_operand(in, &in->opnd[i], &x86->operands[i]))
            return false;
    t->operands++;
    return true;
}

static void compare(struct tally *t, const u8 bytes[16], bool code32)
{
    struct insn in;
    enum decode_status status = decode(bytes, INSN_MAX, code32, &in);
    const uint8_t *at = bytes;
    size_t left = INSN_MAX;
    uint64_t address = 0;
    bool ours = status == DECODE_OK;
    t->theirs->mnemonic[0] = t->theirs->op_str[0] = 0;
    t->theirs->size = 0;
    bool theirs = cs_disasm_iter(t->handle[code32], &at, &left, &address, t->theirs);
    unsigned opcode_end = in.prefix_len + in.map + 1u;
    u8 after = opcode_end < INSN_MAX ? bytes[opcode_end] : 0;
    t->compared++;
    if (!ours && theirs && !is_allowed(t, &in, DIFFER_REFUSED, after))
        complain(t, bytes, code32, "refused");
    else if (ours && !theirs && !is_allowed(t, &in, DIFFER_KNOWN, after))
        complain(t, bytes, code32, "accepted");
    if (!ours || !theirs)
        return;
    if (in.len != t->theirs->size) {
        if (!is_allowed(t, &in, DIFFER_LENGTH, after))
            complain(t, bytes, code32, "another length");
    } else if (!same_name(&in, t->theirs->mnemonic)) {
        if (!is_allowed(t, &in, DIFFER_NAME, after))
            complain(t, bytes, code32, op_info[in.op].text);
    } else if (!same_operands(t, &in) && !is_allowed(t, &in, DIFFER_OPERAND, after)) {
        complain(t, bytes, code32, "another operand");
    }
}

static bool is_prefix(unsigned byte)
{
    return byte == 0x26 || byte == 0x2e || byte == 0x36 || byte == 0x3e ||
           (byte >= 0x64 && byte <= 0x67) || byte == 0xf0 || byte == 0xf2 || byte == 0xf3;
}

static const char *const prefix_sets[] = { "", "\x66", "\x67", "\xf0", "\xf2", "\xf3", "\x2e",
                                           "\x66\xf3", "\x65\x67\x66" };

static void compare_opcode(struct tally *t, unsigned map, unsigned opcode, u32 *seed)
{
    for (unsigned n = 0; n < COUNT(prefix_sets) * 512; n++) {
        u8 bytes[16];
        unsigned length = (unsigned)strlen(prefix_sets[n >> 9]);
        memcpy(bytes, prefix_sets[n >> 9], length);
        if (map)
            bytes[length++] = 0x0f;
        bytes[length++] = (u8)opcode;
        bytes[length++] = (u8)n;
        while (length < sizeof(bytes))
            bytes[length++] = (u8)unit_random(seed);
        compare(t, bytes, n >> 8 & 1);
    }
}

static void open_tally(struct tally *t)
{
    memset(t, 0, sizeof(*t));
    CU_ASSERT_FATAL(cs_open(CS_ARCH_X86, CS_MODE_16, &t->handle[0]) == CS_ERR_OK);
    CU_ASSERT_FATAL(cs_open(CS_ARCH_X86, CS_MODE_32, &t->handle[1]) == CS_ERR_OK);
    cs_option(t->handle[0], CS_OPT_DETAIL, CS_OPT_ON);
    cs_option(t->handle[1], CS_OPT_DETAIL, CS_OPT_ON);
    t->theirs = cs_malloc(t->handle[0]);
}

static void close_tally(struct tally *t)
{
    cs_free(t->theirs, 1);
    cs_close(&t->handle[0]);
    cs_close(&t->handle[1]);
}

static void compare_random_bytes(struct tally *t, u32 *seed)
{
    u8 bytes[16];
    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (u8)(unit_random(seed) >> 8);
    if (!is_prefix(bytes[0])) /* prefix mixtures are a table of their own in Capstone */
        compare(t, bytes, bytes[15] & 1);
}

static void test_against_capstone(void)
{
    struct tally t;
    u32 seed = 0x5eed;
    open_tally(&t);
    for (unsigned map = 0; map < 2; map++)
        for (unsigned opcode = 0; opcode < 256; opcode++)
            if (map || (!is_prefix(opcode) && opcode != 0x0f))
                compare_opcode(&t, map, opcode, &seed);
    for (unsigned n = 0; n < 1000000; n++)
        compare_random_bytes(&t, &seed);
    printf("    %u encodings, %u with all operands compared, %u wrong\n", t.compared,
           t.operands, t.failed);
    CU_ASSERT_EQUAL(t.failed, 0);
    CU_ASSERT(t.operands > t.compared / 4);
    for (unsigned i = 0; i < COUNT(allowed); i++) {
        if (!t.needed[i])
            printf("    not needed: %s\n", allowed[i].why);
        CU_ASSERT(t.needed[i]);
    }
    close_tally(&t);
}

/* Decoding is a function of the bytes it uses: one byte fewer is SHORT, more change nothing. */
static void test_short(void)
{
    u32 seed = 77, decoded = 0;
    for (unsigned n = 0; n < 100000; n++) {
        u8 bytes[INSN_MAX];
        struct insn whole, again;
        for (unsigned i = 0; i < sizeof(bytes); i++)
            bytes[i] = (u8)(unit_random(&seed) >> 8);
        if (decode(bytes, INSN_MAX, true, &whole) != DECODE_OK)
            continue;
        decoded++;
        bool shorter = decode(bytes, whole.len - 1u, true, &again) == DECODE_SHORT;
        bool same = decode(bytes, whole.len, true, &again) == DECODE_OK &&
                    !memcmp(&whole, &again, sizeof(whole));
        if (!shorter || !same)
            CU_FAIL("the length is not what decoding needs");
    }
    CU_ASSERT(decoded > 50000);
}

static enum decode_status status_of(const char *bytes, unsigned length)
{
    struct insn in;
    return decode((const u8 *)bytes, length, true, &in);
}

static void test_length_limit(void)
{
    /* 15 bytes: nine prefixes, 81 /0 with a disp8... and one prefix more */
    const char *fits = "\x2e\x2e\x2e\x2e\x2e\x2e\x2e\x2e\x81\x40\x01\x01\x02\x03\x04";
    const char *over = "\x2e\x2e\x2e\x2e\x2e\x2e\x2e\x2e\x2e\x81\x40\x01\x01\x02\x03\x04";
    const char *only = "\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x90";
    CU_ASSERT_EQUAL(status_of(fits, 15), DECODE_OK);
    CU_ASSERT_EQUAL(status_of(over, 16), DECODE_TOO_LONG);
    CU_ASSERT_EQUAL(status_of(over, 15), DECODE_TOO_LONG);
    CU_ASSERT_EQUAL(status_of(over, 14), DECODE_SHORT);
    CU_ASSERT_EQUAL(status_of(only, 16), DECODE_TOO_LONG);
}

/* A blank row of a group is fetched like its neighbours, before it is found to be blank. */
static void test_blank_rows(void)
{
    CU_ASSERT_EQUAL(status_of("\xc7\x48\x01\x01\x02\x03\x04", 7), DECODE_UD);
    CU_ASSERT_EQUAL(status_of("\xc7\x48\x01\x01\x02\x03\x04", 6), DECODE_SHORT);
    CU_ASSERT_EQUAL(status_of("\x0f\xba\x05\x01\x02\x03\x04\x05", 7), DECODE_SHORT);
    CU_ASSERT_EQUAL(status_of("\x0f\x00\xb8\x01\x02\x03", 6), DECODE_SHORT);
    CU_ASSERT_EQUAL(status_of("\x0f\x00\xf8", 3), DECODE_UD);
    CU_ASSERT_EQUAL(status_of("\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\xfe\xb8\x01\x02\x03\x04", 16),
                    DECODE_TOO_LONG);
    CU_ASSERT_EQUAL(status_of("\x0f\xff", 2), DECODE_UD);
}

/* Facts that Capstone does not show, or shows otherwise: what the fields hold. */
struct fact { const char *bytes; unsigned length; u16 op; u8 osize, kind0, reg0, size0, kind1,
              size1; u32 imm; u16 sel; u8 rep; };

static const struct fact facts[] = {
    { "\x8c\xd8", 2, OP_MOV_FROM_SREG, 4, OPND_REG, EAX, 4, OPND_SREG, 2, 0, 0, 0 },
    { "\x8c\x18", 2, OP_MOV_FROM_SREG, 4, OPND_MEM, 0, 2, OPND_SREG, 2, 0, 0, 0 },
    { "\x8e\xd0", 2, OP_MOV_TO_SREG, 4, OPND_SREG, SS, 2, OPND_REG, 2, 0, 0, 0 },
    { "\x0f\xa9", 2, OP_POP_SREG, 4, OPND_SREG, GS, 2, OPND_NONE, 0, 0, 0, 0 },
    { "\xc8\x34\x12\x05", 4, OP_ENTER, 4, OPND_IMM, 0, 2, OPND_NONE, 0, 0x1234, 5, 0 },
    { "\x9a\x78\x56\x34\x12\xcd\xab", 7, OP_CALL_FAR, 4, OPND_FAR, 0, 6, OPND_NONE, 0,
      0x12345678, 0xabcd, 0 },
    { "\x66\xea\x34\x12\xcd\xab", 6, OP_JMP_FAR, 2, OPND_FAR, 0, 4, OPND_NONE, 0, 0x1234,
      0xabcd, 0 },
    { "\xff\x28", 2, OP_JMP_FAR, 4, OPND_MEM, 0, 6, OPND_NONE, 0, 0, 0, 0 },
    { "\x83\xc0\xff", 3, OP_ADD, 4, OPND_REG, EAX, 4, OPND_IMM, 4, 0xffffffff, 0, 0 },
    { "\x6a\x80", 2, OP_PUSH, 4, OPND_IMM, 0, 4, OPND_NONE, 0, 0xffffff80, 0, 0 },
    { "\xeb\xfe", 2, OP_JMP, 4, OPND_REL, 0, 1, OPND_NONE, 0, 0xfffffffe, 0, 0 },
    { "\xe4\xf0", 2, OP_IN, 1, OPND_REG, EAX, 1, OPND_IMM, 1, 0xf0, 0, 0 },
    { "\xef", 1, OP_OUT, 4, OPND_REG, EDX, 2, OPND_REG, 4, 0, 0, 0 },
    { "\xd1\xe0", 2, OP_SHL, 4, OPND_REG, EAX, 4, OPND_IMM, 1, 1, 0, 0 },
    { "\xd3\xe0", 2, OP_SHL, 4, OPND_REG, EAX, 4, OPND_REG, 1, 0, 0, 0 },
    { "\xf3\xa5", 2, OP_MOVS, 4, OPND_NONE, 0, 0, OPND_NONE, 0, 0, 0, PFX_REP },
    { "\xf2\xae", 2, OP_SCAS, 1, OPND_NONE, 0, 0, OPND_NONE, 0, 0, 0, PFX_REPNE },
    { "\xf3\x90", 2, OP_NOP, 4, OPND_NONE, 0, 0, OPND_NONE, 0, 0, 0, 0 },
    { "\xf3\x0f\x1e\xfb", 4, OP_NOP, 4, OPND_NONE, 0, 0, OPND_NONE, 0, 0, 0, 0 }, /* ENDBR32 to come */
    { "\x0f\x18\x0c\x24", 4, OP_NOP, 4, OPND_MEM, 0, 0, OPND_NONE, 0, 0, 0, 0 }, /* PREFETCHT0 to come */
    { "\x0f\xc7\x08", 3, OP_CMPXCHG8B, 4, OPND_MEM, 0, 8, OPND_NONE, 0, 0, 0, 0 },
    { "\x0f\xc7\x30", 3, OP_VMPTRLD, 4, OPND_MEM, 0, 8, OPND_NONE, 0, 0, 0, 0 },
    { "\x66\x0f\xc7\x30", 4, OP_VMCLEAR, 2, OPND_MEM, 0, 8, OPND_NONE, 0, 0, 0, 0 },
    { "\xf3\x0f\xc7\x30", 4, OP_VMXON, 4, OPND_MEM, 0, 8, OPND_NONE, 0, 0, 0, 0 },
    { "\x0f\x01\xc1", 3, OP_VMCALL, 4, OPND_NONE, 0, 0, OPND_NONE, 0, 0, 0, 0 },
    { "\x0f\x78\xd8", 3, OP_VMREAD, 4, OPND_REG, EAX, 4, OPND_REG, 4, 0, 0, 0 },
    { "\x0f\x20\x18", 3, OP_MOV_FROM_CR, 4, OPND_REG, EAX, 4, OPND_CR, 4, 0, 0, 0 },
    { "\x0f\x01\x38", 3, OP_INVLPG, 4, OPND_MEM, 0, 0, OPND_NONE, 0, 0, 0, 0 },
    { "\xc5\x18", 2, OP_LOAD_FAR, 4, OPND_REG, EBX, 4, OPND_MEM, 6, 0, 0, 0 },
};

static void test_facts(void)
{
    for (unsigned i = 0; i < COUNT(facts); i++) {
        const struct fact *f = &facts[i];
        struct insn in;
        CU_ASSERT_EQUAL(decode((const u8 *)f->bytes, f->length, true, &in), DECODE_OK);
        bool head = in.len == f->length && in.op == f->op && in.osize == f->osize &&
                    in.imm == f->imm && in.sel == f->sel && in.rep == f->rep;
        bool first = in.opnd[0].kind == f->kind0 && in.opnd[0].reg == f->reg0 &&
                     in.opnd[0].size == f->size0;
        bool second = in.opnd[1].kind == f->kind1 && in.opnd[1].size == f->size1;
        if (!head || !first || !second)
            printf("    fact %u (%s) is not so\n", i, op_info[f->op].text);
        CU_ASSERT(head && first && second);
    }
}

static void test_segments(void)
{
    static const struct { const char *bytes; u8 seg; } cases[] = {
        { "\x8b\x00", DS }, { "\x8b\x45\x00", SS }, { "\x8b\x04\x24", SS },
        { "\x64\x8b\x45\x00", FS }, { "\x8b\x04\x28", DS /* [eax+ebp]: the base decides */ },
        { "\x8b\x44\x05\x00", SS }, { "\x8b\x05\0\0\0\0", DS }, { "\x67\x8b\x02", SS },
        { "\x67\x8b\x06\0\0", DS }, { "\xa4", DS }, { "\x2e\xa4", CS },
    };
    for (unsigned i = 0; i < COUNT(cases); i++) {
        struct insn in;
        CU_ASSERT_EQUAL(decode((const u8 *)cases[i].bytes, 8, true, &in), DECODE_OK);
        CU_ASSERT_EQUAL(in.seg, cases[i].seg);
    }
}

static const struct unit_case cases[] = {
    { "every opcode, ModRM, prefix set; random bytes: Capstone", test_against_capstone },
    { "one byte fewer is SHORT", test_short },
    { "no instruction is longer than 15 bytes", test_length_limit },
    { "blank rows of groups", test_blank_rows },
    { "operands, sizes and immediates", test_facts },
    { "default segments and overrides", test_segments },
};

UNIT_MAIN("decode", cases)
