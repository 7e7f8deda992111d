#include "tui/manual.h"

#include "tui/command.h"
#include "tui/keys.h"
#include "tui/options.h"
#include "tui/view.h"

struct entry { const char *name, *args, *text; };
static const struct entry verbs[] = {
#define VERB(id, name, args, text) { name, args, text },
#include "tui/options.def"
};
static const char *const option_text[] = {
#define OPT(id, name, other, arg, text) text,
#include "tui/options.def"
};
static const struct entry environment[] = {
    { "NO_COLOR", "", "no colours" },
    { "STEPVISOR_PLAIN", "", "lines instead of a screen, as --plain" },
    { "STEPVISOR_LESSONS", "", "the folder with the lessons" },
    { "XDG_STATE_HOME", "",
      "progress in lessons and the prompt's history are kept in its folder stepvisor "
      "(default ~/.local/state)" },
};

/* For roff: what would be a hyphen, a quote, an escape, and a line's first dot or quote. */
static void put(FILE *out, const char *text)
{
    fputs("\\&", out);
    for (const char *s = text; *s; s++)
        switch (*s) {
        case '-': fputs("\\-", out); break;
        case '\\': fputs("\\e", out); break;
        case '"': fputs("\\(dq", out); break;
        case '\'': fputs("\\(aq", out); break;
        default: fputc(*s, out);
        }
}

static void put_entry(FILE *out, const char *name, const char *args, const char *text)
{
    fputs(".TP\n\\fB", out);
    put(out, name);
    fputs("\\fR", out);
    if (args[0]) {
        fputc(' ', out);
        put(out, args);
    }
    fputc('\n', out);
    put(out, text);
    fputc('\n', out);
}

static void put_usage(FILE *out)
{
    fputs(".SH SYNOPSIS\n", out);
    for (int i = 0; i < VERB_COUNT; i++) {
        fputs(i ? ".br\n\\fBstepvisor " : "\\fBstepvisor", out);
        put(out, verbs[i].name);
        fputs("\\fR ", out);
        put(out, verbs[i].args);
        fputc('\n', out);
    }
    fputs(".SH VERBS\n", out);
    put_entry(out, "stepvisor", "GUEST", verbs[VERB_DEBUG].text);
    for (int i = VERB_DEBUG + 1; i < VERB_COUNT; i++)
        put_entry(out, verbs[i].name, "", verbs[i].text);
}

void manual_page(FILE *out)
{
    char left[48];
    fputs(".TH STEPVISOR 1 \"\" \"stepvisor " STEPVISOR_VERSION "\"\n.SH NAME\nstepvisor \\- "
          "a PC that can be stepped, and the monitors that virtualize it\n", out);
    put_usage(out);
    fputs(".SH OPTIONS\n", out);
    for (int i = 0; i < OPTION_COUNT; i++) {
        options_spelled(i, left, sizeof left);
        put_entry(out, left, "", option_text[i]);
    }
    fputs(".SH COMMANDS OF THE DEBUGGER\n", out);
    for (int i = 0; i < CMD_COUNT; i++)
        put_entry(out, commands[i].name, commands[i].args, commands[i].help);
    fputs(".SH KEYS OF THE SCREEN\n", out);
    for (int i = 0; i < KEYS_COUNT; i++)
        put_entry(out, keys[i].shown, "", keys[i].help);
    fputs(".SH VIEWS\n", out);
    for (int i = 0; i < VIEW_COUNT; i++)
        put_entry(out, views[i].name, "", views[i].help);
    fputs(".SH EXIT STATUS\n", out);
    put(out, EXIT_CODES);
    fputs("\n.SH ENVIRONMENT\n", out);
    for (unsigned i = 0; i < COUNT(environment); i++)
        put_entry(out, environment[i].name, "", environment[i].text);
}
