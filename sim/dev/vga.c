#include "sim/dev/vga.h"

#include "sim/dev/platform.h"

enum { FRAMES_PER_SECOND = 70, LINES = 449, LINES_SHOWN = 400, RETRACE_FIRST = 412,
       RETRACE_LAST = 413, PARTS = 100, PARTS_SHOWN = 80 };
enum { MISC_COLOUR = 0x01, STATUS_BLANKED = 0x01, STATUS_RETRACE = 0x08, PALETTE_ON = 0x20 };

/* Mode 3 (IBM VGA technical reference, "Mode tables") */
static const u8 text_crtc[VGA_CRTC] = { 0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00,
    0x4f, 0x0d, 0x0e, 0x00, 0x00, 0x00, 0x00, 0x9c, 0x8e, 0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3,
    0xff };
static const u8 text_seq[VGA_SEQ] = { 0x03, 0x00, 0x03, 0x00, 0x02 };
static const u8 text_gfx[VGA_GFX] = { 0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x0e, 0x00, 0xff };
static const u8 text_attr[VGA_ATTR] = { 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x14, 0x07, 0x38,
    0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x0c, 0x00, 0x0f, 0x08, 0x00 };

static void copy(u8 *to, const u8 *from, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        to[i] = from[i];
}

void vga_reset(struct vga *v)
{
    *v = (struct vga){ .misc = 0x67, .attr_index = PALETTE_ON, .dac_mask = 0xff };
    copy(v->crtc, text_crtc, VGA_CRTC);
    copy(v->seq, text_seq, VGA_SEQ);
    copy(v->gfx, text_gfx, VGA_GFX);
    copy(v->attr, text_attr, VGA_ATTR);
    for (unsigned i = 0; i < 64; i++) /* RGBrgb: two thirds, and one third for the small letters */
        for (unsigned c = 0; c < 3; c++)
            v->dac[i][c] = (u8)((i >> (2 - c) & 1) * 42 + (i >> (5 - c) & 1) * 21);
}

static u8 status(struct vga *v, u64 now)
{
    u64 in_second = now % TICKS_PER_SECOND * FRAMES_PER_SECOND * LINES;
    u64 line = in_second / TICKS_PER_SECOND % LINES;
    u64 part = in_second % TICKS_PER_SECOND * PARTS / TICKS_PER_SECOND;
    v->attr_data = 0;
    bool retrace = line >= RETRACE_FIRST && line <= RETRACE_LAST;
    bool shown = line < LINES_SHOWN && part < PARTS_SHOWN;
    return (retrace ? STATUS_RETRACE : 0) | (shown ? 0 : STATUS_BLANKED);
}

/* ---- the attribute controller: one port, index and data in turn ---- */

static void write_attr(struct vga *v, u8 value)
{
    unsigned index = v->attr_index & 31u;
    v->attr_data ^= 1;
    if (v->attr_data)
        v->attr_index = value & 0x3f;
    else if (index < VGA_ATTR && (index >= 16 || !(v->attr_index & PALETTE_ON)))
        v->attr[index] = value;
}

static u8 read_attr(const struct vga *v)
{
    unsigned index = v->attr_index & 31u;
    return index < VGA_ATTR ? v->attr[index] : 0;
}

/* ---- DAC: three accesses a colour, which counts up by itself ---- */

static void write_dac(struct vga *v, u8 value)
{
    v->dac_latch[v->dac_part++] = value & 0x3f;
    if (v->dac_part < 3)
        return;
    copy(v->dac[v->dac_write++], v->dac_latch, 3);
    v->dac_part = 0;
}

static u8 read_dac(struct vga *v)
{
    u8 value = v->dac[v->dac_read][v->dac_part++];
    if (v->dac_part == 3) {
        v->dac_part = 0;
        v->dac_read++;
    }
    return value;
}

static void choose_colour(struct vga *v, u8 value, bool reading)
{
    *(reading ? &v->dac_read : &v->dac_write) = value;
    v->dac_reading = reading ? 3 : 0;
    v->dac_part = 0;
}

/* ---- index and data pairs ---- */

static u8 indexed(const u8 *regs, unsigned count, unsigned index)
{
    return index < count ? regs[index] : 0;
}

static void write_crtc(struct vga *v, u8 value)
{
    unsigned i = v->crtc_index;
    if (i >= VGA_CRTC)
        return;
    if (i <= CRTC_OVERFLOW && (v->crtc[CRTC_RETRACE_END] & CRTC_PROTECT)) {
        if (i == CRTC_OVERFLOW) /* all but the line compare bit */
            v->crtc[i] = (u8)((v->crtc[i] & ~0x10) | (value & 0x10));
        return;
    }
    v->crtc[i] = value;
}

