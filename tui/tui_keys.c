#include "tui/tui_impl.h"

#include "tui/command.h"
#include "tui/help.h"
#include "tui/keys.h"
#include "tui/play.h"
#include "tui/prompt.h"
#include "tui/screen.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { ASIDE = 8 /* columns a key */ };

/* One line goes to the message line, more cover the panels. */
static void show_output(struct tui *t)
{
    char *text = t->output.at;
    size_t len = t->output.len;
    while (len && isspace((unsigned char)text[len - 1]))
        text[--len] = 0;
    t->output.len = len;
    while (len && text && *text == '\n')
        text++;
    t->overlay = len && (strchr(text, '\n') || utf8_columns(text) > t->grid.width - 2);
    t->overlay_scroll = t->overlay_aside = 0;
    snprintf(t->message, sizeof t->message, "%s", len && !t->overlay ? text : "");
}

/* In a lesson the panel shows what these would print. */
static bool is_lesson_talk(const char *line)
{
    return !strncmp(line, "answer ", 7) || !strncmp(line, "lesson next", 11) ||
           !strncmp(line, "lesson start", 12) || !strncmp(line, "lesson reset", 12) ||
           !strcmp(line, "hint");
}

void tui_command(struct tui *t, const char *line)
{
    enum engine_id engine = t->s.engine;
    bool lesson = t->s.lesson != NULL;
    text_clear(&t->output);
    t->message[0] = 0;
    t->has_selected = false;
    t->s.interrupted = 0;
    t->s.wide = 0;
    for (int i = 0; i < SLOTS; i++)
        if (t->panel[i].view != VIEW_LESSON) /* which is being read */
            t->panel[i].scroll = 0; /* aside stays: the column that was looked for is there again */
    t->running = true;
    enum command_result result = command_run(&t->s, line);
    t->running = false;
    if (result == COMMAND_OK && is_lesson_talk(line)) {
        text_clear(&t->output);
        t->panel[SLOT_SIDE].view = VIEW_LESSON;
        t->panel[SLOT_SIDE].before = VIEW_COUNT;
        if (!strncmp(line, "lesson start", 12))
            t->focus = SLOT_SIDE;
        t->panel[SLOT_SIDE].scroll = !strncmp(line, "lesson", 6) ? 0 : 10000; /* the judgement */
    }
    if (engine != t->s.engine || lesson != (t->s.lesson != NULL))
        tui_side_view(t);
    show_output(t);
}

static void ask(struct tui *t, const char *prompt, enum prompt_for what)
{
    t->input = INPUT_PROMPT;
    t->prompt_for = what;
    t->message[0] = 0;
    prompt_open(prompt);
}

static void leave_prompt(struct tui *t)
{
    prompt_close();
    t->input = INPUT_KEYS;
}

/* Keys that readline knows as control characters. */
static int for_readline(int key)
{
    switch (key) {
    case SCREEN_UP: return 'P' & 31;
    case SCREEN_DOWN: return 'N' & 31;
    case SCREEN_LEFT: return 'B' & 31;
    case SCREEN_RIGHT: return 'F' & 31;
    case SCREEN_HOME: return 'A' & 31;
    case SCREEN_END: return 'E' & 31;
    case SCREEN_DELETE: return 'D' & 31;
    case SCREEN_BACKSPACE: return 127;
    default: return key;
    }
}

static bool visible(const struct tui *t, int slot)
{
    return t->layout.slot[slot].w > 0;
}

/* In the panel with the focus, but not in the place of a lesson's text while there is another panel.  The
 * same view once more takes it away again. */
static void show_view(struct tui *t, int view)
{
    bool reads = t->panel[t->focus].view == VIEW_LESSON && visible(t, SLOT_WHAT);
    struct panel *p = &t->panel[reads ? SLOT_WHAT : t->focus];
    enum view_id shown = p->view;
    if (shown != (enum view_id)view) {
        p->view = (enum view_id)view;
        p->before = shown;
    } else if (p->before != VIEW_COUNT) {
        p->view = p->before;
        p->before = shown;
    }
    p->scroll = p->aside = 0;
}

static void name_view(struct tui *t, const char *name)
{
    int view = view_by_name(name);
    if (view >= 0) {
        show_view(t, view);
        return;
    }
    text_clear(&t->output);
    text_addf(&t->output, "there is no view \"%s\"; one of\n", name);
    for (int i = 0; i < VIEW_COUNT; i++)
        text_addf(&t->output, "%-18s %s\n", views[i].name, views[i].help);
    show_output(t);
}

static void prompt_done(struct tui *t, const char *line)
{
    char whole[600];
    switch (t->prompt_for) {
    case PROMPT_COMMAND: tui_command(t, line); break;
    case PROMPT_ANSWER:
        snprintf(whole, sizeof whole, "answer %.500s", line);
        if (line[0])
            tui_command(t, whole);
        break;
    case PROMPT_VIEW:
        if (line[0])
            name_view(t, line);
        break;
    }
}

