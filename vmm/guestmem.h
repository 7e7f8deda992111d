/* guestmem.h - the guest's physical memory: which machine frame holds which guest page.
 *
 * Owns the pmap (one word a guest page, in the monitor's RAM): machine frame and trace bits.  The map
 * is not the identity.  Guest-physical addresses beyond RAM, and RAM behind a device's page, belong to
 * nobody here: reads are all ones.
 * With firmware, its ROM is in the monitor's RAM, too, and the platform decides as on the board
 * (docs/board.md) where C0000-FFFFF leads, reads and writes apart, and whether A20 is let through.
 * Traces are of RAM by its own number; when the map changes, all that was derived from it is dropped.
 *
 *  31                12 11      3  2     1    0
 * +--------------------+---------+-----+----+----+
 * |   machine frame    |    0    |DESC |CODE| PT |    traced for: page table, code, descriptor table
 * +--------------------+---------+-----+----+----+ */
#ifndef VMM_GUESTMEM_H
#define VMM_GUESTMEM_H

#include "sim/api/port.h"

typedef struct { u32 v; } gpa_t;

enum trace { TRACE_PT = 1, TRACE_CODE = 2, TRACE_DESC = 4, TRACE_ALL = 7 };

struct guestmem {   /* arena, hot, part of struct vmm_state */
    u32 pages;      /* of guest RAM */
    u32 pmap;       /* machine-physical address of the map */
    u32 rom;        /* machine-physical address of the ROM's copy */
    u32 rom_bytes;  /* 0: no firmware */
};

/* Where guest page number gfn of `pages` goes: pages change places in pairs, so that a guest-physical
 * address taken for a machine address is wrong at once.  For loaders that run before the monitor. */
static inline u32 guestmem_place(u32 gfn, u32 pages)
{
    return (gfn ^ 1) < pages ? gfn ^ 1 : gfn;
}

struct vmm;
void guestmem_init(struct vmm *v, u32 pages);
bool guestmem_find(const struct vmm *v, gpa_t from, mpa_t *to); /* for reads; false: no memory there */
bool guestmem_takes_writes(const struct vmm *v, gpa_t page);    /* to what guestmem_find finds */
mpa_t guestmem_frame(const struct vmm *v, u32 gfn);             /* of RAM, whatever the map shows */
gpa_t guestmem_a20(const struct vmm *v, u32 pa);                /* as the bus sees the address */
unsigned guestmem_traces(const struct vmm *v, gpa_t page);
void guestmem_set_traces(struct vmm *v, gpa_t page, unsigned traces); /* wtrace.c only */
/* size 1, 2 or 4, inside one page. */
u32 guestmem_read(const struct vmm *v, gpa_t at, unsigned size);
/* Write by the monitor on the guest's behalf: traces on the page are told (wtrace.h). */
void guestmem_write(struct vmm *v, gpa_t at, unsigned size, u32 value);

#endif
