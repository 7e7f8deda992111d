/* interp.c - the owner's side of the rules: memory, MSRs, changes; ports are in vdevice.c. */
#include "vmm/interp.h"

#include "sim/dev/mmio.h"
#include "vmm/charge.h"
#include "vmm/shdesc.h"

#include <string.h>

/* ---- address translation ---- */

static u32 walk_read(void *owner, u32 pa)
{
    return guestmem_read(owner, (gpa_t){ pa }, 4);
}

static void walk_write(void *owner, u32 pa, u32 value)
{
    guestmem_write(owner, (gpa_t){ pa }, 4, value);
}

struct walk interp_walk(struct vmm *v, u32 la, unsigned access, bool touch)
{
    const struct arch *s = &v->s->vcpu.arch;
    struct walk_mem mem = { v, walk_read, touch ? walk_write : NULL };
    struct walk w = { .la = la, .pa = la, .rights = PTE_W | PTE_U | PTE_D };
    if (s->cr0 & CR0_PG)
        w = paging_walk(&mem, s, la, access);
    w.pa = guestmem_a20(v, w.pa).v;
    return w;
}

fault_t interp_translate(struct vmm *v, u32 la, unsigned access, bool touch, gpa_t *out)
{
    struct walk w = interp_walk(v, la, access, touch);
    if (w.fault)
        v->isa.fault_la = la;
    *out = (gpa_t){ w.pa };
    return w.fault;
}

static u32 look_read(void *owner, u32 pa)
{
    const struct vmm *v = owner;
    return guestmem_read(v, (gpa_t){ pa }, 4);
}

bool interp_peek32(const struct vmm *v, u32 la, u32 *value)
{
    const struct arch *s = &v->s->vcpu.arch;
    struct walk_mem look = { (void *)(uintptr_t)v, look_read, NULL };
    struct walk w = { .pa = la };
    mpa_t at;
    if ((la & (PAGE_SIZE - 1)) > PAGE_SIZE - 4)
        return false;
    if (s->cr0 & CR0_PG)
        w = paging_walk(&look, s, la, ACCESS_READ);
    if (w.fault || !guestmem_find(v, (gpa_t){ w.pa }, &at))
        return false;
    *value = guestmem_read(v, (gpa_t){ w.pa }, 4);
    return true;
}

/* ---- guest memory by linear address; an access may lie in two pages ---- */

struct span { gpa_t part[2]; unsigned first, size; };

static struct vmm *vmm_of(struct isa *x) { return x->owner; }

static fault_t find_span(struct vmm *v, u32 la, unsigned size, unsigned access,
                         struct span *span)
{
    unsigned room = PAGE_SIZE - (la & (PAGE_SIZE - 1));
    span->size = size;
    span->first = size < room ? size : room;
    fault_t f = interp_translate(v, la, access, true, &span->part[0]);
    if (f || span->first == size)
        return f;
    return interp_translate(v, la + span->first, access, true, &span->part[1]);
}

static u32 read_bytes(struct vmm *v, gpa_t at, unsigned count)
{
    u32 value = 0;
    if (platform_is_device(&v->s->platform, at.v))
        return interp_load(v, at, count);
    for (unsigned i = 0; i < count; i++)
        value |= guestmem_read(v, (gpa_t){ at.v + i }, 1) << 8 * i;
    return value;
}

static void write_bytes(struct vmm *v, gpa_t at, unsigned count, u32 value)
{
    if (platform_is_device(&v->s->platform, at.v)) {
        interp_store(v, at, count, value);
        return;
    }
    for (unsigned i = 0; i < count; i++)
        guestmem_write(v, (gpa_t){ at.v + i }, 1, value >> 8 * i & 0xff);
}

static u32 read_part(struct vmm *v, gpa_t at, unsigned size)
{
    mpa_t where;
    return guestmem_find(v, at, &where) ? guestmem_read(v, at, size) : read_bytes(v, at, size);
}

static void write_part(struct vmm *v, gpa_t at, unsigned size, u32 value)
{
    mpa_t where;
    if (guestmem_find(v, at, &where))
        guestmem_write(v, at, size, value);
    else
        write_bytes(v, at, size, value);
}

static fault_t op_read(struct isa *x, u32 la, unsigned size, unsigned access, u32 *value)
{
    struct vmm *v = vmm_of(x);
    struct span s;
    fault_t f = find_span(v, la, size, access, &s);
    if (f)
        return f;
    if (s.first == size)
        *value = read_part(v, s.part[0], size);
    else
        *value = read_bytes(v, s.part[0], s.first) |
                 read_bytes(v, s.part[1], size - s.first) << 8 * s.first;
    return FAULT_NONE;
}

