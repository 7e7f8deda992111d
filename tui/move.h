/* move.h - time moves: stepping with its words. */
#ifndef TUI_MOVE_H
#define TUI_MOVE_H

#include "tui/session.h"

/* Forward to a guest time without stops; for engine switches and --at. */
void move_run_to(struct session *s, u64 tick);
/* Continue for *slice ticks of guest time, which are fitted to take about a twentieth of a second of this
 * computer's; WHY_LIMIT: they are over. */
struct why_stopped move_slice(struct session *s, u64 until_tick, u64 *slice);
/* Continue in slices, so that the front end can show where the guest is (at most 20 times a second). */
struct why_stopped move_continue(struct session *s, u64 until_tick);
/* "why, and where": one or two lines. */
void move_tell(struct session *s, struct why_stopped why);
void move_tell_where(struct session *s);
const char *move_why(const struct session *s, struct why_stopped why, char *out, size_t size);

#endif
