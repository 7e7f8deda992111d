#include "sim/api/debug.h"
#include "tests/unit/vmx_world.h"

/* VM exits and event injection (SDM 3C 25-27): what exits, what the VMCS then says. */

static u32 reason(void)
{
    return vmcs_get(VMCS_EXIT_REASON);
}

static u32 qualification(void)
{
    return vmcs_get(VMCS_EXIT_QUALIFICATION);
}

static void controls(u32 cpu)
{
    vmcs_set(VMCS_CPU_CONTROLS, 0x0401e172 | cpu);
}

static void round_trip(void)
{
    world_up();
    vmcs_set(VMCS_GUEST_SYSENTER_EIP, 0x1234);
    vmcs_set(VMCS_GUEST_FS_BASE, 0x5000);
    vmcs_set(VMCS_GUEST_FS_LIMIT, 0xfff);
    vmcs_set(VMCS_GUEST_FS_AR, 0x4093);
    vmcs_set(VMCS_GUEST_RFLAGS, FL_1 | FL_IF | FL_CF);
    static u32 before[200];
    for (unsigned i = 0; i < vmcs_field_count; i++)
        before[i] = vmcs_get(vmcs_fields[i].encoding);
    RUN_GUEST(0x0f, 0xa2);
    for (unsigned i = 0; i < vmcs_field_count; i++)
        if (vmcs_fields[i].group != VMCS_EXIT)
            CU_ASSERT_EQUAL(vmcs_get(vmcs_fields[i].encoding), before[i]);
    const struct arch *s = world.arch;
    CU_ASSERT_EQUAL(reason(), EXIT_CPUID);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_EXIT_INSTRUCTION_LENGTH), 2);
    CU_ASSERT_EQUAL(s->eip, HOST);
    CU_ASSERT_EQUAL(s->reg[ESP], HOST_STACK);
    CU_ASSERT_EQUAL(s->eflags, FL_1);
    CU_ASSERT_EQUAL(s->cr0, CR0_PG | CR0_PE | CR0_NE | CR0_ET | CR0_WP);
    CU_ASSERT_EQUAL(s->seg[CS].ar, 0xc09b);
    CU_ASSERT_EQUAL(s->seg[FS].ar, AR_UNUSABLE);
    CU_ASSERT_EQUAL(s->tr.base, TSS);
    CU_ASSERT_EQUAL(world.state->ledger.count[COST_VMENTRY], 1);
    CU_ASSERT_EQUAL(world.state->ledger.count[COST_VMEXIT], 1);
    world_down();
}

/* One instruction each: controls, code, expected reason, qualification. */
struct exit_case { const char *text; u32 cpu; u8 len; u8 code[8]; u32 reason, qualification; };

static const struct exit_case exit_cases[] = {
    { "cpuid", 0, 2, { 0x0f, 0xa2 }, EXIT_CPUID, 0 },
    { "invd", 0, 2, { 0x0f, 0x08 }, EXIT_INVD, 0 },
    { "hlt", CPU_HLT, 1, { 0xf4 }, EXIT_HLT, 0 },
    { "invlpg", CPU_INVLPG, 7, { 0x0f, 0x01, 0x3d, 0x78, 0x56, 0x34, 0x12 }, EXIT_INVLPG,
      0x12345678 },
    { "rdtsc", CPU_RDTSC, 2, { 0x0f, 0x31 }, EXIT_RDTSC, 0 },
    { "rdpmc", CPU_RDPMC, 2, { 0x0f, 0x33 }, EXIT_RDPMC, 0 },
    { "rdmsr", 0, 2, { 0x0f, 0x32 }, EXIT_RDMSR, 0 },
    { "wrmsr", 0, 2, { 0x0f, 0x30 }, EXIT_WRMSR, 0 },
    { "vmcall", 0, 3, { 0x0f, 0x01, 0xc1 }, EXIT_VMCALL, 0 },
    { "vmlaunch", 0, 3, { 0x0f, 0x01, 0xc2 }, EXIT_VMLAUNCH, 0 },
    { "vmresume", 0, 3, { 0x0f, 0x01, 0xc3 }, EXIT_VMRESUME, 0 },
    { "vmxoff", 0, 3, { 0x0f, 0x01, 0xc4 }, EXIT_VMXOFF, 0 },
    { "vmptrld 16(%ebx)", 0, 4, { 0x0f, 0xc7, 0x73, 0x10 }, EXIT_VMPTRLD, 0x10 },
    { "vmread %eax, %ecx", 0, 3, { 0x0f, 0x78, 0xc1 }, EXIT_VMREAD, 0 },
    { "mov %ebx, %cr3", 0, 3, { 0x0f, 0x22, 0xdb }, EXIT_CR_ACCESS, 0x303 },
    { "mov %cr3, %esi", 0, 3, { 0x0f, 0x20, 0xde }, EXIT_CR_ACCESS, 0x613 },
    { "mov %db7, %edx", CPU_MOV_DR, 3, { 0x0f, 0x21, 0xfa }, EXIT_DR_ACCESS, 0x217 },
    { "mov %edx, %db7", CPU_MOV_DR, 3, { 0x0f, 0x23, 0xfa }, EXIT_DR_ACCESS, 0x207 },
    { "in $0x21, %al", CPU_IO_EXIT, 2, { 0xe4, 0x21 }, EXIT_IO, 0x00210048 },
    { "out %eax, (%dx)", CPU_IO_EXIT, 1, { 0xef }, EXIT_IO, 0x00f40003 },
    { "outsw", CPU_IO_EXIT, 2, { 0x66, 0x6f }, EXIT_IO, 0x00f40011 },
    { "rep insb", CPU_IO_EXIT, 2, { 0xf3, 0x6c }, EXIT_IO, 0x00f40038 },
};

