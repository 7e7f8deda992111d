#include "tui/layout.h"

static int clamp(int value, int low, int high)
{
    return value < low ? low : value > high ? high : value;
}

/* One panel alone, or under 80 columns the code with the focused panel below it. */
static void stacked(struct layout *l, const struct layout_wish *w, struct rect area)
{
    int focus = w->focus, top = clamp(area.h / 2 + w->zoom, 3, area.h - 3);
    if (focus == SLOT_CODE)
        focus = w->lesson ? SLOT_SIDE : SLOT_WHAT;
    if (area.h < 8) {
        l->slot[w->focus] = area;
        return;
    }
    l->slot[SLOT_CODE] = (struct rect){ area.x, area.y, area.w, top };
    l->slot[focus] = (struct rect){ area.x, area.y + top, area.w, area.h - top };
}

static void two_columns(struct layout *l, const struct layout_wish *w, struct rect a)
{
    int left = clamp(a.w / 2 + w->zoom, 20, a.w - 20), top = clamp((a.h * 11 + 10) / 20, 4, a.h - 4);
    int cpu = clamp(30 + (a.w - 80) / 4, 30, 60), low = a.h - top;
    l->slot[SLOT_CODE] = (struct rect){ a.x, a.y, left, top };
    if (w->lesson) { /* its words get the whole right side */
        l->slot[SLOT_SIDE] = (struct rect){ a.x + left, a.y, a.w - left, a.h };
        l->slot[SLOT_WHAT] = (struct rect){ a.x, a.y + top, left, low };
        return;
    }
    l->slot[SLOT_SIDE] = (struct rect){ a.x + left, a.y, a.w - left, top };
    l->slot[SLOT_CPU] = (struct rect){ a.x, a.y + top, cpu, low };
    l->slot[SLOT_WHAT] = (struct rect){ a.x + cpu, a.y + top, a.w - cpu, low };
}

static void three_columns(struct layout *l, const struct layout_wish *w, struct rect a)
{
    int column = clamp(a.w * 3 / 10, 46, 80), top = clamp(a.h * 11 / 20, 4, a.h - 4);
    int right = a.x + a.w - column;
    struct rect rest = { a.x, a.y, a.w - column, a.h };
    two_columns(l, w, rest);
    l->slot[SLOT_THIRD] = (struct rect){ right, a.y, column, top };
    l->slot[SLOT_FOURTH] = (struct rect){ right, a.y + top, column, a.h - top };
}

struct layout layout_for(const struct layout_wish *w)
{
    struct layout l = { 0 };
    l.too_small = w->width < LAYOUT_MIN_WIDTH || w->height < LAYOUT_MIN_HEIGHT;
    if (l.too_small)
        return l;
    int time = w->height >= 20 ? 3 : 1;
    l.title = (struct rect){ 0, 0, w->width, 1 };
    l.who = (struct rect){ 0, 1, w->width, 1 };
    l.bottom = (struct rect){ 0, w->height - 1, w->width, 1 };
    l.timeline = (struct rect){ 0, w->height - 1 - time, w->width, time };
    struct rect area = { 0, 2, w->width, w->height - 3 - time };
    if (w->maximised >= 0)
        l.slot[w->maximised] = area;
    else if (w->width < 80 || area.h < 12)
        stacked(&l, w, area);
    else if (w->width < 160)
        two_columns(&l, w, area);
    else
        three_columns(&l, w, area);
    return l;
}
