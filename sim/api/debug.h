/* debug.h - breakpoints of the debug registers: which access meets which.  SDM 3B 17.2, 17.3.
 *
 * DR7  31 30 29 28         19 18 17 16 15 14  13 12 11 10  9  8  7  6 ... 1  0
 *     +-----+-----+- .. -+-----+-----+-----+--+-----+--+--+--+--+--+- .. -+--+
 *     |LEN3 |R/W3 |      |LEN0 |R/W0 |  0  |GD|  0  |1 |GE|LE|G3|L3|      |L0|
 *     +-----+-----+- .. -+-----+-----+-----+--+-----+--+--+--+--+--+- .. -+--+
 *   R/W  00 execution  01 writes  10 I/O (with CR4.DE)  11 reads and writes
 *   LEN  00 one byte   01 two     10 eight              11 four
 * DEBUGCTL  31 .. 7  6  5..2  1   0       (SDM 3B 17.14, the P6 family's)
 *          +--------+--+-----+---+---+
 *          |   0    |TR| PBi |BTF|LBR|      LBR: record branches   BTF: TF steps from branch to branch
 *          +--------+--+-----+---+---+
 *   TR and PBi are kept and change nothing: nobody listens on the bus or at the pins.
 *
 * DR6  B0-B3 (0-3), BD (13), BS (14), BT (15)
 *
 * Chosen where the manual leaves it open: B0-B3 are those of enabled breakpoints only, and each #DB
 * clears those it does not set; R/W 10 without CR4.DE matches nothing; LEN of an execution breakpoint is
 * ignored; LEN 10 is eight bytes.  LE and GE change nothing: breakpoints are always exact.
 *
 * Chosen of the branch records, too: VM entries and VM exits are none (an event that an entry injects is:
 * SDM 3C 26.5.1.1); what BTF holds when an instruction retires decides about its step; with TR they are what
 * they are without (17.14.1: undefined); the records can be read only.
 *
 * Data breakpoints see what a program reads and writes, the frames of far transfers and events
 * included; what the processor reads and writes on its own account - descriptors, TSSs, page tables,
 * the I/O bitmap - meets none. */
#ifndef SIM_API_DEBUG_H
#define SIM_API_DEBUG_H

#include "sim/api/arch.h"

#define DR6_B 0xfu
#define DR7_ENABLES 0xffu
#define DEBUGCTL_LBR BIT(0)
#define DEBUGCTL_BTF BIT(1)
#define DEBUGCTL_BITS 0x7fu /* the others are reserved */

/* Is any breakpoint enabled?  Else nothing below can match. */
static inline bool debug_armed(const struct arch *s) { return (s->dr[7] & DR7_ENABLES) != 0; }
/* Must each instruction be looked at, for breakpoints or branches? */
static inline bool debug_looks(const struct arch *s)
{
    return ((s->dr[7] & DR7_ENABLES) | (s->debugctl & (DEBUGCTL_LBR | DEBUGCTL_BTF))) != 0;
}
/* A branch was taken from EIP from to the present one; an interrupt or exception other than #DB was. */
void debug_branch(struct arch *s, u32 from);
void debug_event(struct arch *s, u32 from);
/* B0-B3 of the breakpoints that the instruction about to begin meets: a fault before it (17.3.1.1).  None
 * under RF, or behind MOV SS. */
u32 debug_code_hits(const struct arch *s);
/* B0-B3 of the breakpoints that bytes la to la + size - 1 meet: a trap after the access (17.3.1.2). */
u32 debug_data_hits(const struct arch *s, u32 la, unsigned size, bool write);
u32 debug_io_hits(const struct arch *s, u16 port, unsigned size);
/* DR6 as the #DB with these bits (B0-B3 BD BS BT) leaves it. */
void debug_report(struct arch *s, u32 bits);

#endif