static void instructions(void)
{
    for (unsigned i = 0; i < COUNT(exit_cases); i++) {
        const struct exit_case *t = &exit_cases[i];
        world_up();
        controls(t->cpu);
        vmcs_set(VMCS_GUEST_RFLAGS, FL_1 | FL_RF);
        world.arch->reg[EDX] = 0xf4;
        world.arch->reg[ECX] = 5;
        world.arch->reg[EBX] = 0x2000;
        run_guest(t->code, t->len);
        bool right = reason() == t->reason && qualification() == t->qualification &&
                     vmcs_get(VMCS_EXIT_INSTRUCTION_LENGTH) == t->len &&
                     vmcs_get(VMCS_GUEST_RIP) == CODE && vmcs_get(VMCS_GUEST_RFLAGS) == FL_1;
        CU_ASSERT_TRUE(right);
        if (!right)
            printf("%s: reason %u qualification %x length %u\n", t->text, reason(),
                   qualification(), vmcs_get(VMCS_EXIT_INSTRUCTION_LENGTH));
        world_down();
    }
}

/* The same instructions with their controls off do not exit (those that have a control). */
static void controls_off(void)
{
    for (unsigned i = 0; i < COUNT(exit_cases); i++) {
        const struct exit_case *t = &exit_cases[i];
        if (!t->cpu || t->cpu == CPU_HLT || t->cpu == CPU_RDPMC)
            continue;
        world_up();
        world.arch->reg[EDX] = 0x80;
        world.arch->reg[ECX] = 1;
        world.arch->reg[EDI] = world.arch->reg[ESI] = 0xc000;
        u8 code[16] = { 0 };
        memcpy(code, t->code, t->len);
        code[t->len] = 0x0f; /* then cpuid */
        code[t->len + 1] = 0xa2;
        run_guest(code, t->len + 2u);
        CU_ASSERT_EQUAL(reason(), EXIT_CPUID);
        CU_ASSERT_EQUAL(vmcs_get(VMCS_GUEST_RIP), CODE + t->len);
        world_down();
    }
}

static void operand_information(void)
{
    world_up();
    RUN_GUEST(0x0f, 0x78, 0x4c, 0xb3, 0x20); /* vmread %ecx, 32(%ebx,%esi,4) */
    CU_ASSERT_EQUAL(reason(), EXIT_VMREAD);
    CU_ASSERT_EQUAL(qualification(), 0x20);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_EXIT_INSTRUCTION_INFO),
                    2u | 1u << 7 | DS << 15 | ESI << 18 | EBX << 23 | (u32)ECX << 28);
    world_down();
    world_up();
    controls(CPU_IO_EXIT);
    vmcs_set(VMCS_GUEST_ES_BASE, 0x100);
    world.arch->reg[EDI] = 0x44;
    RUN_GUEST(0x6c); /* insb */
    CU_ASSERT_EQUAL(vmcs_get(VMCS_GUEST_LINEAR_ADDRESS), 0x144);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_EXIT_INSTRUCTION_INFO) >> 7 & 7, 1);
    world_down();
}

static void bitmaps(void)
{
    world_up();
    controls(CPU_IO_BITMAPS | CPU_MSR_BITMAPS);
    vmcs_set(VMCS_IO_BITMAP_A, IO_BITMAPS);
    vmcs_set(VMCS_IO_BITMAP_B, IO_BITMAPS + 0x1000);
    vmcs_set(VMCS_MSR_BITMAP, MSR_BITMAP);
    poke32(IO_BITMAPS + 0x80 / 8, 2);          /* port 81h */
    poke32(MSR_BITMAP + 2048 + 0x174 / 8, 0x10); /* writes of MSR 174h */
    world.arch->reg[ECX] = MSR_SYSENTER_CS;
    /* in $0x80, %al; rdmsr; in $0x80, %ax */
    RUN_GUEST(0xe4, 0x80, 0x0f, 0x32, 0x66, 0xe5, 0x80, 0x0f, 0x30);
    CU_ASSERT_EQUAL(reason(), EXIT_IO);
    CU_ASSERT_EQUAL(qualification(), 0x00800049);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_GUEST_RIP), CODE + 4);
    vmcs_set(VMCS_GUEST_RIP, CODE + 7);
    world.arch->reg[ECX] = MSR_SYSENTER_CS;
    CU_ASSERT_EQUAL(vmx_enter(&world, false), VMX_SUCCEED);
    machine_step_one(&world);
    CU_ASSERT_EQUAL(reason(), EXIT_WRMSR);
    world_down();
}