static void write_indexed(u8 *regs, unsigned count, unsigned index, u8 value)
{
    if (index < count)
        regs[index] = value;
}

/* 3Bxh and 3Dxh are the same registers, at the address that MISC chose. */
static bool crtc_port(const struct vga *v, u16 port, unsigned *reg)
{
    *reg = port & 0xf;
    bool colour = (port & 0xf0) == 0xd0, mono = (port & 0xf0) == 0xb0;
    return v->misc & MISC_COLOUR ? colour : mono;
}

bool vga_read(struct vga *v, u64 now, u16 port, u8 *value)
{
    unsigned reg;
    if (crtc_port(v, port, &reg)) {
        switch (reg) {
        case 0x4: *value = v->crtc_index; return true;
        case 0x5: *value = indexed(v->crtc, VGA_CRTC, v->crtc_index); return true;
        case 0xa: *value = status(v, now); return true;
        }
        return false;
    }
    switch (port) {
    case 0x3c0: *value = v->attr_index; return true;
    case 0x3c1: *value = read_attr(v); return true;
    case 0x3c2: *value = 0x10; return true; /* input status 0: a monitor is there */
    case 0x3c4: *value = v->seq_index; return true;
    case 0x3c5: *value = indexed(v->seq, VGA_SEQ, v->seq_index); return true;
    case 0x3c6: *value = v->dac_mask; return true;
    case 0x3c7: *value = v->dac_reading; return true;
    case 0x3c8: *value = v->dac_write; return true;
    case 0x3c9: *value = read_dac(v); return true;
    case 0x3ca: *value = v->feature; return true;
    case 0x3cc: *value = v->misc; return true;
    case 0x3ce: *value = v->gfx_index; return true;
    case 0x3cf: *value = indexed(v->gfx, VGA_GFX, v->gfx_index); return true;
    }
    return false;
}

bool vga_write(struct vga *v, u16 port, u8 value)
{
    unsigned reg;
    if (crtc_port(v, port, &reg)) {
        switch (reg) {
        case 0x4: v->crtc_index = value; return true;
        case 0x5: write_crtc(v, value); return true;
        case 0xa: v->feature = value; return true;
        }
        return false;
    }
    switch (port) {
    case 0x3c0: write_attr(v, value); return true;
    case 0x3c2: v->misc = value; return true;
    case 0x3c4: v->seq_index = value; return true;
    case 0x3c5: write_indexed(v->seq, VGA_SEQ, v->seq_index, value); return true;
    case 0x3c6: v->dac_mask = value; return true;
    case 0x3c7: choose_colour(v, value, true); return true;
    case 0x3c8: choose_colour(v, value, false); return true;
    case 0x3c9: write_dac(v, value); return true;
    case 0x3ce: v->gfx_index = value; return true;
    case 0x3cf: write_indexed(v->gfx, VGA_GFX, v->gfx_index, value); return true;
    }
    return false;
}

/* Lines shown: bits 1 and 6 of the overflow register are its bits 8 and 9. */
static unsigned lines_shown(const struct vga *v)
{
    unsigned over = v->crtc[CRTC_OVERFLOW];
    return (v->crtc[CRTC_ROWS_END] | (over & 2) << 7 | (over & 0x40) << 3) + 1;
}

struct vga_text vga_text(const struct vga *v)
{
    unsigned start = v->crtc[CRTC_START_HIGH] << 8 | v->crtc[CRTC_START_LOW];
    unsigned cursor = v->crtc[CRTC_CURSOR_HIGH] << 8 | v->crtc[CRTC_CURSOR_LOW];
    unsigned height = (v->crtc[CRTC_MAX_SCAN] & 31u) + 1;
    struct vga_text t = { .start = VGA_TEXT + start * 2, .columns = v->crtc[CRTC_COLUMNS] + 1u,
                          .rows = lines_shown(v) / height, .stride = v->crtc[CRTC_OFFSET] * 4u,
                          .graphics = v->gfx[6] & 1 };
    if (t.stride == 0)
        t.stride = 2 * t.columns;
    cursor -= start;
    t.cursor_row = cursor / (t.stride / 2);
    t.cursor_column = cursor % (t.stride / 2);
    t.cursor = !(v->crtc[CRTC_CURSOR_START] & CRTC_CURSOR_OFF) && t.cursor_row < t.rows &&
               t.cursor_column < t.columns;
    return t;
}
