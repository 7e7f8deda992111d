/* The register log: the same records whoever executes, each the state before its instruction, and nothing else
 * changed. */
#include "sim/reglog.h"
#include "sim/torture.h"
#include "tests/unit/fuzzpair.inc"
#include "tests/unit/worlds.h"

enum { STEPS = 5000, ROOM = 97 };
struct line { u32 reg[8], eip, eflags; u16 sel[SREG_COUNT]; };
static struct reglog logs[2];

static struct line line_of(const struct reg_record *r, const struct reglog *log)
{
    struct line l = { .eip = r->eip, .eflags = reg_record_eflags(r) & ~(u32)FL_RF };
    memcpy(l.reg, r->reg, sizeof l.reg);
    memcpy(l.sel, log->sel, sizeof l.sel);
    return l;
}

static struct line line_of_state(const struct arch *c)
{
    struct line l = { .eip = c->eip, .eflags = c->eflags & ~(u32)FL_RF };
    memcpy(l.reg, c->reg, sizeof l.reg);
    for (unsigned i = 0; i < SREG_COUNT; i++)
        l.sel[i] = c->seg[i].sel;
    return l;
}

/* One step at a time, to STEPS or the end: whatever is logged is the state before that step. */
static u32 single_steps(struct world *w, struct line *out)
{
    struct reg_record room[REGLOG_READ_MIN + 1];
    struct stop stop = { STOP_STEP, 0 };
    u32 n = 0;
    machine_log(&w->hw, &logs[0]);
    while (stop.kind == STOP_STEP && world_step(w) < STEPS) {
        const struct limits limits = { world_step(w) + 1, UINT64_MAX };
        struct line before = line_of_state(w->hw.arch);
        u32 records = 0;
        do {
            stop = world_run(w, &limits);
            records += reglog_read(&w->hw, room + records, REGLOG_READ_MIN);
        } while (stop.kind == STOP_RING);
        CU_ASSERT_TRUE(records <= 1);
        if (records == 0)
            continue; /* a delivery, the monitor's entry, halted time */
        out[n] = line_of(room, &logs[0]);
        CU_ASSERT_EQUAL(memcmp(&out[n], &before, sizeof before), 0);
        n++;
    }
    return n;
}

/* To the step, the stream being full after `limit` words. */
static u32 one_run(struct world *w, struct line *out, u32 limit, u64 until)
{
    static struct reg_record room[ROOM];
    const struct limits limits = { until, UINT64_MAX };
    u32 n = 0, count;
    logs[1].limit = limit;
    machine_log(&w->hw, &logs[1]);
    for (struct stop s = { STOP_RING, 0 }; s.kind == STOP_RING;) {
        s = world_run(w, &limits);
        while ((count = reglog_read(&w->hw, room, ROOM)))
            for (u32 i = 0; i < count; i++)
                out[n++] = line_of(&room[i], &logs[1]);
    }
    machine_log(&w->hw, NULL);
    return n;
}

static struct line a[STEPS], b[STEPS];

/* The first record that is not the same, or n. */
static u32 first_difference(u32 n)
{
    u32 i = 0;
    while (i < n && memcmp(&a[i], &b[i], sizeof a[i]) == 0)
        i++;
    return i;
}

static void the_same_records(void)
{
    static const enum engine_id all[] = { ENGINE_NATIVE, ENGINE_BT, ENGINE_VT };
    static const u32 limits[] = { 0, 64, 1000 };
    for (unsigned e = 0; e < COUNT(all); e++) {
        struct world_config config = { .ram_bytes = 0 };
        struct world *single = busy_world(all[e], config), *fast = busy_world(all[e], config);
        struct world *unlogged = busy_world(all[e], config);
        u32 n = single_steps(single, a);
        CU_ASSERT_TRUE(n > STEPS / 3);
        CU_ASSERT_EQUAL(one_run(fast, b, limits[e], STEPS), n);
        CU_ASSERT_EQUAL(first_difference(n), n);
        run_on(unlogged, STEPS, UINT64_MAX);
        CU_ASSERT_EQUAL(arena_hash(&fast->hw.arena), arena_hash(&unlogged->hw.arena));
        world_free(single);
        world_free(fast);
        world_free(unlogged);
    }
}