/* 26.3.2.1, 27.3.1, 27.5.1: an entry loads DEBUGCTL, an exit saves and clears it; the records stay. */
static void debugctl(void)
{
    world_up();
    world.arch->debugctl = 0x40;
    vmcs_set(VMCS_GUEST_DEBUGCTL, 1);
    RUN_GUEST(0xeb, 0x00, 0x0f, 0xa2); /* jmp; cpuid */
    CU_ASSERT_EQUAL(reason(), EXIT_CPUID);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_GUEST_DEBUGCTL), 1);
    CU_ASSERT(world.arch->debugctl == 0 && world.arch->branch_from == CODE && world.arch->branch_to == CODE + 2);
    world_down();
}

static void user_mode(void)
{
    for (unsigned i = 0; i < SREG_COUNT; i++)
        put_segment(i, i == CS ? SEL_CODE3 : SEL_DATA3, i == CS ? 0xc0fb : 0xc0f3, 0, ~0u);
}

/* 25.1.1: #GP by privilege comes first; VMCALL and MOV DR exit all the same. */
static void privilege_first(void)
{
    static const u8 faulting[][3] = { { 0xf4 }, { 0x0f, 0x20, 0xd8 }, { 0xe4, 0x80 },
                                      { 0x0f, 0x32 } };
    for (unsigned i = 0; i < COUNT(faulting); i++) {
        world_up();
        user_mode();
        controls(CPU_HLT | CPU_IO_EXIT);
        vmcs_set(VMCS_EXCEPTION_BITMAP, BIT(VEC_GP));
        run_guest(faulting[i], 3);
        CU_ASSERT_EQUAL(reason(), EXIT_EXCEPTION_NMI);
        CU_ASSERT_EQUAL(vmcs_get(VMCS_EXIT_INTR_INFO),
                        INTR_INFO(VEC_GP, EVENT_HARD_EXCEPTION) | INTR_ERROR);
        CU_ASSERT_EQUAL(vmcs_get(VMCS_GUEST_RFLAGS), FL_1 | FL_RF);
        world_down();
    }
    world_up();
    user_mode();
    RUN_GUEST(0x0f, 0x01, 0xc1);
    CU_ASSERT_EQUAL(reason(), EXIT_VMCALL);
    world_down();
    world_up();
    user_mode();
    controls(CPU_MOV_DR);
    RUN_GUEST(0x0f, 0x21, 0xf8);
    CU_ASSERT_EQUAL(reason(), EXIT_DR_ACCESS);
    world_down();
}

/* ---- control registers under masks ---- */

static void cr0_masks(void)
{
    world_up();
    vmcs_set(VMCS_CR0_MASK, CR0_TS | CR0_WP);
    vmcs_set(VMCS_CR0_SHADOW, CR0_WP);
    /* mov %cr0, %eax; or $MP, %al; mov %eax, %cr0; smsw %bx; clts; or $TS, %al; mov %eax,
     * %cr0 */
    RUN_GUEST(0x0f, 0x20, 0xc0, 0x0c, 0x02, 0x0f, 0x22, 0xc0, 0x66, 0x0f, 0x01, 0xe3, 0x0f,
              0x06, 0x0c, 0x08, 0x0f, 0x22, 0xc0);
    CU_ASSERT_EQUAL(reason(), EXIT_CR_ACCESS);
    CU_ASSERT_EQUAL(qualification(), 0x000);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_GUEST_RIP), CODE + 16);
    u32 real = CR0_PG | CR0_PE | CR0_NE | CR0_ET | CR0_MP;
    CU_ASSERT_EQUAL(vmcs_get(VMCS_GUEST_CR0), real);
    CU_ASSERT_EQUAL(world.arch->reg[EAX], real | CR0_WP | CR0_TS);
    CU_ASSERT_EQUAL(world.arch->reg[EBX] & 0xffff, real & 0xffff);
    world_down();
}

