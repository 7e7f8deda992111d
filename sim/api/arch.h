/* arch.h - the architectural state of an IA-32 processor, as the manual describes it.
 *
 * The machine's CPU and the monitor's virtual CPU both hold one struct arch, so one set of
 * rules (isa.h) serves both.  Fixed width, no pointers, padding zero: it lives in the arena. */
#ifndef SIM_API_ARCH_H
#define SIM_API_ARCH_H

#include "sim/api/base.h"

enum reg { EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI, REG_NONE /* always 0 */, REG_COUNT };
enum sreg { ES, CS, SS, DS, FS, GS, SREG_COUNT };

/* EFLAGS, SDM 1 3.4.3
 *  21 20  19  18 17 16 15 14 13-12 11 10 9  8  7  6  5 4  3 2  1 0
 * +--+---+---+--+--+--+--+--+-----+--+--+--+--+--+--+-+--+-+--+-+--+
 * |ID|VIP|VIF|AC|VM|RF| 0|NT|IOPL |OF|DF|IF|TF|SF|ZF|0|AF|0|PF|1|CF|
 * +--+---+---+--+--+--+--+--+-----+--+--+--+--+--+--+-+--+-+--+-+--+ */
enum {
    FL_CF = 1 << 0, FL_1 = 1 << 1, FL_PF = 1 << 2, FL_AF = 1 << 4, FL_ZF = 1 << 6,
    FL_SF = 1 << 7, FL_TF = 1 << 8, FL_IF = 1 << 9, FL_DF = 1 << 10, FL_OF = 1 << 11,
    FL_IOPL = 3 << 12, FL_NT = 1 << 14, FL_RF = 1 << 16, FL_VM = 1 << 17, FL_AC = 1 << 18,
    FL_VIF = 1 << 19, FL_VIP = 1 << 20, FL_ID = 1 << 21,
    FL_ARITH = FL_CF | FL_PF | FL_AF | FL_ZF | FL_SF | FL_OF,
};
#define EFLAGS_IOPL(eflags) ((eflags) >> 12 & 3)

/* CR0 (SDM 3A 2.5) */
#define CR0_PE BIT(0)
#define CR0_MP BIT(1)
#define CR0_EM BIT(2)
#define CR0_TS BIT(3)
#define CR0_ET BIT(4)
#define CR0_NE BIT(5)
#define CR0_WP BIT(16)
#define CR0_AM BIT(18)
#define CR0_NW BIT(29)
#define CR0_CD BIT(30)
#define CR0_PG BIT(31)
/* What says only how x87 instructions end: no translation depends on it (SDM 3A 4.10.4.1). */
#define CR0_X87 (CR0_MP | CR0_EM | CR0_TS | CR0_NE)
/* CR4 */
#define CR4_VME BIT(0)
#define CR4_PVI BIT(1)
#define CR4_TSD BIT(2)
#define CR4_DE BIT(3)
#define CR4_PSE BIT(4)
#define CR4_PAE BIT(5)
#define CR4_MCE BIT(6)
#define CR4_PGE BIT(7)
#define CR4_PCE BIT(8)
#define CR4_OSFXSR BIT(9)
#define CR4_VMXE BIT(13)
/* DR6, DR7 */
#define DR6_BS BIT(14)
#define DR6_BD BIT(13)
#define DR6_BT BIT(15)
#define DR6_FIXED 0xffff0ff0u
#define DR7_FIXED 0x00000400u
#define DR7_GD BIT(13)

/* A segment register with its hidden part.  ar is kept as a VMCS stores it (SDM 3C 24.4.1):
 *  16 15 14 13 12 11  8  7 6 5 4 3    0
 * +--+--+--+--+---+----+-+---+-+------+
 * |un| G|DB| L|AVL| 0  |P|DPL|S| type |      un: unusable (a null selector was loaded)
 * +--+--+--+--+---+----+-+---+-+------+      limit is in bytes, already scaled by G */
