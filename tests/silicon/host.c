/* host.c - programs on the host's own processor, in 32-bit mode: a process of its own, without a library.
 *
 *   fd 3: struct shared; fd 4: commands, one byte each: which batch; fd 5: an answer byte each
 * A program ends in a signal.  Its handler keeps what the kernel saw, puts memory back and starts the next
 * program; it never returns. */
#include "tests/silicon/silicon.h"

enum { SYS_EXIT = 1, SYS_READ = 3, SYS_WRITE = 4, SYS_MODIFY_LDT = 123, SYS_SIGACTION = 174,
       SYS_SIGALTSTACK = 186, SYS_MMAP2 = 192 };
enum { PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4, MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_FIXED = 0x10,
       MAP_ANONYMOUS = 0x20, MAP_POPULATE = 0x8000 };
enum { SA_SIGINFO = 4, SA_ONSTACK = 0x08000000, SA_NODEFER = 0x40000000 };

/* The kernel's frame of a signal, as far as it matters (asm/sigcontext.h). */
struct context {
    u32 uc_flags, uc_link, uc_stack[3];
    u32 gs, fs, es, ds, edi, esi, ebp, esp, ebx, edx, ecx, eax, trapno, err, eip, cs, eflags;
    u32 esp_at_signal, ss, fpstate, oldmask, cr2;
};

/* What silicon_enter loads, in the order of POPA and POPF. */
struct entry { u32 edi, esi, ebp, unused, ebx, edx, ecx, eax, eflags, esp, eip, es, ds, fs, gs; };
extern struct entry silicon_entry;
extern u8 silicon_stack_top[];
void silicon_handler(void), silicon_caught(int signal, void *info, const struct context *c);
__attribute__((noreturn)) void silicon_enter(void);
__attribute__((noreturn)) void silicon_main(void);

__asm__(".bss\n.balign 64\n"
        ".globl silicon_entry, silicon_stack_top\n"
        "silicon_entry: .skip 64\n"
        ".balign 4096\n.skip 65536\nsilicon_stack_top:\n"
        ".text\n.globl _start, silicon_handler, silicon_enter\n"
        "_start: mov $silicon_stack_top, %esp\n"
        "  call silicon_main\n"
        /* AC and NT of the program are not for the handler */
        "silicon_handler: pushl $2\n"
        "  popfl\n"
        "  pushl 12(%esp)\n"
        "  pushl $0\n"
        "  pushl $0\n"
        "  call silicon_caught\n"
        "silicon_enter: mov silicon_entry+44, %es\n"
        "  mov silicon_entry+52, %fs\n"
        "  mov silicon_entry+56, %gs\n"
        "  mov $silicon_entry, %esp\n"
        "  popal\n"
        "  popfl\n"
        "  mov %ss:silicon_entry+48, %ds\n"
        "  mov %ss:silicon_entry+36, %esp\n"
        "  jmp *%ss:silicon_entry+40\n");

static struct shared *const shared = (struct shared *)0x0a000000;
static struct batch *batch;
static u32 current;

static s32 syscall6(u32 n, u32 a, u32 b, u32 c, u32 d, u32 e, u32 f)
{
    static u32 sixth;
    s32 result;
    sixth = f;
    __asm__ volatile("push %%ebp\n mov %7, %%ebp\n int $0x80\n pop %%ebp"
                     : "=a"(result)
                     : "a"(n), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e), "m"(sixth)
                     : "memory");
    return result;
}

static s32 syscall3(u32 n, u32 a, u32 b, u32 c) { return syscall6(n, a, b, c, 0, 0, 0); }

static __attribute__((noreturn)) void leave(u32 code)
{
    for (;;)
        syscall3(SYS_EXIT, code, 0, 0);
}

static bool map(u32 at, u32 size, u32 prot, u32 flags, u32 fd, u32 offset)
{
    return syscall6(SYS_MMAP2, at, size, prot, flags | MAP_FIXED | MAP_POPULATE, fd, offset / 4096) == (s32)at;
}

static bool map_shared(u32 at, u32 prot, const u8 *what)
{
    return map(at, 4096, prot, MAP_SHARED, HOST_SHARED_FD, (u32)(what - (u8 *)shared));
}

static bool map_private(u32 at)
{
    return map(at, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, (u32)-1, 0);
}

static bool map_all(void)
{
    u32 size = (sizeof(struct shared) + 4095) / 4096 * 4096;
    if (!map((u32)shared, size, PROT_READ | PROT_WRITE, MAP_SHARED, HOST_SHARED_FD, 0))
        return false;
    shared->low_mapped = map_private(LOW_AT);
    for (unsigned i = PAGE_DATA0; i < PAGES_WRITABLE; i++)
        if (!map_private(page_at[i]))
            return false;
    return map_shared(page_at[PAGE_READ_ONLY], PROT_READ, shared->read_only) &&
           map_shared(CODE_AT, PROT_READ | PROT_EXEC, shared->code);
}

static bool load_ldt(void)
{
    static const struct { u32 base, limit; u8 contents, read_only, present, wide, pages; } row[] = {
#define L(id, base, limit, contents, read_only, present, wide, pages) \
    { base, limit, contents, read_only, present, wide, pages },
#include "tests/silicon/segments.def"
#undef L
    };
    for (u32 i = 0; i < LDT_ROWS; i++) {
        u32 flags = (u32)row[i].wide | (u32)row[i].contents << 1 | (u32)row[i].read_only << 3 |
                    (u32)row[i].pages << 4 | (row[i].present ? 0u : 1u << 5);
        u32 desc[4] = { i, row[i].base, row[i].limit, flags };
        if (syscall3(SYS_MODIFY_LDT, 0x11, (u32)desc, sizeof desc) != 0)
            return false;
    }
    return true;
}

