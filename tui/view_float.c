/* view_float.c - the x87: registers by their place (R0-R7), words, pointers; in gdb's order and words. */
#include "tui/view.h"

#include "tui/float_text.h"
#include "tui/session.h"

static void registers(const struct fpu *f, struct sheet *s)
{
    static const char *const tags[] = { "valid", "zero", "special", "empty" };
    unsigned top = FSW_TOP(f->status), word = fpu_tag_word(f);
    char text[48];
    sheet_section(s, SHEET_TABLE, "registers", NULL);
    for (unsigned n = 0; n < 8; n++) {
        unsigned i = 7 - n;
        sheet_row(s);
        if (i == top)
            sheet_mark(s, '>', ATTR_BOLD);
        sheet_text(s, "reg", "R%u", i);
        sheet_text(s, "st", "st%u", (i - top) & 7);
        sheet_text(s, "tag", "%s", tags[word >> 2 * i & 3]);
        sheet_text(s, "bits", "0x%04x%016llx", f->reg[i].se, (unsigned long long)f->reg[i].mant);
        sheet_text(s, "value", "%s", f->used & BIT(i) ? float_decimal(f->reg[i], text) : "");
    }
}

/* The letters of the exceptions, lower case where the bit is 0. */
static void exceptions(struct sheet *s, const char *key, unsigned bits)
{
    char text[] = "idzoup";
    for (unsigned i = 0; text[i]; i++)
        if (bits & BIT(i))
            text[i] = (char)(text[i] - 'a' + 'A');
    sheet_text(s, key, "%s", text);
}

static void words(const struct fpu *f, struct sheet *s)
{
    static const char *const rounding[] = { "nearest", "down", "up", "zero" };
    static const char *const precision[] = { "24 bits", "reserved", "53 bits", "64 bits" };
    unsigned status = f->status;
    sheet_section(s, SHEET_PAIRS, "words", NULL);
    sheet_row(s);
    sheet_hex(s, "fstat", status, 4);
    exceptions(s, "raised", status);
    sheet_bool(s, "pending", status & FSW_ES);
    sheet_bool(s, "stack-fault", status & FP_STACK);
    sheet_number(s, "top", FSW_TOP(status));
    sheet_text(s, "c3210", "%u%u%u%u", status >> 14 & 1, status >> 10 & 1, status >> 9 & 1, status >> 8 & 1);
    sheet_row(s);
    sheet_hex(s, "fctrl", f->control, 4);
    exceptions(s, "masked", f->control);
    sheet_text(s, "precision", "%s", precision[f->control >> 8 & 3]);
    sheet_text(s, "rounding", "%s", rounding[f->control >> 10 & 3]);
    sheet_row(s);
    sheet_hex(s, "ftag", fpu_tag_word(f), 4);
    sheet_text(s, "instruction", "%04x:%08x", f->cs, f->ip);
    sheet_text(s, "operand", "%04x:%08x", f->ds, f->dp);
    sheet_hex(s, "fop", 0xd800u | f->opcode, 4);
}

void view_float(const struct view_context *c, struct sheet *s)
{
    registers(world_fpu(c->world), s);
    words(world_fpu(c->world), s);
}
