#include "sim/vmx_impl.h"

/* Checks on controls and host state, SDM 3C 26.2.  Each function is a paragraph of it. */

enum { CR3_TARGETS = 4, MSR_ENTRY = 16 };

static bool page_address(u32 low, u32 high)
{
    return low % PAGE_SIZE == 0 && high == 0;
}

/* Start and end of an MSR area must be addressable (26.2.1.2). */
static bool msr_area(u32 low, u32 high, u32 count)
{
    if (count == 0)
        return true;
    u64 last = (u64)low + (u64)count * MSR_ENTRY - 1;
    return low % MSR_ENTRY == 0 && high == 0 && last <= 0xffffffffu;
}

/* 26.2.1.1 */
static bool execution_controls(const struct vmcs *c)
{
    u32 pin = c->PIN_CONTROLS, cpu = c->CPU_CONTROLS;
    if (!vmx_controls_allowed(VMX_CONTROLS_PIN, pin) ||
        !vmx_controls_allowed(VMX_CONTROLS_CPU, cpu))
        return false;
    if (c->CR3_TARGET_COUNT > CR3_TARGETS)
        return false;
    if ((cpu & CPU_IO_BITMAPS) && !(page_address(c->IO_BITMAP_A, c->IO_BITMAP_A_HIGH) &&
                                    page_address(c->IO_BITMAP_B, c->IO_BITMAP_B_HIGH)))
        return false;
    if ((cpu & CPU_MSR_BITMAPS) && !page_address(c->MSR_BITMAP, c->MSR_BITMAP_HIGH))
        return false;
    if ((pin & PIN_VIRTUAL_NMI) && !(pin & PIN_NMI))
        return false;
    return (pin & PIN_VIRTUAL_NMI) || !(cpu & CPU_NMI_WINDOW);
}

/* 26.2.1.2 */
static bool exit_controls(const struct vmcs *c)
{
    return vmx_controls_allowed(VMX_CONTROLS_EXIT, c->EXIT_CONTROLS) &&
           msr_area(c->EXIT_MSR_STORE_ADDRESS, c->EXIT_MSR_STORE_ADDRESS_HIGH,
                    c->EXIT_MSR_STORE_COUNT) &&
           msr_area(c->EXIT_MSR_LOAD_ADDRESS, c->EXIT_MSR_LOAD_ADDRESS_HIGH,
                    c->EXIT_MSR_LOAD_COUNT);
}

/* 26.2.1.3, event injection */
static bool injection(const struct vmcs *c)
{
    u32 info = c->ENTRY_INTR_INFO, vector = info & 0xff, type = INTR_TYPE(info);
    if (!(info & INTR_VALID))
        return true;
    if (type == 1 || type == 7 || (info & 0x7ffff000u))
        return false;
    if (type == EVENT_NMI && vector != VEC_NMI)
        return false;
    if (type == EVENT_HARD_EXCEPTION && vector > 31)
        return false;
    bool pushes = type == EVENT_HARD_EXCEPTION && vector_has_error(vector);
    if (((info & INTR_ERROR) != 0) != pushes)
        return false;
    if ((info & INTR_ERROR) && c->ENTRY_EXCEPTION_ERROR >> 16 != 0)
        return false;
    u32 length = c->ENTRY_INSTRUCTION_LENGTH;
    return !vmx_is_software(type) || (length >= 1 && length <= INSN_MAX);
}

static bool entry_controls(const struct vmcs *c)
{
    return vmx_controls_allowed(VMX_CONTROLS_ENTRY, c->ENTRY_CONTROLS) && injection(c) &&
           msr_area(c->ENTRY_MSR_LOAD_ADDRESS, c->ENTRY_MSR_LOAD_ADDRESS_HIGH,
                    c->ENTRY_MSR_LOAD_COUNT);
}

enum vmx_error vmx_check_controls(const struct vmcs *c)
{
    bool good = execution_controls(c) && exit_controls(c) && entry_controls(c);
    return good ? VMX_ERROR_NONE : VMX_ERROR_CONTROLS;
}

/* 26.2.2 and 26.2.3; what is about 64-bit hosts does not arise here */
enum vmx_error vmx_check_host(const struct vmcs *c)
{
    if (!vmx_cr_fixed(0, c->HOST_CR0) || !vmx_cr_fixed(4, c->HOST_CR4))
        return VMX_ERROR_HOST_STATE;
    u32 any = c->HOST_ES_SELECTOR | c->HOST_CS_SELECTOR | c->HOST_SS_SELECTOR |
              c->HOST_DS_SELECTOR | c->HOST_FS_SELECTOR | c->HOST_GS_SELECTOR |
              c->HOST_TR_SELECTOR;
    if (any & 7) /* RPL and TI must be 0 */
        return VMX_ERROR_HOST_STATE;
    if (c->HOST_CS_SELECTOR == 0 || c->HOST_TR_SELECTOR == 0 || c->HOST_SS_SELECTOR == 0)
        return VMX_ERROR_HOST_STATE;
    return VMX_ERROR_NONE;
}