static fault_t op_write(struct isa *x, u32 la, unsigned size, unsigned access, u32 value)
{
    struct vmm *v = vmm_of(x);
    struct span s;
    fault_t f = find_span(v, la, size, access | ACCESS_WRITE, &s);
    if (f)
        return f;
    if (s.first == size) {
        write_part(v, s.part[0], size, value);
    } else {
        write_bytes(v, s.part[0], s.first, value);
        write_bytes(v, s.part[1], size - s.first, value >> 8 * s.first);
    }
    return FAULT_NONE;
}

static fault_t op_probe(struct isa *x, u32 la, unsigned size, unsigned access)
{
    struct span s;
    return find_span(vmm_of(x), la, size, access, &s);
}

static u32 op_read_phys(struct isa *x, u32 pa)
{
    return walk_read(vmm_of(x), pa);
}

/* ---- fetch ---- */

static fault_t fetch_bytes(struct vmm *v, u32 la, bool touch, u8 *to, unsigned count)
{
    unsigned access = ACCESS_FETCH | (v->s->vcpu.arch.cpl == 3 ? ACCESS_USER : 0);
    gpa_t at;
    mpa_t frame;
    fault_t f = interp_translate(v, la, access, touch, &at);
    if (f)
        return f;
    if (guestmem_find(v, at, &frame))
        memcpy(to, mem_map(v->hw, frame), count);
    else
        memset(to, 0xff, count);
    return FAULT_NONE;
}

static fault_t decode_fault(enum decode_status status)
{
    if (status == DECODE_OK)
        return FAULT_NONE;
    return status == DECODE_UD ? FAULT(VEC_UD) : FAULT_ERR(VEC_GP, 0);
}

fault_t interp_fetch(struct vmm *v, struct insn *in, bool touch)
{
    const struct arch *s = &v->s->vcpu.arch;
    const struct seg *cs = &s->seg[CS];
    u8 bytes[INSN_MAX];
    if (s->eip > cs->limit)
        return FAULT_ERR(VEC_GP, 0);
    u32 la = cs->base + s->eip, room = cs->limit - s->eip;
    unsigned all = room < INSN_MAX - 1 ? room + 1 : INSN_MAX;
    unsigned page = PAGE_SIZE - (la & (PAGE_SIZE - 1)), first = all < page ? all : page;
    fault_t f = fetch_bytes(v, la, touch, bytes, first);
    if (f)
        return f;
    enum decode_status status = decode(bytes, first, arch_code32(s), in);
    if (status == DECODE_SHORT && first < all) {
        f = fetch_bytes(v, la + first, touch, bytes + first, all - first);
        if (f)
            return f;
        status = decode(bytes, all, arch_code32(s), in);
        first = all;
    }
    if (touch && status == DECODE_UD && hw_event_wanted(v->hw, VMM_UNDEFINED)) {
        u32 a[4];
        insn_bytes_pack(bytes, first, in, arch_code32(s), a);
        hw_event(v->hw, VMM_UNDEFINED, a[0], a[1], a[2], a[3]);
    }
    return decode_fault(status);
}

/* ---- x87: the registers are the hardware's, all the time ---- */

static void get_fpu(struct vmm *v)
{
    u8 image[512];
    u32 real = hw_read_cr(v->hw, 0);
    if (real & (CR0_TS | CR0_EM)) /* as the guest's was when it was last entered */
        hw_write_cr(v->hw, 0, real & ~(CR0_TS | CR0_EM));
    hw_fxsave(v->hw, image);
    fpu_from_fxsave(&v->fpu, image);
}

static void put_fpu(struct vmm *v)
{
    u8 image[512] = { 0 };
    fpu_to_fxsave(&v->fpu, image);
    hw_fxrstor(v->hw, image);
}

void interp_reset_fpu(struct vmm *v)
{
    get_fpu(v); /* and nothing disables the registers now */
    fpu_reset(&v->fpu);
    put_fpu(v);
}

static fault_t exec_fpu(struct vmm *v, const struct insn *in)
{
    bool off = (v->s->vcpu.arch.cr0 & (CR0_TS | CR0_EM)) != 0;
    if (off && in->op != OP_FWAIT) /* #NM, without a look at the registers */
        return isa_exec(&v->isa, in);
    get_fpu(v);
    fault_t f = isa_exec(&v->isa, in);
    if (!f)
        put_fpu(v);
    return f;
}

