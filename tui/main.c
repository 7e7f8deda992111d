/* main.c - the program: one verb of the command line. */
#include "tui/manual.h"
#include "tui/options.h"
#include "tui/plain.h"
#include "tui/term.h"
#include "tui/tui.h"
#include "tui/verbs.h"
#include <stdlib.h>

static bool wants_screen(const struct options *o)
{
    const char *plain = getenv("STEPVISOR_PLAIN");
    return !o->given[OPT_PLAIN] && !o->given[OPT_DEMO] && !(plain && *plain && *plain != '0') &&
           term_has_screen();
}

static int dispatch(const struct options *o)
{
    if (o->given[OPT_BATCH])
        return plain_batch(o);
    switch (o->verb) {
    case VERB_RUN:
        return verb_run(o);
    case VERB_TRACE:
        return verb_trace(o);
    case VERB_DIVERGE:
        return verb_diverge(o);
    case VERB_SHOW:
        return verb_show(o);
    case VERB_LESSON:
        return o->lesson && wants_screen(o) ? tui_lesson(o) : plain_lesson(o);
    default:
        return wants_screen(o) ? tui_debug(o) : plain_debug(o);
    }
}

int main(int argc, char **argv)
{
    struct options o;
    char error[256];
    if (!options_parse(&o, argc, argv, error, sizeof error)) {
        fprintf(stderr, "stepvisor: %s\n", error);
        return EXIT_CODE_USAGE;
    }
    if (o.given[OPT_HELP]) {
        options_help(stdout);
    } else if (o.given[OPT_HELP_MAN]) {
        manual_page(stdout);
    } else if (o.given[OPT_VERSION]) {
        puts("stepvisor " STEPVISOR_VERSION);
    } else {
        term_install();
        int code = dispatch(&o);
        if (term_signal())
            term_die(term_signal()); /* the shell is told as of any program */
        return code;
    }
    return fflush(stdout) ? EXIT_CODE_INTERNAL : EXIT_CODE_OK;
}
