/* mptable.h - what firmware would tell of processor, buses and interrupts: MultiProcessor Specification
 * 1.4, chapter 4.  For boards that are started without firmware; SeaBIOS makes its own, of the same.
 *
 *   000F0000  floating pointer "_MP_"     in the BIOS's last 64 KB, where it is looked for
 *   000F0010  configuration table "PCMP": header, processor, buses PCI and ISA, I/O APIC, the ISA
 *             interrupts (0 on input 2), the 8259 on input 0 and LINT0, NMI on LINT1 */
#ifndef SIM_DEV_MPTABLE_H
#define SIM_DEV_MPTABLE_H

#include "sim/api/base.h"

enum { MPTABLE_AT = 0xf0000, MPTABLE_IOAPIC_ID = 1, MPTABLE_INTERRUPTS = 15,
       MPTABLE_SIZE = 16 + 44 + 20 + 2 * 8 + 8 + (MPTABLE_INTERRUPTS + 1) * 8 + 2 * 8 };

/* As it is to lie in RAM from MPTABLE_AT on. */
void mptable_build(u8 out[MPTABLE_SIZE]);

#endif
