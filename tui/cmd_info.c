#include "tui/command.h"

#include "lessons/suggest.h"
#include "lessons/trace.h"
#include "tui/help.h"
#include <string.h>

static enum command_result say_view(struct session *s, enum view_id id, const char *arg)
{
    struct sheet sheet;
    struct text out = { 0 };
    session_view(s, id, arg, s->columns, 0, &sheet);
    sheet_plain(&sheet, s->columns ? s->columns : 250, &out);
    int wide = sheet_width(&sheet, s->columns);
    s->wide = wide > s->wide ? wide : s->wide;
    session_say(s, "%s", text_get(&out));
    enum command_result result = sheet.failed ? COMMAND_FAILED : COMMAND_OK;
    sheet_free(&sheet);
    text_free(&out);
    return result;
}

static void info_break(struct session *s)
{
    static const char *const types[] = { [BREAK_EXEC] = "breakpoint", [BREAK_WATCH] = "watchpoint",
                                         [BREAK_CATCH] = "catchpoint" };
    char where[64];
    if (!s->debug->breakpoint_count)
        session_say(s, "no breakpoints\n");
    for (int i = 0; i < s->debug->breakpoint_count; i++) {
        const struct breakpoint *b = &s->debug->breakpoints[i];
        session_say(s, "%-3d %-10s %s %s", b->number, types[b->type],
                    b->enabled ? "on " : "off", b->text);
        if (b->type == BREAK_EXEC)
            session_say(s, "  %08x %s", b->address, guest_where(s->image, b->address, where));
        if (b->type == BREAK_CATCH)
            session_say(s, "  %s", event_info(b->kind)->name);
        session_say(s, "%s%s%s  hits %llu", b->temporary ? "  once" : "",
                    b->condition[0] ? "  if " : "", b->condition, (unsigned long long)b->hits);
        session_say(s, b->ignore ? "  passes %llu\n" : "\n", (unsigned long long)b->ignore);
    }
}

static void info_symbols(struct session *s)
{
    for (u32 i = 0; i < s->image->symbol_count; i++)
        session_say(s, "%08x %s\n", s->image->symbols[i].address, s->image->symbols[i].name);
}

/* info's words beside the views' own names. */
static const struct { const char *word; enum view_id id; } words[] = {
    { "registers", VIEW_CPU }, { "sreg", VIEW_CPU }, { "eflags", VIEW_CPU }, { "r", VIEW_CPU },
    { "shadow", VIEW_PAGING }, { "tab", VIEW_PAGING }, { "mem", VIEW_PAGING },
    { "cost", VIEW_LEDGER }, { "irq", VIEW_DEVICES }, { "pic", VIEW_DEVICES },
    { "lapic", VIEW_DEVICES }, { "ioapic", VIEW_DEVICES },
    { "idt", VIEW_DESC }, { "gdt", VIEW_DESC }, { "ldt", VIEW_DESC }, { "tss", VIEW_DESC },
    { "jit", VIEW_TC },
};
static const char *const lists[] = { "break", "breakpoints", "display", "symbols", "b" };

static enum command_result no_such_view(struct session *s, const char *word)
{
    const char *names[VIEW_COUNT + COUNT(words) + COUNT(lists)];
    size_t n = 0;
    for (int i = 0; i < VIEW_COUNT; i++)
        names[n++] = views[i].name;
    for (unsigned i = 0; i < COUNT(words); i++)
        names[n++] = words[i].word;
    for (unsigned i = 0; i < COUNT(lists); i++)
        names[n++] = lists[i];
    const char *near = suggest(word, names, n);
    session_complain(s, NULL, -1, "no view \"%s\"%s%s%s", word, near ? "; did you mean \"" : "",
                     near ? near : "; see help info", near ? "\"?" : "");
    return COMMAND_USAGE;
}

enum command_result cmd_INFO(struct session *s, const char *args)
{
    char word[64];
    const char *rest = next_word(args, word, sizeof word);
    size_t len = strlen(word);
    if (!len)
        return command_usage(s, CMD_INFO);
    for (unsigned i = 0; i < COUNT(words); i++)
        if (!strncmp(words[i].word, word, len) && (len > 1 || !words[i].word[1]))
            return say_view(s, words[i].id, rest);
    if (!strncmp("breakpoints", word, len)) {
        info_break(s);
        return COMMAND_OK;
    }
    if (!strcmp("display", word)) {
        if (!s->display_count)
            session_say(s, "no displays\n");
        return cmd_DISPLAY(s, "");
    }
    if (!strncmp("symbols", word, len)) {
        info_symbols(s);
        return COMMAND_OK;
    }
    int id = view_by_name(word);
    if (id < 0)
        return no_such_view(s, word);
    return say_view(s, (enum view_id)id, rest);
}

enum command_result cmd_SHOW(struct session *s, const char *args)
{
    char word[64];
    const char *rest = next_word(args, word, sizeof word);
    int id = view_by_name(word);
    if (!word[0])
        return command_usage(s, CMD_SHOW);
    if (id < 0)
        return no_such_view(s, word);
    if (id == VIEW_PAGING)
        snprintf(s->view_arg, sizeof s->view_arg, "%s", rest);
    return say_view(s, (enum view_id)id, rest);
}

enum command_result cmd_WHO(struct session *s, const char *args)
{
    if (args[0])
        return command_usage(s, CMD_WHO);
    return say_view(s, VIEW_WHO, "");
}

enum command_result cmd_HELP(struct session *s, const char *args)
{
    struct text out = { 0 };
    if (!args[0]) {
        help_all(&out);
    } else if (!strcmp(args, "keys")) {
        help_keys(&out);
    } else {
        int id = command_find(s, args);
        if (id < 0)
            return COMMAND_USAGE;
        help_command(&commands[id], &out);
    }
    session_say(s, "%s", text_get(&out));
    text_free(&out);
    return COMMAND_OK;
}

enum command_result cmd_APROPOS(struct session *s, const char *args)
{
    struct text out = { 0 };
    if (!args[0])
        return command_usage(s, CMD_APROPOS);
    help_apropos(args, &out);
    if (!out.len)
        text_addf(&out, "nothing is about \"%s\"\n", args);
    session_say(s, "%s", text_get(&out));
    text_free(&out);
    return COMMAND_OK;
}
