/* outside.h - the one device that stands for the host, in every world.
 *
 * What leaves a guest (console bytes, the exit code) ends here; what comes in (journalled input)
 * starts here.  In a native world the platform's own pins are wired to it; under a monitor the
 * monitor reaches it through ports with hw_in/hw_out, and an arriving byte interrupts with
 * OUTSIDE_VECTOR.  Each use by a monitor is charged as a world switch. */
#ifndef SIM_API_OUTSIDE_H
#define SIM_API_OUTSIDE_H

#include "sim/api/base.h"

enum { OUTSIDE_CONSOLE = 0x7000 /* out 1: a byte to the console */,
       OUTSIDE_INPUT = 0x7001   /* in 4: next due byte, bits 9:8 say whence (platform.h: serial
                                   line, keyboard, mouse, NMI); bit 31 set when there is none */,
       OUTSIDE_EXIT = 0x7004    /* out 4: the guest ends with this code */,
       OUTSIDE_DUE = 0x7008     /* in 4: low/high half of the tick of the next input entry */,
       OUTSIDE_DUE_HIGH = 0x700c,
       OUTSIDE_SHUTDOWN = 0x7010 /* out 4: the guest shut down (triple fault), vector of what began it */,
       OUTSIDE_IDLE = 0x7014     /* out 4: the guest halted and nothing will ever wake it */,
       OUTSIDE_DISK_SIZE = 0x7018   /* in 4: the disk's sectors, 0: there is none */,
       OUTSIDE_DISK_SECTOR = 0x701c /* out 4: the sector that is read or written next */,
       OUTSIDE_DISK_DATA = 0x7020   /* in and out 4: its bytes, four at a time, in order */,
       OUTSIDE_LOG = 0x7024         /* out 1: a byte of the guest's debug log, for observers */,
       OUTSIDE_POST = 0x7025        /* out 1: a POST code, for observers */,
       OUTSIDE_ROM_SIZE = 0x7028    /* in 4: the firmware's bytes, 0: there is none */,
       OUTSIDE_OPTION_SIZE = 0x702c /* in 4: the display adapter's option ROM's bytes */,
       OUTSIDE_ROM_AT = 0x7030      /* out 4: choose a byte of the firmware, or behind them of the
                                       option ROM */,
       OUTSIDE_ROM_DATA = 0x7034    /* in 4: four bytes from there on, 0 behind the end; it moves on */,
       OUTSIDE_NMI_COMES = 0x7038   /* in 4: 1: among the entries still to come is an NMI */,
       OUTSIDE_FAULT = 0x703c       /* out 4: before OUTSIDE_SHUTDOWN, an exception of those that led to
                                       it (fault_t), the first one first */,
       OUTSIDE_RESET = 0x7040       /* out 4: the guest asked for a reset, the port, 0: by INIT; it has no
                                       firmware */,
       OUTSIDE_VECTOR = 0xf0 };

enum { CONSOLE_SIZE = 64 * 1024 };

struct outside {            /* in the arena, hot */
    u64 console_total;      /* bytes ever written; the last CONSOLE_SIZE are in the paged ring */
    u64 console_hash;       /* FNV-1a over all of them */
    u32 input_next;         /* index into the journal of the next byte not yet taken */
    u32 exit_code;          /* OUTSIDE_END_EXIT; OUTSIDE_END_RESET: the port, 0: INIT */
    u8 ended;               /* OUTSIDE_END_ */
    u8 shutdown_vector;
    u8 input_raised;        /* the arrival of input_next has interrupted already */
    u8 shutdown_faults;     /* how many there are of: */
    u8 pad[4];
    u32 shutdown_fault[4];  /* the exceptions that led to it (fault_t), each raised while what the ones
                               before make (fault_combine) was delivered */
    u32 rom_at;               /* OUTSIDE_ROM_AT */
    u32 rom_pad;
    u32 disk_sector, disk_at; /* where OUTSIDE_DISK_DATA stands: byte disk_at of the sector */
};
enum outside_end { OUTSIDE_RUNNING, OUTSIDE_END_EXIT, OUTSIDE_END_SHUTDOWN, OUTSIDE_END_IDLE,
                   OUTSIDE_END_RESET };

#endif
