/* Decoded blocks in VMX non-root operation: what has a handler of its own (sim/exec_system.c) exits or is masked as
 * the rules say, in the middle of a block too; the same guest in blocks and one instruction at a time. */
#include "tests/unit/vmx_world.h"

enum { STEPS = 60, LEN = 16 };

struct row { const char *text; u32 cpu /* its control */; u8 len, code[7]; };
static const struct row rows[] = {
    { "in $0x21, %al", CPU_IO_EXIT, 2, { 0xe4, 0x21 } },
    { "in %dx, %eax", CPU_IO_EXIT, 1, { 0xed } },
    { "out %ax, $0x80", CPU_IO_EXIT, 3, { 0x66, 0xe7, 0x80 } },
    { "out %al, %dx", CPU_IO_EXIT, 1, { 0xee } },
    { "invlpg 0x1000", CPU_INVLPG, 7, { 0x0f, 0x01, 0x3d, 0, 0x10, 0, 0 } },
    { "mov %edi, %cr3", 0, 3, { 0x0f, 0x22, 0xdf } },
    { "mov %cr3, %esi", 0, 3, { 0x0f, 0x20, 0xde } },
    { "mov %cr0, %esi", 0, 3, { 0x0f, 0x20, 0xc6 } },
    { "mov %cr2, %esi", 0, 3, { 0x0f, 0x20, 0xd6 } },
    { "mov %cr4, %esi", 0, 3, { 0x0f, 0x20, 0xe6 } },
    { "rdtsc", CPU_RDTSC, 2, { 0x0f, 0x31 } },
    { "int $0x80", 0, 2, { 0xcd, 0x80 } },
    { "push %ebp; iret", 0, 3, { 0x90, 0x55, 0xcf } },
};

/* inc %ebx; add %ebx, %ecx; the row; inc %ebx; jmp to the first.  What returns, returns to the third. */
static u32 assemble(u8 *code, const struct row *r)
{
    u32 n = 3;
    memcpy(code, "\x43\x01\xd9", 3);
    memcpy(code + n, r->code, r->len);
    n += r->len;
    memcpy(code + n, "\x43\xeb", 2);
    code[n + 2] = (u8)-(n + 3);
    return n + 3;
}

/* What the host finds: the hash of all, wherever the run is stopped. */
static void run(const struct row *r, u32 cpu, bool careful, u64 stretch, u64 *hash, u32 *reason)
{
    static const u8 iret[] = { 0xcf }, host[] = { 0xeb, 0xfe };
    u8 code[LEN];
    world_up();
    world.config.one_insn_blocks |= careful;
    machine_poke(&world, CODE, code, assemble(code, r));
    machine_poke(&world, HANDLER + 0x80 * 16, iret, sizeof iret);
    machine_poke(&world, HOST, host, sizeof host);
    vmcs_set(VMCS_CPU_CONTROLS, 0x0401e172 | CPU_TSC_OFFSET | cpu);
    vmcs_set(VMCS_TSC_OFFSET, 0x12345678);
    vmcs_set(VMCS_CR0_MASK, CR0_TS);
    vmcs_set(VMCS_CR0_SHADOW, CR0_TS);
    vmcs_set(VMCS_CR4_MASK, CR4_VMXE);
    vmcs_set(VMCS_CR3_TARGET_COUNT, cpu ? 0 : 1);
    vmcs_set(VMCS_CR3_TARGET_0, PD);
    vmcs_set(VMCS_GUEST_RSP, GUEST_STACK - 8);
    poke32(GUEST_STACK - 8, SEL_CODE);
    poke32(GUEST_STACK - 4, FL_1);
    world.arch->reg[EDI] = PD;
    world.arch->reg[EDX] = 0x61;
    world.arch->reg[EBP] = CODE + 3;
    CU_ASSERT_EQUAL_FATAL(vmx_enter(&world, true), VMX_SUCCEED);
    for (u64 i = 0, step = stretch; step <= STEPS; i++, step += stretch) {
        const struct limits limits = { step, TIME_NEVER };
        (void)machine_run(&world, &limits);
        hash[i] = arena_hash(&world.arena);
    }
    *reason = world.state->vmx.nonroot ? 0 : vmcs_get(VMCS_EXIT_REASON);
    world_down();
}

static void same_as_rules(void)
{
    for (unsigned i = 0; i < COUNT(rows) * 2 * 5; i++) {
        static const u64 stretches[] = { 1, 2, 3, 7, STEPS };
        const struct row *r = &rows[i / 10];
        u32 cpu = i % 2 ? r->cpu : 0, reason[2];
        u64 hash[2][STEPS] = { { 0 } };
        for (unsigned careful = 0; careful < 2; careful++)
            run(r, cpu, careful, stretches[i / 2 % 5], hash[careful], &reason[careful]);
        bool same = memcmp(hash[0], hash[1], sizeof hash[0]) == 0 && reason[0] == reason[1];
        if (!same)
            printf("\n  %s, control %x, stretches of %u", r->text, cpu, (unsigned)stretches[i / 2 % 5]);
        CU_ASSERT(same);
        CU_ASSERT(!cpu || reason[0] != 0); /* its control makes it exit */
    }
}

static const struct unit_case cases[] = { { "what has handlers, in blocks and by the rules", same_as_rules } };

UNIT_MAIN("vmx-blocks", cases)
