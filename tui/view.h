/* view.h - the views: const state in, a sheet out. */
#ifndef TUI_VIEW_H
#define TUI_VIEW_H

#include "lessons/world.h"
#include "tui/sheet.h"

enum view_id {
#define VIEW(id, name, draw, help) VIEW_##id,
#include "tui/views.def"
    VIEW_COUNT
};
enum { NUM_VIEW_ARG = 96 };

struct session;
struct view_context {
    const struct session *session;
    const struct world *world;
    struct peek guest;      /* what the guest believes */
    const struct arch *real;/* the processor */
    bool monitored;
    const char *arg;        /* "" when there is none */
    int width, rows;        /* of the panel; 0: as much as there is to say */
};
struct view {
    const char *name;
    void (*draw)(const struct view_context *c, struct sheet *s);
    const char *help;
};
extern const struct view views[VIEW_COUNT];

#define VIEW(id, name, draw, help) void draw(const struct view_context *c, struct sheet *s);
#include "tui/views.def"

int view_by_name(const char *name);  /* an unambiguous beginning is enough; -1 */

/* ---- shared by views ---- */
bool view_code_bytes(const struct view_context *c, u32 la, u8 *out, u32 len, u32 *got);
const char *view_flags(u32 eflags, char out[64]);  /* UPPER set, lower clear */
const char *view_who_name(unsigned who);
/* The argument as an address; false: the sheet says what is wrong with it. */
bool view_address(const struct view_context *c, struct sheet *s, u32 fallback, u32 *address);
/* Worth a person's attention: of interest, and not the processor's plumbing at a monitor entry. */
bool view_matters(const struct event *e);
const struct event *view_last_event(const struct session *s); /* of interest, up to now; NULL */

struct platform;
void view_apics(const struct platform *p, struct sheet *s); /* part of the devices view */

#endif
