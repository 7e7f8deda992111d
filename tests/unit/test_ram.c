/* test_ram.c - a guest with 3 GB: what it is told, where its memory ends, and what that costs the host. */
#include "tests/unit/worlds.h"

#include <sys/wait.h>
#include <unistd.h>

#define THREE_GB 0xc0000000u
enum { MOST_EXTRA_MB = 8 };

/* The last word is memory, the next is nobody's; CMOS 34h-35h has 64 KB units above 16 MB, fw_cfg's
 * item 3 the size in bytes. */
GUEST(big,
    "movl $0x12345678, 0xbffffffc\ncmpl $0x12345678, 0xbffffffc\nmov $1, %bl\njne big_bad\n"
    "movl $0x12345678, 0xc0000000\ncmpl $-1, 0xc0000000\nmov $2, %bl\njne big_bad\n"
    "mov $0x35, %al\nout %al, $0x70\nin $0x71, %al\nmov %al, %ah\n"
    "mov $0x34, %al\nout %al, $0x70\nin $0x71, %al\ncmp $0xbf00, %ax\nmov $3, %bl\njne big_bad\n"
    "mov $3, %ax\nmov $0x510, %dx\nout %ax, %dx\ninc %dx\n"
    "in %dx, %al\nin %dx, %al\nin %dx, %al\nin %dx, %al\ncmp $0xc0, %al\nmov $4, %bl\njne big_bad\n"
    "EXIT $0\n"
    "big_bad: mov %bl, %al\nout %al, $0xf4\nhlt\n");

static long resident_kb(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    long size = 0, resident = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    CU_ASSERT_EQUAL(fscanf(f, "%ld %ld", &size, &resident), 2);
    fclose(f);
    return resident * 4;
}

static int run_once(enum engine_id engine)
{
    long before = resident_kb();
    struct world_config config = { .ram_bytes = THREE_GB };
    struct world *w = guest_world(big, (u32)(big_end - big), engine, config);
    if (!w)
        return 100;
    struct stop s = world_run(w, &(struct limits){ UINT64_MAX, 1000000 });
    long extra = resident_kb() - before;
    world_free(w);
    if (s.kind == STOP_EXIT && !s.arg && extra <= MOST_EXTRA_MB * 1024)
        return 0;
    printf("(%s: stop %d, code %u, %ld KB) ", engine_name(engine), (int)s.kind, s.arg, extra);
    fflush(stdout);
    return 1;
}

/* Later worlds cost no more than the first: what was freed is given back. */
static int run_big(enum engine_id engine)
{
    int failed = 0;
    for (unsigned n = 0; n < 3 && !failed; n++)
        failed = run_once(engine);
    return failed;
}

static void three_gigabytes(void)
{
    for (enum engine_id id = 0; id < ENGINE_COUNT; id++) {
        int status = -1;
        fflush(NULL);
        pid_t child = fork();
        if (child == 0)
            _exit(run_big(id));
        CU_ASSERT_TRUE_FATAL(child > 0 && waitpid(child, &status, 0) == child);
        CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
}

/* Multiboot and Linux see the whole of it (image_map.c). */
static void sizes_a_guest_may_have(void)
{
    static const struct { u32 bytes; bool ok; } size[] = {
        { 1 << 20, true }, { THREE_GB, true }, { THREE_GB + 4096, false }, { 1 << 19, false },
    };
    for (unsigned i = 0; i < COUNT(size); i++) {
        char error[200] = "";
        struct image image = { .name = "none", .form = FORM_FLAT };
        struct world_config config = { .image = &image, .ram_bytes = size[i].bytes };
        struct world *w = world_new(&config, error, sizeof error);
        CU_ASSERT_EQUAL(w != NULL, size[i].ok);
        CU_ASSERT_EQUAL(error[0] == 0, size[i].ok);
        if (w)
            world_free(w);
    }
}

static const struct unit_case cases[] = {
    { "3 GB", three_gigabytes },
    { "sizes", sizes_a_guest_may_have },
};

UNIT_MAIN("ram", cases)
