/* interp_engine.c - the engine that never runs the guest: each instruction through the stub. */
#include "vmm/vmm.h"

#include "vmm/direct.h"

static bool interp_can_run(const struct vmm *v)
{
    (void)v;
    return false;
}

static bool interp_peek(const struct vmm *v, struct peek *out)
{
    *out = vmm_vcpu_peek(v);
    return true;
}

const struct engine engine_interp = {
    .id = ENGINE_INTERP, .name = "interp", .shares_address_space = false,
    .can_run = interp_can_run, .trap = direct_cause, .peek = interp_peek,
};