/* REP iterations count as what they are, and a log ends when it is told to. */
static void every_iteration(void)
{
    struct world_config config = { .ram_bytes = 0 };
    struct world *w = busy_world(ENGINE_NATIVE, config);
    u32 same = 0, n = one_run(w, a, 0, STEPS);
    for (u32 i = 1; i < n; i++)
        same += a[i].eip == a[i - 1].eip && a[i].reg[ECX] + 1 == a[i - 1].reg[ECX];
    CU_ASSERT_TRUE(same > 100);
    (void)run_on(w, STEPS + 100, UINT64_MAX);
    CU_ASSERT_PTR_NULL(w->hw.log.to);
    world_free(w);
}

/* ---- every kind of change, in blocks ---- */

/* Three times round: the first time blocks are built, then they are linked.  Data at 0x6000, stack below. */
GUEST(forms,
    GUEST_LOAD_GDT(forms)
    GUEST_GATE(forms, 0, forms_de, 8e)
    GUEST_GATE(forms, 5, forms_br, 8e)
    GUEST_GATE(forms, 128, forms_sys, 8e)
    GUEST_LOAD_IDT(forms)
    "movl $5, 0x6000\n"
    "forms_loop: mov $0x12345678, %eax\nmov $0x6100, %ebx\nmov $0x89abcdef, %edx\nmov $3, %ecx\n"
    "add %dl, %ah\nsub $5, %al\nxor %dh, %dl\ncmp %al, %ah\nadc %edx, %eax\nsbb $7, %eax\n"
    "add %dx, %ax\nand $0x7f0f, %ax\ninc %al\ndec %ah\ninc %ax\ndec %dx\nneg %cl\nnot %ch\nneg %edx\nnot %eax\n"
    "inc %eax\ndec %edx\nmov %eax, (%ebx)\nadd %edx, (%ebx)\nsub %eax, 4(%ebx)\nincl 8(%ebx)\ndecb 9(%ebx)\n"
    "negw 10(%ebx)\nnotl 12(%ebx)\ncmp 4(%ebx), %eax\ntestb $0x81, 5(%ebx)\nadc %eax, 16(%ebx)\n"
    "pushf\npop %esi\n"
    "shl $3, %eax\nshr $1, %edx\nsar $31, %eax\nshl %cl, %edx\nrol $5, %edx\nrcr $1, %edx\nshll $2, (%ebx)\n"
    "shl $0, %edx\nror $3, %dl\nshr $4, %dx\nshld $4, %edx, %eax\nshrd %cl, %eax, %edx\n"
    "imul %edx, %eax\nimul $100, %eax, %esi\nmul %edx\nmov $99, %esi\nxor %edx, %edx\ndiv %esi\n"
    "cdq\nidiv %esi\ncwde\nbswap %eax\nxchg %eax, %edx\nxchg %eax, (%ebx)\nlea 5(%ebx,%eax,4), %edi\n"
    "movzbl %al, %edi\nmovswl (%ebx), %edi\nsetc %dl\nsetl %dh\ncmovz %eax, %edi\ncmovnz (%ebx), %esi\n"
    "clc\nstc\ncmc\nrcl $1, %eax\ncld\nstd\npushf\nclc\npopf\ncld\n"
    "push %esp\npop %esp\npush $7\npushl (%ebx)\npop %edi\npop (%ebx)\npush %ebx\npop %ebp\npusha\npopa\n"
    "pushw $3\npop %ax\nenter $8, $0\nleave\n"
    "mov $4, %ecx\nforms_round: add %ecx, %edi\nloop forms_round\njecxz forms_zero\nnop\n"
    "forms_zero: call forms_leaf\npush $1\npush $2\ncall forms_pops\n"
    "mov $forms_leaf-forms+0x100000, %eax\ncall *%eax\n"
    "mov $3, %edi\nforms_dec: dec %edi\njnz forms_dec\nforms_inc: inc %edi\njs forms_inc\n"
    "cmp %edi, %edi\nje forms_je\nnop\n"
    "forms_je: cmpb $1, (%ebx)\njb forms_jb\nnop\nforms_jb: test %eax, %eax\njp forms_jp\nnop\nforms_jp:\n"
    "mov $7, %eax\ncmp $9, %eax\nxor %esi, %esi\ndiv %esi\n"        /* #DE behind a mark */
    "bound %eax, forms_bound-forms+0x100000\nint $0x80\n"
    "mov %ds, %eax\nmov %eax, %fs\nxor %eax, %eax\nmov %eax, %gs\nmov %ds, %eax\nmov %eax, %gs\n"
    "mov $8, %ecx\nmov $0x6100, %esi\nmov $0x6200, %edi\nrep movsb\nmov $3, %ecx\nrepne scasb\nlodsb\nstosl\n"
    "sti\nmov %eax, %eax\ncli\nsti\ncli\nin $0x61, %al\nrdtsc\nxor %eax, %eax\nmov %cr0, %edx\n"
    "movb $0x41, forms_own+1-forms+0x100000\nforms_own: mov $0, %al\nmovb $0, forms_own+1-forms+0x100000\n"
    /* to real mode and back */
    "mov %cr0, %eax\nand $0xfffffffe, %eax\nmov %eax, %cr0\nmov %cr0, %eax\nor $1, %eax\nmov %eax, %cr0\n"
    "decl 0x6000\njnz forms_loop\nEXIT $9\n"
    "forms_leaf: ret\nforms_pops: ret $8\nforms_bound: .long 100, 200\n"
    "forms_de: addl $2, (%esp)\niret\n"
    "forms_br: addl $6, (%esp)\niret\n"
    "forms_sys: add $1, %eax\niret\n"
    GUEST_GDT(forms));

