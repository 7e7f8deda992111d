#include "tests/silicon/report.h"

#include <capstone/capstone.h>
#include <stdio.h>
#include "sim/api/fault.h"
#include "tests/silicon/compare.h"

static const char *const reg_name[] = { "eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi" };
static const char *const sreg_name[] = { "es", "cs", "ss", "ds", "fs", "gs" };

static void print_code(const struct job *j)
{
    csh handle;
    cs_insn *insn = NULL;
    bool known = cs_open(CS_ARCH_X86, CS_MODE_32, &handle) == CS_ERR_OK;
    for (unsigned i = 0; i < j->items; i++) {
        unsigned at = j->item[i], end = i + 1 < j->items ? j->item[i + 1] : j->code_len - 5u;
        printf("   %08x ", j->eip + at);
        for (unsigned b = at; b < end; b++)
            printf(" %02x", j->code[b]);
        size_t n = known ? cs_disasm(handle, j->code + at, end - at, j->eip + at, 1, &insn) : 0;
        printf("   %s %s\n", n ? insn->mnemonic : "(not known to the disassembler)", n ? insn->op_str : "");
        if (n)
            cs_free(insn, n);
    }
    if (known)
        cs_close(&handle);
}

static void print_flags(u32 flags)
{
    static const struct { u32 bit; const char *name; } names[] = {
        { FL_CF, "C" }, { FL_PF, "P" }, { FL_AF, "A" }, { FL_ZF, "Z" }, { FL_SF, "S" }, { FL_OF, "O" },
        { FL_DF, " DF" }, { FL_TF, " TF" }, { FL_NT, " NT" }, { FL_RF, " RF" }, { FL_AC, " AC" },
        { FL_ID, " ID" },
    };
    printf("%08x ", flags);
    for (unsigned i = 0; i < COUNT(names); i++)
        printf("%s", flags & names[i].bit ? names[i].name : i < 6 ? "-" : "");
}

static void print_input(const struct job *j)
{
    printf("   in:  ");
    for (unsigned r = 0; r < 8; r++)
        printf("%s %08x%s", reg_name[r], j->reg[r], r == 3 ? "\n        " : "  ");
    printf("\n        eflags ");
    print_flags(j->eflags);
    for (unsigned i = 0; i < 6; i++)
        printf("  %s %04x", sreg_name[i], j->seg[i]);
    if (j->poke_len)
        printf("\n        at %08x:", j->poke_at);
    for (unsigned i = 0; i < j->poke_len; i++)
        printf(" %02x", j->poke[i]);
    printf("\n");
}

static void print_fault(const struct result *r)
{
    if (r->vector == VECTOR_LOST) {
        printf("never came back\n");
        return;
    }
    if (r->vector == VEC_PF && r->cr2 == EXIT_AT && r->eip == EXIT_AT)
        printf("ran to its end\n");
    else if (r->vector == VEC_PF)
        printf("vector 14, error %x, cr2 %08x, eip %08x\n", r->error, r->cr2, r->eip);
    else if (vector_has_error(r->vector))
        printf("vector %u, error %x, eip %08x\n", r->vector, r->error, r->eip);
    else
        printf("vector %u, eip %08x\n", r->vector, r->eip);
}

static void print_memory(const struct outcome_pair *p, const struct batch *before, unsigned way)
{
    unsigned shown = 0;
    for (unsigned page = 0; page < PAGES_WRITABLE; page++)
        for (u32 i = 0; i < 4096; i++) {
            u8 host = p->host_page[page][i], sim = p->sim_page[way][page][i];
            if (host != sim && shown++ < 24)
                printf("        [%08x] before %02x  host %02x  simulator %02x\n", page_at[page] + i,
                       before->page[page][i], host, sim);
        }
    if (shown > 24)
        printf("        and %u bytes more\n", shown - 24);
}

static void print_way(const struct outcome_pair *p, const struct batch *before, unsigned way)
{
    const struct result *h = &p->host, *s = &p->sim[way];
    u32 d = p->diff[way];
    printf("   %s:\n", way_name[way]);
    if (d & (DIFF_FAULT | DIFF_EIP)) {
        printf("        host      ");
        print_fault(h);
        printf("        simulator ");
        print_fault(s);
    }
    if (h->eflags != s->eflags) {
        printf("        eflags host ");
        print_flags(h->eflags);
        printf("  simulator ");
        print_flags(s->eflags);
        printf("  (differ: %x)\n", h->eflags ^ s->eflags);
    }
    for (unsigned r = 0; r < 8; r++)
        if (h->reg[r] != s->reg[r])
            printf("        %s host %08x  simulator %08x\n", reg_name[r], h->reg[r], s->reg[r]);
    for (unsigned i = 0; i < 6; i++)
        if (h->seg[i] != s->seg[i])
            printf("        %s host %04x  simulator %04x\n", sreg_name[i], h->seg[i], s->seg[i]);
    print_memory(p, before, way);
}

void report(u64 seed, u64 number, const struct job *j, const struct batch *before, const struct outcome_pair *p)
{
    printf("--seed %llu --at %llu\n", (unsigned long long)seed, (unsigned long long)number);
    print_code(j);
    print_input(j);
    for (unsigned way = 0; way < WAYS; way++)
        if (p->diff[way])
            print_way(p, before, way);
    fflush(stdout);
}
