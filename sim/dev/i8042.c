#include "sim/dev/i8042.h"

#include "sim/dev/platform.h"

enum { WIRE_TICKS = TICKS_PER_SECOND / 1000, REPLY_TICKS = TICKS_PER_SECOND / 50000 };
enum source { FROM_NOBODY, FROM_CONTROLLER, FROM_KEYBOARD, FROM_MOUSE };
enum { REPLY_NONE, REPLY_KEYBOARD, REPLY_MOUSE };

void i8042_reset(struct i8042 *c)
{
    *c = (struct i8042){ .ready = TIME_NEVER };
    c->command_byte = KBC_SYS | KBC_TRANSLATE | KBC_IRQ1; /* as a PC's firmware leaves it */
    ps2_keyboard_reset(&c->keyboard);
    ps2_mouse_reset(&c->mouse);
}

/* ---- into the output buffer ---- */

static enum source who_sends(const struct i8042 *c)
{
    if (c->reply[1])
        return FROM_CONTROLLER;
    if (c->keyboard.queue.count && !(c->command_byte & KBC_KEYBOARD_OFF))
        return FROM_KEYBOARD;
    if (c->mouse.queue.count && !(c->command_byte & KBC_AUX_OFF))
        return FROM_MOUSE;
    return FROM_NOBODY;
}

/* After any change: does a byte start on its way now?  Who had started may be overtaken by the
 * controller, or be switched off. */
static void schedule(struct i8042 *c, u64 now)
{
    enum source s = c->status & KBC_OBF ? FROM_NOBODY : who_sends(c);
    u64 ready = now + (s == FROM_CONTROLLER ? REPLY_TICKS : WIRE_TICKS);
    if (s == FROM_NOBODY)
        c->ready = TIME_NEVER;
    else if (ready < c->ready)
        c->ready = ready;
}

static void fill(struct i8042 *c, u8 byte, bool aux)
{
    c->data = byte;
    c->status = (u8)((c->status & ~KBC_AUX) | KBC_OBF | (aux ? KBC_AUX : 0));
}

/* Set 2 to set 1: F0 is swallowed, and becomes bit 7 of the next code. */
static void fill_key(struct i8042 *c)
{
    u8 code = ps2_take(&c->keyboard.queue);
    if (!(c->command_byte & KBC_TRANSLATE)) {
        fill(c, code, false);
        return;
    }
    if (code == 0xf0) {
        c->breaking = 0x80;
        return;
    }
    fill(c, ps2_set1(code) | c->breaking, false);
    c->breaking = 0;
}

void i8042_advance(struct i8042 *c, u64 now)
{
    while (c->ready <= now) {
        u64 at = c->ready;
        c->ready = TIME_NEVER;
        switch (who_sends(c)) {
        case FROM_CONTROLLER:
            fill(c, c->reply[0], c->reply[1] == REPLY_MOUSE);
            c->reply[0] = c->reply[1] = 0;
            break;
        case FROM_KEYBOARD:
            fill_key(c);
            break;
        case FROM_MOUSE:
            fill(c, ps2_take(&c->mouse.queue), true);
            break;
        case FROM_NOBODY:
            break;
        }
        schedule(c, at);
    }
}

/* ---- port 60h ---- */

u8 i8042_read_data(struct i8042 *c, u64 now)
{
    c->status &= (u8)~(KBC_OBF | KBC_AUX);
    schedule(c, now);
    return c->data;
}

static void reply(struct i8042 *c, u64 now, u8 byte, u8 whose)
{
    c->reply[0] = byte;
    c->reply[1] = whose;
    schedule(c, now);
}

static void write_parameter(struct i8042 *c, u64 now, u8 command, u8 value, struct i8042_out *out)
{
    switch (command) {
    case 0x60:
        c->command_byte = value;
        break;
    case 0xd1:
        out->set_a20 = true;
        out->a20 = value & KBC_OUT_A20;
        out->pulse_reset = !(value & KBC_OUT_RESET);
        break;
    case 0xd2:
        reply(c, now, value, REPLY_KEYBOARD);
        break;
    case 0xd3:
        reply(c, now, value, REPLY_MOUSE);
        break;
    case 0xd4:
        c->command_byte &= (u8)~KBC_AUX_OFF;
        ps2_mouse_command(&c->mouse, value);
        break;
    }
}