static void every_form(void)
{
    struct world_config config = { .ram_bytes = 0 };
    struct world *single = guest_world(forms, (u32)(forms_end - forms), ENGINE_NATIVE, config);
    struct world *fast = guest_world(forms, (u32)(forms_end - forms), ENGINE_NATIVE, config);
    u32 n = single_steps(single, a);
    CU_ASSERT_EQUAL(world_outside(single)->exit_code, 9);
    CU_ASSERT_EQUAL(one_run(fast, b, 0, STEPS), n);
    CU_ASSERT_EQUAL(first_difference(n), n);
    world_free(single);
    world_free(fast);
}

/* ---- 16-bit code and stack, from a boot sector on ---- */

/* Three times round, with timer interrupts.  Data at 0x6000, stack below 0x7000, code at 0x7c00. */
#define AT16(label) "(" #label "-sector+0x7c00)"
#define VECTOR16(n, label) "movw $" AT16(label) ", 4*" #n "\nmovw $0, 4*" #n "+2\n"
GUEST(sector,
    ".code16\ncli\nxor %ax, %ax\nmov %ax, %ds\nmov %ax, %es\nmov %ax, %ss\nmov $0x7000, %sp\n"
    VECTOR16(0, sector_de) VECTOR16(0x20, sector_irq) VECTOR16(0x21, sector_sys)
    GUEST_TIMER(50)
    "movw $3, 0x6000\nsti\n"
    "sector_loop: mov $0x12345678, %eax\nmov $0x6100, %bx\nmov $0x89abcdef, %edx\nmov $0x5555aaaa, %ecx\n"
    "mov $0x77770040, %esi\nmov $0x66660080, %edi\nmov $0x4444, %bp\n"
    "add %dl, %ah\nsub $5, %al\ncmp %al, %ah\nadc %dx, %ax\nsbb $7, %ax\nadd %dx, %ax\nand $0x7f0f, %ax\n"
    "inc %ax\ndec %dx\ninc %ah\ndec %dl\nneg %cx\nnot %dx\nxor %cl, %ch\nor $0x1234, %si\n"
    "add %edx, %eax\ninc %ecx\nneg %edx\nadc %ecx, %eax\nxor %eax, %edi\n"
    "mov %ax, (%bx)\nadd %dx, (%bx)\nsub %al, 3(%bx)\nincw 4(%bx)\ndecb 6(%bx)\nnegw 8(%bx)\nnotw 10(%bx)\n"
    "adc %cx, 12(%bx)\ncmpw $1, (%bx)\ntestb $0x81, 5(%bx)\nadd (%bx), %ax\naddl $9, 16(%bx)\n"
    "mov (%bx,%si), %cl\nmov %cx, (%bx,%di)\nmov 4(%ebx), %dx\nlea 5(%bx,%si), %di\nlea 5(%ebx,%eax,4), %si\n"
    "shl $3, %ax\nshr $1, %dx\nsar $15, %cx\nrol $5, %dl\nrcr $1, %dx\nshlw $2, (%bx)\nshl %cl, %ax\n"
    "shl $0, %ax\nshl $4, %eax\nshld $4, %dx, %ax\nshrd %cl, %eax, %edx\n"
    "imul %dx, %ax\nimul $100, %ax, %cx\nmul %dx\nmov $99, %cx\nxor %dx, %dx\ndiv %cx\ncwd\nidiv %cx\n"
    "cbw\ncwde\ncdq\nxchg %ax, %dx\nxchg %ax, (%bx)\nmovzbw %al, %cx\nmovswl (%bx), %edi\nbswap %edi\n"
    "setc %dl\nsetl %dh\ncmovz %ax, %di\nclc\nrcl $1, %ax\nstd\npushf\nclc\npopf\ncld\npushfl\npopfl\n"
    "push %sp\npop %sp\npush $7\npushw (%bx)\npop %di\npopw (%bx)\npush %ebx\npop %ebp\npusha\npopa\n"
    "pushl $3\npopl %eax\nenter $8, $0\nleave\n.byte 0x66\nenter $8, $1\n.byte 0x66\nleave\n"
    "mov $4, %cx\nsector_round: add %cx, %di\nloop sector_round\njcxz sector_zero\nnop\n"
    "sector_zero: mov $2, %ecx\nsector_wide: .byte 0x67\nloop sector_wide - 1\n"
    "call sector_leaf\npush $1\npush $2\ncall sector_pops\nmov $" AT16(sector_leaf) ", %ax\ncall *%ax\n"
    "lcall $0, $" AT16(sector_far) "\nljmp $0x7c0, $(sector_near-sector)\n"
    "sector_near: ljmp $0, $" AT16(sector_back) "\nsector_back: calll sector_leafl\n"
    "mov $3, %di\nsector_dec: dec %di\njnz sector_dec\ncmp %di, %di\nje sector_je\nnop\n"
    "sector_je: cmp %edi, %eax\njb sector_jb\nnop\nsector_jb: cmp $9, %ax\nxor %si, %si\ndiv %si\n" /* #DE */
    "int $0x21\nmov %ds, %ax\nmov %ax, %fs\nmov $0x600, %ax\nmov %ax, %gs\nmov %gs:0x100, %cx\n"
    "push %gs\npop %es\nmov $8, %cx\nmov $0x6100, %si\nmov $0x200, %di\nrep movsb\n"
    "mov $3, %cx\nrepne scasb\nlodsw\nstosl\nxor %ax, %ax\nmov %ax, %es\nlds " AT16(sector_ptr) ", %si\n"
    "mov %ax, %ds\nmov %ax, %ss\nmov $0x7000, %sp\ncli\nsti\nin $0x61, %al\nrdtsc\n"
    "movb $0x41, " AT16(sector_own) "+1\nsector_own: mov $0, %al\nmovb $0, " AT16(sector_own) "+1\n"
    "mov $0, %sp\npush %ax\npop %cx\ncall sector_leaf\nmov $0x7000, %sp\n" /* round the end of the stack segment */
    "decw 0x6000\njnz sector_loop\nEXIT $9\n"
    "sector_leaf: ret\nsector_pops: ret $4\nsector_leafl: retl\nsector_far: lret\nsector_ptr: .word 0x40, 0x600\n"
    "sector_de: push %bp\nmov %sp, %bp\naddw $2, 2(%bp)\npop %bp\niret\n"
    "sector_sys: add $1, %ax\niret\n"
    "sector_irq: push %ax\nincw %cs:0x6004\nmov $0x20, %al\nout %al, $0x20\npop %ax\niret\n");