static void prompt_key(struct tui *t, int key)
{
    char *line;
    if (key == 27 || key == 3) {
        leave_prompt(t);
        return;
    }
    key = for_readline(key);
    if (key >= 256 || !prompt_feed(key, &line)) {
        snprintf(t->message, sizeof t->message, "%.*s", (int)sizeof t->message - 1,
                 prompt_matches());
        return;
    }
    leave_prompt(t);
    prompt_done(t, line);
    free(line);
}

/* ---- panels ---- */

static void next_panel(struct tui *t, int by)
{
    bool stacked = t->grid.width < 80 || t->maximised >= 0;
    for (int i = 0; i < SLOTS; i++) {
        t->focus = (t->focus + by + SLOTS) % SLOTS;
        bool there = stacked ? t->focus < SLOT_THIRD : visible(t, t->focus);
        if (there)
            break;
    }
    if (t->maximised >= 0)
        t->maximised = t->focus;
}

/* The lines of the code panel by address, to move the person's cursor over them. */
static void move_selection(struct tui *t, int by)
{
    struct sheet sheet;
    u32 at[128];
    int count = 0, here = -1;
    session_view(&t->s, VIEW_CODE, "", 80, 120, &sheet);
    for (u32 i = 0; i < sheet.rows && count < (int)COUNT(at); i++) {
        const char *text = sheet_item_text(&sheet, &sheet.item[sheet.row[i].first]);
        if (strlen(text) != 8 || strspn(text, "0123456789abcdef") != 8)
            continue;
        at[count] = (u32)strtoul(text, NULL, 16);
        bool chosen = t->has_selected ? at[count] == t->selected : (int)i == sheet.cursor;
        here = chosen ? count : here;
        count++;
    }
    sheet_free(&sheet);
    here += by;
    if (count) {
        t->selected = at[here < 0 ? 0 : here >= count ? count - 1 : here];
        t->has_selected = true;
    }
}

static void scroll(struct tui *t, int by)
{
    if (t->overlay)
        t->overlay_scroll = t->overlay_scroll + by < 0 ? 0 : t->overlay_scroll + by;
    else if (t->panel[t->focus].view == VIEW_CODE)
        move_selection(t, by);
    else
        t->panel[t->focus].scroll += by;
}

static void choose_view(struct tui *t, int digit)
{
    static const enum view_id order[9] = { VIEW_CODE, VIEW_CPU, VIEW_EVENTS, VIEW_TC, VIEW_PAGING,
                                           VIEW_VMCS, VIEW_DEVICES, VIEW_LEDGER, VIEW_CONSOLE };
    show_view(t, order[digit - 1]);
}

static void toggle_breakpoint(struct tui *t)
{
    char line[64];
    struct peek p;
    u32 at = t->selected;
    if (!t->has_selected && world_peek(t->s.debug->timeline->world, &p))
        at = p.arch.seg[CS].base + p.arch.eip;
    for (int i = 0; i < t->s.debug->breakpoint_count; i++) {
        const struct breakpoint *b = &t->s.debug->breakpoints[i];
        if (b->type == BREAK_EXEC && b->address == at) {
            snprintf(line, sizeof line, "delete %d", b->number);
            tui_command(t, line);
            return;
        }
    }
    snprintf(line, sizeof line, "break *0x%x", at);
    tui_command(t, line);
}

static void bookmark_key(struct tui *t, int key)
{
    char line[32];
    bool jump = t->input == INPUT_JUMP;
    t->input = INPUT_KEYS;
    t->message[0] = 0;
    if (jump && key == '\'')
        snprintf(line, sizeof line, "goto step:%llu", (unsigned long long)t->s.previous_place);
    else if (jump && key == '.')
        snprintf(line, sizeof line, "goto end");
    else if (key >= 'a' && key <= 'z')
        snprintf(line, sizeof line, jump ? "goto-bookmark %c" : "bookmark %c", key);
    else
        return;
    tui_command(t, line);
}

static void close_or_quit(struct tui *t)
{
    if (t->overlay)
        t->overlay = false;
    else if (t->maximised >= 0)
        t->maximised = -1;
    else
        t->s.quit = true;
}

/* The choices stand at the lesson's end. */
static void ask_answer(struct tui *t)
{
    if (!t->s.lesson || !t->s.lesson_asked) {
        tui_command(t, "answer 0"); /* says why not */
        return;
    }
    t->panel[SLOT_SIDE].scroll = 10000;
    ask(t, "answer: ", PROMPT_ANSWER);
}

static void enter_key(struct tui *t)
{
    const char *why;
    if (t->overlay)
        t->overlay = false;
    else if (t->s.lesson && t->s.lesson_asked)
        ask_answer(t);
    else if (t->s.lesson && !t->s.progress.done && play_can_go_on(&t->s, &why))
        tui_command(t, "lesson next");
    else
        tui_command(t, "");
}