static bool catch_signals(void)
{
    static const u8 which[] = { 4 /* ILL */, 5 /* TRAP */, 7 /* BUS */, 8 /* FPE */, 11 /* SEGV */ };
    u32 action[5] = { (u32)silicon_handler, SA_SIGINFO | SA_ONSTACK | SA_NODEFER, 0, 0, 0 };
    u32 stack[3] = { (u32)silicon_stack_top - 65536, 0, 65536 };
    if (syscall3(SYS_SIGALTSTACK, (u32)stack, 0, 0) != 0)
        return false;
    for (unsigned i = 0; i < COUNT(which); i++)
        if (syscall6(SYS_SIGACTION, which[i], (u32)action, 0, 8, 0, 0) != 0)
            return false;
    return true;
}

/* ---- one program ---- */

static void copy(u8 *to, const u8 *from, u32 n)
{
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
}

static void fill(u8 *to, u8 value, u32 n)
{
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(value) : "memory");
}

/* Bytes of `job` that lie in a writable page. */
static void poke(const struct job *j)
{
    for (unsigned p = 0; p < PAGES_WRITABLE; p++) {
        if (p == PAGE_LOW && !shared->low_mapped)
            continue;
        for (u32 i = 0; i < j->poke_len; i++)
            if (j->poke_at + i - page_at[p] < 4096)
                *(u8 *)(j->poke_at + i) = j->poke[i];
    }
}

static void place_code(const struct job *j)
{
    u32 at = j->eip - CODE_AT, room = 4096 - at;
    copy(shared->code + at, j->code, j->code_len < room ? j->code_len : room);
}

static void take_code(const struct job *j)
{
    u32 at = j->eip - CODE_AT, room = 4096 - at;
    fill(shared->code + at, 0xcc, j->code_len < room ? j->code_len : room);
}

static void start(const struct job *j)
{
    silicon_entry = (struct entry){
        .edi = j->reg[7], .esi = j->reg[6], .ebp = j->reg[5], .ebx = j->reg[3], .edx = j->reg[2],
        .ecx = j->reg[1], .eax = j->reg[0], .eflags = j->eflags, .esp = j->reg[4], .eip = j->eip,
        .es = j->seg[0], .ds = j->seg[3], .fs = j->seg[4], .gs = j->seg[5],
    };
    poke(j);
    place_code(j);
    silicon_enter();
}

static void digest(struct result *r)
{
    for (unsigned p = 0; p < PAGES_WRITABLE; p++) {
        u8 *now = (u8 *)page_at[p];
        const u8 *was = batch->page[p];
        if (p == PAGE_LOW && !shared->low_mapped)
            continue;
        for (u32 at = 0; at < 4096; at += CHUNK)
            if (chunk_differs(now + at, was + at)) {
                digest_chunk(r->memory, page_at[p] + at, now + at);
                if (batch->count == 1)
                    copy(batch->after[p] + at, now + at, CHUNK);
                copy(now + at, was + at, CHUNK);
            }
    }
}

static void keep(struct result *r, const struct context *c)
{
    *r = (struct result){
        .reg = { c->eax, c->ecx, c->edx, c->ebx, c->esp, c->ebp, c->esi, c->edi },
        .eflags = c->eflags, .eip = c->eip, .vector = c->trapno, .error = c->err, .cr2 = c->cr2,
        .seg = { (u16)c->es, (u16)c->cs, (u16)c->ss, (u16)c->ds, (u16)c->fs, (u16)c->gs },
    };
}

/* ---- batches ---- */

static void begin(struct batch *b)
{
    batch = b;
    current = 0;
    b->done = 0;
    for (unsigned p = 0; p < PAGES_WRITABLE; p++) {
        if (p != PAGE_LOW || shared->low_mapped)
            copy((u8 *)page_at[p], b->page[p], 4096);
        if (b->count == 1)
            copy(b->after[p], b->page[p], 4096);
    }
}

static void command(void)
{
    u8 byte;
    if (syscall3(SYS_READ, HOST_COMMAND_FD, (u32)&byte, 1) != 1 || byte >= BATCHES)
        leave(0);
    begin(&shared->batch[byte]);
}

static __attribute__((noreturn)) void go_on(void)
{
    for (;;) {
        while (batch && current < batch->count && batch->job[current].skip)
            current++;
        if (batch && current < batch->count) {
            *(volatile u32 *)&batch->done = current;
            start(&batch->job[current]);
        }
        if (batch)
            batch->done = batch->count;
        if (syscall3(SYS_WRITE, HOST_ANSWER_FD, (u32)"", 1) != 1)
            leave(1);
        command();
    }
}

void silicon_caught(int signal, void *info, const struct context *c)
{
    (void)signal;
    (void)info;
    if (!batch || current >= batch->count)
        leave(3);
    struct result *r = &batch->result[current];
    keep(r, c);
    take_code(&batch->job[current]);
    digest(r);
    current++;
    go_on();
}

void silicon_main(void)
{
    if (!map_all() || !catch_signals())
        leave(2);
    shared->ldt_loaded = load_ldt();
    fill(shared->code, 0xcc, sizeof shared->code);
    go_on(); /* the first answer: ready */
}
