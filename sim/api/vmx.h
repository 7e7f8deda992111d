/* vmx.h - VT-x as the manual lists it: exit reasons, VMCS fields, control bits.  SDM 3C 24, B, C. */
#ifndef SIM_API_VMX_H
#define SIM_API_VMX_H

#include "sim/api/base.h"

/* Basic exit reasons, SDM 3C appendix C, in Linux's spelling */
enum exit_reason {
    EXIT_EXCEPTION_NMI = 0, EXIT_EXTERNAL_INTERRUPT = 1, EXIT_TRIPLE_FAULT = 2,
    EXIT_INIT = 3 /* INIT_SIGNAL */,
    EXIT_INTERRUPT_WINDOW = 7, EXIT_NMI_WINDOW = 8, EXIT_TASK_SWITCH = 9, EXIT_CPUID = 10,
    EXIT_HLT = 12, EXIT_INVD = 13, EXIT_INVLPG = 14, EXIT_RDPMC = 15, EXIT_RDTSC = 16,
    EXIT_VMCALL = 18, EXIT_VMCLEAR = 19, EXIT_VMLAUNCH = 20, EXIT_VMPTRLD = 21,
    EXIT_VMPTRST = 22, EXIT_VMREAD = 23, EXIT_VMRESUME = 24, EXIT_VMWRITE = 25,
    EXIT_VMXOFF = 26, EXIT_VMXON = 27, EXIT_CR_ACCESS = 28, EXIT_DR_ACCESS = 29,
    EXIT_IO = 30 /* IO_INSTRUCTION */, EXIT_RDMSR = 31, EXIT_WRMSR = 32,
    EXIT_INVALID_STATE = 33, EXIT_MSR_LOAD_FAIL = 34, EXIT_REASON_COUNT = 56,
    EXIT_NONE = 0xff,
};
#define EXIT_ENTRY_FAILURE BIT(31)

enum vmcs_field {
#define F(id, encoding, width, group, text) VMCS_##id = encoding,
#include "sim/api/vmcs.def"
#undef F
};

/* VM-entry interruption information / VM-exit interruption information, SDM 3C 24.8.3
 *  31  30      12  11  10  8 7      0
 * +---+----------+---+------+--------+
 * | V |  0 (IRET)|err| type | vector |      type: enum event_type (isa.h)
 * +---+----------+---+------+--------+ */
#define INTR_VALID BIT(31)
#define INTR_ERROR BIT(11)
#define INTR_NMI_UNBLOCKED BIT(12) /* exits only: an IRET that faulted had ended NMI blocking */
#define INTR_TYPE(info) ((info) >> 8 & 7u)
#define INTR_INFO(vector, type) (INTR_VALID | (u32)(type) << 8 | (vector))

/* Pin-based controls (24.6.1) */
#define PIN_EXTERNAL_INTERRUPT BIT(0)
#define PIN_NMI BIT(3)
#define PIN_VIRTUAL_NMI BIT(5)
/* Primary processor-based controls (24.6.2) */
#define CPU_INTERRUPT_WINDOW BIT(2)
#define CPU_TSC_OFFSET BIT(3)
#define CPU_HLT BIT(7)
#define CPU_INVLPG BIT(9)
#define CPU_RDPMC BIT(11)
#define CPU_RDTSC BIT(12)
#define CPU_CR3_LOAD BIT(15)
#define CPU_CR3_STORE BIT(16)
#define CPU_NMI_WINDOW BIT(22)
#define CPU_MOV_DR BIT(23)
#define CPU_IO_EXIT BIT(24)
#define CPU_IO_BITMAPS BIT(25)
#define CPU_MSR_BITMAPS BIT(28)
/* VM-exit controls (24.7) */
#define EXIT_ACK_INTERRUPT BIT(15)
/* Guest interruptibility (24.4.2) */
#define INTERRUPTIBILITY_STI BIT(0)
#define INTERRUPTIBILITY_MOV_SS BIT(1)
#define INTERRUPTIBILITY_NMI BIT(3)
#define INTERRUPTIBILITY_SHADOW (INTERRUPTIBILITY_STI | INTERRUPTIBILITY_MOV_SS) /* is struct arch's shadow */
#define PENDING_DEBUG_ENABLED BIT(12) /* B0-B3 are of enabled breakpoints (24.4.2) */

/* Exit qualifications, SDM 3C 27.2.1
 *  31        16 15 12 11    8  7   6   5  4 3    0
 * +------------+-----+-------+---+----+----+------+   control registers, table 27-3; acc: 0 MOV to CR, 1 MOV
 * | LMSW source|  0  |  reg  | 0 |mem | acc| CR   |   from CR, 2 CLTS, 3 LMSW; mem: LMSW from memory; reg: of
 * +------------+-----+-------+---+----+----+------+   MOV.  Debug registers, table 27-4: acc 0 to, 1 from
 *  31       16 15  7  6   5   4   3   2     0
 * +-----------+-----+---+---+---+---+--------+
 * |   port    |  0  |imm|rep|str|in | size-1 |        I/O, table 27-5; imm: the port is an immediate operand;
 * +-----------+-----+---+---+---+---+--------+        str: INS or OUTS */
enum { CR_ACCESS_TO = 0 << 4, CR_ACCESS_FROM = 1 << 4, CR_ACCESS_CLTS = 2 << 4, CR_ACCESS_LMSW = 3 << 4,
       CR_ACCESS_MASK = 3 << 4, CR_ACCESS_MEMORY = 1 << 6 };
enum { DR_ACCESS_FROM = 1 << 4 };
enum { IO_ACCESS_IN = 1 << 3, IO_ACCESS_STRING = 1 << 4, IO_ACCESS_REP = 1 << 5,
       IO_ACCESS_IMMEDIATE = 1 << 6 };

/* Result of a VT-x instruction by its flags, SDM 3C 30.2 */
enum vmx_result { VMX_SUCCEED, VMX_FAIL_INVALID /* CF */, VMX_FAIL_VALID /* ZF, error in VMCS */ };

const char *exit_reason_name(unsigned reason); /* "CR_ACCESS"; never NULL */
struct vmcs_field_info { u32 encoding; u8 width; u8 group; const char *name, *text; };
enum vmcs_group { VMCS_GUEST, VMCS_HOST, VMCS_CONTROL, VMCS_ENTRY, VMCS_EXIT, VMCS_INFO };
extern const struct vmcs_field_info vmcs_fields[];
extern const unsigned vmcs_field_count;
int vmcs_field_index(u32 encoding); /* -1: no such field on this processor */

#endif
