#include "tui/tui_impl.h"

#include "tui/move.h"
#include "tui/screen.h"

/* Typing to the guest while it runs: keys go to its serial line, in the screen view to its keyboard.
 * Between keys it runs as `continue` does, in slices of a twentieth of a second; what stops that ends the
 * typing.  While it halts, its time passes no faster than ours. */
enum { SLICES_PER_SECOND = 20 };

static bool on_keyboard(const struct tui *t)
{
    return t->panel[t->focus].view == VIEW_SCREEN;
}

static void say_typing(struct tui *t)
{
    snprintf(t->message, sizeof t->message, "typing to the guest's %s%s; Esc stops",
             on_keyboard(t) ? "keyboard" : "serial line",
             t->type_waits ? ", for which it waits" : ", while it runs");
}

void tui_type_begin(struct tui *t)
{
    struct panel *p = &t->panel[t->focus];
    if (p->view != VIEW_SCREEN && p->view != VIEW_CONSOLE)
        *p = (struct panel){ .view = VIEW_CONSOLE };
    p->scroll = on_keyboard(t) ? 0 : 10000; /* a line's end is its news */
    t->input = INPUT_GUEST;
    t->overlay = t->type_waits = t->type_rests = false;
    t->type_slice = 20000;
    say_typing(t);
}

static void leave(struct tui *t)
{
    t->input = INPUT_KEYS;
    t->message[0] = 0;
}

static const char *sequence(int key)
{
    switch (key) {
    case SCREEN_UP: return "\033[A";
    case SCREEN_DOWN: return "\033[B";
    case SCREEN_RIGHT: return "\033[C";
    case SCREEN_LEFT: return "\033[D";
    case SCREEN_HOME: return "\033[H";
    case SCREEN_END: return "\033[F";
    case SCREEN_DELETE: return "\033[3~";
    case SCREEN_BACKSPACE: return "\177";
    default: return "";
    }
}

static void to_serial(struct timeline *t, int key)
{
    u64 now = world_tick(t->world);
    if (key < 256)
        timeline_input(t, now, (u8)key);
    for (const char *s = sequence(key); *s; s++)
        timeline_input(t, now, (u8)*s);
}

static void to_keyboard(struct timeline *t, int key)
{
    int character = key == '\r' ? '\n' : key == SCREEN_BACKSPACE || key == 127 ? '\b' : key;
    if (character < 128)
        timeline_key(t, world_tick(t->world), (char)character);
}

void tui_type_key(struct tui *t, int key)
{
    if (key == 27) {
        leave(t);
        return;
    }
    if (on_keyboard(t))
        to_keyboard(t->s.debug->timeline, key);
    else
        to_serial(t->s.debug->timeline, key);
    t->type_waits = false;
    say_typing(t);
}

int tui_type_pause(const struct tui *t)
{
    return t->type_waits ? -1 : t->type_rests ? 1000 / SLICES_PER_SECOND : 0;
}

/* It halted, and only a key can wake it: a step back is before that end, where a key may still come. */
static void wait_for_key(struct tui *t)
{
    timeline_seek(t->s.debug->timeline, world_step(t->s.debug->timeline->world) - 1);
    t->type_waits = true;
    say_typing(t);
}

void tui_type_run(struct tui *t)
{
    const struct world *w = t->s.debug->timeline->world;
    u64 tick = world_tick(w), step = world_step(w);
    struct why_stopped why = move_slice(&t->s, UINT64_MAX, &t->type_slice);
    char words[200];
    t->type_rests = world_tick(w) - tick > 2 * (world_step(w) - step);
    if (t->type_rests)
        t->type_slice = TICKS_PER_SECOND / SLICES_PER_SECOND;
    if (why.why == WHY_LIMIT)
        return;
    if (why.why == WHY_IDLE) {
        wait_for_key(t);
        return;
    }
    leave(t);
    snprintf(t->message, sizeof t->message, "%s", move_why(&t->s, why, words, sizeof words));
}
