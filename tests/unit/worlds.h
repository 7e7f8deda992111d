/* worlds.h - one guest under every engine that is built in, for tests of the contracts.
 *
 * The guest has descriptor tables, paging, a timer, faults with handlers, REP, a hidden and a true page
 * fault, code that it rewrites, and port output; no instruction that de-privileging breaks in
 * silence, so that all engines run it alike.  It ends with exit code 9. */
#ifndef TESTS_WORLDS_H
#define TESTS_WORLDS_H

#include <string.h>

#include "lessons/world.h"
#include "tests/unit/guests.h"
#include "tests/unit/unit.h"

GUEST(busy,
    GUEST_LOAD_GDT(busy)
    GUEST_GATE(busy, 0, busy_de, 8e)
    GUEST_GATE(busy, 14, busy_pf, 8e)
    GUEST_GATE(busy, 32, busy_irq, 8e)
    GUEST_GATE(busy, 128, busy_sys, ef)
    GUEST_LOAD_IDT(busy)
    "mov $0x21000, %edi\nmov $7, %eax\n"                           /* 64 pages at first */
    "busy_map: mov %eax, (%edi)\nadd $4096, %eax\nadd $4, %edi\ncmp $0x21800, %edi\njne busy_map\n"
    "movl $0x21007, 0x20000\n"
    "mov $0x20000, %eax\nmov %eax, %cr3\nmov %cr0, %eax\nor $0x80000000, %eax\nmov %eax, %cr0\n"
    "xor %ebx, %ebx\nxor %edx, %edx\nmov $7, %eax\ndiv %ebx\n"     /* #DE */
    "int $0x80\n"
    "movl $77, 0x300010\n"                                          /* true #PF */
    GUEST_TIMER(90)
    "sti\n"
    "busy_loop: mov $0x110000, %esi\nmov $0x111000, %edi\nmov $20, %ecx\nrep movsb\n"
    "mov 0x6000, %al\nmov %al, busy_patch+1-busy+0x100000\n"        /* its own next instruction */
    "busy_patch: mov $0, %bl\nadd %bl, 0x6020\nmov $'.', %al\nout %al, $0xe9\n"
    "call busy_leaf\ncmpl $9, 0x6000\njb busy_loop\n"
    "cli\nbusy_halt: sti\nhlt\ncli\ncmpl $12, 0x6000\njb busy_halt\n"
    "EXIT $9\n"
    "busy_leaf: push %ebp\nmov %esp, %ebp\nlea 3(%ebx), %eax\nxor %eax, 0x6024\nleave\nret\n"
    "busy_de: incl 0x6010\naddl $2, (%esp)\niret\n"
    "busy_pf: mov %cr2, %eax\nmov %eax, 0x6014\nmovl $0x200007, 0x21000+0x300*4\n"
    "add $4, %esp\niret\n"
    "busy_irq: push %eax\nincl 0x6000\nmov $0x20, %al\nout %al, $0x20\npop %eax\niret\n"
    "busy_sys: add %ebx, 0x601c\niret\n"
    GUEST_GDT(busy));

/* It never ends: a port, a loop, a port. */
GUEST(endless,
    "endless_loop: mov $100, %ecx\nendless_in: in $0x61, %al\ndec %ecx\njnz endless_in\n"
    "mov $3000, %ecx\nendless_wait: dec %ecx\njnz endless_wait\njmp endless_loop\n");

static inline struct world *guest_world(const u8 *code, u32 size, enum engine_id engine,
                                        struct world_config config)
{
    static struct image_segment segment;
    static struct image image;
    char error[200];
    segment = (struct image_segment){ .pa = GUEST_LOAD, .file_size = size, .mem_size = size };
    image = (struct image){ .name = "test", .entry = GUEST_LOAD, .load_low = GUEST_LOAD,
                            .load_high = GUEST_LOAD + size, .segments = &segment,
                            .segment_count = 1, .file = (u8 *)(uintptr_t)code,
                            .file_size = size };
    config.engine = engine;
    config.image = &image;
    if (!config.ram_bytes)
        config.ram_bytes = GUEST_RAM;
    struct world *w = world_new(&config, error, sizeof error);
    if (!w)
        printf("(%s) ", error);
    return w;
}

static inline struct world *busy_world(enum engine_id engine, struct world_config config)
{
    return guest_world(busy, (u32)(busy_end - busy), engine, config);
}

/* Run on; a nearly full ring is emptied on the way. */
static inline struct stop run_on(struct world *w, u64 step, u64 tick)
{
    struct limits limits = { .step = step, .tick = tick };
    for (;;) {
        struct stop s = world_run(w, &limits);
        struct event e;
        if (s.kind != STOP_RING)
            return s;
        while (events_next(&w->hw.events, &e))
            ;
    }
}

static inline void each_engine(void (*test)(enum engine_id))
{
    for (unsigned id = 0; id < ENGINE_COUNT; id++)
        test((enum engine_id)id);
}

#endif
