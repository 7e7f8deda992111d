#include "lessons/fields.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define AT(member) offsetof(struct arch, member)
#define WORD(name, member, group, mask) { name, AT(member), 4, group, mask }
/* Of a descriptor's rights all is compared but "accessed": a monitor that shadows descriptors sees
 * that bit in the table, not in the register. */
enum { RIGHTS = 0x1d0fe };
#define SEG(name, member) \
    { name, AT(member) + offsetof(struct seg, sel), 2, FIELD_SEG, 0xffff }, \
    { name ".base", AT(member) + offsetof(struct seg, base), 4, FIELD_SEG, ~0u }, \
    { name ".limit", AT(member) + offsetof(struct seg, limit), 4, FIELD_SEG, ~0u }, \
    { name ".rights", AT(member) + offsetof(struct seg, ar), 4, FIELD_SEG, RIGHTS }
#define DTR(name, member) \
    { name ".base", AT(member) + offsetof(struct dtr, base), 4, FIELD_TABLE, ~0u }, \
    { name ".limit", AT(member) + offsetof(struct dtr, limit), 4, FIELD_TABLE, 0xffff }

const struct field fields[] = {
    WORD("eip", eip, FIELD_REG, ~0u),
    WORD("eax", reg[EAX], FIELD_REG, ~0u), WORD("ecx", reg[ECX], FIELD_REG, ~0u),
    WORD("edx", reg[EDX], FIELD_REG, ~0u), WORD("ebx", reg[EBX], FIELD_REG, ~0u),
    WORD("esp", reg[ESP], FIELD_REG, ~0u), WORD("ebp", reg[EBP], FIELD_REG, ~0u),
    WORD("esi", reg[ESI], FIELD_REG, ~0u), WORD("edi", reg[EDI], FIELD_REG, ~0u),
    WORD("eflags", eflags, FIELD_FLAGS, ~0u),
    { "cpl", AT(cpl), 1, FIELD_STATE, 3 },
    { "halted", AT(halted), 1, FIELD_STATE, 1 },
    WORD("cr0", cr0, FIELD_CONTROL, ~0u), WORD("cr2", cr2, FIELD_CONTROL, ~0u),
    WORD("cr3", cr3, FIELD_CONTROL, ~0u), WORD("cr4", cr4, FIELD_CONTROL, ~0u),
    WORD("pdpte0", pdpte[0], FIELD_CONTROL, ~0u), WORD("pdpte1", pdpte[1], FIELD_CONTROL, ~0u),
    WORD("pdpte2", pdpte[2], FIELD_CONTROL, ~0u), WORD("pdpte3", pdpte[3], FIELD_CONTROL, ~0u),
    SEG("cs", seg[CS]), SEG("ss", seg[SS]), SEG("ds", seg[DS]), SEG("es", seg[ES]),
    SEG("fs", seg[FS]), SEG("gs", seg[GS]), SEG("ldtr", ldtr), SEG("tr", tr),
    DTR("gdtr", gdtr), DTR("idtr", idtr),
    WORD("dr0", dr[0], FIELD_DEBUG, ~0u), WORD("dr1", dr[1], FIELD_DEBUG, ~0u),
    WORD("dr2", dr[2], FIELD_DEBUG, ~0u), WORD("dr3", dr[3], FIELD_DEBUG, ~0u),
    WORD("dr6", dr[6], FIELD_DEBUG, ~0u), WORD("dr7", dr[7], FIELD_DEBUG, ~0u),
    WORD("sysenter_cs", sysenter_cs, FIELD_CONTROL, ~0u),
    WORD("sysenter_esp", sysenter_esp, FIELD_CONTROL, ~0u),
    WORD("sysenter_eip", sysenter_eip, FIELD_CONTROL, ~0u),
    WORD("debugctl", debugctl, FIELD_DEBUG, ~0u),
    WORD("branch_from", branch_from, FIELD_DEBUG, ~0u), WORD("branch_to", branch_to, FIELD_DEBUG, ~0u),
    WORD("exception_from", exception_from, FIELD_DEBUG, ~0u),
    WORD("exception_to", exception_to, FIELD_DEBUG, ~0u),
    /* what lies between two boundaries is each engine's own affair */
    { "shadow", AT(shadow), 1, FIELD_STATE, 0 },
    { "nmi_blocked", AT(nmi_blocked), 1, FIELD_STATE, 0 },
};
const unsigned field_count = COUNT(fields);

