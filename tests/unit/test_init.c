/* test_init.c - INIT by the local APIC: what it resets and what it leaves (SDM 3A table 9-1), natively and under
 * every monitor; SMI; NMI, INIT and SMI by LINT1 and the I/O APIC. */
#include <string.h>

#include "tests/unit/agree.h"
#include "tests/unit/guests.h"
#include "tests/unit/pc.h"
#include "tests/unit/unit.h"

enum { ROM_BYTES = 64 << 10, CODE_AT = 0x8000, ROM_RAM = 2 << 20 };

/* At F000:8000.  The first time all is set to something, and the APIC delivers INIT level de-assert and SMI, which
 * change nothing, and INIT; the second time the state goes to memory at 600h, and from there to port E9h. */
asm(".pushsection .rodata\n.code16\ninit_rom:\n"
    "pushfl\ncmpl $0x494e4954, 0x500\njne init_first\n"
    "mov %eax, 0x600\nmov %ebx, 0x604\nmov %edx, 0x608\nmov %esi, 0x60c\nmov %ebp, 0x610\npop %eax\nmov %eax, 0x614\n"
    "mov %cr0, %eax\nmov %eax, 0x618\nmov %cr2, %eax\nmov %eax, 0x61c\nmov %cr4, %eax\nmov %eax, 0x620\n"
    "mov %dr0, %eax\nmov %eax, 0x624\nmov %dr7, %eax\nmov %eax, 0x628\nsgdtl 0x62c\nsidtl 0x634\nmovw $0, 0x632\n"
    "movw $0, 0x63a\nfnstcw 0x63c\nfnstsw 0x63e\n"
    "mov $0x174, %ecx\nrdmsr\nmov %eax, 0x640\nrdtsc\ncmp %eax, 0x508\nsbb %eax, %eax\nmov %eax, 0x644\n"
    "call init_flat\nmov 0x20(%ebx), %eax\nmov %eax, 0x648\nmov 0xf0(%ebx), %eax\nmov %eax, 0x64c\n"
    "mov $0x600, %si\nmov $0x50, %cx\nmov $0xe9, %dx\ncld\nrep outsb\nmov $0x2a, %al\nout %al, $0xf4\nhlt\n"
    "init_first: movl $0x494e4954, 0x500\ncall init_flat\n"
    "movl $0x05000000, 0x20(%ebx)\nmovl $0x1ff, 0xf0(%ebx)\nmovl $0x05000000, 0x310(%ebx)\n"
    "mov $0x174, %ecx\nmov $0x1234, %eax\nxor %edx, %edx\nwrmsr\n"
    "fninit\nmovw $0x27f, 0x504\nfldcw 0x504\nfld1\n"
    "mov %cr0, %eax\nand $0xdfffffff, %eax\nmov %eax, %cr0\nmov $0x12345678, %eax\nmov %eax, %cr2\n"
    "mov %eax, %dr0\nmov $8, %eax\nmov %eax, %cr4\nmov $0x401, %eax\nmov %eax, %dr7\nrdtsc\nmov %eax, 0x508\n"
    "movl $0x8500, 0x300(%ebx)\nmov $'d', %al\nout %al, $0xe9\n"      /* level, not asserted */
    "movl $0x200, 0x300(%ebx)\nmov $'s', %al\nout %al, $0xe9\n"
    "mov $0x3333, %esi\nmov $0x4444, %ebp\nstd\nmovl $0xc500, 0x300(%ebx)\nmov $'n', %al\nout %al, $0xe9\nhlt\n"
    "init_flat: lgdtl %cs:init_gdtr-init_rom+0x8000\nmov %cr0, %eax\nor $1, %al\nmov %eax, %cr0\nmov $8, %bx\n"
    "mov %bx, %ds\nand $0xfe, %al\nmov %eax, %cr0\nmov $0xfee00000, %ebx\nret\n"
    "init_gdt: .quad 0, 0x00cf92000000ffff\n"
    "init_gdtr: .word 15\n.long init_gdt - init_rom + 0xf8000\n"
    "init_rom_end:\n.code64\n.popsection\n");
extern const u8 init_rom[], init_rom_end[];

/* EAX EBX EDX ESI EBP EFLAGS CR0 CR2 CR4 DR0 DR7, GDTR, IDTR, FCW and FSW, SYSENTER_CS, TSC went on, APIC's ID, SVR */
static const u32 expected[] = { 0, 0, 0x619, 0, 0, 2, 0x40000010, 0, 0, 0, 0x400, 0xffff, 0, 0xffff, 0,
                                0x3800027f, 0x1234, ~0u, 0x05000000, 0xff };

/* INIT in protected mode, in flat segments, which are real ones behind it. */
asm(".pushsection .rodata\n.code16\ninit_flat_rom:\n"
    "cmpl $0x494e4954, 0x500\nje 2f\nmovl $0x494e4954, 0x500\n"
    "lgdtl %cs:1f-init_flat_rom+0x8000\nmov %cr0, %eax\nor $1, %al\nmov %eax, %cr0\n"
    "ljmpl $8, $init_flat_32 - init_flat_rom + 0xf8000\n"
    "1: .word 23\n.long init_flat_gdt - init_flat_rom + 0xf8000\n"
    "init_flat_gdt: .quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff\n"
    "2: mov %cs, %ax\ncmp $0xf000, %ax\njne 3f\nmov $0x1000, %ax\nmov %ax, %ds\nmovb $7, 0\nxor %ax, %ax\n"
    "mov %ax, %ds\nmov $0x2a, %al\nout %al, $0xf4\n3: hlt\n"
    ".code32\ninit_flat_32: mov $16, %eax\nmov %eax, %ds\nmov %eax, %ss\nmov $0x7000, %esp\nmov $9, %ecx\n"
    "1: push %ecx\npop %edx\nloop 1b\n"
    "mov $0xfee00000, %ebx\nmovl $0x05000000, 0x20(%ebx)\nmovl $0x1ff, 0xf0(%ebx)\nmovl $0x05000000, 0x310(%ebx)\n"
    "movl $0xc500, 0x300(%ebx)\nnop\nhlt\n"
    "init_flat_rom_end:\n.code64\n.popsection\n");
