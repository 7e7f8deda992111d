/* Lockstep: engines that agree are found equal, the first difference is found and explained. */
#include "lessons/lockstep.h"

#include <string.h>

#include "lessons/fields.h"
#include "tests/unit/agree.h"
#include "tests/unit/guests.h"
#include "tests/unit/unit.h"

static bool load(struct image *image, const char *sample)
{
    char path[128], error[300] = "";
    snprintf(path, sizeof path, "samples/%s.S", sample);
    bool ok = image_load(image, path, NULL, error, sizeof error);
    if (!ok)
        printf("\n  %s", error);
    CU_ASSERT_TRUE(ok);
    return ok;
}

static struct divergence compare(const char *sample, enum engine_id a, enum engine_id b, u64 every)
{
    struct image image;
    struct divergence out = { .found = true };
    char error[300];
    if (!load(&image, sample))
        return out;
    struct lockstep_config config = { .image = &image, .engines = { a, b }, .engine_count = 2,
                                      .every = every, .until = UINT64_MAX };
    CU_ASSERT_TRUE(lockstep_run(&config, &out, error, sizeof error));
    image_free(&image);
    return out;
}

static void engines_agree(void)
{
    static const char *const samples[] = { "hello", "popf", "pushf", "rings", "smc", "isprime", "x87" };
    static const enum engine_id faithful[] = { ENGINE_BT, ENGINE_VT, ENGINE_INTERP };
    for (unsigned i = 0; i < COUNT(samples); i++)
        for (unsigned e = 0; e < COUNT(faithful); e++) {
            struct divergence d = compare(samples[i], ENGINE_NATIVE, faithful[e], 1);
            if (d.found)
                printf("\n  %s: %s", samples[i], d.sentence);
            CU_ASSERT_FALSE(d.found);
            CU_ASSERT_TRUE(d.ticks_compared > 1000);
            CU_ASSERT_EQUAL(strncmp(d.end, "exited with code 0", 18), 0);
        }
}

/* A kernel clears A of a page to which it has jumped before, and (by a callout) of the page of that very
 * instruction; where no TLB remembers, the next fetch sets it again. */
GUEST(aged, GUEST_LOAD_GDT(aged) GUEST_PAGING(aged)
    "fninit\nmovb $0xc3, 0x300000\nmov $3, %esi\n"
    "1: mov 0x300000, %eax\ncall aged_jump\nandl $~0x20, 0x21c00\ncall aged_jump\nmov 0x21c00, %ebx\n"
    "pushl 0x21400\nandl $~0x20, (%esp)\nfildl (%esp)\nfistpl 0x21400\nnop\npop %eax\nmov 0x21400, %ebx\n"
    "andb $~0x20, 0x21c00\ncall aged_jump\nmov 0x21c00, %ebx\ndec %esi\njnz 1b\nEXIT $9\n"
    "aged_jump: .byte 0xe9\n.long 0x300000-" AT(aged, aged_behind) "\naged_behind:\n"
    GUEST_GDT(aged));

/* The LDT lies in a page of its own, whose entry the kernel takes away, and gives back without A: user code that
 * loads a selector of it meets that. */
GUEST(tables, GUEST_LOAD_GDT(tables) GUEST_GATE(tables, 14, tables_pf, 8e) GUEST_GATE(tables, 128, tables_sys, ee)
    GUEST_LOAD_IDT(tables) GUEST_PAGING(tables) GUEST_LOAD_TSS
    "mov $0xff, %al\nout %al, $0x21\nout %al, $0xa1\n"
    "movl $0x0000ffff, 0x340008\nmovl $0x00cff300, 0x34000c\n"
    "movl $0x0000000f, " AT(tables, tables_gdt) "+0x10\nmovl $0x00008234, " AT(tables, tables_gdt) "+0x14\n"
    "mov $0x10, %eax\nlldt %ax\n"
    "movl $0x0000ffff, " AT(tables, tables_gdt) "+0x10\nmovl $0x00cf9300, " AT(tables, tables_gdt) "+0x14\n"
    "push $0x23\npush $0x90000\npush $0x202\npush $0x1b\npush $" AT(tables, tables_user) "\niret\n"
    "tables_user: mov $0x23, %eax\nmov %eax, %ds\nmov $0xf, %eax\nxor %ebx, %ebx\n"
    "1: mov %eax, %fs\nmov %ebx, %fs\nint $0x80\nmov %eax, %fs\nmov 0x6000, %ecx\nxor %edi, %edi\nmov %edi, %fs\n"
    "inc %ebx\nint $0x80\nmov %eax, %fs\ninc %ebx\nint $0x80\n"
    "tables_sys: mov 0x21d00, %ecx\ncmp $1, %ebx\nja 2f\nje 1f\nmovl $0, 0x21d00\niret\n"
    "1: andl $~0x20, 0x21d00\niret\n2: EXIT $9\n"
    "tables_pf: mov %cr2, %edx\nmovl $0x340067, 0x21d00\nadd $4, %esp\niret\n"
    GUEST_GDT(tables));

