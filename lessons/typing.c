#include "lessons/typing.h"

#include <string.h>

enum { KEY_TICKS = TICKS_PER_SECOND / KEYS_PER_SECOND, BYTE_TICKS = TICKS_PER_SECOND / TYPED_BYTES_PER_SECOND,
       LEFT_SHIFT = 0x12, RELEASE = 0xf0 };

/* The keys in the order of their codes: what they give alone, and with Shift. */
static const char plain[] = "`1234567890-=qwertyuiop[]\\asdfghjkl;'zxcvbnm,./ \n\t\b\033";
static const char shifted[] = "~!@#$%^&*()_+QWERTYUIOP{}|ASDFGHJKL:\"ZXCVBNM<>? \n\t\b\033";
static const u8 codes[] = {
    0x0e, 0x16, 0x1e, 0x26, 0x25, 0x2e, 0x36, 0x3d, 0x3e, 0x46, 0x45, 0x4e, 0x55,
    0x15, 0x1d, 0x24, 0x2d, 0x2c, 0x35, 0x3c, 0x43, 0x44, 0x4d, 0x54, 0x5b, 0x5d,
    0x1c, 0x1b, 0x23, 0x2b, 0x34, 0x33, 0x3b, 0x42, 0x4b, 0x4c, 0x52,
    0x1a, 0x22, 0x21, 0x2a, 0x32, 0x31, 0x3a, 0x41, 0x49, 0x4a,
    0x29, 0x5a, 0x0d, 0x66, 0x76,
};
_Static_assert(sizeof plain == sizeof codes + 1 && sizeof shifted == sizeof plain, "a code a key");

static void send(struct world *w, u64 tick, u8 code) { world_input_from(w, SOURCE_KEYBOARD, tick, code); }

/* The first tick not before `tick`, and `gap` behind what was typed from there last. */
static u64 next_free(struct world *w, enum platform_source from, u64 tick, u64 gap)
{
    world_forget_typed(w);
    for (u32 i = w->typed_count; i > 0; i--) {
        const struct journal_entry *e = &w->typed[i - 1].entry;
        if (e->source == from)
            return tick > e->tick + gap ? tick : e->tick + gap;
    }
    return tick;
}

u64 typing_key(struct world *w, u64 tick, char character)
{
    const char *at = character ? strchr(plain, character) : NULL;
    bool shift = !at;
    if (!at && character)
        at = strchr(shifted, character);
    if (!at)
        return tick;
    u8 code = codes[at - (shift ? shifted : plain)];
    tick = next_free(w, SOURCE_KEYBOARD, tick, KEY_TICKS / 2);
    u64 up = tick + KEY_TICKS / 2;
    if (shift)
        send(w, tick, LEFT_SHIFT);
    send(w, tick, code);
    send(w, up, RELEASE), send(w, up, code);
    if (shift)
        send(w, up, RELEASE), send(w, up, LEFT_SHIFT);
    return tick + KEY_TICKS;
}

u64 typing_byte(struct world *w, u64 tick, u8 byte)
{
    u64 at = next_free(w, SOURCE_SERIAL, tick, BYTE_TICKS);
    world_input(w, at, byte);
    return at + BYTE_TICKS;
}
