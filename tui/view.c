#include "tui/view.h"

#include "tui/session.h"
#include <string.h>

const struct view views[VIEW_COUNT] = {
#define VIEW(id, name, draw, help) [VIEW_##id] = { name, draw, help },
#include "tui/views.def"
};

int view_by_name(const char *name)
{
    int found = -1;
    size_t len = strlen(name);
    for (int i = 0; i < VIEW_COUNT; i++) {
        if (!strcmp(views[i].name, name))
            return i;
        if (len && !strncmp(views[i].name, name, len))
            found = found == -1 ? i : -2;
    }
    return found < 0 ? -1 : found;
}

bool view_code_bytes(const struct view_context *c, u32 la, u8 *out, u32 len, u32 *got)
{
    for (*got = 0; *got < len; ++*got)
        if (!world_read_linear(c->world, &c->guest.arch, la + *got, out + *got, 1))
            break;
    return *got > 0;
}

const char *view_flags(u32 eflags, char out[64])
{
    static const struct { u32 mask; const char *upper, *lower; } letters[] = {
        { FL_ID, "ID", "id" }, { FL_AC, "AC", "ac" }, { FL_VM, "VM", "vm" }, { FL_RF, "RF", "rf" },
        { FL_NT, "NT", "nt" }, { FL_OF, "OF", "of" }, { FL_DF, "DF", "df" }, { FL_IF, "IF", "if" },
        { FL_TF, "TF", "tf" }, { FL_SF, "SF", "sf" }, { FL_ZF, "ZF", "zf" }, { FL_AF, "AF", "af" },
        { FL_PF, "PF", "pf" }, { FL_CF, "CF", "cf" },
    };
    int at = 0;
    for (unsigned i = 0; i < COUNT(letters); i++) {
        bool rare = letters[i].mask & (FL_ID | FL_AC | FL_VM | FL_RF | FL_NT);
        if (!rare || eflags & letters[i].mask)
            at += snprintf(out + at, 64 - (size_t)at, "%s ",
                           eflags & letters[i].mask ? letters[i].upper : letters[i].lower);
    }
    out[at - 1] = 0;
    return out;
}

const char *view_who_name(unsigned who)
{
    static const char *const names[] = { [RUNS_GUEST_USER] = "user", [RUNS_GUEST_KERNEL] = "kernel",
                                         [RUNS_TRANSLATED] = "translated",
                                         [RUNS_MONITOR] = "monitor" };
    return who < COUNT(names) ? names[who] : "?";
}

bool view_address(const struct view_context *c, struct sheet *s, u32 fallback, u32 *address)
{
    char error[160];
    int at = 0;
    u64 value;
    struct expr_context ctx = { .world = c->world };
    *address = fallback;
    if (!c->arg[0])
        return true;
    if (expr_eval(c->arg, &ctx, &value, error, sizeof error, &at)) {
        *address = (u32)value;
        return true;
    }
    s->failed = true;
    sheet_section(s, SHEET_WORDS, "error", NULL);
    sheet_words(s, "error: %s", error);
    sheet_words(s, "  %s", c->arg);
    sheet_words(s, "  %*s^", at, "");
    return false;
}

bool view_matters(const struct event *e)
{
    return debug_interesting(e->kind) && !(e->kind == HW_IF && e->mode == EVENT_MODE_MONITOR);
}

const struct event *view_last_event(const struct session *s)
{
    const struct debug *d = s->debug;
    for (u32 i = d->log_count; i-- > 0;) {
        const struct event *e = &d->log[(d->log_first + i) % DEBUG_LOG];
        if (e->step <= world_step(d->timeline->world) && view_matters(e))
            return e;
    }
    return NULL;
}