const struct flag flag_names[] = {
    { "CF", FL_CF }, { "PF", FL_PF }, { "AF", FL_AF }, { "ZF", FL_ZF }, { "SF", FL_SF },
    { "TF", FL_TF }, { "IF", FL_IF }, { "DF", FL_DF }, { "OF", FL_OF }, { "IOPL", FL_IOPL },
    { "NT", FL_NT }, { "RF", FL_RF }, { "VM", FL_VM }, { "AC", FL_AC }, { "VIF", FL_VIF },
    { "VIP", FL_VIP }, { "ID", FL_ID },
};
const unsigned flag_count = COUNT(flag_names);

const struct part parts[] = {
    { "ax", EAX, 0, 16 }, { "cx", ECX, 0, 16 }, { "dx", EDX, 0, 16 }, { "bx", EBX, 0, 16 },
    { "sp", ESP, 0, 16 }, { "bp", EBP, 0, 16 }, { "si", ESI, 0, 16 }, { "di", EDI, 0, 16 },
    { "al", EAX, 0, 8 }, { "cl", ECX, 0, 8 }, { "dl", EDX, 0, 8 }, { "bl", EBX, 0, 8 },
    { "ah", EAX, 8, 8 }, { "ch", ECX, 8, 8 }, { "dh", EDX, 8, 8 }, { "bh", EBX, 8, 8 },
};
const unsigned part_count = COUNT(parts);

u32 field_get(const struct arch *s, const struct field *f)
{
    u32 value = 0; /* both this machine and the simulated one are little-endian */
    memcpy(&value, (const u8 *)s + f->offset, f->size);
    return value;
}

const struct field *field_by_name(const char *name)
{
    for (unsigned i = 0; i < field_count; i++)
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    return NULL;
}

const struct part *part_by_name(const char *name)
{
    for (unsigned i = 0; i < part_count; i++)
        if (strcmp(parts[i].name, name) == 0)
            return &parts[i];
    return NULL;
}

u32 flag_by_name(const char *name)
{
    for (unsigned i = 0; i < flag_count; i++)
        if (strcasecmp(flag_names[i].name, name) == 0)
            return flag_names[i].mask;
    return 0;
}

/* What a null selector left behind in the hidden part cannot be felt by anybody. */
static bool is_dead(const struct arch *s, const struct field *f)
{
    struct seg seg;
    if (f->group != FIELD_SEG || strchr(f->name, '.') == NULL)
        return false;
    memcpy(&seg, (const u8 *)s + (f->offset - AT(seg)) / sizeof seg * sizeof seg + AT(seg),
           sizeof seg);
    return (seg.ar & AR_UNUSABLE) != 0;
}

static void name_flag(struct field_difference *d)
{
    for (unsigned i = 0; i < flag_count; i++)
        if ((d->a ^ d->b) & flag_names[i].mask) {
            u32 mask = flag_names[i].mask, low = mask & -mask;
            snprintf(d->name, sizeof d->name, "eflags.%s", flag_names[i].name);
            d->a = (d->a & mask) / low;
            d->b = (d->b & mask) / low;
            return;
        }
}

bool fields_difference(const struct arch *a, const struct arch *b, unsigned *from,
                       struct field_difference *out)
{
    for (; *from < field_count; ++*from) {
        const struct field *f = &fields[*from];
        u32 va = field_get(a, f), vb = field_get(b, f);
        if (((va ^ vb) & f->compared) == 0 || (is_dead(a, f) && is_dead(b, f)))
            continue;
        *out = (struct field_difference){ .field = f, .a = va, .b = vb };
        snprintf(out->name, sizeof out->name, "%s", f->name);
        if (f->group == FIELD_FLAGS)
            name_flag(out);
        ++*from;
        return true;
    }
    return false;
}