static void clts_and_lmsw(void)
{
    world_up();
    vmcs_set(VMCS_CR0_MASK, CR0_TS);
    vmcs_set(VMCS_CR0_SHADOW, CR0_TS);
    RUN_GUEST(0x0f, 0x06); /* clts */
    CU_ASSERT_EQUAL(qualification(), 0x20);
    world.arch->reg[ECX] = 0xabcd0000u | CR0_MP | CR0_PE; /* TS differs from its shadow */
    static const u8 lmsw[] = { 0x0f, 0x01, 0xf1 }; /* lmsw %cx: the qualification does not name it */
    machine_poke(&world, CODE, lmsw, sizeof lmsw);
    CU_ASSERT_EQUAL(vmx_enter(&world, false), VMX_SUCCEED);
    machine_step_one(&world);
    CU_ASSERT_EQUAL(reason(), EXIT_CR_ACCESS);
    CU_ASSERT_EQUAL(qualification(), 0x00030030);
    vmcs_set(VMCS_CR0_SHADOW, 0);
    CU_ASSERT_EQUAL(vmx_enter(&world, false), VMX_SUCCEED);
    machine_step_one(&world);
    CU_ASSERT_TRUE(world.state->vmx.nonroot);
    CU_ASSERT_EQUAL(world.arch->cr0 & 0xf, CR0_MP | CR0_PE);
    world_down();
}

static void cr3_targets_and_cr4(void)
{
    world_up();
    vmcs_set(VMCS_CR3_TARGET_COUNT, 1);
    vmcs_set(VMCS_CR3_TARGET_0, PD);
    vmcs_set(VMCS_CR4_MASK, CR4_VMXE | CR4_PGE);
    world.arch->reg[EAX] = PD;
    world.arch->reg[EBX] = CR4_TSD | CR4_PSE;
    world.arch->reg[ECX] = CR4_PGE | CR4_PSE;
    /* mov %eax, %cr3; mov %ebx, %cr4; mov %cr4, %edx; mov %ecx, %cr4 */
    RUN_GUEST(0x0f, 0x22, 0xd8, 0x0f, 0x22, 0xe3, 0x0f, 0x20, 0xe2, 0x0f, 0x22, 0xe1);
    CU_ASSERT_EQUAL(reason(), EXIT_CR_ACCESS);
    CU_ASSERT_EQUAL(qualification(), 0x104);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_GUEST_CR4), CR4_VMXE | CR4_TSD | CR4_PSE);
    CU_ASSERT_EQUAL(world.arch->reg[EDX], CR4_TSD | CR4_PSE);
    world_down();
}

/* ---- exceptions ---- */

static const u8 load_missing[] = { 0xa1, 0, 0, 0x50, 0 }; /* mov 0x500000, %eax: not mapped */

static void page_fault_filter(void)
{
    static const struct { u32 bit, mask, match; bool exits; } t[] = {
        { BIT(VEC_PF), 0, 0, true }, { 0, 0, 0, false }, { 0, 0, 1, true },
        { BIT(VEC_PF), PF_PRESENT, PF_PRESENT, false }, { 0, PF_PRESENT, PF_PRESENT, true },
        { BIT(VEC_PF), PF_WRITE, 0, true },
    };
    for (unsigned i = 0; i < COUNT(t); i++) {
        world_up();
        vmcs_set(VMCS_EXCEPTION_BITMAP, t[i].bit);
        vmcs_set(VMCS_PAGE_FAULT_MASK, t[i].mask);
        vmcs_set(VMCS_PAGE_FAULT_MATCH, t[i].match);
        static const u8 cpuid[] = { 0x0f, 0xa2 };
        machine_poke(&world, HANDLER + VEC_PF * 16, cpuid, 2);
        world.arch->cr2 = 0x77;
        run_guest(load_missing, sizeof load_missing);
        CU_ASSERT_EQUAL(reason(), t[i].exits ? EXIT_EXCEPTION_NMI : EXIT_CPUID);
        CU_ASSERT_EQUAL(world.arch->cr2, t[i].exits ? 0x77 : 0x500000);
        if (t[i].exits) {
            CU_ASSERT_EQUAL(qualification(), 0x500000);
            CU_ASSERT_EQUAL(vmcs_get(VMCS_EXIT_INTR_INFO), 0x80000b0e);
            CU_ASSERT_EQUAL(vmcs_get(VMCS_EXIT_INTR_ERROR), 0);
            CU_ASSERT_EQUAL(vmcs_get(VMCS_IDT_VECTORING_INFO), 0);
        }
        world_down();
    }
}

static void software_exceptions(void)
{
    world_up();
    vmcs_set(VMCS_EXCEPTION_BITMAP, BIT(VEC_BP));
    RUN_GUEST(0xcc);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_EXIT_INTR_INFO), INTR_INFO(VEC_BP, EVENT_SOFT_EXCEPTION));
    CU_ASSERT_EQUAL(vmcs_get(VMCS_EXIT_INSTRUCTION_LENGTH), 1);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_GUEST_RIP), CODE);
    world_down();
}

/* INT 80h through a gate that is not present: the #NP exits, during delivery of a software
 * interrupt. */