fault_t interp_exec(struct vmm *v, const struct insn *in)
{
    struct arch *s = &v->s->vcpu.arch;
    u8 old_shadow = s->shadow;
    s->shadow = 0;
    fault_t f = op_is_fpu(in->op) ? exec_fpu(v, in) : isa_exec(&v->isa, in);
    if (f)
        s->shadow = old_shadow;
    return f;
}

fault_t interp_one(struct vmm *v, struct insn *in)
{
    fault_t f = interp_fetch(v, in, true);
    return f ? f : interp_exec(v, in);
}

/* ---- model-specific registers: those of a P6 without VT-x ---- */

static u64 op_tsc(struct isa *x)
{
    const struct vmm *v = vmm_of(x);
    return msr_tsc(&v->s->platform.msr, vmm_now(v));
}

static fault_t op_rdmsr(struct isa *x, u32 msr, u64 *value)
{
    const struct vmm *v = vmm_of(x);
    bool there = platform_rdmsr(&v->s->platform, vmm_now(v), msr, value);
    return there ? FAULT_NONE : FAULT_ERR(VEC_GP, 0);
}

/* Whatever was derived from where memory is goes, with the page that moves. */
static fault_t write_apic_base(struct vmm *v, u64 value)
{
    struct platform_out out;
    if (!platform_write_apic_base(&v->s->platform, vmm_now(v), value, &out))
        return FAULT_ERR(VEC_GP, 0);
    if (out.map) {
        shadow_drop_all(v);
        interp_changed(v, ISA_CR0, CR0_PG);
    }
    return FAULT_NONE;
}

static fault_t op_wrmsr(struct isa *x, u32 msr, u64 value)
{
    if (msr == MSR_APIC_BASE)
        return write_apic_base(vmm_of(x), value);
    if (!platform_wrmsr(&vmm_of(x)->s->platform, vmm_now(vmm_of(x)), msr, value))
        return FAULT_ERR(VEC_GP, 0);
    return FAULT_NONE;
}

static void op_cpuid(struct isa *x, u32 leaf, u32 regs[4])
{
    platform_cpuid(&vmm_of(x)->s->platform, leaf, regs);
}

/* ---- changes ---- */

static void tell_engine(struct vmm *v, enum forget_kind kind, u32 la)
{
    struct forget what = { .kind = kind, .la = la };
    if (v->engine->forget)
        v->engine->forget(v, &what);
}

void interp_changed(struct vmm *v, enum isa_change what, u32 arg)
{
    if (what == ISA_CR0 && !(arg & ~CR0_X87))
        return;
    switch (what) {
    case ISA_CR0:
    case ISA_CR3:
    case ISA_CR4:
        shadow_switch(v);
        shdesc_changed(v); /* the tables' linear addresses may lead elsewhere now */
        tell_engine(v, what == ISA_CR3 ? FORGET_MAPPINGS : FORGET_ALL, 0);
        break;
    case ISA_INVLPG:
        shadow_invlpg(v, arg);
        shdesc_changed(v);
        tell_engine(v, FORGET_LINEAR, arg);
        break;
    case ISA_GDTR:
    case ISA_LDTR:
        shdesc_changed(v);
        break;
    case ISA_CPL:
        if (perf_minds_cpl(&v->s->platform.msr.perf))
            platform_cpl(&v->s->platform, vmm_now(v), arg);
        break;
    default:
        break;
    }
}

static void op_changed(struct isa *x, enum isa_change what, u32 arg)
{
    interp_changed(vmm_of(x), what, arg);
}

/* ---- ports and pins ---- */

static bool op_ferr(struct isa *x, bool active)
{
    struct vmm *v = vmm_of(x);
    return platform_ferr(&v->s->platform, vmm_now(v), active);
}

static fault_t op_in(struct isa *x, u16 port, unsigned size, u32 *value)
{
    *value = interp_in(vmm_of(x), port, size);
    return FAULT_NONE;
}

static fault_t op_out(struct isa *x, u16 port, unsigned size, u32 value)
{
    interp_out(vmm_of(x), port, size, value);
    return FAULT_NONE;
}

static const struct isa_ops interp_ops = {
    .read = op_read, .write = op_write, .probe = op_probe,
    .read_phys = op_read_phys, .in = op_in, .out = op_out,
    .rdmsr = op_rdmsr, .wrmsr = op_wrmsr, .tsc = op_tsc, .cpuid = op_cpuid,
    .changed = op_changed, .ferr = op_ferr,
};

void interp_init(struct vmm *v)
{
    v->isa = (struct isa){ .s = &v->s->vcpu.arch, .ops = &interp_ops, .owner = v, .fpu = &v->fpu };
}
