#include "sim/vmx.h"

#include "sim/vmx_impl.h"

const struct vmcs *vmcs_current(const struct hw *m)
{
    assert(m->state->vmx.current != (u32)VMX_ADDRESS_NONE);
    return mem_map(m, (mpa_t){ m->state->vmx.current });
}

struct vmcs *vmcs_edit(struct hw *m)
{
    assert(m->state->vmx.current != (u32)VMX_ADDRESS_NONE);
    return mem_edit(m, (mpa_t){ m->state->vmx.current }, sizeof(struct vmcs));
}

u8 vmx_phys8(const struct hw *m, u32 low, u32 high, u32 offset)
{
    u64 pa = ((u64)high << 32 | low) + offset;
    return pa < m->ram_bytes ? *(const u8 *)mem_map(m, (mpa_t){ (u32)pa }) : 0xff;
}

u32 vmx_phys32(const struct hw *m, u32 low, u32 high, u32 offset)
{
    u32 value = 0;
    for (unsigned i = 0; i < 4; i++)
        value |= (u32)vmx_phys8(m, low, high, offset + i) << 8 * i;
    return value;
}

static bool has_current(const struct hw *m)
{
    return m->state->vmx.current != (u32)VMX_ADDRESS_NONE;
}

enum vmx_result vmx_fail(struct hw *m, enum op op, enum vmx_error error)
{
    if (machine_wants(m, HW_VMFAIL))
        machine_event(m, HW_VMFAIL, op, error, 0, 0);
    if (!has_current(m) || error == VMX_ERROR_NONE)
        return VMX_FAIL_INVALID;
    vmcs_edit(m)->VM_INSTRUCTION_ERROR = error;
    return VMX_FAIL_VALID;
}

/* ---- the instructions, faults already excluded (30.3) ---- */

enum vmx_result vmx_on(struct hw *m, u32 region)
{
    struct vmx_state *v = &m->state->vmx;
    if (v->on)
        return vmx_fail(m, OP_VMXON, VMX_ERROR_VMXON_ROOT);
    assert(vmx_cr_fixed(0, m->arch->cr0) && vmx_cr_fixed(4, m->arch->cr4));
    v->current = (u32)VMX_ADDRESS_NONE;
    if (region % PAGE_SIZE != 0 || vmx_phys32(m, region, 0, 0) != VMCS_REVISION)
        return vmx_fail(m, OP_VMXON, VMX_ERROR_NONE);
    v->on = 1;
    v->nonroot = 0;
    v->vmxon_region = region;
    return VMX_SUCCEED;
}

void vmx_reset(struct hw *m)
{
    m->state->vmx = (struct vmx_state){ .vmxon_region = (u32)VMX_ADDRESS_NONE,
                                        .current = (u32)VMX_ADDRESS_NONE };
}

void vmx_off(struct hw *m)
{
    assert(m->state->vmx.on && !m->state->vmx.nonroot);
    vmx_reset(m);
}

enum vmx_result vmx_clear(struct hw *m, u32 region)
{
    struct vmx_state *v = &m->state->vmx;
    if (region % PAGE_SIZE != 0)
        return vmx_fail(m, OP_VMCLEAR, VMX_ERROR_VMCLEAR_ADDRESS);
    if (region == v->vmxon_region)
        return vmx_fail(m, OP_VMCLEAR, VMX_ERROR_VMCLEAR_VMXON);
    if (region < m->ram_bytes) {
        struct vmcs *c = mem_edit(m, (mpa_t){ region }, sizeof(struct vmcs));
        c->launched = 0;
    }
    if (v->current == region)
        v->current = (u32)VMX_ADDRESS_NONE;
    return VMX_SUCCEED;
}

enum vmx_result vmx_ptrld(struct hw *m, u32 region)
{
    struct vmx_state *v = &m->state->vmx;
    if (region % PAGE_SIZE != 0)
        return vmx_fail(m, OP_VMPTRLD, VMX_ERROR_VMPTRLD_ADDRESS);
    if (region == v->vmxon_region)
        return vmx_fail(m, OP_VMPTRLD, VMX_ERROR_VMPTRLD_VMXON);
    if (vmx_phys32(m, region, 0, 0) != VMCS_REVISION)
        return vmx_fail(m, OP_VMPTRLD, VMX_ERROR_VMPTRLD_REVISION);
    v->current = region;
    return VMX_SUCCEED;
}

static u32 *field_in(struct vmcs *c, int index)
{
    return (u32 *)((u8 *)c + offsetof(struct vmcs, GUEST_ES_SELECTOR)) + index;
}

u32 vmx_field_peek(const struct hw *m, u32 field)
{
    int index = vmcs_field_index(field);
    if (!m->state->vmx.on || !has_current(m) || index < 0)
        return 0;
    return *vmcs_word(vmcs_current(m), offsetof(struct vmcs, GUEST_ES_SELECTOR), index);
}

void vmx_field_set(struct hw *m, u32 field, u32 value)
{
    int index = vmcs_field_index(field);
    assert(index >= 0);
    *field_in(vmcs_edit(m), index) = vmcs_fields[index].width == 16 ? value & 0xffffu : value;
}

enum vmx_result vmx_read(struct hw *m, u32 field, u32 *value)
{
    if (!has_current(m))
        return vmx_fail(m, OP_VMREAD, VMX_ERROR_NONE);
    if (vmcs_field_index(field) < 0)
        return vmx_fail(m, OP_VMREAD, VMX_ERROR_NO_FIELD);
    ledger_charge(&m->state->ledger, COST_VMREAD);
    *value = vmx_field_peek(m, field);
    return VMX_SUCCEED;
}

enum vmx_result vmx_write(struct hw *m, u32 field, u32 value)
{
    if (!has_current(m))
        return vmx_fail(m, OP_VMWRITE, VMX_ERROR_NONE);
    if (vmcs_field_index(field) < 0)
        return vmx_fail(m, OP_VMWRITE, VMX_ERROR_NO_FIELD);
    if ((field >> 10 & 3) == 1) /* exit information; VMX_MISC bit 29 is 0 */
        return vmx_fail(m, OP_VMWRITE, VMX_ERROR_READ_ONLY);
    ledger_charge(&m->state->ledger, COST_VMWRITE);
    vmx_field_set(m, field, value);
    return VMX_SUCCEED;
}

u64 vmx_tsc_offset(const struct hw *m)
{
    if (!m->state->vmx.nonroot || !vmx_cpu(m, CPU_TSC_OFFSET))
        return 0;
    const struct vmcs *c = vmcs_current(m);
    return (u64)c->TSC_OFFSET_HIGH << 32 | c->TSC_OFFSET;
}
