/* machine.h - the simulated PC: what a world owns of the hardware.
 *
 * struct machine_state is all that lives in the arena; struct hw is the host's side, rebuilt at any step. */
#ifndef SIM_MACHINE_H
#define SIM_MACHINE_H

#include "sim/api/cost.h"
#include "sim/api/event.h"
#include "sim/api/isa.h"
#include "sim/api/outside.h"
#include "sim/api/port.h"
#include "sim/arena.h"
#include "sim/config.h"
#include "sim/dev/platform.h"
#include "sim/events.h"
#include "sim/tlb.h"
#include "sim/vmx.h"

struct machine_state {          /* arena, hot */
    struct arch arch;
    u8 monitored;               /* a window exists, the platform does not */
    u8 nmi_pending;
    u16 debug_pending;          /* DR6 bits (BS, B0-B3) of a #DB trap due at this boundary, 0: none */
    u8 reset_pending;           /* the board's reset line was pulsed */
    u8 pad[7];
    u64 step;                   /* position in history */
    u64 retired;                /* machine instructions and REP iterations */
    u64 count;                  /* MSR_COUNT: guest time, in ticks */
    u64 count_limit;
    u32 evtsel;
    u32 tc_base, tc_size, tc_weights;
    struct vmx_state vmx;
    struct outside outside;
    struct platform platform;   /* native worlds; zero under a monitor */
    struct ledger ledger;
    struct tlb tlb;
    struct fpu fpu;
};

enum stop_kind {
    STOP_NONE, STOP_NATIVE /* slot: the window was reached */, STOP_STEP, STOP_TICK,
    STOP_EVENT /* a watched event; index in the ring */, STOP_RING /* nearly full: drain it */,
    STOP_EXIT /* outside.exit_code */, STOP_SHUTDOWN, STOP_IDLE /* for ever */, STOP_RESET /* port */,
    STOP_INTERRUPT /* machine_interrupt was called by another thread or a signal handler */,
};
struct stop { enum stop_kind kind; u32 arg; };

/* The observers' deadline: return before the step, or before the instruction that would pass the
 * tick.  An early return changes nothing. */
struct limits { u64 step, tick; };

struct journal_entry { u64 tick; u8 byte; u8 pad[6]; u8 source /* enum platform_source */; };

struct icache;
struct reglog;
enum { GATE_SEEN = 16, CODE_SEEN = 16 };
enum { RUN_FLAT = 1 /* data and stack */, RUN_CODE32 = 2, RUN_STACK32 = 4 };
struct hw {           /* the machine; the monitor knows it by this name and nothing more */
    /* What decoded blocks use all the time, derived from the arena like what stands at the end. */
    struct hostpage *host_read, *host_write; /* of the current privilege */
    u64 link_key;              /* what links between blocks hold for */
    u64 run_left;              /* what is left of the slice (uop_link.h) */
    u64 run_all;               /* the budget of the slice that is run */
    const struct uop *run_entry; /* of the running block, or NULL */
    struct uop_link *run_link; /* to make, when a block was left at its end */
    struct uop_jump *run_jumps;
    const struct uop *fault_uop; /* where a block was left */
    struct lazy_flags {        /* flags.h */
        union { struct { u32 op, step; }; u64 both; };
        u32 dst, stepped, src; /* dst and src apart: compilers would join two stores by a vector */
    } cc;
    /* ---- */
    struct machine_state *state;
    struct arch *arch;/* = &state->arch */
    u8 *ram;
    u32 ram_bytes;
    u32 store_bytes;  /* RAM and, behind it, the ROM: what a physical address can lead to (mem.c) */
    u32 plain;        /* below it an address leads to the RAM of the same number */
    u64 disk_offset, disk_map_offset; /* paged arena offsets of the disk's overlay (disk.c) */
    struct arena arena;
    struct isa isa;   /* the rules' context: state + this machine's accessors */
    struct hosttlb *hosttlb;
    struct icache *icache;
    struct events events;
    struct log_at { struct reglog *to; u32 *at, *next; } log; /* reglog_impl.h; to NULL: nobody reads */
    struct machine_config config;
    const struct journal_entry *journal; /* owned by the world, sorted by tick */
    u32 journal_count;
    volatile int interrupted;
    u64 console_offset;      /* paged arena offset of the console ring */
    /* Derived from the arena and kept ready for the loop; machine_refresh rebuilds them. */
    struct limits limits;
    u64 due, devices_due;      /* native: tick of the next device or input event; of a device's alone */
    bool intr, nmi, init, ring_counts; /* native: INTR; an NMI, INIT or SMI, not taken yet; perf_minds_cpl */
    bool touched;              /* a device has been reached by an address since this was cleared */
    struct segfast { u32 base, rd_end, wr_end; } segfast[SREG_COUNT]; /* offset < end: plain access */
    struct gate_seen { u64 raw; struct seg seg; struct segfast fast; } seen[GATE_SEEN]; /* gate.c */
    struct { u32 base, limit; } code_seen[CODE_SEEN]; /* links.h: code segments that are not flat */
    u8 code_at, run_mode;      /* the present one's place there + 1, 0: it is flat; RUN_ bits */
    u64 careful, bulk;         /* replay's cost: slow instructions, monitor entries; REP done at once */
};

MUST_CHECK bool machine_init(struct hw *m, const struct machine_config *config);
void machine_free(struct hw *m);
/* Run until something stops it; limits are absolute.  At STOP_NATIVE the owner calls the monitor. */
struct stop machine_run(struct hw *m, const struct limits *limits);
/* Async-signal-safe: the run loop returns STOP_INTERRUPT at the next block. */
void machine_interrupt(struct hw *m);
/* The arena was replaced (restore) or its pages were cleaned (snapshot): drop host-side caches. */
void machine_arena_replaced(struct hw *m);
void machine_arena_cleaned(struct hw *m);
void machine_set_coherent(struct hw *m, bool coherent); /* config.coherent_tlb; the TLB is emptied */
/* Monitor entry counts one step; called by the world just before the monitor runs. */
void machine_enter_native(struct hw *m, unsigned slot);
/* Raw RAM for loaders and views: read; and write before the world runs or for an edit. */
const u8 *machine_ram(const struct hw *m, u32 pa);
void machine_poke(struct hw *m, u32 pa, const void *bytes, u32 len);
u32 machine_console(const struct hw *m, char *out, u32 max); /* its last bytes, oldest first; how many */

#endif
