#include "sim/dev/fwcfg.h"

enum item { ITEM_SIGNATURE = 0x00, ITEM_ID = 0x01, ITEM_RAM_SIZE = 0x03, ITEM_CPUS = 0x05,
            ITEM_BOOT_MENU = 0x0e, ITEM_MAX_CPUS = 0x0f, ITEM_DIRECTORY = 0x19,
            ITEM_E820 = 0x20, ITEM_VGA_ROM = 0x21,
            ITEM_IRQ0_OVERRIDE = 0x8002 /* the timer is on input 2 of the I/O APIC */ };
enum { E820_RAM = 1, E820_SIZE = 20, FILE_SIZE = 64, FILE_NAME = 8 };

struct file { const char *name; u16 item; u32 size; };

void fwcfg_select(struct fwcfg *f, u16 item)
{
    f->item = item;
    f->at = 0;
}

static u8 little(u64 value, u32 at) { return at < 8 ? (u8)(value >> 8 * at) : 0; }
static u8 big(u32 value, unsigned size, u32 at) { return (u8)(value >> 8 * (size - 1 - at)); }

static u8 text_byte(const char *text, u32 at)
{
    for (; at && *text; at--)
        text++;
    return (u8)*text;
}

/* One entry: base, length (64 bits each), type (32). */
static u8 e820_byte(u32 ram_bytes, u32 at)
{
    if (at < 8 || at >= E820_SIZE)
        return 0;
    return at < 16 ? little(ram_bytes, at - 8) : little(E820_RAM, at - 16);
}

/*  31           0 15    0 15   0
 * +--------------+-------+------+----------+
 * |     size     | item  |  0   | name[56] |     a file of the directory, big-endian
 * +--------------+-------+------+----------+ */
static u8 directory_byte(const struct fwcfg *f, u32 at)
{
    const struct file files[] = {
        { "etc/e820", ITEM_E820, E820_SIZE },
        { "vgaroms/vgabios.bin", ITEM_VGA_ROM, f->option_rom_size },
    };
    u32 count = f->option_rom_size ? 2 : 1, i = (at - 4) / FILE_SIZE, in = (at - 4) % FILE_SIZE;
    if (at < 4)
        return big(count, 4, at);
    if (i >= count)
        return 0;
    if (in < 4)
        return big(files[i].size, 4, in);
    if (in < 6)
        return big(files[i].item, 2, in - 4);
    return in < FILE_NAME ? 0 : text_byte(files[i].name, in - FILE_NAME);
}

bool fwcfg_read(struct fwcfg *f, u32 ram_bytes, u8 *value, u32 *rom_at)
{
    u32 at = f->at;
    f->at += at != ~0u;
    *value = 0;
    *rom_at = at;
    switch ((enum item)f->item) {
    case ITEM_SIGNATURE: *value = at < 4 ? text_byte("QEMU", at) : 0; break;
    case ITEM_ID: *value = little(1, at); break;
    case ITEM_IRQ0_OVERRIDE: *value = little(1, at); break;
    case ITEM_RAM_SIZE: *value = little(ram_bytes, at); break;
    case ITEM_CPUS:
    case ITEM_MAX_CPUS: *value = little(1, at); break;
    case ITEM_BOOT_MENU: break; /* no menu: nothing waits for a key */
    case ITEM_DIRECTORY: *value = directory_byte(f, at); break;
    case ITEM_E820: *value = e820_byte(ram_bytes, at); break;
    case ITEM_VGA_ROM: return at < f->option_rom_size;
    }
    return false;
}
