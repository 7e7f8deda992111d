/* ps2.h - the keyboard and the mouse at the end of their two-wire lines.
 *
 * What they send waits in a small queue until the controller (i8042.h) takes it.  The keyboard is
 * an MF II: keys arrive in scan code set 2 and are sent in the set that the host chose (1 or 2).
 * The mouse sends packets of three bytes:
 *
 *        7     6     5    4    3   2      1     0
 *      +-----+-----+----+----+---+------+-----+----+
 *      |Y ovf|X ovf| Y<0| X<0| 1 |middle|right|left|   then X, then Y (up is positive)
 *      +-----+-----+----+----+---+------+-----+----+ */
#ifndef SIM_DEV_PS2_H
#define SIM_DEV_PS2_H

#include "sim/api/base.h"

enum { PS2_QUEUE = 16, PS2_ACK = 0xfa, PS2_RESEND = 0xfe, PS2_BAT_OK = 0xaa, PS2_OVERRUN = 0 };

struct ps2_queue { u8 count, last; u8 byte[PS2_QUEUE]; }; /* oldest first; unused bytes are zero */

struct ps2_keyboard {
    struct ps2_queue queue;
    u8 enabled;    /* scans */
    u8 set;        /* 1 or 2 */
    u8 expect;     /* the command whose parameter comes next */
    u8 leds, rate;
    u8 breaking;   /* F0 was seen: the next key goes up (while converting to set 1) */
};
struct ps2_mouse {
    struct ps2_queue queue;
    u8 enabled;    /* reports by itself in stream mode */
    u8 remote, wrap, scaling2;
    u8 expect;
    u8 rate, resolution;
    u8 buttons;
    u8 in[3], in_count; /* a packet that arrives from outside */
    u8 pad[2];
};
_Static_assert(sizeof(struct ps2_keyboard) == 24 && sizeof(struct ps2_mouse) == 32, "no padding");

void ps2_keyboard_reset(struct ps2_keyboard *k);
void ps2_mouse_reset(struct ps2_mouse *m);
/* A byte from the host. */
void ps2_keyboard_command(struct ps2_keyboard *k, u8 byte);
void ps2_mouse_command(struct ps2_mouse *m, u8 byte);
/* A byte of a key (set 2), a byte of a packet: from the person in front of it. */
void ps2_keyboard_key(struct ps2_keyboard *k, u8 code);
void ps2_mouse_move(struct ps2_mouse *m, u8 byte);
/* The oldest byte that waits; the queue has one. */
u8 ps2_take(struct ps2_queue *q);
/* A key of set 2 in set 1, without its break bit. */
u8 ps2_set1(u8 code);

#endif
