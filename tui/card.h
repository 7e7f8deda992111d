/* card.h - an event explained: what the guest did, the rule, what the monitor did, what it cost, and what
 * other engines pay for the same. */
#ifndef TUI_CARD_H
#define TUI_CARD_H

#include "sim/api/event.h"
#include "tui/view.h"

void card_draw(const struct view_context *c, const struct event *e, struct sheet *s);
/* Cycles that the event itself is charged with; 0: nothing beyond its instructions. */
u64 card_cost(const struct event *e);
/* "direct 2,030  bt 1,254  vt no exit": prices of handling operation `op` elsewhere. */
void card_prices(unsigned op, char *out, size_t size);
/* Why it happens, in a few words; "": nothing beyond the event's own sentence. */
const char *card_why(const struct event *e);
/* The operation an event is about, -1: none. */
int card_op(const struct event *e);

#endif
