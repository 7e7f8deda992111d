/* IN OUT INVLPG MOV CR RDTSC INT IRET in decoded blocks: each form in each circumstance, in the middle of a
 * block, at its end, at the end of a page and across it, behind STI, MOV SS and what sets TF.  Blocks and one
 * careful instruction at a time must leave the same arenas and tell the same, wherever they are stopped.
 *
 *   a program:   again: BEFORE FORM resume: AFTER jmp again        assembled for 32-bit and for 16-bit code */
#include "tests/unit/two_ways.h"

#include "sim/api/desc.h"
#include "sim/api/paging.h"

/* Machine-physical, and linear; beside the places of two_ways.h.  The code may lie in two pages. */
enum { CODE_BYTES = 2 * PAGE_SIZE, GDT = 0x10000, IDT = 0x11000, IDT_LIMIT = 0x50 * 8 - 1, TSS = 0x12000,
       HANDLERS = 0x14000, RESUME = 0x16400 /* the handlers count below it */, DIRECTORY = 0x18000, TABLE = 0x19000,
       OTHER_DIRECTORY = 0x1a000, OTHER_TABLE = 0x1b000, PDPT = 0x1c000, PAE_TABLES = 0x1d000,
       REAL_STACK = 0x20000, REAL_RESUME = REAL_STACK + 0x300, REAL_HANDLERS = 0x32000, USER_STACK = 0x38000,
       OTHER_CODE = 0x40000 };
enum { CODE0 = 0x08, DATA0 = 0x10, CODE3 = 0x1b, DATA3 = 0x23, CONFORMING = 0x28, FRESH = 0x30, SMALL = 0x38,
       TASK = 0x40 };

/* ---- pieces ---- */

