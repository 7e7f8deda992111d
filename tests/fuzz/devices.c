/* devices - any sequence of port accesses and waits, with a disk of any size behind the IDE channel.
 *
 * Input: the size of the disk, then five bytes an access (what, port, value); run as the guest's own
 * instructions, with interrupts open. */
#include "tests/fuzz/fuzz.h"

enum { RAM = 1 << 18, CODE = 0x10000, IDT = 0x2000, HANDLER = 0x3000, SECTORS = 40, SIZES = 4, MOST = 3000 };

static void emit(u8 *code, u32 *n, const void *bytes, u32 len)
{
    memcpy(code + *n, bytes, len);
    *n += len;
}

static void emit32(u8 *code, u32 *n, u8 opcode, u32 value)
{
    emit(code, n, &opcode, 1);
    emit(code, n, &value, 4);
}

/* Ports that something answers at are more interesting than the rest. */
static u16 choose_port(struct bytes *b)
{
    static const u16 known[] = { 0x20, 0x21, 0x40, 0x43, 0x60, 0x61, 0x64, 0x70, 0x71, 0x80, 0x92, 0xa0,
        0xa1, 0xf0, 0x1f0, 0x1f7, 0x170, 0x177, 0x376, 0x3c0, 0x3d4, 0x3f6, 0x3f8, 0x402, 0x4d0, 0x510,
        0x511, 0x600, 0xcf8, 0xcfc, 0xc000, 0 };
    u8 which = take8(b);
    return which & 0x80 ? (u16)(which << 8 | take8(b))
                        : (u16)(known[which & 31] + (which >> 5 & 3) * (which & 16 ? 2 : 1));
}

static void compile(struct bytes b, u8 *code, u32 *n)
{
    static const u8 access[] = { 0xee, 0xec, 0xef, 0xed }; /* out al, in al, out eax, in eax; dx */
    while (b.at < b.end && *n < MOST) {
        u8 what = take8(&b);
        emit32(code, n, 0xba, choose_port(&b));  /* mov edx, imm32 */
        emit32(code, n, 0xb8, what & 16 ? take32(&b) : take8(&b)); /* mov eax, imm32 */
        if (what & 8)
            emit(code, n, "\x66", 1);
        emit(code, n, &access[what & 3], 1);
        if (what & 4)
            emit(code, n, "\xb9\xff\0\0\0\xe2\xfe", 7); /* mov ecx, 255; loop . */
    }
    emit(code, n, "\xf4\xeb\xfd", 3); /* hlt, and again */
}

static void setup(struct hw *m, struct bytes b)
{
    static const u8 handler[] = { 0x50, 0xb0, 0x20, 0xe6, 0xa0, 0xe6, 0x20, 0x58, 0xcf };
    static const u32 gdt[] = { 0, 0, 0xffff, 0xcf9b00, 0xffff, 0xcf9300 };
    u8 code[MOST + 64];
    u32 n = 0;
    (void)take8(&b); /* the disk's size */
    compile(b, code, &n);
    machine_poke(m, CODE, code, n);
    machine_poke(m, HANDLER, handler, sizeof handler);
    machine_poke(m, 0x1000, gdt, sizeof gdt);
    for (u32 v = 0; v < 256; v++) {
        const u32 gate[] = { 8 << 16 | HANDLER, 0x8e00 };
        machine_poke(m, IDT + 8 * v, gate, sizeof gate);
    }
    arch_reset_multiboot(m->arch, CODE, 0);
    m->arch->seg[CS].sel = 8;
    for (unsigned i = 0; i < SREG_COUNT; i++)
        if (i != CS)
            m->arch->seg[i].sel = 16;
    m->arch->gdtr = (struct dtr){ 0x1000, 23 };
    m->arch->idtr = (struct dtr){ IDT, 256 * 8 - 1 };
    m->arch->reg[ESP] = 0x9000;
    m->arch->eflags |= FL_IF;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    static struct reused pair[SIZES][2];
    static const u64 stops[] = { 50, 400, 1500, 6000 };
    static u8 disk[SECTORS * 512];
    u32 which = size ? data[0] % SIZES : 0, sectors = which * which * SECTORS / 9; /* 0 4 17 40 */
    for (u32 i = 0; i < sizeof disk; i++)
        disk[i] = (u8)(i * 7 + i / 512);
    struct two_ways t = { .ram_bytes = RAM, .setup = setup, .input = { data, data + size } };
    if (sectors)
        t.media = (struct machine_media){ .disk = disk, .disk_sectors = sectors };
    fuzz_two_ways(pair[which], &t, stops, COUNT(stops));
    return 0;
}
