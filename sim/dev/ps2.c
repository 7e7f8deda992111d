#include "sim/dev/ps2.h"

/* ---- queues ---- */

static void send(struct ps2_queue *q, u8 byte)
{
    if (q->count < PS2_QUEUE)
        q->byte[q->count++] = byte;
    else
        q->byte[PS2_QUEUE - 1] = PS2_OVERRUN; /* keys were lost: the host is told */
}

static void empty(struct ps2_queue *q)
{
    *q = (struct ps2_queue){ .last = q->last };
}

u8 ps2_take(struct ps2_queue *q)
{
    assert(q->count > 0);
    q->last = q->byte[0];
    q->count--;
    for (unsigned i = 0; i < q->count; i++)
        q->byte[i] = q->byte[i + 1];
    q->byte[q->count] = 0;
    return q->last;
}

/* ---- keyboard ---- */

/* IBM's translation from set 2, as the 8042 does it, too: 16 codes a row. */
u8 ps2_set1(u8 code)
{
    static const u8 table[128] = {
        0xff, 0x43, 0x41, 0x3f, 0x3d, 0x3b, 0x3c, 0x58, 0x64, 0x44, 0x42, 0x40, 0x3e, 0x0f, 0x29, 0x59,
        0x65, 0x38, 0x2a, 0x70, 0x1d, 0x10, 0x02, 0x5a, 0x66, 0x71, 0x2c, 0x1f, 0x1e, 0x11, 0x03, 0x5b,
        0x67, 0x2e, 0x2d, 0x20, 0x12, 0x05, 0x04, 0x5c, 0x68, 0x39, 0x2f, 0x21, 0x14, 0x13, 0x06, 0x5d,
        0x69, 0x31, 0x30, 0x23, 0x22, 0x15, 0x07, 0x5e, 0x6a, 0x72, 0x32, 0x24, 0x16, 0x08, 0x09, 0x5f,
        0x6b, 0x33, 0x25, 0x17, 0x18, 0x0b, 0x0a, 0x60, 0x6c, 0x34, 0x35, 0x26, 0x27, 0x19, 0x0c, 0x61,
        0x6d, 0x73, 0x28, 0x74, 0x1a, 0x0d, 0x62, 0x6e, 0x3a, 0x36, 0x1c, 0x1b, 0x75, 0x2b, 0x63, 0x76,
        0x55, 0x56, 0x77, 0x78, 0x79, 0x7a, 0x0e, 0x7b, 0x7c, 0x4f, 0x7d, 0x4b, 0x47, 0x7e, 0x7f, 0x6f,
        0x52, 0x53, 0x50, 0x4c, 0x4d, 0x48, 0x01, 0x45, 0x57, 0x4e, 0x51, 0x4a, 0x37, 0x49, 0x46, 0x54,
    };
    if (code < COUNT(table))
        return table[code];
    return code == 0x83 ? 0x41 : code == 0x84 ? 0x54 : code; /* F7, Alt+SysRq */
}

void ps2_keyboard_key(struct ps2_keyboard *k, u8 code)
{
    if (!k->enabled)
        return;
    if (k->set != 1) {
        send(&k->queue, code);
        return;
    }
    if (code == 0xf0) {
        k->breaking = 0x80;
        return;
    }
    send(&k->queue, code == 0xe0 || code == 0xe1 ? code : ps2_set1(code) | k->breaking);
    if (code != 0xe0 && code != 0xe1)
        k->breaking = 0;
}

static void keyboard_defaults(struct ps2_keyboard *k)
{
    empty(&k->queue);
    k->set = 2;
    k->rate = 0x2b; /* 10.9 characters a second after 500 ms */
    k->expect = k->breaking = 0;
}

void ps2_keyboard_reset(struct ps2_keyboard *k)
{
    *k = (struct ps2_keyboard){ .enabled = 1 };
    keyboard_defaults(k);
}

/* Key types (FB-FD) are of set 3: codes are listed up to the next command. */
static void keyboard_parameter(struct ps2_keyboard *k, u8 command, u8 byte)
{
    if (command == 0xf0 && byte > 2) { /* no such set */
        send(&k->queue, PS2_RESEND);
        return;
    }
    send(&k->queue, PS2_ACK);
    if (command >= 0xfb) {
        k->expect = command;
        return;
    }
    if (command == 0xed)
        k->leds = byte & 7;
    else if (command == 0xf3)
        k->rate = byte & 0x7f;
    else if (byte == 0)
        send(&k->queue, k->set);
    else
        k->set = byte;
}

void ps2_keyboard_command(struct ps2_keyboard *k, u8 byte)
{
    u8 command = k->expect;
    k->expect = 0;
    if (command && byte < 0x80) {
        keyboard_parameter(k, command, byte);
        return;
    }
    switch (byte) {
    case 0xed: /* lamps */
    case 0xf0: /* scan code set */
    case 0xf3: /* typematic rate */
    case 0xfb: /* of some keys: typematic; make and break; make alone */
    case 0xfc:
    case 0xfd:
        k->expect = byte;
        send(&k->queue, PS2_ACK);
        return;
    case 0xf7: /* of all keys; F9: make alone, FA: typematic, make and break */
    case 0xf8:
    case 0xf9:
    case 0xfa:
        send(&k->queue, PS2_ACK);
        return;
    case 0xee: /* echo */
        send(&k->queue, 0xee);
        return;
    case 0xf2: /* who are you */
        send(&k->queue, PS2_ACK), send(&k->queue, 0xab), send(&k->queue, 0x83);
        return;
    case 0xf4: /* scan; F5: defaults, and do not; F6: defaults */
    case 0xf5:
    case 0xf6:
        if (byte != 0xf4)
            keyboard_defaults(k);
        else
            empty(&k->queue);
        k->enabled = byte != 0xf5 && (byte == 0xf4 || k->enabled);
        send(&k->queue, PS2_ACK);
        return;
    case 0xfe:
        send(&k->queue, k->queue.last);
        return;
    case 0xff:
        ps2_keyboard_reset(k);
        send(&k->queue, PS2_ACK), send(&k->queue, PS2_BAT_OK);
        return;
    }
    send(&k->queue, PS2_RESEND);
}