/* User code holds a segment that begins in the monitor's range, and tries each selector of the monitor's. */
GUEST(intruder, GUEST_LOAD_GDT(intruder) GUEST_GATE(intruder, 13, intruder_gp, 8e)
    GUEST_GATE(intruder, 128, intruder_sys, ee) GUEST_LOAD_IDT(intruder) GUEST_PAGING(intruder) GUEST_LOAD_TSS
    "mov $0xff, %al\nout %al, $0x21\nout %al, $0xa1\n"
    "push $0x23\npush $0x90000\npush $0x202\npush $0x1b\npush $" AT(intruder, intruder_user) "\niret\n"
    "intruder_user: mov $0x23, %eax\nmov %eax, %ds\nmov $0x33, %eax\nmov %eax, %es\nint $0x80\n"
    "mov $0xff83, %edx\n1: nop\nmov %edx, %fs\nadd $8, %dx\njnc 1b\ncli\n"
    "intruder_sys: iret\n"
    "intruder_gp: mov (%esp), %ecx\ncmp $0, %ecx\nje 2f\nadd $4, %esp\naddl $2, (%esp)\niret\n2: EXIT $9\n"
    ".balign 8\nintruder_gdt: .quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff, 0x00cffb000000ffff\n"
    ".quad 0x00cff3000000ffff, 0x0000890050000067, 0xffcff3d00000ffff\n"
    "intruder_gdtr: .word 55\n.long " AT(intruder, intruder_gdt) "\n");

static void agree_to_the_end(const u8 *code, const u8 *end)
{
    struct image_segment segment = { .pa = GUEST_LOAD, .file_size = (u32)(end - code),
                                     .mem_size = (u32)(end - code) };
    struct image image = { .name = "guest", .entry = GUEST_LOAD, .load_low = GUEST_LOAD, .segments = &segment,
                           .load_high = GUEST_LOAD + segment.mem_size, .segment_count = 1,
                           .file = (u8 *)(uintptr_t)code, .file_size = segment.file_size };
    static const enum engine_id faithful[] = { ENGINE_NATIVE, ENGINE_BT, ENGINE_VT, ENGINE_INTERP };
    agree(&image, GUEST_RAM, faithful, COUNT(faithful), "code 9");
}

static void accessed_is_set_again(void) { agree_to_the_end(aged, aged_end); }
static void monitor_is_not_there(void) { agree_to_the_end(intruder, intruder_end); }
static void table_is_taken_away(void) { agree_to_the_end(tables, tables_end); }

static void popf_is_explained(void)
{
    struct divergence d = compare("popf", ENGINE_NATIVE, ENGINE_DIRECT, 1);
    CU_ASSERT_TRUE(d.found);
    CU_ASSERT_EQUAL(d.tick, 6);
    CU_ASSERT_EQUAL(d.op, OP_POPF);
    CU_ASSERT_EQUAL(d.expected, 1);
    CU_ASSERT_EQUAL(d.actual, 0);
    CU_ASSERT_STRING_EQUAL(d.field, "eflags.IF");
    CU_ASSERT_STRING_EQUAL(d.instruction, "popf (9d)");
    CU_ASSERT_STRING_EQUAL(d.sentence,
        "popf at 0x0010001c set IF=1 natively; under direct it left IF=0, because the guest kernel "
        "runs at CPL 1, where popf leaves IF and IOPL unchanged without a trap (SDM 2 POPF; the "
        "paper, 3.1), so the monitor never learned of it");
}

static void pushf_is_explained(void)
{
    struct divergence d = compare("pushf", ENGINE_NATIVE, ENGINE_DIRECT, 1);
    CU_ASSERT_TRUE(d.found);
    CU_ASSERT_EQUAL(d.op, OP_PUSHF);
    CU_ASSERT_EQUAL(strncmp(d.field, "ram 0x", 6), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(d.sentence, "the real IF is always 1"));
}

/* FCS differs at every x87 instruction of the kernel; what tells is the one that stores it. */
static void fnstenv_is_explained(void)
{
    struct divergence d = compare("x87", ENGINE_NATIVE, ENGINE_DIRECT, 1);
    CU_ASSERT_TRUE(d.found);
    CU_ASSERT_EQUAL(d.op, OP_FNSTENV);
    CU_ASSERT_EQUAL(strncmp(d.field, "ram 0x", 6), 0);
    CU_ASSERT_EQUAL(d.expected & 3, 0);
    CU_ASSERT_EQUAL(d.actual & 3, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(d.sentence, "stores the real CS"));
}

