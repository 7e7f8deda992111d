/* i8042.h - the keyboard controller, with the keyboard and the mouse behind it.
 *
 *  port 60h  data from and to the devices or the controller      IRQ 1 keyboard, IRQ 12 mouse
 *  port 64h  read: status                                        write: a command
 *
 *  status   7    6    5    4    3    2   1   0        command byte  7   6   5    4   3  2   1    0
 *         +----+----+----+----+----+---+---+---+                  +---+---+----+---+---+---+----+---+
 *         |PERR| TO |AUX |lock|C/D |SYS|IBF|OBF|                  | 0 |XLT|/AUX|/KB| 0 |SYS|IRQ12 IRQ1|
 *         +----+----+----+----+----+---+---+---+                  +---+---+----+---+---+---+----+---+
 *  output port: bit 0 /reset, bit 1 A20, bits 4 and 5 the two interrupts
 *
 * A byte of a device takes a millisecond on its wire, the controller's own answer 20 us.  The next
 * one starts when the output buffer has been read. */
#ifndef SIM_DEV_I8042_H
#define SIM_DEV_I8042_H

#include "sim/dev/ps2.h"

enum { KBC_OBF = 0x01, KBC_SYS = 0x04, KBC_COMMAND = 0x08, KBC_UNLOCKED = 0x10, KBC_AUX = 0x20 };
enum { KBC_IRQ1 = 0x01, KBC_IRQ12 = 0x02, KBC_KEYBOARD_OFF = 0x10, KBC_AUX_OFF = 0x20,
       KBC_TRANSLATE = 0x40 };
enum { KBC_OUT_RESET = 0x01, KBC_OUT_A20 = 0x02 };

struct i8042 {
    u64 ready;        /* tick at which the next byte reaches the output buffer, TIME_NEVER: none */
    u8 command_byte;
    u8 status;        /* OBF, AUX and C/D; the rest is made when read */
    u8 data;          /* the output buffer */
    u8 expect;        /* the command whose parameter is written to 60h next */
    u8 reply[2];      /* of the controller itself; [1]: 0 none, 1 keyboard's, 2 mouse's buffer */
    u8 breaking;      /* F0 was seen: the next translated key goes up */
    u8 pad;
    struct ps2_keyboard keyboard;
    struct ps2_mouse mouse;
};
_Static_assert(sizeof(struct i8042) == 16 + 24 + 32, "no implicit padding");

struct i8042_out { bool pulse_reset, set_a20, a20; };

void i8042_reset(struct i8042 *c);
void i8042_advance(struct i8042 *c, u64 now);
u8 i8042_read_data(struct i8042 *c, u64 now);
u8 i8042_read_status(const struct i8042 *c);
void i8042_write_data(struct i8042 *c, u64 now, u8 value, struct i8042_out *out);
void i8042_write_command(struct i8042 *c, u64 now, u8 value, bool a20, struct i8042_out *out);
/* From outside: a byte of a key (scan code set 2), a byte of a mouse packet. */
void i8042_key(struct i8042 *c, u64 now, u8 code);
void i8042_mouse(struct i8042 *c, u64 now, u8 byte);
bool i8042_irq1(const struct i8042 *c);
bool i8042_irq12(const struct i8042 *c);
/* The earliest tick at which irq1 or irq12 (aux) rises by itself; TIME_NEVER: not. */
u64 i8042_next_irq(const struct i8042 *c, bool aux);

#endif
