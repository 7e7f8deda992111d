/* image_start.c - the processor's state in which a guest begins, by what started it. */
#include "lessons/image_impl.h"

enum { AR_CODE32 = 0xc09b, AR_DATA32 = 0xc093, BOOT_CS = 0x10, BOOT_DS = 0x18, GDT_LIMIT = 31,
       FIRST_DISK = 0x80 };

/* Linux, boot.rst, "32-bit BOOT PROTOCOL": flat segments with a GDT behind them, IF = 0, ESI the
 * zero page, EBP = EDI = EBX = 0. */
static void start_linux(struct arch *s, u32 eip)
{
    arch_reset_multiboot(s, eip, 0);
    s->reg[EAX] = 0;
    s->reg[ESI] = LINUX_PARAMS;
    for (unsigned i = 0; i < SREG_COUNT; i++)
        s->seg[i] = (struct seg){ .sel = BOOT_DS, .ar = AR_DATA32, .limit = 0xffffffffu };
    s->seg[CS] = (struct seg){ .sel = BOOT_CS, .ar = AR_CODE32, .limit = 0xffffffffu };
    s->gdtr.base = LINUX_GDT;
    s->gdtr.limit = GDT_LIMIT;
}

/* As a BIOS jumps to it (BIOS Boot Specification 1.01, 6.5.1), but for IF: nobody has set up the
 * interrupt controllers. */
static void start_boot_sector(struct arch *s, u32 eip)
{
    arch_reset(s);
    s->cr0 = CR0_ET;
    s->reg[EDX] = FIRST_DISK;
    s->reg[ESP] = eip;
    s->eip = eip;
    s->seg[CS].sel = 0;
    s->seg[CS].base = 0;
    s->idtr.limit = 0x3ff;
}

void image_start(const struct image *img, struct arch *state)
{
    switch (img->form) {
    case FORM_FLAT:
    case FORM_ELF: arch_reset_multiboot(state, img->entry, img->info); break;
    case FORM_LINUX: start_linux(state, img->entry); break;
    case FORM_BOOT_SECTOR: start_boot_sector(state, img->entry); break;
    case FORM_FIRMWARE: arch_reset(state); break;
    }
}