struct seg {
    u16 sel;
    u16 pad;
    u32 ar;
    u32 base;
    u32 limit;
};
#define AR_TYPE(ar) ((ar) & 15u)
#define AR_S BIT(4)
#define AR_DPL(ar) ((ar) >> 5 & 3u)
#define AR_P BIT(7)
#define AR_DB BIT(14)
#define AR_G BIT(15)
#define AR_UNUSABLE BIT(16)
#define AR_IS_CODE(ar) (((ar) & (AR_S | 8u)) == (AR_S | 8u))
#define AR_IS_CONFORMING(ar) (((ar) & 4u) != 0)  /* of a code segment */
#define AR_IS_EXPAND_DOWN(ar) (((ar) & (AR_S | 12u)) == (AR_S | 4u))
#define AR_IS_WRITABLE(ar) (((ar) & (AR_S | 10u)) == (AR_S | 2u))
#define AR_IS_READABLE(ar) (((ar) & (AR_S | 8u)) == AR_S || ((ar) & (AR_S | 10u)) == (AR_S | 10u))

struct dtr { u32 base; u32 limit; };

/* Interrupt shadow: what the instruction just retired keeps from being recognized at the
 * next boundary.  SDM 3A 6.8.3; STI blocks maskable interrupts, MOV/POP SS also NMI and #DB. */
enum { SHADOW_STI = 1, SHADOW_MOV_SS = 2 }; /* as in a VMCS (vmx.h) */

struct arch {
    u32 reg[REG_COUNT];
    u32 eip;
    u32 eflags;
    u32 cr0, cr2, cr3, cr4;
    u32 dr[8];
    struct seg seg[SREG_COUNT];
    struct seg ldtr, tr;
    struct dtr gdtr, idtr;
    u32 sysenter_cs, sysenter_esp, sysenter_eip;
    u32 debugctl;   /* debug.h */
    u32 branch_from, branch_to, exception_from, exception_to; /* offsets in CS: the last branch records */
    u32 pdpte[4];   /* the PDPTE registers, low halves; they count with PAE paging (SDM 3A 4.4.1) */
    u8 cpl;
    u8 shadow;      /* SHADOW_ bits */
    u8 halted;      /* HLT retired, waiting for an interrupt */
    u8 nmi_blocked; /* between NMI delivery and IRET */
};
_Static_assert(sizeof(struct arch) == 288, "struct arch has no implicit padding");

/* MSRs.  SDM 3C 35; the 0x4000_01xx ones are this machine's own: the guest counter (docs/counter.md). */
enum msr {
    MSR_TSC = 0x10,
    MSR_COUNT = 0xc1,          /* PERFCTR0: guest instructions counted = guest time (ticks) */
    MSR_SYSENTER_CS = 0x174, MSR_SYSENTER_ESP = 0x175, MSR_SYSENTER_EIP = 0x176,
    MSR_DEBUGCTL = 0x1d9, MSR_BRANCH_FROM = 0x1db, MSR_BRANCH_TO, MSR_EXCEPTION_FROM, MSR_EXCEPTION_TO,
    MSR_EVTSEL = 0x186,        /* PERFEVTSEL0: only USR and OS are implemented */
    MSR_VMX_BASIC = 0x480,
    MSR_COUNT_LIMIT = 0x40000100,  /* NMI before the instruction that would pass it */
    MSR_TC_BASE = 0x40000101,      /* machine-physical start of the translation cache */
    MSR_TC_SIZE = 0x40000102,      /* bytes; 0: there is none */
    MSR_TC_WEIGHTS = 0x40000103,   /* machine-physical table, one byte (0-15) a cache byte */
};
#define EVTSEL_USR BIT(16) /* count at CPL > 0, and in VMX non-root operation */
#define EVTSEL_OS BIT(17)  /* count at CPL 0 too */

static inline bool arch_is_protected(const struct arch *s) { return (s->cr0 & CR0_PE) != 0; }
static inline bool arch_is_v86(const struct arch *s) { return (s->eflags & FL_VM) != 0; }
static inline bool arch_code32(const struct arch *s) { return (s->seg[CS].ar & AR_DB) != 0; }
static inline bool arch_stack32(const struct arch *s) { return (s->seg[SS].ar & AR_DB) != 0; }

/* arch_reset - the state after RESET (SDM 3A table 9-1): real mode, CS:EIP = F000:FFF0.
 * arch_init - after INIT (same table): CR0.CD, NW and MSRs stay; NMIs are blocked no more (chosen).
 * arch_reset_multiboot - as a multiboot loader leaves it: flat 4 GB segments in protected mode,
 *   paging off, IF=0, eip, EAX = 0x2BADB002, EBX = info; GDTR/IDTR are empty. */
void arch_reset(struct arch *s);
void arch_init(struct arch *s);
void arch_reset_multiboot(struct arch *s, u32 eip, u32 info);

#endif
