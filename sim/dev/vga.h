/* vga.h - the display adapter's registers (IBM VGA), for text.
 *
 *  3C0h attribute index/data   3C4h/5h sequencer   3C6h-3C9h DAC   3CEh/Fh graphics
 *  3C2h/3CCh miscellaneous output   3?4h/5h CRT controller   3?Ah status; ?: B mono, D colour
 *
 *  Input status 1 (3?Ah)   7..4   3     2..1   0            bit 0: no pixels now (either blank)
 *                        +------+------+-----+---------+    bit 3: vertical retrace
 *                        |  0   |retrc |  0  | blanked |    both follow guest time: 70 frames a
 *                        +------+------+-----+---------+    second of 449 lines
 *
 * Text memory is the RAM at A0000-BFFFF: the planes that fonts are loaded through are not kept
 * apart, and nothing draws from them.  A character is a byte, its attribute the next one. */
#ifndef SIM_DEV_VGA_H
#define SIM_DEV_VGA_H

#include "sim/api/base.h"

enum { VGA_WINDOW = 0xa0000, VGA_TEXT = 0xb8000, VGA_TEXT_SIZE = 0x8000 };
enum { VGA_CRTC = 25, VGA_SEQ = 5, VGA_GFX = 9, VGA_ATTR = 21, VGA_DAC = 256 };
enum { CRTC_COLUMNS = 0x01, CRTC_OVERFLOW = 0x07, CRTC_MAX_SCAN = 0x09, CRTC_CURSOR_START = 0x0a,
       CRTC_CURSOR_END = 0x0b, CRTC_START_HIGH = 0x0c, CRTC_START_LOW = 0x0d,
       CRTC_CURSOR_HIGH = 0x0e, CRTC_CURSOR_LOW = 0x0f, CRTC_RETRACE_END = 0x11,
       CRTC_ROWS_END = 0x12, CRTC_OFFSET = 0x13, CRTC_CURSOR_OFF = 0x20, CRTC_PROTECT = 0x80 };

struct vga {
    u8 misc, feature;
    u8 crtc_index, seq_index, gfx_index;
    u8 attr_index;     /* bit 5: the palette belongs to the display */
    u8 attr_data;      /* 3C0h takes data next */
    u8 dac_mask, dac_read, dac_write, dac_part, dac_reading;
    u8 pad[4];
    u8 crtc[VGA_CRTC], seq[VGA_SEQ], gfx[VGA_GFX], attr[VGA_ATTR];
    u8 dac_latch[3], pad2;
    u8 dac[VGA_DAC][3];
};
_Static_assert(sizeof(struct vga) == 80 + 3 * VGA_DAC, "no implicit padding");

/* What a person sees of text: where the characters are. */
struct vga_text {
    u32 start;           /* guest-physical address of the first character */
    unsigned columns, rows, stride; /* stride: bytes from row to row */
    unsigned cursor_column, cursor_row;
    bool cursor;         /* it is shown, and on the screen */
    bool graphics;       /* this is no text */
};

/* 80 x 25, colour: mode 3 as firmware sets it. */
void vga_reset(struct vga *v);
/* Ports 3B0h-3DFh; false: nothing answers there now. */
bool vga_read(struct vga *v, u64 now, u16 port, u8 *value);
bool vga_write(struct vga *v, u16 port, u8 value);
struct vga_text vga_text(const struct vga *v);

#endif