extern const u8 init_flat_rom[], init_flat_rom_end[];

static const struct image *rom_image(const u8 *code, const u8 *end)
{
    static u8 rom[ROM_BYTES];
    static struct image image;
    static const u8 vector[] = { 0xea, 0x00, 0x80, 0x00, 0xf0 }; /* ljmp F000:8000 */
    memcpy(rom + CODE_AT, code, (size_t)(end - code));
    memcpy(rom + 0xfff0, vector, sizeof vector);
    image = (struct image){ .name = "rom", .form = FORM_FIRMWARE, .media = { [SLOT_ROM] = { rom, sizeof rom } } };
    return &image;
}

static void what_init_leaves(void)
{
    const struct limits to_the_end = { UINT64_MAX, UINT64_MAX };
    for (enum engine_id id = 0; id < ENGINE_COUNT; id++) {
        char error[200], got[200];
        struct world_config config = { .engine = id, .image = rom_image(init_rom, init_rom_end),
                                       .ram_bytes = ROM_RAM };
        struct world *w = world_new(&config, error, sizeof error);
        CU_ASSERT_PTR_NOT_NULL_FATAL(w);
        struct stop s = world_run(w, &to_the_end);
        CU_ASSERT_TRUE(s.kind == STOP_EXIT && s.arg == 0x2a);
        u32 n = machine_console(&w->hw, got, sizeof got);
        CU_ASSERT_EQUAL(n, 2 + sizeof expected);
        CU_ASSERT_EQUAL(memcmp(got, "ds", 2), 0);
        for (unsigned i = 0; n == 2 + sizeof expected && i < COUNT(expected); i++) {
            u32 value;
            memcpy(&value, got + 2 + 4 * i, 4);
            if (value != expected[i])
                printf("\n  engine %u, word %u: %x, not %x", id, i, value, expected[i]);
            CU_ASSERT_EQUAL(value, expected[i]);
        }
        world_free(w);
    }
}

static void real_ticks(void) { all_agree(rom_image(init_rom, init_rom_end), ROM_RAM, "code 42"); }
static void flat_ticks(void) { all_agree(rom_image(init_flat_rom, init_flat_rom_end), ROM_RAM, "code 42"); }

/* ---- the board's side ---- */

static struct platform_out seen;
static void set(struct pc *pc, u32 reg, u32 value)
{
    platform_store(&pc->p, pc->p.now, APIC_BASE_RESET + reg, 4, value, &seen);
}

static void by_the_lvt(void)
{
    static const struct { enum apic_mode mode; u8 waits; } row[] = {
        { APIC_NMI, LAPIC_WAITS_NMI }, { APIC_INIT, LAPIC_WAITS_INIT }, { APIC_SMI, LAPIC_WAITS_SMI },
    };
    for (unsigned i = 0; i < COUNT(row); i++) {
        struct pc *pc = fresh(false);
        set(pc, APIC_LVT_LINT1, (u32)row[i].mode << 8);
        platform_input(&pc->p, 100, SOURCE_NMI, 0);
        CU_ASSERT_EQUAL(pc->p.apic.waits, row[i].waits);
    }
}

/* The timer on input 2 of the I/O APIC: the board says when, and wakes a processor that takes neither INTR nor NMI. */
static void by_the_io_apic(void)
{
    struct pc *pc = fresh(false);
    platform_store(&pc->p, 0, IOAPIC_BASE + IOREGSEL, 4, 0x14, &seen);
    platform_store(&pc->p, 0, IOAPIC_BASE + IOWIN, 4, APIC_INIT << 8, &seen);
    platform_out(&pc->p, 0, 0x43, 1, 0x34, &seen);
    platform_out(&pc->p, 0, 0x40, 1, 100, &seen);
    platform_out(&pc->p, 0, 0x40, 1, 0, &seen);
    u64 due = platform_due(&pc->p);
    CU_ASSERT_EQUAL(platform_wakes(&pc->p, false, false), due);
    platform_advance(&pc->p, due - 1);
    CU_ASSERT_FALSE(platform_init(&pc->p));
    platform_advance(&pc->p, due);
    CU_ASSERT_TRUE(platform_init(&pc->p));
    CU_ASSERT_EQUAL(platform_wakes(&pc->p, false, false), TIME_NEVER);
    platform_take_init(&pc->p);
    CU_ASSERT_FALSE(platform_init(&pc->p));
    CU_ASSERT_EQUAL(pc->p.apic.svr, 0xff);
}

static const struct unit_case cases[] = {
    { "what INIT leaves", what_init_leaves }, { "tick by tick", real_ticks },
    { "in protected mode, tick by tick", flat_ticks },
    { "NMI, INIT, SMI by LINT1", by_the_lvt }, { "INIT by the I/O APIC", by_the_io_apic },
};

UNIT_MAIN("init", cases)
