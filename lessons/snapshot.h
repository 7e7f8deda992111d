/* snapshot.h - persistent trees of reference-counted pages: an arena at one moment.
 *
 * Taking one copies the hot part and the pages marked since the last one, and shares the rest; it
 * changes no arena byte.  Dropping one is dropping a root. */
#ifndef LESSONS_SNAPSHOT_H
#define LESSONS_SNAPSHOT_H

#include "sim/arena.h"

struct snapshot; /* immutable */
struct snapstore { struct arena *arena; struct snapshot *base; u64 bytes; };

void snapstore_init(struct snapstore *s, struct arena *a);
void snapstore_free(struct snapstore *s);
struct snapshot *snapshot_take(struct snapstore *s);              /* caller holds one reference */
void snapshot_restore(struct snapstore *s, struct snapshot *from);/* in place; only differing pages */
void snapshot_hold(struct snapshot *s);
void snapshot_drop(struct snapstore *store, struct snapshot *s);
u64 snapshot_bytes(const struct snapstore *s);                    /* host memory of all live ones */
/* Torture: does every unmarked page equal the base snapshot?  Returns the first that does not, or -1. */
s64 snapshot_check_unmarked(const struct snapstore *s);

#endif
