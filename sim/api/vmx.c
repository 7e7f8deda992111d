#include "sim/api/vmx.h"

#include "sim/api/arch.h"

_Static_assert(INTERRUPTIBILITY_STI == SHADOW_STI && INTERRUPTIBILITY_MOV_SS == SHADOW_MOV_SS,
               "a shadow is the same in a VMCS and in struct arch");

static const char *const reason_names[EXIT_REASON_COUNT] = {
    [EXIT_EXCEPTION_NMI] = "EXCEPTION_NMI",
    [EXIT_EXTERNAL_INTERRUPT] = "EXTERNAL_INTERRUPT",
    [EXIT_TRIPLE_FAULT] = "TRIPLE_FAULT",
    [EXIT_INIT] = "INIT_SIGNAL",
    [EXIT_INTERRUPT_WINDOW] = "INTERRUPT_WINDOW",
    [EXIT_NMI_WINDOW] = "NMI_WINDOW",
    [EXIT_TASK_SWITCH] = "TASK_SWITCH",
    [EXIT_CPUID] = "CPUID",
    [EXIT_HLT] = "HLT",
    [EXIT_INVD] = "INVD",
    [EXIT_INVLPG] = "INVLPG",
    [EXIT_RDPMC] = "RDPMC",
    [EXIT_RDTSC] = "RDTSC",
    [EXIT_VMCALL] = "VMCALL",
    [EXIT_VMCLEAR] = "VMCLEAR",
    [EXIT_VMLAUNCH] = "VMLAUNCH",
    [EXIT_VMPTRLD] = "VMPTRLD",
    [EXIT_VMPTRST] = "VMPTRST",
    [EXIT_VMREAD] = "VMREAD",
    [EXIT_VMRESUME] = "VMRESUME",
    [EXIT_VMWRITE] = "VMWRITE",
    [EXIT_VMXOFF] = "VMXOFF",
    [EXIT_VMXON] = "VMXON",
    [EXIT_CR_ACCESS] = "CR_ACCESS",
    [EXIT_DR_ACCESS] = "DR_ACCESS",
    [EXIT_IO] = "IO_INSTRUCTION",
    [EXIT_RDMSR] = "RDMSR",
    [EXIT_WRMSR] = "WRMSR",
    [EXIT_INVALID_STATE] = "INVALID_STATE",
    [EXIT_MSR_LOAD_FAIL] = "MSR_LOAD_FAIL",
};

const char *exit_reason_name(unsigned reason)
{
    unsigned basic = reason & 0xffffu; /* bit 31 says that the entry failed */
    const char *name = basic < COUNT(reason_names) ? reason_names[basic] : NULL;
    return name ? name : "?";
}

const struct vmcs_field_info vmcs_fields[] = {
#define F(id, encoding, width, group, text) { encoding, width, VMCS_##group, #id, text },
#include "sim/api/vmcs.def"
#undef F
};
const unsigned vmcs_field_count = COUNT(vmcs_fields);

/* Where each field stands in vmcs.def. */
enum field_position {
#define F(id, encoding, width, group, text) POSITION_##id,
#include "sim/api/vmcs.def"
#undef F
};

/* An encoding, SDM 3C 24.11.2:  14:13 width | 11:10 type | 9:1 index | 0 high.  No index passes 31 here. */
#define ENCODING_KEY(e) (((e) >> 13 & 3) << 8 | ((e) >> 10 & 3) << 6 | ((e) & 63))
#define ENCODING_BITS 0x6c3fu

static const u8 position_of[1 << 10] = { /* one more than the position; 0: no such field */
#define F(id, encoding, width, group, text) [ENCODING_KEY(encoding)] = POSITION_##id + 1,
#include "sim/api/vmcs.def"
#undef F
};

int vmcs_field_index(u32 encoding)
{
    return encoding & ~ENCODING_BITS ? -1 : position_of[ENCODING_KEY(encoding)] - 1;
}
