/* layout.h - where the monitor lives: the top 4 MB of linear addresses, and its part of RAM.
 *
 *   0xffc00000  the native window (2 pages, not simulated; supervisor)
 *   0xffc03000  ring-0 stack, one page, grows down from MON_STACK_TOP
 *   0xffc04000  IDT (2 KiB), TSS behind it
 *   0xffc10000  shadow GDT, 64 KiB: the guest's descriptors by index, the monitor's own at the end
 *   0xffc20000  shadow LDT, 64 KiB
 *   0xffc30000  data that emitted code touches (%gs base), MON_DATA_PAGES pages
 *   0xffc38000  its first page again: the doorbell, present only while no virtual interrupt waits
 *   0xffd00000  translation cache, TC_SIZE; its first 16 bytes are the monitor's stub (int STUB)
 *
 * One page table maps it all, shared by every shadow directory of the engines that share the guest's
 * address space (direct, bt).  Machine RAM: the guest's part first, then MON_RAM bytes. */
#ifndef VMM_LAYOUT_H
#define VMM_LAYOUT_H

#include "sim/api/base.h"

#define MON_BASE 0xffc00000u
#define MON_WINDOW 0xffc00000u
#define MON_STACK_TOP 0xffc04000u
#define MON_IDT 0xffc04000u
#define MON_TSS 0xffc04800u
#define MON_GDT 0xffc10000u
#define MON_LDT 0xffc20000u
#define MON_DATA 0xffc30000u
#define MON_DOORBELL 0xffc38000u
#define MON_TC 0xffd00000u
enum { MON_DATA_PAGES = 4, TC_SIZE = 1 << 20, MON_RAM = 16 << 20 };

/* The monitor's own descriptors, at the end of the shadow GDT. */
enum mon_selector {
    MON_CS0 = 0xff80 /* ring 0 code */, MON_DS0 = 0xff88 /* ring 0 data, stack */,
    MON_TR = 0xff90, MON_LDTR = 0xff98,
    MON_CS1 = 0xffa0 | 1 /* ring 1 code over all 4 GB: the cache and the stub */,
    MON_GS1 = 0xffa8 | 1 /* ring 1 data, base MON_DATA: the escape; present only for the cache */,
    MON_SS1 = 0xffb0 | 1 /* ring 1 data for the stub's stack */,
    MON_CACHED = 0xffc0 /* six cached descriptors, one a segment register (ES CS SS DS FS GS) */,
};

struct vmm;
void layout_build(struct vmm *v); /* while building: page tables, parts, stub; paging is on after it */

/* Vectors that the monitor's own code raises from ring 1 (gates of DPL 1, in engines that use them). */
enum mon_vector { VEC_STUB = 0x7d, VEC_CALLOUT = 0x7e, VEC_CONTINUE = 0x7f };

#endif