/* Looking every 1000 ticks finds the same first tick, by going back to where all agreed; every 10000 also,
 * when the interval was run with TLBs. */
static void intervals_are_searched(void)
{
    static const char *const samples[] = { "popf", "pushf", "x87" };
    static const u64 every[] = { 1000, 10000 };
    for (unsigned s = 0; s < COUNT(samples); s++)
        for (unsigned i = 0; i < COUNT(every); i++) {
            struct divergence one = compare(samples[s], ENGINE_NATIVE, ENGINE_DIRECT, 1);
            struct divergence many = compare(samples[s], ENGINE_NATIVE, ENGINE_DIRECT, every[i]);
            CU_ASSERT_TRUE(many.found);
            CU_ASSERT_EQUAL(many.tick, one.tick);
            CU_ASSERT_EQUAL(many.eip, one.eip);
            CU_ASSERT_STRING_EQUAL(many.sentence, one.sentence);
        }
}

static void one_against_several(void)
{
    struct image image;
    struct divergence out;
    char error[300] = "";
    if (!load(&image, "popf"))
        return;
    struct lockstep_config config = {
        .image = &image, .engine_count = 5, .every = 100, .until = 3000,
        .engines = { ENGINE_NATIVE, ENGINE_BT, ENGINE_VT, ENGINE_INTERP, ENGINE_DIRECT } };
    CU_ASSERT_TRUE(lockstep_run(&config, &out, error, sizeof error));
    CU_ASSERT_TRUE(out.found);
    CU_ASSERT_EQUAL(config.engines[out.engine], ENGINE_DIRECT);
    config.engine_count = 4;
    CU_ASSERT_TRUE(lockstep_run(&config, &out, error, sizeof error));
    CU_ASSERT_FALSE(out.found);
    CU_ASSERT_TRUE(out.ticks_compared >= 3000);
    config.engine_count = 7;
    CU_ASSERT_FALSE(lockstep_run(&config, &out, error, sizeof error));
    CU_ASSERT_STRING_EQUAL(error, "between one and 6 engines can be compared");
    image_free(&image);
}

/* Every field that is compared is really compared: break each in turn. */
static void every_broken_field_is_found(void)
{
    struct arch good, bad;
    struct field_difference d;
    memset(&good, 0, sizeof good);
    arch_reset_multiboot(&good, 0x100000, 0);
    good.ldtr.ar = AR_P | 2; /* usable, or its hidden part would not count */
    unsigned broken = 0;
    for (unsigned i = 0; i < field_count; i++) {
        const struct field *f = &fields[i];
        for (unsigned bit = 0; bit < f->size * 8u; bit++) {
            unsigned from = 0;
            bad = good;
            ((u8 *)&bad)[f->offset + bit / 8] ^= (u8)(1 << bit % 8);
            bool found = fields_difference(&good, &bad, &from, &d);
            bool wanted = (f->compared >> bit & 1) != 0;
            CU_ASSERT_EQUAL(found, wanted);
            CU_ASSERT_TRUE(!found || d.field == f);
            broken += found;
        }
    }
    CU_ASSERT_TRUE(broken > 1000);
}

static void null_segments_hide_nothing_else(void)
{
    struct arch a, b;
    struct field_difference d;
    unsigned from = 0;
    memset(&a, 0, sizeof a);
    arch_reset_multiboot(&a, 0x100000, 0);
    a.seg[FS] = (struct seg){ .sel = 0, .ar = AR_UNUSABLE };
    b = a;
    b.seg[FS].base = 0x1000;
    CU_ASSERT_FALSE(fields_difference(&a, &b, &from, &d));
    from = 0;
    b.seg[FS].sel = 3;
    CU_ASSERT_TRUE(fields_difference(&a, &b, &from, &d));
    CU_ASSERT_STRING_EQUAL(d.name, "fs");
}

static const struct unit_case cases[] = {
    { "engines agree", engines_agree },
    { "A that was cleared is set again", accessed_is_set_again },
    { "an LDT that is taken away", table_is_taken_away },
    { "the monitor's selectors", monitor_is_not_there },
    { "popf is explained", popf_is_explained },
    { "pushf is explained", pushf_is_explained },
    { "fnstenv is explained", fnstenv_is_explained },
    { "intervals are searched", intervals_are_searched },
    { "one against several", one_against_several },
    { "every broken field is found", every_broken_field_is_found },
    { "null segments hide nothing else", null_segments_hide_nothing_else },
};
UNIT_MAIN("lockstep", cases)
