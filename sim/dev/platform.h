/* platform.h - the PC around the CPU: state, and functions of (state, guest time, access).
 *
 * One model, two owners: the machine instantiates it as silicon, the monitor as virtual
 * devices.  Time is in ticks (guest instructions).  Every function takes `now`; a model is
 * brought up to `now` before it answers.  Nothing here calls back: outputs to the outside world
 * (a byte on the serial line, the exit code) are returned in struct platform_out for the owner
 * to carry; a byte goes there when it is written, though the line is busy with it for longer.
 *
 * Lives in the arena: fixed width, no pointers, padding zero. */
#ifndef SIM_DEV_PLATFORM_H
#define SIM_DEV_PLATFORM_H

#include "sim/dev/ata.h"
#include "sim/dev/fwcfg.h"
#include "sim/dev/i8042.h"
#include "sim/dev/i8254.h"
#include "sim/dev/i8259.h"
#include "sim/dev/ioapic.h"
#include "sim/dev/isadma.h"
#include "sim/dev/mc146818.h"
#include "sim/dev/msr.h"
#include "sim/dev/pci.h"
#include "sim/dev/uart16550.h"
#include "sim/dev/vga.h"

/* The 8254 runs at 1.193182 MHz.  One of its clocks is four ticks, as in the PC of 1981, whose
 * CPU ran at 4.77 MHz: the guest's nominal speed is 4,772,727 instructions a second. */
enum { TICKS_PER_PIT_CLOCK = 4, TICKS_PER_SECOND = 4772727 };

struct platform {
    u64 now;               /* models are exact up to here */
    struct p6_msrs msr;
    struct i8259 pic[2];
    struct i8254 pit;
    struct uart16550 uart; /* COM1, 3F8h, IRQ 4 */
    struct mc146818 rtc;   /* IRQ 8 */
    struct i8042 kbc;      /* IRQ 1, 12 */
    struct ata ata;        /* IRQ 14 */
    struct pci pci;
    struct vga vga;
    struct isadma dma;
    struct fwcfg fwcfg;
    struct lapic apic;
    struct ioapic ioapic;
    u32 ram_bytes;
    u8 port61;             /* speaker gate; bit 4 toggles with refresh, bit 5 is PIT output 2 */
    u8 a20;                /* address line 20 follows the processor; else it is 0 */
    u8 firmware;           /* there is a ROM: what depends on it is wired (platform_plug) */
    u8 reset_control;      /* port CF9h */
    u8 ferr, fpu_error;    /* the processor's FERR#; the latch it sets: IRQ 13, until port F0h is written */
    u8 ignne;              /* IGNNE#: from that write until FERR# goes away */
    u8 iochk, nmi_masked, pad[3]; /* IOCHK# was asserted (61h bit 6); no NMI of it (70h bit 7) */
};
_Static_assert(sizeof(struct platform) == 8 + sizeof(struct p6_msrs) + 2 * 16 + 120 + 64 + 16 + 16 +
               sizeof(struct mc146818) + sizeof(struct i8042) + sizeof(struct ata) + sizeof(struct pci) +
               sizeof(struct vga) + sizeof(struct isadma) + sizeof(struct lapic) + sizeof(struct ioapic), "");

/* What is plugged into the board before it is switched on.  Without firmware it is as one leaves it:
 * C0000-FFFFF is RAM, the local APIC a wire for the 8259; A20 stays unwired, a reset ends the run. */
struct platform_board {
    u64 epoch;             /* of the clock at tick 0, in seconds after 1970 */
    u32 disk_sectors;      /* 0: no disk */
    u32 option_rom_bytes;  /* of the VGA BIOS */
    bool firmware;
};
#define PLATFORM_EPOCH 1161388800ull /* 2006-10-21 00:00:00 */

/* What an access or the passing of time sent to the outside, or wants of the owner at once. */
struct platform_out {
    u8 console, console_byte; /* a byte left the serial line or port E9h */
    u8 exit;         /* isa-debug-exit, port F4h, was written */
    u8 unclaimed;    /* no device answers at this port: reads are all ones */
    u8 wired;        /* the device has wires to the 8259: INTR and due times may be others now */
    u8 debug, debug_byte; /* of firmware's own log, port 402h */
    u8 post;         /* port 80h was written: pages of the DMA controller hold it */
    u8 map;          /* PAM or A20: addresses lead elsewhere now */
    u8 option_rom;   /* the byte read is option ROM byte rom_at */
    u16 reset;       /* the port that pulled the reset line: platform_restart, then the processor; 0: none */
    u32 rom_at;
    u32 exit_code;
    struct ata_request disk; /* fill or keep platform->ata.buffer */
};

enum { PORT_DEBUG_CONSOLE = 0xe9, PORT_DEBUG_EXIT = 0xf4 };
#define TIME_NEVER UINT64_MAX

void platform_reset(struct platform *p, u32 ram_bytes);
void platform_plug(struct platform *p, const struct platform_board *board); /* after the reset */
void platform_restart(struct platform *p); /* the button: all but time, CMOS, and what is plugged in */
u32 platform_in(struct platform *p, u64 now, u16 port, unsigned size, struct platform_out *out);
void platform_out(struct platform *p, u64 now, u16 port, unsigned size, u32 value, struct platform_out *out);
void platform_advance(struct platform *p, u64 now); /* all models to `now`; interrupts due are raised */
/* The earliest tick > p->now at which platform_advance would change INTR (raise it, drop it with the
 * timer's line) or bring NMI, INIT or SMI, given no access or acknowledge; TIME_NEVER: none.  Exact. */
u64 platform_due(const struct platform *p);
/* INTR, by the local APIC or the 8259 through it (after platform_advance), and its acknowledge: the
 * vector, perhaps a spurious one.  Who would answer: IRQ 0-15, IRQ_APIC + vector, -1: nobody. */
enum { IRQ_APIC = 0x100 };
bool platform_intr(const struct platform *p);
u8 platform_ack(struct platform *p);
int platform_pending_irq(const struct platform *p);
/* The processor drives FERR#; returns IGNNE# (82371SB, coprocessor error). */
bool platform_ferr(struct platform *p, u64 now, bool active);
/* A byte arrives: on the serial line, of a key (scan code set 2), of a mouse packet; or IOCHK# is pulled. */
enum platform_source { SOURCE_SERIAL, SOURCE_KEYBOARD, SOURCE_MOUSE, SOURCE_NMI, SOURCE_COUNT };
void platform_input(struct platform *p, u64 now, enum platform_source from, u8 byte);
/* Where the cycles for an address below 1 MB go: PAM_RE, PAM_WE set: to RAM. */
static inline unsigned platform_pam(const struct platform *p, u32 address)
{
    return address < PAM_START || address >= PAM_END ? PAM_RE | PAM_WE : pci_pam(&p->pci, address);
}
void platform_cpuid(const struct platform *p, u32 leaf, u32 regs[4]); /* NULL: as after reset */
/* A halted processor takes INTR (intr: IF=1), NMI (nmi: not blocked), INIT: when will the board wake it? */
u64 platform_wakes(const struct platform *p, bool intr, bool nmi);
void platform_halted(struct platform *p, u64 now, u64 until); /* performance counters stand still */
void platform_cpl(struct platform *p, u64 now, unsigned cpl); /* is to be told while perf_minds_cpl */
/* HLT moves time to max(now, min(due, input_due)); TIME_NEVER: nothing will ever come. */
u64 platform_halt_until(u64 now, u64 due, u64 input_due);

#endif
