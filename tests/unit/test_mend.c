/* Code whose immediates and displacements are written while it runs: mended blocks against the rules, each
 * form at each place of a block, the last one, too. */
#include "tests/unit/two_ways.h"

struct form { u8 bytes[8]; u8 len, at /* the byte that changes */, by; const char *text; };
static const struct form forms[] = {
    { { 0x3c, 5 }, 2, 1, 7, "cmp $5, %al" },
    { { 0x80, 0xfb, 5 }, 3, 2, 7, "cmp $5, %bl" },
    { { 0x3d, 5, 0, 0, 0 }, 5, 1, 7, "cmp $5, %eax" },
    { { 0x83, 0x3d, 0, 0x80, 0, 0, 5 }, 7, 6, 7, "cmpl $5, 0x8000" },
    { { 0x83, 0x3d, 0, 0x80, 0, 0, 5 }, 7, 2, 7, "cmpl $5, 0x8000, another address" },
    { { 0x3b, 0x05, 0, 0x80, 0, 0 }, 6, 2, 7, "cmp 0x8000, %eax" },
    { { 0xa9, 5, 0, 0, 0 }, 5, 1, 7, "test $5, %eax" },
    { { 0x05, 5, 0, 0, 0 }, 5, 2, 7, "add $5, %eax" },
    { { 0x15, 5, 0, 0, 0 }, 5, 4, 7, "adc $5, %eax" },
    { { 0x81, 0xf3, 5, 0, 0, 0 }, 6, 3, 7, "xor $5, %ebx" },
    { { 0xbb, 5, 0, 0, 0 }, 5, 1, 7, "mov $5, %ebx" },
    { { 0x8d, 0x5e, 5 }, 3, 2, 7, "lea 5(%esi), %ebx" },
    { { 0x6a, 5 }, 2, 1, 7, "push $5" },
    { { 0x8b, 0x1d, 0, 0x80, 0, 0 }, 6, 2, 7, "mov 0x8000, %ebx" },
    { { 0x0f, 0xb6, 0x5f, 5 }, 4, 3, 7, "movzbl 5(%edi), %ebx" },
    { { 0x40 }, 1, 0, 7, "inc %eax, inc %edi" },
    { { 0x05, 5, 0, 0, 0 }, 5, 0, 0x38, "add $5, %eax, cmp $5, %eax" },
    { { 0x83, 0xc3, 5 }, 3, 1, 0x38, "add $5, %ebx, cmp $5, %ebx" },
    { { 0xeb, 0 }, 2, 0, 0xeb ^ 0xa8, "jmp .+2, test $0, %al" },
    { { 0x70, 0 }, 2, 0, 0x70 ^ 0xa8, "jo .+2, test $0, %al" },
};

enum { BLOCK = 32 /* instructions of a block, BLOCK_MAX */, ROUNDS = 12 };

/* loop: xor $by, byte of `form`; jmp; nops; form; [jnz .+2;] pushf; pop %edx; add %edx, %ebp; dec %ecx;
 * jnz loop; hlt */
static u32 assemble(u8 *code, const struct form *form, u32 nops, bool jump)
{
    u32 n = 0;
    const u8 change[] = { 0x80, 0x35, 0, 0, 0, 0, form->by, 0xeb, 0x00 };
    memcpy(code, change, sizeof change);
    n += sizeof change;
    memset(code + n, 0x90, nops);
    n += nops;
    put32(code + 2, CODE + n + form->at);
    memcpy(code + n, form->bytes, form->len);
    n += form->len;
    if (jump) {
        code[n++] = 0x75;
        code[n++] = 0;
    }
    const u8 rest[] = { 0x9c, 0x5a, 0x01, 0xd5, 0x49, 0x0f, 0x85 };
    memcpy(code + n, rest, sizeof rest);
    n += sizeof rest;
    put32(code + n, -(n + 4));
    n += 4;
    code[n++] = 0xf4;
    return n;
}

/* In slices of so many steps, so that blocks are not linked. */
static void run_both(const struct form *form, u32 nops, bool jump, u64 steps, u64 slice)
{
    u8 code[128];
    struct hw *m[2];
    u32 len = assemble(code, form, nops, jump);
    CU_ASSERT_FATAL(len <= sizeof code);
    for (unsigned k = 0; k < 2; k++) {
        m[k] = new_machine(k == 1, code, len, 3);
        m[k]->arch->reg[ECX] = ROUNDS;
        for (u64 at = slice; at <= steps; at += slice) {
            const struct limits limits = { at, UINT64_MAX };
            machine_run(m[k], &limits);
        }
    }
    compare(m[0], m[1], (u32)(form - forms) * 1000 + nops, steps);
    free_machine(m[0]);
    free_machine(m[1]);
}

static void every_form_at_every_place(void)
{
    for (unsigned f = 0; f < COUNT(forms); f++)
        for (u32 nops = 0; nops < BLOCK + 2; nops++)
            for (unsigned jump = 0; jump < 2; jump++) {
                run_both(&forms[f], nops, jump, 2000, 2000);
                run_both(&forms[f], nops, jump, 2 * (nops + 10), nops + 4);
            }
}

/* Stopped in the middle of what was mended. */
static void stops_anywhere(void)
{
    for (unsigned f = 0; f < COUNT(forms); f++)
        for (u64 steps = 60; steps < 110; steps++)
            run_both(&forms[f], BLOCK - 4, steps & 1, steps, steps);
}

static const struct unit_case cases[] = {
    { "every form at every place of a block", every_form_at_every_place },
    { "stops anywhere", stops_anywhere },
};
UNIT_MAIN("mending of blocks", cases)
