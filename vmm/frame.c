#include "vmm/frame.h"

#include "vmm/shdesc.h"

enum { FRAME_BYTES = 20, STUB_ESP = 0 /* never used: the stub does not push */ };

static mpa_t stack_at(const struct vmm *v, u32 esp)
{
    u32 bottom = MON_STACK_TOP - PAGE_SIZE;
    assert(esp >= bottom && esp < MON_STACK_TOP);
    return (mpa_t){ v->s->stack + (esp - bottom) };
}

struct frame frame_read(const struct vmm *v, unsigned slot)
{
    u32 esp = hw_reg(v->hw, ESP);
    struct frame f = { 0 };
    if (slot < 32 && vector_has_error(slot)) {
        f.error = mem_read32(v->hw, stack_at(v, esp));
        esp += 4;
    }
    f.eip = mem_read32(v->hw, stack_at(v, esp));
    f.cs = mem_read32(v->hw, stack_at(v, esp + 4)) & 0xffff;
    f.eflags = mem_read32(v->hw, stack_at(v, esp + 8));
    if (SEL_RPL(f.cs) == 0)
        hw_panic(v->hw, "a fault in the monitor itself");
    f.esp = mem_read32(v->hw, stack_at(v, esp + 12));
    f.ss = mem_read32(v->hw, stack_at(v, esp + 16)) & 0xffff;
    return f;
}

void frame_write(struct vmm *v, const struct frame *f)
{
    u32 esp = MON_STACK_TOP - FRAME_BYTES;
    u32 *to = mem_edit(v->hw, stack_at(v, esp), FRAME_BYTES);
    to[0] = f->eip;
    to[1] = f->cs;
    to[2] = f->eflags;
    to[3] = f->esp;
    to[4] = f->ss;
    hw_set_reg(v->hw, ESP, esp);
}

void frame_leave_stub(struct vmm *v)
{
    struct frame f = { .eip = MON_TC, .cs = MON_CS1, .eflags = FL_1 | FL_IF, .esp = STUB_ESP,
                       .ss = MON_SS1 };
    shdesc_stub_present(v, true);
    frame_write(v, &f);
    hw_iret(v->hw);
}

void frame_interrupted(const struct vmm *v, unsigned slot, struct arch *out)
{
    struct frame f = frame_read(v, slot);
    *out = *hw_arch(v->hw);
    out->eip = f.eip;
    out->eflags = f.eflags;
    if (slot < 32 && slot != VEC_NMI)
        out->eflags &= ~(u32)FL_RF; /* pushed as 1 for a fault, whatever it was */
    out->reg[ESP] = f.esp;
    out->seg[CS].sel = (u16)f.cs;
    out->seg[SS].sel = (u16)f.ss;
    out->cpl = SEL_RPL(f.cs);
}

void frame_export_regs(struct vmm *v)
{
    for (enum reg r = EAX; r <= EDI; r++)
        if (r != ESP)
            hw_set_reg(v->hw, r, v->s->vcpu.arch.reg[r]);
}