static void nested_software(void)
{
    world_up();
    poke32(IDT + 0x80 * 8 + 4, peek32(IDT + 0x80 * 8 + 4) & ~0x8000u);
    vmcs_set(VMCS_EXCEPTION_BITMAP, BIT(VEC_NP));
    RUN_GUEST(0xcd, 0x80);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_EXIT_INTR_INFO), 0x80000b0b);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_EXIT_INTR_ERROR), 0x80 * 8 + 2);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_IDT_VECTORING_INFO), INTR_INFO(0x80, EVENT_SOFT_INT));
    CU_ASSERT_EQUAL(vmcs_get(VMCS_EXIT_INSTRUCTION_LENGTH), 2);
    CU_ASSERT_EQUAL(world.state->vmx.idt_vectoring_info, 0);
    world_down();
}

/* #GP whose handler's stack faults: #DF exits without vectoring information; without a bit for
 * it, its own delivery fails too: triple fault. */
static void double_and_triple(void)
{
    for (unsigned df = 0; df < 2; df++) {
        world_up();
        user_mode();
        poke32(TSS + TSS_ESP0, 0x500000);
        poke32(PD + 4, 0);
        poke32(IDT + VEC_PF * 8 + 4, 0); /* so that #PF while delivering #GP ... */
        vmcs_set(VMCS_EXCEPTION_BITMAP, df ? BIT(VEC_DF) : 0);
        poke32(TSS + TSS_SS0, 0);        /* ... is not even reached: #TS, contributory */
        RUN_GUEST(0xf4);
        CU_ASSERT_EQUAL(reason(), df ? EXIT_EXCEPTION_NMI : EXIT_TRIPLE_FAULT);
        CU_ASSERT_EQUAL(vmcs_get(VMCS_IDT_VECTORING_INFO), 0);
        if (df)
            CU_ASSERT_EQUAL(vmcs_get(VMCS_EXIT_INTR_INFO), 0x80000b08);
        CU_ASSERT_FALSE(world.state->vmx.nonroot);
        world_down();
    }
}

/* ---- injection ---- */

static void inject_interrupt(void)
{
    world_up();
    vmcs_set(VMCS_GUEST_RFLAGS, FL_1 | FL_IF);
    vmcs_set(VMCS_GUEST_ACTIVITY, 1);
    vmcs_set(VMCS_ENTRY_INTR_INFO, INTR_INFO(0x30, EVENT_EXTERNAL));
    CU_ASSERT_EQUAL(vmx_enter(&world, true), VMX_SUCCEED);
    const struct arch *s = world.arch;
    CU_ASSERT_EQUAL(s->eip, HANDLER + 0x30 * 16);
    CU_ASSERT_EQUAL(s->reg[ESP], GUEST_STACK - 12);
    CU_ASSERT_EQUAL(peek32(GUEST_STACK - 12), CODE);
    CU_ASSERT_EQUAL(peek32(GUEST_STACK - 4), FL_1 | FL_IF);
    CU_ASSERT_EQUAL(s->eflags, FL_1);
    CU_ASSERT_FALSE(s->halted);
    world_down();
}

static void inject_with_error(void)
{
    world_up();
    vmcs_set(VMCS_ENTRY_INTR_INFO, INTR_INFO(VEC_PF, EVENT_HARD_EXCEPTION) | INTR_ERROR);
    vmcs_set(VMCS_ENTRY_EXCEPTION_ERROR, 6);
    vmcs_set(VMCS_EXCEPTION_BITMAP, BIT(VEC_PF)); /* the injected event itself never exits */
    world.arch->cr2 = 0x1000;
    CU_ASSERT_EQUAL(vmx_enter(&world, true), VMX_SUCCEED);
    CU_ASSERT_TRUE(world.state->vmx.nonroot);
    CU_ASSERT_EQUAL(world.arch->eip, HANDLER + VEC_PF * 16);
    CU_ASSERT_EQUAL(peek32(GUEST_STACK - 16), 6);
    CU_ASSERT_EQUAL(world.arch->cr2, 0x1000);
    world_down();
}

static void inject_software(void)
{
    world_up();
    vmcs_set(VMCS_ENTRY_INTR_INFO, INTR_INFO(0x80, EVENT_SOFT_INT));
    vmcs_set(VMCS_ENTRY_INSTRUCTION_LENGTH, 2);
    CU_ASSERT_EQUAL(vmx_enter(&world, true), VMX_SUCCEED);
    CU_ASSERT_EQUAL(peek32(GUEST_STACK - 12), CODE + 2);
    world_down();
}