extern const u8 sector_irq[];

static struct world *sector_world(void)
{
    u32 size = (u32)(sector_end - sector);
    static struct image_segment segment;
    static struct image image;
    segment = (struct image_segment){ .pa = 0x7c00, .file_size = size, .mem_size = size };
    image = (struct image){ .name = "sector", .form = FORM_BOOT_SECTOR, .entry = 0x7c00, .load_low = 0x7c00,
                            .load_high = 0x7c00 + size, .segments = &segment, .segment_count = 1,
                           .file = (u8 *)(uintptr_t)sector, .file_size = size };
    struct world_config config = { .engine = ENGINE_NATIVE, .image = &image, .ram_bytes = GUEST_RAM };
    char error[200] = "";
    struct world *w = world_new(&config, error, sizeof error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(w);
    return w;
}

static void sixteen_bits(void)
{
    static const u32 limits[] = { 0, 64, 1000 };
    struct world *single = sector_world();
    u32 n = single_steps(single, a), irqs = 0;
    CU_ASSERT_EQUAL(world_outside(single)->exit_code, 9);
    for (u32 i = 0; i < n; i++)
        irqs += a[i].eip == 0x7c00 + (u32)(sector_irq - sector);
    CU_ASSERT_TRUE(irqs >= 2);
    for (unsigned i = 0; i < COUNT(limits); i++) {
        struct world *fast = sector_world();
        CU_ASSERT_EQUAL(one_run(fast, b, limits[i], STEPS), n);
        CU_ASSERT_EQUAL(first_difference(n), n);
        bool blocks = !TORTURE_ONE_INSN && !TORTURE_NO_CACHE;
        CU_ASSERT_TRUE(limits[i] || !blocks || fast->hw.careful < n / 3); /* most of it in blocks */
        CU_ASSERT_EQUAL(arena_hash(&fast->hw.arena), arena_hash(&single->hw.arena));
        world_free(fast);
    }
    world_free(single);
}

/* ---- generated guests ---- */

static bool same_log(struct gen_image *image, enum engine_id engine, u64 seed)
{
    struct world_config config = { .engine = engine };
    struct world *single = fuzz_world(image, &config, seed), *fast = fuzz_world(image, &config, seed);
    u32 n = single_steps(single, a), same = 0;
    if (one_run(fast, b, seed % 3 ? 0 : 64 + (u32)seed, world_step(single)) >= n)
        same = first_difference(n);
    if (same < n)
        printf("\n%s, seed %llu: record %u, at %08x, is not the state before it\n", engine_name(engine),
               (unsigned long long)seed, same, a[same].eip);
    world_free(single);
    world_free(fast);
    return same == n;
}

static void generated(void)
{
    static const enum engine_id all[] = { ENGINE_NATIVE, ENGINE_BT, ENGINE_VT, ENGINE_INTERP };
    const char *first = getenv("FUZZ_SEED"), *count = getenv("FUZZ_SEEDS");
    u64 seed = first ? strtoull(first, NULL, 0) : 1, end = seed + (count ? strtoull(count, NULL, 0) : 40), failed = 0;
    for (; seed < end; seed++) {
        struct gen *g = gen_new(seed);
        struct gen_image image;
        gen_make_image(g, &image);
        failed += !same_log(&image, seed % 2 ? ENGINE_NATIVE : all[seed / 2 % COUNT(all)], seed);
        free(g);
    }
    CU_ASSERT_EQUAL(failed, 0);
}

static const struct unit_case cases[] = {
    { "the same records, whoever executes", the_same_records },
    { "every iteration", every_iteration },
    { "every form of instruction in a block", every_form },
    { "16-bit code and stack throughout", sixteen_bits },
    { "generated guests", generated },
};
UNIT_MAIN("reglog", cases)
