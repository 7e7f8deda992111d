/* view_board.c - the devices of a PC besides those of the devices view, and where memory leads. */
#include "tui/view.h"

#include "tui/session.h"

static void when(struct sheet *s, const char *key, u64 tick)
{
    if (tick == TIME_NEVER)
        sheet_text(s, key, "never");
    else
        sheet_text(s, key, "tick %llu", (unsigned long long)tick);
}

static void clock_section(const struct mc146818 *r, struct sheet *s)
{
    sheet_section(s, SHEET_PAIRS, "clock", "the clock, MC146818");
    sheet_row(s);
    sheet_text(s, "date", "%02x%02x-%02x-%02x", r->byte[RTC_CENTURY], r->byte[RTC_YEAR],
               r->byte[RTC_MONTH], r->byte[RTC_DAY]);
    sheet_text(s, "time", "%02x:%02x:%02x", r->byte[RTC_HOUR], r->byte[RTC_MINUTE],
               r->byte[RTC_SECOND]);
    sheet_hex(s, "a", r->byte[RTC_A], 2);
    sheet_hex(s, "b", r->byte[RTC_B], 2);
    sheet_hex(s, "c", r->byte[RTC_C], 2);
    sheet_hex(s, "index", r->index, 2);
    when(s, "next-irq", mc146818_next_irq(r));
}

static void keyboard_section(const struct i8042 *c, struct sheet *s)
{
    sheet_section(s, SHEET_PAIRS, "keyboard", "the keyboard controller, 8042");
    sheet_row(s);
    sheet_hex(s, "status", i8042_read_status(c), 2);
    sheet_hex(s, "command-byte", c->command_byte, 2);
    sheet_hex(s, "data", c->data, 2);
    when(s, "next-byte", c->ready);
    sheet_row(s);
    sheet_number(s, "keyboard-waiting", c->keyboard.queue.count);
    sheet_number(s, "scan-set", c->keyboard.set);
    sheet_hex(s, "leds", c->keyboard.leds, 1);
    sheet_number(s, "mouse-waiting", c->mouse.queue.count);
    sheet_bool(s, "mouse-reports", c->mouse.enabled);
}

static void disk_section(const struct ata *d, struct sheet *s)
{
    static const char *const doing[] = { "idle", "identify", "reading", "writing" };
    sheet_section(s, SHEET_PAIRS, "disk", "the disk, IDE primary master");
    sheet_row(s);
    if (!d->sectors) {
        sheet_text(s, "disk", "none");
        return;
    }
    sheet_number(s, "sectors", d->sectors);
    sheet_hex(s, "status", ata_alternate_status(d), 2);
    sheet_hex(s, "error", d->error, 2);
    sheet_hex(s, "device", d->device, 2);
    sheet_text(s, "doing", "%s", doing[d->direction]);
    sheet_number(s, "sector", d->lba);
    sheet_number(s, "left", d->left);
    when(s, "ready", d->ready);
    sheet_bool(s, "irq", ata_irq(d));
}

static void display_section(const struct vga *v, struct sheet *s)
{
    struct vga_text t = vga_text(v);
    sheet_section(s, SHEET_PAIRS, "display", "the display, VGA");
    sheet_row(s);
    sheet_text(s, "mode", t.graphics ? "graphics" : "text");
    sheet_text(s, "size", "%ux%u", t.columns, t.rows);
    sheet_hex(s, "start", t.start, 5);
    sheet_hex(s, "misc", v->misc, 2);
}

static void map_row(struct sheet *s, u32 first, u32 last, const char *reads, const char *writes)
{
    sheet_row(s);
    sheet_hex(s, "from", first, 8);
    sheet_hex(s, "to", last, 8);
    sheet_text(s, "reads", "%s", reads);
    sheet_text(s, "writes", "%s", writes);
}

/* C0000-FFFFF in areas of 16 KB; equal neighbours are one row. */
static void pam_rows(const struct platform *p, struct sheet *s)
{
    enum { AREA = 16 << 10 };
    for (u32 first = PAM_START, next; first < PAM_END; first = next) {
        unsigned pam = platform_pam(p, first);
        for (next = first + AREA; next < PAM_END && platform_pam(p, next) == pam;)
            next += AREA;
        map_row(s, first, next - 1, pam & PAM_RE ? "RAM" : "bus", pam & PAM_WE ? "RAM" : "bus");
    }
}

static void map_section(const struct platform *p, const struct image *image, struct sheet *s)
{
    u32 rom = (u32)image->media[SLOT_ROM].size;
    sheet_section(s, SHEET_TABLE, "map", p->a20 ? "memory" : "memory; A20 is off");
    map_row(s, 0, PAM_START - 1, "RAM", "RAM");
    pam_rows(p, s);
    if (p->ram_bytes > PAM_END)
        map_row(s, PAM_END, p->ram_bytes - 1, "RAM", "RAM");
    if (rom)
        map_row(s, 0u - rom, ~0u, "ROM", "nothing");
}

void view_board(const struct view_context *c, struct sheet *s)
{
    struct platform p = *world_platform(c->world); /* brought to the present, as an access would */
    u64 now = world_tick(c->world);
    if (now > p.now)
        platform_advance(&p, now);
    clock_section(&p.rtc, s);
    keyboard_section(&p.kbc, s);
    disk_section(&p.ata, s);
    display_section(&p.vga, s);
    map_section(&p, c->world->image, s);
}