void i8042_write_data(struct i8042 *c, u64 now, u8 value, struct i8042_out *out)
{
    u8 command = c->expect;
    *out = (struct i8042_out){ 0 };
    c->status &= (u8)~KBC_COMMAND;
    c->expect = 0;
    if (command) {
        write_parameter(c, now, command, value, out);
    } else { /* to the keyboard, whose clock starts again with it */
        c->command_byte &= (u8)~KBC_KEYBOARD_OFF;
        ps2_keyboard_command(&c->keyboard, value);
    }
    schedule(c, now);
}

/* ---- port 64h ---- */

u8 i8042_read_status(const struct i8042 *c)
{
    return c->status | KBC_UNLOCKED | (c->command_byte & KBC_SYS);
}

static u8 output_port(const struct i8042 *c, bool a20)
{
    return (u8)(0xc0 | KBC_OUT_RESET | (a20 ? KBC_OUT_A20 : 0) | (i8042_irq1(c) ? 0x10 : 0)
                | (i8042_irq12(c) ? 0x20 : 0));
}

static void self_test(struct i8042 *c, u64 now)
{
    c->command_byte = KBC_SYS | KBC_TRANSLATE | KBC_KEYBOARD_OFF | KBC_AUX_OFF;
    reply(c, now, 0x55, REPLY_KEYBOARD);
}

void i8042_write_command(struct i8042 *c, u64 now, u8 value, bool a20, struct i8042_out *out)
{
    *out = (struct i8042_out){ 0 };
    c->status |= KBC_COMMAND;
    c->expect = 0;
    switch (value) {
    case 0x20: reply(c, now, c->command_byte, REPLY_KEYBOARD); break;
    case 0x60: case 0xd1: case 0xd2: case 0xd3: case 0xd4: c->expect = value; break;
    case 0xa4: reply(c, now, 0xf1, REPLY_KEYBOARD); break; /* no password */
    case 0xa7: c->command_byte |= KBC_AUX_OFF; break;
    case 0xa8: c->command_byte &= (u8)~KBC_AUX_OFF; break;
    case 0xa9: case 0xab: reply(c, now, 0, REPLY_KEYBOARD); break; /* the wires are fine */
    case 0xaa: self_test(c, now); break;
    case 0xad: c->command_byte |= KBC_KEYBOARD_OFF; break;
    case 0xae: c->command_byte &= (u8)~KBC_KEYBOARD_OFF; break;
    case 0xc0: reply(c, now, 0x80, REPLY_KEYBOARD); break; /* not locked */
    case 0xd0: reply(c, now, output_port(c, a20), REPLY_KEYBOARD); break;
    default: /* F0-FF pulse the output port's low bits that are 0 */
        out->pulse_reset = value >= 0xf0 && !(value & KBC_OUT_RESET);
        break;
    }
    schedule(c, now);
}

/* ---- outside, and lines ---- */

void i8042_key(struct i8042 *c, u64 now, u8 code)
{
    ps2_keyboard_key(&c->keyboard, code);
    schedule(c, now);
}

void i8042_mouse(struct i8042 *c, u64 now, u8 byte)
{
    ps2_mouse_move(&c->mouse, byte);
    schedule(c, now);
}

bool i8042_irq1(const struct i8042 *c)
{
    return (c->command_byte & KBC_IRQ1) && (c->status & (KBC_OBF | KBC_AUX)) == KBC_OBF;
}

bool i8042_irq12(const struct i8042 *c)
{
    return (c->command_byte & KBC_IRQ12) && (c->status & KBC_AUX);
}

u64 i8042_next_irq(const struct i8042 *c, bool aux)
{
    struct i8042 later = *c;
    if (c->ready == TIME_NEVER || (c->status & KBC_OBF))
        return TIME_NEVER;
    while (later.ready != TIME_NEVER) { /* a swallowed F0 raises nothing */
        u64 at = later.ready;
        i8042_advance(&later, at);
        if (aux ? i8042_irq12(&later) : i8042_irq1(&later))
            return at;
    }
    return TIME_NEVER;
}
