#include "tui/tui.h"

#include "tui/command.h"
#include "tui/plain.h"
#include "tui/play.h"
#include "tui/prompt.h"
#include "tui/screen.h"
#include "tui/term.h"
#include "tui/tui_impl.h"
#include "tui/verbs.h"
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>

static void collect(void *owner, const char *words)
{
    struct tui *t = owner;
    text_addf(&t->output, "%s", words);
}

/* While the guest runs: show where it is; only a new size is taken from the keyboard. */
static void progress(void *owner)
{
    struct tui *t = owner;
    while (screen_key(0) != SCREEN_NONE)
        continue;
    tui_draw(t);
}

void tui_side_view(struct tui *t)
{
    static const enum view_id side[ENGINE_COUNT] = {
        [ENGINE_NATIVE] = VIEW_DEVICES, [ENGINE_DIRECT] = VIEW_PAGING, [ENGINE_BT] = VIEW_TC,
        [ENGINE_VT] = VIEW_VMCS, [ENGINE_INTERP] = VIEW_EVENTS,
    };
    t->panel[SLOT_SIDE].view = t->s.lesson ? VIEW_LESSON : side[t->s.engine];
    t->panel[SLOT_SIDE].scroll = t->panel[SLOT_SIDE].aside = 0;
    t->panel[SLOT_SIDE].before = VIEW_COUNT;
    t->panel[SLOT_THIRD].view = t->s.lesson ? VIEW_CPU /* which has no place beside a lesson else */
                                : side[t->s.engine] == VIEW_PAGING ? VIEW_EVENTS : VIEW_PAGING;
}

static void start(struct tui *t, const struct options *o)
{
    *t = (struct tui){ .maximised = -1 };
    session_init(&t->s, o);
    t->s.say = collect;
    t->s.say_owner = t;
    t->s.progress_shown = progress;
    t->s.interactive = true;
    for (int i = 0; i < SLOTS; i++)
        t->panel[i].before = VIEW_COUNT;
    t->panel[SLOT_CODE].view = VIEW_CODE;
    t->panel[SLOT_CPU].view = VIEW_CPU;
    t->panel[SLOT_WHAT].view = VIEW_WHAT;
    t->panel[SLOT_FOURTH].view = VIEW_LEDGER;
}

/* -x and -ex before the screen opens; what they say stays to be read. */
static bool prepare(struct tui *t, const struct options *o, int *code)
{
    char error[256];
    bool ok = o->lesson ? play_start(&t->s, o->lesson) : session_open(&t->s, o->guest);
    *code = t->s.quit_code ? t->s.quit_code : EXIT_CODE_USAGE;
    int unread = ok && !o->lesson ? verbs_input(t->s.debug->timeline->world, o, error, sizeof error) : 0;
    if (unread) {
        session_complain(&t->s, NULL, -1, "%s", error);
        *code = unread;
        ok = false;
    }
    if (ok && o->lesson)
        text_clear(&t->output);
    ok = ok && plain_startup(&t->s, o, code);
    if (!ok)
        fputs(text_get(&t->output), stderr);
    return ok;
}

static void loop(struct tui *t)
{
    while (!t->s.quit && !term_signal()) {
        tui_draw(t);
        int pause = t->input == INPUT_GUEST ? tui_type_pause(t) : -1;
        int key = screen_key(pause);
        if (t->s.interrupted) {
            t->s.interrupted = 0;
            if (t->input == INPUT_PROMPT || t->input == INPUT_GUEST)
                tui_key(t, 27);
            snprintf(t->message, sizeof t->message, "q quits");
            continue;
        }
        if (key == SCREEN_NONE && pause >= 0)
            tui_type_run(t);
        else
            tui_key(t, key);
    }
}

static int run(struct tui *t, const struct options *o)
{
    const char *no_color = getenv("NO_COLOR");
    struct screen_options screen = {
        .color = !o->given[OPT_NO_COLOR] && !(no_color && *no_color),
        .mouse = !o->given[OPT_NO_MOUSE],
    };
    if (!screen_open(&screen))
        return -1;
    t->s.on_screen = true;
    t->unicode = !o->given[OPT_NO_UNICODE] && !strcmp(nl_langinfo(CODESET), "UTF-8");
    prompt_start(&t->s);
    tui_side_view(t);
    t->focus = t->s.lesson ? SLOT_SIDE : SLOT_CODE; /* a lesson is there to be read */
    loop(t);
    screen_close();
    prompt_end();
    return plain_exit_code(&t->s);
}

static int open_screen(const struct options *o)
{
    struct tui *t = must_alloc(sizeof *t);
    int code;
    start(t, o);
    if (prepare(t, o, &code))
        code = t->s.quit ? t->s.quit_code : run(t, o);
    session_free(&t->s);
    cells_free(&t->grid);
    text_free(&t->output);
    free(t);
    return code;
}

/* A terminal that turns out to be none gets lines. */
int tui_debug(const struct options *o)
{
    int code = o->guest ? open_screen(o) : plain_debug(o);
    return code < 0 ? plain_debug(o) : code;
}

int tui_lesson(const struct options *o)
{
    int code = open_screen(o);
    return code < 0 ? plain_lesson(o) : code;
}