/* An injected #DB leaves DR7 and DEBUGCTL as they are (26.5.1.1): what raised it has changed them. */
static void inject_debug(void)
{
    world_up();
    vmcs_set(VMCS_GUEST_DR7, DR7_FIXED | DR7_GD);
    vmcs_set(VMCS_GUEST_DEBUGCTL, DEBUGCTL_LBR);
    vmcs_set(VMCS_ENTRY_INTR_INFO, INTR_INFO(VEC_DB, EVENT_HARD_EXCEPTION));
    CU_ASSERT_EQUAL(vmx_enter(&world, true), VMX_SUCCEED);
    CU_ASSERT_EQUAL(world.arch->eip, HANDLER + VEC_DB * 16);
    CU_ASSERT_EQUAL(world.arch->dr[7], DR7_FIXED | DR7_GD);
    CU_ASSERT_EQUAL(world.arch->debugctl, DEBUGCTL_LBR);
    world_down();
}

/* Events end the shadows (26.6.1), even if their delivery exits; a trap that MOV SS holds back is lost, except
 * behind a software interrupt: there it comes in the handler, as if the instruction had been executed (26.6.3). */
static void inject_in_shadow(void)
{
    for (unsigned software = 0; software < 2; software++) {
        world_up();
        vmcs_set(VMCS_GUEST_INTERRUPTIBILITY, INTERRUPTIBILITY_MOV_SS);
        vmcs_set(VMCS_GUEST_PENDING_DEBUG, PENDING_DEBUG_ENABLED | 1);
        vmcs_set(VMCS_ENTRY_INTR_INFO, software ? INTR_INFO(0x80, EVENT_SOFT_INT)
                                                : INTR_INFO(VEC_UD, EVENT_HARD_EXCEPTION));
        vmcs_set(VMCS_ENTRY_INSTRUCTION_LENGTH, 2);
        CU_ASSERT_EQUAL(vmx_enter(&world, true), VMX_SUCCEED);
        CU_ASSERT_EQUAL(world.arch->shadow, 0);
        CU_ASSERT_EQUAL(world.state->debug_pending, software);
        world_down();
    }
    world_up();
    vmcs_set(VMCS_GUEST_INTERRUPTIBILITY, INTERRUPTIBILITY_MOV_SS);
    vmcs_set(VMCS_GUEST_RSP, 0x500000);
    vmcs_set(VMCS_ENTRY_INTR_INFO, INTR_INFO(VEC_UD, EVENT_HARD_EXCEPTION));
    vmcs_set(VMCS_EXCEPTION_BITMAP, BIT(VEC_PF));
    CU_ASSERT_EQUAL(vmx_enter(&world, true), VMX_SUCCEED);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_IDT_VECTORING_INFO), INTR_INFO(VEC_UD, EVENT_HARD_EXCEPTION));
    CU_ASSERT_EQUAL(vmcs_get(VMCS_GUEST_INTERRUPTIBILITY), 0);
    world_down();
}

/* The injected interrupt's frame cannot be pushed: the #PF exits and names what was being
 * delivered. */
static void inject_faults(void)
{
    world_up();
    vmcs_set(VMCS_GUEST_RFLAGS, FL_1 | FL_IF);
    vmcs_set(VMCS_GUEST_ACTIVITY, 1); /* awake from the event on (26.6.2) */
    vmcs_set(VMCS_GUEST_RSP, 0x500000);
    vmcs_set(VMCS_ENTRY_INTR_INFO, INTR_INFO(0x30, EVENT_EXTERNAL));
    vmcs_set(VMCS_EXCEPTION_BITMAP, BIT(VEC_PF));
    u64 step = world.state->step;
    CU_ASSERT_EQUAL(vmx_enter(&world, true), VMX_SUCCEED);
    CU_ASSERT_EQUAL(world.state->step, step);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_EXIT_INTR_INFO), 0x80000b0e);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_EXIT_INTR_ERROR), PF_WRITE);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_IDT_VECTORING_INFO), INTR_INFO(0x30, EVENT_EXTERNAL));
    CU_ASSERT_EQUAL(vmcs_get(VMCS_ENTRY_INTR_INFO), INTR_INFO(0x30, 0) & ~INTR_VALID);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_GUEST_RIP), CODE);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_GUEST_ACTIVITY), 0);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_GUEST_RSP), 0x500000);
    world_down();
}

/* ---- events at boundaries ---- */

static void interrupt_window(void)
{
    world_up();
    controls(CPU_INTERRUPT_WINDOW);
    RUN_GUEST(0x90, 0xfb, 0x90, 0x90); /* nop; sti; nop: the window opens behind the shadow */
    CU_ASSERT_EQUAL(reason(), EXIT_INTERRUPT_WINDOW);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_GUEST_RIP), CODE + 3);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_GUEST_INTERRUPTIBILITY), 0);
    world_down();
}