/* ---- mouse ---- */

static void mouse_defaults(struct ps2_mouse *m)
{
    u8 buttons = m->buttons;
    *m = (struct ps2_mouse){ .rate = 100, .resolution = 2, .buttons = buttons,
                             .queue.last = m->queue.last };
}

void ps2_mouse_reset(struct ps2_mouse *m)
{
    *m = (struct ps2_mouse){ 0 };
    mouse_defaults(m);
}

/* Scaling 2:1, of what the mouse sends by itself: small movements are made smaller, others twice as large. */
static s32 doubled(s32 v)
{
    static const u8 small[] = { 0, 1, 1, 3, 6, 9 };
    s32 size = v < 0 ? -v : v;
    size = size < (s32)COUNT(small) ? small[size] : 2 * size;
    return v < 0 ? -size : size;
}

/* Axis 0 is X, 1 is Y; nine bits each, more than that is an overflow. */
static void scale(u8 packet[3], unsigned axis)
{
    u8 sign = (u8)(0x10 << axis), overflow = (u8)(0x40 << axis);
    s32 v = doubled((s32)packet[1 + axis] - (packet[0] & sign ? 256 : 0));
    if (v < -256 || v > 255) {
        packet[0] |= overflow;
        v = v < 0 ? -256 : 255;
    }
    packet[1 + axis] = (u8)v;
}

void ps2_mouse_move(struct ps2_mouse *m, u8 byte)
{
    if (m->in_count == 0 && !(byte & 0x08))
        return; /* no packet begins like that */
    m->in[m->in_count++] = byte;
    if (m->in_count < 3)
        return;
    m->in_count = 0;
    m->buttons = m->in[0] & 7;
    if (!m->enabled || m->remote || m->queue.count + 3 > PS2_QUEUE)
        return;
    for (unsigned axis = 0; axis < 2 && m->scaling2; axis++)
        scale(m->in, axis);
    for (unsigned i = 0; i < 3; i++)
        send(&m->queue, m->in[i]);
}

static void mouse_status(struct ps2_mouse *m)
{
    unsigned b = m->buttons;
    send(&m->queue, (u8)(m->remote << 6 | m->enabled << 5 | m->scaling2 << 4 | (b & 1) << 2
                         | (b & 4) >> 1 | (b & 2) >> 1));
    send(&m->queue, m->resolution);
    send(&m->queue, m->rate);
}

static void mouse_no_movement(struct ps2_mouse *m)
{
    send(&m->queue, 0x08 | m->buttons);
    send(&m->queue, 0), send(&m->queue, 0);
}

/* What each command does besides being acknowledged. */
static void mouse_execute(struct ps2_mouse *m, u8 byte)
{
    switch (byte) {
    case 0xe6: m->scaling2 = 0; return;
    case 0xe7: m->scaling2 = 1; return;
    case 0xe8: /* resolution, sample rate: a parameter follows */
    case 0xf3: m->expect = byte; return;
    case 0xe9: mouse_status(m); return;
    case 0xea: m->remote = 0; return;
    case 0xeb: mouse_no_movement(m); return;
    case 0xec: m->wrap = 0; return;
    case 0xee: m->wrap = 1; return;
    case 0xf0: m->remote = 1; return;
    case 0xf2: send(&m->queue, 0); return; /* a plain mouse */
    case 0xf4: m->enabled = 1; return;
    case 0xf5: m->enabled = 0; return;
    case 0xff: send(&m->queue, PS2_BAT_OK), send(&m->queue, 0); return;
    }
}

static bool mouse_knows(u8 byte)
{
    return (byte >= 0xe6 && byte <= 0xee && byte != 0xed) || byte == 0xf0 ||
           (byte >= 0xf2 && byte <= 0xf6) || byte == 0xff;
}

void ps2_mouse_command(struct ps2_mouse *m, u8 byte)
{
    u8 command = m->expect;
    m->expect = 0;
    if (m->wrap && byte != 0xec && byte != 0xff) {
        send(&m->queue, byte);
        return;
    }
    if (byte == 0xfe) {
        send(&m->queue, m->queue.last);
        return;
    }
    empty(&m->queue);
    if (command) {
        *(command == 0xe8 ? &m->resolution : &m->rate) = byte;
        send(&m->queue, PS2_ACK);
        return;
    }
    if (!mouse_knows(byte)) {
        send(&m->queue, PS2_RESEND);
        return;
    }
    if (byte == 0xf6 || byte == 0xff)
        mouse_defaults(m);
    send(&m->queue, PS2_ACK);
    mouse_execute(m, byte);
}
