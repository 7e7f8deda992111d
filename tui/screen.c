#define _XOPEN_SOURCE_EXTENDED 1
#include "tui/screen.h"

#include "tui/term.h"
#include <curses.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>
#include <wchar.h>

static SCREEN *terminal;
static bool colored;
static char restore[256];

/* ATTR_ hues in the order of cells.h: red, green, yellow, blue, magenta, cyan. */
static void start_colors(void)
{
    static const short hues[] = { COLOR_RED, COLOR_GREEN, COLOR_YELLOW, COLOR_BLUE, COLOR_MAGENTA,
                                  COLOR_CYAN };
    if (!colored || !has_colors() || start_color() == ERR) {
        colored = false;
        return;
    }
    use_default_colors();
    for (short i = 0; i < (short)COUNT(hues); i++)
        init_pair((short)(i + 1), hues[i], -1);
}

/* What a signal handler has to write: no curses call is safe there. */
static void prepare_restore(void)
{
    static const char *const names[] = { "sgr0", "cnorm", "rmkx", "rmcup" };
    restore[0] = 0;
    for (unsigned i = 0; i < COUNT(names); i++) {
        char name[8];
        strcpy(name, names[i]);
        const char *bytes = tigetstr(name);
        if (bytes && bytes != (char *)-1 && strlen(restore) + strlen(bytes) < sizeof restore - 1)
            strcat(restore, bytes);
    }
    if (!restore[0])
        strcpy(restore, "\n");
    term_screen_restore(restore);
}

bool screen_open(const struct screen_options *o)
{
    setlocale(LC_CTYPE, "");
    terminal = newterm(NULL, stdout, stdin);
    if (!terminal)
        return false;
    if (!cursor_address) {
        endwin();
        delscreen(terminal);
        terminal = NULL;
        return false;
    }
    colored = o->color;
    start_colors();
    cbreak();
    noecho();
    nonl();
    intrflush(stdscr, FALSE);
    keypad(stdscr, TRUE);
    set_escdelay(25);
    if (o->mouse)
        mousemask(BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
    prepare_restore();
    return true;
}

void screen_close(void)
{
    if (!terminal)
        return;
    endwin();
    delscreen(terminal);
    terminal = NULL;
    term_screen_restore(NULL);
}

void screen_size(int *width, int *height)
{
    getmaxyx(stdscr, *height, *width);
}

void screen_redraw(void)
{
    clearok(stdscr, TRUE);
}

static attr_t attributes(unsigned attr, short *pair)
{
    attr_t a = 0;
    *pair = colored ? (short)((attr & ATTR_HUE) >> 4) : 0;
    if (attr & ATTR_BOLD)
        a |= A_BOLD;
    if (attr & ATTR_REVERSE)
        a |= A_REVERSE;
    if (attr & ATTR_UNDERLINE)
        a |= A_UNDERLINE;
    if (attr & ATTR_DIM)
        a |= A_DIM;
    return a;
}

void screen_show(const struct cells *c, int x, int y)
{
    erase();
    for (int row = 0; row < c->height; row++)
        for (int column = 0; column < c->width; column++) {
            const struct cell *k = &c->cell[(size_t)row * (size_t)c->width + (size_t)column];
            short pair;
            cchar_t glyph;
            wchar_t text[2] = { k->glyph ? (wchar_t)k->glyph : L' ', 0 };
            attr_t a = attributes(k->attr, &pair);
            if ((k->glyph || k->attr) && setcchar(&glyph, text, a, pair, NULL) == OK)
                mvadd_wch(row, column, &glyph);
        }
    curs_set(y >= 0);
    if (y >= 0)
        move(y, x);
    refresh();
}

static int mouse_key(void)
{
    MEVENT m;
    if (getmouse(&m) == OK && m.bstate & BUTTON4_PRESSED)
        return SCREEN_WHEEL_UP;
    return m.bstate & BUTTON5_PRESSED ? SCREEN_WHEEL_DOWN : SCREEN_NONE;
}

int screen_key(int milliseconds)
{
    static const struct { int from, to; } map[] = {
        { KEY_UP, SCREEN_UP }, { KEY_DOWN, SCREEN_DOWN }, { KEY_LEFT, SCREEN_LEFT },
        { KEY_RIGHT, SCREEN_RIGHT }, { KEY_PPAGE, SCREEN_PAGE_UP }, { KEY_NPAGE, SCREEN_PAGE_DOWN },
        { KEY_HOME, SCREEN_HOME }, { KEY_END, SCREEN_END }, { KEY_BTAB, SCREEN_BACKTAB },
        { KEY_DC, SCREEN_DELETE }, { KEY_BACKSPACE, SCREEN_BACKSPACE }, { KEY_RESIZE, SCREEN_RESIZE },
        { KEY_ENTER, '\r' },
    };
    timeout(milliseconds);
    int c = getch();
    if (c == KEY_MOUSE)
        return mouse_key();
    if (c >= KEY_F(1) && c <= KEY_F(24))
        return SCREEN_F1 + (c - KEY_F(1));
    for (unsigned i = 0; i < COUNT(map); i++)
        if (c == map[i].from)
            return map[i].to;
    return c == ERR ? SCREEN_NONE : c < 256 ? c : SCREEN_NONE;
}