/* STI; HLT: the exit shows the shadow, and entering again honours it. */
static void shadow_is_saved(void)
{
    world_up();
    controls(CPU_HLT);
    RUN_GUEST(0xfb, 0xf4);
    CU_ASSERT_EQUAL(reason(), EXIT_HLT);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_GUEST_INTERRUPTIBILITY), INTERRUPTIBILITY_STI);
    CU_ASSERT_EQUAL(vmx_enter(&world, false), VMX_SUCCEED);
    CU_ASSERT_EQUAL(world.arch->shadow, SHADOW_STI);
    world_down();
}

/* A guest that single-steps stands behind its MOV SS: the exit saves the trap as pending, so that the state can be
 * entered again as it is (27.3.4, 26.3.1.5); the trap comes once, behind the next instruction. */
static void stepped_mov_ss(void)
{
    world_up();
    world.arch->reg[EAX] = SEL_DATA;
    vmcs_set(VMCS_GUEST_RFLAGS, FL_1 | FL_TF);
    RUN_GUEST(0x8e, 0xd0, 0x0f, 0xa2, 0x90); /* mov %eax, %ss; cpuid; nop */
    CU_ASSERT_EQUAL(reason(), EXIT_CPUID);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_GUEST_INTERRUPTIBILITY), INTERRUPTIBILITY_MOV_SS);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_GUEST_PENDING_DEBUG), DR6_BS);
    vmcs_set(VMCS_GUEST_RIP, CODE + 4);
    CU_ASSERT_EQUAL(vmx_enter(&world, false), VMX_SUCCEED);
    CU_ASSERT_TRUE_FATAL(world.state->vmx.nonroot);
    machine_step_one(&world);
    CU_ASSERT_EQUAL(world.arch->eip, CODE + 5);
    CU_ASSERT_EQUAL(world.state->debug_pending, DR6_BS);
    world_down();
}

static void nmi_and_external(void)
{
    world_up();
    vmcs_set(VMCS_PIN_CONTROLS, 0x16 | PIN_NMI | PIN_EXTERNAL_INTERRUPT);
    vmcs_set(VMCS_EXIT_CONTROLS, 0x36dff | EXIT_ACK_INTERRUPT);
    CU_ASSERT_EQUAL(vmx_enter(&world, true), VMX_SUCCEED);
    CU_ASSERT_TRUE(vmx_intercept_nmi(&world));
    CU_ASSERT_EQUAL(vmcs_get(VMCS_EXIT_INTR_INFO), INTR_INFO(VEC_NMI, EVENT_NMI));
    CU_ASSERT_TRUE(world.arch->nmi_blocked);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_GUEST_INTERRUPTIBILITY), 0);
    CU_ASSERT_EQUAL(vmx_enter(&world, false), VMX_SUCCEED);
    CU_ASSERT_FALSE(world.arch->nmi_blocked);
    CU_ASSERT_TRUE(vmx_external_exits(&world) && vmx_external_acks(&world));
    CU_ASSERT_TRUE(vmx_intercept_external(&world, 0x33));
    CU_ASSERT_EQUAL(reason(), EXIT_EXTERNAL_INTERRUPT);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_EXIT_INTR_INFO), INTR_INFO(0x33, EVENT_EXTERNAL));
    vmcs_set(VMCS_PIN_CONTROLS, 0x16);
    CU_ASSERT_EQUAL(vmx_enter(&world, false), VMX_SUCCEED);
    CU_ASSERT_FALSE(vmx_intercept_nmi(&world));
    CU_ASSERT_FALSE(vmx_intercept_external(&world, 0x33));
    world_down();
}

/* INIT waits while the processor is in VMX root operation, and exits from non-root operation (23.8, 25.2). */
static void init_signal(void)
{
    struct limits l = { .tick = UINT64_MAX };
    world_up();
    world.state->platform.apic.waits = LAPIC_WAITS_INIT;
    machine_platform_changed(&world);
    l.step = world.state->step + 1;
    (void)machine_run(&world, &l);
    CU_ASSERT_TRUE(world.state->vmx.on && world.state->platform.apic.waits == LAPIC_WAITS_INIT);
    CU_ASSERT_EQUAL(vmx_enter(&world, true), VMX_SUCCEED);
    l.step = world.state->step + 1;
    (void)machine_run(&world, &l);
    CU_ASSERT_EQUAL(reason(), EXIT_INIT);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_GUEST_RIP), CODE);
    CU_ASSERT_EQUAL(world.state->platform.apic.waits, 0);
    CU_ASSERT_TRUE(world.state->vmx.on && !world.state->vmx.nonroot);
    world_down();
}

/* The board's reset line ends VMX operation, whoever pulled it. */
static void reset_line(void)
{
    world_up();
    world.state->platform.firmware = 1;
    RUN_GUEST(0xb0, 0x01, 0xe6, 0x92); /* mov $1, %al; out %al, $0x92 */
    CU_ASSERT_FALSE(world.state->vmx.on || world.state->vmx.nonroot);
    CU_ASSERT_TRUE(world.arch->eip == 0xfff0 && world.arch->cr4 == 0);
    world_down();
}