/* tui_draw.c knows how wide the table is. */
static void scroll_aside(struct tui *t, int by)
{
    int *aside = t->overlay ? &t->overlay_aside : &t->panel[t->focus].aside;
    *aside = *aside + by < 0 ? 0 : *aside + by;
}

static bool scroll_key(struct tui *t, int key)
{
    int page = t->overlay ? t->grid.height - 5 : t->panel[t->focus].shown;
    switch (key) {
    case SCREEN_UP: case 'k': scroll(t, -1); return true;
    case SCREEN_DOWN: case 'j': scroll(t, 1); return true;
    case SCREEN_LEFT: case 'h': scroll_aside(t, -ASIDE); return true;
    case SCREEN_RIGHT: case 'l': scroll_aside(t, ASIDE); return true;
    case SCREEN_PAGE_UP: case 'U' & 31: scroll(t, -page); return true;
    case SCREEN_PAGE_DOWN: case 'D' & 31: scroll(t, page); return true;
    case SCREEN_HOME: case 'g': scroll(t, -10000); return true;
    case SCREEN_END: case 'G': scroll(t, 10000); return true;
    default: return false;
    }
}

/* The screen's own keys. */
static void own_key(struct tui *t, int id)
{
    char line[48];
    switch (id) {
    case KEYS_BREAKPOINT: toggle_breakpoint(t); break;
    case KEYS_UNTIL:
        snprintf(line, sizeof line, "until 0x%x", t->selected);
        if (t->has_selected)
            tui_command(t, line);
        else
            snprintf(t->message, sizeof t->message, "choose a line of the code first (arrows)");
        break;
    case KEYS_BOOKMARK: case KEYS_JUMP:
        t->input = id == KEYS_BOOKMARK ? INPUT_BOOKMARK : INPUT_JUMP;
        snprintf(t->message, sizeof t->message, "bookmark a-z?");
        break;
    case KEYS_PROMPT: ask(t, ":", PROMPT_COMMAND); break;
    case KEYS_ANSWER: ask_answer(t); break;
    case KEYS_VIEW_NAMED: ask(t, "view: ", PROMPT_VIEW); break;
    case KEYS_TYPE: tui_type_begin(t); break;
    case KEYS_ENTER: enter_key(t); break;
    case KEYS_NEXT_PANEL: next_panel(t, 1); break;
    case KEYS_ZOOM: t->zoom += 2; break;
    case KEYS_MAXIMISE: t->maximised = t->maximised < 0 ? t->focus : -1; break;
    case KEYS_HELP: tui_command(t, "help keys"); break;
    case KEYS_REDRAW: screen_redraw(); break;
    case KEYS_CLOSE: close_or_quit(t); break;
    case KEYS_QUIT: t->s.quit = true; break;
    default: break;
    }
}

/* Function keys as in other debuggers; with Shift (F13 and on in most terminals) backwards. */
static void function_key(struct tui *t, int key)
{
    bool back = key >= SCREEN_F1 + 12;
    switch (key - SCREEN_F1 + 1 - 12 * back) {
    case 1: own_key(t, KEYS_HELP); break;
    case 2: own_key(t, KEYS_BREAKPOINT); break;
    case 4: own_key(t, KEYS_UNTIL); break;
    case 5: case 9: tui_command(t, back ? "reverse-continue" : "continue"); break;
    case 7: case 11: tui_command(t, back ? "reverse-step" : "step"); break;
    case 8: case 10: tui_command(t, back ? "reverse-next" : "next"); break;
    default: break;
    }
}

static void command_key(struct tui *t, int key)
{
    int id = key_by_code(key == '\n' ? '\r' : key);
    if (key == SCREEN_BACKTAB)
        next_panel(t, -1);
    else if (key >= '1' && key <= '9')
        choose_view(t, key - '0');
    else if (key == '_' || key == '-')
        t->zoom -= 2;
    else if (key == 27)
        t->overlay = false;
    else if (key == SCREEN_WHEEL_UP || key == SCREEN_WHEEL_DOWN)
        tui_command(t, key == SCREEN_WHEEL_UP ? "reverse-step" : "step");
    else if (key >= SCREEN_F1)
        function_key(t, key);
    else if (id >= 0 && keys[id].command[0])
        tui_command(t, keys[id].command);
    else if (id >= 0)
        own_key(t, id);
    else if (key > ' ' && key < 127)
        snprintf(t->message, sizeof t->message, "no key \"%c\"; ? lists them", key);
}

void tui_key(struct tui *t, int key)
{
    if (key == SCREEN_NONE || key == SCREEN_RESIZE)
        return;
    if (t->input == INPUT_PROMPT)
        prompt_key(t, key);
    else if (t->input == INPUT_GUEST)
        tui_type_key(t, key);
    else if (t->input != INPUT_KEYS)
        bookmark_key(t, key);
    else if (scroll_key(t, key))
        t->message[0] = 0;
    else
        command_key(t, key);
}
