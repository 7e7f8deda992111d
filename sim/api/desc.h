/* desc.h - descriptors, selectors, gates and the TSS: formats and their unpacking.  Pure.
 *
 * Segment descriptor, SDM 3A 3.4.5
 *  63      56 55 54 53 52 51     48 47 46 45 44 43  40 39     32 31          16 15           0
 * +----------+--+--+--+--+---------+--+-----+--+------+---------+--------------+--------------+
 * |base 31:24| G|DB| L|AV|lim 19:16| P| DPL | S| type |base23:16|  base 15:0   |  limit 15:0  |
 * +----------+--+--+--+--+---------+--+-----+--+------+---------+--------------+--------------+
 * Gate, SDM 3A 6.11: offset 31:16 | P DPL 0 type | 0 0 0 count | selector | offset 15:0 */
#ifndef SIM_API_DESC_H
#define SIM_API_DESC_H

#include "sim/api/arch.h"

#define SEL_RPL(sel) ((sel) & 3u)
#define SEL_TI BIT(2)
#define SEL_INDEX(sel) ((sel) >> 3)
#define SEL_IS_NULL(sel) (((sel) & 0xfffcu) == 0)

enum sys_type { /* type field when S=0, SDM 3A table 3-2 */
    SYS_TSS16 = 1, SYS_LDT = 2, SYS_TSS16_BUSY = 3, SYS_CALL16 = 4, SYS_TASK_GATE = 5,
    SYS_INT16 = 6, SYS_TRAP16 = 7, SYS_TSS32 = 9, SYS_TSS32_BUSY = 11, SYS_CALL32 = 12,
    SYS_INT32 = 14, SYS_TRAP32 = 15,
};

struct gate { u16 sel; u8 type; u8 dpl; u8 present; u8 count; u16 pad; u32 offset; };

/* 32-bit TSS byte offsets, SDM 3A figure 7-2 */
enum { TSS_LINK = 0, TSS_ESP0 = 4, TSS_SS0 = 8, TSS_CR3 = 28, TSS_EIP = 32, TSS_EFLAGS = 36,
       TSS_EAX = 40, TSS_ES = 72, TSS_LDT = 96, TSS_TRAP = 100, TSS_IOMAP = 102, TSS_SIZE = 104 };

struct seg desc_unpack(u16 sel, u32 lo, u32 hi);          /* fills the hidden part */
void desc_pack(const struct seg *s, u32 *lo, u32 *hi);    /* the inverse; sel is dropped */
struct gate gate_unpack(u32 lo, u32 hi);
void gate_pack(const struct gate *g, u32 *lo, u32 *hi);

#endif