/* Virtual NMIs: injection blocks the next, IRET unblocks, the window opens then. */
static void virtual_nmi(void)
{
    world_up();
    vmcs_set(VMCS_PIN_CONTROLS, 0x16 | PIN_NMI | PIN_VIRTUAL_NMI);
    vmcs_set(VMCS_ENTRY_INTR_INFO, INTR_INFO(VEC_NMI, EVENT_NMI));
    controls(CPU_NMI_WINDOW);
    static const u8 iret[] = { 0x90, 0xcf };
    machine_poke(&world, HANDLER + VEC_NMI * 16, iret, sizeof iret);
    RUN_GUEST(0x90);
    CU_ASSERT_EQUAL(reason(), EXIT_NMI_WINDOW);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_GUEST_RIP), CODE);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_GUEST_INTERRUPTIBILITY), 0);
    vmcs_set(VMCS_ENTRY_INTR_INFO, INTR_INFO(VEC_NMI, EVENT_NMI));
    CU_ASSERT_EQUAL(vmx_enter(&world, false), VMX_SUCCEED);
    CU_ASSERT_TRUE(vmx_intercept_nmi(&world));
    CU_ASSERT_EQUAL(vmcs_get(VMCS_GUEST_INTERRUPTIBILITY), INTERRUPTIBILITY_NMI);
    world_down();
}

static void task_switches(void)
{
    world_up();
    RUN_GUEST(0xea, 0, 0, 0, 0, SEL_TSS2, 0); /* ljmp to a TSS */
    CU_ASSERT_EQUAL(reason(), EXIT_TASK_SWITCH);
    CU_ASSERT_EQUAL(qualification(), 2u << 30 | SEL_TSS2);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_EXIT_INSTRUCTION_LENGTH), 7);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_GUEST_TR_SELECTOR), SEL_TSS);
    world_down();
    world_up();
    struct gate g = { .sel = SEL_TSS2, .type = SYS_TASK_GATE, .dpl = 3, .present = 1 };
    u32 lo, hi;
    gate_pack(&g, &lo, &hi);
    poke32(IDT + VEC_UD * 8, lo);
    poke32(IDT + VEC_UD * 8 + 4, hi);
    RUN_GUEST(0x0f, 0x0b); /* ud2 through a task gate */
    CU_ASSERT_EQUAL(reason(), EXIT_TASK_SWITCH);
    CU_ASSERT_EQUAL(qualification(), 3u << 30 | SEL_TSS2);
    CU_ASSERT_EQUAL(vmcs_get(VMCS_IDT_VECTORING_INFO), INTR_INFO(VEC_UD, EVENT_HARD_EXCEPTION));
    world_down();
}

static void tsc_offset(void)
{
    world_up();
    controls(CPU_TSC_OFFSET);
    vmcs_set(VMCS_TSC_OFFSET, 0x1000);
    world.state->count = 5;
    RUN_GUEST(0x0f, 0x31, 0x0f, 0xa2);
    CU_ASSERT_EQUAL(world.arch->reg[EAX], 0x1005);
    CU_ASSERT_EQUAL(vmx_tsc_offset(&world), 0);
    world_down();
}

static const struct unit_case cases[] = {
    { "entry and exit give back every field", round_trip },
    { "instructions exit with reason, qualification, length", instructions },
    { "... and do not when their control is off", controls_off },
    { "operands of VT-x and string instructions", operand_information },
    { "I/O and MSR bitmaps", bitmaps },
    { "DEBUGCTL", debugctl },
    { "#GP by privilege precedes the exit", privilege_first },
    { "CR0 under mask and shadow", cr0_masks },
    { "CLTS and LMSW", clts_and_lmsw },
    { "CR3 targets and CR4 under mask", cr3_targets_and_cr4 },
    { "page faults by error code", page_fault_filter },
    { "INT3 by the bitmap", software_exceptions },
    { "a fault inside a software interrupt", nested_software },
    { "double and triple faults", double_and_triple },
    { "inject an interrupt into a halted guest", inject_interrupt },
    { "inject an exception with an error code", inject_with_error },
    { "inject a software interrupt", inject_software },
    { "inject a #DB", inject_debug },
    { "inject behind MOV SS", inject_in_shadow },
    { "a fault while injecting", inject_faults },
    { "interrupt window", interrupt_window },
    { "the STI shadow is saved and loaded", shadow_is_saved },
    { "a single step behind MOV SS", stepped_mov_ss },
    { "NMI and external interrupt", nmi_and_external },
    { "INIT", init_signal },
    { "reset", reset_line },
    { "virtual NMIs", virtual_nmi },
    { "task switches", task_switches },
    { "TSC offset", tsc_offset },
};
UNIT_MAIN("vmx-exit", cases)