#define ASM(label, mode, text)                                                                   \
    extern const u8 label[], label##_end[];                                                        \
    __asm__(".pushsection .rodata\n" mode "\n" #label ":\n" text "\n" #label "_end:\n.code64\n.popsection\n");

struct piece { const char *name; const u8 *from[2], *to[2]; /* in 16-bit code, in 32-bit code */ };
/* X(id, text); each table is read twice: for the code, and for the rows */
#define PIECE_ASM(id, text) ASM(id##_16, ".code16", text) ASM(id##_32, ".code32", text)
#define PIECE_ROW(id, text) { #id, { id##_16, id##_32 }, { id##_16_end, id##_32_end } },

#define BEFORES(X)                                                                               \
    X(nothing, "")                                                                                 \
    X(flags_wait, "add %ecx, %ebx")                                                                \
    X(behind_sti, "sti")                                                                           \
    X(behind_mov_ss, "mov %ss, %edx\nmov %edx, %ss")                                               \
    X(stepped, "pushfl\norl $0x100, (%esp)\npopfl")                                                \
    X(stepped_later, "pushfl\norl $0x100, (%esp)\npopfl\ninc %edx")                                \
    X(stack_moves, "push %edx\npop %edx\nadd %edx, %ecx")
BEFORES(PIECE_ASM)
static const struct piece befores[] = { BEFORES(PIECE_ROW) };

#define AFTERS(X)                                                                                \
    X(inc, "inc %ebx")                                                                             \
    X(jump_at_once, "")                                                                            \
    X(cold, "cpuid") /* has no handler: the block ends before it */                                \
    X(flags_asked, "adc %ebx, %ecx\nsti")
AFTERS(PIECE_ASM)
static const struct piece afters[] = { AFTERS(PIECE_ROW) };

#define PORT(n) "mov $" #n ", %dx\n"
#define PORTS(X)                                                                                 \
    X(in_b, "in $0x61, %al")                                                                       \
    X(in_w, "in $0x40, %ax")                                                                       \
    X(in_l, "in $0x40, %eax")                                                                      \
    X(in_b_dx, PORT(0x71) "in %dx, %al")                                                           \
    X(in_w_dx, PORT(0x3fa) "in %dx, %ax")                                                          \
    X(in_l_dx, PORT(0xcfc) "in %dx, %eax")                                                         \
    X(in_high, PORT(0x3f8) "or $0x70000, %edx\nin %dx, %al") /* only DX counts */                  \
    X(in_nobody, PORT(0x300) "in %dx, %eax")                                                       \
    X(in_last, PORT(-1) "in %dx, %ax")                                                             \
    X(in_many, "in $0x40, %al\nin $0x40, %al\nin $0x61, %al")                                      \
    X(out_b, "out %al, $0x80")                                                                     \
    X(out_w, "out %ax, $0x80")                                                                     \
    X(out_l, "out %eax, $0x80")                                                                    \
    X(out_b_dx, PORT(0x3f8) "out %al, %dx")                                                        \
    X(out_w_dx, PORT(0x80) "out %ax, %dx")                                                         \
    X(out_l_dx, PORT(0xcf8) "mov $0x80000000, %eax\nout %eax, %dx\n" PORT(0xcfc) "in %dx, %eax")   \
    X(out_high, PORT(0x80) "or $0x70000, %edx\nout %al, %dx")                                      \
    X(out_console, "mov $'x', %al\nout %al, $0xe9")                                                \
    X(out_clock, "mov $0x34, %al\nout %al, $0x43\nmov $3, %al\nout %al, $0x40\nmov $0, %al\nout %al, $0x40") \
    X(out_unmask, "mov $0, %al\nout %al, $0x21\nmov $0xff, %al\nout %al, $0x21")                   \
    X(out_eoi, "mov $0x20, %al\nout %al, $0x20")                                                   \
    X(out_a20, "mov $0, %al\nout %al, $0x92\nmov $2, %al\nout %al, $0x92")                         \
    X(out_pam, PORT(0xcf8) "mov $0x80000058, %eax\nout %eax, %dx\n" PORT(0xcfd) "mov $0x33, %al\nout %al, %dx") \
    X(out_cmos, "mov $0x8a, %al\nout %al, $0x70\nin $0x71, %al")                                   \
    X(out_exit, PORT(0xf4) "mov $9, %eax\nout %eax, %dx")                                          \
    X(out_reset, PORT(0xcf9) "mov $6, %al\nout %al, %dx")                                          \
    X(out_locked, ".byte 0xf0, 0xe6, 0x80")

#define CONTROLS(X)                                                                              \
    X(invlpg_data, "invlpg (%esi)")                                                                \
    X(invlpg_stack, "invlpg (%esp)")                                                               \
    X(invlpg_own, "invlpg 0x1000")                                                                 \
    X(invlpg_next, "invlpg 0x2000")                                                                \
    X(invlpg_own_long, "mov $0x1000, %eax\ninvlpg (%eax)\ninvlpg 0x1000(%eax)")                    \
    X(invlpg_based, "invlpg %gs:(%eax,%ecx,4)")                                                    \
    X(invlpg_short, "mov $0x78200, %ebx\nmov (%bx), %al\ninvlpg (%bx)")                            \
    X(invlpg_register, ".byte 0x0f, 0x01, 0xf9")                                                   \
    X(invlpg_locked, ".byte 0xf0, 0x0f, 0x01, 0x3e")                                               \
    X(invlpg_moved, "mov $0x19004, %eax\nxorl $0x41000, (%eax)\ninvlpg 0x1000")                    \
    X(to_cr3_same, "mov %cr3, %eax\nmov %eax, %cr3")                                               \
    X(to_cr3_other, "mov %cr3, %eax\nxor $0x2000, %eax\nmov %eax, %cr3")                           \
    X(to_cr3_bits, "mov $0x18018, %ecx\nmov %ecx, %cr3\nmov %cr3, %edx")                           \
    X(to_cr3_nowhere, "mov $0x7f000, %ecx\nmov %ecx, %cr3")                                        \
    X(to_cr0, "mov %cr0, %eax\nxor $8, %eax\nmov %eax, %cr0")                                      \
    X(to_cr2, "mov %ecx, %cr2\nmov %cr2, %ebp")                                                    \
    X(to_cr4, "mov %cr4, %eax\nxor $0x80, %eax\nmov %eax, %cr4")                                   \
    X(from_cr0, "mov %cr0, %eax")                                                                  \
    X(from_cr2, "mov %cr2, %ecx")                                                                  \
    X(from_cr3, "mov %cr3, %edx")                                                                  \
    X(from_cr4, "mov %cr4, %ebp")                                                                  \
    X(from_cr1, ".byte 0x0f, 0x20, 0xc9")                                                          \
    X(from_cr5, ".byte 0x0f, 0x20, 0xe9")                                                          \
    X(from_cr3_mod0, ".byte 0x0f, 0x20, 0x1b") /* the mode bits are ignored */                     \
    X(to_cr3_mod0, "mov %cr3, %ebx\n.byte 0x0f, 0x22, 0x1b")                                       \
    X(to_cr3_locked, ".byte 0xf0, 0x0f, 0x22, 0xd8")                                               \
    X(rdtsc, "rdtsc")                                                                              \
    X(rdtsc_twice, "rdtsc\nadd %eax, %ebx\nrdtsc")                                                 \
    X(rdtsc_set, "mov $0x10, %ecx\nmov $-2, %eax\nxor %edx, %edx\nwrmsr\nnop\nrdtsc\nrdtsc\nrdtsc")

#define GATES(X)                                                                                 \
    X(int_gate, "int $0x40")                                                                       \
    X(trap_gate, "int $0x41")                                                                      \
    X(int_flags, "cmp %ebx, %ecx\nint $0x40\nlahf")                                                \
    X(int_ring0, "int $0x42")                                                                      \
    X(int_absent, "int $0x43")                                                                     \
    X(int_conforming, "int $0x44")                                                                 \
    X(int_16, "int $0x45")                                                                         \
    X(int_fresh, "int $0x46") /* the Accessed bit of its code is to be set */                      \
    X(int_beyond, "int $0x47")                                                                     \
    X(int_no_gate, "int $0x48")                                                                    \
    X(int_no_code, "int $0x49")                                                                    \
    X(int_nmi, "int $2")                                                                           \
    X(int_debug, "int $1")                                                                         \
    X(int_fault, "int $6")                                                                         \
    X(int_outside, "int $0x60")                                                                    \
    X(int_twice, "int $0x40\nint $0x41")                                                           \
    X(int_aligned, "pushfl\nxorl $0x40000, (%esp)\npopfl\nint $0x40\nmov 1(%esi), %ecx") /* AC on, off, on */

/* To the instruction behind it, with these flags; l: of 32 bits, w: of 16 bits. */
#define RETURN(size, flags) "push" size " $" #flags "\npush" size " %cs\ncall" size " 1f\njmp 2f\n1: iret" size "\n2:"
#define RETURN3(ss, flags, cs) \
    "pushl $" #ss "\npushl $0x37f00\npushl $" #flags "\npushl $" #cs "\ncalll 1f\njmp 2f\n1: iretl\n2:"
#define RETURNS(X)                                                                               \
    X(iret_same, "pushfl\npushl %cs\ncalll 1f\njmp 2f\n1: iretl\n2:")                              \
    X(iret_word, "pushfw\npushw %cs\ncallw 1f\njmp 2f\n1: iretw\n2:")                              \
    X(iret_arith, RETURN("l", 0x8d7))                                                              \
    X(iret_word_arith, RETURN("w", 0x8d7))                                                         \
    X(iret_if, RETURN("l", 0x202))                                                                 \
    X(iret_word_if, RETURN("w", 0x202))                                                            \
    X(iret_tf, RETURN("l", 0x102))                                                                 \
    X(iret_word_tf, RETURN("w", 0x302))                                                            \
    X(iret_nt, RETURN("l", 0x4002))                                                                \
    X(iret_rf, RETURN("l", 0x10202))                                                               \
    X(iret_ac, RETURN("l", 0x40202))                                                               \
    X(iret_iopl, RETURN("l", 0x3202))                                                              \
    X(iret_virtual, RETURN("l", 0x180202))                                                         \
    X(iret_if_closed, "sti\n" RETURN("l", 0x2) "\ncli\n" RETURN("l", 0x202))                       \
    X(iret_outer, RETURN3(0x23, 0x202, 0x1b))                                                      \
    X(iret_outer_iopl, RETURN3(0x23, 0x3202, 0x1b))                                                \
    X(iret_outer_ac, RETURN3(0x23, 0x40202, 0x1b))                                                 \
    X(iret_outer_ss, RETURN3(0x10, 0x202, 0x1b))                                                   \
    X(iret_outer_null, RETURN3(0, 0x202, 0x1b))                                                    \
    X(iret_bad_rpl, RETURN3(0x23, 0x202, 0x09))                                                    \
    X(iret_no_code, RETURN3(0x23, 0x202, 0x10))                                                    \
    X(iret_null, RETURN3(0x23, 0x202, 0))                                                          \
    X(iret_fresh, RETURN3(0x23, 0x202, 0x30))                                                      \
    X(iret_small, RETURN3(0x23, 0x202, 0x38)) /* its limit is below the code */                    \
    X(iret_v86, "pushl $0\npushl $0\npushl $0\npushl $0\npushl $0x2000\npushl $0x8000\n"           \
                "pushl $0x20202\npushl $0x100\npushl $0x100\niretl")

PORTS(PIECE_ASM) CONTROLS(PIECE_ASM) GATES(PIECE_ASM) RETURNS(PIECE_ASM)
static const struct piece forms[] = { PORTS(PIECE_ROW) CONTROLS(PIECE_ROW) GATES(PIECE_ROW) RETURNS(PIECE_ROW) };

/* Handlers, 32 bytes each.  What faults goes on at RESUME, an interrupt is acknowledged, the others return. */
ASM(handle_fault, ".code32", "incl %ss:0x16000\npopl %ss:0x16404\npushl %ss:0x16400\niretl")
ASM(handle_error, ".code32", "popl %ss:0x16408\npopl %ss:0x16404\npushl %ss:0x16400\niretl")
ASM(handle_irq, ".code32", "incl %ss:0x16004\npush %eax\nmov $0x20, %al\nout %al, $0x20\npop %eax\niretl")
ASM(handle_trap, ".code32", "incl %ss:0x16008\niretl")
ASM(handle_trap16, ".code32", "incl %ss:0x1600c\niretw")
ASM(real_fault, ".code16", "incw %ss:0x100\npopw %ss:0x304\npushw %ss:0x300\niretw")
ASM(real_irq, ".code16", "incw %ss:0x104\npush %ax\nmov $0x20, %al\nout %al, $0x20\npop %ax\niretw")
ASM(real_trap, ".code16", "incw %ss:0x108\niretw")

/* ---- circumstances ---- */

enum { RING3 = 1, IOPL3 = 2, PAGING = 4, BITMAP = 8, TSD = 16, HEARD = 32, HEARD_POST = 64, MONITORED = 128,
       REAL = 256, V86 = 512, PENDING = 1024, TIMER = 2048, WATCHED = 4096, PAE = 8192, NMI_BLOCKED = 16384,
       IF_SET = 32768, NO_STACK = 65536, VME = 131072, SEGMENTED = 262144, GLOBAL = 524288 };
static const struct place { const char *name; u32 is; } places[] = {
    { "ring 0", 0 },
    { "ring 0, paging", PAGING },
    { "ring 0, global pages", PAGING | GLOBAL },
    { "ring 0, other segments", PAGING | SEGMENTED },
    { "ring 0, TSD", TSD },
    { "ring 0, PAE", PAGING | PAE },
    { "ring 0, an interrupt waits", PENDING },
    { "ring 0, an interrupt waits, paging", PENDING | PAGING },
    { "ring 0, an interrupt comes", TIMER | IF_SET },
    { "ring 0, NMIs are blocked", NMI_BLOCKED },
    { "ring 0, ports are watched", WATCHED },
    { "ring 0, somebody listens", HEARD | PAGING },
    { "ring 0, somebody listens to POST codes", HEARD_POST },
    { "ring 0, no devices", MONITORED },
    { "ring 3", RING3 | PAGING },
    { "ring 3, IOPL 3", RING3 | IOPL3 | PAGING },
    { "ring 3, IOPL 3, an interrupt waits", RING3 | IOPL3 | PENDING },
    { "ring 3, IOPL 3, an interrupt comes", RING3 | IOPL3 | TIMER | IF_SET | PAGING },
    { "ring 3, I/O bitmap", RING3 | BITMAP },
    { "ring 3, TSD", RING3 | TSD },
    { "ring 3, no inner stack", RING3 | NO_STACK | PAGING },
    { "ring 3, somebody listens", RING3 | IOPL3 | HEARD },
    { "real mode", REAL },
    { "real mode, an interrupt waits", REAL | PENDING },
    { "real mode, an interrupt comes", REAL | TIMER | IF_SET },
    { "real mode, somebody listens", REAL | HEARD },
    { "virtual-8086 mode", V86 },
    { "virtual-8086 mode, IOPL 3", V86 | IOPL3 | IF_SET },
    { "virtual-8086 mode, IOPL 3, I/O bitmap", V86 | IOPL3 | BITMAP | PAGING },
    { "virtual-8086 mode, VME", V86 | VME | BITMAP },
};

static bool is_short_code(const struct place *p) { return p->is & (REAL | V86); }

static void poke32(struct hw *m, u32 at, u32 value) { machine_poke(m, at, &value, 4); }
static void poke64(struct hw *m, u32 at, u64 value) { machine_poke(m, at, &value, 8); }

static void put_gate(struct hw *m, u32 vector, u16 sel, u32 offset, u8 type, u8 dpl)
{
    struct gate g = { .sel = sel, .offset = offset, .type = type, .dpl = dpl, .present = 1 };
    u32 word[2];
    gate_pack(&g, &word[0], &word[1]);
    machine_poke(m, IDT + vector * 8, word, 8);
}

static void put_descriptors(struct hw *m)
{
    static const u64 gdt[] = { 0, 0x00cf9b000000ffff, 0x00cf93000000ffff, 0x00cffb000000ffff, 0x00cff3000000ffff,
                               0x00cf9f000000ffff /* conforming */, 0x00cf9a000000ffff /* not accessed */,
                               0x00409b0000000100 /* ends at 100h */, 0x00008b01200000ff };
    machine_poke(m, GDT, gdt, sizeof gdt);
    m->arch->gdtr = (struct dtr){ GDT, sizeof gdt - 1 };
    m->arch->tr = (struct seg){ .sel = TASK, .ar = 0x8b, .base = TSS, .limit = 0xff };
}

#define HANDLER(m, at, name) machine_poke(m, at, name, (u32)(name##_end - name))

static void put_gates(struct hw *m)
{
    for (u32 v = 0; v < 0x50; v++) {
        bool error = v == 8 || (v >= 10 && v <= 14) || v == 17;
        u32 at = HANDLERS + v * 32;
        if (v >= 0x40 || v == VEC_DB || v == VEC_NMI)
            HANDLER(m, at, handle_trap);
        else if (v >= 0x20)
            HANDLER(m, at, handle_irq);
        else if (error)
            HANDLER(m, at, handle_error);
        else
            HANDLER(m, at, handle_fault);
        put_gate(m, v, CODE0, at, v == 0x41 ? SYS_TRAP32 : SYS_INT32, v >= 0x40 && v != 0x42 ? 3 : 0);
    }
    poke32(m, IDT + 0x43 * 8 + 4, 0x6e00);
    put_gate(m, 0x44, CONFORMING, HANDLERS + 0x44 * 32, SYS_INT32, 3);
    put_gate(m, 0x45, CODE0, HANDLERS + 0x45 * 32, SYS_INT16, 3);
    HANDLER(m, HANDLERS + 0x45 * 32, handle_trap16);
    put_gate(m, 0x46, FRESH, HANDLERS + 0x46 * 32, SYS_INT32, 3);
    put_gate(m, 0x47, SMALL, HANDLERS + 0x47 * 32, SYS_INT32, 3);
    poke64(m, IDT + 0x48 * 8, 0);
    put_gate(m, 0x49, DATA0, HANDLERS, SYS_INT32, 3);
    m->arch->idtr = (struct dtr){ IDT, IDT_LIMIT };
}

static void put_vectors(struct hw *m)
{
    for (u32 v = 0; v < 0x50; v++) {
        u32 at = REAL_HANDLERS + v * 32;
        if (v >= 0x40 || v == VEC_DB || v == VEC_NMI)
            HANDLER(m, at, real_trap);
        else if (v >= 0x20)
            HANDLER(m, at, real_irq);
        else
            HANDLER(m, at, real_fault);
        poke32(m, v * 4, REAL_HANDLERS >> 4 << 16 | v * 32);
    }
    m->arch->idtr = (struct dtr){ 0, 0x50 * 4 - 1 };
}

static void put_task(struct hw *m, u32 is)
{
    poke32(m, TSS + TSS_ESP0, STACK);
    poke32(m, TSS + TSS_SS0, is & NO_STACK ? 0 : DATA0);
    poke32(m, TSS + TSS_TRAP, is & BITMAP ? 0x88u << 16 : 0x100u << 16);
    poke32(m, TSS + 0x88, 0x00000000);          /* ports 0 to 1fh are open; of those up to 3bfh some are not */
    for (u32 i = 4; i < 0x78; i += 4)
        poke32(m, TSS + 0x88 + i, i % 3 ? 0 : 0xffffffffu);
    if (is & (BITMAP | VME))
        poke32(m, TSS + 0x68 + 0x40 / 8, 2);    /* of INT 41h alone there is no redirection */
}

static void put_paging(struct hw *m, bool pae, u32 global)
{
    for (u32 pa = 0; pa < RAM; pa += PAGE_SIZE) {
        u32 other = pa >= CODE && pa < CODE + CODE_BYTES ? pa ^ CODE ^ (OTHER_CODE + CODE) : pa;
        poke32(m, TABLE + pa / PAGE_SIZE * 4, pa | 7 | global);
        poke32(m, OTHER_TABLE + pa / PAGE_SIZE * 4, other | 7 | global);
        poke64(m, PAE_TABLES + PAGE_SIZE + pa / PAGE_SIZE * 8, pa | 7);
    }
    poke32(m, DIRECTORY, TABLE | 7);
    poke32(m, OTHER_DIRECTORY, OTHER_TABLE | 7);
    poke64(m, PAE_TABLES, (PAE_TABLES + PAGE_SIZE) | 7);
    poke64(m, PDPT, PAE_TABLES | 1);
    m->arch->cr3 = pae ? PDPT : DIRECTORY;
    m->arch->pdpte[0] = pae ? PAE_TABLES | 1 : 0;
    m->arch->cr0 |= CR0_PG;
    m->arch->cr4 |= (pae ? CR4_PAE : 0) | (global ? CR4_PGE : 0);
}

/* The 8259s and counter 0; IRQ 0 waits, or comes soon. */
static void put_interrupts(struct hw *m, bool waits)
{
    static const u8 out[][2] = { { 0x20, 0x11 }, { 0x21, 0x20 }, { 0x21, 4 }, { 0x21, 1 }, { 0x21, 0xfe },
                                 { 0xa1, 0xff }, { 0x43, 0x34 }, { 0x40, 30 }, { 0x40, 0 } };
    struct platform *p = &m->state->platform;
    struct platform_out told;
    for (unsigned i = 0; i < COUNT(out); i++)
        platform_out(p, 0, out[i][0], 1, out[i][1], &told);
    u64 due = platform_due(p);
    CU_ASSERT_FATAL(due > 20 && due != TIME_NEVER);
    m->state->count = waits ? due + 1 : due - 17;
    platform_advance(p, m->state->count);
    CU_ASSERT_FATAL(platform_intr(p) == waits);
}

static void put_segments(struct hw *m, const struct place *p)
{
    static const u16 v86_sel[SREG_COUNT] = { DATA >> 4, CODE >> 4, REAL_STACK >> 4, DATA >> 4, 0x300, 0x400 };
    struct arch *s = m->arch;
    u32 ring3 = p->is & RING3;
    for (unsigned i = 0; i < SREG_COUNT; i++) {
        u16 sel = i == CS ? (ring3 ? CODE3 : CODE0) : ring3 ? DATA3 : DATA0;
        u32 ar = (i == CS ? 0xc09b : 0xc093) | (ring3 ? 0x60 : 0);
        s->seg[i] = (struct seg){ .sel = sel, .ar = ar, .limit = 0xffffffffu };
        if (is_short_code(p))
            s->seg[i] = (struct seg){ .sel = v86_sel[i], .base = (u32)v86_sel[i] << 4, .limit = 0xffff,
                                      .ar = p->is & V86 ? 0xf3 : i == CS ? 0x9b : 0x93 };
    }
    if (p->is & SEGMENTED) {
        s->seg[DS].limit = 0xfffff;
        s->seg[GS] = (struct seg){ .ar = AR_UNUSABLE };
    }
    s->cpl = p->is & (RING3 | V86) ? 3 : 0;
    s->reg[ESP] = is_short_code(p) ? 0xf000 : ring3 ? USER_STACK : STACK;
}

static void listen(struct hw *m, u32 is)
{
    for (unsigned kind = 0; kind < HW_EVENT_END; kind++) /* those two leave nothing to blocks */
        if (is & HEARD ? kind != HW_RETIRE && kind != HW_TLB_FILL : (is & HEARD_POST) && kind == HW_POST)
            events_record(&m->events, kind, true);
}

static void enter(struct hw *m, const struct place *p)
{
    struct arch *s = m->arch;
    put_descriptors(m);
    put_task(m, p->is);
    put_segments(m, p);
    if (p->is & REAL) {
        s->cr0 &= ~(u32)CR0_PE;
        put_vectors(m);
    } else {
        put_gates(m);
    }
    if (p->is & PAGING)
        put_paging(m, p->is & PAE, p->is & GLOBAL ? PTE_G : 0);
    if (p->is & (PENDING | TIMER))
        put_interrupts(m, p->is & PENDING);
    s->eflags |= (p->is & V86 ? FL_VM : 0) | (p->is & IOPL3 ? FL_IOPL : 0) | (p->is & IF_SET ? FL_IF : 0);
    s->cr0 |= CR0_AM;
    s->cr4 |= (p->is & TSD ? CR4_TSD : 0) | (p->is & VME ? CR4_VME : 0) | (p->is & WATCHED ? CR4_DE : 0);
    if (p->is & WATCHED) { /* reads and writes of ports 61h and 80h */
        s->dr[0] = 0x61, s->dr[1] = 0x80;
        s->dr[7] = DR7_FIXED | 0x220005;
    }
    s->nmi_blocked = (p->is & NMI_BLOCKED) != 0;
    listen(m, p->is);
}

/* ---- programs ---- */

enum { AT_START, AT_PAGE_END, ACROSS_PAGES, WHERE };
struct program { u8 code[CODE_BYTES]; u32 start, resume; };

static u32 copy_piece(u8 *to, const struct piece *p, bool wide)
{
    u32 len = (u32)(p->to[wide] - p->from[wide]);
    memcpy(to, p->from[wide], len);
    return len;
}

/* 16-bit code has its segment begin at CODE. */
static void assemble(struct program *g, const struct place *p, const struct piece *part[3], unsigned where)
{
    bool wide = !is_short_code(p);
    u32 before = (u32)(part[0]->to[wide] - part[0]->from[wide]), form = (u32)(part[1]->to[wide] - part[1]->from[wide]);
    u32 at = where == AT_START ? 0x40 : PAGE_SIZE - before - form + (where == ACROSS_PAGES), base = wide ? CODE : 0;
    memset(g->code, 0x90, sizeof g->code);
    g->start = base + at;
    at += copy_piece(g->code + at, part[0], wide);
    at += copy_piece(g->code + at, part[1], wide);
    g->resume = base + at;
    at += copy_piece(g->code + at, part[2], wide);
    g->code[at++] = 0xe9;
    u32 back = g->start - (base + at + (wide ? 4 : 2));
    memcpy(g->code + at, &back, wide ? 4 : 2);
}

static struct hw *make(bool careful, const struct program *g, const struct place *p, u32 number)
{
    struct hw *m = new_machine(false, g->code, sizeof g->code, number);
    m->config.one_insn_blocks |= careful;
    m->config.monitored = p->is & MONITORED;
    m->state->monitored = m->config.monitored;
    if (p->is & MONITORED)
        m->state->platform = (struct platform){ 0 };
    machine_poke(m, OTHER_CODE + CODE, g->code, sizeof g->code);
    enter(m, p);
    m->arch->eip = g->start;
    poke32(m, p->is & REAL ? REAL_RESUME : RESUME, g->resume);
    machine_arena_replaced(m);
    return m;
}

static bool same_events(struct hw *a, struct hw *b)
{
    struct event x, y;
    for (;;) {
        bool more = events_next(&a->events, &x);
        if (more != events_next(&b->events, &y))
            return false;
        if (!more)
            return true;
        if (memcmp(&x, &y, sizeof x) != 0) {
            printf("\n  event %u at step %llu, tick %llu, %x; careful %u at step %llu, tick %llu, %x", x.kind,
                   (unsigned long long)x.step, (unsigned long long)x.tick, x.eip, y.kind,
                   (unsigned long long)y.step, (unsigned long long)y.tick, y.eip);
            return false;
        }
    }
}

static bool agree(struct hw *m[2], const struct stop stop[2])
{
    return stop[0].kind == stop[1].kind && stop[0].arg == stop[1].arg &&
           same_arena(m[0], m[1]) && same_events(m[0], m[1]);
}

enum { STEPS = 42, FAILURES = 20 };

/* Both in stretches of so many steps, or of so many ticks. */
static u64 run_both(struct hw *m[2], u32 stretch, bool by_ticks, u32 number)
{
    u64 step = 0, tick = m[0]->state->count;
    struct stop stop[2];
    do {
        step += stretch;
        tick += stretch;
        const struct limits limits = { by_ticks ? STEPS : step, by_ticks ? tick : TIME_NEVER };
        for (unsigned k = 0; k < 2; k++)
            stop[k] = machine_run(m[k], &limits);
        if (!agree(m, stop)) {
            printf("\n  stretches of %u %s: stop %u, careful %u\n", stretch, by_ticks ? "ticks" : "steps", stop[0].kind,
                   stop[1].kind);
            compare(m[0], m[1], number, step);
            return 0;
        }
    } while ((stop[0].kind == STOP_STEP || stop[0].kind == STOP_TICK) && m[0]->state->step < STEPS);
    return m[0]->state->step;
}

static u64 one_program(const struct place *p, const struct piece *part[3], u32 number)
{
    static struct program g;
    static const u32 stretches[] = { 1, 2, 3, 5, 7, 11, 16, STEPS };
    unsigned where = draw(WHERE);
    u32 stretch = stretches[draw(COUNT(stretches))];
    bool by_ticks = draw(3) == 0;
    assemble(&g, p, part, where);
    struct hw *m[2] = { make(false, &g, p, number), make(true, &g, p, number) };
    u64 steps = run_both(m, stretch, by_ticks, number);
    bool same = steps > 0;
    if (!same)
        printf("  %s: %s, %s, %s, place %u\n", p->name, part[0]->name, part[1]->name, part[2]->name, where);
    CU_ASSERT(same);
    free_machine(m[0]);
    free_machine(m[1]);
    return steps;
}

static void same_as_rules(void)
{
    u32 number = 0;
    u64 steps = 0;
    for (unsigned i = 0; i < COUNT(places); i++)
        for (unsigned f = 0; f < COUNT(forms); f++)
            for (unsigned b = 0; b < COUNT(befores) && CU_get_number_of_failures() < FAILURES; b++) {
                seed = ++number * 7919;
                const struct piece *part[3] = { &befores[b], &forms[f], &afters[draw(COUNT(afters))] };
                steps += one_program(&places[i], part, number);
            }
    CU_ASSERT(steps > (u64)number * STEPS * 9 / 10); /* they do not just shut down */
    printf("%u programs, %llu steps\n", number, (unsigned long long)steps);
}

/* Where nothing is unusual the loop is not left: what is done the careful way is done while the pages of the
 * tables are new, and then only where the budget ends within a block. */
static void plain_ones_stay_in_the_loop(void)
{
    static const struct { u32 is; const char *form; } plain[] = {
        { 0, "in_b" }, { 0, "in_w" }, { 0, "in_l" }, { 0, "in_b_dx" }, { 0, "in_w_dx" }, { 0, "in_l_dx" },
        { 0, "out_b" }, { 0, "out_w" }, { 0, "out_l" }, { 0, "out_b_dx" }, { 0, "out_w_dx" }, { 0, "out_l_dx" },
        { RING3 | IOPL3, "in_b" }, { RING3 | IOPL3, "out_l" }, { REAL, "in_w_dx" }, { REAL, "out_b" },
        { PAGING, "invlpg_data" }, { PAGING, "invlpg_based" }, { REAL, "invlpg_data" },
        { PAGING, "to_cr3_same" }, { PAGING, "to_cr3_mod0" }, { PAGING, "from_cr0" }, { PAGING, "from_cr2" },
        { PAGING, "from_cr3" }, { PAGING, "from_cr4" }, { PAGING, "rdtsc" }, { RING3, "rdtsc" }, { V86, "rdtsc" },
        { TSD, "rdtsc" }, { PAGING, "int_gate" }, { PAGING, "trap_gate" }, { RING3 | PAGING, "int_gate" },
        { RING3, "trap_gate" }, { REAL, "int_gate" }, { 0, "iret_same" }, { 0, "iret_arith" },
        { PAGING, "iret_iopl" }, { 0, "iret_if" }, { REAL, "iret_word" }, { REAL, "iret_word_if" },
    };
    if (TORTURE_ONE_INSN || TORTURE_NO_CACHE || TLB_BITS < 10)
        return; /* such a build leaves it all the time */
    for (unsigned i = 0; i < COUNT(plain); i++) {
        static struct program g;
        const struct place p = { .is = plain[i].is };
        const struct piece *part[3] = { &befores[0], NULL, &afters[0] };
        for (unsigned f = 0; f < COUNT(forms); f++)
            if (strcmp(forms[f].name, plain[i].form) == 0)
                part[1] = &forms[f];
        CU_ASSERT_FATAL(part[1] != NULL);
        assemble(&g, &p, part, AT_START);
        struct hw *m = make(false, &g, &p, i);
        CU_ASSERT_EQUAL(machine_run(m, &(struct limits){ 200, TIME_NEVER }).kind, STOP_STEP);
        u64 careful = m->careful;
        CU_ASSERT_EQUAL(machine_run(m, &(struct limits){ 2200, TIME_NEVER }).kind, STOP_STEP);
        if (m->careful - careful >= 16)
            printf("\n  %s, %x: %llu\n", plain[i].form, p.is, (unsigned long long)(m->careful - careful));
        CU_ASSERT(m->careful - careful < 16);
        free_machine(m);
    }
}

static const struct unit_case cases[] = {
    { "each form, wherever it stands, as the rules do it", same_as_rules },
    { "plain ones stay in the loop", plain_ones_stay_in_the_loop },
};
UNIT_MAIN("exec_system", cases)
