/* shadow.h - the page tables the hardware really walks.
 *
 * Owns: shadow tables (in the monitor's RAM), their bookkeeping and the reverse map.  Does not own: the
 * guest's tables (it reads them) nor guest memory (guestmem.h).  Invariant: a shadow entry never
 * grants more than the guest's entry and guestmem both do; guest A=0 has no shadow entry, guest D=0
 * a read-only one; a traced page is read-only.  Dropping any shadow entry is always safe.  With guest
 * paging off the tables map guest-physical addresses one to one.  Guest PAE tables have 32-bit shadows:
 * shadow_pae.c.  CR0.WP is 1 on the hardware whatever
 * the guest thinks: with guest WP=0 a supervisor write to a read-only page gets a supervisor entry. */
#ifndef VMM_SHADOW_H
#define VMM_SHADOW_H

#include "sim/api/paging.h"
#include "vmm/guestmem.h"

enum shadow_result {
    SHADOW_FILLED,     /* hidden: the monitor's own laziness, retry the guest            */
    SHADOW_MARKS,      /* likewise, and A or D is to be set: shadow_mark, if vmm_may_retry */
    SHADOW_TRUE_FAULT, /* the guest's tables say no: inject it                           */
    SHADOW_DEVICE,     /* no memory there: emulate, reads are all ones                   */
    SHADOW_TRACED,     /* a write-traced page: emulate, then the trace's clients are told */
    SHADOW_MONITOR,    /* the monitor's own linear range: emulate against the guest's tables */
};

enum { SHADOW_TABLES = 512 }; /* pool: roots and page tables, 4 KiB each in the monitor's RAM */
enum { SHADOW_SOURCES = 4 };  /* words a table */

enum shadow_level {
    LEVEL_TABLE = 1,   /* shadows a page table */
    LEVEL_ROOT = 2,    /* shadows a directory; or paging is off (guest = SHADOW_NO_PAGING); PAE: four
                        * directories, guest = address of the pointer table */
    LEVEL_LARGE = 3,   /* stands for one 4 MB entry; guest = address of that entry */
    LEVEL_FLAT = 4,    /* paging off: guest-physical as it is; guest = first address */
    LEVEL_PAIR = 5,    /* PAE: what two directory entries map; guest = address of the even one */
};
#define SHADOW_FREE 0xffffffffu
#define SHADOW_NO_PAGING 0xfffffffeu

struct shadow_table {  /* bookkeeping of one shadow table */
    u32 guest;         /* guest-physical address of the table it shadows, or see enum shadow_level */
    u32 generation;    /* entries of another generation are dead */
    u8 level;          /* enum shadow_level */
    u8 rights;         /* PTE_W, PTE_U of the guest's directory entry: all rights are in the leaves */
    u8 writes;         /* traced writes since the last fill: is it a page table still? */
    u8 pad;
};
struct shadow {        /* arena, hot, part of struct vmm_state */
    u32 pool;          /* machine-physical address of table 0 */
    u32 root;          /* index of the current directory */
    u32 generation;
    u32 monitor_pt;    /* machine-physical address of the page table of MON_BASE, 0: not shared */
    u32 rmap;          /* machine-physical: one word a guest page, which entry maps it (shadow_rmap.c) */
    u32 mode;          /* guest CR0.WP, CR4.PSE and CR4.PAE that the live tables were made for */
    u32 sources;       /* machine-physical: what PAE shadows come from (shadow_pae.c) */
    u32 dropped;       /* entries have gone since the hardware was flushed: it may remember them */
    u32 large[32];     /* one bit 4 MB of linear addresses: part of a large page was filled there */
    struct shadow_table table[SHADOW_TABLES];
};

void shadow_init(struct vmm *v, bool share_monitor);
/* The hardware faulted at la (access of the guest's real privilege).  *fault: what to inject when TRUE. */
enum shadow_result shadow_fault(struct vmm *v, u32 la, unsigned access, fault_t *fault);
void shadow_mark(struct vmm *v, u32 la, unsigned access); /* after SHADOW_MARKS: set them, and fill */
u32 shadow_root(const struct vmm *v);       /* machine-physical, for CR3 */
void shadow_switch(struct vmm *v);          /* guest CR0/CR3/CR4 changed: select or build the root */
void shadow_invlpg(struct vmm *v, u32 la);
void shadow_protect(struct vmm *v, gpa_t page);  /* make every mapping of this page read-only */
void shadow_pt_written(struct vmm *v, gpa_t at, unsigned size); /* client of TRACE_PT */
void shadow_drop_all(struct vmm *v);        /* by generation */

/* ---- between the shadow_*.c files ---- */
bool shadow_live(const struct shadow *s, unsigned table);
static inline mpa_t shadow_entry_mpa(const struct shadow *s, unsigned table, unsigned index)
{
    return (mpa_t){ s->pool + table * PAGE_SIZE + index * 4 };
}
/* The live table of this key; makes it when `make` and a slot is free; -1: none. */
int shadow_table_find(struct vmm *v, u32 guest, enum shadow_level level, unsigned rights, bool make);
void shadow_fill(struct vmm *v, const struct walk *w, unsigned access, gpa_t page);
void shadow_flush_hardware(struct vmm *v);
void shadow_clear_entry(struct vmm *v, unsigned table, unsigned index);
/* A traced write hit what this table is made from.  Has it become something else than a page table?  It
 * counts; a root that has is forgotten. */
bool shadow_recycled(struct vmm *v, unsigned table);
void shadow_rmap_set(struct vmm *v, gpa_t page, unsigned table, unsigned index);

/* shadow_pae.c */
void shadow_pae_new(struct vmm *v, unsigned table);  /* nothing is its source yet */
void shadow_pae_root(struct vmm *v, unsigned root);  /* follow the PDPTE registers */
void shadow_pae_fill(struct vmm *v, unsigned pair, const struct walk *w); /* before an entry for w */
/* A guest entry changed (at: any of its bytes): drop what comes from it; is anything left that would? */
bool shadow_pae_written(struct vmm *v, unsigned table, u32 at);

/* For views: what the shadow says about la, without effect. */
struct shadow_view { u32 pde_mpa, pde, pte_mpa, pte; };
struct shadow_view shadow_peek(const struct vmm *v, u32 la);

#endif
